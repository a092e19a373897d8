"""The risk axis: what counts against a plan beside its price, its speed and its upkeep, from facts that patterns state.

Risk is counted in points; one point weighs as much as one USD a month in the choice (`agents.search.objective`), and
a plan's `risk` is its points as a share of the most that could count against a plan of this project: 0 nothing
does, 1 everything does. For each pattern (`Exposure`):

- fit: `FIT_POINTS` for each reason to take it (its `suits` that hold) short of `FIT_REASONS`
- style: in slots where the project's code runs, `STYLE_POINTS` against `deployment_pref`, half for a managed service
- skills: `SKILL_POINTS` times the share of its skills that the team does not name (if it names any)
- ceiling: up to `CEILING_POINTS` as its rate, or what it takes of a quota, rises from `HEADROOM` of the limit to all of it
- single points: `SINGLE_POINTS` for each failure domain against which nothing stands here, up to `DOMAINS` of them
- papers: `PAPER_POINTS` for each programme of `compliance` that its file does not name, up to `PAPERS` of them

and for the way of an answer: up to `LATENCY_POINTS` as p95 rises from `HEADROOM` of `sla_latency_ms` to all of it, and up
to `DOWNTIME_POINTS` as the downtime rises from `HEADROOM` of what `availability_target` allows to all of it. Every term
only grows with p95 and shrinks with availability, so a plan that is better on an axis is never riskier for it.
The weights are judgements of the authors, kept here in one place.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from agents.domain.constraints import DeploymentPref
from agents.domain.pattern import Pattern
from agents.domain.requirements import Requirements
from agents.patterns import Evaluated

FIT_POINTS = 40
FIT_REASONS = 3
STYLE_POINTS = 60
SKILL_POINTS = 20
CEILING_POINTS = 40
SINGLE_POINTS = 5
DOMAINS = 4
PAPER_POINTS = 10
PAPERS = 2
LATENCY_POINTS = 100
DOWNTIME_POINTS = 20
HEADROOM = 0.7
"""Up to 70 % of a limit there is room for growth and a bad day."""
STYLED_SLOTS = ("serve", "transform")
"""Where code of the project runs, so where the deployment style is felt."""


@dataclass(frozen=True)
class Exposure:
    """Points that one pattern brings, by term."""

    fit: int = 0
    style: int = 0
    skills: int = 0
    ceiling: int = 0
    single_points: int = 0
    papers: int = 0

    @property
    def points(self) -> int:
        return self.fit + self.style + self.skills + self.ceiling + self.single_points + self.papers


def exposure(pattern: Pattern, evaluated: Evaluated, requirements: Requirements) -> Exposure:
    """What counts against one pattern in this project, in points."""
    r = requirements
    missing = [s for s in pattern.skills if s not in r.skills] if r.skills else []
    load = (evaluated.demand or 0.0) / evaluated.throughput if evaluated.throughput else 0.0
    fullest = max([load, *(quota.share for quota in evaluated.quotas)])
    alone = [failure for failure in evaluated.failures if failure.mitigated_by is None]
    return Exposure(
        fit=FIT_POINTS * (FIT_REASONS - min(FIT_REASONS, len(evaluated.suits))),
        style=_style(pattern, r),
        skills=round(SKILL_POINTS * len(missing) / max(1, len(pattern.skills))),
        ceiling=_tight(fullest, CEILING_POINTS),
        single_points=SINGLE_POINTS * min(DOMAINS, len(alone)),
        papers=PAPER_POINTS * min(PAPERS, len(evaluated.uncertified)),
    )


def _style(pattern: Pattern, requirements: Requirements) -> int:
    asked = requirements.deployment_pref
    if asked is DeploymentPref.ANY or pattern.capability not in STYLED_SLOTS or pattern.style == str(asked):
        return 0
    return STYLE_POINTS // 2 if pattern.style == "managed" else STYLE_POINTS


def _tight(share: float, points: int) -> int:
    """0 up to `HEADROOM` of a limit, `points` at the limit and beyond; whole points."""
    return round(points * min(1.0, max(0.0, share - HEADROOM) / (1 - HEADROOM)))


def latency_points(p95_ms: float | None, sla_ms: float | None) -> int:
    """Points for an answer whose p95 is near its limit."""
    return 0 if p95_ms is None or sla_ms is None else _tight(p95_ms / sla_ms, LATENCY_POINTS)


def downtime_points(availability_pct: float, target_pct: float) -> int:
    """Points for a plan that uses most of the downtime its target allows."""
    return _tight((100 - availability_pct) / (100 - target_pct), DOWNTIME_POINTS) if target_pct < 100 else 0


def most(slots: Iterable[str], requirements: Requirements) -> int:
    """Points of a plan against which everything counts that can count in this project."""
    each = FIT_POINTS * FIT_REASONS + CEILING_POINTS + SINGLE_POINTS * DOMAINS
    each += PAPER_POINTS * min(PAPERS, len(requirements.compliance))
    each += SKILL_POINTS if requirements.skills else 0
    style = STYLE_POINTS if requirements.deployment_pref is not DeploymentPref.ANY else 0
    slots = tuple(slots)
    styled = sum(slot.split(".")[0] in STYLED_SLOTS for slot in slots)
    way = DOWNTIME_POINTS + (LATENCY_POINTS if requirements.sla_latency_ms is not None else 0)
    return each * len(slots) + style * styled + way


def share(points: int, slots: Iterable[str], requirements: Requirements) -> float:
    """Points as the 0–1 scale of `ParetoMember.risk`."""
    return round(min(1.0, points / most(slots, requirements)), 3)
