"""Agent 6: what is tested, how strictly, on how many rows and at which load."""

from collections.abc import Mapping

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DataSourcing, PipelinesBlueprint, ProjectStages, TechStack, TestingStrategy
from agents.domain.outputs.testing_strategy import Depth, ModelGate, Suite
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.formulas import rows_to_see_drop, sample_for_share
from agents.expert.project import high_stakes, regulated
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number

NAME = "testing_strategy"
HELD_OUT = 0.2
"""Share of rows that agent 9 may hold out for the final judgement."""
LOAD_FACTOR = 1.5
"""Load test above the stated peak: growth within one release cycle."""
COVERAGE = {Depth.ESSENTIAL: 60, Depth.STANDARD: 75, Depth.REGULATED: 85}


def options(brief: Brief) -> tuple[Question, ...]:
    return (_depth(brief), _gate(brief))


def tolerance(r: Requirements) -> float:
    """A fall of the metric that counts as noise: a tenth of the way from baseline to target, within 0.005
    and 0.02."""
    base, target = r.objective.baseline, r.objective.target
    way = abs(target - base) if base is not None and target is not None else 0.1
    return round(min(0.02, max(0.005, way / 10)), 4)


def _depth_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    live = r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    audit = regulated(r) or high_stakes(r)
    blueprint = brief.read("pipelines_blueprint", PipelinesBlueprint)
    count = len(blueprint.pipelines)
    loads = listed(w.value for w in r.workloads)
    return (
        _essential(brief),
        option(
            Depth.STANDARD,
            f"also integration of the {count} pipelines, and load where requests arrive",
            (
                Fact(live and not audit, 0.3, f"{loads} answers at once: nobody looks before a score is used"),
                Fact(r.team_size > 2, 0.05, f"{r.team_size} people change each other's code"),
            ),
            tradeoffs=("about a quarter hour in CI; needs sample data that stays honest",),
            burden=2.0,
        ),
        option(
            Depth.REGULATED,
            "also fairness, slices, security and a recorded sign-off of each release",
            (
                Fact(
                    audit,
                    0.4,
                    f"{r.data_classification.value} data in {r.domain}: evidence is asked for, not trust",
                ),
            ),
            tradeoffs=("each release leaves evidence; releases are slower by a day",),
            burden=3.0,
        ),
    )


def _essential(brief: Brief) -> Candidate:
    r = brief.requirements
    live = r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    audit = regulated(r) or high_stakes(r)
    loads = listed(w.value for w in r.workloads)
    return option(
        Depth.ESSENTIAL,
        "unit, contract, data and model tests",
        (
            Fact(
                not live and not audit,
                0.3,
                f"{loads}: a bad run is seen and repeated before anyone acts on it",
            ),
            Fact(
                r.team_size <= 2,
                0.1,
                f"a team of {r.team_size} must keep the suite green",
            ),
        ),
        tradeoffs=("minutes in CI; what happens between the parts is found in dev",),
        burden=1.0,
    )


def _depth(brief: Brief) -> Question:
    r = brief.requirements
    return ask(
        brief,
        NAME,
        "testing.depth",
        f"How much must {r.slug} prove before a merge?",
        _depth_options(brief),
        rests_on=(
            "workload_types",
            "data_classification",
            "compliance",
            "project.domain",
            "team_constraints.size",
        ),
        flips={
            Depth.ESSENTIAL: "with batch work alone and no audit",
            Depth.STANDARD: "with online or streaming work and no audit",
            Depth.REGULATED: "with an audit duty or a domain that decides about people",
        },
    )


def _gate_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    stages = brief.read("project_stages", ProjectStages)
    goal = stages.release_target
    noise = tolerance(r)
    need = rows_to_see_drop(r.objective.baseline if r.objective.baseline is not None else 0.7, noise)
    have = int(r.training_rows * HELD_OUT)
    sees = f"{number(need)} held-out rows show a fall of {noise:g}; {number(have)} exist"
    return (
        option(
            ModelGate.THRESHOLD,
            f"a new model must reach {number(goal) if goal is not None else 'the baseline'}, whatever is live",
            (
                Fact(goal is not None, 0.15, f"a figure exists: {number(goal or 0)}"),
                Fact(have < need, 0.2, f"{sees}: a comparison with the champion would be noise"),
            ),
            tradeoffs=("says clearly what good enough is; lets a slow decline pass",),
        ),
        option(
            ModelGate.NO_WORSE,
            f"a new model may not be worse than the live one by more than {noise:g}",
            (
                Fact(goal is None, 0.2, "no target was named, so the live model is the measure"),
                Fact(have >= need, 0.15, sees),
            ),
            tradeoffs=("follows the world down if every model gets worse",),
        ),
        option(
            ModelGate.BOTH,
            f"both: the target, and no worse than the live model by {noise:g}",
            (
                Fact(goal is not None and have >= need, 0.35, f"a target exists, and {sees}"),
                Fact(regulated(r) or high_stakes(r), 0.1, "harm from a bad release is not reversible"),
            ),
            refusals=(Refusal(goal is None, "no target was named (objective.target)"),),
            tradeoffs=("the strictest; in hard times nothing passes and a person must decide",),
        ),
    )


def _gate(brief: Brief) -> Question:
    r = brief.requirements
    noise = tolerance(r)
    need = rows_to_see_drop(r.objective.baseline if r.objective.baseline is not None else 0.7, noise)
    have = int(r.training_rows * HELD_OUT)
    return ask(
        brief,
        NAME,
        "testing.gate",
        f"What must a retrained model of {r.slug} show before it may go live?",
        _gate_options(brief),
        rests_on=("objective.target", "objective.baseline", "throughput.training_rows"),
        flips={
            ModelGate.THRESHOLD: f"with fewer than {number(need / HELD_OUT)} training rows: "
            f"{number(need)} must be held out",
            ModelGate.NO_WORSE: "if no target is named",
            ModelGate.BOTH: f"with a target and {number(need)} rows to hold out (now {number(have)})",
        },
        risks=(
            Risk(
                risk="the held-out rows are used so often that the gate learns them",
                probe="score the last five models on a month none of them was judged on",
            ),
        ),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> TestingStrategy:
    r = brief.requirements
    depth = Depth(chosen["testing.depth"].id)
    noise = tolerance(r)
    need = rows_to_see_drop(r.objective.baseline if r.objective.baseline is not None else 0.7, noise)
    have = int(r.training_rows * HELD_OUT)
    online = r.has(WorkloadType.ONLINE)
    data = brief.read("data_sourcing", DataSourcing)
    return TestingStrategy(
        depth=depth,
        suites=_suites(brief, depth, online),
        model_gate=ModelGate(chosen["testing.gate"].id),
        tolerance=noise,
        evaluation_rows=max(1, min(need, have)),
        evaluation_power_reached=have >= need,
        min_slice_rows=sample_for_share(0.05),
        coverage_percent=COVERAGE[depth],
        load_test_rps=round(LOAD_FACTOR * r.requests_per_second, 2) if online else 0.0,
        load_test_minutes=(30 if r.availability_target >= 99.9 else 10) if online else 0,
        load_test_p95_ms=r.sla_latency_ms if online else None,
        data_test_rows=min(data.exploration_rows, sample_for_share(0.01)),
    )


def _suites(brief: Brief, depth: Depth, online: bool) -> tuple[Suite, ...]:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    stack = brief.read("tech_stack", TechStack)
    sources = listed(s.name for s in data.sources)
    suites = [
        Suite(name="unit", folder="unit", purpose=f"functions of {r.package}", blocking=True),
        Suite(name="contract", folder="contract", purpose=f"columns and types of {sources}", blocking=True),
        Suite(name="data", folder="data", purpose=f"{len(data.checks)} checks on each batch", blocking=True),
        Suite(
            name="model",
            folder="model",
            purpose=f"beats the baseline; {len(data.leakage)} leaks shut",
            blocking=True,
        ),
    ]
    if depth is not Depth.ESSENTIAL:
        what = f"the pipelines in order, as {stack.orchestrator.value} runs them"
        suites.append(Suite(name="integration", folder="integration", purpose=what, blocking=True))
        if online:
            what = (
                f"{number(LOAD_FACTOR * r.requests_per_second)} requests a second within "
                f"{number(r.sla_latency_ms or 0)} ms"
            )
            suites.append(Suite(name="load", folder="load", purpose=what, blocking=False))
    if depth is Depth.REGULATED:
        what = f"groups of at least {number(sample_for_share(0.05))} rows compared"
        suites.append(Suite(name="fairness", folder="model", purpose=what, blocking=True))
        suites.append(
            Suite(
                name="security",
                folder="unit",
                purpose="no personal column leaves curated data",
                blocking=True,
            )
        )
    return tuple(suites)


AGENT = Agent(
    number=6,
    name=NAME,
    title="ML testing strategy",
    reads=("project_stages", "data_sourcing", "pipelines_blueprint", "tech_stack"),
    writes=("testing",),
    output=TestingStrategy,
    options=options,
    conclude=conclude,
)
