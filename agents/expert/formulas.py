"""Statistics and sizing formulas that several agents use. Each states its formula and its source."""

from math import ceil

Z95 = 1.96
"""Two-sided 95 % confidence."""
Z80 = 0.8416
"""80 % power."""
MONTH_HOURS = 730
DAYS_PER_MONTH = 30.4


def rows_to_see_drop(share: float, drop: float) -> int:
    """Rows that show a fall of a proportion from `share` to `share - drop` with 95 % confidence and 80 %
    power.

    n = (1.96 + 0.84)^2 * p(1-p) / drop^2, one sample against a known value (the textbook
    one-sample formula, normal approximation). Raises ValueError unless 0 < drop < 1.
    """
    if not 0 < drop < 1:
        raise ValueError(f"drop must lie between 0 and 1, not {drop}")
    p = min(max(share, 0.05), 0.95)
    return ceil((Z95 + Z80) ** 2 * p * (1 - p) / drop**2)


def rows_per_arm(share: float, gain: float) -> int:
    """Rows in each of two arms that show a difference of `gain` between proportions (95 %, 80 %): twice
    the one-sample n."""
    return 2 * rows_to_see_drop(share, gain)


def requests_to_see_doubling(error_share: float) -> int:
    """Requests until a doubled error rate stands out (95 %, 80 %): n = (1.96+0.84)^2 * 3 / p for p -> 2p,
    p small.

    From (z)^2 * (p + 2p) / (2p - p)^2 with Poisson variances. Raises ValueError unless the share is positive.
    """
    if error_share <= 0:
        raise ValueError("an error share of 0 cannot double")
    return ceil((Z95 + Z80) ** 2 * 3 / error_share)


def sample_for_share(margin: float) -> int:
    """Rows that estimate any share within `margin` at 95 %: n = 1.96^2 * 0.25 / margin^2 (worst case p =
    0.5)."""
    return ceil(Z95**2 * 0.25 / margin**2)


def psi_min_rows(bins: int, threshold: float) -> int:
    """Rows in a window so that noise alone stays under a third of `threshold` of the population stability
    index.

    Without drift, PSI is about chi-square(bins - 1) * (1/n + 1/m); with a reference much larger than the
    window its mean is
    (bins - 1) / n (Yurdakul, Statistical Properties of Population Stability Index, 2018). So n = 3 * (bins
    - 1) / threshold,
    rounded up to full tens, and never under 20 rows a bin.
    """
    return max(ceil(3 * (bins - 1) / threshold / 10) * 10, 20 * bins)


def error_budget_minutes(availability_percent: float) -> float:
    """Minutes a month that may be lost: (100 - target) % of 730 hours."""
    return round((100 - availability_percent) / 100 * MONTH_HOURS * 60, 1)


def power_of_two(value: float, low: int, high: int) -> int:
    """The smallest power of two that is at least `value`, within `low` and `high`."""
    power = low
    while power < value and power < high:
        power *= 2
    return power
