"""What a plan of given constraints would be and cost, and how far two such outlooks are apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import log10

from agents.domain.constraints import Constraints


@dataclass(frozen=True)
class Outlook:
    """Pattern by slot and USD a month; no slots and None if nothing is feasible. `shown` are the slots people ask about."""

    slots: Mapping[str, str]
    monthly_usd: Decimal | None


Effect = Callable[[Constraints], Outlook | None]
"""The outlook of constraints; None while it cannot be told (a required field is unknown, the values clash)."""


def distance(one: Mapping[str, str], other: Mapping[str, str], cost: Decimal | None, than: Decimal | None) -> float:
    """Share of the entries that differ, plus the cost's orders of magnitude (at most 1; tenfold is 1): 0 to 2.

    An outcome without a cost (nothing feasible) is a whole order away from any that has one.
    """
    keys = set(one) | set(other)
    moved = sum(one.get(key) != other.get(key) for key in keys) / len(keys) if keys else 0.0
    if cost is None or than is None:
        return moved + (0.0 if cost is than else 1.0)
    low, high = sorted((max(cost, Decimal(1)), max(than, Decimal(1))))
    return moved + min(1.0, log10(high / low))


def apart(one: Outlook, other: Outlook) -> float:
    """`distance` of two outlooks."""
    return distance(one.slots, other.slots, one.monthly_usd, other.monthly_usd)


def told(now: Outlook | None, then: Outlook) -> str:
    """What an answer does, in a few words: which patterns it moves, and what a month costs with it."""
    if then.monthly_usd is None:
        return "no plan is feasible with it"
    cost = f"about ${then.monthly_usd:,.0f} a month"
    if now is None or now.monthly_usd is None:
        serving = [_short(p) for slot, p in then.slots.items() if slot.startswith("serve")]
        return f"{', '.join(serving)}, {cost}" if serving else cost
    moved = [f"{slot}: {_short(p)}" for slot, p in then.slots.items() if now.slots.get(slot) != p]
    gone = [f"no {slot}" for slot in now.slots if slot not in then.slots]
    more = then.monthly_usd - now.monthly_usd
    change = f" ({'+' if more > 0 else '-'}${abs(more):,.0f})" if round(more) else " (as now)"
    return f"{', '.join([*moved, *gone]) or 'the same patterns'}; {cost}{change}"


def _short(pattern: str) -> str:
    return pattern.partition(":")[2]
