"""The catalogue search as agents see it (agents.domain.agent.Composer)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from agents.cost.lines import dollars
from agents.cost.pricebook import PriceBook
from agents.domain.agent import Composer
from agents.domain.decision import Candidate, Impacts
from agents.domain.plan import Composition
from agents.domain.requirements import Requirements
from agents.errors import Defect
from agents.patterns import Catalogue
from agents.search.conflict import EVERYTHING_SOLD, reasons
from agents.search.flips import flips
from agents.search.objective import burden
from agents.search.options import Option, OptionSource
from agents.search.relax import Case, constraints_of, relaxed
from agents.search.result import SearchResult
from agents.search.search import run
from agents.search.space import Bounds, Leaf, best_leaf, leaves, usable

NOISE_USD = Decimal(5)
"""A constraint that moves no choice and the cost by less than this (or 1 %) is not called binding (COST.md §6.7)."""
SCORE_SCALE = 10_000
"""Cents: a plan whose objective is worse by as much as the best one's (at least 100 USD) scores a half."""


class CatalogueComposer(Composer):
    """Searches under the requirements of one project; keeps what it evaluated, so asking again is cheap."""

    def __init__(self, catalogue: Catalogue, book: PriceBook, requirements: Requirements) -> None:
        self._source = OptionSource(catalogue, book)
        self._requirements = requirements
        self._found: dict[tuple[Any, ...], Any] = {}

    def search(self, pins: Mapping[str, str] | None = None) -> SearchResult:
        """The full search with what is refused and the alternatives."""
        key = ("search", _key(pins or {}))
        if key not in self._found:
            self._found[key] = run(self._source, self._requirements, pins or {})
        result: SearchResult = self._found[key]
        return result

    def best(self, pins: Mapping[str, str]) -> Composition:
        """The best complete composition with those pins. Raises Defect if there is none."""
        result = self.search(pins)
        if result.best is None:
            why = result.infeasible.explanation if result.infeasible else ""
            raise Defect(f"no complete plan has the pins {dict(sorted(pins.items()))}: {why}")
        return result.best

    def candidates(self, slot: str, pins: Mapping[str, str]) -> tuple[Candidate, ...]:
        """Every pattern of a slot, best first, scored by the best complete plan that has it; unusable ones
        last with why.

        Raises KeyError if the project has no such slot.
        """
        options = self._source.options(self._requirements)
        others = {s: p for s, p in pins.items() if s != slot}
        best: dict[str, Leaf] = {}
        for option in options[slot]:
            held = {**others, slot: option.id, **self._requirements.pins}
            leaf = best_leaf(usable(options, held), self._requirements) if held[slot] == option.id else None
            if leaf is not None:
                best[option.id] = leaf
        lead = min((leaf.objective for leaf in best.values()), default=0)
        ranked = sorted(options[slot], key=lambda o: (0, best[o.id].order) if o.id in best else (1, (0, 0, (o.id,))))
        return tuple(
            _candidate(o, best[o.id], lead) if o.id in best else _refused(o, self._why_not(slot, o, others))
            for o in ranked
        )

    def flips(self, slot: str, pins: Mapping[str, str]) -> tuple[str, ...]:
        """Where another pattern wins this slot, in words, found by searching at other values."""
        key = ("flips", slot, _key(pins))
        if key not in self._found:
            self._found[key] = flips(self._source, self._requirements, slot, pins)
        result: tuple[str, ...] = self._found[key]
        return result

    def binding(self, pins: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """Constraints without which another plan would be chosen, each with what changes. Empty if nothing is
        feasible."""
        here = self.search(pins).best
        if here is None:
            return ()
        case = Case(self._requirements, pins or {})
        found = []
        for key in constraints_of(case):
            loose = relaxed(case, key, EVERYTHING_SOLD)
            options = self._source.options(loose.requirements)
            leaf = best_leaf(usable(options, {**loose.pins, **loose.requirements.pins}), loose.requirements)
            if leaf is None:
                continue
            slots = dict(zip(options, leaf.ids, strict=True))
            moved = [f"{slot} becomes {p}" for slot, p in slots.items() if here.slots.get(slot) != p]
            change = dollars(leaf.cents) - here.monthly_usd
            if not moved and abs(change) < max(NOISE_USD, here.monthly_usd / 100):
                continue
            found.append(f"{key}: without it {', '.join([*moved, f'{change:+,.2f} USD a month'])}")
        return tuple(found)

    def _why_not(self, slot: str, option: Option, pins: Mapping[str, str]) -> tuple[str, ...]:
        if option.refusals:
            return option.refusals
        chosen = self._requirements.pins.get(slot)
        if chosen is not None and chosen != option.id:
            return (f"choose: names {chosen} for {slot}",)
        held = {**pins, **self._requirements.pins, slot: option.id}
        found = list(leaves(usable(self._source.options(self._requirements), held), self._requirements))
        if not found:
            return ("another slot has no usable pattern",)
        return (f"with it, {reasons(found, Bounds.of(self._requirements))}",)


def _candidate(option: Option, leaf: Leaf, lead: int) -> Candidate:
    scale = max(SCORE_SCALE, lead)
    return Candidate(
        id=option.id,
        summary=option.pattern.summary,
        tradeoffs=(*option.pattern.tradeoffs, *(f"fits: {why}" for why in option.evaluated.suits)),
        score=round(scale / (scale + leaf.objective - lead), 4),
        impacts=Impacts(
            monthly_usd=dollars(leaf.cents),
            p95_latency_ms=leaf.p95_ms,
            availability_pct=leaf.availability,
            burden=burden(leaf.hours),
        ),
        parameters=dict(option.evaluated.parameters),
    )


def _refused(option: Option, why: tuple[str, ...]) -> Candidate:
    return Candidate(
        id=option.id,
        summary=option.pattern.summary,
        tradeoffs=option.pattern.tradeoffs,
        score=0.0,
        refusals=why,
        parameters=dict(option.evaluated.parameters),
    )


def _key(pins: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pins.items()))
