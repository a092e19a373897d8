"""Where a choice flips: in which intervals of a rate, volume, limit or budget another pattern wins, found by searching.

For each constraint a fixed grid around its present value is searched, and the change of the plan nearest to that
value on either side is narrowed by halving. An interval is a run of neighbouring values tried at which one pattern won;
its ends were tried, and so were the values just outside it. Between two values tried nothing is claimed. The budget needs no grid:
the Pareto set says exactly which plan is chosen under each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, pairwise

from agents.cost.lines import dollars
from agents.domain.plan import FlipPoint
from agents.domain.requirements import Requirements
from agents.search.labels import frontier
from agents.search.options import OptionSource
from agents.search.pick import choose, tables_of
from agents.search.result import raised
from agents.search.space import Leaf, budget_cents

FACTORS = (1.25, 1.6, 2.0, 3.0, 5.0, 10.0, 32.0)
HALVINGS = 3
"""Halvings of the nearest edge on a logarithmic scale: three narrow a factor of 1.25 to 3 %, one of 2 to 9 %."""
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
UNITS = {axis.key: axis.unit for axis in AXES} | {BUDGET: "USD a month"}


@dataclass(frozen=True)
class Probe:
    """What is chosen at one value; `leaf` None: no plan is feasible."""

    value: float
    leaf: Leaf | None

    def pattern(self, at: int) -> str | None:
        return None if self.leaf is None else self.leaf.picks[at].id


def flip_points(source: OptionSource, requirements: Requirements, pins: Mapping[str, str]) -> tuple[FlipPoint, ...]:
    """All intervals, in the order of slots and constraints; at the end those in which no plan is feasible. A pinned slot
    has none. Empty if nothing is feasible."""
    held = {**pins, **requirements.pins}
    if choose(source.options(requirements), requirements, held) is None:
        return ()
    slots = tuple(source.options(requirements))
    profiles = [(axis, Profile(source, requirements, held, axis)) for axis in AXES if _set(requirements, axis)]
    steps = budget_steps(source, requirements, held)
    found: list[FlipPoint] = []
    for at, slot in enumerate(slots):
        if slot not in held:
            for axis, profile in profiles:
                found += _intervals(slot, axis.key, profile.now, profile.probes, at)
            found += _budgets(slot, requirements, steps, at)
    for axis, profile in profiles:
        found += _impossible(axis.key, profile.now, profile.probes)
    return (*found, *_too_small(requirements, steps))


def _set(requirements: Requirements, axis: Axis) -> bool:
    now = getattr(requirements, axis.field)
    return now is not None and now > 0


class Profile:
    """What is chosen at the values of one axis that were tried, in their order; the present value is one of them."""

    def __init__(self, source: OptionSource, requirements: Requirements, pins: Mapping[str, str], axis: Axis) -> None:
        self._source, self._requirements, self._pins, self._axis = source, requirements, pins, axis
        self.now = float(getattr(requirements, axis.field))
        self._seen: dict[float, Probe] = {}
        for value in (self.now, *(self.now * f for f in FACTORS), *(self.now / f for f in FACTORS)):
            self._probe(value)
        for up in (True, False):
            side = [p for p in self.probes if (p.value >= self.now if up else p.value <= self.now)]
            self._narrow(side if up else side[::-1])

    @property
    def probes(self) -> tuple[Probe, ...]:
        return tuple(self._seen[value] for value in sorted(self._seen))

    def _probe(self, value: float) -> Probe:
        axis = self._axis
        value = float(round(value)) if axis.whole else value
        value = self.now if value == self.now else min(axis.most, max(axis.least, value))
        if value not in self._seen:
            changed = self._requirements.model_copy(update={axis.field: int(value) if axis.whole else value})
            self._seen[value] = Probe(value, choose(self._source.options(changed), changed, self._pins))
        return self._seen[value]

    def _narrow(self, side: Sequence[Probe]) -> None:
        """Halves between the first neighbours, seen from the present value, that have different plans."""
        near, far = next(((a, b) for a, b in pairwise(side) if _ids(a) != _ids(b)), (side[0], side[0]))
        for _ in range(HALVINGS):
            middle = self._probe((near.value * far.value) ** 0.5)
            if middle in (near, far):
                return
            near, far = (middle, far) if _ids(middle) == _ids(near) else (near, middle)


def _ids(probe: Probe) -> tuple[str, ...] | None:
    return None if probe.leaf is None else probe.leaf.ids


def _intervals(slot: str, key: str, now: float, probes: Sequence[Probe], at: int) -> list[FlipPoint]:
    """The nearest runs of values at which another pattern wins the slot."""
    here = next(p for p in probes if p.value == now).pattern(at)
    runs = [(name, list(run)) for name, run in groupby(probes, key=lambda p: p.pattern(at))]
    below = [run for name, run in runs if name not in (here, None) and run[-1].value < now][-NEAREST:]
    above = [run for name, run in runs if name not in (here, None) and run[0].value > now][:NEAREST]
    return [_point(slot, key, now, run, probes, at) for run in (*below, *above)]


def _point(slot: str, key: str, now: float, run: Sequence[Probe], probes: Sequence[Probe], at: int) -> FlipPoint:
    near = run[0] if run[0].value > now else run[-1]
    return FlipPoint(
        slot=slot,
        key=key,
        now=now,
        low=None if run[0] is probes[0] else run[0].value,
        high=None if run[-1] is probes[-1] else run[-1].value,
        pattern=near.pattern(at),
        monthly_usd=None if near.leaf is None else dollars(near.leaf.cents),
    )


def _impossible(key: str, now: float, probes: Sequence[Probe]) -> list[FlipPoint]:
    runs = [list(run) for none, run in groupby(probes, key=lambda p: p.leaf is None) if none]
    return [_point(PLAN, key, now, run, probes, 0) for run in runs]


def budget_steps(source: OptionSource, requirements: Requirements, pins: Mapping[str, str]) -> tuple[Probe, ...]:
    """What is chosen under each budget: the least budget in cents from which a plan is, cheapest first.

    Exact (the rule is that of `agents.search.search`): the best of the Pareto set within a budget is the best plan
    within it, and below the cheapest plan's expected cost that plan is taken down to its low end.
    """
    tables = tables_of(source.options(requirements), requirements, pins)
    steps: list[Probe] = []
    best: Leaf | None = None
    for leaf in frontier(tables, None) if tables is not None else ():
        if best is None or leaf.order < best.order:
            if steps and steps[-1].value == leaf.cents:
                steps.pop()
            steps.append(Probe(float(leaf.low if not steps else leaf.cents), leaf))
            best = leaf
    return tuple(steps)


def _budgets(slot: str, requirements: Requirements, steps: Sequence[Probe], at: int) -> list[FlipPoint]:
    """Budgets under which another pattern wins the slot, in whole cents."""
    budget = budget_cents(requirements)
    if budget is None:
        return []
    here = [step for step in steps if step.value <= budget][-1].pattern(at)
    found, ends = [], [*(int(step.value) - 1 for step in steps[1:]), None]
    for name, run in groupby(zip(steps, ends, strict=True), key=lambda pair: pair[0].pattern(at)):
        pairs = list(run)
        if name != here:
            low, high = int(pairs[0][0].value), pairs[-1][1]
            near = pairs[0][0] if low > budget else pairs[-1][0]
            found.append(_budget_point(slot, budget, low, high, near, at))
    return found


def _budget_point(slot: str, now: int, low: int | None, high: int | None, near: Probe | None, at: int) -> FlipPoint:
    """An interval in cents as one in USD; `near` None: no plan is feasible."""
    leaf = near.leaf if near is not None else None
    return FlipPoint(
        slot=slot,
        key=BUDGET,
        now=now / 100,
        low=None if low is None else low / 100,
        high=None if high is None else high / 100,
        pattern=None if leaf is None else leaf.picks[at].id,
        monthly_usd=None if leaf is None else dollars(leaf.cents),
    )


def _too_small(requirements: Requirements, steps: Sequence[Probe]) -> list[FlipPoint]:
    budget = budget_cents(requirements)
    if budget is None or not steps:
        return []
    return [_budget_point(PLAN, budget, None, int(steps[0].value) - 1, None, 0)]


def dearer(points: Sequence[FlipPoint], usd: Decimal) -> tuple[FlipPoint, ...]:
    """The points with an amount on every plan: what each costs, and the budgets from which one is chosen."""

    def up(value: float | None) -> float | None:
        return None if value is None else round(value + float(usd), 2)

    moved = []
    for point in raised(tuple(points), usd, "monthly_usd"):
        edges = {"low": up(point.low), "high": up(point.high)} if point.key == BUDGET else {}
        moved.append(point.model_copy(update=edges))
    return tuple(moved)


def told(point: FlipPoint) -> str:
    """An interval in words: `between 430 and 480 requests a second (throughput.requests_per_second, now 20),
    serve:aws-sagemaker-realtime wins; the patterns then cost 612.40 USD a month`."""
    unit = UNITS[point.key]
    low, high = (None if value is None else figure(value, point.key) for value in (point.low, point.high))
    if low is not None and high is not None:
        where = f"at {low} {unit}" if low == high else f"between {low} and {high} {unit}"
    else:
        where = f"from {low} {unit} up" if low is not None else f"up to {high} {unit}"
    outcome = (
        f"{point.pattern} wins, at {point.monthly_usd:,.2f} USD a month" if point.pattern else "no plan is feasible"
    )
    return f"{where} ({point.key}, now {figure(point.now, point.key)}), {outcome}"


def figure(value: float, key: str) -> str:
    """A value of an axis: three digits, money in whole USD."""
    if key == BUDGET or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
