"""Numbers that formulas must give, worked out by hand from their published limits, and floors of the price book."""

from decimal import Decimal
from typing import Any

import pytest

from agents.cost.pricebook import Price, PriceBook
from agents.patterns import Catalogue
from agents.search.examples import case

CATALOGUE = Catalogue.load()
BOOK = PriceBook.load()
WIDE = {"sources": [{"name": "s", "columns": {f"c{i}": "float" for i in range(40)}}]}
STREAM = {"workloads": ["streaming"], "sla_latency_ms": None}
EVENTS = {"workloads": ["batch"]}
"""Events that come and are kept, and are not scored one by one."""


@pytest.mark.parametrize(
    ("pattern_id", "given", "name", "value"),
    [
        # 1,000 records or 1 MB a second and shard, with a quarter of headroom
        ("ingest:aws-kinesis", {**EVENTS, "events_per_second": 800}, "shards", 1),
        ("ingest:aws-kinesis", {**EVENTS, "events_per_second": 801}, "shards", 2),
        ("ingest:aws-kinesis", {**EVENTS, "events_per_second": 3000}, "shards", 4),
        ("ingest:aws-kinesis", {**EVENTS, "events_per_second": 3000, "data": WIDE}, "shards", 8),
        # 5 MB a second and partition, six at least
        ("ingest:aws-msk-serverless", {**STREAM, "events_per_second": 100}, "partitions", 6),
        # 40 MB a second are 10 partitions; scored as they come, 3 ms each at 60 % use, a quarter of headroom, are 250
        ("ingest:aws-msk-serverless", {**STREAM, "events_per_second": 40_000}, "partitions_moved", 10),
        ("ingest:aws-msk-serverless", {**STREAM, "events_per_second": 40_000}, "partitions", 250),
        ("ingest:aws-msk-serverless", {**EVENTS, "events_per_second": 40_000}, "partitions", 10),
        # the archive and the scorer share the 2 MB a second that a shard gives: as many shards as what comes in
        ("ingest:aws-kinesis", {**STREAM, "events_per_second": 3000, "data": WIDE}, "shards_out", 8),
        ("ingest:aws-kinesis", {**STREAM, "events_per_second": 3000}, "polls_per_second", 4),
        # one reader a shard at 200 events a second
        ("ingest:aws-kinesis", {**STREAM, "events_per_second": 3000}, "shards", 15),
        # 60 requests a second and vCPU at 10 ms and 60 % use; one more task from 99.9 % on, two at least
        ("serve:aws-ecs-fargate", {}, "tasks", 2),
        ("serve:aws-ecs-fargate", {"requests_per_second": 120}, "tasks", 2),
        ("serve:aws-ecs-fargate", {"requests_per_second": 121}, "tasks", 3),
        ("serve:aws-ecs-fargate", {"requests_per_second": 120, "availability_target": 99.9}, "tasks", 3),
        ("serve:aws-ecs-fargate", {"problem": "image-classification"}, "vcpu", 2),
        ("serve:aws-sagemaker-realtime", {"requests_per_second": 600}, "instances", 5),
        # 16 ms a call with half as many again; a deep model takes 203 ms
        ("serve:aws-sagemaker-serverless", {"requests_per_second": 1000}, "concurrency", 24),
        ("serve:aws-sagemaker-serverless", {"problem": "image-classification"}, "memory_gb", 6),
        # requests in flight at once (rate x 16 ms) with half as many again
        ("serve:aws-lambda-container", {"requests_per_second": 1000}, "concurrency", 24),
        ("serve:aws-lambda-container", {"sla_latency_ms": 4000, "requests_per_second": 0.1}, "provisioned", 0),
        ("serve:aws-lambda-container", {"sla_latency_ms": 200, "requests_per_second": 0.1}, "provisioned", 2),
        # four times the training set must fit into memory: 2 M rows x 200 bytes = 0.4 GB, 50 M rows = 10 GB
        ("train:aws-sagemaker-training", {}, "instance", "m5.large"),
        ("train:aws-sagemaker-training", {"training_rows": 50_000_000}, "instance", "m5.4xlarge"),
        ("train:aws-batch-spot", {"training_rows": 50_000_000}, "instance", "m6i.4xlarge"),
        # both sides of each size: 200 bytes a row times four, so 10 M rows are 8 GB
        *(
            ("train:aws-batch-spot", {"training_rows": rows + more}, name, (size, next_size)[bool(more)])
            for rows, sizes, memory in (
                (10_000_000, ("m6i.large", "m6i.xlarge"), (8, 16)),
                (20_000_000, ("m6i.xlarge", "m6i.2xlarge"), (16, 32)),
                (40_000_000, ("m6i.2xlarge", "m6i.4xlarge"), (32, 64)),
                (80_000_000, ("m6i.4xlarge", "m6i.12xlarge"), (64, 192)),
            )
            for name, (size, next_size) in (("instance", sizes), ("memory_gb", memory))
            for more in (0, 1)
        ),
        # a report of 50,000 rows: three minutes of start, and 20 columns at 20 M cells an hour
        ("observe:aws-evidently-jobs", {"workloads": ["batch"]}, "report_hours", 0.1),
        # 15 ms a row are 33.3 hours: taken away in 1 - e^-0.667 of the tries, so seven leave 1 % of the runs undone
        ("train:aws-batch-spot", {"problem": "image-classification", "training_rows": 8_000_000}, "attempts", 7),
        (
            "train:aws-batch-spot",
            {"problem": "image-classification", "training_rows": 8_000_000},
            "hours_per_run",
            47.386702,
        ),
        ("train:aws-batch-spot", {}, "attempts", 2),
        ("transform:aws-batch-polars", {"batch_gb_per_day": 10}, "memory_gb", 16),
        ("transform:aws-batch-polars", {"batch_gb_per_day": 41}, "memory_gb", 120),
        ("transform:aws-glue-spark", {"batch_gb_per_day": 150}, "workers", 10),
        ("feature:aws-dynamodb-online", {}, "items", 2_000_000),
        # daily sources: every one of them written at each of 30.4 refreshes, and by nothing else
        ("feature:aws-dynamodb-online", {"events_per_second": 500}, "refresh_writes_per_month", 60_833_333.333333),
        ("feature:aws-sagemaker-online", {"batch_gb_per_day": 0}, "refresh_writes_per_month", 60_833_333.333333),
        # no trail stands, and the history that CloudTrail has by itself is 90 days long
        (
            "govern:aws-kms-cloudtrail",
            {"data_classification": "internal", "compliance": []},
            "trail_retention_days",
            90,
        ),
        (
            "govern:aws-kms-cloudtrail",
            {"data_classification": "internal", "compliance": ["pci-dss"]},
            "trail_retention_days",
            365,
        ),
        (
            "govern:aws-kms-cloudtrail",
            {"data_classification": "internal", "compliance": ["soc2"]},
            "data_events_per_month",
            0,
        ),
        ("govern:aws-kms-cloudtrail", {"data_classification": "phi"}, "trail_retention_days", 2190),
        ("observe:aws-cloudwatch", {"data_classification": "internal"}, "log_retention_days", 90),
    ],
)
def test_parameters(pattern_id: str, given: dict[str, Any], name: str, value: object) -> None:
    assert CATALOGUE.evaluate(pattern_id, case(given), ("g5", "g4dn")).parameters[name] == value


def test_gpu_instances_are_substituted_where_one_family_is_not_sold() -> None:
    deep = case({"problem": "image-classification", "regions": ["ap-southeast-1"]})
    found = CATALOGUE.evaluate("train:aws-sagemaker-training", deep, BOOK.gpu_families("ap-southeast-1"))
    assert found.parameters["instance"] == "g4dn.2xlarge" and not found.refusals
    assert CATALOGUE.evaluate("train:aws-sagemaker-training", deep, ()).refusals


@pytest.mark.parametrize(("target", "gateways"), [(99.5, 1), (99.9, 2)])
def test_gateways_follow_the_availability_target(target: float, gateways: int) -> None:
    found = CATALOGUE.evaluate("serve:aws-ecs-fargate", case({"availability_target": target}))
    assert [line.quantity for line in found.shared.values()] == [Decimal(730 * gateways)]


@pytest.mark.parametrize(
    ("requests", "problem", "hours"),
    [
        (2000, "binary-classification", "4625.28"),  # 800 on average x 2,200 bytes x 3,600 s: 6.336 GB an hour, x 730
        (10, "binary-classification", "23.1264"),
        (2000, "image-classification", "1055404.8"),  # 502,000 bytes: 1,445.76 GB an hour
    ],
)
def test_a_load_balancer_is_paid_by_what_passes_it(requests: int, problem: str, hours: str) -> None:
    asked = case({"requests_per_second": requests, "problem": problem})
    bill = CATALOGUE.evaluate("serve:aws-ecs-fargate", asked).bom
    (found,) = [line.quantity for line in bill if line.sku == "lcu"]
    assert found == Decimal(hours)


@pytest.mark.parametrize(
    ("lines", "usd"),
    [
        ([("sagemaker", "ml.m5.large.ondemand", 730)], (84, 101, 88)),
        ([("sagemaker", "ml.g5.xlarge.ondemand", 730)], (1028, 1286, 1235)),
        (
            [("fargate", "x86.vcpu", 1460), ("fargate", "x86.memory", 2920), ("alb", "hour", 730), ("alb", "lcu", 730)],
            (94, 108, 99),
        ),
        ([("nat_gateway", "hour", 730), ("nat_gateway", "data", 100)], (37, 43, 46)),
        ([("glue", "dpu.etl", 300)], (132, 132, 132)),
        (
            [
                ("msk", "serverless.cluster", 730),
                ("msk", "serverless.partition", 7300),
                ("msk", "serverless.data_in", 250),
                ("msk", "serverless.data_out", 250),
            ],
            (596, 715, 630),
        ),
    ],
)
def test_the_book_gives_the_known_floors(lines: list[tuple[str, str, int]], usd: tuple[int, int, int]) -> None:
    """COST.md §3, monthly floors: us-east-1, eu-central-1, ap-south-1, to the dollar."""
    for region, floor in zip(("us-east-1", "eu-central-1", "ap-south-1"), usd, strict=True):
        prices = [BOOK.price(service, sku, region, Decimal(amount)) for service, sku, amount in lines]
        total = sum((p.usd for p in prices if isinstance(p, Price)), Decimal(0))
        assert abs(total - floor) <= 1, (region, total)
