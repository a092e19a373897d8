"""The processor time of an answer: by hand from its two parts, and the same in latency, instances and money."""

from typing import Any

import pytest

from agents.cost.pricebook import PriceBook
from agents.domain.requirements import Requirements
from agents.patterns import Catalogue
from agents.patterns.answer_time import (
    COSTS,
    answer_ms,
    answer_ms_gpu,
    deep,
    event_ms,
    rows_weighed,
    stream_readers,
    table_ms,
)
from agents.patterns.facts import assumed, facts
from agents.search.composer import CatalogueComposer
from agents.search.examples import case

CATALOGUE, BOOK = Catalogue.load(), PriceBook.load()


def clicks(problem: str, distinct: int | None = None, **changes: Any) -> Requirements:
    profile = {"item_id": {"distinct": distinct}} if distinct else {}
    columns = {"visitor_id": "id", "item_id": "category", "clicked": "bool", "at": "timestamp"}
    data = {
        "entity": "visitor_id", "label": "clicked", "event_time": "at",
        "sources": [{"name": "clicks", "format": "stream", "columns": columns, "profile": profile}],
    }  # fmt: skip
    return case({"problem": problem, "data": data, **changes})


@pytest.mark.parametrize(
    ("r", "rows", "ms"),
    [
        (case({}), 1, 10.0),
        (clicks("ranking"), 300, 12.99),  # 10 + 299 x 0.01
        (clicks("recommendation", 40), 40, 10.39),  # the profile counted forty items: no list is longer
        (clicks("ranking", 90_000), 300, 12.99),
        (case({"problem": "ranking"}), 1, 10.0),  # no column says what is ordered: a request is one pair
        (case({"problem": "rag", "training_rows": 250_000}), 250_000, 105.0),  # 30 + 250,000 x 0.0003
        (case({"problem": "nlp-classification", "training_rows": 60_000}), 1, 90.0),
        (case({"problem": "nlp-classification", "training_rows": 1_500}), 1, 10.0),  # too few to tune a network
        (case({"problem": "image-classification", "training_rows": 1_500}), 1, 180.0),  # vectors need one anyway
    ],
)
def test_the_time_follows_from_problem_rows_and_what_was_counted(r: Requirements, rows: int, ms: float) -> None:
    assert (rows_weighed(r), answer_ms(r)) == (rows, ms)
    assert any(f"{ms:g} ms of one vCPU" in line for line in assumed(r))


def test_only_answers_of_many_rows_have_a_time_for_each_further_one() -> None:
    weighed = {problem: rows_weighed(case({"problem": problem.value})) for problem in COSTS}
    assert {problem for problem, cost in COSTS.items() if cost.each} == {p for p, rows in weighed.items() if rows > 1}


def test_latency_instances_and_bill_rest_on_the_same_time() -> None:
    few, many = (clicks("ranking", items, requests_per_second=2000) for items in (10, 300))
    a, b = (CATALOGUE.evaluate("serve:aws-ecs-fargate", r) for r in (few, many))
    assert (a.p95_latency_ms, b.p95_latency_ms) == (28.1, 32.8)  # 10.09 and 12.99 ms x 1.6 + 12
    assert (a.parameters["tasks"], b.parameters["tasks"]) == (34, 44)  # 2,000 over floor(600 / ms)
    hours = [next(x.quantity for x in e.bom if x.component == "API tasks vCPU hours") for e in (a, b)]
    assert hours[1] > hours[0]


def test_an_event_is_one_row_and_a_stream_has_a_reader_a_shard() -> None:
    r = clicks("ranking", workloads=["streaming"], events_per_second=20_000, sla_latency_ms=None)
    assert (event_ms(r), stream_readers(r)) == (3.0, 100)  # 20,000 x 3 ms at 60 % use
    assert stream_readers(clicks("ranking", events_per_second=20_000)) == 0, "nobody scores events"
    assert CATALOGUE.evaluate("ingest:aws-kinesis", r).parameters["shards"] == 100


def test_a_table_of_lists_is_scored_item_by_item() -> None:
    assert (table_ms(case({})), table_ms(clicks("recommendation")), table_ms(clicks("recommendation", 7))) == (
        0.01,
        0.5,
        0.07,
    )


def test_a_table_of_forecasts_shares_its_calls_and_a_gpu_takes_its_own_time() -> None:
    forecast = case({"problem": "forecasting"})
    assert (answer_ms(forecast), table_ms(forecast)) == (20.0, 0.5), (
        "a row of a table is a fortieth of a call by itself"
    )
    images, texts = (
        case({"problem": p, "training_rows": 9000}) for p in ("image-classification", "nlp-classification")
    )
    assert (answer_ms_gpu(images), answer_ms_gpu(texts)) == (20.0, 12.0), "180 and 90 ms of a processor"
    assert answer_ms_gpu(forecast) == answer_ms(forecast), "no network, no help"


def test_a_network_is_tuned_from_two_thousand_texts_on() -> None:
    """One limit for the model's time and for its family: below it words and a linear model, in a ninth of the time."""
    few, enough = (case({"problem": "nlp-classification", "training_rows": rows}) for rows in (1_999, 2_000))
    assert (deep(few), deep(enough)) == (False, True)
    assert (answer_ms(few), answer_ms(enough)) == (10.0, 90.0)


def test_a_model_that_takes_longer_than_a_second_still_has_a_rate() -> None:
    slow = case({"problem": "rag", "training_rows": 9_000_000, "requests_per_second": 1})
    assert facts(slow)["model_ms_cpu"] > 2000
    for pattern in ("serve:aws-ecs-fargate", "serve:aws-sagemaker-realtime"):
        found = CATALOGUE.evaluate(pattern, slow)
        rate = found.parameters.get("rps_per_task") or found.parameters.get("rps_per_instance")
        assert isinstance(rate, float) and 0 < rate < 1


LIVE = {"workloads": ["online", "streaming"], "events_per_second": 2000, "requests_per_second": 2000,
        "sla_latency_ms": 60, "budget_usd_max": None}  # fmt: skip


def test_a_cache_serves_both_readers_where_both_stand_in_the_network() -> None:
    composer = CatalogueComposer(CATALOGUE, BOOK, case(LIVE))
    cache = {"feature": "feature:aws-redis-online"}
    inside = composer.best(
        {**cache, "serve.online": "serve:aws-ecs-fargate", "serve.streaming": "serve:aws-ecs-stream"}
    )
    assert inside.slots["feature"] == "feature:aws-redis-online"
    for slot, outside in (
        ("serve.online", "serve:aws-sagemaker-realtime"),
        ("serve.streaming", "serve:aws-lambda-stream"),
    ):
        why = CatalogueComposer(CATALOGUE, BOOK, case({**LIVE, "pins": {slot: outside}})).candidates("feature", {})
        refused = next(c for c in why if c.id == "feature:aws-redis-online")
        assert not refused.feasible and "network.inside" in refused.refusals[0]


def test_one_reader_needs_no_other_inside() -> None:
    only = {**LIVE, "workloads": ["online"], "pins": {"serve.online": "serve:aws-ecs-fargate"}}
    assert CATALOGUE.evaluate("feature:aws-redis-online", case(only)).requires[-1] == "network.inside.online"
    assert "feature:aws-redis-online" in {
        c.id for c in CatalogueComposer(CATALOGUE, BOOK, case(only)).candidates("feature", {}) if c.feasible
    }


def test_agents_that_decided_before_follow_what_a_critic_ruled_out() -> None:
    """Without it the cache would stay and no plan would have both it and a consumer outside the network."""
    from agents.search.composer import composer_of

    r = case({**LIVE, "pins": {"serve.online": "serve:aws-ecs-fargate"}})
    ruled = composer_of(CATALOGUE, BOOK, r, {"serve:aws-ecs-stream": "its consumers lag"})
    assert ruled.search().best is not None and ruled.search().refused["serve:aws-ecs-stream"] == "its consumers lag"
    slots = ruled.best({}).slots
    assert slots["serve.streaming"] == "serve:aws-lambda-stream" and slots["feature"] != "feature:aws-redis-online"
    everything = {p.id: "no" for p in CATALOGUE.for_slot("serve.streaming", r.cloud)}
    assert composer_of(CATALOGUE, BOOK, r, everything).search().best is not None, "then the critic's word is recorded"
