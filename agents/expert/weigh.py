"""Weighing one option: facts that hold move its score, and stand on the card in the same words and with
the same points."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from agents.domain.decision import Candidate, Impacts

Value = str | float | int | bool


class Fact(NamedTuple):
    """`because` counts `points` for (or, negative, against) an option if it `holds`."""

    holds: bool
    points: float
    because: str


class Refusal(NamedTuple):
    """A hard reason against an option, if it `holds`."""

    holds: bool
    because: str


def option(
    name: str,
    summary: str,
    facts: Iterable[Fact],
    *,
    refusals: Iterable[Refusal] = (),
    tradeoffs: Iterable[str] = (),
    base: float = 0.4,
    burden: float | None = None,
    monthly_usd: Decimal | None = None,
    parameters: Mapping[str, Value] | None = None,
) -> Candidate:
    """A candidate scored `base` plus the points of the facts that hold, kept within 0 and 1.

    Its trade-offs are what is always true of it (`tradeoffs`), then each fact that holds with its points.
    """
    held = [fact for fact in facts if fact.holds]
    score = min(1.0, max(0.0, base + sum(fact.points for fact in held)))
    told = tuple(f"{fact.because} ({fact.points:+.2f})" for fact in held)
    return Candidate(
        id=name,
        summary=summary,
        tradeoffs=(*tradeoffs, *told),
        score=round(score, 3),
        refusals=tuple(refusal.because for refusal in refusals if refusal.holds),
        impacts=Impacts(burden=burden, monthly_usd=monthly_usd),
        parameters=dict(parameters or {}),
    )
