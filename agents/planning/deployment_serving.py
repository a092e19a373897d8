"""Agent 11: serving patterns by workload, how a new model takes over and back, and how far serving scales."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.month import minutes_down
from agents.domain.outputs import DeploymentServing, ModelDevelopment, ProjectStages
from agents.domain.outputs.common import Parameters
from agents.domain.outputs.deployment_serving import Rollback, Rollout, ScalingRule
from agents.domain.requirements import Requirements
from agents.expert.ask import SlotAsk, ask, slot_questions
from agents.expert.formulas import requests_to_see_doubling
from agents.expert.project import load
from agents.expert.volume import predictions_per_day
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import number, plural
from agents.patterns.facts import trainings_a_month
from agents.patterns.slots import slots_of

NAME = "deployment_serving"
CANARY_STEPS = (5, 10, 25, 50)
LONGEST_BAKE = 24 * 60
"""A release that needs more than a day of watching is not watched (judgement, unverified)."""
HUMAN_MINUTES = 60
"""Until somebody is awake, has looked and has acted (judgement, unverified)."""
QUICK_BAKE = 120
"""Minutes up to which a person can be expected to watch a release (judgement, unverified)."""
WARM_PREDICTIONS = 20
"""Predictions after which caches and lazily loaded code of a replica are warm (rule of thumb, unverified)."""


def options(brief: Brief) -> tuple[Question, ...]:
    slots = [slot for slot in slots_of(brief.requirements) if slot.startswith("serve.")]
    return (*slot_questions(brief, NAME, [_asked(brief, slot) for slot in slots]), _rollout(brief), _rollback(brief))


def _asked(brief: Brief, slot: str) -> SlotAsk:
    r = brief.requirements
    model = brief.read("model_development", ModelDevelopment)
    goal = f"{plural(r.requests_per_second, 'request')} a second within {number(r.sla_latency_ms or 0)} ms at p95"
    texts = {
        "serve.online": f"What answers {goal}, {r.availability_target:g} % of the time?",
        "serve.batch": f"What scores every {r.data.entity or 'row'} of {number(r.batch_gb_per_day)} GB a day?",
        "serve.streaming": f"What scores {number(r.events_per_second)} events a second as they come?",
    }
    rests = {
        "serve.online": ("sla_latency_ms", "throughput.requests_per_second", "availability_target"),
        "serve.batch": ("throughput.batch_gb_per_day",),
        "serve.streaming": ("throughput.events_per_second", "availability_target"),
    }
    probe = {
        "serve.online": f"tests/load at {number(1.5 * r.requests_per_second)} requests a second, 1.5 times the peak; "
        f"p95 must stay within {number(r.sla_latency_ms or 0)} ms",
        "serve.batch": f"score a tenth of {number(round(predictions_per_day(r)))} rows of a day; more than "
        f"{number(round(predictions_per_day(r) / 10 * load(r, 'model_ms_cpu') / 60_000, 2))} minutes on one vCPU deny the figure",
        "serve.streaming": f"replay {number(3600 * r.events_per_second)} events in six minutes; the lag must be gone within an hour",
    }
    return SlotAsk(
        slot,
        texts[slot],
        (*rests[slot], "deployment_pref", "budget_band.monthly_usd_max"),
        (
            Risk(
                risk=f"{model.family.value} is slower than the {number(load(r, 'model_ms_cpu'))} ms assumed",
                probe=probe[slot],
            ),
        ),
        ("latency_slo", "availability") if slot == "serve.online" else (),
    )


def traffic(r: Requirements) -> float:
    """Mean predictions a second that can be split between two versions: peak x the bill's load factor."""
    live = r.requests_per_second if r.has(WorkloadType.ONLINE) else 0.0
    return (live + (r.events_per_second if r.has(WorkloadType.STREAMING) else 0.0)) * load(r, "load_factor")


def bake_minutes(r: Requirements, percent: int) -> int:
    """Minutes until `percent` of the traffic shows a doubled error rate; `LONGEST_BAKE` + 1 if it never
    would."""
    rate = traffic(r) * percent / 100
    need = requests_to_see_doubling((100 - r.availability_target) / 100)
    return LONGEST_BAKE + 1 if rate <= 0 else max(10, ceil(min(need / rate / 60, LONGEST_BAKE + 1)))


def canary_percent(r: Requirements) -> int | None:
    """The smallest step that can be judged within a day, or None."""
    return next((p for p in CANARY_STEPS if bake_minutes(r, p) <= LONGEST_BAKE), None)


def _rollout_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    stages = brief.read("project_stages", ProjectStages)
    rate, share = traffic(r), canary_percent(r)
    live = rate > 0
    need = requests_to_see_doubling((100 - r.availability_target) / 100)
    seen = f"{number(need)} requests show a doubled error rate; {number(round(rate, 2))} a second come on average"
    none = Refusal(not live, "there is no request traffic to split")
    return (
        _canary(brief),
        option(
            Rollout.BLUE_GREEN,
            "a full second copy takes over at once and back at once",
            (
                Fact(live and share is None, 0.3, f"{seen}: a share would prove nothing"),
                Fact(r.team_size <= 2, 0.05, "one switch, one way back"),
            ),
            refusals=(none,),
            tradeoffs=("rollback in seconds; every caller meets a bad version at once",),
            burden=1.5,
        ),
        option(
            Rollout.SHADOW_THEN_CANARY,
            f"{plural(max(1, stages.shadow_days), 'day')} beside the old version, then a share",
            (
                Fact(
                    stages.shadow_days > 0, 0.4, f"agent 1 asks for {plural(stages.shadow_days, 'day')} without acting"
                ),
            ),
            refusals=(
                none,
                Refusal(stages.shadow_days == 0, "agent 1 asks for no shadow: nothing would be compared"),
            ),
            tradeoffs=("no caller meets an unproven score; serving twice while it lasts",),
            burden=3.0,
        ),
        option(
            Rollout.VERSIONED_SWAP,
            "scores are written under their version; readers follow a pointer that moves",
            (Fact(not live, 0.4, "batch scores can be checked before anyone reads them"),),
            refusals=(Refusal(live, "live answers have no table to swap"),),
            tradeoffs=("rollback is moving the pointer back; one more day of scores is kept",),
            burden=1.0,
        ),
    )


def _canary(brief: Brief) -> Candidate:
    r = brief.requirements
    stages = brief.read("project_stages", ProjectStages)
    rate, share = traffic(r), canary_percent(r)
    live = rate > 0
    need = requests_to_see_doubling((100 - r.availability_target) / 100)
    seen = f"{number(need)} requests show a doubled error rate; {number(round(rate, 2))} a second come on average"
    slow = Refusal(live and share is None, f"{seen}: even half of the traffic would need more than a day")
    none = Refusal(not live, "there is no request traffic to split")
    first = (
        f"{share} % of the traffic first, for {bake_minutes(r, share)} minutes"
        if share
        else "a share of the traffic first"
    )
    return option(
        Rollout.CANARY,
        first,
        (
            Fact(live and share is not None, 0.35, seen),
            Fact(
                stages.shadow_days > 0,
                -0.2,
                "a score of the first release must not act before it was compared",
            ),
        ),
        refusals=(none, slow),
        tradeoffs=("harm is limited to the share; two versions answer at the same time",),
        burden=2.0,
    )


def _rollout(brief: Brief) -> Question:
    r = brief.requirements
    need = requests_to_see_doubling((100 - r.availability_target) / 100)
    least = round(need / (LONGEST_BAKE * 60) / 0.5 / load(r, "load_factor"), 2)
    return ask(
        brief,
        NAME,
        "deploy.rollout",
        f"How does a new model of {r.slug} take over?",
        _rollout_options(brief),
        rests_on=("throughput.requests_per_second", "availability_target", "workload_types"),
        flips={
            Rollout.CANARY: f"from {number(least)} requests a second at the peak: then a day shows a "
            "doubled error rate",
            Rollout.BLUE_GREEN: f"below {number(least)} requests a second at the peak",
            Rollout.SHADOW_THEN_CANARY: "if agent 1 asks for silent days",
            Rollout.VERSIONED_SWAP: "without online or streaming work",
        },
        risks=(
            Risk(
                risk=f"a new model errs in its scores, not in its status codes: {number(round(predictions_per_day(r)))} answers a day "
                "pass every watch",
                probe=f"release shuffled scores to dev: the comparison must stop them before {number(need)} answers",
            ),
        ),
        policies=("availability",),
    )


def _rollback_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    share = canary_percent(r)
    minutes = bake_minutes(r, share or CANARY_STEPS[-1])
    live, long = traffic(r) > 0, share is not None and minutes > QUICK_BAKE
    budget = minutes_down(r.availability_target)
    spent = f"{r.availability_target:g} % leave {number(budget)} minutes a month"
    return (
        option(
            Rollback.AUTOMATIC,
            "the service itself stops asking a new version that errs, and the alert tells people",
            (
                Fact(live and budget < HUMAN_MINUTES, 0.3, f"{spent}; waking somebody takes {HUMAN_MINUTES}"),
                Fact(long, 0.1, f"{minutes} minutes of watching: nobody sits through them"),
                Fact(live and share is None, -0.15, "too few requests: the machine would judge noise"),
            ),
            refusals=(Refusal(not live, "batch scores are checked before anyone reads them"),),
            tradeoffs=("back within the second batch of errors; also steps back from an error that is the caller's",),
            burden=1.0,
        ),
        option(
            Rollback.PERSON,
            "the comparison says what it sees, a named person runs the rollback",
            (
                Fact(not live, 0.3, "readers keep the scores of the day before while somebody looks"),
                Fact(live and budget >= HUMAN_MINUTES, 0.25, f"{spent}: time to look first"),
            ),
            tradeoffs=(f"nothing moves by mistake; a page and {HUMAN_MINUTES} minutes before it does",),
            burden=2.0,
        ),
    )


def _rollback(brief: Brief) -> Question:
    r = brief.requirements
    budget = minutes_down(r.availability_target)
    return ask(
        brief,
        NAME,
        "deploy.rollback",
        f"Who takes {r.slug} back to the old model when the new one fails?",
        _rollback_options(brief),
        rests_on=("availability_target", "throughput.requests_per_second", "workload_types"),
        flips={
            Rollback.AUTOMATIC: f"if the target leaves less than {HUMAN_MINUTES} minutes a month (now {number(budget)})",
            Rollback.PERSON: f"if it leaves {HUMAN_MINUTES} minutes or more (now {number(budget)}), or without live work",
        },
        risks=(
            Risk(
                risk=f"the old model is gone when it is needed: {number(round(12 * trainings_a_month(r)))} newer ones a year push it out",
                probe=f"roll back in dev and time it until an answer names the old version: {number(budget)} minutes a month may be lost",
            ),
        ),
        policies=("availability",),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> DeploymentServing:
    r = brief.requirements
    stages = brief.read("project_stages", ProjectStages)
    rollout = Rollout(chosen["deploy.rollout"].id)
    slots = {key: c for key, c in chosen.items() if key.startswith("serve.")}
    parameters = {slot: dict(c.parameters) for slot, c in slots.items()}
    low, high = _replicas(parameters)
    split = rollout in (Rollout.CANARY, Rollout.SHADOW_THEN_CANARY)
    percent = (canary_percent(r) or CANARY_STEPS[-1]) if split else 0
    return DeploymentServing(
        patterns={slot: c.id for slot, c in slots.items()},
        parameters=parameters,
        rollout=rollout,
        rollback=Rollback(chosen["deploy.rollback"].id),
        canary_percent=percent,
        bake_minutes=min(LONGEST_BAKE, bake_minutes(r, percent or 100)),
        shadow_days=stages.shadow_days if rollout is Rollout.SHADOW_THEN_CANARY else 0,
        rollback_error_percent=round(2 * (100 - r.availability_target), 4),
        min_replicas=low,
        max_replicas=high,
        target_utilisation_percent=_utilisation(high),
        scaling=tuple(_scaling(slot, p, _utilisation(high)) for slot, p in sorted(parameters.items())),
        warm_up_predictions=_warm_up(r),
    )


def _scaling(slot: str, p: Parameters, utilisation: int) -> ScalingRule:
    """By the pattern's own measure of a full replica; processor time where it has none."""
    if slot == "serve.batch":
        return ScalingRule(slot=slot, metric="rows-per-run", target=float(p.get("vcpu", 1)), unit="vCPU a run")
    for key in ("target_rps_per_task", "rps_per_task", "rps_per_instance"):
        if key in p:
            share = 1.0 if key.startswith("target") else utilisation / 100
            target = round(float(p[key]) * share, 2)
            return ScalingRule(slot=slot, metric="requests-per-replica", target=target, unit="requests a second")
    if "concurrency" in p:
        return ScalingRule(slot=slot, metric="concurrency", target=float(p["concurrency"]), unit="calls at once")
    return ScalingRule(slot=slot, metric="cpu", target=float(utilisation), unit="% of a vCPU")


def _warm_up(r: Requirements) -> int:
    """As many as warm a replica, but no more than fit into ten seconds; none without live work."""
    live = r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    return max(1, min(WARM_PREDICTIONS, int(10_000 / load(r, "model_ms_cpu")))) if live else 0


def _replicas(parameters: Mapping[str, Parameters]) -> tuple[int, int]:
    """From the first live slot's pattern: tasks, instances, or concurrency; batch only: none stand."""
    for slot in ("serve.online", "serve.streaming"):
        p = parameters.get(slot)
        if p:
            low = p.get("min_tasks", p.get("min_instances", p.get("provisioned", 0)))
            high = p.get("max_tasks", p.get("max_instances", p.get("concurrency", 1)))
            return int(low), max(1, int(low), int(high))
    return 0, 0


def _utilisation(replicas: int) -> int:
    """Load at which one of `replicas` may fail without overloading the rest: (n-1)/n, within 50 and 80 %."""
    return 80 if replicas == 0 else max(50, min(80, int(100 * (replicas - 1) / replicas)))


AGENT = Agent(
    number=11,
    name=NAME,
    title="Deployment and serving",
    reads=("project_stages", "model_development"),
    writes=("serve", "deploy"),
    output=DeploymentServing,
    options=options,
    conclude=conclude,
    slots=("serve",),
)
