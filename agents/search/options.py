"""Options: each pattern of each slot, evaluated and priced for given requirements.

A pattern is evaluated anew only if a fact that its file reads has another value: a hundred searches at other budgets,
rates and limits evaluate a few patterns each (`OptionSource`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from agents.cost.elsewhere import Point, elsewhere, idle, smallest
from agents.cost.lines import Total, price_line, total
from agents.cost.pricebook import Missing, PriceBook
from agents.domain.cost import BomLine, PricedLine
from agents.domain.pattern import Pattern
from agents.domain.requirements import Requirements
from agents.expert.environments import usual
from agents.patterns import Catalogue, Evaluated
from agents.patterns.facts import facts, model_facts
from agents.patterns.slots import slots_of
from agents.search import objective
from agents.search.risk import Exposure, exposure

WORD = re.compile(r"[A-Za-z_]\w*")
ALWAYS = frozenset({"primary_region", "data_classification", "compliance"})
"""Facts on which the limits of every pattern are judged."""
RATES = {
    "serve.online": {"requests_per_second", "online"},
    "serve.streaming": {"events_per_second"},
    "ingest.streaming": {"events_per_second"},
    "feature": {"requests_per_second", "online", "events_per_second", "streaming"},
}
"""Facts from which follows what is asked of a slot on a rate-bound path."""
BESIDE = "beside"
"""Stands for the name of any environment beside prod."""
PROSE = {"title", "summary", "tradeoffs", "risks", "references", "examples", "lock_in"}
"""Fields of a pattern in which facts are named and never read."""
UNREAD: dict[str, Any] = {
    "budget_usd_max": None, "budget_usd_target": None, "pins": {},
}  # fmt: skip
"""Fields of the requirements that no option depends on."""
KEPT_REQUIREMENTS = 512
KEPT_OPTIONS = 8192


@dataclass(frozen=True)
class Shared:
    """A line that is billed once for all who name it, with what it costs in every environment."""

    line: BomLine
    total: Total

    @property
    def cents(self) -> int:
        return self.total.cents


@dataclass(frozen=True)
class Option:
    """One pattern in one slot. `refusals` are its own: they hold whatever else is chosen.

    `total` are its private lines in every environment; `shared` lines are billed once for all who name them.
    `millihours` is what people spend on it, in thousandths of an hour a month; `exposure` what counts against it, in
    points of risk.
    """

    id: str
    pattern: Pattern
    evaluated: Evaluated
    total: Total
    shared: Mapping[str, Shared]
    refusals: tuple[str, ...]
    millihours: int
    exposure: Exposure
    points: int


Options = Mapping[str, tuple[Option, ...]]


class OptionSource:
    """Evaluates and prices options, and keeps them: flips, prices and conflicts ask for many nearby points.

    Prices are those of prod and of the environments that a project of these requirements usually has beside it.
    `ruled_out`: patterns that critics proved impossible, with the proof.
    """

    def __init__(self, catalogue: Catalogue, book: PriceBook, ruled_out: Mapping[str, str] | None = None) -> None:
        self.catalogue = catalogue
        self.book = book
        self._small: dict[str, Point] = {}
        self._ruled_out = dict(ruled_out or {})
        self._options: dict[str, Options] = {}
        self._kept: dict[tuple[Any, ...], Option] = {}
        self._bills: dict[tuple[Any, ...], Bill] = {}
        self._price = lru_cache(maxsize=KEPT_OPTIONS)(lambda line, region: price_line(line, region, book))
        self._reads: dict[str, tuple[str, ...]] = {}

    @classmethod
    def kept(cls, catalogue: Catalogue, book: PriceBook) -> "OptionSource":
        """The source that all searches of one catalogue and book share, as long as the process lives."""
        return _kept_source(catalogue, book)

    def options(self, requirements: Requirements) -> Options:
        """Slot to its options in order of pattern id. Budget and pins play no part."""
        name = self.key(requirements)
        found = self._options.get(name)
        if found is None:
            if len(self._options) >= KEPT_REQUIREMENTS:
                self._options.clear()
            found = self._options[name] = self._of(requirements.model_copy(update=UNREAD))
        return found

    def key(self, requirements: Requirements) -> str:
        """What of the requirements options depend on, as a text."""
        return requirements.model_copy(update=UNREAD).model_dump_json()

    def _of(self, requirements: Requirements) -> Options:
        if len(self._kept) > KEPT_OPTIONS:
            self._kept.clear()
            self._bills.clear()
            self._small.clear()
        view = _View(self.catalogue, requirements, self.book)
        return {
            slot: tuple(
                self._judged(self._option(slot, pattern, view))
                for pattern in self.catalogue.for_slot(slot, requirements.cloud)
            )
            for slot in slots_of(requirements)
        }

    def _judged(self, option: Option) -> Option:
        """The option, refused where a critic proved it impossible in this project."""
        proof = self._ruled_out.get(option.id)
        return option if proof is None else replace(option, refusals=(*option.refusals, proof))

    def _option(self, slot: str, pattern: Pattern, view: "_View") -> Option:
        reads = self._reads.get(pattern.id)
        if reads is None:
            reads = self._reads[pattern.id] = facts_read(slot, pattern, view.facts)
        known = (pattern.id, *(view.text(name) for name in reads))
        bill = self._bills.get(known)
        if bill is None:
            evaluated = self.catalogue.compiled(pattern.id).evaluate(view.scope())
            bill = self._bills[known] = self._priced(evaluated, view)
        others = view.others
        key = (known, view.people, others)
        option = self._kept.get(key)
        if option is None:
            option = self._kept[key] = _option_of(pattern, bill, view.requirements, others)
        return option

    def _priced(self, evaluated: Evaluated, view: "_View") -> "Bill":
        region = view.requirements.primary_region
        there = self._smallest(view) if not evaluated.refusals else None
        private, refusals = _Sums(), list(evaluated.refusals)
        for line in evaluated.bom:
            priced = self._price(line, region)
            if not isinstance(priced, Missing):
                private.add(priced, self._beside(line, region, there))
            elif priced.not_offered and priced.reason not in refusals:
                refusals.append(priced.reason)
        shared = {}
        for key, line in evaluated.shared.items():
            priced = self._price(line, region)
            if not isinstance(priced, Missing):
                shared[key] = (line, _Sums().add(priced, self._beside(line, region, there)))
        return Bill(evaluated, private, shared, tuple(refusals))

    def _beside(self, line: BomLine, region: str, there: Point | None) -> PricedLine | None:
        """The line in one environment beside prod; None if it does not stand there."""
        small = elsewhere(line, BESIDE, there) if there is not None else None
        priced = self._price(small, region) if small is not None else None
        return None if isinstance(priced, Missing) else priced

    def _smallest(self, view: "_View") -> Point:
        if view.waiting not in self._small:
            self._small[view.waiting] = smallest(self.catalogue, self.book, view.requirements)
        return self._small[view.waiting]


class _Sums:
    """Priced lines of prod, and of one environment beside it."""

    def __init__(self) -> None:
        self._prod: list[PricedLine] = []
        self._beside: list[PricedLine] = []

    def add(self, prod: PricedLine, beside: PricedLine | None) -> "_Sums":
        self._prod.append(prod)
        self._beside += [] if beside is None else [beside]
        return self

    def total(self, others: int) -> Total:
        """With that many environments beside prod."""
        return total((*self._prod, *(line for line in self._beside for _ in range(others))))


@lru_cache(maxsize=2)
def _kept_source(catalogue: Catalogue, book: PriceBook) -> OptionSource:
    return OptionSource(catalogue, book)


@dataclass(frozen=True)
class Bill:
    """A pattern evaluated and priced: what does not depend on who runs it."""

    evaluated: Evaluated
    private: _Sums
    shared: Mapping[str, tuple[BomLine, _Sums]]
    refusals: tuple[str, ...]


def _option_of(pattern: Pattern, bill: Bill, requirements: Requirements, others: int) -> Option:
    against = exposure(pattern, bill.evaluated, requirements)
    return Option(
        id=pattern.id,
        pattern=pattern,
        evaluated=bill.evaluated,
        total=bill.private.total(others),
        shared={key: Shared(line, sums.total(others)) for key, (line, sums) in bill.shared.items()},
        refusals=bill.refusals,
        millihours=round(objective.hours(pattern, requirements) * 1000),
        exposure=against,
        points=against.points,
    )


class _View:
    """One project's facts with their texts, and the scope for formulas, made when first needed."""

    def __init__(self, catalogue: Catalogue, requirements: Requirements, book: PriceBook) -> None:
        self.requirements = requirements
        self._catalogue = catalogue
        self._families = book.gpu_families(requirements.primary_region)
        self.facts = facts(requirements, self._families)
        self.people = (requirements.skills, requirements.team_size, requirements.deployment_pref)
        self.others = len(usual(requirements)) - 1
        self._texts: dict[str, str] = {}
        self._scope: Any = None

    @cached_property
    def waiting(self) -> str:
        """What of the project the point without load depends on, as a text."""
        facts = {name: self.facts[name] for name in model_facts(self.requirements)}
        return f"{idle(self.requirements).model_dump_json()} {facts}"

    def text(self, name: str) -> str:
        if name not in self._texts:
            self._texts[name] = repr(self.facts[name])
        return self._texts[name]

    def scope(self) -> Any:
        if self._scope is None:
            self._scope = self._catalogue.scope(self.requirements, self._families)
        return self._scope


def facts_read(slot: str, pattern: Pattern, known: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of facts on which the evaluation of a pattern can depend: every one that its file mentions anywhere, and
    those on which limits are judged. Rather one too many: a fact left out would make an answer stale."""
    words = {word for text in _texts(pattern.model_dump(exclude=PROSE)) for word in WORD.findall(text)}
    return tuple(sorted((words | ALWAYS | RATES.get(slot, set())) & set(known)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def shared_lines(picks: tuple[Option, ...]) -> tuple[Shared, ...]:
    """What the picked options share: each thing once, at the largest quantity asked, billed to the first that
    asked it."""
    found: dict[str, Shared] = {}
    for pick in picks:
        for key, part in pick.shared.items():
            if key not in found or part.cents > found[key].cents:
                found[key] = part
    return tuple(found.values())
