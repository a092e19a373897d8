"""Why nothing is feasible: a minimal set of conflicting constraints, and the smallest changes that help."""

from collections.abc import Iterator, Mapping, Sequence

from agents.domain.plan import Infeasible
from agents.domain.requirements import Requirements
from agents.search.labels import first
from agents.search.options import Options
from agents.search.relax import Case, constraints_of, relaxed
from agents.search.relaxation import Relaxer, told
from agents.search.space import UNBOUND, Bounds, budget_cents, usable
from agents.search.tables import tables_of
from agents.search.whole import Whole


def explain(whole: Whole, requirements: Requirements, pins: Mapping[str, str], refused: dict[str, str]) -> Infeasible:
    """A minimal conflict, and the smallest changes that make a plan feasible: of one constraint of it, or where other
    conflicts stand beside it of the fewest constraints together."""
    case, relaxer = Case(requirements, pins), Relaxer(whole)
    keys = constraints_of(case)
    found = relaxer.conflict(case, keys)
    conflict = [key for key in keys if key in found]
    options, met = relaxer.single(case, conflict), [found]
    if not options:
        options, met = relaxer.joint(case, keys, met)
    return Infeasible(
        conflict=tuple(conflict),
        explanation=" Whatever becomes of that: ".join(_each(whole, case, keys, met)),
        relaxations=tuple(map(told, options)),
        refused=refused,
        options=options,
    )


def _each(whole: Whole, case: Case, keys: Sequence[str], met: Sequence[frozenset[str]]) -> Iterator[str]:
    """Every conflict with its own reason: that of the case in which the others were let go of."""
    for one in met:
        alone = case
        for key in keys:
            alone = relaxed(alone, key) if key not in one and any(key in other for other in met) else alone
        named = ", ".join(key for key in keys if key in one)
        yield _explanation(whole, alone) + (f" In conflict: {named}." if named else "")


def _nearest_priced(region: str, regions: tuple[str, ...]) -> str:
    """What to do about a region without prices: one of the same area, if data may be there."""
    near = [name for name in regions if name.partition("-")[0] == region.partition("-")[0]]
    if near:
        return f"In the same area: {' or '.join(near)}; plan there if the data may be there."
    return "None of them is in the same area: ask first whether data may leave it."


def _explanation(whole: Whole, case: Case) -> str:
    """One or two sentences with the figures that collide."""
    r, source = case.requirements, whole.source
    options = source.options(r)
    if r.primary_region not in source.book.regions:
        return (
            f"The price book has no prices for {r.primary_region}, so no plan can be judged there;"
            f" it has {', '.join(source.book.regions)}. {_nearest_priced(r.primary_region, source.book.regions)}"
        )
    pins = case.held
    for slot, found in options.items():
        pinned = pins.get(slot)
        if pinned is not None and pinned not in [o.id for o in found]:
            return f"{pinned} cannot fill {slot}; use one of {', '.join(o.id for o in found)}."
        if all(o.refusals or pins.get(slot, o.id) != o.id for o in found):
            return (
                f"No pattern can fill {slot}: "
                + "; ".join(f"{o.id}: {', '.join(o.refusals) or 'not the pinned one'}" for o in found)
                + "."
            )
    return reasons(whole, case)


def reasons(whole: Whole, case: Case) -> str:
    """Why no combination under the pins holds, by the first bound that leaves none."""
    requirements, pins = case.requirements, case.held
    options = whole.source.options(requirements)
    sla, target, budget = requirements.sla_latency_ms, requirements.availability_target, budget_cents(requirements)
    free = tables_of(options, requirements, pins, UNBOUND)
    if free is None:
        return "another slot has no usable pattern."
    quickest = first(free, "p95")
    if quickest is None:
        tags = ", ".join(_lacking(usable(options, pins)))
        return f"every combination lacks something that a pattern requires ({tags})."
    if sla is not None and quickest.p95_ms is not None and quickest.p95_ms > sla:
        return f"the quickest combination answers in {quickest.p95_ms:g} ms at p95; sla_latency_ms is {sla:g}."
    quick = tables_of(options, requirements, pins, Bounds(sla, 0.0))
    steadiest = first(quick, "downtime") if quick is not None else None
    if steadiest is None or steadiest.availability < target:
        most = 0.0 if steadiest is None else steadiest.availability
        return f"the steadiest combination reaches {most:g} %; availability_target is {target:g} %."
    least = whole.cheapest(case)
    if least is None or budget is None:
        return "each bound can be held, but not all of them at once."
    return (
        f"the cheapest combination costs {least.low / 100:,.2f} USD a month at its low end, {least.cents / 100:,.2f}"
        f" expected; the budget is {budget / 100:,.2f} USD."
    )


def _lacking(options: Options) -> list[str]:
    """Required tags that no option provides; if there are none, those that not every combination has."""
    provided = {tag for found in options.values() for o in found for tag in o.pattern.provides}
    wanted = {tag for found in options.values() for o in found for tag in o.evaluated.requires}
    sure = {tag for found in options.values() for tag in wanted if all(tag in o.pattern.provides for o in found)}
    return sorted(wanted - provided) or sorted(wanted - sure)
