"""What the search minimises: everything in USD a month, so that a weight can be argued about.

objective = expected cost
          + operating time: `POINT_HOURS` for each point of burden above 1, and missing skills, by team size
          + style: what it costs a team to work against its `deployment_pref`
          + latency: a plan that uses more than 70 % of its latency budget has no room for growth
          − suits: what fits what the team has, prefers and knows (each rule that holds)
The figures are judgements of the authors, kept here in one place; nothing here reads the budget, so that a
tighter budget can only remove plans, never reorder them.
"""

from agents.domain.constraints import DeploymentPref
from agents.domain.pattern import Pattern
from agents.domain.requirements import Requirements

HOUR_USD = 50
POINT_HOURS = 2.0
"""Hours a month that one point of burden (1–5) costs a team of four."""
SKILL_HOURS = 1.0
"""Hours a month for each skill of a pattern that the team does not name (only if it names any)."""
FULL_TIME_HOURS = 160.0
SUIT_USD = 40
STYLE_USD = 60
HEADROOM = 0.7
HEADROOM_USD = 100
STYLED_SLOTS = ("serve", "transform")
"""Where code of the project runs, so where the deployment style is felt."""


def hours(pattern: Pattern, requirements: Requirements) -> float:
    """Hours a month that people spend on a pattern. A team of two carries it twice as hard as one of four, one
    of eight half."""
    missing = [s for s in pattern.skills if s not in requirements.skills] if requirements.skills else []
    weight = min(2.0, max(0.5, 4.0 / requirements.team_size))
    return ((pattern.burden - 1) * POINT_HOURS + len(missing) * SKILL_HOURS) * weight


def burden(total_hours: float) -> float:
    """Hours a month as the 1–5 scale of `Impacts.burden`: 1 nobody is called, 5 a full-time job."""
    return round(min(5.0, 1.0 + 4.0 * total_hours / FULL_TIME_HOURS), 2)


def pattern_cents(pattern: Pattern, suits: int, requirements: Requirements) -> int:
    """The part of the objective that a pattern brings beside its cost, in cents."""
    usd = hours(pattern, requirements) * HOUR_USD - suits * SUIT_USD
    asked = requirements.deployment_pref
    if asked is not DeploymentPref.ANY and pattern.capability in STYLED_SLOTS and pattern.style != str(asked):
        usd += STYLE_USD / 2 if pattern.style == "managed" else STYLE_USD
    return round(usd * 100)


def latency_cents(p95_ms: float | None, sla_ms: float | None) -> int:
    """The part of the objective for a latency near its limit, in cents; 0 up to 70 % of it."""
    if p95_ms is None or sla_ms is None:
        return 0
    return round(max(0.0, p95_ms / sla_ms - HEADROOM) / (1 - HEADROOM) * HEADROOM_USD * 100)
