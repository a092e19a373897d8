"""What each requirement costs: the cheapest plan that holds all of them against the cheapest without that one.

The budget plays no part in the cheapest plan, so its own price is 0; what it does to the choice is told by `binding`.
Letting go of a number means a value at which it binds nothing, of `regions` the region where everything is sold, of a
team's size one of eight people, of a kind of workload not building it. A plan that holds a requirement is still there
without it, so no price is negative.
"""

from collections.abc import Mapping
from decimal import Decimal

from agents.cost.lines import dollars
from agents.domain.plan import Composition, RequirementPrice
from agents.search.options import OptionSource
from agents.search.relax import Case, constraints_of, relaxed, required, workloads_of
from agents.search.space import Leaf
from agents.search.whole import Whole

NOISE_USD = Decimal(5)
"""A constraint that moves no choice and the cost by less than this (or 1 %) is not called binding (COST.md §6.7)."""


def prices(whole: Whole, case: Case) -> tuple[RequirementPrice, ...]:
    """The price of every requirement of a case, dearest first, then in the order of the file; empty if nothing is feasible."""
    least = whole.cheapest(case)
    if least is None:
        return ()
    here = dict(zip(whole.source.options(case.requirements), least.ids, strict=True))
    found = []
    for key in (*workloads_of(case), *constraints_of(case)):
        loose = relaxed(case, key)
        leaf = whole.cheapest(loose)
        gain = leaf is not None and leaf.cents < least.cents
        found.append(
            RequirementPrice(
                key=key,
                required=required(case, key),
                cheapest_usd=dollars(least.cents),
                without_usd=dollars(leaf.cents if leaf is not None and gain else least.cents),
                moves=_moves(here, whole.source, loose, leaf) if leaf is not None and gain else {},
            )
        )
    return tuple(sorted(found, key=lambda price: -price.usd))


def _moves(here: Mapping[str, str], source: OptionSource, case: Case, leaf: Leaf) -> dict[str, tuple[str | None, str]]:
    there = dict(zip(source.options(case.requirements), leaf.ids, strict=True))
    return {slot: (here.get(slot), name) for slot, name in there.items() if here.get(slot) != name}


def binding(whole: Whole, case: Case, here: Composition) -> tuple[str, ...]:
    """Requirements without which another plan would be chosen, each with what changes."""
    found = []
    for key in (*workloads_of(case), *constraints_of(case)):
        loose = relaxed(case, key)
        leaf = whole.choose(loose)
        if leaf is None:
            continue
        moves = _moves(here.slots, whole.source, loose, leaf)
        moved = [f"{slot} becomes {name}" for slot, (_, name) in moves.items()]
        change = dollars(leaf.cents) - here.monthly_usd
        if moved or abs(change) >= max(NOISE_USD, here.monthly_usd / 100):
            found.append(f"{key}: without it {', '.join([*moved, f'{change:+,.2f} USD a month'])}")
    return tuple(found)
