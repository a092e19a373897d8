"""The monthly estimate of a composition: lines, range, environments, unit costs, change, and what is not priced."""

from collections.abc import Collection, Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal

from agents.cost.allowances import free_usd
from agents.cost.change import Before, stated
from agents.cost.lines import dollars, price_line, total
from agents.cost.pricebook import Missing, PriceBook
from agents.cost.tokens import SERVICE, TOKENS_IN, TOKENS_OUT
from agents.cost.units import NETWORK, unit_costs
from agents.cost.unpriced import outside
from agents.domain.cost import BomLine, BreakdownItem, CostEstimate, EnvironmentCost, PricedLine, Unpriced
from agents.domain.files import Lock
from agents.domain.plan import Composition
from agents.domain.requirements import Requirements
from agents.patterns.facts import MONTH_DAYS, assumed

METHOD = "bom_v2"


def estimate(
    composition: Composition,
    requirements: Requirements,
    book: PriceBook,
    previous: Lock | None = None,
    assumptions: Collection[str] = (),
) -> CostEstimate:
    """The cost of a month, expected and as a range (about P10–P90), with every line's price row.

    `monthly_usd` is exactly the sum of `breakdown`, and of all environments. Against `previous`, its lines are priced
    anew with the same book, so a new price book never looks like the author's change; `assumptions` are keys of
    constraints that nobody stated. Method: COST.md §6.
    """
    said = stated(requirements, assumptions)
    priced, missing = _price(composition.bom, requirements.primary_region, book, said)
    sums = total(priced)
    before = Before(previous, book) if previous is not None else None
    monthly = dollars(sums.cents)
    change = None if before is None else monthly - before.usd
    environments = _environments(priced)
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
        unpriced=(*missing, *composition.unpriced),
        assumptions=(*assumed(requirements), *_said(priced, environments)),
        unit_costs=unit_costs(priced, requirements),
        price_book=book.digest,
        price_book_date=book.date,
        oldest_price=min((p.asof for p in priced), default=book.date),
        environments=environments,
        free_usd=free_usd((p.line for p in priced), requirements.primary_region, book),
        training_usd=_sum(p for p in priced if p.line.slot == "train" and p.line.service not in NETWORK),
        llm_usd=_sum(p for p in priced if p.line.service == SERVICE) if _asks_a_model(priced) else None,
        outside=outside(requirements, monthly),
    )


def _price(
    bom: Iterable[BomLine], region: str, book: PriceBook, said: dict[str, str]
) -> tuple[tuple[PricedLine, ...], tuple[Unpriced, ...]]:
    priced: list[PricedLine] = []
    missing: dict[str, Unpriced] = {}
    for line in bom:
        result = price_line(line, region, book)
        if isinstance(result, Missing):
            missing.setdefault(
                line.component,
                Unpriced(
                    component=line.component,
                    reason=result.reason,
                    magnitude=f"{line.quantity:f} units a month",
                ),
            )
        else:
            priced.append(result.model_copy(update={"stated": said.get(line.driver, "")}))
    return tuple(priced), tuple(missing.values())


def _sum(lines: Iterable[PricedLine]) -> Decimal:
    return sum((p.usd for p in lines), Decimal("0.00"))


def _asks_a_model(lines: Iterable[PricedLine]) -> bool:
    return any(p.line.service == SERVICE for p in lines)


def _environments(lines: tuple[PricedLine, ...]) -> tuple[EnvironmentCost, ...]:
    """Each environment's share of the total, in the order of the bill: prod first."""
    by_name: dict[str, list[PricedLine]] = {}
    for priced in lines:
        by_name.setdefault(priced.line.environment, []).append(priced)
    return tuple(_environment(name, found) for name, found in by_name.items())


def _environment(name: str, lines: list[PricedLine]) -> EnvironmentCost:
    sums = total(lines)
    idle = sum((p.usd_idle for p in lines), Decimal("0.00"))
    return EnvironmentCost(
        name=name, monthly_usd=_sum(lines), idle_usd=idle, low_usd=dollars(sums.low), high_usd=dollars(sums.high)
    )


def _said(lines: tuple[PricedLine, ...], environments: tuple[EnvironmentCost, ...]) -> tuple[str, ...]:
    """What the bill rests on beside the load model: what stands in other environments, and the tokens of an answer."""
    found = []
    if others := environments[1:]:
        usd = sum((e.monthly_usd for e in others), Decimal(0))
        day = (environments[0].monthly_usd - environments[0].idle_usd) / Decimal(str(MONTH_DAYS))
        names = " and ".join(e.name for e in others)
        found.append(
            f"{names} run{'s' if len(others) == 1 else ''} the same parts small and idle, without data and schedules:"
            f" {usd} USD a month, in the total; a day of prod's load there adds about {day:,.2f}"
        )
    model = next((p.line.sku.rpartition(".")[0] for p in lines if p.line.service == SERVICE), None)
    if model is not None:
        found.append(f"an answer takes {TOKENS_IN:,} tokens in and {TOKENS_OUT} out of {model} (unverified)")
    found += _lent(lines)
    return tuple(found)


def _lent(lines: tuple[PricedLine, ...]) -> Iterator[str]:
    """Prices of another region that stand in for the own one's, with what they carry."""
    for how in dict.fromkeys(p.unverified for p in lines if p.unverified):
        these = [p for p in lines if p.unverified == how]
        names = ", ".join(dict.fromkeys(p.line.component for p in these))
        region = these[0].region
        yield f"unverified: {how}: {names}, {_sum(these)} USD a month; the price book has no row for {region}"


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
