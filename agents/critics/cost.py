"""Cost review: the bill against floors, the budget, its own make-up, and what it leaves out (COST.md §3, §6)."""

from collections.abc import Iterator
from decimal import Decimal

from agents.cost.floors import HOURS, SLACK, TIMES, below, egress, floor_sum, gpu_hours, single
from agents.cost.pricebook import Missing, PriceBook
from agents.critics.critic import Critic, CriticFacts
from agents.domain.cost import CostEstimate, PricedLine
from agents.domain.findings import Finding, Severity

DRIVER_SHARE = Decimal("0.5")
WIDE = Decimal("1.5")
STALE_SHARE = Decimal("0.25")
OLD_MONTHS = 12
SMALL_USD = Decimal(50)
"""Below this a month nobody measures a driver or narrows a range: an hour of that work costs more (judgement)."""


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """All findings; empty without an estimate."""
    cost = facts.cost
    if cost is None:
        return ()
    return (
        *_sums(cost),
        *_floors(cost),
        *_sane(facts, cost),
        *_not_sold(facts),
        *_hours(cost),
        *_budget(facts, cost),
        *_driver(cost),
        *_range(cost),
        *_unpriced(cost),
        *_shaky(cost),
        *_old(cost),
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


def _floors(cost: CostEstimate) -> Iterator[Finding]:
    """No component below what it costs standing still, the whole within three times its floors (COST.md §6.8)."""
    book = PriceBook.load()
    for found in below(cost.lines, book):
        yield _finding(
            "floor",
            Severity.ERROR,
            f"{found.floor.name} in {found.slot} ({found.environment}) is {found.usd} USD a month on the bill; one alone stands"
            f" idle at {found.least_usd:.2f}",
            f"Check the quantity formula of {found.floor.name} in the pattern.",
        )
    least = floor_sum(cost.lines, book)
    if cost.monthly_usd < least * SLACK:
        yield _finding(
            "floor-sum",
            Severity.ERROR,
            f"{cost.monthly_usd} USD a month are expected, {least:.2f} are the sum of the floors",
            "Report this: the estimate is wrong.",
        )
    elif least and cost.monthly_usd > least * TIMES:
        yield _finding(
            "floor-multiple",
            Severity.WARNING,
            f"{cost.monthly_usd} USD a month are more than {TIMES} times the floors of what stands and is used ({least:.2f});"
            f" the largest line is {_largest(cost)}",
            "Check that line's quantity against the declared volumes before anything is built.",
        )


def _sane(facts: CriticFacts, cost: CostEstimate) -> Iterator[Finding]:
    """Hours that exist, traffic that was made, zones that are paid for."""
    for p, limit in gpu_hours(cost, facts.composition):
        yield _finding(
            "gpu-hours",
            Severity.ERROR,
            f"{p.line.component}: {p.line.quantity:,.0f} hours a month are more than the {limit:,.0f} its instances have",
            "Plan more instances, or shorter runs.",
            "model_training" if p.line.slot == "train" else "deployment_serving",
        )
    if more := egress(cost, facts.requirements):
        yield _finding(
            "egress",
            Severity.ERROR,
            f"{more[0]:,.0f} GB a month leave for the internet, and {more[1]:,.0f} GB are all there is",
            "Check the size of an answer in the pattern's bill.",
        )
    for name, units in single(cost, facts.requirements):
        yield _finding(
            "single-zone",
            Severity.WARNING,
            f"{facts.requirements.availability_target:g} % needs two zones, and {name} come to {units:,.0f} units a month:"
            " one zone's",
            "Double them, or ask for less availability.",
            "deployment_serving",
        )


def _not_sold(facts: CriticFacts) -> Iterator[Finding]:
    """Everything on the bill is sold in the region."""
    region, book = facts.requirements.primary_region, PriceBook.load()
    for line in facts.composition.bom:
        price = book.price(line.service, line.sku, region, line.quantity)
        if isinstance(price, Missing) and price.not_offered:
            yield _finding(
                "not-offered",
                Severity.ERROR,
                f"{line.component} in {line.slot}: {price.reason}",
                f"Choose another pattern for {line.slot}, or another region.",
                "system_architecture",
            )


def _old(cost: CostEstimate) -> Iterator[Finding]:
    """Prices that were a year old when the book was put together, if much of the bill rests on them."""
    book = PriceBook.load()
    old = [p for p in cost.lines if book.months_old(p.asof) > OLD_MONTHS]
    usd = sum((p.usd for p in old), Decimal(0))
    if old and usd > cost.monthly_usd * STALE_SHARE:
        first = min(old, key=lambda p: (p.asof, p.line.component))
        yield _finding(
            "old-prices",
            Severity.INFO,
            f"{usd} USD a month rest on prices more than {OLD_MONTHS} months older than the book of {cost.price_book_date};"
            f" the oldest is of {first.asof} ({first.line.component})",
            "Refresh the price book, or check these prices in the provider's calculator.",
        )


def _hours(cost: CostEstimate) -> Iterator[Finding]:
    """A fixed hour line above what a month has must be a whole number of things."""
    for p in cost.lines:
        if p.unit == "hour" and p.line.driver == "fixed" and p.line.quantity > HOURS and p.line.quantity % HOURS != 0:
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
            f" {cost.low_usd} is within it{_crossing(cost, limit)}",
            f"Look at the largest line first: {_largest(cost)}.{_lever(cost)}",
        )
    elif target is not None and cost.monthly_usd > target:
        yield _finding(
            "target",
            Severity.INFO,
            f"{cost.monthly_usd} USD a month are expected, {cost.monthly_usd - target} above the target",
            f"The largest line is {_largest(cost)}.",
        )


def _crossing(cost: CostEstimate, limit: Decimal) -> str:
    """Says so if it is this version that goes over the budget."""
    if cost.delta_vs_prev_usd is None or cost.monthly_usd - cost.delta_vs_prev_usd > limit:
        return ""
    return f"; the version before was within it, at {cost.monthly_usd - cost.delta_vs_prev_usd}"


def _lever(cost: CostEstimate) -> str:
    """The largest single saving, if one is known."""
    return f" {cost.levers[0].saves_usd} USD less: {cost.levers[0].change}." if cost.levers else ""


def _largest(cost: CostEstimate) -> str:
    line = max(cost.lines, key=lambda p: p.usd, default=None)
    return f"{line.line.component}, {line.usd} USD" if line else "none"


def _driver(cost: CostEstimate) -> Iterator[Finding]:
    """One driver with most of the bill: say which, so that people measure that number."""
    if cost.monthly_usd < SMALL_USD:
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
    if cost.monthly_usd >= SMALL_USD and cost.high_usd > cost.monthly_usd * WIDE:
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
