"""The month that every monthly figure is of."""

MONTH_HOURS = 730.0
"""8,760 hours of a year over twelve: the month of AWS's price calculator (https://calculator.aws), and so of the bill."""


def minutes_down(percent: float) -> float:
    """Minutes a month that an availability leaves: (100 - percent) % of `MONTH_HOURS`."""
    return round((100 - percent) / 100 * MONTH_HOURS * 60, 1)
