"""Money: bill of materials, priced lines, estimate. Decimal USD a month throughout; never float."""

from decimal import Decimal
from typing import Literal

from agents.domain.base import Frozen


class BomLine(Frozen):
    """One quantity to be priced, evaluated from a pattern for given requirements.

    `slot` is where the pattern stands in the plan (`serve.online`); `component` names the thing for people;
    `service`, `sku` and `unit` name rows of the price book; `quantity` is units a month; `driver` is the constraint that
    moves it (`requests_per_second`), or `fixed`; `low` and `high` are factors on the quantity (P10–P90, 1 for capacity);
    `resource` is the Terraform resource type that causes it. `environment` is who pays: prod, or one that stands beside it.
    `region` is where it is charged, if not in the project's first region.
    `idle` is the part of `quantity` that is charged without any request, event, delivery or training; None: all of a
    `fixed` line, nothing of another.
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
    environment: str = "prod"
    region: str = ""
    idle: Decimal | None = None

    @property
    def idle_quantity(self) -> Decimal:
        """Units a month that stand without load; never above `quantity`."""
        if self.idle is None:
            return self.quantity if self.driver == "fixed" else Decimal(0)
        return min(self.idle, self.quantity)


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
    usd_idle: Decimal = Decimal(0)
    """Of `usd`, what is charged without any load."""
    stated: str = ""
    """What a person said of the driver, `assumed` where nobody did; empty for a driver that is no constraint."""
    unverified: str = ""
    """Why the price is no more than an order: `priced as in us-east-1`, where its own region has none."""


class Unpriced(Frozen):
    """What is in the plan but has no price here. Never silent, never zero. `usd` is its order in USD a month; None: unknown,
    or not a limit's matter (tax, what is paid once, what an account mostly has)."""

    component: str
    reason: str
    magnitude: str = "unknown"
    usd: Decimal | None = None


class CostDelta(Frozen):
    """Change of one component against the previous version, re-priced with the same book.

    `usage`: the same thing is charged for another amount because an assumption or the load model changed, not
    because somebody asked for something else; `repriced`: the price book changed, which is nobody's change here.
    """

    component: str
    before_usd: Decimal
    after_usd: Decimal
    kind: Literal["added", "removed", "resized", "usage", "repriced"]
    driver: str
    slot: str = ""


class Lever(Frozen):
    """A change of one constraint or commitment that makes the plan cheaper: what to write, what it saves, what it takes away."""

    key: str
    change: str
    saves_usd: Decimal
    gives_up: str


class Sensitivity(Frozen):
    """How the expected cost moves with one driver, the plan's patterns kept: at half, at present and at twice its value."""

    driver: str
    now: str
    half_usd: Decimal
    now_usd: Decimal
    double_usd: Decimal


class EnvironmentCost(Frozen):
    """One environment of the plan: what it costs a month with its range, and which share stands without any load."""

    name: str
    monthly_usd: Decimal
    idle_usd: Decimal
    low_usd: Decimal = Decimal(0)
    high_usd: Decimal = Decimal(0)


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
    """Of `monthly_usd`, what stands without any load, in all environments; `variable_usd` is the rest."""
    variable_usd: Decimal
    lines: tuple[PricedLine, ...]
    deltas: tuple[CostDelta, ...]
    unpriced: tuple[Unpriced, ...]
    assumptions: tuple[str, ...]
    unit_costs: dict[str, Decimal]
    """For example `per_1000_predictions`, `per_training_run`; absent where the denominator is unknown or zero. Each holds
    its share of what is shared, so that all of them times their amounts are `monthly_usd`."""
    price_book: str
    price_book_date: str
    oldest_price: str
    environments: tuple[EnvironmentCost, ...] = ()
    """Every environment that is generated, prod first; the others run the same parts idle and small."""
    levers: tuple[Lever, ...] = ()
    """What would make it cheaper, largest saving first."""
    sensitivity: tuple[Sensitivity, ...] = ()
    """What moves the expected cost, strongest first."""
    free_usd: Decimal = Decimal(0)
    """What free allowances would take off; not subtracted, for an account shares them between its projects."""
    training_usd: Decimal | None = None
    """Of `monthly_usd`, what training takes."""
    llm_usd: Decimal | None = None
    """Of `monthly_usd`, what calls of a language model take; None without one in the plan."""
    outside: tuple[Unpriced, ...] = ()
    """What people pay for this project beside the provider's usage: CI minutes, support, labelling, tax."""

    @property
    def unverified_usd(self) -> Decimal:
        """Of `monthly_usd`, what rests on prices that are no more than an order."""
        return sum((p.usd for p in self.lines if p.unverified), Decimal(0))

    def beyond(self, limit: Decimal) -> tuple[Unpriced, ...]:
        """What no line has and yet could take a bill within `limit` above it: what has no price and no known order, and all
        of known order if together they do. Tax and what is paid once are in nobody's monthly limit."""
        if self.monthly_usd > limit:
            return ()
        left = [u for u in (*self.unpriced, *self.outside) if u.usd]
        over = self.monthly_usd + sum((u.usd or Decimal(0) for u in left), Decimal(0)) > limit
        return (*(u for u in self.unpriced if u.usd is None), *(left if over else ()))

    @property
    def noise_usd(self) -> Decimal:
        """A change below this is not worth a line: the larger of 5 USD and 1 %."""
        return max(Decimal(5), self.monthly_usd / 100)

    @property
    def quiet(self) -> bool:
        """True if nothing changed that people should be told: below the noise, and no fall of a tenth."""
        if self.delta_vs_prev_usd is None:
            return False
        before = self.monthly_usd - self.delta_vs_prev_usd
        fell = before > 0 and -self.delta_vs_prev_usd > before / 10
        return abs(self.delta_vs_prev_usd) < self.noise_usd and not fell
