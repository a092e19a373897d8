"""Single changes that make a plan cheaper, each with what it saves and what it gives up (COST.md §6, levers)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from agents.cost.bill import PROD, Account
from agents.cost.lines import cents, dollars, price_line
from agents.cost.pricebook import REFERENCE, Missing
from agents.domain.cost import CostEstimate, Lever, PricedLine
from agents.domain.outputs.monitoring_observability import MonitoringObservability
from agents.domain.plan import Plan
from agents.domain.requirements import Requirements
from agents.expert.words import listed
from agents.patterns.facts import REGULATED

LEAST_USD = Decimal(1)
LEAST_SHARE = Decimal("0.01")
MOST = 8
AVAILABILITIES = (99.95, 99.9, 99.5, 99.0)
MONTH_MINUTES = 43_800
SHORT_LOGS_DAYS = 30
WEEK_HOURS, WORK_HOURS = 168, 60
"""Hours of a week, and those in which people work on an environment beside prod: twelve on five days (judgement)."""
STOPPABLE = (
    ("aws_ecs_service", "fargate", r"\.(vcpu|memory)$"),
    ("aws_sagemaker_endpoint", "sagemaker", r"^ml\..*\.ondemand$"),
    ("aws_nat_gateway", "nat_gateway", "^hour$"),
)
"""Resource, service and rows whose hours end when the thing is stopped or taken away, and which hold nothing that would be
lost. Keys and dashboards have no hours; streams, Kafka clusters and caches cannot be stopped, or lose what they hold."""


@dataclass(frozen=True)
class Situation:
    """What levers look at: the plan with its bill, and the account to price changes with."""

    plan: Plan
    cost: CostEstimate
    requirements: Requirements
    account: Account


def levers(plan: Plan, cost: CostEstimate, requirements: Requirements, account: Account) -> tuple[Lever, ...]:
    """The changes that save at least a dollar and a hundredth of the bill, largest saving first; at most eight. Each is
    counted alone: two together may save less than their sum."""
    situation = Situation(plan, cost, requirements, account)
    found = [lever for kind in KINDS for lever in kind(situation)]
    worth = [x for x in found if x.saves_usd >= max(LEAST_USD, cost.monthly_usd * LEAST_SHARE)]
    return tuple(sorted(worth, key=lambda x: (-x.saves_usd, x.key, x.change))[:MOST])


def _environment(s: Situation) -> Iterator[Lever]:
    """One environment less: the one between dev and prod, where there is one."""
    between = s.cost.environments[2:]
    if between:
        last = between[-1]
        yield Lever(
            key="stages.environments",
            change=f"do without {last.name}",
            saves_usd=last.monthly_usd,
            gives_up="a release is first rehearsed at full size by its canary in prod",
        )


def _nights(s: Situation) -> Iterator[Lever]:
    """Hours of what can be stopped and started again, in the environments beside prod."""
    hours = [p for p in s.cost.lines if p.line.environment != PROD and _stoppable(p)]
    if hours:
        names = listed(dict.fromkeys(p.line.environment for p in hours), limit=len(hours))
        parts = listed(dict.fromkeys(p.line.component for p in hours), limit=3)
        yield Lever(
            key="environments.hours",
            change=f"let {names} stand {WORK_HOURS} of {WEEK_HOURS} hours a week ({parts})",
            saves_usd=dollars(cents(sum((p.usd for p in hours), Decimal(0)) * (WEEK_HOURS - WORK_HOURS) / WEEK_HOURS)),
            gives_up=f"nobody can try anything in {names} at night, and a schedule must stop and start it",
        )


def _stoppable(p: PricedLine) -> bool:
    return any(
        (p.line.resource, p.line.service) == (resource, service) and re.search(sku, p.line.sku)
        for resource, service, sku in STOPPABLE
    )


def _arm(s: Situation) -> Iterator[Lever]:
    """The same tasks on Graviton, where the book sells it in the region."""
    for service, what in (("fargate", "containers"), ("lambda", "functions")):
        saved = Decimal(0)
        for p in s.cost.lines:
            if p.line.service != service or not p.line.sku.startswith("x86."):
                continue
            arm = p.line.model_copy(update={"sku": p.line.sku.replace("x86.", "arm.", 1)})
            there = price_line(arm, p.region, s.account.book)
            saved += p.usd - there.usd if not isinstance(there, Missing) else 0
        if saved > 0:
            yield Lever(
                key=f"{service}.architecture",
                change=f"build the image for arm64 and run the {what} on Graviton",
                saves_usd=saved,
                gives_up="every wheel must exist for arm64, and images are built on an arm64 runner",
            )


def _spot(s: Situation) -> Iterator[Lever]:
    """Training on spare capacity, where the plan pays for its own."""
    usd = sum((p.usd for p in s.cost.lines if _trains_on_demand(p)), Decimal(0))
    share = s.account.book.managed_spot
    if usd:
        yield Lever(
            key="train",
            change=f"let training jobs use spot capacity ({share:.0%} off is typical)",
            saves_usd=dollars(cents(usd * share)),
            gives_up="a run may be interrupted and begin anew, so it may end hours later",
        )


def _trains_on_demand(p: PricedLine) -> bool:
    return p.line.slot == "train" and p.line.service == "sagemaker" and p.line.sku.endswith(".ondemand")


def _commitments(s: Situation) -> Iterator[Lever]:
    """A year's promise for what stands all month anyway; spot hours cannot be promised."""
    for commitment in s.account.book.commitments:
        usd = sum(
            (p.usd_idle for p in s.cost.lines if commitment.covers(p.line.service, p.line.sku)),
            Decimal(0),
        )
        if usd:
            yield Lever(
                key=f"commitment.{commitment.name}",
                change=f"promise a year of {usd} USD a month on {commitment.service}"
                f" ({commitment.share:.0%} off{'' if commitment.confidence == 'M' else ', unverified'})",
                saves_usd=dollars(cents(usd * commitment.share)),
                gives_up="the promise is paid for a year, whether the project lives or not",
            )


def _availability(s: Situation) -> Iterator[Lever]:
    """The next lower availability that makes the same patterns cheaper."""
    asked = s.requirements.availability_target
    for target in AVAILABILITIES:
        if target >= asked:
            continue
        saved = s.cost.monthly_usd - s.account.usd(s.requirements.model_copy(update={"availability_target": target}))
        if saved >= LEAST_USD:
            now, then = (_minutes(value) for value in (asked, target))
            yield Lever(
                key="availability_target",
                change=f"availability_target: {target:g} instead of {asked:g}",
                saves_usd=saved,
                gives_up=f"{then:,.0f} minutes a month may be lost instead of {now:,.0f}",
            )
            return


def _minutes(availability: float) -> float:
    return (100 - availability) / 100 * MONTH_MINUTES


def _logs(s: Situation) -> Iterator[Lever]:
    """Logs kept for a month; audited projects must keep theirs."""
    monitoring = s.account.outputs.get("monitoring_observability")
    days = monitoring.log_retention_days if isinstance(monitoring, MonitoringObservability) else 0
    if days <= SHORT_LOGS_DAYS or s.requirements.data_classification in REGULATED:
        return
    stored = sum((p.usd for p in s.cost.lines if p.line.sku == "logs.storage"), Decimal(0))
    yield Lever(
        key="monitoring.log_retention_days",
        change=f"keep logs {SHORT_LOGS_DAYS} days instead of {days}",
        saves_usd=dollars(cents(stored * (days - SHORT_LOGS_DAYS) / days)),
        gives_up="an incident that is noticed later cannot be traced in the logs",
    )


def _region(s: Situation) -> Iterator[Lever]:
    """The same stack where list prices are lowest, if neither law nor contract ties the data to its region."""
    r = s.requirements
    if r.primary_region == REFERENCE or r.data_classification in REGULATED or r.compliance or len(r.regions) > 1:
        return
    there = r.model_copy(update={"primary_region": REFERENCE, "regions": (REFERENCE,)})
    if any(isinstance(price_line(x, REFERENCE, s.account.book), Missing) for x in s.account.lines(there)):
        return
    yield Lever(
        key="regions",
        change=f"regions: [{REFERENCE}]",
        saves_usd=s.cost.monthly_usd - s.account.usd(there),
        gives_up=f"data leaves {r.primary_region}, and callers there wait longer",
    )


def _patterns(s: Situation) -> Iterator[Lever]:
    """The cheapest other pattern of each slot, by the best whole plan that has it (`choose:`)."""
    for decision in s.plan.decisions:
        key, chosen = decision.question.key, decision.chosen.impacts
        if s.plan.composition.slots.get(key) != decision.choice or chosen.monthly_usd is None:
            continue
        others = [
            (c.impacts.monthly_usd, c.id, c)
            for c in decision.question.candidates
            if c.feasible and c.impacts.monthly_usd is not None and c.impacts.monthly_usd < chosen.monthly_usd
        ]
        if others:
            usd, name, candidate = min(others, key=lambda found: found[:2])
            yield Lever(
                key=key,
                change=f"choose: {{{key}: {name}}}",
                saves_usd=chosen.monthly_usd - usd,
                gives_up=_given_up(
                    {
                        "ms p95": (chosen.p95_latency_ms, candidate.impacts.p95_latency_ms),
                        "points of operating burden": (chosen.burden, candidate.impacts.burden),
                    },
                    candidate.tradeoffs,
                ),
            )


def _given_up(figures: Mapping[str, tuple[float | None, float | None]], tradeoffs: tuple[str, ...]) -> str:
    worse = [
        f"{after - before:+,.3g} {unit}"
        for unit, (before, after) in figures.items()
        if before is not None and after is not None and after > before
    ]
    return ", ".join(worse) or (tradeoffs[-1] if tradeoffs else "what the decision record says of it")


KINDS = (_environment, _nights, _arm, _spot, _commitments, _availability, _logs, _region, _patterns)
"""Where a saving can come from; each yields what this plan has of it."""
