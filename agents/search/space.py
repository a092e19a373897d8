"""The space of complete plans: what one combination of options costs and reaches, and what it must hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import prod

from agents.cost.lines import Total, cents
from agents.domain.constraints import WorkloadType
from agents.domain.requirements import Requirements
from agents.search.objective import weighed
from agents.search.options import Option, Options, shared_lines
from agents.search.risk import downtime_points, latency_points

NOTHING = Total()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One complete combination on the four axes: expected cost in cents, p95, thousandths of an hour of operating a
    month, points of risk; with the availability it reaches. `beside` is what stands beside its patterns."""

    picks: tuple[Option, ...]
    cents: int
    p95_ms: float | None
    availability: float
    millihours: int
    points: int
    beside: Total = NOTHING

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(pick.id for pick in self.picks)

    @property
    def axes(self) -> tuple[int, float, int, int]:
        """Cost, latency, burden and risk: smaller is better on each."""
        return (self.cents, self.p95_ms or 0.0, self.millihours, self.points)

    @property
    def objective(self) -> int:
        return weighed(self.cents, self.millihours, self.points)

    @property
    def order(self) -> tuple[int, int, float, int, tuple[str, ...]]:
        """Total order of the choice: the objective, then cost, latency and operating time, then the ids. Its first is
        beaten by no other on all axes."""
        return (self.objective, self.cents, self.p95_ms or 0.0, self.millihours, self.ids)

    @property
    def sums(self) -> Total:
        """Its cost in every environment, with its range."""
        shared = sum((part.total for part in shared_lines(self.picks)), self.beside)
        return sum((pick.total for pick in self.picks), shared)

    @property
    def low(self) -> int:
        """The low end of its cost, in cents."""
        return self.sums.low


def leaf_of(slots: tuple[str, ...], picks: tuple[Option, ...], requirements: Requirements) -> Leaf:
    """The figures of one combination."""
    by_slot = dict(zip(slots, picks, strict=True))
    p95, availability = answer(by_slot, requirements)
    beside = beside_of(requirements)
    return Leaf(
        picks=picks,
        cents=(
            sum(pick.total.cents for pick in picks) + sum(part.cents for part in shared_lines(picks)) + beside.cents
        ),
        p95_ms=p95,
        availability=availability,
        millihours=sum(pick.millihours for pick in picks),
        points=sum(pick.points for pick in picks) + way_points(p95, availability, requirements),
        beside=beside,
    )


def beside_of(requirements: Requirements) -> Total:
    """What stands beside the patterns of any plan (`Requirements.beside_usd`), and what its requests cost beside them."""
    r, rate = requirements, Decimal(repr(requirements.requests_per_second))
    found = NOTHING
    for name, usd, low in (
        ("beside", r.beside_usd, r.beside_low_usd),
        ("requests_per_second", r.beside_request_usd * rate, r.beside_request_low_usd * rate),
    ):
        if usd:
            found += Total(cents(usd), down={name: cents(usd) - cents(low)})
    return found


def way_points(p95_ms: float | None, availability: float, requirements: Requirements) -> int:
    """Points of risk of the way of an answer."""
    tight = latency_points(p95_ms, requirements.sla_latency_ms)
    return tight + downtime_points(availability, requirements.availability_target)


def missing(picks: tuple[Option, ...]) -> tuple[str, ...]:
    """Tags that a pick requires and none provides, each once."""
    provided = {tag for pick in picks for tag in pick.pattern.provides}
    wanted = (tag for pick in picks for tag in pick.evaluated.requires)
    return tuple(dict.fromkeys(tag for tag in wanted if tag not in provided))


@dataclass(frozen=True)
class Bounds:
    """What an answer must hold. None: nobody asked."""

    sla_ms: float | None
    availability: float

    @classmethod
    def of(cls, requirements: Requirements) -> "Bounds":
        return cls(requirements.sla_latency_ms, requirements.availability_target)

    def hold(self, p95_ms: float | None, availability: float) -> bool:
        quick = self.sla_ms is None or p95_ms is None or p95_ms <= self.sla_ms
        return quick and availability >= self.availability


UNBOUND = Bounds(None, 0.0)


def budget_cents(requirements: Requirements) -> int | None:
    """The most that a plan may cost a month, in cents; None: no limit."""
    return None if requirements.budget_usd_max is None else cents(requirements.budget_usd_max)


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


def answer_slots(requirements: Requirements) -> tuple[str, ...]:
    """The slots on which p95 and availability depend; all others move only cost, burden and risk."""
    return latency_path(requirements) or ("store", "serve.batch")


def answer(slots: Mapping[str, Option], requirements: Requirements) -> tuple[float | None, float]:
    """p95 in ms (None without an online or streaming path) and availability in per cent of a plan, or of those of its
    picks that are in `answer_slots`."""
    path = [slots[slot].evaluated.p95_latency_ms for slot in latency_path(requirements) if slot in slots]
    measured = [latency for latency in path if latency is not None]
    p95 = round(sum(measured), 1) if measured else None
    return p95, availability_of(slots, requirements)


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
