"""What the generated Terraform makes people pay beside the patterns' own lines: traffic, addresses, old versions,
logs, steps, secrets, the tokens of a language model, and copies in a second region."""

from collections.abc import Mapping
from typing import Any

from agents.cost.copies import copies
from agents.cost.pricebook import PriceBook
from agents.cost.tokens import quantities, usual_model
from agents.domain.constraints import Problem
from agents.domain.cost import BomLine
from agents.domain.month import MONTH_HOURS
from agents.domain.outputs.governance_ethics import GovernanceEthics, PersonalData
from agents.domain.outputs.monitoring_observability import MonitoringObservability
from agents.domain.outputs.system_architecture import SystemArchitecture
from agents.domain.outputs.tech_stack import TechStack
from agents.domain.outputs.versioning_governance import VersioningGovernance
from agents.domain.pattern import Quantity
from agents.domain.plan import AgentOutput
from agents.domain.requirements import Requirements
from agents.expressions import Expression, Scope
from agents.patterns.compiled import amount_of

SLOT = "platform"
PATTERN = "platform:shared"
TRAFFIC = (
    Quantity(
        component="NAT addresses", service="vpc", sku="public_ipv4", quantity="nat * month_hours", driver="fixed",
        when="nat > 0", resource="aws_eip",
    ),
    Quantity(
        component="NAT traffic of logs", service="nat_gateway", sku="data", quantity="task_logs_gb",
        driver="log volume", low=0.4, high=3, when="nat > 0", resource="aws_nat_gateway",
    ),
    Quantity(
        component="NAT traffic of events", service="nat_gateway", sku="data",
        quantity="event_gb_month + events_month / 1000000", driver="events_per_second", low=0.5, high=2,
        when="nat > 0 && stream_through_nat", resource="aws_nat_gateway",
    ),
    Quantity(
        component="Shard leases", service="dynamodb", sku="ondemand.write",
        quantity="(stream_shards + stream_tasks) / 5 * month_seconds / 1000000", driver="events_per_second",
        low=0.5, high=1.5, when="stream_through_nat", resource="aws_dynamodb_table",
    ),
    Quantity(
        component="Traffic between zones", service="data_transfer", sku="inter_az_each_way",
        quantity="(task_logs_gb + (stream_through_nat ? event_gb_month + events_month / 1000000 : 0)) / 2 * 2",
        driver="log volume", low=0.4, high=3, when="nat == 1",
    ),
    Quantity(
        component="Public addresses of tasks", service="vpc", sku="public_ipv4", quantity="task_hours",
        driver="batch_gb_per_day", low=0.5, high=2, when="nat == 0 && task_hours > 0",
    ),
)  # fmt: skip
"""Gateway endpoints carry S3 and DynamoDB for nothing; what is left of a task's traffic goes through NAT: its logs, and
events where a container reads Kinesis (a decision of 1 KB goes back). With one gateway for two zones, half of it crosses
a zone and is charged on both sides. Containers that read Kinesis renew a lease each, and one for each shard they hold,
every five seconds (`ingestion/leases.py`). An internal load balancer has no public address and pays nothing between zones."""

KEPT = (
    Quantity(
        component="Old versions of objects", service="s3", sku="standard.storage",
        quantity="stored_gb / retention_days * versions_days", driver="batch_gb_per_day", low=0.3, high=2,
        when="versions_days > 0 && stored_gb > 0", resource="aws_s3_bucket",
    ),
    Quantity(
        component="Log storage", service="cloudwatch", sku="logs.storage",
        quantity="logs_gb * 0.15 * log_days / 30", driver="log volume", low=0.4, high=3,
        when="log_days > 0 && !logs_stored", resource="aws_cloudwatch_log_group",
    ),
    Quantity(
        component="Images", service="ecr", sku="private.storage", quantity="5", driver="fixed",
        when="!images", resource="aws_ecr_repository",
    ),
    Quantity(
        component="Key of hashed columns", service="secretsmanager", sku="secret", quantity="1", driver="fixed",
        when="hashed", resource="aws_secretsmanager_secret",
    ),
    Quantity(
        component="Container Insights metrics", service="cloudwatch", sku="custom_metric",
        quantity="8 + 9 * services", driver="fixed", low=0.5, high=2, when="services > 0", resource="aws_ecs_cluster",
    ),
    Quantity(
        component="Pipeline steps vCPU hours", service="fargate", sku="x86.vcpu", quantity="month_days * 0.2",
        driver="schedules", low=0.5, high=3, resource="aws_ecs_task_definition",
    ),
    Quantity(
        component="Pipeline steps memory hours", service="fargate", sku="x86.memory", quantity="month_days * 0.2 * 4",
        driver="schedules", low=0.5, high=3, resource="aws_ecs_task_definition",
    ),
)  # fmt: skip
"""An object that its retention deletes stays `versions_days` longer as an old version: in the steady state that many
days of deliveries. A compressed log takes 15 % of its size. Container Insights: about 8 metrics a cluster and 9 a service
(unverified). Drift and features: one task of 1 vCPU and 4 GB, twelve minutes a day (unverified)."""


def beside_bom(
    lines: tuple[BomLine, ...],
    requirements: Requirements,
    outputs: Mapping[str, AgentOutput],
    scope: Scope,
    book: PriceBook,
    vcpu: Mapping[str, float],
) -> tuple[BomLine, ...]:
    """The lines beside `lines` (those of the patterns), evaluated over the facts in `scope`, to which names are added.

    `vcpu` is the size of a task by slot. The language model is agent 5's, or where that is not among `outputs` the one that
    it usually takes.
    """
    for name, value in _facts(tuple(filter(steers, lines)), outputs, scope, vcpu).items():
        scope.set(name, value)
    found = [*TRAFFIC, *KEPT]
    if requirements.problem is Problem.RAG and float(scope["requests_month"]) > 0:  # type: ignore[arg-type]
        stack = outputs.get("tech_stack")
        chosen = stack.llm if isinstance(stack, TechStack) else None
        found += quantities(chosen or usual_model(requirements, book))
    whole = outputs.get("system_architecture")
    region = whole.recovery_region if isinstance(whole, SystemArchitecture) else None
    return (
        *(_line(item, scope) for item in found if Expression(item.when, item.component).truth(scope)),
        *(copies(filter(steers, lines), requirements, region) if region is not None else ()),
    )


STEERING = frozenset({"nat_gateway", "fargate", "kinesis", "ecr"})
"""Services whose lines say that a plan has a network, tasks, a stream, images."""


def steers(line: BomLine) -> bool:
    """True for a pattern's line on which something beside the patterns depends; no other is looked at."""
    return line.service in STEERING or line.sku == "logs.storage" or (line.slot == "store" and line.service == "s3")


def _facts(
    lines: tuple[BomLine, ...], outputs: Mapping[str, AgentOutput], scope: Scope, vcpu: Mapping[str, float]
) -> dict[str, Any]:
    nat = sum(float(x.quantity) for x in lines if (x.service, x.sku) == ("nat_gateway", "hour")) / MONTH_HOURS
    tasks = {x.slot for x in lines if x.service == "fargate"}
    logs, requests = float(scope["logs_gb"]), float(scope["requests_month"])  # type: ignore[arg-type]
    kinesis = any(x.service == "kinesis" and x.slot == "ingest.streaming" for x in lines)
    monitoring, versions = outputs.get("monitoring_observability"), outputs.get("versioning_governance")
    governance = outputs.get("governance_ethics")
    return {
        "nat": round(nat),
        "task_logs_gb": logs if "serve.online" in tasks else max(0.0, logs - requests / 1e6),
        "stream_shards": sum(float(x.quantity) for x in lines if x.sku == "provisioned.shard") / MONTH_HOURS,
        "stream_tasks": sum(
            float(x.quantity) / MONTH_HOURS / vcpu.get(x.slot, 1.0)
            for x in lines
            if x.slot == "serve.streaming" and (x.service, x.sku) == ("fargate", "x86.vcpu")
        ),
        "stream_through_nat": kinesis and "serve.streaming" in tasks,
        "task_hours": sum(
            float(x.quantity) / vcpu.get(x.slot, 1.0)
            for x in lines
            if x.service == "fargate" and x.sku.endswith(".vcpu")
        ),
        "services": sum(x.resource == "aws_ecs_service" and x.sku.endswith(".vcpu") for x in lines),
        "retention_days": scope["retention_days"],
        "versions_days": versions.data_versions_days if isinstance(versions, VersioningGovernance) else 0,
        "log_days": monitoring.log_retention_days if isinstance(monitoring, MonitoringObservability) else 0,
        "logs_stored": any(x.sku == "logs.storage" for x in lines),
        "images": any(x.service == "ecr" for x in lines),
        "hashed": isinstance(governance, GovernanceEthics) and governance.personal_data is PersonalData.KEYED_HASH,
    }


def _line(item: Quantity, scope: Scope) -> BomLine:
    return BomLine(
        slot=SLOT,
        pattern=PATTERN,
        component=item.component,
        service=item.service,
        sku=item.sku,
        quantity=amount_of(Expression(item.quantity, item.component).number(scope)),
        driver=item.driver,
        low=amount_of(item.low),
        high=amount_of(item.high),
        formula=item.quantity,
        resource=item.resource,
    )
