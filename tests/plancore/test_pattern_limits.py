"""Quotas, failure domains, programmes and figures of chosen patterns, worked out by hand from the files."""

from pathlib import Path
from typing import Any

import pytest

from agents.domain.constraints import Compliance
from agents.patterns import Catalogue, Evaluated
from agents.resources import content_root
from agents.search.examples import case

CATALOGUE = Catalogue.load()
STREAM = {"workloads": ["streaming"], "sla_latency_ms": None}
IMAGES = {"problem": "image-classification", "regions": ["us-east-1"]}


def one(pattern_id: str, given: dict[str, Any] | None = None) -> Evaluated:
    return CATALOGUE.evaluate(pattern_id, case(given or {}), ("g5", "g4dn"))


@pytest.mark.parametrize(
    ("pattern_id", "given", "quota", "used", "limit"),
    [
        # 3,000 events a second at 3 ms each are 15 consumers at 60 % use, and each reads a shard
        ("ingest:aws-kinesis", {**STREAM, "events_per_second": 3000}, "shards of the account", 15, 1000),
        # nobody scores them as they come: with a quarter of headroom they are four shards
        ("ingest:aws-kinesis", {"workloads": ["batch"], "events_per_second": 3000}, "shards of the account", 4, 1000),
        ("ingest:aws-kinesis", {**STREAM, "events_per_second": 3000}, "reads of one shard a second", 5, 5),
        ("ingest:aws-msk-serverless", {**STREAM, "events_per_second": 5000}, "MB a second into the cluster", 5, 200),
        # two tasks, half as many again and one, of one vCPU each
        ("serve:aws-ecs-fargate", {}, "Fargate vCPUs on demand", 4, 6),
        ("serve:aws-lambda-container", {"requests_per_second": 1000}, "API requests a second of the account", 1000, 10_000),
        ("serve:aws-sagemaker-realtime", {**IMAGES, "sla_latency_ms": 80}, "GPU instances of an endpoint", 4, 0),
        # 16 ms a call with half as many again: 10,000 a second are 240 calls at once, and 200 is fixed
        ("serve:aws-sagemaker-serverless", {"requests_per_second": 10_000}, "calls at once on the endpoint", 240, 200),
        # one half of a read unit for each eventually consistent lookup of up to 4 KB
        ("feature:aws-dynamodb-online", {"requests_per_second": 400}, "read units a second of one table", 200, 40_000),
        # 150 GB in a day: ten executors and the driver, four vCPUs each
        ("transform:aws-emr-serverless", {"batch_gb_per_day": 150}, "EMR Serverless vCPUs of the account at once", 44, 16),
        # 10 M rows of 200 bytes are 2 GB, and a run needs four times that
        ("train:aws-ecs-fargate", {"training_rows": 10_000_000}, "GB of memory in the largest Fargate task", 8, 120),
        ("train:aws-batch-spot", IMAGES, "vCPUs of G instances on spot", 8, 0),
    ],
)  # fmt: skip
def test_quota_use(pattern_id: str, given: dict[str, Any], quota: str, used: float, limit: float) -> None:
    found = next(q for q in one(pattern_id, given).quotas if q.name == quota)
    assert (found.used, found.limit) == (used, limit)
    assert found.share == (used / limit if limit else float("inf"))


@pytest.mark.parametrize("given", [{}, {"problem": "image-classification"}])
def test_a_stream_is_full_where_its_largest_service_is(given: dict[str, Any]) -> None:
    """At the rate that the pattern says it carries, the tasks it would have at most are those that a service may have."""
    asked = {**STREAM, **given, "availability_target": 99.5}
    full = one("serve:aws-ecs-stream", asked).throughput
    assert full is not None
    at = one("serve:aws-ecs-stream", {**asked, "events_per_second": full}).parameters
    assert at["max_tasks"] == pytest.approx(5000, rel=0.02), at


def test_batches_of_a_shard_follow_the_calls_at_once() -> None:
    """30 batches a second of 20 + 100 x 3 ms and half as many again are 15 calls at once; 15 shards give one each."""
    found = one("serve:aws-lambda-stream", {**STREAM, "events_per_second": 3000})
    p = found.parameters
    assert (p["concurrency"], p["shards"], p["batches_per_shard"]) == (15, 15, 1)
    assert found.throughput == pytest.approx(15 * 1 * 100 / 0.32), "no more than what is generated"


def test_a_fixed_quota_refuses_and_an_adjustable_one_does_not() -> None:
    found = one("train:aws-ecs-fargate", {"training_rows": 200_000_000})
    assert any("160 GB of memory" in why and "fixed" in why for why in found.refusals)
    spark = one("transform:aws-emr-serverless", {"batch_gb_per_day": 150})
    assert max(q.share for q in spark.quotas) > 1 and not spark.refusals


@pytest.mark.parametrize(
    ("pattern_id", "given", "domain", "held"),
    [
        ("serve:aws-ecs-fargate", {}, "NAT gateway", False),
        ("serve:aws-ecs-fargate", {"availability_target": 99.9}, "NAT gateway", True),
        ("serve:aws-ecs-fargate", {}, "zone", True),
        ("serve:aws-lambda-container", {"sla_latency_ms": 200, "requests_per_second": 0.1}, "cold start", True),
        ("serve:aws-lambda-container", {"sla_latency_ms": 4000, "requests_per_second": 40}, "account concurrency", False),
        ("feature:aws-dynamodb-online", {"requests_per_second": 5000}, "hot partition key", False),
        ("feature:aws-dynamodb-online", {}, "hot partition key", True),
        ("feature:aws-dynamodb-online", {}, "DynamoDB in the region", False),
    ],
)  # fmt: skip
def test_what_stands_against_a_failure(pattern_id: str, given: dict[str, Any], domain: str, held: bool) -> None:
    found = next(f for f in one(pattern_id, given).failures if f.name == domain)
    assert found.takes_down == "answers" and (found.mitigated_by is not None) is held


def test_only_programmes_that_are_asked_for_and_not_held_are_named() -> None:
    asked = {"compliance": ["gdpr", "hipaa", "soc2"]}
    assert one("observe:aws-managed-prometheus", asked).uncertified == (Compliance.HIPAA,)
    assert one("observe:aws-cloudwatch", asked).uncertified == ()


def test_the_chosen_patterns_come_in_the_order_data_flows_and_strangers_are_left_out() -> None:
    slots = {"govern": "govern:aws-kms-cloudtrail", "store": "store:aws-s3-parquet", "train": "train:of-my-own"}
    found = CATALOGUE.evaluated(slots, case({}))
    assert list(found) == ["store", "govern"]
    assert found["store"].definition.lock_in.level == "low" and found["store"].definition.references


def test_throughput_follows_the_parameters() -> None:
    assert one("ingest:aws-kinesis").throughput == 320_000
    assert one("serve:aws-ecs-fargate").throughput == pytest.approx(200_000)  # 5,000 tasks of 60, two thirds of it
    assert one("feature:aws-redis-online").throughput == 5000
    assert one("feature:aws-redis-online", {"requests_per_second": 600}).throughput == 80_000


def test_a_cache_node_follows_entities_and_rate() -> None:
    assert one("feature:aws-redis-online").parameters["node"] == "cache.t4g.small"  # 2 M x 0.4 KB, a quarter free
    assert one("feature:aws-redis-online", {"training_rows": 5_000_000}).parameters["node"] == "cache.t4g.medium"
    assert one("feature:aws-redis-online", {"requests_per_second": 600}).parameters["node"] == "cache.r7g.large"
    assert one("feature:aws-redis-online", {"training_rows": 40_000_000}).parameters["node"] == "cache.r7g.xlarge"


def changed(tmp_path: Path, old: str, new: str) -> Catalogue:
    text = (content_root("patterns") / "store/aws-s3-parquet.yaml").read_text()
    target = tmp_path / "store" / "aws-s3-parquet.yaml"
    target.parent.mkdir(parents=True)
    assert old in text
    target.write_text(text.replace(old, new, 1))
    return Catalogue.load(tmp_path)


def test_a_region_outside_the_list_is_refused_with_who_says_so(tmp_path: Path) -> None:
    sold = "limits:\n  regions: [us-east-1]\n  regions_source: the vendor's documentation\n"
    catalogue = changed(tmp_path, "limits:\n", sold)
    (why,) = catalogue.evaluate("store:aws-s3-parquet", case({})).refusals
    assert why == "not offered in eu-west-1 (offered in us-east-1; the vendor's documentation)"
    assert not catalogue.evaluate("store:aws-s3-parquet", case({"regions": ["us-east-1"]})).refusals


def test_a_limit_may_be_a_formula(tmp_path: Path) -> None:
    catalogue = changed(tmp_path, "value: 99.9,", 'value: "regulated ? 99.5 : 99.9",')
    assert catalogue.evaluate("store:aws-s3-parquet", case({})).availability_pct == 99.5
    assert (
        catalogue.evaluate("store:aws-s3-parquet", case({"data_classification": "internal"})).availability_pct == 99.9
    )


@pytest.mark.parametrize(
    ("gb", "minutes", "refused"), [(1, 2, False), (300, 150, False), (2880, 1440, False), (2881, 1441, True)]
)
def test_file_checks_have_one_rate_for_time_bill_and_refusal(gb: float, minutes: int, refused: bool) -> None:
    """2 GB a minute, one run a day of 30.4: what is refused is what would not end in a day."""
    found = one("ingest:aws-s3-batch", {"batch_gb_per_day": gb, "data": {"sources": [{"name": "a", "format": "csv"}]}})
    assert found.parameters["minutes_per_run"] == minutes
    (vcpu,) = [line for line in found.bom if line.sku == "x86.vcpu"]
    assert float(vcpu.quantity) == pytest.approx(minutes / 60 * 730 / 24)
    assert any("2 GB a minute" in reason for reason in found.refusals) is refused


@pytest.mark.parametrize(("rows", "refused"), [(11_900_000, False), (12_100_000, True), (10**12, True)])
def test_runs_that_ten_attempts_on_spot_would_not_end_are_refused(rows: int, refused: bool) -> None:
    """15 ms a row: 49.6 hours are interrupted in 63 % of the tries, and 0.63^10 is 1 %."""
    found = one("train:aws-batch-spot", {**IMAGES, "training_rows": rows})
    assert any("Batch tries a job ten times" in reason for reason in found.refusals) is refused


@pytest.mark.parametrize("intake", ["ingest:aws-kinesis", "ingest:aws-msk-serverless"])
@pytest.mark.parametrize("problem", ["binary-classification", "image-classification", "nlp-classification", "rag"])
@pytest.mark.parametrize("rate", [1, 90, 1500, 20_000])
def test_no_consumer_beyond_the_spare_is_without_a_shard(intake: str, problem: str, rate: float) -> None:
    given = {**STREAM, "problem": problem, "events_per_second": rate, "availability_target": 99.9}
    stream, tasks = one(intake, given).parameters, one("serve:aws-ecs-stream", given).parameters
    read = float(stream.get("shards", stream.get("partitions", 0)))
    assert float(tasks["max_tasks"]) <= max(2.0, read + 1), "the second zone's, or one that takes over"
    assert float(tasks["max_tasks"]) >= float(tasks["tasks"]) >= float(tasks["min_tasks"])


ROOMIER: dict[str, tuple[float | int, ...]] = {
    "sla_latency_ms": tuple(5 * 1.09**i for i in range(110)),
    "availability_target": tuple(99.99 - 0.2 * i for i in range(12)),
    "requests_per_second": tuple(10_000 / 1.7**i for i in range(26)),
    "batch_gb_per_day": tuple(20_000 / 1.8**i for i in range(26)),
    "training_rows": tuple(int(5e9 / 2**i) for i in range(28)),
}
"""Values of a constraint from tight to easy."""


@pytest.mark.parametrize("problem", ["binary-classification", "image-classification", "rag"])
@pytest.mark.parametrize("field", ROOMIER)
def test_what_holds_a_tight_constraint_holds_an_easier_one(field: str, problem: str) -> None:
    base = {"problem": problem, "workloads": ["batch", "online", "streaming"], "events_per_second": 50}
    holds: dict[str, list[bool]] = {name: [] for name in CATALOGUE.ids}
    for value in ROOMIER[field]:
        asked = case({**base, field: value})
        for name, found in holds.items():
            evaluated = CATALOGUE.evaluate(name, asked)
            latency, sla = evaluated.p95_latency_ms, asked.sla_latency_ms
            quick = latency is None or sla is None or latency <= sla
            found.append(quick and not evaluated.refusals)
    for name, found in holds.items():
        assert found == sorted(found), f"{name} is lost where {field} asks less"
