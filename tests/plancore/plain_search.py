"""The search once more by the plainest means: every product, every figure from patterns and book, formulas spelled out."""

import itertools
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agents.cost.elsewhere import elsewhere, smallest
from agents.cost.pricebook import Missing, PriceBook
from agents.domain.cost import BomLine
from agents.domain.requirements import Requirements
from agents.expert.project import regulated
from agents.patterns import Catalogue
from agents.patterns.evaluated import Evaluated
from agents.patterns.slots import slots_of


@dataclass(frozen=True)
class Plain:
    """One feasible combination (but for the budget)."""

    slots: dict[str, str]
    cents: int
    low: int
    p95: float | None
    availability: float
    millihours: int
    points: int

    @property
    def objective(self) -> int:
        """Cents: the bill, 50 USD an hour of operating, 1 USD a point of risk."""
        return self.cents + 5 * self.millihours + 100 * self.points

    @property
    def axes(self) -> tuple[int, float, int, int]:
        return (self.cents, self.p95 or 0.0, self.millihours, self.points)

    @property
    def order(self) -> tuple[Any, ...]:
        return (self.objective, self.cents, self.p95 or 0.0, self.millihours, tuple(self.slots.values()))


def every(catalogue: Catalogue, book: PriceBook, r: Requirements, pins: dict[str, str]) -> list[Plain]:
    """All combinations that hold everything but the budget."""
    slots = slots_of(r)
    families = book.gpu_families(r.primary_region)
    pools = []
    for slot in slots:
        found = [catalogue.evaluate(p.id, r, families) for p in catalogue.for_slot(slot, r.cloud)]
        kept = [e for e in found if pins.get(slot, e.pattern) == e.pattern and not e.refusals]
        pools.append([figures for e in kept if (figures := _figures(catalogue, book, r, e)) is not None])
    return [plan for parts in itertools.product(*pools) if (plan := _joined(r, slots, parts)) is not None]


def taken(found: list[Plain], r: Requirements) -> tuple[list[Plain], Plain] | None:
    """The plans among which the budget lets choose, and the choice."""
    if not found:
        return None
    budget = None if r.budget_usd_max is None else half_up(r.budget_usd_max)
    least = min(plan.cents for plan in found)
    within = [plan for plan in found if budget is None or plan.cents <= max(budget, least)]
    best = min(within, key=lambda plan: plan.order)
    return None if budget is not None and best.low > budget else (within, best)


def unbeaten(found: list[Plain]) -> list[Plain]:
    """The Pareto set, cheapest first; of equals the first by ids."""
    kept = []
    for plan in found:
        beaten = any(
            other.axes != plan.axes and all(a <= b for a, b in zip(other.axes, plan.axes, strict=True))
            for other in found
        )
        same = [other for other in found if other.axes == plan.axes]
        if not beaten and plan is min(same, key=lambda other: tuple(other.slots.values())):
            kept.append(plan)
    return sorted(kept, key=lambda plan: (plan.cents, plan.millihours, plan.points, plan.p95 or 0.0))


Entry = tuple[str, int, int]
"""Driver, cents, and the width below them."""


@dataclass(frozen=True)
class _Figures:
    evaluated: Evaluated
    provides: frozenset[str]
    requires: frozenset[str]
    lines: list[Entry]
    shared: dict[str, list[Entry]]
    millihours: int
    points: int


def _figures(catalogue: Catalogue, book: PriceBook, r: Requirements, e: Evaluated) -> _Figures | None:
    pattern = catalogue.get(e.pattern)
    lines: list[Entry] = []
    shared: dict[str, list[Entry]] = {}
    there = smallest(catalogue, book, r)
    for line in (*e.bom, *e.shared.values()):
        entry = _entry(book, r, line)
        if entry is None:
            price = book.price(line.service, line.sku, r.primary_region, line.quantity)
            if isinstance(price, Missing) and price.not_offered and line in e.bom:
                return None
            continue
        beside = elsewhere(line, "dev", there)
        entries = [entry] + [x for x in [beside and _entry(book, r, beside)] if x] * (_environments(r) - 1)
        if line in e.bom:
            lines += entries
        else:
            shared[next(key for key, other in e.shared.items() if other is line)] = entries
    unknown = [skill for skill in pattern.skills if skill not in r.skills] if r.skills else []
    per_head = min(2.0, max(0.5, 4 / r.team_size))
    return _Figures(
        evaluated=e,
        provides=frozenset(pattern.provides),
        requires=frozenset(pattern.requires),
        lines=lines,
        shared=shared,
        millihours=round(1000 * per_head * (2 * (pattern.burden - 1) + len(unknown))),
        points=_points(pattern, e, r, len(unknown)),
    )


def _environments(r: Requirements) -> int:
    """Two, or three where an audit, less than 0.05 % of downtime, or more than five people ask for a rehearsal."""
    strict = regulated(r) or r.availability_target >= 99.95
    two = 20 * (r.team_size <= 5) + 10 * (not strict)
    return 3 if 30 * regulated(r) + 25 * (r.availability_target >= 99.95) + 10 * (r.team_size > 5) > two else 2


def _entry(book: PriceBook, r: Requirements, line: BomLine) -> Entry | None:
    price = book.price(line.service, line.sku, r.primary_region, line.quantity)
    if isinstance(price, Missing):
        return None
    usd = half_up(price.usd)
    return line.driver, usd, usd - min(usd, half_up(price.usd * line.low * (1 - price.error)))


def _points(pattern: Any, e: Evaluated, r: Requirements, unknown: int) -> int:
    """Risk of one pattern: 40 for each of three reasons lacking, 60 (30 managed) against the style asked, 20 for skills
    nobody has, 40 at a ceiling, 5 a single point (four at most), 10 a programme not named (two at most)."""
    points = 40 * max(0, 3 - len(e.suits))
    if (
        r.deployment_pref != "any"
        and pattern.capability in ("serve", "transform")
        and pattern.style != r.deployment_pref
    ):
        points += 30 if pattern.style == "managed" else 60
    points += round(20 * unknown / max(1, len(pattern.skills)))
    full = [e.demand / e.throughput] if e.demand and e.throughput else [0.0]
    for quota in e.quotas:
        full.append(quota.used / quota.limit if quota.limit else math.inf if quota.used else 0.0)
    points += tight(max(full), 40)
    points += 5 * min(4, sum(failure.mitigated_by is None for failure in e.failures))
    return points + 10 * min(2, len(e.uncertified))


def tight(share: float, most: int) -> int:
    """Nothing up to 70 % of a limit, all at the limit."""
    return round(most * min(1.0, max(0.0, (share - 0.7) / 0.3)))


def half_up(usd: Decimal) -> int:
    return math.floor(usd * 100 + Decimal("0.5"))


def _joined(r: Requirements, slots: tuple[str, ...], parts: tuple[_Figures, ...]) -> Plain | None:
    provided = frozenset[str]().union(*(part.provides for part in parts))
    if any(not part.requires <= provided for part in parts):
        return None
    p95, availability = reach(r, {slot: part.evaluated for slot, part in zip(slots, parts, strict=True)})
    late = r.sla_latency_ms is not None and p95 is not None and p95 > r.sla_latency_ms
    if late or availability < r.availability_target:
        return None
    lines = [line for part in parts for line in part.lines]
    for key in sorted({key for part in parts for key in part.shared}):
        asked = [part.shared[key] for part in parts if key in part.shared]
        lines += max(asked, key=lambda entries: sum(usd for _, usd, _ in entries))
    widths: dict[str, int] = {}
    for driver, _, width in lines:
        widths[driver] = widths.get(driver, 0) + width
    amount = sum(usd for _, usd, _ in lines)
    points = sum(part.points for part in parts)
    if p95 is not None and r.sla_latency_ms is not None:
        points += tight(p95 / r.sla_latency_ms, 100)
    points += tight((100 - availability) / (100 - r.availability_target), 20)
    return Plain(
        slots={slot: part.evaluated.pattern for slot, part in zip(slots, parts, strict=True)},
        cents=amount,
        low=amount - math.isqrt(sum(width * width for width in widths.values())),
        p95=p95,
        availability=availability,
        millihours=sum(part.millihours for part in parts),
        points=points,
    )


def reach(r: Requirements, parts: dict[str, Any]) -> tuple[float | None, float]:
    """Latency and availability of the answering path, spelled out for each kind of project."""
    kinds = {str(w) for w in r.workloads}
    if "online" in kinds:
        serve, feature = parts["serve.online"], parts["feature"]
        if feature.p95_latency_ms is None:
            return serve.p95_latency_ms, round(serve.availability_pct, 4)
        both = serve.availability_pct * feature.availability_pct / 100
        return round(serve.p95_latency_ms + feature.p95_latency_ms, 1), round(both, 4)
    if "streaming" in kinds:
        way = [parts["ingest.streaming"], parts["feature"], parts["serve.streaming"]]
        return round(sum(p.p95_latency_ms or 0 for p in way), 1), round(parts["ingest.streaming"].availability_pct, 4)
    return None, min(parts["store"].availability_pct, parts["serve.batch"].availability_pct)
