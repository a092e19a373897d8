"""The price book: dated list prices with source and confidence, tiers, and what a missing row means (COST.md §3)."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from agents.errors import Defect

Confidence = Literal["M", "D", "DX", "K", "KL"]
RANK: tuple[Confidence, ...] = ("M", "D", "K", "DX", "KL")
"""From sure to shaky, by the relative error that the book gives each."""
STALE_MONTHS = 18
STALE_ERROR = Decimal("0.03")
MULTIPLES = {"k": 10**3, "M": 10**6, "B": 10**9}
REFERENCE = "us-east-1"
"""The region in which the book prices whatever it prices anywhere, at the lowest list prices."""
INSTANCES = re.compile(r"^(ml\.[a-z0-9-]+\.|[a-z0-9-]+\.[a-z0-9]+\.linux\.)")
"""SKUs of instance types: for them a missing row means "not sold in that region at the source date", never
"price it yourself"."""


@dataclass(frozen=True)
class Row:
    """One tier of one price. `start` and `end` bound it in base units a month (requests, GB …), `end` None: no
    bound."""

    unit: str
    usd: Decimal
    start: Decimal
    end: Decimal | None
    confidence: Confidence
    source: str
    asof: str


@dataclass(frozen=True)
class Price:
    """A quantity priced through its tiers. `usd` is exact, not rounded; `unit_usd` is the mean over the tiers used;
    `error` the relative error of the price itself; `confidence`, `source`, `asof` those of the weakest tier used.
    `priced_as` is the region whose price stands in where the own one has none."""

    unit: str
    usd: Decimal
    unit_usd: Decimal
    confidence: Confidence
    error: Decimal
    source: str
    asof: str
    priced_as: str = ""


@dataclass(frozen=True)
class Missing:
    """No price. `not_offered`: the thing is not sold there (refuse or substitute); else it must be listed as
    not priced."""

    reason: str
    not_offered: bool


@dataclass(frozen=True)
class Commitment:
    """A discount for a year's promise: `share` of the list price that it takes off the SKUs it covers."""

    name: str
    share: Decimal
    service: str
    sku: str
    confidence: Confidence

    def covers(self, service: str, sku: str) -> bool:
        """True if the promise holds for that SKU."""
        return service == self.service and re.search(self.sku, sku) is not None


class PriceBook:
    """Prices by (service, sku, region). `digest` is the content hash, `date` the month the book was put
    together (YYYY-MM)."""

    def __init__(self, content: bytes) -> None:
        book: dict[str, Any] = json.loads(content, parse_float=Decimal)
        if book.get("schema") != "mlwright-pricebook/1":
            raise Defect("the price book has an unknown schema", remedy="reinstall mlwright")
        self.digest = hashlib.sha256(content).hexdigest()
        self.date: str = book["generated"]
        self.errors: Mapping[str, Decimal] = {k: Decimal(v) for k, v in book["relative_error"].items()}
        self._gpu: Mapping[str, list[str]] = book["gpu_availability"]
        self._sources: Mapping[str, dict[str, str]] = book["sources"]
        self.allowances = tuple(
            (frozenset((service, sku) for service, sku in part["skus"]), Decimal(part["quantity"]))
            for tier in book["free_tiers"]
            for part in tier.get("covers", ())
        )
        """What is free each month in an account, always: SKUs that share a quantity of price units."""
        self.commitments = tuple(
            Commitment(
                name, Decimal(d.get("median", d.get("typical"))), d["covers"]["service"], d["covers"]["sku"], d["conf"]
            )
            for name, d in sorted(book["commitment_discounts"].items())
            if "covers" in d
        )
        self.managed_spot = Decimal(book["commitment_discounts"]["sagemaker_managed_spot"]["typical"])
        """What a SageMaker job on spot capacity typically saves."""
        self._rows: dict[tuple[str, str, str], list[Row]] = {}
        for service, sku, region, unit, usd, start, end, confidence, source, asof in book["rows"]:
            row = Row(
                unit,
                Decimal(usd),
                Decimal(start or 0),
                None if end is None else Decimal(end),
                confidence,
                source,
                asof,
            )
            self._rows.setdefault((service, sku, region), []).append(row)
        self.regions: tuple[str, ...] = tuple(sorted({key[2] for key in self._rows}))
        self._known = {(service, sku) for service, sku, _ in self._rows}

    @classmethod
    def load(cls) -> "PriceBook":
        """The shipped book, read once. Raises Defect if it is not readable."""
        return _shipped()

    def gpu_families(self, region: str) -> frozenset[str]:
        """Accelerated instance families that are sold in `region` at the book's date."""
        return frozenset(family for family, regions in self._gpu.items() if region in regions)

    def months_old(self, asof: str) -> int:
        """Months from a price's date to the book's own."""
        return max(0, _months(self.date) - _months(asof))

    def source(self, name: str) -> str:
        """Where a source's numbers come from: repository, path, commit and date in one line. Raises KeyError."""
        s = self._sources[name]
        commit = f"@{s['commit']}" if s.get("commit") else ""
        return f"{s['repo']}{commit}:{s['path']} ({s['date']})"

    def rows(self, service: str, sku: str, region: str) -> tuple[Row, ...]:
        """The tiers of a price, lowest first; empty if there is none."""
        return tuple(self._rows.get((service, sku, region), ()))

    def price(
        self, service: str, sku: str, region: str, quantity: Decimal, *, anywhere: bool = False
    ) -> Price | Missing:
        """`quantity` price units a month, through marginal tiers. A quantity above the last known tier is
        priced at that tier, which can only be too high: list tiers fall.

        Where the region has no row, the price of `REFERENCE` stands in, as unsure as the book's least sure rows on top of
        its own error: a price is not zero because nobody wrote it down. Instance types are never lent, since a missing row
        says that they are not sold there; nor is anything to a region without any row, unless it may be `anywhere`.
        """
        rows, lent = self.rows(service, sku, region), ""
        if not rows and (anywhere or region in self.regions) and not INSTANCES.match(sku):
            rows, lent = self.rows(service, sku, REFERENCE), REFERENCE
        if not rows:
            return self._missing(service, sku, region)
        base = Decimal(multiple(rows[0].unit))
        used: list[Row] = []
        left, usd = quantity * base, Decimal(0)
        for i, row in enumerate(rows):
            end = None if i == len(rows) - 1 else row.end
            share = left if end is None else min(left, end - row.start)
            if share <= 0 and used:
                break
            usd += share / base * row.usd
            used.append(row)
            left -= share
        weakest = max(used, key=lambda row: RANK.index(row.confidence))
        return Price(
            unit=weakest.unit,
            usd=usd,
            unit_usd=used[0].usd if quantity == 0 else usd / quantity,
            confidence=RANK[-1] if lent else weakest.confidence,
            error=self._error(weakest) + (self.errors[RANK[-1]] if lent else 0),
            source=weakest.source,
            asof=min(row.asof for row in used),
            priced_as=lent,
        )

    def _error(self, row: Row) -> Decimal:
        error = self.errors[row.confidence]
        stale = row.confidence == "M" and _months(self.date) - _months(row.asof) > STALE_MONTHS
        return error + STALE_ERROR if stale else error

    def _missing(self, service: str, sku: str, region: str) -> Missing:
        if region not in self.regions:
            return Missing(f"the price book has no prices for {region}", not_offered=True)
        if INSTANCES.match(sku) and (service, sku) in self._known:
            name = sku.removesuffix(".ondemand").removesuffix(".linux")
            return Missing(
                f"{name} is not offered in {region} at the date of the price book ({self.date})",
                not_offered=True,
            )
        return Missing(f"the price book has no row for {service} {sku} in {region}", not_offered=False)


def multiple(unit: str) -> int:
    """How many base units one price unit holds: `1M requests` is 1,000,000, `GB-month` is 1."""
    match = re.match(r"^(\d+)([kMB]) ", unit)
    return int(match[1]) * MULTIPLES[match[2]] if match else 1


def _months(date: str) -> int:
    """Months since year 0 of `2024`, `2025-05`, `2025-04-04` or the end of `2022-2024`."""
    parts = date.split("-")
    if len(parts) == 2 and len(parts[1]) == 4:
        return int(parts[1]) * 12 + 12
    return int(parts[0]) * 12 + (int(parts[1]) if len(parts) > 1 else 12)


@cache
def _shipped() -> PriceBook:
    return PriceBook((Path(__file__).parent / "pricebook.json").read_bytes())
