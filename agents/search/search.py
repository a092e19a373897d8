"""One full search: the best plan, the Pareto set it was chosen from, or why there is none.

What a budget does. Of the plans whose expected cost is within the maximum the best by objective is chosen. If none is,
the cheapest plan of all is, as long as the low end of its cost is within the maximum (the expected cost then warns);
else nothing is feasible. So a tighter budget never gives a dearer plan: where both budgets leave plans within, the tighter
leaves a part of the others' plans, and either the same one is still best or the wider one's costs more than the tighter
budget; where the tighter leaves none, its plan is the cheapest there is.
"""

from collections.abc import Mapping

from agents.cost.pricebook import PriceBook
from agents.domain.plan import Infeasible
from agents.domain.requirements import Requirements
from agents.patterns import Catalogue
from agents.search.conflict import explain
from agents.search.labels import frontier
from agents.search.options import OptionSource
from agents.search.pick import choose, tables_of
from agents.search.result import SearchResult, alternatives, composition, members
from agents.search.space import budget_cents
from agents.search.whole import Whole


def search(
    catalogue: Catalogue, book: PriceBook, requirements: Requirements, pins: Mapping[str, str] | None = None
) -> SearchResult:
    """The best complete plan under the constraints, `pins` (slot to pattern id) and the pins of the constraint file.

    The whole space is searched (`agents.search.labels`). Never raises for valid requirements: where nothing is feasible,
    `infeasible` has a minimal set of conflicting constraints and the smallest changes that were tried and help.
    """
    return run(OptionSource.kept(catalogue, book), requirements, pins or {})


def run(source: OptionSource, requirements: Requirements, pins: Mapping[str, str]) -> SearchResult:
    """`search` on options that are kept between calls."""
    held = {**pins, **requirements.pins}
    if requirements.cloud not in source.catalogue.clouds:
        return SearchResult(None, _no_cloud(source.catalogue, requirements), (), (), {})
    options = source.options(requirements)
    refused = {o.id: "; ".join(o.refusals) for found in options.values() for o in found if o.refusals}
    best = choose(options, requirements, held)
    if best is None:
        return SearchResult(None, explain(Whole(source), requirements, held, refused), (), (), refused)
    tables, budget = tables_of(options, requirements, held), budget_cents(requirements)
    assert tables is not None  # it has a best plan
    cap = None if budget is None else max(budget, best.cents)
    slots = tuple(options)
    found = frontier(tables, cap)
    told = members(slots, best, found, requirements)
    return SearchResult(composition(slots, best), None, told, alternatives(found, told), refused)


def _no_cloud(catalogue: Catalogue, requirements: Requirements) -> Infeasible:
    known = ", ".join(catalogue.clouds)
    return Infeasible(
        conflict=("cloud",),
        explanation=f"There is no pattern for cloud {requirements.cloud} yet; {known} is supported.",
        relaxations=tuple(f"cloud: {cloud}, with one of its regions" for cloud in catalogue.clouds),
        refused={},
    )
