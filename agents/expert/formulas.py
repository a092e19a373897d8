"""Statistics and sizing formulas that several agents use. Each states its formula and its source."""

from math import ceil, log, sqrt

Z95 = 1.96
"""Two-sided 95 % confidence."""
Z80 = 0.8416
"""80 % power."""
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


def power_of_two(value: float, low: int, high: int) -> int:
    """The smallest power of two that is at least `value`, within `low` and `high`."""
    power = low
    while power < value and power < high:
        power *= 2
    return power


def rows_without_a_miss(share: float) -> int:
    """Cases that show at least one of a `share` with 95 % confidence: n = 3 / share (rule of three)."""
    return ceil(3 / share)


def noise_of_psi(bins: int, rows: float) -> float:
    """Mean PSI of `rows` without drift: (bins - 1) / n (see `psi_min_rows`)."""
    return (bins - 1) / max(1.0, rows)


def noise_of_ks(rows: float) -> float:
    """95 % bound of the Kolmogorov-Smirnov distance without drift, large reference: 1.36 / sqrt(n)."""
    return 1.36 / sqrt(max(1.0, rows))


def noise_of_js(bins: int, rows: float) -> float:
    """Mean Jensen-Shannon distance (base 2) without drift: sqrt((bins - 1) / (8 n ln 2)).

    The divergence of two near distributions is chi-square / (8 n ln 2) to second order, large reference.
    """
    return sqrt((bins - 1) / (8 * max(1.0, rows) * log(2)))


LARGE_ROWS = 50_000
"""From so many rows on a tenth of them judges a model as well as a fifth of fewer would."""


def held_out_share(rows: int) -> float:
    """Share of rows that is held out for the final judgement: a fifth, a tenth from `LARGE_ROWS` on."""
    return 0.2 if rows < LARGE_ROWS else 0.1


def rows_to_hold(needed: int) -> int:
    """Training rows that must exist so that `held_out_share` of them is at least `needed`."""
    return min(
        rows
        for rows in (ceil(needed / 0.2), max(LARGE_ROWS, ceil(needed / 0.1)))
        if rows * held_out_share(rows) >= needed
    )


def requests_for_percentile(percentile: float, margin: float) -> int:
    """Requests after which a latency percentile is known within `margin` (both shares) at 95 %:
    n = 1.96^2 * p(1-p) / margin^2 (normal approximation of an order statistic's rank)."""
    return ceil(Z95**2 * percentile * (1 - percentile) / margin**2)
