"""Agent 1: the way to production in five stages, with exit criteria that can be measured."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import ProjectStages
from agents.domain.outputs.project_stages import Path, Stage
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.project import constraint, high_stakes, label_delay_days, protected, regulated
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural

NAME = "project_stages"
BIG_GAP = 0.1
"""Share of the baseline that the target lies above it, from which the model is the open question, not the
plumbing."""


TITLES = {
    "ideation": "Ideation and planning",
    "experimentation": "Experimentation and prototyping",
    "pipelines": "Pipelines",
    "deployment": "Deployment and serving",
    "monitoring": "Monitoring and continual learning",
}


def gap(r: Requirements) -> float | None:
    """(target - baseline) / |baseline|: how far the model must come; None unless both are named."""
    base, target = r.objective.baseline, r.objective.target
    if base is None or target is None or base == 0:
        return None
    return abs(target - base) / abs(base)


def release_target(r: Requirements) -> float | None:
    """Half way from baseline to target: a first release that pays; the target alone if no baseline is
    known."""
    base, target = r.objective.baseline, r.objective.target
    if target is None:
        return None
    return round(target if base is None else base + 0.5 * (target - base), 4)


def options(brief: Brief) -> tuple[Question, ...]:
    return (_path(brief), _environments(brief))


def _path_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    distance = gap(r)
    far = distance is not None and distance > BIG_GAP
    live = [w.value for w in r.workloads if w is not WorkloadType.BATCH]
    goal = f"{constraint(r, 'objective.baseline')} to {constraint(r, 'objective.target')}"
    return (
        option(
            Path.WALKING_SKELETON,
            f"a thin chain from source to score for {r.slug} first, then widen it",
            (
                Fact(not far, 0.25, f"the model is not the open question ({goal})"),
                Fact(bool(live), 0.1, f"{listed(live)} serving is where integration surprises wait"),
                Fact(r.team_size <= 3, 0.05, f"a team of {r.team_size} cannot run two tracks"),
            ),
            tradeoffs=("everything is integrated from the first week; the first model is plain",),
            parameters={"shadow_days": 0},
        ),
        option(
            Path.PROTOTYPE_FIRST,
            f"prove on held-out data that {r.objective.kpi or 'the objective'} can be reached before building",
            (
                Fact(
                    far,
                    0.35,
                    f"the target is far: {goal}, {number((distance or 0) * 100)} % from the baseline",
                ),
                Fact(r.objective.target is None, 0.1, "nobody has said yet what good enough is"),
            ),
            tradeoffs=("stops early and cheaply if the signal is not in the data; integration comes late",),
            parameters={"shadow_days": 0},
        ),
        _shadow_first(brief),
    )


def _shadow_first(brief: Brief) -> Candidate:
    r = brief.requirements
    stakes = [
        word
        for word, holds in (
            (f"{r.data_classification.value} data", regulated(r)),
            (f"the domain {r.domain}", high_stakes(r)),
        )
        if holds
    ]
    live = [w.value for w in r.workloads if w is not WorkloadType.BATCH]
    return option(
        Path.SHADOW_FIRST,
        f"let {r.slug} run silently beside today's way until its outcomes are known",
        (
            Fact(bool(stakes), 0.4, f"a wrong score does harm: {listed(stakes)}"),
            Fact(protected(r) and bool(live), 0.05, f"live decisions on {r.data_classification.value} data"),
        ),
        refusals=(
            Refusal(
                r.workloads == (WorkloadType.BATCH,) and not stakes and r.objective.baseline is None,
                "there is no live traffic and no baseline to compare a silent run with",
            ),
        ),
        tradeoffs=("no score acts before its outcome has been compared; benefits start later",),
        parameters={"shadow_days": shadow_days(r)},
    )


def _path(brief: Brief) -> Question:
    r = brief.requirements
    goal = f"{constraint(r, 'objective.baseline')} to {constraint(r, 'objective.target')}"
    return ask(
        brief,
        NAME,
        "stages.path",
        f"What must {r.slug} prove first on its way to production?",
        _path_options(brief),
        rests_on=("objective.baseline", "objective.target", "data_classification", "project.domain"),
        flips={
            Path.WALKING_SKELETON: f"if the target comes within {BIG_GAP:.0%} of the baseline (now {goal})",
            Path.PROTOTYPE_FIRST: f"if the target lies more than {BIG_GAP:.0%} from the baseline (now {goal})",
            Path.SHADOW_FIRST: "with health or card data, an audit duty, or a domain that decides about people",
        },
        risks=(
            Risk(
                risk=f"{r.slug} works technically and moves {r.objective.kpi or 'no figure anyone named'} not at all",
                probe="score last quarter's data with the baseline rule and price the difference before stage 3",
            ),
        ),
    )


def shadow_days(r: Requirements) -> int:
    """Days of silent running: the label's delay plus a full week, at least 14."""
    return max(14, ceil((label_delay_days(r.data.label) or 0) + 7))


def _environments(brief: Brief) -> Question:
    r = brief.requirements
    strict = regulated(r) or r.availability_target >= 99.95
    candidates = (
        option(
            "dev-prod",
            "two environments: dev for every branch, prod for what was merged",
            (
                Fact(
                    r.team_size <= 5,
                    0.2,
                    f"a team of {r.team_size} can watch two environments",
                ),
                Fact(not strict, 0.1, f"{r.availability_target:g} % leaves room for a rollback in prod"),
            ),
            tradeoffs=("the first full-size rehearsal of a release is its canary in prod",),
            burden=1.5,
        ),
        option(
            "dev-staging-prod",
            "a staging environment that is prod in small, in which a release is rehearsed",
            (
                Fact(regulated(r), 0.3, f"auditors ask for rehearsed changes ({constraint(r, 'compliance')})"),
                Fact(
                    r.availability_target >= 99.95,
                    0.25,
                    f"{r.availability_target:g} % forgives few failed releases",
                ),
                Fact(r.team_size > 5, 0.1, f"{r.team_size} people release over each other"),
            ),
            tradeoffs=("a third environment to keep alike and to pay for",),
            burden=2.0,
        ),
    )
    return ask(
        brief,
        NAME,
        "stages.environments",
        f"How many environments does a release of {r.slug} pass?",
        candidates,
        rests_on=("availability_target", "team_constraints.size", "compliance", "data_classification"),
        flips={
            "dev-prod": "for up to five people below 99.95 % and without audits",
            "dev-staging-prod": "with an audit duty, or from 99.95 % or six people on together",
        },
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> ProjectStages:
    r = brief.requirements
    path = Path(chosen["stages.path"].id)
    stages = _stages(r, path)
    return ProjectStages(
        path=path,
        stages=stages,
        total_weeks=sum(stage.weeks for stage in stages),
        release_target=release_target(r),
        shadow_days=int(chosen["stages.path"].parameters.get("shadow_days", 0)),
        environments=tuple(chosen["stages.environments"].id.split("-")),
    )


def _stages(r: Requirements, path: Path) -> tuple[Stage, ...]:
    """Weeks: effort in person-weeks over the hands at work (at most four), rounded up; effort shifts with
    the path."""
    hands = min(r.team_size, 4)
    model = 8 if path is Path.PROTOTYPE_FIRST else 4
    chain = 6 + 2 * len(r.workloads)
    days = shadow_days(r) if path is Path.SHADOW_FIRST else 0
    weeks = {
        "ideation": 1,
        "experimentation": ceil(model / hands),
        "pipelines": ceil(chain / hands),
        "deployment": ceil(4 / hands) + ceil(days / 7),
        "monitoring": 2,
    }
    by_person = {"ideation", "monitoring"} | ({"deployment"} if days or regulated(r) else set())
    criteria = _criteria(r, days)
    return tuple(
        Stage(
            id=stage,
            title=title,
            weeks=weeks[stage],
            exit_criteria=criteria[stage],
            gate="person" if stage in by_person else "metric",
        )
        for stage, title in TITLES.items()
    )


def _criteria(r: Requirements, days: int) -> dict[str, tuple[str, ...]]:
    target = release_target(r)
    kpi = r.objective.kpi or "the metric of agent 9"
    named = listed((s.name for s in r.data.sources), empty="not named yet")
    live = f"p95 at most {number(r.sla_latency_ms or 0)} ms at {number(r.requests_per_second)} rps"
    shadow = (f"{plural(days, 'day')} in shadow without a worse outcome",) if days else ()
    return {
        "ideation": (f"owners of the sources ({named}) agree to the contracts", f"{kpi} has a named owner"),
        "experimentation": (
            f"{kpi} reaches {number(target)} on held-out data" if target is not None else f"{kpi} beats the baseline",
            "the trivial baseline is beaten on every slice that is reported",
        ),
        "pipelines": (
            "seven runs in a row without a hand on them",
            "a re-run of any day gives the same rows",
        ),
        "deployment": (
            *((live,) if r.sla_latency_ms and r.requests_per_second else ()),
            *shadow,
            "a rollback was rehearsed and took less than 15 minutes",
        ),
        "monitoring": ("every alert has fired once on purpose", "one retraining was triggered and judged"),
    }


AGENT = Agent(
    number=1,
    name=NAME,
    title="Project stages",
    reads=(),
    writes=("stages",),
    output=ProjectStages,
    options=options,
    conclude=conclude,
)
