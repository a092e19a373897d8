"""Options: each pattern of each slot, evaluated and priced once for given requirements."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from agents.cost.lines import Total, cents, price_line, total
from agents.cost.pricebook import Missing, PriceBook
from agents.domain.cost import BomLine, PricedLine
from agents.domain.pattern import Pattern
from agents.domain.requirements import Requirements
from agents.patterns import Catalogue, Evaluated
from agents.patterns.slots import slots_of
from agents.search import objective


@dataclass(frozen=True)
class Shared:
    """A line that is billed once for all who name it, in cents; `width` is how far its low end lies below."""

    line: BomLine
    priced: PricedLine
    cents: int
    driver: str
    width: int

    @classmethod
    def of(cls, line: BomLine, priced: PricedLine) -> "Shared":
        expected = cents(priced.usd)
        return cls(line, priced, expected, line.driver, expected - cents(priced.usd_low))


@dataclass(frozen=True)
class Option:
    """One pattern in one slot. `refusals` are its own: they hold whatever else is chosen.

    `total` are its private lines; `shared` lines are billed once for all who name them. `soft` is its part of
    the objective beside cost, in cents; `hours` what people spend on it a month.
    """

    pattern: Pattern
    evaluated: Evaluated
    total: Total
    shared: Mapping[str, Shared]
    refusals: tuple[str, ...]
    soft: int
    hours: float
    provides: frozenset[str]
    id: str


Options = Mapping[str, tuple[Option, ...]]


class OptionSource:
    """Evaluates and prices options, and keeps the last few hundred results: flips and conflicts ask for the
    same points."""

    def __init__(self, catalogue: Catalogue, book: PriceBook) -> None:
        self.catalogue = catalogue
        self.book = book
        self._cached = lru_cache(maxsize=512)(self._of)
        self._requirements: dict[str, Requirements] = {}

    def options(self, requirements: Requirements) -> Options:
        """Slot to its options in order of pattern id. Budget and pins play no part."""
        key = requirements.model_copy(update={"budget_usd_max": None, "budget_usd_target": None, "pins": {}})
        name = key.model_dump_json()
        self._requirements[name] = key
        return self._cached(name)

    def _of(self, name: str) -> Options:
        requirements = self._requirements.pop(name)
        scope = self.catalogue.scope(requirements, self.book.gpu_families(requirements.primary_region))
        return {
            slot: tuple(
                self._option(pattern, self.catalogue.compiled(pattern.id).evaluate(scope), requirements)
                for pattern in self.catalogue.for_slot(slot, requirements.cloud)
            )
            for slot in slots_of(requirements)
        }

    def _option(self, pattern: Pattern, evaluated: Evaluated, requirements: Requirements) -> Option:
        region = requirements.primary_region
        private, refusals = [], list(evaluated.refusals)
        for line in evaluated.bom:
            priced = price_line(line, region, self.book)
            if not isinstance(priced, Missing):
                private.append(priced)
            elif priced.not_offered and priced.reason not in refusals:
                refusals.append(priced.reason)
        shared = {}
        for key, line in evaluated.shared.items():
            priced = price_line(line, region, self.book)
            if not isinstance(priced, Missing):
                shared[key] = Shared.of(line, priced)
        return Option(
            pattern=pattern,
            evaluated=evaluated,
            total=total(private),
            shared=shared,
            refusals=tuple(refusals),
            soft=objective.pattern_cents(pattern, len(evaluated.suits), requirements),
            hours=objective.hours(pattern, requirements),
            provides=frozenset(pattern.provides),
            id=pattern.id,
        )


def shared_lines(picks: tuple[Option, ...]) -> tuple[Shared, ...]:
    """What the picked options share: each thing once, at the largest quantity asked, billed to the first that
    asked it."""
    found: dict[str, Shared] = {}
    for pick in picks:
        for key, part in pick.shared.items():
            if key not in found or part.cents > found[key].cents:
                found[key] = part
    return tuple(found.values())
