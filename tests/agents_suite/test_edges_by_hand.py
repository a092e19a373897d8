"""Figures on the very edge of a limit, and rules that no known project reaches, worked out by hand."""

from decimal import Decimal

import pytest

from agents.domain.constraints import Freshness, SourceFormat, WorkloadType
from agents.domain.outputs import ContinualLearning, ContinualLearningSetup, MonitoringObservability, SystemArchitecture
from agents.domain.outputs.continual_learning import RetrainTrigger
from agents.domain.requirements import Requirements
from agents.expert import bottlenecks, formulas
from agents.expert.consumers import consumers_of
from agents.expert.objectives import lag_seconds
from agents.expert.volume import predictions_per_day
from agents.expert.words import listed, number, usd
from tests.agents_suite.fakes import FakeComposer
from tests.agents_suite.scenarios import SCENARIOS, requirements
from tests.agents_suite.walked import of
from tests.agents_suite.walking import Walk, walk


def walked(**changes: object) -> Walk:
    r = requirements(**changes)
    return walk(r, FakeComposer(r))


def delayed(days: int) -> dict[str, object]:
    base = SCENARIOS["churn"].data
    return {"data": base.model_copy(update={"label": f"churned_within_{days}d"})}


def test_numbers_as_people_read_them() -> None:
    assert [number(x) for x in (999.5, 1000.4, 1000.5, 0.6249, 999.4)] == ["1,000", "1,000", "1,000", "0.625", "999"]
    assert [usd(Decimal(x)) for x in ("9.99", "10", "10.4", "12.5", "-11")] == ["$9.99", "$10", "$10", "$13", "$-11"]
    assert listed("abcdefg") == "a, b, c, d, e, f and 1 more" and listed("abcdef") == "a, b, c, d, e and f"


@pytest.mark.parametrize(
    ("parameters", "carried"),
    [
        ({"rps_per_task": 60, "max_tasks": 4, "tasks": 3}, 240),
        ({"rps_per_task": 60, "tasks": 3}, 180),
        ({"rps_per_task": 60}, 60),
        ({"rps_per_instance": 50, "max_instances": 3, "instances": 2}, 150),
        ({"rps_per_instance": 50, "instances": 2}, 100),
        ({"rps_per_instance": 50}, 50),
        ({"concurrency": 30, "duration_ms": 150}, 200),  # 30 at once, each 150 ms
        ({"concurrency": 30, "duration_ms": 0.5}, 30_000),  # no call is shorter than a millisecond
        ({"concurrency": 30}, 0),
        ({"duration_ms": 150}, 0),
    ],
)
def test_requests_a_second_at_full_scale_out(parameters: dict[str, float], carried: float) -> None:
    assert bottlenecks._requests(parameters) == carried


BATCHES = {"batch_size": 100, "duration_ms": 50}
"""100 events in 50 ms are 2,000 a second of each batch at once."""


@pytest.mark.parametrize(
    ("intake", "serving", "carried", "remedy"),
    [
        ({}, {"events_per_task": 60, "max_tasks": 4}, None, None),
        ({"shards": 3}, {}, None, None),
        ({"shards": 3}, {"events_per_task": 60}, None, None),
        ({"shards": 3}, {"max_tasks": 4}, None, None),
        ({"shards": 3}, {"batch_size": 100}, None, None),
        ({"shards": 3}, {"duration_ms": 50}, None, None),
        ({"shards": 3}, {"events_per_task": 60, "max_tasks": 4}, 300, "add shards"),  # 3 x 60 / 0.6 at full use
        ({"partitions": 5}, {"events_per_task": 60, "max_tasks": 4}, 400, "add consumers"),
        ({"partitions": 4}, {"events_per_task": 60, "max_tasks": 4}, 400, "add partitions and consumers together"),
        ({"shards": 3}, BATCHES, 6000, "add shards and reserved concurrency together"),
        ({"shards": 3}, {**BATCHES, "batches_per_shard": 2}, 12_000, "add shards and reserved concurrency together"),
        ({"shards": 3}, {**BATCHES, "concurrency": 2}, 4000, "add reserved concurrency"),
        ({"shards": 3}, {**BATCHES, "concurrency": 9, "batches_per_shard": 2}, 12_000, "add shards"),
    ],
)
def test_what_the_readers_of_a_stream_carry(
    intake: dict[str, float], serving: dict[str, float], carried: float | None, remedy: str | None
) -> None:
    found = consumers_of(intake, serving)
    assert (found and (pytest.approx(found.carried), found.remedy)) == (carried and (carried, remedy))


def test_functions_are_held_against_what_an_account_may_run_at_once() -> None:
    """Four calls at once of 1,000 are a headroom of 250."""
    r = requirements()
    done = walk(r, FakeComposer(r, first=("serve:aws-lambda-container",)))
    (found,) = [b for b in of(SystemArchitecture, done).bottlenecks if b.stage == "quota: Lambda"]
    assert (found.load, found.capacity, found.headroom) == (4, 1000, 250)


def test_noise_of_an_empty_window_is_that_of_one_row() -> None:
    assert formulas.noise_of_psi(10, 0.5) == 9 and formulas.noise_of_ks(0.5) == 1.36
    assert formulas.noise_of_js(10, 0.5) == pytest.approx(1.274, rel=1e-3)  # sqrt(9 / (8 ln 2))
    assert formulas.noise_of_js(10, 900) == pytest.approx(0.04247, rel=1e-3)


@pytest.mark.parametrize(
    ("needed", "rows"), [(10_000, 50_000 * 2), (9_999, 49_995), (9_000, 45_000), (20_000, 200_000)]
)
def test_rows_that_leave_enough_for_the_judgement(needed: int, rows: int) -> None:
    """A fifth of up to 49,999 rows is held out, a tenth of 50,000 and more: 10,000 need twice as many as 9,999 do."""
    assert formulas.rows_to_hold(needed) == rows


def test_predictions_of_a_day() -> None:
    """20 a second at a load of 0.4; a nightly run scores what a day brings, and nobody more than there is."""
    assert predictions_per_day(requirements(workloads=(WorkloadType.ONLINE,))) == 691_200
    few = requirements(workloads=(WorkloadType.BATCH,), requests_per_second=0.0, training_rows=500)
    assert predictions_per_day(few) == 500
    none = requirements(
        workloads=(WorkloadType.STREAMING,), events_per_second=0.0, requests_per_second=0.0, training_rows=7
    )
    assert predictions_per_day(none) == 7


@pytest.mark.parametrize(
    ("target", "rate", "factors"),
    [
        # 28,800 requests in six hours at 0.4 x 3.33 a second and a budget of 0.1 %: 6 x 28.8 are 173 errors
        (99.9, 3.3333333, [14.4, 6.0, 1.0]),
        # an hour has 694.4 of 0.1929 on average: 14.4 x 0.6944 are 10 errors
        (99.9, 0.48225308641975306 * 1.0001, [14.4, 6.0, 1.0]),
        (99.9, 0.48225308641975306 * 0.999, [6.0, 1.0]),
        (99.9, 0.01, [1.0]),
    ],
)
def test_a_burn_alert_stands_where_ten_errors_would_fall_into_its_window(
    target: float, rate: float, factors: list[float]
) -> None:
    done = walked(workloads=(WorkloadType.ONLINE,), requests_per_second=rate, availability_target=target)
    assert [b.factor for b in of(MonitoringObservability, done).burn_alerts] == factors


@pytest.mark.parametrize(("latency", "seconds"), [(None, 60.0), (100.0, 5.0), (500.0, 5.0), (600.0, 6.0)])
def test_events_wait_ten_times_the_latency_and_five_seconds_at_least(latency: float | None, seconds: float) -> None:
    r: Requirements = SCENARIOS["fraud"].model_copy(update={"sla_latency_ms": latency})
    assert lag_seconds(r) == seconds
    alerts = of(MonitoringObservability, walk(r, FakeComposer(r))).alerts
    assert [a.threshold for a in alerts if a.id == "consumer-lag"] == [seconds]


def test_outcomes_within_two_weeks_are_soon_enough_to_train_by() -> None:
    """Thirteen days of delay and one of the daily load are fourteen; one more is too long, and inputs speak first."""
    soon, late = walked(**delayed(13)), walked(**delayed(14))
    assert of(ContinualLearning, soon).feedback_days == 14 and of(ContinualLearning, late).feedback_days == 15
    trigger = [of(ContinualLearning, done).trigger for done in (soon, late)]
    assert trigger == [RetrainTrigger.PERFORMANCE, RetrainTrigger.DRIFT]


def test_breaches_in_a_row_bring_false_alarms_under_one_a_month() -> None:
    """Three columns pass by luck in 14.3 % of the windows of a day: 4.3 alarms a month, 0.6 if two in a row are asked for."""
    assert of(ContinualLearningSetup, walked()).consecutive_breaches == 2


def test_a_table_that_changes_within_minutes_comes_by_the_stream() -> None:
    cards = SCENARIOS["fraud"].data.sources[0]
    table = cards.model_copy(update={"format": SourceFormat.TABLE, "freshness": Freshness.REALTIME})
    stream = cards.model_copy(update={"name": "clicks", "format": SourceFormat.STREAM, "freshness": Freshness.DAILY})
    daily = cards.model_copy(update={"name": "shops", "format": SourceFormat.TABLE, "freshness": Freshness.DAILY})
    base = SCENARIOS["fraud"]
    both = base.model_copy(
        update={
            "workloads": (WorkloadType.BATCH, WorkloadType.STREAMING),
            "batch_gb_per_day": 3.0,
            "data": base.data.model_copy(update={"sources": (table, stream, daily)}),
        }
    )
    edges = of(SystemArchitecture, walk(both, FakeComposer(both))).edges
    ways = {e.source: e.target for e in edges if e.source.startswith("source_") and e.kind == "data"}
    assert ways == {
        "source_card_events": "ingest_streaming",
        "source_clicks": "ingest_streaming",
        "source_shops": "ingest_batch",
    }
