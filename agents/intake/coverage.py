"""Coverage: how much of what could change this plan is known, what is missing, and what is worth asking (SPEC §20)."""

from agents.domain.constraints import Constraints
from agents.domain.coverage import ClarifyingQuestion, Coverage, Gap
from agents.domain.findings import Finding, Severity
from agents.intake.assume import goes_on, read_assume
from agents.intake.assumptions import BLOCKING, assumptions_of
from agents.intake.conflict import Conflict
from agents.intake.conflicts import conflicts
from agents.intake.effect import Effect
from agents.intake.questions import Weighed, weighed
from agents.intake.weights import FACTORS, THRESHOLD, stated

MAX_QUESTIONS = 3

_OF_A_KIND = frozenset(
    {
        "throughput.requests_per_second",
        "throughput.events_per_second",
        "throughput.batch_gb_per_day",
        "sla_latency_ms",
        "availability_target",
    }
)
_MODEST = 5.0
"""Points of a conflict about a field that has no weight of its own here (one pattern or decision in twenty)."""


def cover(constraints: Constraints, effect: Effect | None = None) -> Coverage:
    """Scores the constraints, and lists gaps, assumptions and at most three questions.

    `score` is the weight of what is known over the weight of all that could change this plan (weights.py).
    Questions are asked about blocking fields and conflicts, and, while the score is below the threshold and nobody said
    to go on (`assume: {rest: true}`), about the gaps whose answers reach furthest in plan and cost. `effect` tells plan
    and cost of given constraints; it is called once for each choice of each gap.
    """
    confirmed = read_assume(constraints)[0]
    clashes = [clash for clash in conflicts(constraints) if clash.severity is not Severity.INFO]
    in_doubt = {clash.gap for clash in clashes if clash.gap is not None} - set(confirmed)
    weights = {factor.key: factor.weight(constraints) for factor in FACTORS}
    known = {
        key: (stated(constraints, key) or key in confirmed) and key not in in_doubt for key in weights if weights[key]
    }
    total = sum(weights[key] for key in known)
    gaps = _gaps(constraints, {key for key, there in known.items() if not there}, clashes, in_doubt, weights, total)
    # Rounded to four digits so that the order of addition can never show in a report.
    score = round(sum(weights[key] for key, there in known.items() if there) / total, 4)
    return Coverage(
        score=score,
        threshold=THRESHOLD,
        gaps=gaps,
        assumptions=assumptions_of(constraints),
        questions=_questions(constraints, gaps, score, effect),
        findings=tuple(_finding(clash) for clash in clashes),
    )


def _gaps(
    constraints: Constraints,
    unknown: set[str],
    clashes: list[Conflict],
    in_doubt: set[str],
    weights: dict[str, float],
    total: float,
) -> tuple[Gap, ...]:
    why = {factor.key: factor.why for factor in FACTORS}
    gaps = [
        Gap(
            key=key,
            kind="missing",
            why=why[key],
            weight=round(weights[key] / total, 4),
            blocking=key in BLOCKING,
        )
        for key in weights
        if key in unknown - in_doubt
    ]
    told: set[str] = set()
    for clash in clashes:
        about = clash.gap or clash.key
        if about in told:
            continue
        told.add(about)
        weight = weights.get(about) or _MODEST
        gaps.append(Gap(key=about, kind=clash.kind, why=f"{clash.key}: {clash.what}", weight=round(weight / total, 4)))
    order = {factor.key: place for place, factor in enumerate(FACTORS)}
    return tuple(
        sorted(
            gaps,
            key=lambda gap: (
                not gap.blocking,
                gap.kind == "missing",
                -gap.weight,
                order.get(gap.key, 99),
                gap.key,
            ),
        )
    )


def _questions(
    constraints: Constraints, gaps: tuple[Gap, ...], score: float, effect: Effect | None
) -> tuple[ClarifyingQuestion, ...]:
    """What blocks, then what is in doubt, then, below the threshold, the gaps whose answers reach furthest."""
    urgent = [gap for gap in gaps if gap.blocking or gap.kind != "missing"]
    asked = [_asked(gap, constraints, effect) for gap in urgent]
    found = [one.question for one in asked if one is not None][:MAX_QUESTIONS]
    if len(found) < MAX_QUESTIONS and score < THRESHOLD and not goes_on(constraints):
        # How much of what kind is a question only once the kinds are known.
        early = "workload_types" in {gap.key for gap in gaps}
        rest = [gap for gap in gaps if gap not in urgent and not (early and gap.key in _OF_A_KIND)]
        # Without a search the measured weight alone decides; the order of the gaps is that of their weights.
        open_ones = [one for gap in rest if (one := _asked(gap, constraints, effect)) is not None]
        open_ones.sort(key=lambda one: -round(one.reach, 4))
        found += [one.question for one in open_ones]
    return tuple(found[:MAX_QUESTIONS])


def _asked(gap: Gap, constraints: Constraints, effect: Effect | None) -> Weighed | None:
    return weighed(gap.key, constraints, gap.why, gap.blocking, effect)


def _finding(clash: Conflict) -> Finding:
    return Finding(
        rule=f"constraints.{clash.rule}",
        severity=clash.severity,
        message=f"{clash.key}: {clash.what}",
        remediation=clash.remedy,
        source="constraints",
        key=clash.key,
    )
