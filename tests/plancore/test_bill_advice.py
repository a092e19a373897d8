"""What would make a bill cheaper, and what it hangs on: by hand."""

from decimal import Decimal
from typing import Any

import pytest

from agents.cost.advice import advised
from agents.cost.bill import Account, billed
from agents.cost.estimate import estimate
from agents.domain.cost import CostEstimate
from agents.domain.decision import Candidate, Decision, Impacts, Question
from agents.domain.outputs.monitoring_observability import MonitoringObservability
from agents.domain.plan import Composition, Plan
from tests.plancore.test_bill import BOOK, CATALOGUE, costs, plan
from tests.plancore.test_bill_terraform import line
from tests.plancore.test_cost import made


def decided(key: str, chosen: str, chosen_usd: str, other: str, other_usd: str) -> Decision:
    question = Question(
        key=key, text="?", rests_on=(), confidence=1, confidence_reasons=(),
        candidates=tuple(
            Candidate(id=i, summary="", tradeoffs=("slower",), score=s,
                      impacts=Impacts(monthly_usd=Decimal(usd), p95_latency_ms=ms))
            for i, usd, s, ms in ((chosen, chosen_usd, 1.0, 20.0), (other, other_usd, 0.5, 90.0))
        ),
    )  # fmt: skip
    return Decision(
        agent="a", number=1, question=question, choice=chosen, justification="", provider="p", prompt_hash=""
    )


def with_advice(*environments: str, decisions: tuple[Decision, ...] = (), **changes: Any) -> CostEstimate:
    composition, requirements, account = plan(*environments, **changes)
    return advised(estimate(composition, requirements, BOOK), planned_of(composition, decisions), requirements, account)


def planned_of(composition: Composition, decisions: tuple[Decision, ...] = ()) -> Plan:
    return Plan(patterns={}, patterns_by_workload={}, agents={}, assumptions=(), alternatives=(),
                composition=composition, decisions=decisions)  # fmt: skip


def test_levers_say_what_they_save_and_what_they_take() -> None:
    choice = decided("serve.online", "serve:aws-ecs-fargate", "500", "serve:other", "320.5")
    cost = with_advice("dev", "staging", "prod", availability_target=99.9, decisions=(choice,))
    found = {x.key: x for x in cost.levers}
    assert [x.saves_usd for x in cost.levers] == sorted((x.saves_usd for x in cost.levers), reverse=True)
    assert found["stages.environments"].saves_usd == cost.environments[2].monthly_usd
    x86 = sum((p.usd for p in cost.lines if p.line.service == "fargate"), Decimal(0))
    assert abs(found["fargate.architecture"].saves_usd - x86 / 5) < Decimal("0.10"), "Graviton is a fifth cheaper"
    assert found["serve.online"].saves_usd == Decimal("179.5")
    assert found["serve.online"].change == "choose: {serve.online: serve:other}"
    assert found["serve.online"].gives_up == "+70 ms p95"
    lower = costs("dev", "staging", "prod", availability_target=99.5)
    assert found["availability_target"].saves_usd == cost.monthly_usd - lower.monthly_usd
    assert found["availability_target"].gives_up == "219 minutes a month may be lost instead of 44"
    assert "regions" not in found, "it stands where prices are lowest"


def test_a_years_promise_covers_what_stands_and_training_may_be_interrupted() -> None:
    pins = {"serve.online": "serve:aws-sagemaker-realtime", "train": "train:aws-sagemaker-training"}
    cost = with_advice("prod", pins=pins, training_rows=300_000_000, budget_usd_max=None)
    found = {x.key: x for x in cost.levers}
    endpoint = next(p for p in cost.lines if p.line.component.startswith("Endpoint hours"))
    promise = found["commitment.sagemaker_savings_plan_1y_no_upfront"]
    assert promise.saves_usd == (endpoint.usd_idle / 5).quantize(Decimal("0.01"))
    hours = next(p for p in cost.lines if p.line.component.startswith("Training hours"))
    assert found["train"].saves_usd == (hours.usd * Decimal("0.6")).quantize(Decimal("0.01"))


def test_short_logs_save_their_storage_unless_audits_read_them() -> None:
    def saved(**changes: Any) -> tuple[dict[str, Decimal], Decimal]:
        composition, requirements, account = plan(
            "prod", requests_per_second=2000, budget_usd_max=None, **changes,
            pins={"serve.online": "serve:aws-ecs-fargate", "observe": "observe:aws-managed-prometheus"},
        )  # fmt: skip
        long = {**account.outputs, "monitoring_observability": made(MonitoringObservability, log_retention_days=400)}
        kept = Account(account.slots, long, CATALOGUE, BOOK)
        cost = estimate(billed(composition, requirements, kept), requirements, BOOK)
        stored = next(p.usd for p in cost.lines if p.line.sku == "logs.storage")
        found = advised(cost, planned_of(composition), requirements, kept).levers
        return {x.key: x.saves_usd for x in found}, stored

    found, stored = saved()
    assert found["monitoring.log_retention_days"] == (stored * 370 / 400).quantize(Decimal("0.01"))
    assert "monitoring.log_retention_days" not in saved(data_classification="pii")[0]


def test_nights_save_hours_of_what_can_be_stopped_beside_prod() -> None:
    cost = with_advice("dev", "staging", "prod")
    lever = next(x for x in cost.levers if x.key == "environments.hours")
    hours = [p for p in cost.lines if p.line.environment != "prod" and p.line.service in ("fargate", "nat_gateway")]
    assert {(p.line.service, p.unit) for p in hours} >= {("fargate", "vCPU-hour"), ("nat_gateway", "hour")}
    # Twelve hours on five days are 60 of a week's 168: 9 of 14 parts are saved.
    assert lever.saves_usd == (sum((p.usd for p in hours), Decimal(0)) * 9 / 14).quantize(Decimal("0.01"))
    assert "dev and staging" in lever.change
    assert "environments.hours" not in {x.key for x in with_advice("prod").levers}, "prod stands day and night"


@pytest.mark.parametrize(
    ("resource", "service", "sku", "saved"),
    [
        ("aws_kms_key", "kms", "key", None),
        ("aws_cloudwatch_dashboard", "cloudwatch", "dashboard", None),
        ("aws_msk_serverless_cluster", "msk", "serverless.cluster", None),
        ("aws_kinesis_stream", "kinesis", "provisioned.shard", None),
        ("aws_elasticache_replication_group", "elasticache", "cache.r7g.large.valkey", None),
        ("aws_nat_gateway", "nat_gateway", "data", None),
        ("aws_ecs_service", "fargate", "x86.vcpu", "19.00"),  # 730 x 0.04048 x 9 / 14
        ("aws_ecs_task_definition", "fargate", "x86.vcpu", None),  # a run ends by itself
        ("aws_sagemaker_endpoint", "sagemaker", "ml.m5.large.ondemand", "53.97"),  # 730 x 0.115 x 9 / 14
    ],
)
def test_nights_are_offered_only_for_hours_of_what_can_be_stopped(
    resource: str, service: str, sku: str, saved: str | None
) -> None:
    composition, requirements, account = plan("dev", "prod")
    there = line(resource, service, sku, "730", "dev")
    cost = estimate(composition, requirements, BOOK).model_copy(
        update={"lines": (there, line(resource, service, sku, "730")), "monthly_usd": Decimal(100)}
    )
    found = advised(cost, planned_of(composition), requirements, account).levers
    usd = [x.saves_usd for x in found if x.key == "environments.hours"]
    assert usd == ([Decimal(saved)] if saved else [])


def test_sensitivity_keeps_the_patterns_and_moves_one_figure() -> None:
    cost = with_advice("dev", "prod")
    by = {s.driver: s for s in cost.sensitivity}
    assert by["requests_per_second"].now_usd == cost.monthly_usd
    twice = costs("dev", "prod", requests_per_second=400)
    half = costs("dev", "prod", requests_per_second=100)
    assert (by["requests_per_second"].half_usd, by["requests_per_second"].double_usd) == (
        half.monthly_usd, twice.monthly_usd,
    )  # fmt: skip
    widths = [abs(s.double_usd - s.now_usd) for s in cost.sensitivity]
    assert widths == sorted(widths, reverse=True) and "events_per_second" not in by
    logs = by["log volume"]
    assert logs.double_usd > logs.now_usd > logs.half_usd
