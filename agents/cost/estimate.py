"""The monthly estimate of a composition: lines, range, unit costs, change, and what is not priced."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from agents.cost.change import Before
from agents.cost.lines import dollars, price_line, total
from agents.cost.pricebook import Missing, PriceBook
from agents.domain.cost import BomLine, BreakdownItem, CostEstimate, PricedLine, Unpriced
from agents.domain.files import Lock
from agents.domain.plan import Composition
from agents.domain.requirements import Requirements
from agents.patterns.facts import assumed, facts

METHOD = "bom_v1"


def estimate(
    composition: Composition, requirements: Requirements, book: PriceBook, previous: Lock | None = None
) -> CostEstimate:
    """The cost of a month, expected and as a range (about P10–P90), with every line's price row.

    `monthly_usd` is exactly the sum of `breakdown`. Against `previous`, its lines are priced anew with the
    same book, so a new price book never looks like the author's change. Method: COST.md §6.
    """
    priced, missing = _price(composition.bom, requirements.primary_region, book)
    sums = total(priced)
    before = Before(previous, book) if previous is not None else None
    monthly = dollars(sums.cents)
    change = None if before is None else monthly - before.usd
    return CostEstimate(
        monthly_usd=monthly,
        low_usd=dollars(sums.low),
        high_usd=dollars(sums.high),
        breakdown=_breakdown(priced),
        method=METHOD,
        delta_vs_prev_usd=change,
        delta_vs_prev_pct=_percent(change, before),
        fixed_usd=dollars(sums.fixed),
        variable_usd=dollars(sums.cents - sums.fixed),
        lines=priced,
        deltas=() if before is None else before.deltas(priced),
        unpriced=(*missing, *composition.unpriced, *_elsewhere(requirements)),
        assumptions=(
            *assumed(requirements),
            f"one environment; a second one costs about its fixed part while it idles:"
            f" {dollars(sums.fixed)} USD a month",
        ),
        unit_costs=_unit_costs(priced, requirements),
        price_book=book.digest,
        price_book_date=book.date,
        oldest_price=min((p.asof for p in priced), default=book.date),
    )


def _price(bom: Iterable[BomLine], region: str, book: PriceBook) -> tuple[tuple[PricedLine, ...], tuple[Unpriced, ...]]:
    priced: list[PricedLine] = []
    missing: list[Unpriced] = []
    for line in bom:
        result = price_line(line, region, book)
        if isinstance(result, Missing):
            missing.append(
                Unpriced(
                    component=line.component,
                    reason=result.reason,
                    magnitude=f"{line.quantity:f} units a month",
                )
            )
        else:
            priced.append(result)
    return tuple(priced), tuple(missing)


def _breakdown(lines: tuple[PricedLine, ...]) -> tuple[BreakdownItem, ...]:
    """One row for each price: lines with the same service and SKU are added; dearest first."""
    rows: dict[tuple[str, str, str], tuple[Decimal, Decimal]] = {}
    for p in lines:
        key = (p.line.service, p.line.sku, p.unit)
        quantity, usd = rows.get(key, (Decimal(0), Decimal(0)))
        rows[key] = (quantity + p.line.quantity, usd + p.usd)
    ordered = sorted(rows.items(), key=lambda row: (-row[1][1], row[0]))
    return tuple(
        BreakdownItem(service=f"{service} {sku}", qty=f"{_short(quantity)} {unit}", usd=usd)
        for (service, sku, unit), (quantity, usd) in ordered
    )


def _short(quantity: Decimal) -> str:
    return f"{quantity:,.0f}" if quantity >= 100 else f"{float(quantity):.3g}"


def _percent(change: Decimal | None, before: Before | None) -> Decimal | None:
    if change is None or before is None or before.usd == 0:
        return None
    return (change / before.usd * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _elsewhere(requirements: Requirements) -> tuple[Unpriced, ...]:
    """Further regions: the bill is of the first one alone."""
    others = requirements.regions[1:]
    if not others:
        return ()
    return (
        Unpriced(
            component=f"Copies in {', '.join(others)}",
            reason=f"everything is priced in {requirements.primary_region}; copies elsewhere are not planned yet",
            magnitude="storage and transfer of what is copied",
        ),
    )


def _unit_costs(lines: tuple[PricedLine, ...], requirements: Requirements) -> dict[str, Decimal]:
    """USD for one unit of work, four digits; left out where there is no such work."""
    load = facts(requirements)
    slots: dict[str, Decimal] = {}
    for p in lines:
        slots[p.line.slot] = slots.get(p.line.slot, Decimal(0)) + p.usd
    units = {
        "per_1000_predictions": (slots.get("serve.online"), load["requests_month"] / 1000),
        "per_1000_events": (slots.get("serve.streaming"), load["events_month"] / 1000),
        "per_training_run": (slots.get("train"), load["trainings_month"]),
        "per_million_scored_rows": (slots.get("serve.batch"), load["batch_rows_month"] / 1e6),
    }
    return {
        name: (usd / Decimal(str(amount))).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        for name, (usd, amount) in units.items()
        if usd is not None and amount > 0
    }
