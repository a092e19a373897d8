"""The least that components cost while they stand: each by hand, met exactly, and no row that no plan is billed for."""

from decimal import Decimal
from typing import Any

import pytest

from agents.cost.floors import FLOORS, below, egress, floor_sum
from agents.cost.lines import price_line
from agents.cost.platform import platform_bom
from agents.domain.cost import PricedLine
from agents.domain.outputs.tech_stack import Orchestrator, TechStack
from agents.patterns.facts import facts
from agents.search.examples import case
from tests.plancore.test_bill import BOOK, CATALOGUE, costs, plan
from tests.plancore.test_bill_terraform import line
from tests.plancore.test_cost import made

LEAST = {
    "SageMaker endpoint": ("aws_sagemaker_endpoint", "sagemaker", "ml.m5.large.ondemand", "730"),
    "Fargate service vCPU": ("aws_ecs_service", "fargate", "x86.vcpu", "182.5"),
    "Fargate service memory": ("aws_ecs_service", "fargate", "x86.memory", "365"),
    "load balancer": ("aws_lb", "alb", "hour", "730"),
    "NAT gateway": ("aws_nat_gateway", "nat_gateway", "hour", "730"),
    "Kinesis shard": ("aws_kinesis_stream", "kinesis", "provisioned.shard", "730"),
    "Kinesis on-demand stream": ("aws_kinesis_stream", "kinesis", "ondemand.stream", "730"),
    "MSK Serverless cluster": ("aws_msk_serverless_cluster", "msk", "serverless.cluster", "730"),
    "cache nodes": ("aws_elasticache_replication_group", "elasticache", "cache.r7g.large.valkey", "730"),
    "encryption key": ("aws_kms_key", "kms", "key", "1"),
    "secret": ("aws_secretsmanager_secret", "secretsmanager", "secret", "1"),
    "dashboard": ("aws_cloudwatch_dashboard", "cloudwatch", "dashboard", "1"),
    "Grafana editor": ("aws_grafana_workspace", "amg", "editor", "1"),
}
"""The least of each by hand: an hour has 730 a month, the smallest task a quarter vCPU and half a GB."""


@pytest.mark.parametrize("floor", FLOORS, ids=lambda f: f.name)
def test_each_floor_is_met_exactly_in_every_region(floor: Any) -> None:
    resource, service, sku, units = LEAST[floor.name]
    for region in ("us-east-1", "eu-central-1"):
        for share, wrong in (("1", False), ("0.95", True)):
            item = line(resource, service, sku, str(Decimal(units) * Decimal(share))).line
            priced = price_line(item, region, BOOK)
            assert isinstance(priced, PricedLine)
            assert [x.floor.name for x in below([priced], BOOK)] == ([floor.name] if wrong else [])


def test_floors_are_of_what_a_plan_can_be_billed_for() -> None:
    asked = case({"workloads": ["batch", "online", "streaming"], "events_per_second": 50})
    found = [CATALOGUE.evaluate(name, asked) for name in CATALOGUE.ids]
    billed_for = [x for e in found for x in (*e.bom, *e.shared.values())]
    stack = made(TechStack, orchestrator=Orchestrator.STEP_FUNCTIONS)
    billed_for += platform_bom({"tech_stack": stack})
    priced = [p for x in billed_for if isinstance(p := price_line(x, "us-east-1", BOOK), PricedLine)]
    assert [floor.name for floor in FLOORS if not any(floor.of(p) for p in priced)] == []
    assert LEAST.keys() == {floor.name for floor in FLOORS}


@pytest.mark.parametrize(
    ("item", "idle", "least"),
    [
        (("aws_ecs_service", "fargate", "x86.vcpu", "1460"), None, "7.39"),  # a quarter vCPU: 182.5 x 0.04048
        (("aws_ecs_service", "fargate", "x86.vcpu", "1460"), "730", "29.55"),  # one stands: 730 x 0.04048
        (("aws_ecs_service", "fargate", "x86.vcpu", "100"), None, "4.05"),  # 100 x 0.04048: no more than the line
        (("aws_lambda_function", "lambda", "requests", "100"), None, "1.92"),  # 100 x 0.20, a tenth, 4 % price error
        (("aws_lambda_function", "lambda", "requests", "100"), "50", "10.00"),  # half of it stands
    ],
)
def test_the_least_of_a_line_is_its_low_end_or_what_stands_of_it(item: Any, idle: str | None, least: str) -> None:
    used = line(*item, low=Decimal("0.1"), driver="requests_per_second", idle=Decimal(idle) if idle else None)
    assert floor_sum([used], BOOK).quantize(Decimal("0.01")) == Decimal(least)


def test_an_answer_is_at_most_twenty_kilobytes() -> None:
    """A gigabyte a month above what 20 KB an answer and what the project has can be is found, one below is not."""
    _, requirements, _ = plan("prod")
    load = facts(requirements)
    other = load["batch_gb_month"] + load["event_gb_month"] + load["stored_gb"]
    most = load["requests_month"] * 20 / 1e6 + other
    for gb, wrong in ((most + 1, True), (most - 1, False)):
        out = line("aws_lb", "data_transfer", "internet_out", f"{gb:.3f}", driver="requests_per_second")
        cost = costs("prod").model_copy(update={"lines": (out,)})
        assert (egress(cost, requirements) is not None) is wrong
