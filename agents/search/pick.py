"""The one plan that is taken, and the cheapest one: the quick searches behind flips, prices and conflicts."""

from collections.abc import Mapping

from agents.domain.requirements import Requirements
from agents.search.labels import first
from agents.search.options import Options
from agents.search.space import Bounds, Leaf, budget_cents, usable
from agents.search.tables import Tables


def tables_of(
    options: Options, requirements: Requirements, pins: Mapping[str, str], bounds: Bounds | None = None
) -> Tables | None:
    """What can be combined under the pins; None if a slot has no option. `bounds` are those asked, unless given."""
    found = usable(options, pins)
    if not found or not all(found.values()):
        return None
    return Tables(found, requirements, bounds or Bounds.of(requirements))


def choose(options: Options, requirements: Requirements, pins: Mapping[str, str]) -> Leaf | None:
    """The plan that the budget rule of `agents.search.search` takes, or None."""
    tables = tables_of(options, requirements, pins)
    best = first(tables, "objective") if tables is not None else None
    budget = budget_cents(requirements)
    if tables is None or best is None or budget is None or best.cents <= budget:
        return best
    least = first(tables, "cents")
    if least is None or least.cents > budget:
        return least if least is not None and least.low <= budget else None
    return first(tables, "objective", budget)


def cheapest(options: Options, requirements: Requirements, pins: Mapping[str, str]) -> Leaf | None:
    """The plan of the least expected cost that holds everything but the budget, or None."""
    tables = tables_of(options, requirements, pins)
    return first(tables, "cents") if tables is not None else None


def cap_of(options: Options, requirements: Requirements, pins: Mapping[str, str]) -> int | None:
    """The most, in cents, that a plan may cost to be chosen: the budget, or the cheapest plan's cost if that is more;
    None without a budget."""
    budget = budget_cents(requirements)
    if budget is None:
        return None
    least = cheapest(options, requirements, pins)
    return budget if least is None else max(budget, least.cents)
