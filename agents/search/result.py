"""What a search yields, and how a leaf becomes the composition that the rest of the engine reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from agents.cost.lines import dollars
from agents.domain.cost import Unpriced
from agents.domain.plan import Alternative, Composition, Infeasible, ParetoMember
from agents.domain.requirements import Requirements
from agents.search.objective import HOUR_USD, MILLIHOUR_CENTS, POINT_CENTS, burden
from agents.search.options import shared_lines
from agents.search.risk import share
from agents.search.space import Leaf, way_points

NEAREST = 6
"""Alternatives that are told; the Pareto set is kept whole beside them."""


@dataclass(frozen=True)
class SearchResult:
    """`pareto` is the whole Pareto set over cost, latency, burden and risk, cheapest first; `alternatives` its members
    nearest to the chosen one; `refused` is pattern id to reason. Exactly one of `best` and `infeasible` is None."""

    best: Composition | None
    infeasible: Infeasible | None
    pareto: tuple[ParetoMember, ...]
    alternatives: tuple[Alternative, ...]
    refused: dict[str, str]


def composition(slots: tuple[str, ...], leaf: Leaf) -> Composition:
    """The leaf with its parameters, its lines in prod (shared ones once), and what it costs in every environment."""
    shared = shared_lines(leaf.picks)
    sums = leaf.sums
    unpriced: dict[str, Unpriced] = {u.component: u for pick in leaf.picks for u in pick.evaluated.unpriced}
    return Composition(
        slots={slot: pick.id for slot, pick in zip(slots, leaf.picks, strict=True)},
        bom=(*(line for pick in leaf.picks for line in pick.evaluated.bom), *(part.line for part in shared)),
        monthly_usd=dollars(sums.cents),
        low_usd=dollars(sums.low),
        high_usd=dollars(sums.high),
        p95_latency_ms=leaf.p95_ms,
        availability_pct=leaf.availability,
        burden=burden(leaf.millihours / 1000),
        objective=leaf.objective / 100,
        parameters={slot: dict(pick.evaluated.parameters) for slot, pick in zip(slots, leaf.picks, strict=True)},
        unpriced=tuple(unpriced.values()),
    )


def members(
    slots: tuple[str, ...], best: Leaf, found: Iterable[Leaf], requirements: Requirements
) -> tuple[ParetoMember, ...]:
    """The Pareto set in the order given, each but the chosen one with the figures by which it lost."""
    return tuple(
        ParetoMember(
            patterns=dict(zip(slots, leaf.ids, strict=True)),
            monthly_usd=dollars(leaf.cents),
            p95_latency_ms=leaf.p95_ms,
            availability_pct=leaf.availability,
            burden=burden(leaf.millihours / 1000),
            risk=share(leaf.points, slots, requirements),
            chosen=leaf.ids == best.ids,
            why_not="" if leaf.ids == best.ids else why_not(slots, best, leaf, requirements),
        )
        for leaf in found
    )


def alternatives(found: Iterable[Leaf], told: Iterable[ParetoMember]) -> tuple[Alternative, ...]:
    """The members that come nearest to the chosen one by the order of the choice, nearest first."""
    ranked = sorted(((leaf.order, m) for leaf, m in zip(found, told, strict=True) if not m.chosen), key=lambda x: x[0])
    return tuple(
        Alternative(
            patterns=member.patterns,
            monthly_usd=member.monthly_usd,
            p95_latency_ms=member.p95_latency_ms,
            burden=member.burden,
            why_not=member.why_not,
        )
        for _, member in ranked[:NEAREST]
    )


def why_not(slots: tuple[str, ...], best: Leaf, leaf: Leaf, requirements: Requirements) -> str:
    """Where another plan differs and the figures by which it lost: the parts of the objective, which add up."""
    differs = [
        f"{s} by {b.id.split(':')[1]}" for s, a, b in zip(slots, best.picks, leaf.picks, strict=True) if a.id != b.id
    ]
    quicker = ""
    if leaf.p95_ms is not None and best.p95_ms is not None and leaf.p95_ms != best.p95_ms:
        quicker = f" ({leaf.p95_ms - best.p95_ms:+,.0f} ms p95)"
    parts = "; ".join(lost_by(best, leaf, requirements))
    return f"{', '.join(differs)}{quicker}: {parts}; together {_usd(leaf.objective - best.objective)} a month"


def lost_by(best: Leaf, leaf: Leaf, requirements: Requirements) -> list[str]:
    """The parts of the difference in objective between two plans, in words, each with its USD a month."""
    parts = []
    if leaf.cents != best.cents:
        parts.append(f"bill {_usd(leaf.cents - best.cents)}")
    time = leaf.millihours - best.millihours
    if time:
        parts.append(f"{time / 1000:+,.1f} hours of operating at {HOUR_USD} USD ({_usd(time * MILLIHOUR_CENTS)})")
    if risk := _risk(best, leaf, requirements):
        parts.append(risk)
    return parts


TERMS = {
    "fit": "missing reasons to take it",
    "style": "against deployment_pref",
    "skills": "skills not named",
    "ceiling": "close to a ceiling",
    "single_points": "single points",
    "papers": "programmes not named",
}
"""Terms of the risk of a pattern (`agents.search.risk.Exposure`), as they are called in prose."""
ANSWER = "close to a limit of the answer"


def _risk(best: Leaf, leaf: Leaf, requirements: Requirements) -> str:
    """The difference in points of risk with the terms that make it; "" if no term differs."""
    mine, theirs = risk_terms(best, requirements), risk_terms(leaf, requirements)
    made = [f"{name} {theirs[name] - mine[name]:+d}" for name in mine if theirs[name] != mine[name]]
    if not made:
        return ""
    return f"risk {_usd((leaf.points - best.points) * 100)} ({', '.join(made)})"


def risk_terms(leaf: Leaf, requirements: Requirements) -> dict[str, int]:
    """Points of risk of a plan by term; they add up to `leaf.points`."""
    terms = {name: sum(getattr(pick.exposure, term) for pick in leaf.picks) for term, name in TERMS.items()}
    return {**terms, ANSWER: way_points(leaf.p95_ms, leaf.availability, requirements)}


def weighed_terms(leaf: Leaf, requirements: Requirements) -> dict[str, Decimal]:
    """The objective of a plan by term, in USD a month: `bill`, `operating`, and the terms of risk."""
    risk = {name: dollars(points * POINT_CENTS) for name, points in risk_terms(leaf, requirements).items()}
    return {"bill": dollars(leaf.cents), "operating": dollars(leaf.millihours * MILLIHOUR_CENTS), **risk}


def _usd(amount: int) -> str:
    return f"{dollars(amount):+,.2f} USD"
