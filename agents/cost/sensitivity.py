"""How the bill moves with each figure it rests on, the patterns kept (COST.md §6, sensitivity)."""

from agents.cost.bill import Account
from agents.domain.cost import Sensitivity
from agents.domain.requirements import Requirements
from agents.patterns.facts import facts

UNITS = {
    "requests_per_second": "requests a second",
    "events_per_second": "events a second",
    "batch_gb_per_day": "GB a day",
    "training_rows": "training rows",
}
"""Constraints that a bill can grow with, and their unit."""
LOGS = "log volume"
LEAST_USD = 1
"""A figure that moves the bill by less than this is not worth a line."""


def sensitivity(account: Account, requirements: Requirements) -> tuple[Sensitivity, ...]:
    """The expected cost at half and at double of each figure, strongest first. Sizes follow the figure, patterns do
    not: where another pattern would win, `Plan.flips` says so."""
    now = account.usd(requirements)
    found = []
    for driver, unit in UNITS.items():
        value = getattr(requirements, driver)
        if not value:
            continue
        kind = type(value)
        half, double = (
            account.usd(requirements.model_copy(update={driver: kind(value * factor)})) for factor in (0.5, 2)
        )
        found.append(Sensitivity(driver=driver, now=f"{value:,} {unit}", half_usd=half, now_usd=now, double_usd=double))
    logs = facts(requirements)["logs_gb"]
    half, double = account.usd(requirements, logs_gb=logs / 2), account.usd(requirements, logs_gb=logs * 2)
    found.append(Sensitivity(driver=LOGS, now=f"{logs:,.3g} GB a month", half_usd=half, now_usd=now, double_usd=double))
    moving = [s for s in found if abs(s.double_usd - s.half_usd) >= LEAST_USD]
    return tuple(sorted(moving, key=lambda s: (-abs(s.double_usd - s.now_usd), s.driver)))
