"""Numbers and lists as people read them; the same value always gives the same words."""

import math
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal


def number(value: float) -> str:
    """`2,000,000`, `0.62`, `12`: thousands separated, at most three significant decimals, no trailing
    zeros. What is beyond counting (a share of almost nothing) is `∞`."""
    if not math.isfinite(value):
        return "∞"
    if value == int(value):
        return f"{int(value):,}"
    if abs(value) >= 999.5:  # three digits would be 1e+03
        return f"{value:,.0f}"
    return f"{float(value):.3g}"


def usd(value: Decimal) -> str:
    """`$1,086`: whole dollars, half up; cents below ten dollars."""
    if abs(value) < 10:
        return f"${value.quantize(Decimal('0.01'), ROUND_HALF_UP)}"
    return f"${value.quantize(Decimal(1), ROUND_HALF_UP):,}"


def listed(words: Iterable[str], *, empty: str = "none", limit: int = 6) -> str:
    """`a, b and c`; beyond `limit` the rest is counted, not named."""
    items = list(words)
    if not items:
        return empty
    if len(items) > limit:
        return f"{', '.join(items[:limit])} and {len(items) - limit} more"
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def plural(count: float, one: str, many: str | None = None) -> str:
    """`1 day`, `30 days`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"
