"""The space of complete plans: every combination of usable options, with what it costs and reaches.

Two ways through it: `leaves` yields all combinations, `best_leaf` finds the best feasible one by branch and bound.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isqrt, prod

from agents.cost.lines import cents
from agents.domain.constraints import WorkloadType
from agents.domain.requirements import Requirements
from agents.search.objective import latency_cents
from agents.search.options import Option, Options


@dataclass(frozen=True, slots=True)
class Leaf:
    """One complete combination. Money in cents; `missing` names what a pattern requires and none provides."""

    picks: tuple[Option, ...]
    objective: int
    cents: int
    low: int
    p95_ms: float | None
    availability: float
    hours: float
    missing: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(pick.id for pick in self.picks)

    @property
    def order(self) -> tuple[int, int, tuple[str, ...]]:
        """Total order: the objective, then the expected cost, then the ids."""
        return (self.objective, self.cents, self.ids)


@dataclass(frozen=True)
class Bounds:
    """What a plan must hold. None: nobody asked. `budget` in cents, against the low end of the cost (DESIGN §4)."""

    budget: int | None
    sla_ms: float | None
    availability: float

    @classmethod
    def of(cls, requirements: Requirements) -> "Bounds":
        r = requirements
        return cls(
            None if r.budget_usd_max is None else cents(r.budget_usd_max),
            r.sla_latency_ms,
            r.availability_target,
        )

    def fits_budget(self, leaf: Leaf) -> bool:
        return self.budget is None or leaf.low <= self.budget

    def fits_latency(self, leaf: Leaf) -> bool:
        return self.sla_ms is None or leaf.p95_ms is None or leaf.p95_ms <= self.sla_ms

    def fits_availability(self, leaf: Leaf) -> bool:
        return leaf.availability >= self.availability

    def holds(self, leaf: Leaf) -> bool:
        return not leaf.missing and self.fits_budget(leaf) and self.fits_latency(leaf) and self.fits_availability(leaf)


def latency_path(requirements: Requirements) -> tuple[str, ...]:
    """Slots whose latencies add up to one answer: the online request, or else the way of an event."""
    if requirements.has(WorkloadType.ONLINE):
        return ("feature", "serve.online")
    if requirements.has(WorkloadType.STREAMING):
        return ("ingest.streaming", "feature", "serve.streaming")
    return ()


def availability_path(requirements: Requirements) -> tuple[str, ...]:
    """Slots that must all be up for an answer.

    Online: the service and, where it looks features up, their store (a pattern without a latency is not on the path).
    Streaming alone: the stream, because events wait in it while consumers are down. Batch alone: the weaker of
    store and scoring, because a run can be repeated.
    """
    if requirements.has(WorkloadType.ONLINE):
        return ("feature", "serve.online")
    return ("ingest.streaming",) if requirements.has(WorkloadType.STREAMING) else ()


def availability_of(slots: Mapping[str, Option], requirements: Requirements) -> float:
    """What the plan can reach, in per cent (`availability_path`)."""
    path = availability_path(requirements)
    if not path:
        return min(slots[s].evaluated.availability_pct for s in ("store", "serve.batch") if s in slots)
    parts = [slots[s].evaluated for s in path]
    return round(
        100 * prod(p.availability_pct / 100 for p in parts if p.slot != "feature" or p.p95_latency_ms is not None),
        4,
    )


def usable(options: Options, pins: Mapping[str, str]) -> Options:
    """The options that nothing refuses, narrowed to the pinned ones."""
    return {
        slot: tuple(o for o in found if not o.refusals and pins.get(slot, o.id) == o.id)
        for slot, found in options.items()
    }


def leaves(options: Options, requirements: Requirements) -> Iterator[Leaf]:
    """Every complete combination of the given options, feasible or not; none if a slot has no option."""
    if options and all(options.values()):
        yield from _Walk(options, requirements).all()


def best_leaf(options: Options, requirements: Requirements) -> Leaf | None:
    """The feasible combination that comes first by `Leaf.order`, or None. The same answer as sorting all `leaves`."""
    if not options or not all(options.values()):
        return None
    return _Walk(options, requirements).best()


@dataclass(frozen=True, slots=True)
class _State:
    """Sums over the slots chosen so far. `widths` by driver, in the walk's order; `shared` what is billed once."""

    picks: tuple[Option, ...]
    cents: int
    soft: int
    hours: float
    low: int
    widths: tuple[int, ...]
    shared: Mapping[str, tuple[int, int, int]]
    p95: float
    provided: frozenset[str]


_START_SHARED: Mapping[str, tuple[int, int, int]] = {}


class _Walk:
    """Depth-first over the slots; sums are carried down, so a leaf costs a few additions."""

    def __init__(self, options: Options, requirements: Requirements) -> None:
        self.slots = tuple(options)
        self.found = tuple(options.values())
        self.requirements = requirements
        self.bounds = Bounds.of(requirements)
        every = [o for found in self.found for o in found]
        drivers = sorted({d for o in every for d in (*o.total.down, *(p.driver for p in o.shared.values()))})
        self.index = {driver: i for i, driver in enumerate(drivers)}
        self.widths = {o.id: tuple(o.total.down.get(driver, 0) for driver in drivers) for o in every}
        self.path = latency_path(requirements)
        self.start = _State((), 0, 0, 0.0, 0, (0,) * len(drivers), _START_SHARED, 0.0, frozenset())

    def all(self) -> Iterator[Leaf]:
        states = [self.start]
        for depth, found in enumerate(self.found):
            states = [self._with(depth, state, option) for state in states for option in found]
        return (self._leaf(state) for state in states)

    def best(self) -> Leaf | None:
        """Branch and bound: what is still to come costs at least the cheapest option of each slot left."""
        ordered = [tuple(sorted(found, key=lambda o: (o.total.cents + o.soft, o.id))) for found in self.found]
        rest_objective, rest_low = [0], [0]
        for found in reversed(self.found):
            rest_objective.append(rest_objective[-1] + min(o.total.cents + o.soft for o in found))
            rest_low.append(rest_low[-1] + min(_floor(o) for o in found))
        rest_objective.reverse()
        rest_low.reverse()
        best: Leaf | None = None
        stack: list[tuple[int, _State]] = [(0, self.start)]
        while stack:
            depth, state = stack.pop()
            if best is not None and state.cents + state.soft + rest_objective[depth] > best.objective:
                continue
            if self.bounds.budget is not None and state.low + rest_low[depth] > self.bounds.budget:
                continue
            if self.path and self.bounds.sla_ms is not None and round(state.p95, 1) > self.bounds.sla_ms:
                continue
            if depth == len(self.slots):
                leaf = self._leaf(state)
                if self.bounds.holds(leaf) and (best is None or leaf.order < best.order):
                    best = leaf
                continue
            stack += [(depth + 1, self._with(depth, state, option)) for option in reversed(ordered[depth])]
        return best

    def _with(self, depth: int, state: _State, option: Option) -> _State:
        amount, shared = state.cents + option.total.cents, state.shared
        low, mine = state.low + _floor(option), self.widths[option.id]
        for key, part in option.shared.items():
            there = shared.get(key)
            if there is None or part.cents > there[0]:
                amount += part.cents - (there[0] if there else 0)
                low += part.cents - part.width - (there[0] - there[2] if there else 0)
                shared = {**shared, key: (part.cents, self.index[part.driver], part.width)}
        on_path = option.evaluated.p95_latency_ms if self.slots[depth] in self.path else None
        return _State(
            (*state.picks, option),
            amount,
            state.soft + option.soft,
            state.hours + option.hours,
            low,
            tuple(map(int.__add__, state.widths, mine)),
            shared,
            state.p95 + (on_path or 0.0),
            state.provided | option.provides,
        )

    def _leaf(self, state: _State) -> Leaf:
        by_slot = dict(zip(self.slots, state.picks, strict=True))
        measured = any(by_slot[s].evaluated.p95_latency_ms is not None for s in self.path if s in by_slot)
        p95 = round(state.p95, 1) if measured else None
        missing = [tag for pick in state.picks for tag in pick.pattern.requires if tag not in state.provided]
        widths = list(state.widths)
        for _, driver, width in state.shared.values():
            widths[driver] += width
        return Leaf(
            picks=state.picks,
            objective=state.cents + state.soft + latency_cents(p95, self.requirements.sla_latency_ms),
            cents=state.cents,
            low=state.cents - isqrt(sum(w * w for w in widths)),
            p95_ms=p95,
            availability=availability_of(by_slot, self.requirements),
            hours=round(state.hours, 6),
            missing=tuple(dict.fromkeys(missing)),
        )


def _floor(option: Option) -> int:
    """Less than an option adds to the low end of any plan: its cost less all of its widths, as if they moved
    together."""
    return option.total.cents - sum(option.total.down.values())
