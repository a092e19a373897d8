"""What people are asked about each field: the words, the choices that can be ticked, what each does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

from agents.domain.constraints import Cloud, Compliance, Constraints, DataClass, WorkloadType
from agents.domain.coverage import Choice, ClarifyingQuestion
from agents.intake.answers import read_answer, with_values
from agents.intake.asks_data import baselines, columns_of, figures, skills, stack, targets
from agents.intake.clouds import planned_clouds
from agents.intake.effect import Effect, Outlook, apart, told
from agents.intake.known import workload_types
from agents.intake.regions import PRIMARY, find_region

Choices = Callable[[Constraints], tuple[Choice, ...]]


@dataclass(frozen=True, slots=True)
class Ask:
    """`hint` says what may be written instead of a ticked choice."""

    text: str
    hint: str
    choices: Choices


def _choices(*rows: tuple[str, str, str]) -> Choices:
    choices = tuple(Choice(value=value, label=label, effect=effect) for value, label, effect in rows)
    return lambda constraints: choices


_CLOUDS = {Cloud.AWS: "AWS", Cloud.GCP: "Google Cloud", Cloud.AZURE: "Azure"}


def _clouds(constraints: Constraints) -> tuple[Choice, ...]:
    """Only what the catalogue has patterns for: an answer that ends in a refusal is no choice."""
    return tuple(
        Choice(value=cloud, label=_CLOUDS[cloud], effect=f"patterns and prices of {_CLOUDS[cloud]}")
        for cloud in planned_clouds()
    )


_AREAS = {
    "eu": ("European Union", "data stays under GDPR"),
    "us": ("United States", "the most services, and the lowest prices of most"),
    "uk": ("United Kingdom", "data stays under UK GDPR"),
    "asia": ("Asia", "nearer to callers there, some services dearer or missing"),
}


def _regions(constraints: Constraints) -> tuple[Choice, ...]:
    clouds = planned_clouds()
    cloud = constraints.cloud or (clouds[0] if len(clouds) == 1 else None)
    if cloud is None:
        return ()
    european = Compliance.GDPR in constraints.compliance
    areas = ("eu", "uk") if european else ("eu", "us", "asia")
    found = []
    for area in areas:
        code = PRIMARY[cloud][area]
        region = find_region(code)
        label, effect = _AREAS[area]
        place = f" ({region.place})" if region else ""
        found.append(Choice(value=code, label=f"{label}: {code}{place}", effect=effect))
    return tuple(found)


def _data_classes(constraints: Constraints) -> tuple[Choice, ...]:
    rows = {
        DataClass.INTERNAL: ("company data, no people in it", "standard encryption and access"),
        DataClass.PII: ("personal data", "own keys, masked columns, deletion on request"),
        DataClass.CONFIDENTIAL: (
            "trade secrets, no people in it",
            "an own key: who disables it cuts all access at once",
        ),
        DataClass.PHI: ("health data", "own keys, private network, full audit trail"),
        DataClass.PCI: ("payment card data", "separate network segment, full audit trail"),
        DataClass.PUBLIC: ("public data", "the lightest controls"),
    }
    first = [
        kind
        for law, kind in (
            (Compliance.HIPAA, DataClass.PHI),
            (Compliance.PCI_DSS, DataClass.PCI),
            (Compliance.GDPR, DataClass.PII),
            (Compliance.CCPA, DataClass.PII),
        )
        if law in constraints.compliance
    ]
    order = dict.fromkeys([*first, *rows])
    return tuple(Choice(value=kind, label=rows[kind][0], effect=rows[kind][1]) for kind in order)


def _budgets(constraints: Constraints) -> tuple[Choice, ...]:
    kinds = workload_types(constraints)
    live = WorkloadType.ONLINE in kinds or WorkloadType.STREAMING in kinds
    steps = (500, 1500, 5000) if live or not kinds else (200, 800, 3000)
    words = ("only what scales to nothing", "one service that is always on", "replicas in several zones")
    return tuple(
        Choice(value=str(usd), label=f"up to ${usd:,} a month", effect=f"room for {word}")
        for usd, word in zip(steps, words, strict=True)
    )


ASKS: Mapping[str, Ask] = {
    "cloud": Ask(
        "Which cloud does it run in?",
        "its short name, such as aws",
        _clouds,
    ),
    "regions": Ask("Where may the data be stored?", "region codes, the primary one first", _regions),
    "data_classification": Ask(
        "What is the most protected data it touches?",
        "public, internal, confidential, pii, phi or pci",
        _data_classes,
    ),
    "workload_types": Ask(
        "How are predictions asked for?",
        "any of batch, streaming, online",
        _choices(
            ("batch", "a list every night or hour", "scheduled jobs, nothing runs in between"),
            ("online", "a request that waits for its answer", "adds a service that is always reachable"),
            ("batch, online", "both", "one model, a scheduled job and a service"),
            ("streaming", "for each event of a stream", "adds a stream and consumers that always run"),
        ),
    ),
    "budget_band.monthly_usd_max": Ask("What may it cost a month?", "USD a month", _budgets),
    "project.problem": Ask(
        "What is predicted?",
        "a problem of the schema, such as ranking or rag",
        _choices(
            ("binary-classification", "yes or no (churn, fraud)", "calibrated score, threshold by cost"),
            ("regression", "a number", "error metrics, intervals"),
            ("forecasting", "a number over time", "back-tests by time, retraining with each period"),
            ("recommendation", "items for a person", "candidates and ranking, two stages"),
        ),
    ),
    "throughput.requests_per_second": Ask(
        "How many predictions a second at the sustained peak?",
        "requests a second",
        _choices(
            ("1", "about one", "can scale to nothing between calls"),
            ("20", "about twenty", "one or two small instances"),
            ("200", "about two hundred", "several instances that scale with load"),
        ),
    ),
    "throughput.events_per_second": Ask(
        "How many events a second at the sustained peak?",
        "events a second",
        _choices(
            ("50", "about fifty", "one shard"),
            ("1000", "about a thousand", "one or two shards, one consumer"),
            ("20000", "about twenty thousand", "dozens of shards, several consumers"),
        ),
    ),
    "sla_latency_ms": Ask(
        "How long may one prediction take (p95)?",
        "milliseconds",
        _choices(
            ("50", "50 ms", "always-on instances, features in memory or a key-value store"),
            ("200", "200 ms", "always-on instances"),
            ("1000", "a second", "cold starts become possible, which is cheaper at low rates"),
        ),
    ),
    "throughput.batch_gb_per_day": Ask(
        "How much new data arrives a day?",
        "GB a day",
        _choices(
            ("1", "about 1 GB", "one machine is enough"),
            ("20", "about 20 GB", "a larger machine or a small cluster"),
            ("500", "about 500 GB", "a cluster for transformation"),
        ),
    ),
    "throughput.training_rows": Ask(
        "How many rows has one training set?",
        "rows",
        _choices(
            ("100000", "a hundred thousand", "minutes on a small machine"),
            ("2000000", "two million", "a larger machine for part of an hour"),
            ("100000000", "a hundred million", "sampling, or distributed training"),
        ),
    ),
    "availability_target": Ask(
        "How much of a month must predictions be available?",
        "per cent a month, 90 to 99.999",
        _choices(
            ("99", "99 % (7 h down a month)", "one zone, restart is enough"),
            ("99.9", "99.9 % (44 min down a month)", "two zones"),
            ("99.99", "99.99 % (4 min down a month)", "three zones, people on call"),
        ),
    ),
    "deployment_pref": Ask(
        "How should services run?",
        "serverless, containers, kubernetes or any",
        _choices(
            ("serverless", "serverless", "least to operate, cold starts, limits on size"),
            ("containers", "containers", "steady latency, paid while idle"),
            ("kubernetes", "Kubernetes", "most freedom, a cluster to operate"),
            ("any", "whatever fits best", "every way competes on cost and limits"),
        ),
    ),
    "compliance": Ask(
        "Which laws or standards apply?",
        "any of gdpr, hipaa, pci-dss, soc2, iso27001, ccpa",
        _choices(
            ("gdpr", "GDPR", "region, deletion and purpose are checked"),
            ("hipaa", "HIPAA", "eligible services only, audit trail"),
            ("soc2", "SOC 2", "change control and access reviews"),
        ),
    ),
    "team_constraints.size": Ask(
        "How many people build and run it?",
        "people",
        _choices(
            ("2", "one or two", "patterns with little to operate"),
            ("5", "about five", "moderate burden is bearable"),
            ("12", "ten or more", "clusters and platforms are bearable"),
        ),
    ),
    "project.domain": Ask(
        "Which line of business is it for?",
        "a word such as telecom",
        _choices(
            ("retail", "retail or web", "no special law on the decision; a fallback may guess"),
            ("credit", "credit or insurance", "decisions about people: explanations, oversight, a person releases"),
            ("healthcare", "healthcare", "a wrong answer harms: refuse rather than guess, a person releases"),
            ("manufacturing", "industry", "machines, not people: automatic release is possible"),
        ),
    ),
    "budget_band.target": Ask("What would you like it to cost a month?", "USD a month", targets),
    "data.label": Ask("Which column holds the outcome?", "a column name", columns_of("label")),
    "data.event_time": Ask("Which column says when a row was true?", "a column name", columns_of("event_time")),
    "data.entity": Ask("Which column names what is scored?", "a column name", columns_of("entity")),
    "data.series": Ask(
        "How many series are forecast (products x places)?",
        "a number",
        _choices(
            ("100", "about a hundred", "each can be looked at by a person"),
            ("5000", "some thousands", "one model over all of them"),
            ("50000", "fifty thousand", "one model over all of them, history in files of gigabytes"),
        ),
    ),
    "objective.kpi": Ask("Which figure decides whether a model is good?", "the name of a figure", figures),
    "objective.baseline": Ask("What is that figure today?", "a number", baselines),
    "team_constraints.skills": Ask("What does the team know well?", "tools, such as sql and terraform", skills),
    "existing_stack": Ask("What is already there and should be reused?", "tools, such as github-actions", stack),
}
"""In the order of the schema's weight. Fields without an entry are never asked; they are assumed or left empty."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A question with how far its answers are apart in plan and cost on average (0 to 2, 0 where no search was made)."""

    question: ClarifyingQuestion
    reach: float


def question(
    key: str, constraints: Constraints, why: str, blocking: bool, effect: Effect | None
) -> ClarifyingQuestion | None:
    """The question about one field; with `effect`, what each choice does to this project's plan and cost. None if
    there is nothing to choose from yet."""
    found = weighed(key, constraints, why, blocking, effect)
    return found.question if found is not None else None


def weighed(key: str, constraints: Constraints, why: str, blocking: bool, effect: Effect | None) -> Weighed | None:
    """As `question`, with its reach: the mean distance of two answers, the plan without an answer being one of them."""
    ask = ASKS.get(key)
    choices = ask.choices(constraints) if ask is not None else ()
    if ask is None or not (choices or blocking):
        return None  # what blocks is asked also while its choices depend on another answer
    outlooks: list[Outlook] = []
    if effect is not None:
        now = effect(constraints)
        outlooks = [now] if now is not None else []
        told_choices = []
        for choice in choices:
            then = _outlook(key, choice, constraints, effect)
            outlooks += [then] if then is not None else []
            said = told(now, then) if then is not None else ""
            told_choices.append(choice.model_copy(update={"effect": f"{choice.effect}; {said}"}) if said else choice)
        choices = tuple(told_choices)
    distances = [apart(one, other) for one, other in combinations(outlooks, 2)]
    reach = sum(distances) / len(distances) if distances else 0.0
    return Weighed(ClarifyingQuestion(key=key, text=ask.text, why=why, choices=choices, blocking=blocking), reach)


def _outlook(key: str, choice: Choice, constraints: Constraints, effect: Effect) -> Outlook | None:
    try:
        return effect(with_values(constraints, {key: read_answer(key, choice.value)}))
    except ValueError:  # this choice clashes with what the file says
        return None
