"""A search's options as small integers: what label setting adds up, slot by slot (`agents.search.labels`).

Slots on which an answer's latency and availability depend come first and are combined at once (`seeds`): behind them,
every axis is a plain sum. What is not a sum is carried as the state of a label: tags provided and still required, and
what is billed once for several patterns. A tag or a shared line that no slot to come can use is dropped, so that labels
meet again in one state.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from agents.domain.requirements import Requirements
from agents.search.objective import weighed
from agents.search.options import Option, Options
from agents.search.space import Bounds, answer, answer_slots, usable, way_points

Key = tuple[int, int, tuple[int, ...]]
"""State of a label: tags provided (bits), tags still required (bits), cents paid for each shared thing."""
START: Key = (0, 0, ())


@dataclass(frozen=True, slots=True)
class Item:
    """One option. `code` is its place in the number that names a whole combination."""

    cents: int
    millihours: int
    points: int
    objective: int
    code: int
    provides: int
    requires: int
    shared: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Seed:
    """One combination of the slots of an answer, with all that is known of it."""

    key: Key
    cents: int
    millihours: int
    points: int
    p95: float
    availability: float
    code: int


class Tables:
    """Options of one search that nothing refuses, with every slot filled. Codes of two combinations compare as their
    ids do, slot by slot."""

    def __init__(self, options: Options, requirements: Requirements, bounds: Bounds) -> None:
        self.slots = tuple(options)
        self.found = options
        self.requirements = requirements
        self.bounds = bounds
        self._tags = _open_tags(options)
        self._keys = tuple(sorted({key for found in options.values() for o in found for key in o.shared}))
        first = [slot for slot in answer_slots(requirements) if slot in options]
        rest = [slot for slot in self.slots if slot not in first]
        rest.sort(key=lambda slot: not any(self._entangled(option) for option in options[slot]))
        self.order = (*first, *rest)
        self.first = len(first)

    def _entangled(self, option: Option) -> bool:
        return bool(option.shared) or any(
            t in self._tags for t in (*option.evaluated.requires, *option.pattern.provides)
        )

    @cached_property
    def items(self) -> tuple[tuple[Item, ...], ...]:
        """The options of each slot, in the order in which slots are taken."""
        radix, weights = 1, dict[str, int]()
        for slot in reversed(self.slots):
            weights[slot] = radix
            radix *= len(self.found[slot])
        return tuple(
            tuple(self._item(option, rank * weights[slot]) for rank, option in enumerate(self.found[slot]))
            for slot in self.order
        )

    def _item(self, option: Option, code: int) -> Item:
        bits = {tag: 1 << i for i, tag in enumerate(self._tags)}
        amount, time, points = option.total.cents, option.millihours, option.points
        return Item(
            cents=amount,
            millihours=time,
            points=points,
            objective=weighed(amount, time, points),
            code=code,
            provides=sum(bits[tag] for tag in set(option.pattern.provides) if tag in bits),
            requires=sum(bits[tag] for tag in set(option.evaluated.requires) if tag in bits),
            shared=tuple(option.shared[key].cents if key in option.shared else 0 for key in self._keys),
        )

    def picks(self, code: int) -> tuple[Option, ...]:
        """The options of a combination, in the order of the slots."""
        picks = []
        for slot in reversed(self.slots):
            code, rank = divmod(code, len(self.found[slot]))
            picks.append(self.found[slot][rank])
        return tuple(reversed(picks))

    @cached_property
    def ahead(self) -> tuple[tuple[int, int, tuple[bool, ...]], ...]:
        """Behind each slot: tags that a slot to come may require, may provide, and shared things it may ask."""
        required, provided, asked = 0, 0, tuple(False for _ in self._keys)
        found = [(required, provided, asked)]
        for items in reversed(self.items[1:]):
            for item in items:
                required, provided = required | item.requires, provided | item.provides
                asked = tuple(a or bool(b) for a, b in zip(asked, item.shared, strict=True))
            found.append((required, provided, asked))
        return tuple(reversed(found))

    @cached_property
    def least(self) -> tuple[int, ...]:
        """Behind each slot: the least that the slots to come cost, in cents."""
        found = [0]
        for items in reversed(self.items[1:]):
            found.append(found[-1] + min(item.cents for item in items))
        return tuple(reversed(found))

    def step(self, depth: int, key: Key, item: Item) -> tuple[Key, int] | None:
        """The state with one more option and the cents it adds for what is shared; None if a tag it needs can no
        longer come."""
        provided, needed, paid = key
        provided |= item.provides
        needed = (needed | item.requires) & ~provided
        required, coming, asked = self.ahead[depth]
        if needed & ~coming:
            return None
        extra = 0
        if item.shared:
            now = tuple(map(max, paid, item.shared)) if paid else item.shared
            extra = sum(now) - sum(paid)
            paid = tuple(amount if open_ else 0 for amount, open_ in zip(now, asked, strict=True))
        return (provided & required, needed, paid), extra

    @cached_property
    def seeds(self) -> tuple[Seed, ...]:
        """Every combination of the slots of an answer that holds the bounds."""
        names = self.order[: self.first]
        found = []
        for chosen in product(*(range(len(self.found[slot])) for slot in names)):
            by_slot = {slot: self.found[slot][rank] for slot, rank in zip(names, chosen, strict=True)}
            p95, availability = answer(by_slot, self.requirements)
            if self.bounds.hold(p95, availability):
                found += self._seed(chosen, p95, availability)
        return tuple(found)

    def _seed(self, chosen: tuple[int, ...], p95: float | None, availability: float) -> list[Seed]:
        key, amount, items = START, 0, [self.items[depth][rank] for depth, rank in enumerate(chosen)]
        for depth, item in enumerate(items):
            moved = self.step(depth, key, item)
            if moved is None:
                return []
            key, amount = moved[0], amount + moved[1] + item.cents
        points = way_points(p95, availability, self.requirements) + sum(item.points for item in items)
        time, code = sum(item.millihours for item in items), sum(item.code for item in items)
        return [Seed(key, amount, time, points, p95 or 0.0, availability, code)]


def _open_tags(options: Mapping[str, tuple[Option, ...]]) -> tuple[str, ...]:
    """Required tags that a combination can lack: those that no slot provides whatever is chosen in it."""
    wanted = {tag for found in options.values() for o in found for tag in o.evaluated.requires}
    sure = {tag for tag in wanted if any(all(tag in o.pattern.provides for o in found) for found in options.values())}
    return tuple(sorted(wanted - sure))


def tables_of(
    options: Options, requirements: Requirements, pins: Mapping[str, str], bounds: Bounds | None = None
) -> Tables | None:
    """What can be combined under the pins; None if a slot has no option. `bounds` are those asked, unless given."""
    found = usable(options, pins)
    if not found or not all(found.values()):
        return None
    return Tables(found, requirements, bounds or Bounds.of(requirements))
