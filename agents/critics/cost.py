"""Cost review: the bill against floors, the budget, its own make-up, and what it leaves out (COST.md §3, §6)."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from agents.critics.critic import Critic, CriticFacts
from agents.domain.cost import CostEstimate, PricedLine
from agents.domain.findings import Finding, Severity

FLOOR_SHARE = Decimal("0.8")
"""A component below 80 % of its floor in the dearest-known direction is wrong rather than cheap."""
FLOORS: Mapping[str, tuple[str, Decimal]] = {
    "ingest:aws-msk-serverless": ("Kafka cluster hours", Decimal("547")),
    "serve:aws-ecs-fargate": ("API tasks", Decimal("58")),
    "serve:aws-sagemaker-realtime": ("Endpoint hours", Decimal("168")),
    "ingest:aws-kinesis": ("Stream shards", Decimal("10")),
}
"""USD a month, us-east-1, of what stands idle: MSK Serverless 730 h x 0.75; two tasks of 1 vCPU and 2 GB; two
ml.m5.large; one shard. Regions of the book are never more than a fifth cheaper."""
DRIVER_SHARE = Decimal("0.5")
WIDE = Decimal("1.5")
STALE_SHARE = Decimal("0.25")


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """All findings; empty without an estimate."""
    cost = facts.cost
    if cost is None:
        return ()
    return (
        *_sums(cost),
        *_floors(facts, cost),
        *_hours(cost),
        *_budget(facts, cost),
        *_driver(cost),
        *_range(cost),
        *_unpriced(cost),
        *_shaky(cost),
    )


def _finding(rule: str, severity: Severity, message: str, remediation: str, agent: str | None = None) -> Finding:
    return Finding(
        rule=f"cost.{rule}",
        severity=severity,
        message=message,
        remediation=remediation,
        source="critic_cost",
        agent=agent,
        key="budget_band.monthly_usd_max",
    )


def _sums(cost: CostEstimate) -> Iterator[Finding]:
    """The total is its breakdown, and the range holds it: anything else is a defect that must not be published."""
    lines = sum((line.usd for line in cost.lines), Decimal(0))
    rows = sum((item.usd for item in cost.breakdown), Decimal(0))
    if not (lines == rows == cost.monthly_usd and cost.low_usd <= cost.monthly_usd <= cost.high_usd):
        yield _finding(
            "sums",
            Severity.ERROR,
            f"total {cost.monthly_usd}, lines {lines}, breakdown {rows} range {cost.low_usd}-{cost.high_usd} differ",
            "Report this: the estimate is wrong.",
        )


def _floors(facts: CriticFacts, cost: CostEstimate) -> Iterator[Finding]:
    for slot, pattern in facts.composition.slots.items():
        if pattern not in FLOORS:
            continue
        component, floor = FLOORS[pattern]
        seen = sum(
            (p.usd for p in cost.lines if p.line.pattern == pattern and p.line.component.startswith(component)),
            Decimal(0),
        )
        if seen < floor * FLOOR_SHARE:
            yield _finding(
                "floor",
                Severity.ERROR,
                f"{pattern} in {slot}: {component.lower()} cost {seen} USD a month, they stand idle at about {floor}",
                f"Check the quantity formula of {component.lower()} in the pattern.",
            )


def _hours(cost: CostEstimate) -> Iterator[Finding]:
    """A thing that runs all month runs 730 hours: a fixed hour line above that must be a whole number of things."""
    for p in cost.lines:
        if p.unit == "hour" and p.line.driver == "fixed" and p.line.quantity > 730 and p.line.quantity % 730 != 0:
            yield _finding(
                "hours",
                Severity.ERROR,
                f"{p.line.component}: {p.line.quantity} hours a month is no whole number of things that run all month",
                "Check the quantity formula.",
            )


def _budget(facts: CriticFacts, cost: CostEstimate) -> Iterator[Finding]:
    limit, target = facts.requirements.budget_usd_max, facts.requirements.budget_usd_target
    if limit is not None and cost.low_usd > limit:
        yield _finding(
            "budget",
            Severity.ERROR,
            f"even the low end of {cost.low_usd} USD a month is above the budget of {limit}",
            f"Raise budget_band.monthly_usd_max to {cost.low_usd}, or ask for less.",
            "system_architecture",
        )
    elif limit is not None and cost.monthly_usd > limit:
        yield _finding(
            "budget",
            Severity.WARNING,
            f"{cost.monthly_usd} USD a month are expected, {cost.monthly_usd - limit} above the budget; the low end of"
            f" {cost.low_usd} is within it",
            f"Look at the largest line first: {_largest(cost)}.",
        )
    elif target is not None and cost.monthly_usd > target:
        yield _finding(
            "target",
            Severity.INFO,
            f"{cost.monthly_usd} USD a month are expected, {cost.monthly_usd - target} above the target",
            f"The largest line is {_largest(cost)}.",
        )


def _largest(cost: CostEstimate) -> str:
    line = max(cost.lines, key=lambda p: p.usd, default=None)
    return f"{line.line.component}, {line.usd} USD" if line else "none"


def _driver(cost: CostEstimate) -> Iterator[Finding]:
    """One driver with most of the bill: say which, so that people measure that number."""
    if cost.monthly_usd < 50:
        return
    by: dict[str, Decimal] = {}
    for p in cost.lines:
        by[p.line.driver] = by.get(p.line.driver, Decimal(0)) + p.usd
    driver, usd = max(by.items(), key=lambda item: (item[1], item[0]))
    share = usd / cost.monthly_usd
    if share > DRIVER_SHARE and driver != "fixed":
        yield _finding(
            "driver",
            Severity.INFO,
            f"{share:.0%} of the bill ({usd} USD a month) follows {driver}",
            f"Measure {driver} before anything else: doubling it adds about {usd} USD a month.",
        )


def _range(cost: CostEstimate) -> Iterator[Finding]:
    if cost.monthly_usd >= 50 and cost.high_usd > cost.monthly_usd * WIDE:
        wide = max(cost.lines, key=lambda p: p.usd_high - p.usd)
        yield _finding(
            "range",
            Severity.WARNING,
            f"the high end is {cost.high_usd} USD a month against {cost.monthly_usd} expected, mostly by"
            f" {wide.line.component} ({wide.usd} to {wide.usd_high})",
            f"State {wide.line.driver} more exactly, or alarm on {wide.line.component.lower()}.",
        )


def _unpriced(cost: CostEstimate) -> Iterator[Finding]:
    for item in cost.unpriced:
        yield _finding(
            "unpriced",
            Severity.WARNING,
            f"{item.component} has no price here: {item.reason}; {item.magnitude}",
            'Read the total as "at least".',
        )


def _shaky(cost: CostEstimate) -> Iterator[Finding]:
    """Lines that rest on unverified knowledge of a price, if they carry much of the bill."""
    weak: list[PricedLine] = [p for p in cost.lines if p.confidence in ("KL", "DX")]
    usd = sum((p.usd for p in weak), Decimal(0))
    if weak and usd > cost.monthly_usd * STALE_SHARE:
        names = ", ".join(dict.fromkeys(p.line.service for p in sorted(weak, key=lambda p: -p.usd)))
        yield _finding(
            "confidence",
            Severity.INFO,
            f"{usd} USD a month rest on regional multipliers or unsure prices ({names}), right to about 12-25 %",
            "Check these prices in the provider's calculator before a commitment.",
        )


CRITIC = Critic(name="cost", stage="plan", judge=judge)
