"""One full search: the best plan, the other sensible ones, or why there is none."""

from collections.abc import Mapping

from agents.cost.pricebook import PriceBook
from agents.domain.plan import Infeasible
from agents.domain.requirements import Requirements
from agents.patterns import Catalogue
from agents.search.conflict import explain
from agents.search.options import Options, OptionSource
from agents.search.result import SearchResult, alternatives, composition
from agents.search.space import Bounds, Leaf, leaves, usable


def search(
    catalogue: Catalogue, book: PriceBook, requirements: Requirements, pins: Mapping[str, str] | None = None
) -> SearchResult:
    """The best complete plan under the constraints, `pins` (slot to pattern id) and the pins of the constraint file.

    Exhaustive: slots × patterns is a few thousand combinations. Never raises for valid requirements: where nothing is
    feasible, `infeasible` has a minimal set of conflicting constraints and the smallest changes that were
    tried and help.
    """
    return run(OptionSource(catalogue, book), requirements, pins or {})


def run(source: OptionSource, requirements: Requirements, pins: Mapping[str, str]) -> SearchResult:
    """`search` on options that are kept between calls."""
    held = {**pins, **requirements.pins}
    if requirements.cloud not in source.catalogue.clouds:
        return SearchResult(None, 0, _no_cloud(source.catalogue, requirements), (), {})
    options = source.options(requirements)
    good = feasible(options, requirements, held)
    refused = {o.id: "; ".join(o.refusals) for found in options.values() for o in found if o.refusals}
    if not good:
        return SearchResult(None, 0, explain(source, requirements, held, refused), (), refused)
    best = min(good, key=lambda leaf: leaf.order)
    slots = tuple(options)
    return SearchResult(composition(slots, best), len(good), None, alternatives(slots, best, good), refused)


def feasible(options: Options, requirements: Requirements, pins: Mapping[str, str]) -> list[Leaf]:
    """All combinations that hold every bound."""
    bounds = Bounds.of(requirements)
    return [leaf for leaf in leaves(usable(options, pins), requirements) if bounds.holds(leaf)]


def _no_cloud(catalogue: Catalogue, requirements: Requirements) -> Infeasible:
    known = ", ".join(catalogue.clouds)
    return Infeasible(
        conflict=("cloud",),
        explanation=f"There is no pattern for cloud {requirements.cloud} yet; {known} is supported.",
        relaxations=tuple(f"cloud: {cloud}, with one of its regions" for cloud in catalogue.clouds),
        refused={},
    )
