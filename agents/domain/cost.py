"""Money: bill of materials, priced lines, estimate. Decimal USD a month throughout; never float."""

from decimal import Decimal
from typing import Literal

from agents.domain.base import Frozen


class BomLine(Frozen):
    """One quantity to be priced, evaluated from a pattern for given requirements.

    `slot` is where the pattern stands in the plan (`serve.online`); `component` names the thing for people;
    `service`, `sku` and `unit` name rows of the price book; `quantity` is units a month; `driver` is the constraint that
    moves it (`requests_per_second`), or `fixed`; `low` and `high` are factors on the quantity (P10–P90, 1 for capacity);
    `resource` is the Terraform resource type that causes it.
    """

    slot: str
    pattern: str
    component: str
    service: str
    sku: str
    quantity: Decimal
    driver: str
    low: Decimal = Decimal(1)
    high: Decimal = Decimal(1)
    formula: str = ""
    resource: str | None = None


class PricedLine(Frozen):
    """A bill-of-materials line with its price: `usd` expected, `usd_low`–`usd_high` its range, and the price row it came from."""

    line: BomLine
    unit: str
    unit_usd: Decimal
    usd: Decimal
    usd_low: Decimal
    usd_high: Decimal
    confidence: Literal["M", "D", "DX", "K", "KL"]
    source: str
    asof: str
    region: str


class Unpriced(Frozen):
    """What is in the plan but has no price here. Never silent, never zero."""

    component: str
    reason: str
    magnitude: str = "unknown"


class CostDelta(Frozen):
    """Change of one component against the previous version, re-priced with the same book."""

    component: str
    before_usd: Decimal
    after_usd: Decimal
    kind: Literal["added", "removed", "resized", "repriced"]
    driver: str


class BreakdownItem(Frozen):
    """One row of SPEC §22.2 Cost Estimate."""

    service: str
    qty: str
    usd: Decimal


class CostEstimate(Frozen):
    """SPEC §22.2 Cost Estimate plus range, lines, what is unpriced and what it rests on. `monthly_usd` is the expected value."""

    monthly_usd: Decimal
    low_usd: Decimal
    high_usd: Decimal
    breakdown: tuple[BreakdownItem, ...]
    method: str
    delta_vs_prev_usd: Decimal | None
    delta_vs_prev_pct: Decimal | None
    fixed_usd: Decimal
    variable_usd: Decimal
    lines: tuple[PricedLine, ...]
    deltas: tuple[CostDelta, ...]
    unpriced: tuple[Unpriced, ...]
    assumptions: tuple[str, ...]
    unit_costs: dict[str, Decimal]
    """For example `per_1000_predictions`, `per_training_run`; absent where the denominator is unknown or zero."""
    price_book: str
    price_book_date: str
    oldest_price: str
