"""The catalogue search as agents see it (agents.domain.agent.Composer)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from agents.cost.lines import dollars
from agents.cost.pricebook import PriceBook
from agents.domain.agent import Composer
from agents.domain.decision import Candidate, Impacts
from agents.domain.plan import AgentOutput, Composition, FlipPoint, RequirementPrice
from agents.domain.requirements import Requirements
from agents.errors import Defect
from agents.patterns import Catalogue
from agents.search.conflict import reasons
from agents.search.flips import FACTORS, flip_points, told
from agents.search.objective import burden
from agents.search.options import Option, OptionSource
from agents.search.prices import binding, prices
from agents.search.relax import Case
from agents.search.result import SearchResult, weighed_terms
from agents.search.search import run
from agents.search.space import Leaf, budget_cents
from agents.search.whole import Whole

SCORE_SCALE = 10_000
"""Cents: a plan whose objective is worse by as much as the best one's (at least 100 USD) scores a half."""


@dataclass(frozen=True)
class _Asked:
    """What a composer is made of; compared by its text."""

    catalogue: Catalogue
    book: PriceBook
    text: tuple[str, ...]
    requirements: Requirements = field(compare=False)
    ruled_out: Mapping[str, str] = field(compare=False)
    outputs: Mapping[str, AgentOutput] | None = field(compare=False)
    expected: Mapping[str, str] = field(compare=False)
    thrift: Mapping[str, AgentOutput] = field(compare=False)


@lru_cache(maxsize=4)
def _kept(asked: _Asked) -> "CatalogueComposer":
    source = OptionSource(asked.catalogue, asked.book, asked.ruled_out) if asked.ruled_out else None
    return CatalogueComposer(
        asked.catalogue, asked.book, asked.requirements, source, asked.outputs, asked.expected, asked.thrift
    )


def composer_of(
    catalogue: Catalogue,
    book: PriceBook,
    requirements: Requirements,
    ruled_out: Mapping[str, str] | None = None,
    outputs: Mapping[str, AgentOutput] | None = None,
    expected: Mapping[str, str] | None = None,
    thrift: Mapping[str, AgentOutput] | None = None,
) -> "CatalogueComposer":
    """The composer of a project, the same one while a plan goes through its rounds: what it found is found once, and
    patterns are evaluated once for all budgets.

    Without the patterns of `ruled_out` (id to what proved it impossible), unless nothing is feasible without them: then
    they stand, and the critic's word stays on the record. `outputs`: what the agents conclude of such a project, by which
    plans are billed; `expected`: the patterns that they choose, where that is known before they are asked;
    `thrift`: what they conclude under the tightest budget.
    """

    def kept(proofs: Mapping[str, str]) -> "CatalogueComposer":
        known, tight = (
            {name: output.model_dump_json() for name, output in (found or {}).items()} for found in (outputs, thrift)
        )
        pins = dict(expected or {})
        told = (known, tight, outputs is None, sorted(proofs.items()), sorted(pins.items()))
        text = (requirements.model_dump_json(), *map(repr, told))
        return _kept(_Asked(catalogue, book, text, requirements, proofs, outputs, pins, thrift or {}))

    composer = kept(ruled_out or {})
    return composer if not ruled_out or composer.search().best is not None else kept({})


class CatalogueComposer(Composer):
    """Searches under the requirements of one project; keeps what it evaluated, so asking again is cheap.

    Evaluated patterns are shared by all composers of one catalogue and book, unless a `source` is given.
    What other choices would bring is judged under the constraint file's pins alone, not under what earlier agents
    chose: as long as they follow the best plan, theirs are the best plan's. Where one of them went another way
    (`departures`), that choice counts like a pin.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        book: PriceBook,
        requirements: Requirements,
        source: OptionSource | None = None,
        outputs: Mapping[str, AgentOutput] | None = None,
        expected: Mapping[str, str] | None = None,
        thrift: Mapping[str, AgentOutput] | None = None,
    ) -> None:
        self._source = source or OptionSource.kept(catalogue, book)
        self._requirements = requirements
        self._expected = dict(expected or {})
        self.whole = Whole(self._source, outputs, thrift)
        self._found: dict[tuple[Any, ...], Any] = {}

    def search(self, pins: Mapping[str, str] | None = None) -> SearchResult:
        """The full search with what is refused and the Pareto set."""
        key = ("search", _key(pins or {}))
        if key not in self._found:
            self._found[key] = run(self.whole, self._requirements, pins or {})
        result: SearchResult = self._found[key]
        return result

    def best(self, pins: Mapping[str, str]) -> Composition:
        """The best complete composition with those pins. Raises Defect if there is none."""
        result = self.search(pins)
        if result.best is None:
            why = result.infeasible.explanation if result.infeasible else ""
            raise Defect(f"no complete plan has the pins {dict(sorted(pins.items()))}: {why}")
        return result.best

    def departures(self, pins: Mapping[str, str]) -> dict[str, str]:
        """The constraint file's pins, and those of `pins` that the best plan would not have by itself: the first slot, in
        the order of the slots, in which it differs is held, until it agrees with all of them."""
        held = dict(self._requirements.pins)
        while True:
            best = self._slots(held)
            apart = next((s for s in best if s in pins and s not in held and pins[s] != best[s]), None)
            if apart is None:
                return held
            held[apart] = pins[apart]

    def candidates(self, slot: str, pins: Mapping[str, str]) -> tuple[Candidate, ...]:
        """Every pattern of a slot, best first, scored by the best complete plan that has it; unusable ones
        last with why.

        Raises KeyError if the project has no such slot.
        """
        others = {s: p for s, p in self.departures(pins).items() if s != slot or s in self._requirements.pins}
        key = ("candidates", slot, _key(others))
        if key not in self._found:
            self._found[key] = self._candidates(slot, others)
        result: tuple[Candidate, ...] = self._found[key]
        return result

    def _candidates(self, slot: str, pins: Mapping[str, str]) -> tuple[Candidate, ...]:
        options, r = self._source.options(self._requirements), self._requirements
        cap = self.whole.most(Case(r, pins))
        best: dict[str, Leaf] = {}
        for option in options[slot]:
            case = Case(r, {slot: option.id, **pins})
            leaf = self.whole.choose(case) if case.held[slot] == option.id else None
            if leaf is not None and (cap is None or leaf.cents <= cap):
                best[option.id] = leaf
        ranked = sorted((o for o in options[slot] if o.id in best), key=lambda o: best[o.id].order)
        refused = [o for o in options[slot] if o.id not in best]
        lead = best[ranked[0].id] if ranked else None
        return (
            *(self._candidate(slot, o, best[o.id], lead) for o in ranked if lead is not None),
            *(_refused(o, self._why_not(slot, o, pins)) for o in refused),
        )

    def _candidate(self, slot: str, option: Option, leaf: Leaf, lead: Leaf) -> Candidate:
        scale, slots = max(SCORE_SCALE, lead.objective), tuple(self._source.options(self._requirements))
        moved = [
            f"{s} becomes {there.id}"
            for s, here, there in zip(slots, lead.picks, leaf.picks, strict=True)
            if s != slot and here.id != there.id
        ]
        return Candidate(
            id=option.id,
            summary=option.pattern.summary,
            tradeoffs=(
                *option.pattern.tradeoffs,
                *(f"fits: {why}" for why in option.evaluated.suits),
                *([f"with it, {', '.join(moved)}"] if moved else []),
            ),
            score=round(scale / (scale + leaf.objective - lead.objective), 4),
            impacts=Impacts(
                monthly_usd=dollars(leaf.cents),
                p95_latency_ms=leaf.p95_ms,
                availability_pct=leaf.availability,
                burden=burden(leaf.millihours / 1000),
            ),
            parameters=dict(option.evaluated.parameters),
            weighed=weighed_terms(leaf, self._requirements),
        )

    def flips(self, slot: str, pins: Mapping[str, str]) -> tuple[str, ...]:
        """Where another pattern wins this slot, in words; if nowhere in what was tried, what it would take."""
        apart = self.departures(self._expected or pins)
        if slot in self._expected and slot in apart and slot not in self._requirements.pins:
            free = self._slots({s: p for s, p in apart.items() if s != slot})[slot]
            return (
                f"to {free}, which the search would take, if what is held against it among the candidates were gone",
            )
        others = {s: p for s, p in apart.items() if s != slot or s in self._requirements.pins}
        mine = tuple(told(point) for point in self.flip_points(others) if point.slot == slot)
        return mine or (self._margin(slot, pins),)

    def _margin(self, slot: str, pins: Mapping[str, str]) -> str:
        """Why no interval was found for a slot, with its own figures."""
        if slot in self._requirements.pins:
            return f"only another entry of choose: would change it; it names {self._requirements.pins[slot]}"
        feasible = [c for c in self.candidates(slot, pins) if c.feasible]
        if len(feasible) < 2:
            refused = next((c for c in self.candidates(slot, pins) if not c.feasible), None)
            return (
                f"to {refused.id} if this no longer held: {refused.refusals[0]}" if refused else "nothing else fills it"
            )
        ahead = sum(feasible[1].weighed.values()) - sum(feasible[0].weighed.values())
        return (
            f"to {feasible[1].id} if it weighed {ahead:,.0f} points less (one is a dollar a month); no rate, volume, limit,"
            f" team or budget that was tried ({1 / FACTORS[-1]:g} to {FACTORS[-1]:g} times today's) does that"
        )

    def flip_points(self, pins: Mapping[str, str] | None = None) -> tuple[FlipPoint, ...]:
        """Where the choice of each slot flips, and where no plan is feasible (slot `plan`)."""
        key = ("flips", _key(pins or {}))
        if key not in self._found:
            self._found[key] = flip_points(self.whole, Case(self._requirements, pins or {}))
        result: tuple[FlipPoint, ...] = self._found[key]
        return result

    def prices(self, pins: Mapping[str, str] | None = None) -> tuple[RequirementPrice, ...]:
        """What each requirement costs, dearest first. Empty if nothing is feasible."""
        key = ("prices", _key(pins or {}))
        if key not in self._found:
            self._found[key] = prices(self.whole, Case(self._requirements, pins or {}))
        result: tuple[RequirementPrice, ...] = self._found[key]
        return result

    def binding(self, pins: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """Constraints without which another plan would be chosen, each with what changes. Empty if nothing is
        feasible."""
        here = self.search(pins).best
        return () if here is None else binding(self.whole, Case(self._requirements, pins or {}), here)

    def _slots(self, pins: Mapping[str, str]) -> dict[str, str]:
        """The best plan's patterns by slot; empty if there is none."""
        key = ("slots", _key(pins))
        if key not in self._found:
            best = self.search(pins).best
            self._found[key] = {} if best is None else dict(best.slots)
        result: dict[str, str] = self._found[key]
        return result

    def _why_not(self, slot: str, option: Option, pins: Mapping[str, str]) -> tuple[str, ...]:
        if option.refusals:
            return option.refusals
        chosen = self._requirements.pins.get(slot)
        if chosen is not None and chosen != option.id:
            return (f"choose: names {chosen} for {slot}",)
        case = Case(self._requirements, {**pins, slot: option.id})
        least, budget = self.whole.cheapest(case), budget_cents(self._requirements)
        if least is not None and budget is not None and least.low <= budget:
            return (
                f"the cheapest plan with it costs {dollars(least.cents):,.2f} USD a month; others are within the budget"
                f" of {dollars(budget):,.2f}",
            )
        return (f"with it, {reasons(self.whole, case)}",)


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
