"""Why nothing is feasible: a minimal set of conflicting constraints, and the smallest changes that help."""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal

from agents.domain.constraints import DataClass
from agents.domain.plan import Infeasible
from agents.domain.requirements import Requirements
from agents.search.options import OptionSource
from agents.search.relax import RATES, Case, constraints_of, relaxed
from agents.search.space import Bounds, Leaf, best_leaf, leaves, usable

EVERYTHING_SOLD = "us-east-1"
"""The region in which the price book has most rows: letting go of `regions` means planning there."""
BISECTIONS = 12


def explain(
    source: OptionSource, requirements: Requirements, pins: Mapping[str, str], refused: dict[str, str]
) -> Infeasible:
    """A minimal conflict by deletion filter: a constraint stays only if letting go of it alone makes a plan feasible.

    Chinneck, Feasibility and Infeasibility in Optimization (2008), §6.2.
    """
    case = Case(requirements, pins)
    keys = list(constraints_of(case))
    loose = case
    conflict: list[str] = []
    for key in keys:
        trial = relaxed(loose, key, EVERYTHING_SOLD)
        if _feasible(source, trial):
            conflict.append(key)
        else:
            loose = trial
    tried = [text for key in conflict if (text := _relaxation(source, case, key))]
    return Infeasible(
        conflict=tuple(conflict),
        explanation=_explanation(source, case, conflict),
        relaxations=tuple(tried) or _pairs(source, case, keys),
        refused=refused,
    )


def _leaves(source: OptionSource, case: Case) -> list[Leaf]:
    pins = {**case.pins, **case.requirements.pins}
    return list(leaves(usable(source.options(case.requirements), pins), case.requirements))


def _feasible(source: OptionSource, case: Case) -> bool:
    pins = {**case.pins, **case.requirements.pins}
    return best_leaf(usable(source.options(case.requirements), pins), case.requirements) is not None


def _relaxation(source: OptionSource, case: Case, key: str) -> str | None:
    """In words, the smallest change of one constraint under which a plan was found; None if none was."""
    if not _feasible(source, relaxed(case, key, EVERYTHING_SOLD)):
        return None
    if key.startswith("choose."):
        return f"drop the pin {key}: {case.requirements.pins.get(key[7:]) or case.pins.get(key[7:])}"
    if key in RATES:
        field, least = RATES[key]
        return _bisected(source, case, key, field, float(getattr(case.requirements, field)), float(least), "at most")
    finders: dict[str, Callable[[], str | None]] = {
        "budget_band.monthly_usd_max": lambda: _budget(source, case),
        "sla_latency_ms": lambda: _latency(source, case),
        "availability_target": lambda: _availability(source, case),
        "regions": lambda: _regions(source, case),
        "data_classification": lambda: f"data_classification: {DataClass.INTERNAL} (only if no personal data is used)",
        "storage_prefs": lambda: "storage_prefs: leave it out",
    }
    return finders[key]()


def _budget(source: OptionSource, case: Case) -> str | None:
    free = case.changed(budget_usd_max=None)
    bounds = Bounds.of(free.requirements)
    low = min(leaf.low for leaf in _leaves(source, free) if bounds.holds(leaf))
    needed = math.ceil(low / 100)
    return (
        f"budget_band.monthly_usd_max: {needed} or more"
        if _holds(source, case, budget_usd_max=Decimal(needed))
        else None
    )


def _availability(source: OptionSource, case: Case) -> str | None:
    free = case.changed(availability_target=0.0)
    bounds = Bounds.of(free.requirements)
    reached = max(leaf.availability for leaf in _leaves(source, free) if bounds.holds(leaf))
    target = math.floor(min(reached, case.requirements.availability_target) * 100) / 100
    return f"availability_target: {target:g} or less" if _holds(source, case, availability_target=target) else None


def _latency(source: OptionSource, case: Case) -> str | None:
    asked = case.requirements.sla_latency_ms or 0.0
    limit = asked
    while limit < 86_400_000 and not _holds(source, case, sla_latency_ms=limit):
        limit = max(limit * 2, 1.0)
    return _bisected(source, case, "sla_latency_ms", "sla_latency_ms", asked, limit, "at least")


def _bisected(source: OptionSource, case: Case, key: str, field: str, bad: float, good: float, word: str) -> str | None:
    """The value nearest to `bad` (infeasible) that holds, on the way to `good` (feasible)."""
    if not _holds(source, case, **{field: _typed(field, good)}):
        return None
    for _ in range(BISECTIONS):
        middle = (bad + good) / 2
        if _holds(source, case, **{field: _typed(field, middle)}):
            good = middle
        else:
            bad = middle
    value = math.ceil(good) if word == "at least" else math.floor(good)
    shown = value if value and _holds(source, case, **{field: _typed(field, value)}) else round(good, 3)
    return f"{key}: {word} {shown:g}" if isinstance(shown, float) else f"{key}: {word} {shown:,}".replace(",", "_")


def _typed(field: str, value: float) -> float | int:
    return int(value) if field == "training_rows" else value


def _holds(source: OptionSource, case: Case, **values: object) -> bool:
    return _feasible(source, case.changed(**values))


def _regions(source: OptionSource, case: Case) -> str | None:
    found = [region for region in source.book.regions if _holds(source, case, primary_region=region)]
    return f"regions: one of {', '.join(found)} first" if found else None


def _pairs(source: OptionSource, case: Case, keys: list[str]) -> tuple[str, ...]:
    """Where no single change helps: the first pair of constraints that must be let go of together."""
    for i, first in enumerate(keys):
        loose = relaxed(case, first, EVERYTHING_SOLD)
        for second in keys[i + 1 :]:
            if _feasible(source, relaxed(loose, second, EVERYTHING_SOLD)):
                return (f"let go of {first} and {second} together",)
    return ()


def _explanation(source: OptionSource, case: Case, conflict: list[str]) -> str:
    """One or two sentences with the figures that collide."""
    r = case.requirements
    options = source.options(r)
    if r.primary_region not in source.book.regions:
        return (
            f"The price book has no prices for {r.primary_region}, so no plan can be judged there;"
            f" it has {', '.join(source.book.regions)}."
        )
    pins = {**case.pins, **r.pins}
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
    return reasons(_leaves(source, case), Bounds.of(r)) + (f" In conflict: {', '.join(conflict)}." if conflict else "")


def reasons(found: list[Leaf], bounds: Bounds) -> str:
    """Why none of the given combinations holds, by the first bound that leaves none."""
    complete = [leaf for leaf in found if not leaf.missing]
    if not complete:
        tags = sorted({tag for leaf in found for tag in leaf.missing})
        return f"every combination lacks something that a pattern requires ({', '.join(tags)})."
    quick = [leaf for leaf in complete if bounds.fits_latency(leaf)]
    if not quick:
        quickest = min(leaf.p95_ms or 0.0 for leaf in complete)
        return f"the quickest combination answers in {quickest:g} ms at p95; sla_latency_ms is {bounds.sla_ms:g}."
    steady = [leaf for leaf in quick if bounds.fits_availability(leaf)]
    if not steady:
        most = max(leaf.availability for leaf in quick)
        return f"the steadiest combination reaches {most:g} %; availability_target is {bounds.availability:g} %."
    least = min(leaf.low for leaf in steady) / 100
    budget = (bounds.budget or 0) / 100
    return f"the cheapest combination costs {least:,.2f} USD a month at its low end; the budget is {budget:,.2f} USD."
