"""What components cost at the very least while they stand, from the book, and what else a sane bill holds (COST.md §3, §6.8)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from agents.cost.pricebook import Missing, PriceBook
from agents.cost.units import NETWORK
from agents.domain.cost import CostEstimate, PricedLine
from agents.domain.month import MONTH_HOURS
from agents.domain.plan import Composition
from agents.domain.requirements import Requirements
from agents.patterns.facts import facts

HOURS = Decimal(MONTH_HOURS)
SLACK = Decimal("0.99")
"""Cents are rounded line by line."""
TIMES = 3
GPU = re.compile(r"(^|\.)(g4dn|g5|g6e?|p3|p4de?|p5(en)?|inf2|trn1)\.")
ANSWER_KB = 20
"""More than this an answer is not (unverified)."""


@dataclass(frozen=True)
class Floor:
    """The least units a month of a price row that stands: `sku` is a pattern over the names of the service's rows."""

    name: str
    service: str
    sku: str
    units: Decimal
    resource: str | None = None
    """Only for lines of this Terraform resource; None: for all."""

    def of(self, p: PricedLine) -> bool:
        """True if the line is of this component."""
        line = p.line
        wanted = self.resource is None or line.resource == self.resource
        return wanted and line.service == self.service and re.search(self.sku, line.sku) is not None


FLOORS = (
    Floor("SageMaker endpoint", "sagemaker", r"^ml\..*\.ondemand$", HOURS, "aws_sagemaker_endpoint"),
    Floor("Fargate service vCPU", "fargate", r"\.vcpu$", HOURS / 4, "aws_ecs_service"),
    Floor("Fargate service memory", "fargate", r"\.memory$", HOURS / 2, "aws_ecs_service"),
    Floor("load balancer", "alb", "^hour$", HOURS),
    Floor("NAT gateway", "nat_gateway", "^hour$", HOURS),
    Floor("Kinesis shard", "kinesis", r"^provisioned\.shard$", HOURS),
    Floor("Kinesis on-demand stream", "kinesis", r"^ondemand\.stream$", HOURS),
    Floor("MSK Serverless cluster", "msk", r"^serverless\.cluster$", HOURS),
    Floor("cache nodes", "elasticache", r"^cache\.", HOURS),
    Floor("encryption key", "kms", "^key$", Decimal(1)),
    Floor("secret", "secretsmanager", "^secret$", Decimal(1)),
    Floor("dashboard", "cloudwatch", "^dashboard$", Decimal(1)),
    Floor("Grafana editor", "amg", "^editor$", Decimal(1)),
)
"""The smallest that the provider sells of each component that a plan is billed for while it stands: a month of one, a
quarter vCPU and half a GB of Fargate."""


@dataclass(frozen=True)
class Below:
    """A component whose lines come to less than it costs standing still, in one environment."""

    floor: Floor
    environment: str
    slot: str
    usd: Decimal
    least_usd: Decimal


def below(lines: Iterable[PricedLine], book: PriceBook) -> Iterator[Below]:
    """Components below their floor at the book's prices of their region, by environment and slot."""
    for floor in FLOORS:
        groups: dict[tuple[str, str], list[PricedLine]] = {}
        for p in lines:
            if floor.of(p):
                groups.setdefault((p.line.environment, p.line.slot), []).append(p)
        for (environment, slot), group in groups.items():
            least = max((_price(p, floor.units, book) for p in group), default=Decimal(0))
            usd = sum((p.usd for p in group), Decimal(0))
            if usd < least * SLACK:
                yield Below(floor, environment, slot, usd, least)


def _price(p: PricedLine, units: Decimal, book: PriceBook) -> Decimal:
    price = book.price(p.line.service, p.line.sku, p.region, units)
    return Decimal(0) if isinstance(price, Missing) else price.usd


def floor_sum(lines: Iterable[PricedLine], book: PriceBook) -> Decimal:
    """The least the bill can be at the declared usage: of each line its low end, or what stands of it, or its
    component's floor, whichever is most."""
    return sum((_least(p, book) for p in lines), Decimal(0))


def _least(p: PricedLine, book: PriceBook) -> Decimal:
    floor = next((f for f in FLOORS if f.of(p)), None)
    standing = min(p.usd, _price(p, floor.units, book)) if floor is not None else Decimal(0)
    return max(p.usd_low, p.usd_idle, standing)


def gpu_hours(cost: CostEstimate, composition: Composition) -> Iterator[tuple[PricedLine, Decimal]]:
    """GPU lines above the hours that so many instances can run in a month, with that limit."""
    for p in cost.lines:
        if p.unit != "hour" or not GPU.search(p.line.sku):
            continue
        parameters = composition.parameters.get(p.line.slot, {})
        count = Decimal(str(parameters.get("max_instances", parameters.get("instances", 1))))
        if p.line.quantity > count * HOURS:
            yield p, count * HOURS


def egress(cost: CostEstimate, requirements: Requirements) -> tuple[Decimal, Decimal] | None:
    """(GB sent to the internet, GB that can be sent at most) if more leaves than the project has or makes."""
    load = facts(requirements)
    made = (
        load["requests_month"] * ANSWER_KB / 1e6 + load["batch_gb_month"] + load["event_gb_month"] + load["stored_gb"]
    )
    sent = sum((p.line.quantity for p in cost.lines if p.line.sku == "internet_out"), Decimal(0))
    limit = Decimal(f"{made:.9g}")
    return (sent, limit) if sent > limit else None


ZONES = 2
DOUBLED_FROM = 99.9
"""From this availability on, whatever an answer or an event needs stands in two zones."""
DOUBLED = (
    Floor("NAT gateways", "nat_gateway", "^hour$", ZONES * HOURS),
    Floor("endpoint instances", "sagemaker", r"^ml\..*\.ondemand$", ZONES * HOURS, "aws_sagemaker_endpoint"),
    Floor("service tasks", "fargate", r"\.vcpu$", ZONES * HOURS / 4, "aws_ecs_service"),
    Floor("cache nodes", "elasticache", r"^cache\.", ZONES * HOURS),
)


def single(cost: CostEstimate, requirements: Requirements) -> Iterator[tuple[str, Decimal]]:
    """What is on prod's bill once where the availability asks for two zones: (name, units on the bill)."""
    if requirements.availability_target < DOUBLED_FROM:
        return
    prod = [p for p in cost.lines if p.line.environment == "prod"]
    for floor in DOUBLED:
        slots = dict.fromkeys("" if p.line.service in NETWORK else p.line.slot for p in prod if floor.of(p))
        for slot in slots:
            group = [p for p in prod if floor.of(p) and slot in ("", p.line.slot)]
            units = sum((p.line.quantity for p in group), Decimal(0))
            if units < floor.units:
                yield f"{floor.name}{f' of {slot}' if slot else ''}", units
    for p in prod:
        if p.line.service == "rds.postgresql" and p.line.sku.endswith(".single_az"):
            yield p.line.component, p.line.quantity
