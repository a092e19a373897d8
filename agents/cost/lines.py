"""Priced lines and their sums: whole cents, so totals are exact, and a range that knows what moves together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from math import isqrt

from agents.cost.pricebook import Missing, Price, PriceBook
from agents.domain.cost import BomLine, PricedLine

CENT = Decimal("0.01")


def cents(usd: Decimal) -> int:
    """USD in whole cents, half up: the one place where money is rounded."""
    return int(usd.quantize(CENT, ROUND_HALF_UP).scaleb(2))


def dollars(amount: int) -> Decimal:
    """Whole cents as USD with two digits."""
    return Decimal(amount).scaleb(-2).quantize(CENT)


def price_line(line: BomLine, region: str, book: PriceBook) -> PricedLine | Missing:
    """One line at the book's prices in `region`, or in its own where it has one.

    Its range is the quantity's (`low`–`high`) widened by the relative error of the price (COST.md §6.1).
    """
    away, region = bool(line.region), line.region or region
    price = book.price(line.service, line.sku, region, line.quantity, anywhere=away)
    if isinstance(price, Missing):
        return price
    usd = dollars(cents(price.usd))
    idle = line.idle_quantity
    standing = price if idle == line.quantity else book.price(line.service, line.sku, region, idle, anywhere=away)
    return PricedLine(
        line=line,
        unit=price.unit,
        unit_usd=price.unit_usd.quantize(Decimal("1e-12")).normalize(),
        usd=usd,
        usd_low=min(usd, dollars(cents(price.usd * line.low * (1 - price.error)))),
        usd_high=max(usd, dollars(cents(price.usd * line.high * (1 + price.error)))),
        confidence=price.confidence,
        source=price.source,
        asof=price.asof,
        region=region,
        usd_idle=min(usd, dollars(cents(standing.usd))) if isinstance(standing, Price) and idle > 0 else Decimal(0),
        unverified=f"priced as in {price.priced_as}" if price.priced_as else "",
    )


@dataclass(frozen=True)
class Total:
    """A sum of lines in cents, `fixed` what of it stands without load, with the width below and above it by driver.
    Sums of sums are exact."""

    cents: int = 0
    fixed: int = 0
    down: Mapping[str, int] = field(default_factory=dict)
    up: Mapping[str, int] = field(default_factory=dict)

    @property
    def low(self) -> int:
        """Lines of one driver move together, drivers independently: add within, root of the sum of squares across."""
        return self.cents - isqrt(sum(width * width for width in self.down.values()))

    @property
    def high(self) -> int:
        return self.cents + isqrt(sum(width * width for width in self.up.values()))

    def __add__(self, other: "Total") -> "Total":
        return Total(
            self.cents + other.cents,
            self.fixed + other.fixed,
            _merged(self.down, other.down),
            _merged(self.up, other.up),
        )

    def __sub__(self, other: "Total") -> "Total":
        """What the lines of `other` leave, where they are among those of this sum."""
        down, up = ({d: -w for d, w in widths.items()} for widths in (other.down, other.up))
        return self + Total(-other.cents, -other.fixed, down, up)


def _merged(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    out = dict(a)
    for driver, width in b.items():
        out[driver] = out.get(driver, 0) + width
    return out


def total(lines: Iterable[PricedLine]) -> Total:
    """The sum of priced lines."""
    amount, fixed = 0, 0
    down: dict[str, int] = {}
    up: dict[str, int] = {}
    for line in lines:
        expected, driver = cents(line.usd), line.line.driver
        amount += expected
        fixed += cents(line.usd_idle)
        down[driver] = down.get(driver, 0) + expected - cents(line.usd_low)
        up[driver] = up.get(driver, 0) + cents(line.usd_high) - expected
    return Total(amount, fixed, down, up)
