"""How long rows and their versions are kept: the one rule of the bill, the store's patterns and the agents."""

import re
from math import ceil

from agents.domain.constraints import Compliance, DataClass
from agents.domain.requirements import Requirements

SEASON_DAYS = 395
"""Thirteen months: the same month last year can still be compared."""
OUTCOME_DAYS = 365
"""Rows with an outcome that the lake holds beside those that still wait for theirs: a year of seasons."""
AUDITED = frozenset({Compliance.HIPAA, Compliance.PCI_DSS, Compliance.SOC2, Compliance.ISO27001})
_LATE = re.compile(r"(?P<n>\d+)_?(?P<unit>d|day|days|h|hour|hours|w|week|weeks|m|month|months)(?:$|_)")
_UNIT_DAYS = {"d": 1.0, "h": 1 / 24, "w": 7.0, "m": 30.0}


def label_delay_days(label: str | None) -> float | None:
    """Days read from a label's name: `churned_within_30d` is 30, `fraud_72h` is 3; None if it names no
    period."""
    match = _LATE.search(label.lower()) if label else None
    return round(int(match["n"]) * _UNIT_DAYS[match["unit"][0]], 2) if match else None


def regulated(requirements: Requirements) -> bool:
    """True if outsiders audit: health or card data, or HIPAA, PCI DSS, SOC 2, ISO 27001."""
    return requirements.data_classification in {DataClass.PHI, DataClass.PCI} or not AUDITED.isdisjoint(
        requirements.compliance
    )


def retention_days(requirements: Requirements) -> int:
    """Days that curated rows are kept: thirteen months, or a year and the wait for the outcome if that is longer.

    An outcome that is known after 24 months leaves no row to learn from in a lake that forgets after 13.
    """
    return max(SEASON_DAYS, OUTCOME_DAYS + ceil(label_delay_days(requirements.data.label) or 0.0))


def versions_days(requirements: Requirements) -> int:
    """How long a training set must be found again: an audit year where outsiders audit, else a quarter.

    Personal data without an audit duty is kept no longer than a quarter (storage limitation, GDPR Art.
    5(1)(e)).
    """
    return 365 if regulated(requirements) else 90
