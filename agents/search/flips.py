"""Where a choice flips: in which intervals of a rate, volume, limit or budget another pattern wins, found by searching.

For each constraint a grid around its present value is searched, for the budget the costs of the plans of the Pareto set.
Each end of an interval that is told is then narrowed by halving: the end was tried, and so was a value little beyond it
(`NARROW`, `FAR`; one step where only whole values are), at which the pattern no longer wins. Between values tried nothing
is claimed. Prices are whole bills (`agents.search.whole`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, pairwise

from agents.cost.lines import dollars
from agents.domain.plan import FlipPoint
from agents.domain.requirements import Requirements
from agents.search.labels import frontier
from agents.search.relax import Case
from agents.search.space import Leaf
from agents.search.tables import tables_of
from agents.search.whole import Whole

FACTORS = (1.25, 1.6, 2.0, 3.0, 5.0, 10.0, 32.0)
NARROW, FAR = 1.03, 1.25
"""Factors between an end that is told and a value beyond it that was tried: of the end nearest to the present value, and
of the other."""
NEAREST = 2
"""Intervals on a side of the present value that are kept, for one slot and constraint."""
PLAN = "plan"
"""The slot of an interval in which no plan is feasible."""
BUDGET = "budget_band.monthly_usd_max"


@dataclass(frozen=True)
class Axis:
    """A number of the constraint file that can move the choice."""

    field: str
    key: str
    unit: str
    least: float
    most: float
    whole: bool = False


AXES = (
    Axis("requests_per_second", "throughput.requests_per_second", "requests a second", 0.01, 1_000_000),
    Axis("events_per_second", "throughput.events_per_second", "events a second", 0.01, 10_000_000),
    Axis("batch_gb_per_day", "throughput.batch_gb_per_day", "GB a day", 0.01, 1_000_000),
    Axis("training_rows", "throughput.training_rows", "rows", 1, 1_000_000_000_000, whole=True),
    Axis("sla_latency_ms", "sla_latency_ms", "ms", 1, 86_400_000),
    Axis("team_size", "team_constraints.size", "people", 1, 64, whole=True),
)
"""Bounds are those of the schema, or where nothing changes any more."""


BUDGETS = Axis("budget_usd_max", BUDGET, "USD a month", 1, 100_000_000, whole=True)
"""In whole USD, as budgets are told."""
UNITS = {axis.key: axis.unit for axis in (*AXES, BUDGETS)}


@dataclass(frozen=True)
class Probe:
    """What is chosen at one value; `leaf` None: no plan is feasible."""

    value: float
    leaf: Leaf | None

    def pattern(self, at: int) -> str | None:
        return None if self.leaf is None else self.leaf.picks[at].id


def flip_points(whole: Whole, case: Case) -> tuple[FlipPoint, ...]:
    """All intervals, in the order of slots and constraints; at the end those in which no plan is feasible. A pinned slot
    has none. Empty if nothing is feasible."""
    if whole.choose(case) is None:
        return ()
    slots = tuple(whole.source.options(case.requirements))
    free = [at for at, slot in enumerate(slots) if slot not in case.held]
    axes = [axis for axis in (*AXES, BUDGETS) if _set(case.requirements, axis)]
    profiles = [Profile(whole, case, axis, free) for axis in axes]
    found = [point for at in free for profile in profiles for point in profile.points(slots[at], at)]
    return (*found, *(point for profile in profiles for point in profile.points(PLAN, None)))


def _set(requirements: Requirements, axis: Axis) -> bool:
    now = getattr(requirements, axis.field)
    return now is not None and now > 0


class Profile:
    """What is chosen at the values of one axis that were tried, in their order; the present value is one of them.

    `slots` are the places of the slots whose intervals are told: their ends are narrowed.
    """

    def __init__(self, whole: Whole, case: Case, axis: Axis, slots: Sequence[int]) -> None:
        self._whole, self._case, self._axis = whole, case, axis
        self.now = float(getattr(case.requirements, axis.field))
        self._seen: dict[float, Probe] = {}
        for value in (self.now, *(_costs(whole, case) if axis is BUDGETS else _grid(self.now))):
            self._probe(value)
        while wide := self._edges((None, *slots)):
            for low, high in wide:
                self._probe(self._between(low, high))

    @property
    def probes(self) -> tuple[Probe, ...]:
        return tuple(self._seen[value] for value in sorted(self._seen))

    def points(self, slot: str, at: int | None) -> list[FlipPoint]:
        """The intervals of one slot in their order; `at` None: those in which no plan is feasible."""
        return [self._point(slot, run, at) for run in self._runs(at)]

    def _probe(self, value: float) -> None:
        axis = self._axis
        value = float(round(value)) if axis.whole and value != self.now else value
        value = self.now if value == self.now else min(axis.most, max(axis.least, value))
        if value not in self._seen:
            typed: float | int | Decimal = int(value) if axis.whole else value
            typed = dollars(round(value * 100)) if axis is BUDGETS else typed
            changed = self._case if value == self.now else self._case.changed(**{axis.field: typed})
            # Where nothing has the pins, agents that chose them would choose others: those of the file alone hold.
            free = Case(changed.requirements, {})
            self._seen[value] = Probe(value, self._whole.choose(changed) or self._whole.choose(free))

    def _runs(self, at: int | None) -> list[list[Probe]]:
        """The nearest runs of values at which another pattern wins the slot; all in which no plan is feasible."""
        probes = self.probes
        if at is None:
            return [list(run) for none, run in groupby(probes, key=lambda p: p.leaf is None) if none]
        place = at
        here = self._seen[self.now].pattern(place)
        runs = [(name, list(run)) for name, run in groupby(probes, key=lambda p: p.pattern(place))]
        below = [run for name, run in runs if name not in (here, None) and run[-1].value < self.now]
        above = [run for name, run in runs if name not in (here, None) and run[0].value > self.now]
        return [*below[-NEAREST:], *above[:NEAREST]]

    def _edges(self, slots: Sequence[int | None]) -> list[tuple[float, float]]:
        """The values on both sides of each end of what is told that are not near enough."""
        runs = [run for at in slots for run in self._runs(at)]
        near = {(run[0] if run[0].value > self.now else run[-1]).value for run in runs}
        lows, highs = {run[0].value for run in runs}, {run[-1].value for run in runs}
        found = []
        for low, high in pairwise(sorted(self._seen)):
            first = high in lows & near or low in highs & near
            if (high in lows or low in highs) and self._wide(low, high, NARROW if first else FAR):
                found.append((low, high))
        return found

    def _wide(self, low: float, high: float, factor: float) -> bool:
        if self._axis.whole and high - low <= 1:
            return False
        return high / low > factor and low < self._between(low, high) < high

    def _between(self, low: float, high: float) -> float:
        middle = (low * high) ** 0.5
        return float(round(middle)) if self._axis.whole else middle

    def _point(self, slot: str, run: Sequence[Probe], at: int | None) -> FlipPoint:
        near, probes = (run[0] if run[0].value > self.now else run[-1]), self.probes
        return FlipPoint(
            slot=slot,
            key=self._axis.key,
            now=self.now,
            low=None if run[0] is probes[0] else run[0].value,
            high=None if run[-1] is probes[-1] else run[-1].value,
            pattern=None if at is None else near.pattern(at),
            monthly_usd=None if near.leaf is None else dollars(near.leaf.cents),
        )


def _grid(now: float) -> tuple[float, ...]:
    return (*(now * f for f in FACTORS), *(now / f for f in FACTORS))


def _costs(whole: Whole, case: Case) -> tuple[float, ...]:
    """Budgets in USD at which another plan may be chosen: what the plans of the Pareto set cost, the low end of the
    cheapest one, and half of it, which is too little."""
    r = case.requirements
    options, held = whole.source.options(r), case.held
    tables = tables_of(options, r, held)
    leaves = whole.billed(frontier(tables, None), r) if tables is not None else []
    if not leaves:
        return ()
    low = min(leaves, key=lambda leaf: leaf.cents).low
    return tuple(float(-(-end // 100)) for end in (low // 2, low, *(leaf.cents for leaf in leaves)))


def told(point: FlipPoint) -> str:
    """An interval in words: `between 430 and 480 requests a second (throughput.requests_per_second, now 20),
    serve:aws-sagemaker-realtime wins; a month costs 612.40 USD at 430`."""
    unit = UNITS[point.key]
    low, high = (None if value is None else figure(value, point.key) for value in (point.low, point.high))
    if low is not None and high is not None:
        where = f"at {low} {unit}" if low == high else f"between {low} and {high} {unit}"
    else:
        where = f"from {low} {unit} up" if low is not None else f"up to {high} {unit}"
    outcome = "no plan is feasible"
    if point.pattern is not None:
        near = low if point.low is not None and point.low > point.now else high
        cost = "" if point.monthly_usd is None else f"; a month costs {point.monthly_usd:,.2f} USD at {near}"
        outcome = f"{point.pattern} wins{cost}"
    return f"{where} ({point.key}, now {figure(point.now, point.key)}), {outcome}"


def figure(value: float, key: str) -> str:
    """A value of an axis: three digits, money in whole USD."""
    if key == BUDGET or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
