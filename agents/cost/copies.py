"""What a second region costs where copies of data and models stand ready there: storage, and the way to it."""

from collections.abc import Iterable
from decimal import Decimal

from agents.cost.lines import price_line
from agents.cost.platform import SLOT
from agents.cost.pricebook import Missing, PriceBook
from agents.domain.cost import BomLine
from agents.domain.requirements import Requirements
from agents.patterns.compiled import amount_of
from agents.patterns.facts import MONTH_DAYS, facts

PATTERN = f"{SLOT}:copies"


def copies(lines: Iterable[BomLine], requirements: Requirements, region: str) -> tuple[BomLine, ...]:
    """Beside `lines` (those of the patterns): what the lake keeps in objects, once more in `region`; each day's share of it
    is sent there (`replicate` in the generated steps copies what is new), through a NAT gateway where tasks have one, for
    the endpoints of S3 in a network lead to its own region alone. Requests on the copies are below a hundredth of that."""
    found = tuple(lines)
    kept = sum((x.quantity for x in found if x.slot == "store" and x.sku == "standard.storage"), Decimal(0))
    if not kept:
        return ()
    sent = amount_of(float(kept) / facts(requirements)["retention_days"] * MONTH_DAYS)
    way = "stored_gb / retention_days * month_days"
    storage = _line(f"Copies in {region}", "s3", "standard.storage", kept, "stored_gb").model_copy(
        update={"region": region, "low": Decimal("0.6"), "high": Decimal("1.6")}
    )
    nat = any((x.service, x.sku) == ("nat_gateway", "hour") for x in found)
    return (
        storage,
        _line(f"Transfer of copies to {region}", "data_transfer", "inter_region_out", sent, way),
        *([_line("NAT traffic of copies", "nat_gateway", "data", sent, way)] if nat else []),
    )


def copies_usd(lines: Iterable[BomLine], requirements: Requirements, region: str, book: PriceBook) -> Decimal:
    """USD a month of `copies`."""
    found = (price_line(x, requirements.primary_region, book) for x in copies(lines, requirements, region))
    return sum((p.usd for p in found if not isinstance(p, Missing)), Decimal(0))


def _line(component: str, service: str, sku: str, quantity: Decimal, formula: str) -> BomLine:
    return BomLine(
        slot=SLOT,
        pattern=PATTERN,
        component=component,
        service=service,
        sku=sku,
        quantity=quantity,
        driver="batch_gb_per_day",
        low=Decimal("0.5"),
        high=Decimal(2),
        formula=formula,
        resource="aws_nat_gateway" if service == "nat_gateway" else None,
    )
