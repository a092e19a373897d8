"""Agent 6: what is tested, how strictly, on how many rows and at which load."""

from collections.abc import Mapping
from math import ceil, floor

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DataSourcing, PipelinesBlueprint, ProjectStages, TestingStrategy
from agents.domain.outputs.testing_strategy import Depth, ModelGate, OnlineTest
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.formulas import (
    requests_for_percentile,
    rows_to_hold,
    rows_to_see_drop,
    sample_for_share,
)
from agents.expert.measured import held_share, rows_for_rare, tolerance
from agents.expert.project import GENERATIVE, constraint, high_stakes, regulated
from agents.expert.suites import suites_of
from agents.expert.volume import predictions_per_day
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural

NAME = "testing_strategy"
LOAD_FACTOR = 1.5
"""Load test above the stated peak: growth within one release cycle."""
COVERAGE = {Depth.ESSENTIAL: 60, Depth.STANDARD: 75, Depth.REGULATED: 85}
"""Per cent of lines (unverified): what a small suite reaches, what integration adds, what an auditor asks for."""
PERCENTILE_MARGIN = 0.01
"""The load test knows its p95 within one percentile point."""
REPLAY_MARGIN = 0.02
"""A share of changed answers is known within two points."""
REPLAY_CHANGED = 0.1
"""Share of answers from which a new model is another model: a person looks first (unverified)."""


def options(brief: Brief) -> tuple[Question, ...]:
    return (_depth(brief), _gate(brief), _online(brief))


def held_out(r: Requirements) -> tuple[int, int]:
    """(rows needed to see a fall of `tolerance` from the baseline, and to hold a hundred of the rarest class that was
    measured; rows that are held out)."""
    need = rows_to_see_drop(r.objective.baseline if r.objective.baseline is not None else 0.7, tolerance(r))
    return max(need, rows_for_rare(r)), int(r.training_rows * held_share(r))


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
        f"unit, contract, data, model and infrastructure tests of {r.slug}",
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
    data = brief.read("data_sourcing", DataSourcing)
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
            Depth.STANDARD: f"with online or streaming work (now {constraint(r, 'workload_types')}) and no audit",
            Depth.REGULATED: f"with an audit duty or a domain that decides about people (now {r.domain})",
        },
        policies=("unresolved_findings",),
        risks=(
            Risk(
                risk=f"tests pass on synthetic rows, and rows of {listed(s.name for s in data.sources)} look different",
                probe=f"run the data suite on one delivery of each; none of {plural(len(data.checks), 'check')} may fail",
            ),
        ),
    )


def _gate_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    stages = brief.read("project_stages", ProjectStages)
    goal = stages.release_target
    noise = tolerance(r)
    need, have = held_out(r)
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
    need, have = held_out(r)
    return ask(
        brief,
        NAME,
        "testing.gate",
        f"What must a retrained model of {r.slug} show before it may go live?",
        _gate_options(brief),
        rests_on=("objective.target", "objective.baseline", "throughput.training_rows"),
        flips={
            ModelGate.THRESHOLD: f"with fewer than {number(rows_to_hold(need))} training rows: "
            f"{number(need)} must be held out",
            ModelGate.NO_WORSE: "if no target is named",
            ModelGate.BOTH: f"with a target and {number(need)} rows to hold out (now {number(have)})",
        },
        risks=(
            Risk(
                risk=f"the same {number(have)} held-out rows judge so many models that the gate learns them",
                probe=f"score the last five models on a month none of them was judged on; worse by more than {tolerance(r):g} is learned",
            ),
        ),
    )


def _replay_rows(r: Requirements) -> int:
    """Cases replayed: as many as estimate the share of changed answers, at most a day's predictions."""
    return min(sample_for_share(REPLAY_MARGIN), ceil(predictions_per_day(r)))


def _online(brief: Brief) -> Question:
    r = brief.requirements
    live = r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    rows = _replay_rows(r)
    daily = f"{number(predictions_per_day(r))} predictions a day"
    known = rows >= sample_for_share(0.05)
    candidates = (
        option(
            OnlineTest.SMOKE,
            f"one case of {r.slug} must be answered by the new version before it takes over",
            (
                Fact(not live, 0.2, f"{constraint(r, 'workload_types')} scores can be run again before anyone acts"),
                Fact(not known, 0.25, f"{daily} are too few to compare answers"),
                Fact(r.problem in GENERATIVE, 0.2, "passages change with each index: a changed answer is no error"),
            ),
            tradeoffs=("seconds; sees a model that cannot answer, not one that answers otherwise",),
            burden=1.0,
        ),
        option(
            OnlineTest.REPLAY,
            f"{number(rows)} current cases are scored by champion and challenger and compared before it takes over",
            (
                Fact(live and known, 0.25, f"{daily} are answered at once: nobody looks before they are used"),
                Fact(high_stakes(r) or regulated(r), 0.15, f"in {r.domain} a changed answer needs a reason"),
            ),
            tradeoffs=(f"more than {REPLAY_CHANGED:.0%} of changed answers stop the promotion until a person looks",),
            burden=1.5,
            parameters={"rows": rows},
        ),
    )
    return ask(
        brief,
        NAME,
        "testing.online",
        f"What must a new version of {r.slug} show in production before it answers?",
        candidates,
        rests_on=("workload_types", "throughput.requests_per_second", "project.domain", "project.problem"),
        flips={
            OnlineTest.SMOKE: f"with batch scores alone, or below {number(sample_for_share(0.05))} predictions a day",
            OnlineTest.REPLAY: f"with live answers and {number(sample_for_share(0.05))} predictions a day "
            f"(now {daily})",
        },
        policies=("availability_slo",),
        risks=(
            Risk(
                risk=f"{number(floor(rows * REPLAY_CHANGED))} of {number(rows)} answers may change, all of one {r.data.entity or 'case'}",
                probe=f"count them by {r.data.entity or 'case'}: more than {number(ceil(rows * REPLAY_CHANGED / 10))} of one are no chance",
            ),
        ),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> TestingStrategy:
    r = brief.requirements
    depth, online_test = Depth(chosen["testing.depth"].id), OnlineTest(chosen["testing.online"].id)
    need, have = held_out(r)
    loaded = r.has(WorkloadType.ONLINE) and depth is not Depth.ESSENTIAL
    rps = round(LOAD_FACTOR * r.requests_per_second, 2) if loaded else 0.0
    requests = requests_for_percentile(0.95, PERCENTILE_MARGIN)
    replay = int(chosen["testing.online"].parameters.get("rows", 0))
    return TestingStrategy(
        depth=depth,
        suites=suites_of(brief, depth, rps, replay),
        model_gate=ModelGate(chosen["testing.gate"].id),
        tolerance=tolerance(r),
        test_fraction=held_share(r),
        evaluation_rows=max(1, min(need, have)),
        evaluation_power_reached=have >= need,
        min_slice_rows=sample_for_share(0.05),
        coverage_percent=COVERAGE[depth],
        load_test_rps=rps,
        load_test_seconds=min(600, ceil(requests / rps)) if rps else 0,
        load_test_p95_ms=r.sla_latency_ms if loaded else None,
        online_test=online_test,
        replay_rows=replay,
        replay_max_changed=REPLAY_CHANGED if replay else 1.0,
    )


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
