"""Agent 15: personal data, explanations, oversight, fairness and what is done about gaps, duties, access."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import ColumnType, DataClass, Problem, WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import (
    DataEngineering,
    DataSourcing,
    GovernanceEthics,
    InferencePipeline,
    ModelDevelopment,
    ModelTraining,
    TestingStrategy,
)
from agents.domain.outputs.data_sourcing import ColumnRole
from agents.domain.outputs.governance_ethics import (
    Explanation,
    FairnessCheck,
    Mitigation,
    Oversight,
    PersonalData,
    RiskClass,
)
from agents.domain.requirements import Requirements
from agents.expert.ask import SlotAsk, ask, slot_questions
from agents.expert.duties import ERASURE_DAYS, obligations
from agents.expert.explanation import explanations
from agents.expert.impact import access_roles, harms_of, risk_class_of
from agents.expert.project import high_stakes, protected, words_of
from agents.expert.volume import predictions_per_day
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural

NAME = "governance_ethics"
SENSITIVE = frozenset(
    [
        "age",
        "gender",
        "sex",
        "race",
        "ethnicity",
        "nationality",
        "religion",
        "disability",
        "marital",
        "language",
        "region",
        "postcode",
        "zip",
    ]
)
"""Words in column names that stand for protected groups, or for where they live."""
CARD = frozenset({"card", "pan"})
"""Words by which a column is taken for a card number (PCI DSS 3.2: primary account number)."""
REVIEW_BAND = 0.05
"""Half-width around the decision threshold in which a score is taken for undecided (judgement, unverified)."""
REVIEWS_A_DAY = 40
"""Cases that one person decides with care in a day (judgement, unverified)."""
APPEAL_DAYS = 30
"""GDPR Art. 12(3): one month to answer a person who asks."""
RATIO_GAP = 0.2
"""Four-fifths rule: selection rates of groups within 80 % of each other (29 CFR 1607.4(D))."""


def options(brief: Brief) -> tuple[Question, ...]:
    r = brief.requirements
    laws = listed((c.value for c in r.compliance), empty="no law named")
    pattern = SlotAsk(
        "govern",
        f"What guards {r.data_classification.value} data of {r.slug} ({laws})?",
        ("data_classification", "compliance", "budget_band.monthly_usd_max"),
        (
            Risk(
                risk=f"somebody reads raw {r.data_classification.value} rows of {r.slug} with a role meant for curated ones",
                probe=f"try each role against raw {listed((s.name for s in r.data.sources), empty='sources')} in dev; "
                "only the loader's may open them",
            ),
        ),
        ("pii", "region_policy"),
    )
    fair = (_mitigation(brief),) if _fairness(brief) else ()
    return (*slot_questions(brief, NAME, (pattern,)), _personal(brief), _explanation(brief), _oversight(brief), *fair)


def _personal_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    named = data.personal_columns
    joined = _joined(r, data)
    personal = bool(named) or protected(r)
    columns = listed(named, empty="no column is declared as personal")
    people = "a person is found again by them" if joined else f"{data.entity} joins the sources already"
    return (
        option(
            PersonalData.NONE,
            "nothing is changed on the way",
            (Fact(not personal, 0.4, f"{r.data_classification.value} data, {columns}"),),
            refusals=(Refusal(personal, f"{r.data_classification.value} data: {columns}"),),
            tradeoffs=("a column that turns out to be personal later is already everywhere",),
        ),
        option(
            PersonalData.DROP,
            f"{columns}: left behind in raw data" if named else "what is declared personal later stays in raw data",
            (Fact(personal and not joined, 0.35, f"{people}; no feature needs them"),),
            refusals=(Refusal(bool(joined), f"{listed(joined)} is the entity on which rows are joined"),),
            tradeoffs=("what is not copied cannot leak; joins on it are gone",),
        ),
        option(
            PersonalData.KEYED_HASH,
            f"{listed(dict.fromkeys((*joined, *named)), empty='personal columns')}: replaced by a "
            "hash with a key in KMS",
            (
                Fact(bool(joined), 0.4, f"{listed(joined)} must join the sources"),
                Fact(personal and not joined, 0.1, "cases can be found again after a complaint"),
            ),
            tradeoffs=("still personal data in law (GDPR, recital 26); the key must be guarded and turned",),
        ),
    )


def _personal(brief: Brief) -> Question:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    return ask(
        brief,
        NAME,
        "governance.personal_data",
        f"What becomes of personal columns of {r.slug} on the way to curated data?",
        _personal_options(brief),
        rests_on=("data_classification", "data.sources", "data.entity", "compliance"),
        flips={
            PersonalData.NONE: "if neither the class nor a column is personal",
            PersonalData.DROP: "if personal columns join nothing",
            PersonalData.KEYED_HASH: "if the entity itself is personal (an e-mail address, a card number)",
        },
        risks=(
            Risk(
                risk=f"a column of {listed(s.name for s in data.sources)} is personal and nobody declared it so",
                probe=f"look for names, addresses and numbers of people in a hundred curated rows of "
                f"{plural(len(data.columns), 'column')}; "
                "none may be found",
            ),
        ),
        certainty=0.92 if data.schema_declared else 0.65,
        reasons=() if data.schema_declared else ("no columns are declared, so none could be recognised as personal",),
        policies=("pii",),
    )


def _joined(r: Requirements, data: DataSourcing) -> list[str]:
    """The entity, if it is itself personal: declared so, or a card number by its name under card data."""
    card = r.data_classification is DataClass.PCI and not CARD.isdisjoint(words_of([data.entity]))
    return [data.entity] if data.entity in data.personal_columns or card else []


def _explanation(brief: Brief) -> Question:
    r = brief.requirements
    model = brief.read("model_development", ModelDevelopment)
    passages = r.problem is Problem.RAG
    return ask(
        brief,
        NAME,
        "governance.explanation",
        f"Is each {'answer' if passages else 'score'} of {r.slug} explained, or the model as a whole?",
        explanations(r, model.family),
        rests_on=("project.problem", "project.domain", "compliance", "data_classification"),
        flips={
            Explanation.GLOBAL: "where scores do not decide about people",
            Explanation.PER_PREDICTION: "in credit, insurance, health, hiring, education and justice, and for answers from "
            "documents",
        },
        risks=(
            Risk(
                risk="an answer cites a passage that does not say so",
                probe="let somebody mark, in fifty answers, the sentence of the passage that says it",
            )
            if passages
            else Risk(
                risk=f"the reasons given for {model.family.value} are not what moved the score",
                probe="change the first reason's column in fifty cases; the score must move the way that was said",
            ),
        ),
    )


def _hands(r: Requirements) -> tuple[float, int, str]:
    """Predictions a day, how many the team could look at, and both in words."""
    rate, hands = predictions_per_day(r), REVIEWS_A_DAY * r.team_size
    words = f"{number(round(rate))} predictions a day, {number(hands)} that {r.team_size} people could look at"
    return rate, hands, words


def _oversight_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    decides = "classification" in r.problem.value
    stakes, live = high_stakes(r), r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    rate, hands, rows = _hands(r)
    return (
        option(
            Oversight.NONE,
            "none: the score acts, people look at figures",
            (Fact(not stakes, 0.35, f"a score in {r.domain} can be made good afterwards"),),
            refusals=(Refusal(stakes and decides, f"{r.domain}: EU AI Act Art. 14 and GDPR Art. 22 want a person"),),
            tradeoffs=("no waiting; a wrong score acts until somebody complains",),
            burden=1.0,
        ),
        option(
            Oversight.NEAR_THRESHOLD,
            f"those within {REVIEW_BAND} of the threshold",
            (
                Fact(stakes and decides, 0.3, f"in {r.domain} the doubtful ones need judgement"),
                Fact(stakes and rate > hands, 0.1, rows),
            ),
            refusals=(Refusal(not decides, f"{r.problem.value} has no threshold"),),
            tradeoffs=("people see what is hard; a sure mistake passes",),
            burden=2.5,
        ),
        option(
            Oversight.EVERY_ADVERSE,
            "every answer against the person concerned",
            (
                Fact(stakes and rate <= hands, 0.45, rows),
                Fact(stakes and not live, 0.05, "batch scores can wait for a person"),
            ),
            refusals=(Refusal(rate > 10 * hands, f"{rows}: a tenth could not be looked at"),),
            tradeoffs=("no refusal without a name under it; people nod through what the machine says",),
            burden=4.0,
        ),
    )


def _oversight(brief: Brief) -> Question:
    r = brief.requirements
    rate, hands, _ = _hands(r)
    seen = max(1, ceil(min(rate, hands)))
    return ask(
        brief,
        NAME,
        "governance.oversight",
        f"Which answers of {r.slug} does a person decide?",
        _oversight_options(brief),
        rests_on=("project.domain", "compliance", "team_constraints.size", "throughput.requests_per_second"),
        flips={
            Oversight.NONE: "where scores do not decide about people",
            Oversight.NEAR_THRESHOLD: f"in domains that decide about people, with more than {number(hands)} predictions a day "
            f"(now {number(round(rate))})",
            Oversight.EVERY_ADVERSE: f"there with up to {number(hands)} predictions a day (now {number(round(rate))})",
        },
        risks=(
            Risk(
                risk=f"people follow the score in all of {plural(seen, 'case')} a day, and the oversight is one on paper",
                probe=f"hide the score in {number(ceil(seen / 20))} of the {number(seen)} cases a day that "
                "people can look at; how often they then decide otherwise is its worth",
            ),
        ),
    )


def _mitigation(brief: Brief) -> Question:
    r = brief.requirements
    checks = _fairness(brief)
    columns = listed(c.column for c in checks)
    chooses = "classification" in r.problem.value
    return ask(
        brief,
        NAME,
        "governance.mitigation",
        f"What is done before a gap between groups of {columns} shows?",
        (
            option(
                Mitigation.GATE_ONLY,
                f"nothing: a model with a gap above {number(checks[0].max_gap)} is refused",
                (Fact(not high_stakes(r), 0.3, f"in {r.domain} a refused model costs a week, not a person's chance"),),
                tradeoffs=("the model stays simple; every version may fail for the same reason",),
                burden=1.0,
            ),
            option(
                Mitigation.REWEIGH,
                f"training rows are weighed until {columns} and the outcome are independent",
                (Fact(high_stakes(r), 0.35, f"in {r.domain} old decisions are in the labels; weights take them out"),),
                refusals=(Refusal(not chooses, f"{r.problem.value} has no outcome to be independent of"),),
                tradeoffs=("gaps shrink at some cost in the metric (Kamiran and Calders, 2012); scores move",),
                burden=1.5,
            ),
        ),
        rests_on=("project.domain", "data.sources", "compliance"),
        flips={
            Mitigation.GATE_ONLY: "where scores do not decide about people",
            Mitigation.REWEIGH: "in credit, insurance, health, hiring, education and justice",
        },
        risks=(
            Risk(
                risk=f"another column stands in for {columns}",
                probe=f"predict {checks[0].column} from the features; better than chance means a stand-in",
            ),
        ),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> GovernanceEthics:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    lake = brief.read("data_engineering", DataEngineering)
    handling = PersonalData(chosen["governance.personal_data"].id)
    explanation = Explanation(chosen["governance.explanation"].id)
    pattern = chosen["govern"]
    oversight = Oversight(chosen["governance.oversight"].id)
    mitigation = chosen.get("governance.mitigation")
    training = brief.read("model_training", ModelTraining)
    risk = risk_class_of(r)
    promised = [ERASURE_DAYS[law] for law in r.compliance if law in ERASURE_DAYS]
    trail = int(pattern.parameters.get("trail_retention_days", 365))
    accesses = float(pattern.parameters.get("data_events_per_month", 0)) > 0
    recorded = f"{'access to data' if accesses else 'each change of a resource'} is recorded for {trail} days"
    return GovernanceEthics(
        personal_data=handling,
        personal_columns=tuple(dict.fromkeys((*_joined(r, data), *data.personal_columns))),
        fairness=_fairness(brief),
        explanation=explanation,
        risk_class=risk,
        harms=harms_of(r, data, oversight, _fairness(brief), brief.read("inference_pipeline", InferencePipeline)),
        oversight=oversight,
        review_band=REVIEW_BAND if oversight is Oversight.NEAR_THRESHOLD else 0.0,
        mitigation=Mitigation(mitigation.id) if mitigation else Mitigation.GATE_ONLY,
        lineage=_lineage(r, risk is not RiskClass.MINIMAL),
        appeal_days=APPEAL_DAYS if high_stakes(r) else 0,
        retire_after_days=_retire(training),
        roles=access_roles(brief, data, oversight),
        obligations=obligations(r, lake, handling, explanation, oversight, recorded, risk),
        prediction_retention_days=max(lake.raw_retention_days, APPEAL_DAYS * 3 if high_stakes(r) else 0),
        audited="access" if accesses else "changes",
        audit_retention_days=trail,
        erasure_days=min(promised, default=0),
    )


def _fairness(brief: Brief) -> tuple[FairnessCheck, ...]:
    """Columns that name protected groups; where the stakes are high and none is declared, the categories
    there are."""
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    rows = brief.read("testing_strategy", TestingStrategy).min_slice_rows
    kinds = (ColumnType.CATEGORY, ColumnType.BOOLEAN)
    groups = [c.name for c in data.columns if c.role is ColumnRole.INPUT and c.type in kinds]
    named = [g for g in groups if not words_of([g.replace("_", " ")]).isdisjoint(SENSITIVE)]
    about_people = protected(r) and r.data_classification is not DataClass.PCI
    columns = named or (groups[:3] if high_stakes(r) else [])
    if not (about_people or high_stakes(r)):
        columns = []
    chooses = "classification" in r.problem.value
    return tuple(
        FairnessCheck(
            column=name,
            metric="selection_rate_ratio" if chooses else "mean_error_gap",
            max_gap=RATIO_GAP if chooses else 0.1,
            min_group_rows=rows,
        )
        for name in columns
    )


def _lineage(r: Requirements, accountable: bool) -> tuple[str, ...]:
    """Keys that a model's card must hold: always what it was made of, for accountable ones also by whom and how judged."""
    keys = ["estimator", "settings", "data", "verdict"]
    return tuple([*keys, "revision", "retire_after"] if accountable or protected(r) else keys)


def _retire(training: ModelTraining) -> int:
    """Four training periods, at least 90 days, at most a year."""
    return max(90, min(365, ceil(4 * 30.4 / training.runs_per_month)))


AGENT = Agent(
    number=15,
    name=NAME,
    title="Governance, ethics and the human element",
    reads=(
        "data_sourcing",
        "testing_strategy",
        "data_engineering",
        "model_development",
        "model_training",
        "inference_pipeline",
    ),
    writes=("govern", "governance"),
    output=GovernanceEthics,
    options=options,
    conclude=conclude,
    slots=("govern",),
)
