"""The bill against what the Terraform stands up, both ways and by quantity, for each environment."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from agents.cost.terraform_bom import Standing
from agents.domain.cost import PricedLine
from agents.domain.month import MONTH_HOURS

UNITS: Mapping[str, tuple[str, str, float]] = {
    "aws_cloudwatch_dashboard": ("cloudwatch", "^dashboard$", 1),
    "aws_cloudwatch_metric_alarm": ("cloudwatch", "^alarm", 1),
    "aws_ecs_service": ("fargate", r"\.vcpu$", MONTH_HOURS),
    "aws_eip": ("vpc", "^public_ipv4$", MONTH_HOURS),
    "aws_elasticache_replication_group": ("elasticache", r"^cache\.", MONTH_HOURS),
    "aws_kinesis_stream": ("kinesis", r"^(provisioned\.shard|ondemand\.stream)$", MONTH_HOURS),
    "aws_kms_key": ("kms", "^key$", 1),
    "aws_lb": ("alb", "^hour$", MONTH_HOURS),
    "aws_msk_serverless_cluster": ("msk", r"^serverless\.cluster$", MONTH_HOURS),
    "aws_nat_gateway": ("nat_gateway", "^hour$", MONTH_HOURS),
    "aws_sagemaker_endpoint_configuration": ("sagemaker", r"^ml\..*\.ondemand$", MONTH_HOURS),
    "aws_secretsmanager_secret": ("secretsmanager", "^secret$", 1),
    "aws_vpc_endpoint": ("vpc_endpoint", r"^interface\.hour$", MONTH_HOURS),
}
"""Generated resource to the price rows (service, SKU) that are charged while it stands, and their units a month for one
thing."""
PART_OF: Mapping[str, str] = {"aws_sagemaker_endpoint_configuration": "aws_sagemaker_endpoint"}
STANDS = frozenset(UNITS) | frozenset(
    (
        "aws_db_instance",
        "aws_ebs_volume",
        "aws_eks_cluster",
        "aws_elasticache_cluster",
        "aws_emr_cluster",
        "aws_instance",
        "aws_lambda_provisioned_concurrency_config",
        "aws_msk_cluster",
        "aws_mwaa_environment",
        "aws_opensearchserverless_collection",
        "aws_rds_cluster",
        "aws_redshift_cluster",
        "aws_sagemaker_endpoint",
        "aws_sagemaker_notebook_instance",
        "aws_wafv2_web_acl",
    )
)
"""Resources that cost money by standing there: a line in each environment. Some no template makes: people add them."""
FILLED = frozenset(
    (
        "aws_dynamodb_table",
        "aws_ecr_repository",
        "aws_grafana_workspace",
        "aws_kinesis_firehose_delivery_stream",
        "aws_prometheus_workspace",
        "aws_redshiftserverless_workgroup",
    )
)
"""Resources that cost money by what flows into them: nothing where nothing flows, so a line in prod is enough."""
LEAST_USD = Decimal(1)
"""A priced line below a dollar a month need not have a resource of its own."""
SLACK = 0.01


@dataclass(frozen=True)
class Gap:
    """One difference. `resource` its type, `name` the block's (empty if none stands), `slot` who is billed (empty if
    nobody); `environments` where; `generated` and `priced` how many things in the first of them, if that is the
    difference; `usd` what is at stake there, as far as the bill knows."""

    kind: Literal["generated-not-priced", "priced-not-generated", "priced-too-few", "priced-too-many"]
    resource: str
    name: str
    path: str
    slot: str
    environments: tuple[str, ...]
    generated: float | None = None
    priced: float | None = None
    usd: Decimal = Decimal(0)


def gaps(standing: Iterable[Standing], lines: Iterable[PricedLine]) -> tuple[Gap, ...]:
    """Every difference between what stands and what is charged, the same one of several environments once."""
    stands, billed = tuple(standing), tuple(lines)
    names = tuple(dict.fromkeys(s.environment for s in stands))
    found: list[Gap] = []
    anywhere = frozenset(p.line.resource for p in billed if p.line.resource is not None)
    for name in names:
        there = [s for s in stands if s.environment == name]
        charged = [p for p in billed if p.line.environment == name]
        found += _not_priced(name, there, charged, anywhere)
        found += _too_few_or_many(name, there, charged)
        found += _not_generated(name, there, charged)
    return _once(found)


def _not_priced(name: str, there: list[Standing], charged: list[PricedLine], anywhere: frozenset[str]) -> list[Gap]:
    here = {p.line.resource for p in charged if p.line.resource is not None}
    return [
        Gap("generated-not-priced", s.type, s.name, s.path, "", (name,))
        for s in there
        if s.things != 0
        and (
            (s.type in STANDS and s.type not in here and PART_OF.get(s.type) not in here)
            or (s.type in FILLED and s.type not in anywhere)
        )
    ]


def _too_few_or_many(name: str, there: list[Standing], charged: list[PricedLine]) -> list[Gap]:
    """Fewer or more things on the bill than stand; silent where a count cannot be known before it runs, and where
    scaling takes more than the least that the Terraform keeps."""
    found = []
    for resource, (service, sku, units) in UNITS.items():
        blocks = [s for s in there if s.type == resource]
        owners = (resource, PART_OF.get(resource, resource))
        lines = [p for p in charged if p.line.resource in owners and _is(p, service, sku)]
        if not blocks or not lines or any(s.things is None for s in blocks):
            continue
        generated = sum((s.things or 0.0) * s.size for s in blocks)
        priced = sum((float(p.line.quantity) for p in lines), 0.0) / units
        fixed = all(p.line.driver == "fixed" for p in lines)
        kind: Literal["priced-too-few", "priced-too-many"]
        kind = "priced-too-few" if priced < generated else "priced-too-many"
        if abs(priced - generated) <= SLACK or (kind == "priced-too-many" and not fixed):
            continue
        usd = abs(sum((p.usd for p in lines), Decimal(0)) * (Decimal(f"{generated / priced:.9f}") - 1))
        if usd < LEAST_USD and kind == "priced-too-many":
            continue
        slot = lines[0].line.slot
        found.append(Gap(kind, resource, blocks[0].name, blocks[0].path, slot, (name,), generated, priced, _cent(usd)))
    return found


def _cent(usd: Decimal) -> Decimal:
    return usd.quantize(Decimal("0.01"))


def _is(p: PricedLine, service: str, sku: str) -> bool:
    return p.line.service.startswith(service) and re.search(sku, p.line.sku) is not None


def _not_generated(name: str, there: list[Standing], charged: list[PricedLine]) -> list[Gap]:
    types = {s.type for s in there if s.things != 0 or s.type not in UNITS}
    usd: dict[tuple[str, str], Decimal] = {}
    for p in charged:
        if p.line.resource is not None and p.line.resource not in types:
            key = (p.line.resource, p.line.slot)
            usd[key] = usd.get(key, Decimal(0)) + p.usd
    return [
        Gap("priced-not-generated", resource, "", "", slot, (name,), usd=amount)
        for (resource, slot), amount in sorted(usd.items())
        if amount >= LEAST_USD
    ]


def _once(found: list[Gap]) -> tuple[Gap, ...]:
    """Gaps that differ in the environment alone as one, with the largest amount; in the order found."""
    merged: dict[tuple[str, ...], Gap] = {}
    for gap in found:
        key = (gap.kind, gap.resource, gap.name, gap.path, gap.slot)
        first = merged.get(key)
        merged[key] = gap if first is None else _both(first, gap)
    return tuple(merged.values())


def _both(a: Gap, b: Gap) -> Gap:
    larger = a if a.usd >= b.usd else b
    return Gap(
        a.kind, a.resource, a.name, a.path, a.slot, (*a.environments, *b.environments),
        larger.generated, larger.priced, a.usd + b.usd,
    )  # fmt: skip
