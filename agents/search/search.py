"""One full search: the best plan, the Pareto set it was chosen from, or why there is none."""

from collections.abc import Iterable, Mapping

from agents.cost.pricebook import PriceBook
from agents.domain.plan import Infeasible
from agents.domain.requirements import Requirements
from agents.patterns import Catalogue
from agents.search.conflict import explain
from agents.search.labels import frontier
from agents.search.options import OptionSource
from agents.search.relax import Case
from agents.search.result import SearchResult, alternatives, composition, members
from agents.search.space import Leaf, budget_cents
from agents.search.tables import tables_of
from agents.search.whole import Whole


def search(
    catalogue: Catalogue, book: PriceBook, requirements: Requirements, pins: Mapping[str, str] | None = None
) -> SearchResult:
    """The best complete plan under the constraints, `pins` (slot to pattern id) and the pins of the constraint file.

    The whole space is searched (`agents.search.labels`). Never raises for valid requirements: where nothing is feasible,
    `infeasible` has a minimal set of conflicting constraints and the smallest changes that were tried and help.
    """
    return run(Whole(OptionSource.kept(catalogue, book)), requirements, pins or {})


def run(whole: Whole, requirements: Requirements, pins: Mapping[str, str]) -> SearchResult:
    """`search` with plans billed as a whole, on options that are kept between calls."""
    case, source = Case(requirements, pins), whole.source
    if requirements.cloud not in source.catalogue.clouds:
        return SearchResult(None, _no_cloud(source.catalogue, requirements), (), (), {})
    options = source.options(requirements)
    refused = {o.id: "; ".join(o.refusals) for found in options.values() for o in found if o.refusals}
    best = whole.choose(case)
    if best is None:
        return SearchResult(None, explain(whole, requirements, case.held, refused), (), (), refused)
    tables, budget = tables_of(options, requirements, case.held), budget_cents(requirements)
    assert tables is not None  # it has a best plan
    cap = None if budget is None else max(budget, best.cents)
    billed = whole.billed(frontier(tables, cap), requirements)
    found = unbeaten([best, *(leaf for leaf in billed if leaf.ids != best.ids and (cap is None or leaf.cents <= cap))])
    slots = tuple(options)
    told = members(slots, best, found, requirements)
    return SearchResult(composition(slots, best), None, told, alternatives(found, told), refused)


def unbeaten(leaves: Iterable[Leaf]) -> tuple[Leaf, ...]:
    """Those that no other beats on all axes, cheapest first; of equals the first by ids."""
    kept: list[Leaf] = []
    for leaf in sorted(leaves, key=lambda leaf: (leaf.axes, leaf.ids)):
        if not any(all(a <= b for a, b in zip(other.axes, leaf.axes, strict=True)) for other in kept):
            kept.append(leaf)
    return tuple(kept)


def _no_cloud(catalogue: Catalogue, requirements: Requirements) -> Infeasible:
    known = ", ".join(catalogue.clouds)
    return Infeasible(
        conflict=("cloud",),
        explanation=f"There is no pattern for cloud {requirements.cloud} yet; {known} is supported.",
        relaxations=tuple(f"cloud: {cloud}, with one of its regions" for cloud in catalogue.clouds),
        refused={},
    )
