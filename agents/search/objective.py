"""What the choice minimises, made of the axes of the Pareto set alone: cost, operating time and risk.

objective = expected cost in USD a month
          + `HOUR_USD` for each hour that people spend on operating it
          + 1 USD for each point of risk (`agents.search.risk`), which holds what a tight latency means
It grows with every axis and with nothing else, so a plan that another beats on all axes is never chosen. Ties go to
the cheaper, then the quicker, then the lighter plan. The weights are judgements of the authors, kept in one place. Nothing
here reads the budget: a tighter budget can only remove plans, never reorder them.
"""

from agents.domain.pattern import Pattern
from agents.domain.requirements import Requirements

HOUR_USD = 50
POINT_HOURS = 2.0
"""Hours a month that one point of burden (1–5) costs a team of four."""
SKILL_HOURS = 1.0
"""Hours a month for each skill of a pattern that the team does not name (only if it names any)."""
FULL_TIME_HOURS = 160.0
MILLIHOUR_CENTS = HOUR_USD * 100 // 1000
POINT_CENTS = 100


def hours(pattern: Pattern, requirements: Requirements) -> float:
    """Hours a month that people spend on a pattern. A team of two carries it twice as hard as one of four, one
    of eight half."""
    missing = [s for s in pattern.skills if s not in requirements.skills] if requirements.skills else []
    weight = min(2.0, max(0.5, 4.0 / requirements.team_size))
    return ((pattern.burden - 1) * POINT_HOURS + len(missing) * SKILL_HOURS) * weight


def burden(total_hours: float) -> float:
    """Hours a month as the 1–5 scale of `Impacts.burden`: 1 nobody is called, 5 a full-time job."""
    return round(min(5.0, 1.0 + 4.0 * total_hours / FULL_TIME_HOURS), 2)


def weighed(cents: int, millihours: int, points: int) -> int:
    """The objective in cents, from expected cost in cents, thousandths of an hour, and points of risk."""
    return cents + millihours * MILLIHOUR_CENTS + points * POINT_CENTS
