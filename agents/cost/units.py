"""What one unit of work costs, with its share of what all work shares."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from agents.domain.cost import PricedLine
from agents.domain.requirements import Requirements
from agents.patterns.facts import facts

NETWORK = ("nat_gateway", "vpc", "vpc_endpoint", "data_transfer")
"""Services that whoever runs in the network shares, whichever slot they are billed to."""


@dataclass(frozen=True)
class Work:
    """One kind of work: `amount` a month (fact over `divisor`), done by `slots`, growing with `driver`."""

    name: str
    fact: str
    divisor: int
    slots: tuple[str, ...]
    driver: str


WORKS = (
    Work("per_1000_predictions", "requests_month", 1000, ("serve.online",), "requests_per_second"),
    Work("per_1000_events", "events_month", 1000, ("serve.streaming",), "events_per_second"),
    Work("per_million_scored_rows", "batch_rows_month", 1_000_000, ("serve.batch",), ""),
    Work("per_training_run", "trainings_month", 1, ("train",), "training_rows"),
    Work(
        "per_tb_processed", "gb_month", 1000, ("ingest.batch", "ingest.streaming", "store", "transform"),
        "batch_gb_per_day",
    ),
)  # fmt: skip

SERVED = ("per_1000_predictions", "per_1000_events", "per_million_scored_rows")
"""Work that features are kept for, whatever their tables grow with."""


def amounts(requirements: Requirements) -> dict[str, Decimal]:
    """Units of each kind of work a month, those of nothing left out."""
    load = facts(requirements)
    load["gb_month"] = load["batch_gb_month"] + load["event_gb_month"]
    found = {work.name: Decimal(f"{load[work.fact]:.9g}") / work.divisor for work in WORKS}
    return {name: amount for name, amount in found.items() if amount > 0}


def unit_costs(lines: tuple[PricedLine, ...], requirements: Requirements) -> dict[str, Decimal]:
    """USD for one unit of work, six digits. A line belongs to the work of its slot, else of its driver; what is
    left (network, monitoring, keys, other environments) is spread in proportion, so that nothing is left out."""
    amount = amounts(requirements)
    slots = {p.line.slot for p in lines}
    works = [w for w in WORKS if w.name in amount and slots.intersection(w.slots)]
    direct = dict.fromkeys((w.name for w in works), Decimal(0))
    shared = Decimal(0)
    for p in lines:
        name = _work_of(p, works)
        if name is None:
            shared += p.usd
        else:
            direct[name] += p.usd
    spent = sum(direct.values(), Decimal(0))
    if not spent:
        return {}
    return {name: _unit(usd + shared * usd / spent, amount, name) for name, usd in direct.items()}


def _unit(usd: Decimal, amount: Mapping[str, Decimal], name: str) -> Decimal:
    return (usd / amount[name]).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def _work_of(p: PricedLine, works: list[Work]) -> str | None:
    line = p.line
    if line.environment != "prod" or (line.service in NETWORK and line.driver == "fixed"):
        return None
    by_slot = next((w.name for w in works if line.slot in w.slots), None)
    by_driver = next((w.name for w in works if w.driver == line.driver), None)
    if line.slot == "feature" and by_driver not in SERVED:
        return next((w.name for w in works if w.name in SERVED), by_driver)
    return by_slot or by_driver
