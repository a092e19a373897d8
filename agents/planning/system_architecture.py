"""Agent 16: the blueprint, its tightest places, what would make it cheaper or faster, how it grows and recovers."""

from collections.abc import Mapping
from decimal import Decimal

from agents.cost.copies import copies_usd
from agents.cost.pricebook import PriceBook
from agents.domain.agent import Agent, Brief
from agents.domain.constraints import Compliance, WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.month import MONTH_HOURS
from agents.domain.outputs import (
    DeploymentServing,
    PipelinesBlueprint,
    SystemArchitecture,
)
from agents.domain.outputs.system_architecture import Recovery, Scaling
from agents.expert.ask import ask
from agents.expert.blueprint import edges_of, nodes_of
from agents.expert.bottlenecks import bottlenecks_of
from agents.expert.optimise import optimisations
from agents.expert.project import constraint
from agents.expert.schedule import PERIOD_HOURS
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural, usd

NAME = "system_architecture"
TIGHT_MS = 50.0
"""Below this a new replica comes too late for a burst: images start in tens of seconds."""
COPY_HOURS = 24.0
"""Age of a copy made by a person once a day; a pilot light is copied to after every run."""
RESTORE_HOURS = 8.0
"""A working day to rebuild from Terraform and copies, by people who have done it once (judgement, unverified)."""
PILOT_HOURS = 2.0
"""To switch to what stands ready, with the switch rehearsed (judgement, unverified)."""
YEAR_HOURS = 12 * MONTH_HOURS
REBUILD_PERCENT = 100 * (1 - RESTORE_HOURS / YEAR_HOURS)
"""The availability that one rebuild a year leaves: who promises more cannot rebuild (99.909 % for eight hours)."""


def options(brief: Brief) -> tuple[Question, ...]:
    return (_scaling(brief), _recovery(brief))


def _scaling_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    serving = brief.read("deployment_serving", DeploymentServing)
    live = r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    low, high = serving.min_replicas, serving.max_replicas
    tight = r.sla_latency_ms is not None and r.sla_latency_ms < TIGHT_MS
    answering = [p for slot, p in serving.patterns.items() if slot in ("serve.online", "serve.streaming")]
    by_request = bool(answering) and all(":aws-lambda-" in pattern for pattern in answering)
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
            refusals=(
                Refusal(not live, "nothing stands between runs"),
                Refusal(by_request, "Lambda starts what each request needs; nothing stands that could be kept"),
            ),
            tradeoffs=("no surprise in a burst; the night is paid like the day",),
            burden=1.0,
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
            Scaling.HEADROOM: f"below {number(TIGHT_MS)} ms at p95 (now {constraint(r, 'sla_latency_ms')}), or if the availability "
            "alone needs every replica",
            Scaling.SCHEDULED: "without online or streaming work",
        },
        risks=(_burst(brief),),
    )


def _burst(brief: Brief) -> Risk:
    """What a sudden load does: to who waits for an answer, to a stream, or to a run's deadline."""
    r = brief.requirements
    serving = brief.read("deployment_serving", DeploymentServing)
    standing = (
        f"{plural(serving.min_replicas, 'replica')} of {serving.max_replicas}" if serving.min_replicas else "no replica"
    )
    if r.has(WorkloadType.ONLINE):
        return Risk(
            risk=f"load rises tenfold to {number(r.requests_per_second)} requests a second with {standing} standing",
            probe=f"tests/load from {number(r.requests_per_second / 10)} to {number(r.requests_per_second)} requests a second in a "
            f"minute; p95 must stay within {number(r.sla_latency_ms or 0)} ms",
        )
    if r.has(WorkloadType.STREAMING):
        return Risk(
            risk=f"an outage of an hour leaves {number(3600 * r.events_per_second)} events to {plural(serving.max_replicas, 'replica')}",
            probe=f"replay {number(3600 * r.events_per_second)} events in dev; the lag must fall from the first minute on",
        )
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    minutes = max((p.deadline_minutes for p in plan.pipelines), default=0)
    return Risk(
        risk=f"a run meets more than its {number(plan.gb_per_run)} GB and is late",
        probe=f"run {number(2 * plan.gb_per_run)} GB in dev; no pipeline may take more than {minutes} minutes",
    )


def _recovery_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    best = brief.composer.best(brief.pins)
    other = next((region for region in r.regions if region != r.primary_region), None)
    extra = copies_usd(best.bom, r, other, PriceBook.load()) if other is not None else Decimal(0)
    year = (100 - r.availability_target) / 100 * YEAR_HOURS
    rebuild = (
        f"a rebuild of {number(RESTORE_HOURS)} hours against {number(round(year, 1))} hours that a year may be down"
    )
    over = r.budget_usd_max is not None and best.low_usd + extra > r.budget_usd_max
    hipaa = Compliance.HIPAA in r.compliance
    return (
        option(
            Recovery.RESTORE,
            f"rebuild from Terraform and copies, about {number(RESTORE_HOURS)} hours",
            (
                Fact(r.availability_target <= REBUILD_PERCENT, 0.3, rebuild),
                Fact(other is None, 0.1, f"only {r.primary_region} may hold the data"),
            ),
            tradeoffs=(
                "costs only the copies; a day without scores in the worst case",
                f"`python -m {r.package} restore_drill` brings a past day back from the bucket's versions and tries it",
            ),
            burden=1.0,
        ),
        option(
            Recovery.PILOT_LIGHT,
            f"data and models stand ready in {other or 'a second region'}, about {number(PILOT_HOURS)} hours",
            (
                Fact(r.availability_target > REBUILD_PERCENT, 0.35, rebuild),
                Fact(hipaa, 0.15, "HIPAA 164.308(a)(7) asks for a tested contingency plan"),
            ),
            refusals=(
                Refusal(other is None, "no second region is named in regions"),
                Refusal(over, f"about {usd(extra)} a month more breaks {usd(r.budget_usd_max or Decimal(0))}"),
            ),
            tradeoffs=(f"about {usd(extra)} a month for copies and the way to them; a switch to rehearse",),
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
            Recovery.RESTORE: f"up to {REBUILD_PERCENT:.2f} %, which {number(RESTORE_HOURS)} hours a year leave",
            Recovery.PILOT_LIGHT: f"above {REBUILD_PERCENT:.2f} % with a second region in regions (now "
            f"{r.availability_target:g} %, {listed(r.regions)})",
        },
        risks=(
            Risk(
                risk=f"the rebuild needs something that only stood in {r.primary_region}",
                probe=f"rebuild dev of {r.slug} outside {r.primary_region} once from the repository and the copies alone; time it",
            ),
        ),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> SystemArchitecture:
    r = brief.requirements
    best = brief.composer.best(brief.pins)
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    serving = brief.read("deployment_serving", DeploymentServing)
    recovery = Recovery(chosen["architecture.recovery"].id)
    pilot = recovery is Recovery.PILOT_LIGHT
    tight = bottlenecks_of(brief)
    scaling = Scaling(chosen["architecture.scaling"].id)
    return SystemArchitecture(
        nodes=nodes_of(brief, best),
        edges=edges_of(brief, best),
        bottlenecks=tight,
        scaling=scaling,
        standing_replicas=_standing(brief, scaling, serving),
        scale_steps=tuple(
            f"{b.stage}: full at {number(round(b.headroom, 2))} times today's load; {b.remedy}" for b in tight[:3]
        ),
        recovery=recovery,
        recovery_region=next((x for x in r.regions if x != r.primary_region), None) if pilot else None,
        recovery_time_hours=PILOT_HOURS if pilot else RESTORE_HOURS,
        recovery_point_hours=PERIOD_HOURS[plan.ingest_cadence]
        if pilot
        else max(COPY_HOURS, PERIOD_HOURS[plan.ingest_cadence]),
        p95_latency_ms=best.p95_latency_ms,
        availability_pct=best.availability_pct,
        optimisations=optimisations(brief, best),
    )


def _standing(brief: Brief, scaling: Scaling, serving: DeploymentServing) -> int:
    """Least with autoscaling; with headroom as many as the pattern plans (and prices) for the peak."""
    if scaling is Scaling.SCHEDULED:
        return 0
    live = serving.parameters.get("serve.online") or serving.parameters.get("serve.streaming") or {}
    peak = int(live.get("tasks", live.get("instances", serving.max_replicas)))
    return (
        max(serving.min_replicas, min(peak, serving.max_replicas))
        if scaling is Scaling.HEADROOM
        else serving.min_replicas
    )


AGENT = Agent(
    number=16,
    name=NAME,
    title="Overall system architecture",
    reads=(
        "data_sourcing",
        "pipelines_blueprint",
        "tech_stack",
        "data_engineering",
        "feature_engineering",
        "model_training",
        "deployment_serving",
        "inference_pipeline",
        "monitoring_observability",
    ),
    writes=("architecture",),
    output=SystemArchitecture,
    options=options,
    conclude=conclude,
    whole=True,
)
