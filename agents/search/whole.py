"""Plans chosen by their whole bills: what is paid beside the patterns (traffic, logs, trackers, tokens) follows from the
patterns and from what the agents concluded, so a plan is chosen anew until the amount it was chosen with is its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isqrt

from agents.cost.bill import Account
from agents.cost.elsewhere import Point
from agents.cost.lines import Total, dollars
from agents.domain.outputs.project_stages import ProjectStages
from agents.domain.plan import AgentOutput
from agents.domain.requirements import Requirements
from agents.expert.environments import usual
from agents.search.options import Options, OptionSource
from agents.search.pick import cheapest, choose
from agents.search.relax import Case
from agents.search.space import Leaf, budget_cents

KEPT = 4096


@dataclass(frozen=True)
class Settled:
    """A plan with its whole bill, and the requirements with the amount beside patterns under which a search finds it."""

    requirements: Requirements
    leaf: Leaf


class Whole:
    """Finds the plans of nearby cases and bills them; keeps what it billed.

    `outputs` is what the agents concluded for a project like these; without it nothing is billed, and what the
    requirements say stands beside patterns is counted with every plan. Without agent 1's, environments are those that it
    usually takes under each case's own requirements (`general`).
    """

    def __init__(self, source: OptionSource, outputs: Mapping[str, AgentOutput] | None = None) -> None:
        self.source = source
        self._outputs = outputs
        self._points: dict[str, Point] = {}
        self._accounts: dict[tuple[str, ...], Account] = {}
        self._amounts: dict[tuple[str, tuple[str, ...]], Total] = {}

    def choose(self, case: Case) -> Leaf | None:
        """The plan that is taken in a case, with its whole bill, or None."""
        if self._outputs is None:
            return choose(self.source.options(case.requirements), case.requirements, case.held)
        settled = self.settled(case)
        return None if settled is None else settled.leaf

    def cheapest(self, case: Case) -> Leaf | None:
        """The plan whose patterns cost least of those that hold everything but the budget, with its whole bill, or
        None."""
        options = self.source.options(case.requirements)
        leaf = cheapest(options, case.requirements, case.held)
        return None if leaf is None else self.billed(leaf, case.requirements, options)

    def settled(self, case: Case) -> Settled | None:
        """The plan that a search finds with the amount beside patterns that is the plan's own; None if there is none.

        Where two plans lead to each other, the cheaper one is taken. Where the amount beside the first plan leaves room
        for none, the one beside the cheapest may.
        """
        options, r = self.source.options(case.requirements), _bare(case.requirements)
        found = choose(options, r, case.held)
        asked, tried, frugal = r, dict[tuple[str, ...], Settled](), False
        while found is not None and found.ids not in tried:
            tried[found.ids] = Settled(asked, self.billed(found, r, options))
            asked = leaving_room(r, tried[found.ids].leaf)
            if budget_cents(r) is None:
                return Settled(asked, tried[found.ids].leaf)
            again = choose(options, asked, case.held)
            if again is not None and again.ids == found.ids:
                return Settled(asked, tried[found.ids].leaf)
            if again is None and not frugal:
                frugal, again = True, cheapest(options, r, case.held)
            found = again
        if found is None:
            return None
        least = min(tried.values(), key=lambda one: one.leaf.cents)
        budget = budget_cents(r)
        return least if budget is not None and least.leaf.low <= budget else None

    def billed(self, leaf: Leaf, requirements: Requirements, options: Options) -> Leaf:
        """The leaf with what its own patterns have beside them."""
        if self._outputs is None:
            return leaf
        beside = self._beside(leaf, requirements, tuple(options))
        return replace(leaf, cents=leaf.patterns.cents + beside.cents, beside=beside)

    def _beside(self, leaf: Leaf, requirements: Requirements, slots: tuple[str, ...]) -> Total:
        key = (self.source.key(requirements), leaf.ids)
        found = self._amounts.get(key)
        if found is None:
            account = self._account(slots, leaf.ids)
            named = len(account.environments(requirements)) - len({"prod", *usual(requirements)})
            evaluated = {slot: pick.evaluated for slot, pick in zip(slots, leaf.picks, strict=True)}
            # The search has the usual environments in its prices.
            unusual = account.total(requirements) - leaf.patterns if named else None
            found = unusual or account.beside(requirements, evaluated)
            if len(self._amounts) >= KEPT:
                self._amounts.clear()
            self._amounts[key] = found
        return found

    def _account(self, slots: tuple[str, ...], ids: tuple[str, ...]) -> Account:
        if ids not in self._accounts:
            named = dict(zip(slots, ids, strict=True))
            outputs = self._outputs or {}
            self._accounts[ids] = Account(named, outputs, self.source.catalogue, self.source.book, self._points)
        return self._accounts[ids]


def leaving_room(requirements: Requirements, billed: Leaf) -> Requirements:
    """The requirements with what stands beside a billed plan: so much, and so uncertain, that a search finds its bill and
    its low end for it. Widths of independent amounts add as squares."""
    own, whole = billed.patterns, billed.sums
    width = isqrt(max(0, (whole.cents - whole.low) ** 2 - (own.cents - own.low) ** 2))
    usd = max(0, billed.beside.cents)
    return requirements.model_copy(
        update={"beside_usd": dollars(usd), "beside_low_usd": dollars(max(0, usd - width))},
    )


def _bare(requirements: Requirements) -> Requirements:
    return requirements.model_copy(update={"beside_usd": dollars(0), "beside_low_usd": dollars(0)})


def general(outputs: Mapping[str, AgentOutput], requirements: Requirements) -> dict[str, AgentOutput]:
    """Conclusions drawn under some requirements, for billing plans under others: without agent 1's where it took what it
    usually takes, because there it may take other environments."""
    stages = outputs.get("project_stages")
    usually = isinstance(stages, ProjectStages) and set(stages.environments) == set(usual(requirements))
    return {name: output for name, output in outputs.items() if not (usually and name == "project_stages")}
