"""What a search yields, and how a leaf becomes the composition that the rest of the engine reads."""

from dataclasses import dataclass
from decimal import Decimal

from agents.cost.lines import Total, dollars, price_line, total
from agents.cost.pricebook import Missing, PriceBook
from agents.domain.cost import BomLine, Unpriced
from agents.domain.plan import Alternative, Composition, Infeasible
from agents.search.objective import burden
from agents.search.options import shared_lines
from agents.search.space import Leaf


@dataclass(frozen=True)
class SearchResult:
    """`feasible` counts the complete plans that hold; `alternatives` are the other members of the Pareto set over cost,
    latency and burden; `refused` is pattern id to reason. Exactly one of `best` and `infeasible` is None."""

    best: Composition | None
    feasible: int
    infeasible: Infeasible | None
    alternatives: tuple[Alternative, ...]
    refused: dict[str, str]


def composition(slots: tuple[str, ...], leaf: Leaf) -> Composition:
    """The leaf with its bill (shared lines once) and parameters."""
    shared = shared_lines(leaf.picks)
    sums = sum((pick.total for pick in leaf.picks), Total()) + total([part.priced for part in shared])
    unpriced: dict[str, Unpriced] = {u.component: u for pick in leaf.picks for u in pick.evaluated.unpriced}
    return Composition(
        slots={slot: pick.id for slot, pick in zip(slots, leaf.picks, strict=True)},
        bom=(*(line for pick in leaf.picks for line in pick.evaluated.bom), *(part.line for part in shared)),
        monthly_usd=dollars(sums.cents),
        low_usd=dollars(sums.low),
        high_usd=dollars(sums.high),
        p95_latency_ms=leaf.p95_ms,
        availability_pct=leaf.availability,
        burden=burden(leaf.hours),
        objective=leaf.objective / 100,
        parameters={slot: dict(pick.evaluated.parameters) for slot, pick in zip(slots, leaf.picks, strict=True)},
        unpriced=tuple(unpriced.values()),
    )


def with_lines(composition: Composition, extra: tuple[BomLine, ...], region: str, book: PriceBook) -> Composition:
    """The composition with further lines in its bill (`agents.cost.platform`) and its sums taken anew."""
    if not extra:
        return composition
    bom = (*composition.bom, *extra)
    priced = [p for line in bom if not isinstance(p := price_line(line, region, book), Missing)]
    sums = total(priced)
    money = {"monthly_usd": dollars(sums.cents), "low_usd": dollars(sums.low), "high_usd": dollars(sums.high)}
    return composition.model_copy(update={"bom": bom, **money})


def pareto(leaves: list[Leaf]) -> list[Leaf]:
    """Leaves that no other beats in cost, latency and operating hours at once; cheapest first."""
    kept: list[Leaf] = []
    for leaf in sorted(leaves, key=lambda x: (x.cents, x.p95_ms or 0.0, x.hours, x.ids)):
        if not any((k.p95_ms or 0.0) <= (leaf.p95_ms or 0.0) and k.hours <= leaf.hours for k in kept):
            kept.append(leaf)
    return kept


def alternatives(slots: tuple[str, ...], best: Leaf, others: list[Leaf], limit: int = 6) -> tuple[Alternative, ...]:
    """The other Pareto members, nearest first, each with the figures by which it lost."""
    ranked = sorted((leaf for leaf in pareto(others) if leaf.ids != best.ids), key=lambda x: x.order)
    return tuple(
        Alternative(
            patterns=dict(zip(slots, leaf.ids, strict=True)),
            monthly_usd=dollars(leaf.cents),
            p95_latency_ms=leaf.p95_ms,
            burden=burden(leaf.hours),
            why_not=_why_not(slots, best, leaf),
        )
        for leaf in ranked[:limit]
    )


def _why_not(slots: tuple[str, ...], best: Leaf, leaf: Leaf) -> str:
    differs = [
        f"{s} by {b.id.split(':')[1]}" for s, a, b in zip(slots, best.picks, leaf.picks, strict=True) if a.id != b.id
    ]
    figures = [_signed(dollars(leaf.cents) - dollars(best.cents), "USD a month")]
    if leaf.p95_ms is not None and best.p95_ms is not None and leaf.p95_ms != best.p95_ms:
        figures.append(f"{leaf.p95_ms - best.p95_ms:+,.0f} ms p95")
    if round(leaf.hours - best.hours, 1):
        figures.append(f"{leaf.hours - best.hours:+,.1f} hours of operating a month")
    weighed = dollars(leaf.objective - best.objective)
    return f"{', '.join(differs)}: {', '.join(figures)}; worse by {weighed:,.0f} USD a month in all that is weighed"


def _signed(usd: Decimal, unit: str) -> str:
    return f"{usd:+,.2f} {unit}"
