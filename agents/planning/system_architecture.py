"""Agent 16: the blueprint, its tightest places, what it costs, and how it grows and recovers."""

from collections.abc import Mapping
from decimal import Decimal

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import Compliance, WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import (
    DeploymentServing,
    PipelinesBlueprint,
    SystemArchitecture,
)
from agents.domain.outputs.system_architecture import Recovery, Scaling
from agents.domain.plan import Composition
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.blueprint import edges_of, nodes_of
from agents.expert.bottlenecks import bottlenecks_of
from agents.expert.formulas import error_budget_minutes
from agents.expert.project import budget_share
from agents.expert.schedule import PERIOD_HOURS
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, usd

NAME = "system_architecture"
PILOT_SHARE = Decimal("0.15")
"""Cost of a pilot light in a second region over the plan's own: copies of data and images, nothing running
(judgement)."""
RESTORE_HOURS = 8.0
PILOT_HOURS = 2.0


def options(brief: Brief) -> tuple[Question, ...]:
    return (_scaling(brief), _recovery(brief))


def _scaling_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    serving = brief.read("deployment_serving", DeploymentServing)
    live = r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    low, high = serving.min_replicas, serving.max_replicas
    tight = r.sla_latency_ms is not None and r.sla_latency_ms < 50
    return (
        option(
            Scaling.AUTOSCALE,
            f"{low} to {high} replicas, {serving.target_utilisation_percent} % busy",
            (
                Fact(live and high > low, 0.35, f"load moves between {low} and {high} replicas over a day"),
                Fact(tight, -0.1, f"{number(r.sla_latency_ms or 0)} ms: new replicas come too late for a burst"),
            ),
            refusals=(Refusal(not live, "nothing stands between runs that could be scaled"),),
            tradeoffs=("pays for the load there is; a burst waits for the new replica",),
            burden=2.0,
        ),
        option(
            Scaling.HEADROOM,
            f"{high} replicas stand all day",
            (
                Fact(live and tight, 0.3, f"{number(r.sla_latency_ms or 0)} ms leave no time to start anything"),
                Fact(live and high <= low, 0.3, f"{high} replicas are the least that the availability needs"),
            ),
            refusals=(Refusal(not live, "nothing stands between runs"),),
            tradeoffs=("no surprise in a burst; the night is paid like the day",),
            burden=1.0,
            monthly_usd=None,
        ),
        option(
            Scaling.SCHEDULED,
            "each run gets the size of its data and ends",
            (Fact(not live, 0.4, f"{listed(w.value for w in r.workloads)}: load comes by the calendar"),),
            refusals=(Refusal(live, "live load does not keep to a calendar"),),
            tradeoffs=("costs nothing between runs; a run that grows past its deadline is late",),
            burden=1.0,
        ),
    )


def _scaling(brief: Brief) -> Question:
    r = brief.requirements
    return ask(
        brief,
        NAME,
        "architecture.scaling",
        f"How does {r.slug} meet more load than today's?",
        _scaling_options(brief),
        rests_on=("workload_types", "sla_latency_ms", "throughput.requests_per_second"),
        flips={
            Scaling.AUTOSCALE: "for live load that moves over the day",
            Scaling.HEADROOM: "below 50 ms at p95, or if the availability alone needs every replica",
            Scaling.SCHEDULED: "without online or streaming work",
        },
    )


def _recovery_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    best = brief.composer.best(brief.pins)
    other = next((region for region in r.regions if region != r.primary_region), None)
    extra = (best.monthly_usd * PILOT_SHARE).quantize(Decimal("0.01"))
    budget = error_budget_minutes(r.availability_target)
    lost = f"{r.availability_target:g} % leave {number(budget)} minutes a month"
    over = r.budget_usd_max is not None and best.low_usd + extra > r.budget_usd_max
    hipaa = Compliance.HIPAA in r.compliance
    return (
        option(
            Recovery.RESTORE,
            f"rebuild from Terraform and copies, about {number(RESTORE_HOURS)} hours",
            (
                Fact(r.availability_target < 99.95, 0.3, f"{lost}; regions fail less than once in years"),
                Fact(other is None, 0.1, f"only {r.primary_region} may hold the data"),
            ),
            tradeoffs=("costs only the copies; a day without scores in the worst case",),
            burden=1.0,
        ),
        option(
            Recovery.PILOT_LIGHT,
            f"data and images stand ready in {other or 'a second region'}, about {number(PILOT_HOURS)} hours",
            (
                Fact(r.availability_target >= 99.95, 0.35, f"{lost}: a rebuild would use years of it"),
                Fact(hipaa, 0.15, "HIPAA 164.308(a)(7) asks for a tested contingency plan"),
            ),
            refusals=(
                Refusal(other is None, "no second region is named in regions"),
                Refusal(over, f"about {usd(extra)} a month more breaks {usd(r.budget_usd_max or Decimal(0))}"),
            ),
            tradeoffs=(f"about {usd(extra)} a month for copies (estimate, not in the bill); a switch to rehearse",),
            burden=3.0,
            monthly_usd=best.monthly_usd + extra,
        ),
    )


def _recovery(brief: Brief) -> Question:
    r = brief.requirements
    return ask(
        brief,
        NAME,
        "architecture.recovery",
        f"What becomes of {r.slug} if {r.primary_region} is lost for a day?",
        _recovery_options(brief),
        rests_on=("availability_target", "regions", "compliance", "budget_band.monthly_usd_max"),
        flips={
            Recovery.RESTORE: "below 99.95 %",
            Recovery.PILOT_LIGHT: "from 99.95 % with a second region in regions (now "
            f"{r.availability_target:g} %, {listed(r.regions)})",
        },
        risks=(
            Risk(
                risk="the rebuild needs something that only stood in the lost region",
                probe="rebuild dev in another region once from the repository and the copies alone",
            ),
        ),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> SystemArchitecture:
    r = brief.requirements
    best = brief.composer.best(brief.pins)
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    recovery = Recovery(chosen["architecture.recovery"].id)
    pilot = recovery is Recovery.PILOT_LIGHT
    tight = bottlenecks_of(brief)
    scaling = Scaling(chosen["architecture.scaling"].id)
    return SystemArchitecture(
        nodes=nodes_of(brief, best),
        edges=edges_of(brief, best),
        bottlenecks=tight,
        scaling=scaling,
        scale_steps=tuple(
            f"{b.stage}: full at {number(round(b.headroom, 2))} times today's load; {b.remedy}" for b in tight[:3]
        ),
        recovery=recovery,
        recovery_region=next((x for x in r.regions if x != r.primary_region), None) if pilot else None,
        recovery_time_hours=PILOT_HOURS if pilot else RESTORE_HOURS,
        recovery_point_hours=PERIOD_HOURS[plan.ingest_cadence],
        monthly_usd=best.monthly_usd,
        low_usd=best.low_usd,
        high_usd=best.high_usd,
        budget_share_percent=budget_share(r, best.monthly_usd),
        p95_latency_ms=best.p95_latency_ms,
        availability_pct=best.availability_pct,
        optimisations=_optimisations(r, best),
    )


def _optimisations(r: Requirements, best: Composition) -> tuple[str, ...]:
    """The three places with the most quantity that no load moves: standing capacity, by slot."""
    standing = [line for line in best.bom if line.driver == "fixed"]
    by_slot: dict[str, list[str]] = {}
    for line in standing:
        by_slot.setdefault(line.slot, []).append(line.component)
    tips = [
        f"{slot}: {listed(parts, limit=3)} cost the same at no load; revisit after a quiet month"
        for slot, parts in sorted(by_slot.items())
    ]
    target = r.budget_usd_target
    if target is not None and best.monthly_usd > target:
        tips.insert(
            0,
            f"expected {usd(best.monthly_usd)} is {usd(best.monthly_usd - target)} above the target of {usd(target)}",
        )
    return tuple(tips[:4])


AGENT = Agent(
    number=16,
    name=NAME,
    title="Overall system architecture",
    reads=(
        "data_sourcing",
        "pipelines_blueprint",
        "tech_stack",
        "data_engineering",
        "model_training",
        "deployment_serving",
    ),
    writes=("architecture",),
    output=SystemArchitecture,
    options=options,
    conclude=conclude,
)
