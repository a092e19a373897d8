"""Agent 1: the way to production in five stages, with exit criteria that can be measured."""

from collections.abc import Mapping

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import ProjectStages
from agents.domain.outputs.project_stages import FirstGate, Path
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.environments import SMALL_TEAM, TIGHT, environments, names
from agents.expert.milestones import shadow_days, stages_of
from agents.expert.project import constraint, high_stakes, protected, regulated
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number

NAME = "project_stages"
BIG_GAP = 0.1
"""Share of the baseline that the target lies above it, from which the model is the open question, not the
plumbing."""
FIRST_GATES = {
    Path.WALKING_SKELETON: FirstGate.TRIVIAL,
    Path.PROTOTYPE_FIRST: FirstGate.THRESHOLD,
    Path.SHADOW_FIRST: FirstGate.SHADOW,
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


def _unnamed(r: Requirements) -> str:
    """What of the objective nobody has named; "" if both figures are there."""
    figures = (("objective.baseline", r.objective.baseline), ("objective.target", r.objective.target))
    return listed((key for key, value in figures if value is None), empty="")


def _goal(r: Requirements) -> str:
    """`0.62 to 0.75`, or what is not named."""
    unnamed = _unnamed(r)
    if unnamed:
        return f"{unnamed} not named"
    return f"{constraint(r, 'objective.baseline')} to {constraint(r, 'objective.target')}"


def _path_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    distance = gap(r)
    far = distance is not None and distance > BIG_GAP
    live = [w.value for w in r.workloads if w is not WorkloadType.BATCH]
    goal, unnamed = _goal(r), _unnamed(r)
    return (
        option(
            Path.WALKING_SKELETON,
            f"a thin chain from source to score for {r.slug} first, then widen it",
            (
                Fact(distance is not None and not far, 0.25, f"the model is not the open question ({goal})"),
                Fact(bool(unnamed), 0.2, f"{unnamed} is not named: a chain that runs gives the first figure"),
                Fact(bool(live), 0.1, f"{listed(live)} serving is where integration surprises wait"),
                Fact(r.team_size <= 3, 0.05, f"a team of {r.team_size} cannot run two tracks"),
            ),
            tradeoffs=(
                "everything is integrated from the first week; a first model that beats the trivial rule serves",
            ),
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
    goal = _goal(r)
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
                probe=f"score last quarter with the baseline rule: another figure than {r.objective.baseline:g} makes another way to "
                f"{constraint(r, 'objective.target')}"
                if r.objective.baseline is not None
                else f"score last quarter with the baseline rule on {number(r.training_rows)} rows and name the figure in "
                "objective.baseline before stage 3",
            ),
        ),
    )


def _environments(brief: Brief) -> Question:
    r = brief.requirements
    found = environments(r)
    stages = max((c for c in found if c.feasible), key=lambda c: c.score).id.split("-")
    return ask(
        brief,
        NAME,
        "stages.environments",
        f"How many environments does a release of {r.slug} pass?",
        found,
        rests_on=("availability_target", "team_constraints.size", "compliance", "data_classification"),
        flips={
            "dev-prod": f"up to {SMALL_TEAM} people below {TIGHT:g} % and without audits (now {r.team_size})",
            "dev-staging-prod": f"with an audit duty, or from {TIGHT:g} % on (now {r.availability_target:g} %)",
        },
        policies=("availability_slo",),
        risks=(
            Risk(
                risk=f"{listed(stages)} drift apart, and a release that passed {stages[0]} fails in {stages[-1]}",
                probe=f"plan {listed(stages)} on the same commit; none may list a change that the others do not",
            ),
        ),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> ProjectStages:
    r = brief.requirements
    path = Path(chosen["stages.path"].id)
    passed = names(chosen["stages.environments"].id)
    stages = stages_of(r, path, release_target(r), passed)
    return ProjectStages(
        path=path,
        first_gate=FIRST_GATES[path],
        stages=stages,
        total_weeks=sum(stage.weeks for stage in stages),
        release_target=release_target(r),
        shadow_days=int(chosen["stages.path"].parameters.get("shadow_days", 0)),
        environments=passed,
    )


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
