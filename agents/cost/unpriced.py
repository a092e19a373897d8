"""What the bill leaves out, each with its order of magnitude: nothing is silently zero (COST.md §6.6)."""

from decimal import ROUND_HALF_UP, Decimal

from agents.domain.cost import Unpriced
from agents.domain.requirements import Requirements
from agents.patterns.answer_time import DEEP
from agents.patterns.facts import REGULATED

SUPPORT_USD, SUPPORT_SHARE = Decimal(100), Decimal("0.10")
"""AWS Business support: the larger of 100 USD and a tenth of the bill (unverified)."""
SUPPORTED_FROM = 99.9
CI_MINUTES, CI_USD = 15, Decimal("0.008")
"""Minutes of one run of the generated checks (unverified), and of a Linux minute beyond the plan's (unverified)."""
CI_RUNS = 60
"""Runs a month: two a working day, and the schedules' own (unverified)."""
LABEL_USD = Decimal("0.05")
"""One label by a person (unverified)."""


def outside(requirements: Requirements, monthly: Decimal) -> tuple[Unpriced, ...]:
    """What people pay for this project beside the provider's usage, each only where it applies."""
    minutes = CI_MINUTES * CI_RUNS
    found = [
        Unpriced(
            component="CI minutes",
            reason="GitHub charges them, by the plan of the organisation",
            magnitude=f"{minutes} minutes a month; {_round(minutes * CI_USD)} USD if the plan's are used up (unverified)",
        )
    ]
    if requirements.availability_target >= SUPPORTED_FROM or requirements.data_classification in REGULATED:
        usd = max(SUPPORT_USD, monthly * SUPPORT_SHARE)
        why = (
            f"{requirements.availability_target:g} % is promised"
            if requirements.availability_target >= SUPPORTED_FROM
            else f"{requirements.data_classification.value} data is at stake"
        )
        found.append(
            Unpriced(
                component="Support plan",
                reason=f"an account's own choice, asked for because {why}",
                magnitude=f"about {_round(usd)} USD a month for the business plan (unverified)",
                usd=usd,
            )
        )
    if requirements.data.label is None and requirements.problem in DEEP:
        usd = requirements.training_rows * LABEL_USD
        found.append(
            Unpriced(
                component="Labelling",
                reason="no column holds the outcome, so people have to say it",
                magnitude=f"about {_round(usd)} USD once for all {requirements.training_rows:,} rows (unverified)",
            )
        )
    found.append(
        Unpriced(
            component="Tax",
            reason="list prices are without it",
            magnitude=f"{_round(monthly / 5)} USD a month at 20 %",
        )
    )
    return tuple(found)


def _round(usd: Decimal) -> str:
    """Two significant digits: an order, not a price."""
    digits = max(0, usd.adjusted() - 1) if usd else 0
    return f"{usd.quantize(Decimal(1).scaleb(digits), ROUND_HALF_UP):,f}"
