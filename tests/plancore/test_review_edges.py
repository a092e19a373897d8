"""What stands between the plans of the other review tests: a limit met exactly, a figure in a remedy, an agent that has not
concluded yet. Found by mutating the critics one operator, number and condition at a time."""

import dataclasses
from functools import cache
from typing import Any

import pytest

from agents.critics import bottlenecks, coupling, data_flow, skew
from agents.critics.critic import CriticFacts, discover
from agents.domain.constraints import ColumnType, DataSection, Source
from agents.domain.findings import Finding, Severity
from agents.domain.outputs.continual_learning import RetrainTrigger
from agents.domain.outputs.data_sourcing import ColumnRole, ColumnSpec
from agents.domain.outputs.feature_engineering import FeatureScope, FeatureSpec
from agents.domain.outputs.inference_pipeline import Fallback
from agents.domain.outputs.model_development import Split
from agents.domain.outputs.monitoring_observability import DriftStatistic
from agents.domain.outputs.pipelines_blueprint import Cadence
from agents.domain.outputs.tech_stack import Orchestrator, Tracking
from agents.domain.outputs.versioning_governance import DataVersioning
from agents.patterns import Catalogue
from agents.search.composer import CatalogueComposer
from agents.search.examples import case
from tests.agents_suite.walking import walk
from tests.plancore.reviewing import BOOK, ECS, STREAM, changed, none, one, plan, said, step, with_parameters


@cache
def whole(kind: str) -> CriticFacts:
    """A plan in which every agent has concluded."""
    requirements = case(
        {**STREAM, "events_per_second": 90} if kind == "streaming" else {"workloads": ["batch", "online"]}
    )
    composer = CatalogueComposer(Catalogue.load(), BOOK, requirements)
    walked = walk(requirements, composer)
    return CriticFacts(requirements, composer.best({}), walked.outputs)


@pytest.mark.parametrize("kind", ["online", "streaming"])
def test_critics_wait_for_agents_that_have_not_concluded(kind: str) -> None:
    facts = whole(kind)
    for critic in discover().values():
        for name in facts.outputs:
            rest = {other: output for other, output in facts.outputs.items() if other != name}
            critic.judge(dataclasses.replace(facts, outputs=rest))
            critic.judge(dataclasses.replace(facts, outputs={name: facts.outputs[name]}))
        bare = changed(facts, facts.composition.model_copy(update={"parameters": {}}))
        critic.judge(dataclasses.replace(bare, outputs={}))


# --- bottlenecks ---


def streaming(events: float, shards: float, **data: Any) -> tuple[Finding, ...]:
    named = {"data": DataSection(**data)} if data else {}
    facts = plan(**STREAM, events_per_second=events, budget_usd_max=None, **named)
    return bottlenecks.judge(with_parameters(facts, "ingest.streaming", shards=shards))


def test_the_shards_that_are_asked_for_are_used_to_four_fifths() -> None:
    """2,500 records on two shards: 125 % of two; at 80 % they are 3.125, so four."""
    over = one(streaming(2500, 2), "bottleneck")
    assert over.remediation.startswith("Plan 4 shards")
    assert one(streaming(3000, 3), "bottleneck").rules_out == ()  # exactly full: 100 %
    assert one(streaming(2200, 2), "bottleneck").remediation.startswith("Plan 3 shards")
    assert one(streaming(3280, 2), "bottleneck").remediation.startswith("Plan 5 shards")  # 4.1
    assert one(streaming(3120, 2), "bottleneck").remediation.startswith("Plan 4 shards")  # 3.9


def test_megabytes_count_by_what_a_shard_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = {f"c{i}": ColumnType.FLOAT for i in range(100)}
    facts = plan(**STREAM, events_per_second=400, data=DataSection(sources=(Source(name="s", columns=wide),)))
    monkeypatch.setattr(bottlenecks, "SHARD_MB", 2.0)
    found = one(bottlenecks.judge(with_parameters(facts, "ingest.streaming", shards=1)), "bottleneck")
    assert "(100%)" in found.message


def test_one_key_has_all_the_traffic_and_two_do_not() -> None:
    assert bottlenecks.top_share(1) == 1.0 and bottlenecks.top_share(0.5) == 1.0
    assert bottlenecks.top_share(2) == pytest.approx(1 / (0.693147 + 0.5772), rel=1e-5)
    assert bottlenecks.top_share(1.5) == pytest.approx(1 / (0.405465 + 0.5772), rel=1e-5)


def test_a_hot_key_needs_shards_and_more_than_one_of_them_takes() -> None:
    assert none(streaming(1000, 5, series=1), "hot-key")  # exactly what a shard takes
    assert "brings about 1,001 events" in one(streaming(1001, 5, series=1), "hot-key").message
    assert none(streaming(1001, 0, series=1), "hot-key")  # no shards: a stream that has none
    said_of = one(streaming(8000, 20, series=7), "hot-key").message
    assert "busiest of 7 keys" in said_of


def consumers(facts: CriticFacts, **values: Any) -> CriticFacts:
    facts = with_parameters(facts, "ingest.streaming", "ingest:aws-kinesis", shards=2)
    parameters = {**facts.composition.parameters, "serve.streaming": values}
    return changed(facts, facts.composition.model_copy(update={"parameters": parameters}))


def test_consumers_are_judged_where_events_come_and_capacity_is_known() -> None:
    tasks = {"events_per_task": 0.1, "max_tasks": 2}
    slow = consumers(plan(**STREAM, events_per_second=0.5), **tasks)  # half an event a second is too much for 0.33
    assert one(bottlenecks.judge(slow), "consumer-lag").severity is Severity.ERROR
    online = dataclasses.replace(slow, requirements=case({"workloads": ["online"], "events_per_second": 0.5}))
    assert none(bottlenecks.judge(online), "consumer-lag")
    quiet = dataclasses.replace(slow, requirements=case({**STREAM, "events_per_second": 0}))
    assert none(bottlenecks.judge(quiet), "consumer-lag")
    facts = plan(**STREAM, events_per_second=90)
    for partly in ({"events_per_task": 60}, {"max_tasks": 9}, {"batch_size": 100}, {"duration_ms": 400}):
        assert bottlenecks.consumer_capacity(consumers(facts, **partly)) is None
        assert none(bottlenecks.judge(consumers(facts, **partly)), "consumer-lag")


def batch(facts: CriticFacts, runs_per_day: float, **hours: float) -> tuple[Finding, ...]:
    for slot in ("ingest.batch", "transform", "serve.batch"):
        facts = with_parameters(facts, slot, hours_per_run=hours.get(slot.replace(".", "_"), 0.0), minutes_per_run=0,
                                instance_hours_per_run=0)  # fmt: skip
    return bottlenecks.judge(said(facts, pipelines_blueprint={"runs_per_day": runs_per_day}))


BATCH = {"workloads": ["batch"], "sla_latency_ms": None}


def test_scoring_hours_are_shared_by_instances_and_never_by_less_than_one() -> None:
    bare = changed(plan(**BATCH), plan(**BATCH).composition.model_copy(update={"parameters": {}}))
    alone = with_parameters(bare, "serve.batch", instance_hours_per_run=9)
    assert bottlenecks.day_hours(alone) == (("serve.batch", 9.0),)
    half = with_parameters(bare, "serve.batch", instance_hours_per_run=9, instances=0.5)
    assert bottlenecks.day_hours(half) == (("serve.batch", 9.0),)


def test_a_chain_is_told_by_run_and_its_slowest_stage_by_name() -> None:
    tight = one(batch(plan(**BATCH), 2, transform=4, serve_batch=10), "batch-window")  # 7 of 12 hours
    assert "7 of the 12 hours" in tight.message and "transform 2 h, serve.batch 5 h" in tight.message
    assert tight.remediation == "Shorten serve.batch, which takes most of it."
    assert none(batch(plan(**BATCH), 0, transform=99), "batch-window")  # nothing runs
    assert none(batch(plan(**BATCH), 0.5, transform=1), "batch-window")
    assert none(batch(plan(**BATCH), 2), "batch-window")


def test_rarer_runs_are_offered_up_to_a_whole_day_of_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bottlenecks, "START_HOURS", 0.4)
    full = one(batch(plan(**BATCH), 24, transform=23, serve_batch=1), "batch-window")  # 24 hours of work, 1.36 an hour
    assert full.key == "pipelines.frequency" and full.rules_out == ("hourly", "six-hourly")
    monkeypatch.setattr(bottlenecks, "START_HOURS", 0.5)
    exact = one(batch(plan(**BATCH), 48, transform=1, serve_batch=1), "batch-window")  # an hour fits an hour exactly
    assert exact.rules_out == () and "takes 1 hours" in exact.message
    grows = one(batch(plan(**BATCH), 24, transform=24, serve_batch=1), "batch-window")
    assert grows.key == "transform"


def test_an_instance_without_hours_is_no_overrun_and_left_rows_are_a_share() -> None:
    training = {"cadence": Cadence.DAILY, "rows_per_run": 300, "memory_gb": 7.0}
    facts = with_parameters(plan(training_rows=1000), "train", hours_per_run=None)
    assert " 70% are left out" in one(bottlenecks.judge(said(facts, model_training=training)), "memory").message


def test_replicas_and_zones_are_counted_up() -> None:
    facts = with_parameters(plan(requests_per_second=310, availability_target=99.9, **ECS), "serve.online",
                            rps_per_task=60, tasks=6)  # fmt: skip
    short = one(bottlenecks.judge(said(facts, deployment_serving={"max_replicas": 5})), "bottleneck")
    assert short.remediation == "Let it grow to 6 replicas."  # 5.17
    lost = one(bottlenecks.judge(facts), "zone-loss")  # 3 x 60 / 0.6 = 300 of 310
    assert lost.remediation.startswith("Keep 7 replicas")  # 2 x 310 x 0.6 / 60 = 6.2
    for unknown in ({"rps_per_task": None}, {"tasks": None}):
        assert none(bottlenecks.judge(with_parameters(facts, "serve.online", **unknown)), "zone-loss")
    silent = with_parameters(facts, "serve.online", rps_per_task=None)
    assert none(bottlenecks.judge(said(silent, deployment_serving={"max_replicas": 1})), "bottleneck")


def test_both_kinds_of_readers_meet_at_a_key_of_dynamodb() -> None:
    pinned = {"pins": {"feature": "feature:aws-dynamodb-online"}, "budget_usd_max": None}
    facts = plan(workloads=["online", "streaming"], requests_per_second=3500, events_per_second=3500,
                 data=DataSection(entity="id", series=1), **pinned)  # fmt: skip
    read = with_parameters(facts, "feature", "feature:aws-dynamodb-online", item_kb=4)
    assert any("3,500 units" in f.message for f in bottlenecks.judge(read))
    limit = plan(requests_per_second=6000, data=DataSection(entity="id", series=1), **pinned)
    assert none(bottlenecks.judge(with_parameters(limit, "feature", item_kb=4)), "hot-key")
    other = with_parameters(facts, "feature", "feature:aws-redis-online", item_kb=4)
    assert not any("units a second" in f.message for f in bottlenecks.judge(other))
    unknown = with_parameters(facts, "feature", "feature:aws-dynamodb-online", item_kb=None)
    assert not any("units a second" in f.message for f in bottlenecks.judge(unknown))


# --- coupling ---


def test_a_fallback_needs_its_run_only_where_it_gives_the_last_score() -> None:
    blueprint = {"pipelines": (step("online_inference"),)}
    refuses = said(
        plan(), inference_pipeline={"batching": None, "fallback": Fallback.REFUSE}, pipelines_blueprint=blueprint
    )
    assert none(coupling.judge(refuses), "coupling")
    last = {"batching": None, "fallback": Fallback.LAST_SCORE}
    assert none(coupling.judge(said(plan(), inference_pipeline=last)), "coupling")
    assert none(coupling.judge(said(plan(), pipelines_blueprint=blueprint)), "coupling")


def test_other_ways_to_name_a_training_set_need_no_snapshots() -> None:
    dated = {"data_versioning": None, "data_versions_days": 90}
    assert none(
        coupling.judge(said(with_parameters(plan(), "store", snapshot_days=0), versioning_governance=dated)), "coupling"
    )


def test_what_a_pattern_does_not_say_counts_as_none() -> None:
    unsaid = with_parameters(with_parameters(plan(), "store", snapshot_days=None), "train", hours_per_run=None)
    named = {"data_versioning": DataVersioning.TABLE_SNAPSHOTS, "data_versions_days": 1}
    stack = {"tracking": Tracking.MLFLOW_FILES, "orchestrator": Orchestrator.GITHUB_ACTIONS}
    assert "keeps none" in one(coupling.judge(said(unsaid, versioning_governance=named)), "coupling").message
    assert none(coupling.judge(said(unsaid, tech_stack=stack)), "coupling")


def drift(rate: float, needed: int, **outputs: Any) -> Finding | None:
    watch = {"drift_min_rows": needed, "drift_statistic": DriftStatistic.PSI}
    facts = said(plan(requests_per_second=rate, workloads=["online"]), monitoring_observability=watch, **outputs)
    return next((f for f in coupling.judge(facts) if f.rule == "tech.drift-unseen"), None)


def test_unseen_drift_is_told_to_whoever_rests_on_it() -> None:
    rows = round(coupling.predictions_per_day(case({"requests_per_second": 1, "workloads": ["online"]})) * 30)
    assert drift(1, rows) is None and drift(1, rows + 1) is not None
    alone, rests = drift(1, 10**9), drift(1, 10**9, continual_learning={"trigger": RetrainTrigger.DRIFT})
    assert alone and (alone.key, alone.agent) == ("throughput.requests_per_second", "monitoring_observability")
    assert "waits for it" not in alone.message
    assert rests and rests.key == "continual.trigger" and "retraining waits for it" in rests.message


def test_three_challengers_may_wait() -> None:
    def waiting(days: float, runs: float) -> bool:
        loop = {"comparison_days": days, "evaluation_rows": 1000}
        facts = said(plan(), continual_learning=loop, model_training={"runs_per_month": runs})
        return not none(coupling.judge(facts), "slow-verdict")

    month = coupling.DAYS_PER_MONTH
    assert not waiting(3.0, month) and waiting(3.001, month)  # one a day
    assert none(coupling.judge(said(plan(), model_training={"runs_per_month": 99.0})), "slow-verdict")


# --- skew ---


def feature(name: str, transform: str = "window-mean", days: int | None = None, online: bool = True) -> FeatureSpec:
    return FeatureSpec(name=name, source="s", column="x", transform=transform, window_days=days, online=online)


def online(features: list[FeatureSpec], cadence: Cadence = Cadence.DAILY, facts: CriticFacts | None = None,
           **more: Any) -> tuple[Finding, ...]:  # fmt: skip
    engineered = {"features": tuple(features), "scope": FeatureScope.ROLLING_WINDOWS, "online_store": False, **more}
    blueprint = {"ingest_cadence": cadence, "pipelines": ()}
    return skew.judge(said(facts or plan(), feature_engineering=engineered, pipelines_blueprint=blueprint))


def test_limits_of_stale_windows() -> None:
    assert (skew.STALE, skew.STALE_WARNS) == (0.5, 0.25)
    assert online([feature("w", days=5)]) == ()
    quarter = one(online([feature("w", days=4)]), "skew")
    assert quarter.severity is Severity.WARNING and "25% of its window" in quarter.message
    assert quarter.remediation.startswith("Refresh at least every 24 hours")
    half = one(online([feature("long", days=91), feature("w", days=2)]), "skew")  # the shortest decides
    assert half.severity is Severity.ERROR and half.message.startswith("w looks back 48 hours")
    assert str(Cadence.DAILY) in half.rules_out and str(Cadence.HOURLY) not in half.rules_out
    none_left = one(online([feature("w", days=1)], Cadence.WEEKLY), "skew")
    assert "100% of its window" in none_left.message
    week = one(online([feature("w", days=14)], Cadence.WEEKLY), "skew")
    assert "looks back 336 hours" in week.message and "50%" in week.message


@pytest.mark.parametrize(
    "calm",
    [
        feature("w", days=1, online=False),
        feature("w", "ratio", days=1),
        feature("w"),
        feature("w", "scale", online=True),
    ],
)
def test_only_windows_that_are_asked_for_live_grow_stale(calm: FeatureSpec) -> None:
    assert none(online([calm]), "skew")


def missing(names: int, source: str = "request", online_too: bool = False, **changes: Any) -> Finding | None:
    features = tuple(feature(f"f{n}", days=60, online=online_too) for n in range(names))
    facts = said(
        plan(**changes),
        feature_engineering={"features": features, "scope": FeatureScope.ROLLING_WINDOWS, "online_store": False},
        inference_pipeline={"features_from": source},
    )
    return next((f for f in skew.judge(facts) if f.rule == "tech.skew"), None)


def test_history_that_a_request_does_not_bring_is_named_up_to_three() -> None:
    three, four = missing(3), missing(4)
    assert three and three.message.startswith("f0, f1, f2 are made")
    assert four and four.message.startswith("f0, f1, f2 and more are made")
    assert missing(1, "online-store") is None and missing(1, online_too=True) is None
    assert missing(1, workloads=["batch"], sla_latency_ms=None) is None
    plain = (feature("now", "scale", online=False),)
    engineered = {"features": plain, "scope": FeatureScope.ROLLING_WINDOWS, "online_store": False}
    facts = said(plan(), feature_engineering=engineered, inference_pipeline={"features_from": "request"})
    assert none(skew.judge(facts), "skew")


def test_online_values_live_as_long_as_a_period() -> None:
    assert none(online([], ttl_hours=24, online_store=True), "skew")
    gone = one(online([], ttl_hours=18, online_store=True), "skew")
    assert ": 25% of the time" in gone.message and gone.remediation == "Keep them 48 hours."
    assert none(online([], ttl_hours=1), "skew")  # no store: nothing expires


def dated(kind: ColumnType, event_time: str | None, *features: FeatureSpec) -> bool:
    column = ColumnSpec(source="s", name="day", type=kind, role=ColumnRole.EVENT_TIME, declared=True)
    engineered = {"features": features, "scope": FeatureScope.ROLLING_WINDOWS, "online_store": False}
    data = {"columns": (column,), "event_time": event_time, "label_delay_days": 0.0}
    found = skew.judge(said(plan(), feature_engineering=engineered, data_sourcing=data))
    return any(f.severity is Severity.INFO for f in found)


def test_a_date_matters_only_to_windows_that_are_served() -> None:
    live = feature("w", days=60)
    assert dated(ColumnType.DATE, "day", live) and not dated(ColumnType.TIMESTAMP, "day", live)
    assert not dated(ColumnType.DATE, None, live) and not dated(ColumnType.DATE, "day")
    assert not dated(ColumnType.DATE, "day", feature("w", days=60, online=False))
    assert not dated(ColumnType.DATE, "day", feature("now", "scale"))


def gap(split: Split, days: float, delay: float, event_time: str | None = "day") -> Finding | None:
    facts = said(
        plan(data=DataSection(event_time=event_time)),
        feature_engineering={"features": (), "online_store": False},
        data_sourcing={"columns": (), "event_time": event_time, "label_delay_days": delay},
        model_development={"split": split, "gap_days": days},
    )
    return next((f for f in skew.judge(facts) if f.rule == "tech.leakage"), None)


def test_a_gap_counts_only_in_a_split_by_time() -> None:
    assert gap(Split.TIME, 30, 30) is None and gap(Split.TIME, 29, 30) is not None
    other = next(kind for kind in Split if kind is not Split.TIME)
    found = gap(other, 30, 30)
    assert found is not None and found.rules_out == (other.value,)
    assert gap(other, 0, 0) is None and gap(other, 0, 30, None) is None


# --- data flow ---


def labelled(delay: float, window: int, label: str | None = "y") -> Finding | None:
    data = {"columns": (), "label": label, "label_delay_days": delay, "event_time": None}
    found = data_flow.judge(said(plan(), data_sourcing=data, model_training={"window_days": window}))
    return next((f for f in found if f.key in ("sourcing.labels", "data.label")), None)


def test_half_of_the_rows_may_lack_their_outcome() -> None:
    assert labelled(15, 30) is None
    late, never = labelled(18, 30), labelled(30, 31 - 1)
    assert late and late.severity is Severity.WARNING and " 40% have an outcome" in late.message
    assert never and never.remediation == "Predict an outcome that is known within 15 days."
    odd = labelled(31, 31)
    assert odd and "within 15 days" in odd.remediation
    assert labelled(99, 30, None) is None


def test_a_gap_is_told_of_agents_that_concluded_and_lack_something() -> None:
    facts = dataclasses.replace(plan(), reads={"a": ("b",), "c": ()})
    assert data_flow.judge(facts) == ()  # nobody has concluded
    assert data_flow.judge(dataclasses.replace(facts, outputs={"c": None, "b": None})) == ()  # type: ignore[dict-item]
    told = data_flow.judge(dataclasses.replace(facts, outputs={"a": None, "c": None}))  # type: ignore[dict-item]
    assert [f.agent for f in told] == ["a"] and "it reads b" in told[0].message


def flows(*features: FeatureSpec, label: str | None = None, **outputs: Any) -> list[str]:
    column = ColumnSpec(source="s", name="x", type=ColumnType.FLOAT, role=ColumnRole.INPUT, declared=True)
    data = {"columns": (column,), "label": "z", "label_delay_days": 0.0, "event_time": None}
    facts = said(
        plan(data=DataSection(label=label)), data_sourcing=data, feature_engineering={"features": features}, **outputs
    )
    return [f.rule for f in data_flow.judge(facts)]


def test_the_label_of_the_file_counts_before_the_one_that_was_found() -> None:
    assert flows(feature("x", "scale")) == []
    assert flows(feature("x", "scale"), label="x") == ["tech.leakage"]
    assert flows(feature("x", "lag"), label="x") == []
    assert flows(feature("x", "scale"), governance_ethics={"personal_columns": ("mail",)}) == []
    assert flows(feature("x", "scale"), governance_ethics={"personal_columns": ("x",)}) == ["tech.data-flow"]


def test_inference_that_reads_a_store_can_be_judged_before_the_pipelines() -> None:
    facts = said(plan(), inference_pipeline={"features_from": "table"})
    assert data_flow.judge(facts) == ()
