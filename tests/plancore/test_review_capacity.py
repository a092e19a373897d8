"""Rates, limits and quotas: each formula with a plan on either side of it, and who must think again."""

from typing import Any

import pytest

from agents.critics import bottlenecks, latency, quotas
from agents.critics.critic import CriticFacts, discover, technical_critics
from agents.domain.constraints import ColumnType, DataSection, Source
from agents.domain.findings import Finding, Severity
from agents.domain.outputs.pipelines_blueprint import Cadence
from agents.expert.consumers import Consumers
from agents.patterns.evaluated import QuotaUse
from tests.plancore.reviewing import ECS, STREAM, changed, none, one, plan, said, with_parameters


def test_the_review_is_all_critics_of_plans_but_cost() -> None:
    names = [c.name for c in technical_critics()]
    assert names == sorted(set(discover()) - {"cost", "implementation"}) and len(names) >= 9


@pytest.mark.parametrize(
    "changes",
    [{}, {"workloads": ["batch"], "sla_latency_ms": None}, {**STREAM, "events_per_second": 90}],
)
def test_a_sound_plan_has_no_error(changes: dict[str, Any]) -> None:
    facts = plan(**changes)
    assert [f for c in technical_critics() for f in c.judge(facts) if f.severity is Severity.ERROR] == []


# --- bottlenecks ---


def test_shards_by_records_and_by_megabytes() -> None:
    facts = plan(**STREAM, events_per_second=3000, data={"sources": []})
    assert none(bottlenecks.judge(with_parameters(facts, "ingest.streaming", shards=4)), "bottleneck")  # 75 %
    near = one(
        bottlenecks.judge(with_parameters(plan(**STREAM, events_per_second=950), "ingest.streaming", shards=1)),
        "bottleneck",
    )
    assert near.severity is Severity.WARNING and near.rules_out == ()  # 95 % of one shard
    over = one(bottlenecks.judge(with_parameters(facts, "ingest.streaming", shards=2)), "bottleneck")
    assert over.severity is Severity.ERROR and over.agent == "data_engineering" and over.key == "ingest.streaming"
    assert over.rules_out == (facts.composition.slots["ingest.streaming"],) and "(150%)" in over.message
    wide = {f"c{i}": ColumnType.FLOAT for i in range(100)}  # 5 KB an event: 400 a second are 2 MB
    broad = plan(**STREAM, events_per_second=400, data=DataSection(sources=(Source(name="s", columns=wide),)))
    assert (
        "(200%)" in one(bottlenecks.judge(with_parameters(broad, "ingest.streaming", shards=1)), "bottleneck").message
    )


def test_the_busiest_key_stays_on_one_shard() -> None:
    assert bottlenecks.top_share(1) == 1.0
    assert bottlenecks.top_share(1000) == pytest.approx(1 / 7.485, rel=1e-3)  # harmonic number of 1,000
    few = plan(**STREAM, events_per_second=8000, budget_usd_max=None, data=DataSection(series=1000))
    hot = one(bottlenecks.judge(with_parameters(few, "ingest.streaming", shards=20)), "hot-key")
    assert hot.severity is Severity.WARNING and "1,069 events" in hot.message
    many = plan(**STREAM, events_per_second=8000, budget_usd_max=None, data=DataSection(series=100_000))
    assert none(bottlenecks.judge(with_parameters(many, "ingest.streaming", shards=20)), "hot-key")


def consumers(events: float, **values: Any) -> CriticFacts:
    facts = plan(**STREAM, events_per_second=events)
    facts = with_parameters(facts, "ingest.streaming", "ingest:aws-kinesis", shards=2)
    facts = changed(
        facts,
        facts.composition.model_copy(
            update={"parameters": {**facts.composition.parameters, "serve.streaming": values}}
        ),
    )
    return facts


def test_consumers_carry_what_their_shards_let_them() -> None:
    """Two shards: two of nine tasks read; 200 events a second at 60 % use are 333 at full use."""
    tasks = {"events_per_task": 200, "max_tasks": 9}
    assert bottlenecks.consumer_capacity(consumers(100, **tasks)) == Consumers(
        pytest.approx(2 * 200 / 0.6), "2 busy task(s) of 9 on 2 shards", "add shards"
    )
    assert none(bottlenecks.judge(consumers(460, **tasks)), "consumer-lag")
    assert one(bottlenecks.judge(consumers(470, **tasks)), "consumer-lag").severity is Severity.WARNING
    lag = one(bottlenecks.judge(consumers(700, **tasks)), "consumer-lag")
    assert (
        lag.severity is Severity.ERROR
        and lag.agent == "deployment_serving"
        and lag.rules_out
        and "120,000 waiting" in lag.message
    )
    few = one(bottlenecks.judge(consumers(700, events_per_task=200, max_tasks=1)), "consumer-lag")
    assert "1 busy task(s)" in few.message and few.remediation.startswith("Add consumers,")
    even = bottlenecks.consumer_capacity(consumers(100, events_per_task=200, max_tasks=2))
    assert even and even.remedy == "add shards and consumers together"
    batches = {"batch_size": 100, "duration_ms": 400, "batches_per_shard": 10}  # 20 x 100 / 0.4 s
    for asked, running, remedy in (
        ({}, 20, "add shards and reserved concurrency together"),
        ({"concurrency": 30}, 20, "add shards"),
        ({"concurrency": 3}, 3, "add reserved concurrency"),
    ):
        assert bottlenecks.consumer_capacity(consumers(100, **batches, **asked)) == Consumers(
            running * 250.0, f"{running} batches at once on 2 shards", remedy
        )
    plain = bottlenecks.consumer_capacity(consumers(100, batch_size=100, duration_ms=400))
    assert plain and plain.carried == 2 * 250.0, "one batch a shard where no factor is generated"
    assert bottlenecks.consumer_capacity(consumers(100)) is None


def chain(cadence: Cadence, **hours: float) -> tuple[Finding, ...]:
    facts = plan(workloads=["batch"], sla_latency_ms=None)
    for slot in ("ingest.batch", "transform", "serve.batch"):
        facts = with_parameters(facts, slot, hours_per_run=hours.get(slot.replace(".", "_"), 0.0), minutes_per_run=0)
    period = bottlenecks.PERIOD_HOURS[cadence]
    return bottlenecks.judge(said(facts, pipelines_blueprint={"runs_per_day": 24 / period, "ingest_cadence": cadence}))


def test_a_run_against_the_time_to_the_next() -> None:
    assert none(chain(Cadence.DAILY, transform=8, serve_batch=4), "batch-window")  # half of the day: once more fits
    tight = one(chain(Cadence.DAILY, transform=9, serve_batch=4), "batch-window")
    assert tight.severity is Severity.WARNING and "13 of the 24 hours" in tight.message
    grows = one(chain(Cadence.DAILY, transform=20, serve_batch=5), "batch-window")
    assert (grows.severity, grows.agent, grows.key) == (Severity.ERROR, "data_engineering", "transform")
    assert grows.rules_out and "25 hours" in grows.message


def test_each_limit_counts_from_just_above_it() -> None:
    def shards(events: float) -> Severity | None:
        found = bottlenecks.judge(
            with_parameters(plan(**STREAM, events_per_second=events), "ingest.streaming", shards=1)
        )
        return next((f.severity for f in found if f.rule == "tech.bottleneck"), None)

    assert [shards(e) for e in (900, 901, 1000, 1001)] == [None, Severity.WARNING, Severity.WARNING, Severity.ERROR]

    def lag(events: float) -> Finding | None:
        found = bottlenecks.judge(consumers(events, events_per_task=60, max_tasks=2))  # 2 x 60 / 0.6 = 200
        return next((f for f in found if f.rule == "tech.consumer-lag"), None)

    assert lag(140) is None
    full, over = lag(200), lag(201)
    assert full and (full.severity, full.rules_out) == (Severity.WARNING, ()) and "(100%)" in full.message
    assert over and over.severity is Severity.ERROR and "3,600 waiting" in over.message
    assert one(chain(Cadence.DAILY, transform=20, serve_batch=4), "batch-window").severity is Severity.WARNING
    assert one(chain(Cadence.DAILY, transform=20.1, serve_batch=4), "batch-window").severity is Severity.ERROR


def test_hours_of_a_stage_are_read_from_what_its_pattern_says() -> None:
    facts = plan(workloads=["batch"], sla_latency_ms=None)
    facts = changed(facts, facts.composition.model_copy(update={"parameters": {}}))
    assert bottlenecks.day_hours(facts) == ()
    facts = with_parameters(facts, "ingest.batch", minutes_per_run=90)
    facts = with_parameters(facts, "serve.batch", instance_hours_per_run=9, instances=3)
    assert bottlenecks.day_hours(facts) == (("ingest.batch", 1.5), ("serve.batch", 3.0))
    assert bottlenecks.chain_hours(facts, 1) == 4.5
    assert bottlenecks.chain_hours(facts, 45) == pytest.approx(bottlenecks.START_HOURS + 3 / 45)
    assert bottlenecks.START_HOURS == 0.05


def test_starts_that_pile_up_are_mended_by_rarer_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bottlenecks, "START_HOURS", 0.5)
    piled = one(chain(Cadence.HOURLY, ingest_batch=1, transform=1, serve_batch=1), "batch-window")
    assert (piled.agent, piled.key) == ("pipelines_blueprint", "pipelines.frequency")
    assert piled.rules_out == (Cadence.HOURLY,)


def training(hours: float, cadence: Cadence, rows: int, fit: int) -> tuple[Finding, ...]:
    facts = with_parameters(plan(training_rows=rows), "train", hours_per_run=hours)
    return bottlenecks.judge(said(facts, model_training={"cadence": cadence, "rows_per_run": fit, "memory_gb": 7.0}))


def test_a_training_ends_before_the_next_begins() -> None:
    assert none(training(24, Cadence.DAILY, 1000, 1000), "training-overrun")
    over = one(training(90, Cadence.TWICE_WEEKLY, 1000, 1000), "training-overrun")
    assert (over.agent, over.key) == ("model_training", "training.cadence") and over.severity is Severity.ERROR
    assert {Cadence.DAILY, Cadence.TWICE_WEEKLY} <= set(over.rules_out) and Cadence.WEEKLY not in over.rules_out
    exact = one(training(84, Cadence.DAILY, 1000, 1000), "training-overrun")
    assert Cadence.DAILY in exact.rules_out and Cadence.TWICE_WEEKLY not in exact.rules_out


def test_rows_that_do_not_fit_are_said() -> None:
    assert none(training(1, Cadence.DAILY, 1000, 1000), "memory")
    assert "25% are left out" in one(training(1, Cadence.DAILY, 1000, 750), "memory").message


def test_replicas_carry_the_peak_and_a_lost_zone() -> None:
    facts = plan(requests_per_second=300, availability_target=99.9, **ECS)
    facts = with_parameters(facts, "serve.online", rps_per_task=60, tasks=6)
    assert none(bottlenecks.judge(said(facts, deployment_serving={"max_replicas": 5})), "bottleneck")
    short = one(bottlenecks.judge(said(facts, deployment_serving={"max_replicas": 4})), "bottleneck")
    assert short.severity is Severity.ERROR and short.agent == "deployment_serving" and "carry 240" in short.message
    assert none(bottlenecks.judge(facts), "zone-loss")  # 3 x 60 / 0.6 = 300
    lost = one(bottlenecks.judge(with_parameters(facts, "serve.online", tasks=5)), "zone-loss")
    assert "2 of 5 replicas carry 200 of 300" in lost.message and "for 240 seconds" in lost.message
    most = with_parameters(
        plan(requests_per_second=1300, availability_target=99.9, **ECS), "serve.online", rps_per_task=60, tasks=24
    )
    assert "12 of 24 replicas carry 1,200 of 1,300" in one(bottlenecks.judge(most), "zone-loss").message
    calm = with_parameters(
        plan(requests_per_second=300, availability_target=99, **ECS), "serve.online", rps_per_task=60, tasks=5
    )
    assert none(bottlenecks.judge(calm), "zone-loss")


def test_one_key_of_the_online_store_has_its_own_limit() -> None:
    def hot(rate: float, item_kb: float) -> tuple[Finding, ...]:
        facts = plan(
            requests_per_second=rate,
            data=DataSection(entity="id", series=1),
            budget_usd_max=None,
            **{"pins": {"feature": "feature:aws-dynamodb-online"}},
        )
        return bottlenecks.judge(with_parameters(facts, "feature", "feature:aws-dynamodb-online", item_kb=item_kb))

    assert none(hot(6000, 4), "hot-key")  # 6,000 x 0.5 units
    assert "3,500 units" in one(hot(7000, 4), "hot-key").message
    assert "9,000 units" in one(hot(6000, 9), "hot-key").message  # three units of 4 KB, half price
    assert "3,050 units" in one(hot(3050, 5), "hot-key").message


# --- latency ---


def timed(ms: float, sla: float = 100.0) -> tuple[Finding, ...]:
    facts = plan(sla_latency_ms=sla)
    return latency.judge(changed(facts, facts.composition.model_copy(update={"p95_latency_ms": ms})))


def test_the_latency_budget_names_the_part_that_takes_most() -> None:
    assert none(timed(80), "latency")
    assert one(timed(81), "latency").severity is Severity.WARNING
    assert (
        one(timed(100), "latency").severity is Severity.WARNING
        and one(timed(100.1), "latency").severity is Severity.ERROR
    )
    assert (one(timed(100), "latency").key, one(timed(101), "latency").key) == ("sla_latency_ms", "serve.online")
    over = one(timed(120), "latency")
    assert over.severity is Severity.ERROR and over.agent == "deployment_serving" and "120%" in over.message
    assert latency.judge(plan(workloads=["batch"], sla_latency_ms=None)) == ()


def cold(rate: float, provisioned: int, start: float = 2500) -> tuple[Finding, ...]:
    facts = plan(sla_latency_ms=150, requests_per_second=rate)
    facts = with_parameters(
        facts, "serve.online", "serve:aws-lambda-container", cold_start_ms=start, provisioned=provisioned
    )
    return latency.judge(facts)


def test_a_cold_start_beyond_the_limit_needs_warm_instances_or_traffic() -> None:
    error = one(cold(1, 0), "cold-start")
    assert error.severity is Severity.ERROR and error.rules_out == ("serve:aws-lambda-container",)
    kept = one(cold(1, 2), "cold-start")
    assert kept.severity is Severity.INFO and "2 warm instance(s)" in kept.message and "passes 5%" in kept.remediation
    assert one(cold(5, 0), "cold-start").severity is Severity.INFO  # 2 a second on average keep it warm
    assert one(cold(4.9, 0), "cold-start").severity is Severity.ERROR
    assert none(cold(1, 0, start=150), "cold-start")


def test_a_burst_against_the_error_budget() -> None:
    """20 of 100 requests a second late for 240 s, 30 times: 144,000 of 105 M a month; 0.1 % are 105,120."""
    facts = plan(requests_per_second=100, sla_latency_ms=500, availability_target=99.9, **ECS)
    burst = with_parameters(facts, "serve.online", rps_per_task=24, min_tasks=2)
    wait = facts.evaluated()["serve.online"].scale_out_seconds
    told = one(latency.judge(burst), "scale-out").message
    assert wait == 240 and "144,000 late answers" in told and "error budget is 105,120" in told
    half = plan(requests_per_second=100, sla_latency_ms=500, availability_target=99.5, **ECS)
    assert none(latency.judge(with_parameters(half, "serve.online", rps_per_task=24, min_tasks=2)), "scale-out")
    assert none(latency.judge(with_parameters(burst, "serve.online", min_tasks=3)), "scale-out")


# --- quotas ---


def quota(monkeypatch: pytest.MonkeyPatch, name: str, adjustable: bool, *used: float) -> tuple[Finding, ...]:
    uses = [
        (s, QuotaUse(name, u, 100, adjustable, "-")) for s, u in zip(("serve.online", "transform"), used, strict=False)
    ]
    monkeypatch.setattr(quotas, "shared", lambda facts: {name: uses})
    return quotas.judge(plan())


def test_quotas_of_the_account_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert quota(monkeypatch, "executions of the account", True, 40, 60) == ()
    asked = one(quota(monkeypatch, "executions of the account", True, 41, 60), "quota")
    assert (
        asked.severity is Severity.WARNING
        and asked.agent is None
        and "takes 101" in asked.message
        and "Ask for 152" in asked.remediation
    )
    fixed = one(quota(monkeypatch, "executions of the account", False, 41, 60), "quota")
    assert fixed.severity is Severity.ERROR and fixed.agent == "data_engineering" and fixed.rules_out
    near = one(quota(monkeypatch, "executions of the account", False, 41, 40), "quota")
    assert near.severity is Severity.WARNING and "grows by 23%" in near.remediation
    assert quota(monkeypatch, "executions of the account", False, 40, 40) == ()


def test_quotas_of_each_thing_do_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert quota(monkeypatch, "tasks of one service", True, 60, 60) == ()
    assert quota(monkeypatch, "GB in the largest task", True, 60, 60) == ()
    told = one(quota(monkeypatch, "tasks of one service", True, 32, 120), "quota").message
    assert "the plan takes 120 at its peak (transform 120, the largest of 2), the limit is 100" in told
    assert (
        "takes 120 at its peak (serve.online 120),"
        in one(quota(monkeypatch, "tasks of one service", True, 120), "quota").message
    )
    summed = one(quota(monkeypatch, "tasks of the account", True, 32, 120), "quota").message
    assert "takes 152 at its peak (serve.online 32 + transform 120)," in summed


def test_quotas_are_read_from_the_patterns() -> None:
    facts = plan(requests_per_second=300, **ECS)
    names = quotas.shared(facts)
    assert {slot for slot, _ in names["Fargate vCPUs on demand"]} >= {"serve.online"}
    assert [slot for slot, _ in names["hours of one training job"]] == ["train"]  # a fifth of an hour is some
    assert "GPU instances of a training job" not in names  # none are taken
    assert all(use.used > 0 for uses in names.values() for _, use in uses)
