"""What a composition reaches, and what fails as one: serial parts, fallbacks, single points."""

import pytest

from agents.critics import availability, single_points
from agents.critics.critic import CriticFacts
from agents.domain.constraints import DataSection
from agents.domain.findings import Finding, Severity
from agents.domain.month import minutes_down
from agents.domain.outputs.inference_pipeline import Fallback
from agents.expert import paths
from agents.patterns.evaluated import Failure
from tests.plancore.reviewing import ECS, STREAM, changed, none, one, plan, said, with_parameters

# --- availability ---


def test_serial_parts_multiply() -> None:
    path = paths.Path("x", (paths.Part("a", 99.9), paths.Part("b", 99.5)), (paths.Part("c", 99.0),))
    assert (path.percent, path.hard_percent, path.told) == (99.4005, 98.4065, "c 99 %, b 99.5 %, a 99.9 %")
    assert minutes_down(99.9) == 43.8


def test_the_online_path_has_its_lookup_and_its_key() -> None:
    facts = plan(
        data=DataSection(entity="id"),
        pins={"feature": "feature:aws-dynamodb-online", **ECS["pins"]},
        budget_usd_max=None,
    )
    (path,) = [p for p in paths.paths_of(facts.requirements, facts.composition) if p.promise == "an answer"]
    assert [p.name for p in path.parts] == ["aws-ecs-fargate", "aws-dynamodb-online", "KMS"]
    assert paths.promised(facts.requirements, facts.composition) == path.percent == pytest.approx(99.96, abs=0.001)


def test_the_nat_is_on_the_path_of_what_leaves_the_network() -> None:
    rag = plan(problem="rag", sla_latency_ms=6000, availability_target=99.5, data=DataSection(), **ECS)
    (path,) = [p for p in paths.paths_of(rag.requirements, rag.composition) if p.promise == "an answer"]
    assert [(p.name, p.percent) for p in path.parts if p.slot is None] == [("NAT gateway", 99.9)]
    assert [p.name for p in path.soft] == ["hosted language model"]
    two = plan(problem="rag", sla_latency_ms=6000, availability_target=99.9, data=DataSection(), **ECS)
    (path,) = [p for p in paths.paths_of(two.requirements, two.composition) if p.promise == "an answer"]
    assert [(p.name, p.percent) for p in path.parts if p.slot is None] == [("NAT gateway", 99.99)]


def test_a_shortfall_counts_above_a_twentieth_of_the_budget() -> None:
    assert not availability.short(99.895, 99.9) and availability.short(99.894, 99.9)


def test_who_can_mend_the_availability_is_who_has_another_pattern() -> None:
    facts = plan(**ECS, data=DataSection(), availability_target=99.9)
    composed = facts.composition.model_copy(update={"availability_pct": 99.0})
    found = one(availability.judge(changed(facts, composed)), "availability")
    assert found.severity is Severity.ERROR and "438 minutes a month" in found.message
    weak = with_parameters(facts, "serve.online", "serve:aws-lambda-container")
    asked = CriticFacts(facts.requirements.model_copy(update={"availability_target": 99.95}), weak.composition, {})
    named = one(availability.judge(asked), "availability")
    assert (named.agent, named.key) == ("deployment_serving", "serve.online")
    assert "serve:aws-lambda-container" in named.rules_out and "serve:aws-ecs-fargate" not in named.rules_out
    beyond = CriticFacts(facts.requirements.model_copy(update={"availability_target": 99.999}), weak.composition, {})
    nobody = one(availability.judge(beyond), "availability")
    assert nobody.agent is None and nobody.key == "availability_target"


def test_a_hosted_model_is_soft_only_with_a_fallback() -> None:
    rag = plan(problem="rag", sla_latency_ms=6000, availability_target=99.9, data=DataSection())

    def answering(fallback: Fallback) -> Finding:
        return one(availability.judge(said(rag, inference_pipeline={"fallback": fallback})), "availability")

    assert answering(Fallback.BASELINE).severity is Severity.WARNING
    refuses = answering(Fallback.REFUSE)
    assert (refuses.severity, refuses.agent, refuses.rules_out) == (Severity.ERROR, "inference_pipeline", ("refuse",))


def test_events_that_wait_are_a_warning() -> None:
    assert (
        one(
            availability.judge(plan(**STREAM, events_per_second=90, availability_target=99.9)), "timely-scores"
        ).severity
        is Severity.WARNING
    )
    assert none(availability.judge(plan(**STREAM, events_per_second=90, availability_target=99)), "timely-scores")


def test_a_run_that_cannot_be_repeated_is_there_as_often_as_its_parts() -> None:
    def nightly(hours: float) -> tuple[Finding, ...]:
        asked = {"workloads": ["batch"], "sla_latency_ms": None, "availability_target": 99.9}
        facts = with_parameters(plan(**asked), "transform", hours_per_run=hours)
        return availability.judge(said(facts, pipelines_blueprint={"runs_per_day": 1.0}))

    assert none(nightly(10), "on-time-runs")
    told = one(nightly(13), "on-time-runs").message
    assert "cannot be repeated" in told and "99.5 % of runs" in told  # five parts of 99.9 %


# --- single points ---


def points(facts: CriticFacts) -> list[Finding]:
    return [f for f in single_points.judge(facts) if f.rule == "tech.single-point"]


def test_a_domain_without_a_measure_against_it() -> None:
    bare = plan(availability_target=99.5, **ECS)  # one NAT gateway below 99.9 %
    (nat,) = [f for f in points(bare) if f.message.startswith("NAT gateway")]
    assert nat.severity is Severity.WARNING and "answers (serve.online)" in nat.message
    assert not [f for f in points(plan(availability_target=99.9, **ECS)) if f.message.startswith("NAT gateway")]
    (quiet,) = [f for f in points(bare) if f.message.startswith("without a measure")]
    assert quiet.severity is Severity.INFO and "silent metric stops alerts (observe)" in quiet.message


def test_one_region_one_shard_one_key_one_person() -> None:
    regional = [
        f
        for f in points(plan(availability_target=99.96, pins=ECS["pins"], budget_usd_max=None, data=DataSection()))
        if f.key == "regions"
    ]
    assert [f.severity for f in regional] == [Severity.WARNING]
    assert [
        f.severity for f in points(plan(availability_target=99.95, **ECS, data=DataSection())) if f.key == "regions"
    ] == [Severity.INFO]
    assert not [f for f in points(plan(regions=["eu-west-1", "eu-central-1"])) if f.key == "regions"]
    shard = [
        f
        for f in points(
            with_parameters(plan(**STREAM, events_per_second=700), "ingest.streaming", "ingest:aws-kinesis", shards=1)
        )
        if f.key == "throughput.events_per_second"
    ]
    assert len(shard) == 1 and "400 a second are refused for the 120 seconds" in shard[0].message
    assert not [
        f
        for f in points(
            with_parameters(plan(**STREAM, events_per_second=499), "ingest.streaming", "ingest:aws-kinesis", shards=1)
        )
        if f.key == "throughput.events_per_second"
    ]
    one_key = plan(data_classification="internal", compliance=[], pins={"govern": "govern:aws-kms-cloudtrail"})
    assert [f for f in points(one_key) if f.key == "data_classification"]
    assert not [f for f in points(plan(data_classification="pii")) if f.key == "data_classification"]  # two keys
    assert [f for f in points(plan(team_size=1)) if f.key == "team_constraints.size" and "67%" in f.message]
    assert not [f for f in points(plan(team_size=2)) if f.key == "team_constraints.size"]
    assert not [
        f
        for f in points(plan(team_size=1, workloads=["batch"], sla_latency_ms=None))
        if f.key == "team_constraints.size"
    ]


def test_one_shard_is_enough_for_a_rate_that_may_double() -> None:
    def shard(rate: float) -> list[Finding]:
        facts = with_parameters(
            plan(**STREAM, events_per_second=rate), "ingest.streaming", "ingest:aws-kinesis", shards=1
        )
        return [f for f in points(facts) if f.key == "throughput.events_per_second"]

    assert shard(500) == [] and len(shard(501)) == 1


def test_slots_that_fall_together_are_a_warning_whatever_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    def severity(*slots: str) -> Severity:
        hit = [(slot, Failure("queue", "training", None)) for slot in slots]
        monkeypatch.setattr(single_points, "shared_domains", lambda facts: {"queue": hit})
        (found,) = [f for f in points(plan()) if f.key == "availability_target"]
        return found.severity

    assert severity("train") is Severity.INFO and severity("train", "transform") is Severity.WARNING
