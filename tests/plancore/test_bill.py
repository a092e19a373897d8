"""The whole bill by hand: environments, idle floors, what stands beside patterns, units, allowances, levers, changes."""

from decimal import Decimal
from typing import Any

import pytest

from agents.cost.allowances import free_usd
from agents.cost.bill import Account, billed
from agents.cost.change import bom_for_lock
from agents.cost.elsewhere import SMALL_CACHE_NODE, stands
from agents.cost.estimate import estimate
from agents.cost.lines import price_line
from agents.cost.pricebook import PriceBook
from agents.cost.units import WORKS, amounts
from agents.cost.unpriced import outside
from agents.domain.cost import BomLine, CostEstimate, PricedLine
from agents.domain.outputs.governance_ethics import GovernanceEthics, PersonalData
from agents.domain.outputs.monitoring_observability import MonitoringObservability
from agents.domain.outputs.project_stages import ProjectStages
from agents.domain.outputs.tech_stack import LanguageModel, Orchestrator, Tracking
from agents.domain.outputs.versioning_governance import VersioningGovernance
from agents.domain.plan import AgentOutput, Composition
from agents.domain.requirements import Requirements
from agents.expert.language_models import models
from agents.patterns import Catalogue
from agents.resources import content_root
from agents.search import search
from agents.search.examples import case
from tests.plancore.test_cost import lock, made

BOOK = PriceBook.load()
NO_TOOLS = {"orchestrator": Orchestrator.GITHUB_ACTIONS, "tracking": Tracking.MLFLOW_FILES}
CATALOGUE = Catalogue.load()
FARGATE = {
    "regions": ["us-east-1"],
    "requests_per_second": 200,
    "pins": {"serve.online": "serve:aws-ecs-fargate"},
    "data_classification": "internal",
    "compliance": (),
}
"""200 requests a second on tasks of one vCPU that answer 60 a second: 4 tasks at the peak, 2 at least, 3 in the mean."""


def outputs(*environments: str) -> dict[str, AgentOutput]:
    return {
        "project_stages": made(ProjectStages, environments=environments),
        "monitoring_observability": made(MonitoringObservability, log_retention_days=90),
        "versioning_governance": made(VersioningGovernance, data_versions_days=30),
        "governance_ethics": made(GovernanceEthics, personal_data=PersonalData.KEYED_HASH),
    }


def plan(*environments: str, **changes: Any) -> tuple[Composition, Requirements, Account]:
    requirements = case({**FARGATE, **changes})
    best = search(CATALOGUE, BOOK, requirements).best
    assert best is not None
    account = Account(best.slots, outputs(*environments), CATALOGUE, BOOK)
    return billed(best, requirements, account), requirements, account


def costs(*environments: str, **changes: Any) -> CostEstimate:
    composition, requirements, _ = plan(*environments, **changes)
    return estimate(composition, requirements, BOOK)


def lines(bom: tuple[BomLine, ...], component: str) -> dict[str, BomLine]:
    """Environment to its line of that name."""
    return {x.environment: x for x in bom if x.component == component}


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("month_hours", True),
        ("p.mean_tasks * p.vcpu * month_hours", True),
        ("p.provisioned * p.memory_gb * month_seconds", True),
        ("p.invocations_per_second * load_factor * month_seconds / 1000000", False),
        ("p.runs_per_month * p.hours_per_run / month_hours", False),
        ("requests_month / 1000000", False),
    ],
)
def test_what_runs_all_month_is_known_by_its_formula(formula: str, expected: bool) -> None:
    assert stands(formula) is expected


def test_the_search_and_the_bill_price_the_same_patterns_alike() -> None:
    for changes in ({}, {"requests_per_second": 2}, {"workloads": ["streaming"], "events_per_second": 900}):
        requirements = case({**FARGATE, "pins": {}, **changes})
        best = search(CATALOGUE, BOOK, requirements).best
        assert best is not None
        bare = Account(best.slots, {}, CATALOGUE, BOOK).lines(requirements)[: len(best.bom)]
        assert tuple(x.model_copy(update={"idle": None}) for x in bare) == best.bom


def test_an_environment_beside_prod_runs_one_small_idle_task_and_one_gateway() -> None:
    pins = {**FARGATE["pins"], "govern": "govern:aws-kms-cloudtrail"}  # type: ignore[dict-item]
    composition, _, _ = plan("dev", "staging", "prod", availability_target=99.9, pins=pins)
    tasks = lines(composition.bom, "API tasks vCPU hours")
    assert [x.quantity for x in tasks.values()] == [
        Decimal(2555),
        Decimal(730),
        Decimal(730),
    ]  # 5 at the peak, 2 at least: 3.5
    assert tasks["prod"].idle == Decimal(1460) and tasks["dev"].idle == Decimal(730)
    assert (tasks["dev"].driver, tasks["dev"].low, tasks["dev"].high) == ("fixed", Decimal(1), Decimal(1))
    gateways = lines(composition.bom, "NAT gateways")
    assert [x.quantity for x in gateways.values()] == [Decimal(1460), Decimal(730), Decimal(730)]
    addresses = lines(composition.bom, "NAT addresses")
    assert [x.quantity for x in addresses.values()] == [Decimal(1460), Decimal(730), Decimal(730)]
    assert set(lines(composition.bom, "Load balancer capacity")) == {"prod"}
    assert lines(composition.bom, "Encryption keys").keys() == {"prod", "dev", "staging"}


def test_provisioned_concurrency_stands_in_prod_alone() -> None:
    composition, _, _ = plan("dev", "prod", pins={"serve.online": "serve:aws-lambda-container"}, sla_latency_ms=300)
    warm = lines(composition.bom, "Provisioned concurrency")
    assert set(warm) == {"prod"} and warm["prod"].idle_quantity == warm["prod"].quantity > 0


def test_a_cache_outside_prod_is_the_smallest_node_as_the_wiring_says() -> None:
    pins = {"feature": "feature:aws-redis-online"}
    composition, _, _ = plan("dev", "prod", pins=pins, training_rows=20_000_000, budget_usd_max=None)
    nodes = {x.environment: x for x in composition.bom if x.service == "elasticache" and x.sku.startswith("cache.")}
    assert nodes["dev"].sku == f"{SMALL_CACHE_NODE}.valkey" != nodes["prod"].sku
    assert nodes["dev"].quantity == nodes["prod"].quantity
    wiring = content_root("templates") / "repository/feature/aws-redis-online/wiring.tf.j2"
    assert f': "{SMALL_CACHE_NODE}"' in wiring.read_text()


def test_the_total_is_of_all_environments_and_the_floor_of_what_stands() -> None:
    one, three = costs("prod"), costs("dev", "staging", "prod")
    assert [e.name for e in three.environments] == ["prod", "dev", "staging"]
    assert sum(e.monthly_usd for e in three.environments) == three.monthly_usd == three.fixed_usd + three.variable_usd
    assert sum(e.idle_usd for e in three.environments) == three.fixed_usd
    assert three.environments[0].monthly_usd == one.monthly_usd
    dev = three.environments[1]
    day = (one.monthly_usd - one.environments[0].idle_usd) * 24 / 730
    assert any(a.endswith(f"a day of prod's load there adds about {day:,.2f}") for a in three.assumptions)
    assert dev.monthly_usd == dev.idle_usd == three.environments[2].monthly_usd > 0
    assert any(f"dev and staging run the same parts small and idle, without data and schedules: {2 * dev.monthly_usd}" in a
               for a in three.assumptions)  # fmt: skip
    # Of 3 tasks of 1 vCPU and 2 GB, 2 stand without load: 1,460 hours at 0.04048 and 2,920 at 0.004445.
    idle = {p.line.component: p.usd_idle for p in three.lines if p.line.environment == "prod"}
    assert idle["API tasks vCPU hours"] == Decimal("59.10") and idle["API tasks memory hours"] == Decimal("12.98")
    assert idle["Load balancer"] == Decimal("16.43")


def test_the_composition_says_what_the_estimate_says() -> None:
    composition, requirements, _ = plan("dev", "prod")
    cost = estimate(composition, requirements, BOOK)
    assert (composition.monthly_usd, composition.low_usd, composition.high_usd) == (
        cost.monthly_usd, cost.low_usd, cost.high_usd,
    )  # fmt: skip


def test_traffic_addresses_and_what_is_kept_are_on_the_bill() -> None:
    composition, _, _ = plan("prod")
    prod = {x.component: x for x in composition.bom}
    # 200/s x 0.4 x 2,628,000 s = 210.24 M requests; logs 2 + 210.24 + 12 GB/day x 30.4167 x 0.001 = 212.605 GB.
    assert prod["NAT traffic of logs"].quantity == Decimal("212.605")
    assert prod["Traffic between zones"].quantity == Decimal("212.605")  # half of it, charged on both sides
    assert prod["NAT addresses"].quantity == Decimal(730)
    # 12 GB a day kept 395 days at half size: 2,370 GB; 30 days of it as old versions.
    assert prod["Old versions of objects"].quantity == Decimal(180)
    assert prod["Key of hashed columns"].resource == "aws_secretsmanager_secret"
    assert prod["Container Insights metrics"].quantity == Decimal(17)  # 8 a cluster, 9 a service
    twice, _, _ = plan("prod", availability_target=99.9)
    assert "Traffic between zones" not in {x.component for x in twice.bom}, "each zone has its gateway"
    alone, _, _ = plan("prod", pins={"serve.online": "serve:aws-lambda-container"}, requests_per_second=1)
    names = {x.component for x in alone.bom}
    if "NAT gateways" not in names:
        assert "NAT traffic of logs" not in names and "Public addresses of tasks" in names


def test_logs_of_functions_do_not_pass_the_gateway() -> None:
    pins = {"serve.online": "serve:aws-lambda-container", "train": "train:aws-batch-spot"}
    composition, _, _ = plan("prod", pins=pins, requests_per_second=1, availability_target=99)
    # Logs 2 + 1.0512 + 0.365 GB; those of 1.0512 M requests are a function's own.
    assert lines(composition.bom, "NAT traffic of logs")["prod"].quantity == Decimal("2.365")


def test_addresses_of_tasks_are_counted_by_the_task_not_by_its_vcpu() -> None:
    pins = {"serve.online": "serve:aws-lambda-container", "train": "train:aws-sagemaker-training",
            "transform": "transform:aws-batch-polars"}  # fmt: skip
    composition, requirements, account = plan("prod", pins=pins, requests_per_second=1)
    found = {slot: account.catalogue.evaluate(p, requirements).parameters for slot, p in account.slots.items()}
    hours = sum(float(x.quantity) / float(found[x.slot].get("vcpu", 1))
                for x in composition.bom if x.sku == "x86.vcpu" and x.slot != "platform")  # fmt: skip
    assert float(lines(composition.bom, "Public addresses of tasks")["prod"].quantity) == pytest.approx(hours)
    assert found["transform"]["vcpu"] == 8


def test_logs_are_stored_once_whoever_takes_them_in() -> None:
    pins = {"serve.online": "serve:aws-ecs-fargate", "observe": "observe:aws-managed-prometheus"}
    composition, _, _ = plan("prod", pins=pins, budget_usd_max=None)
    # 212.605 GB, 15 % of it when compressed, 90 days: three months' worth.
    assert lines(composition.bom, "Log storage")["prod"].quantity == Decimal("95.67225")
    other, _, _ = plan("prod", pins={**pins, "observe": "observe:aws-cloudwatch"}, budget_usd_max=None)
    assert len([x for x in other.bom if x.sku == "logs.storage"]) == 1


def test_the_small_steps_of_pipelines_run_twelve_minutes_a_day() -> None:
    composition, _, _ = plan("prod")
    steps = lines(composition.bom, "Pipeline steps vCPU hours")["prod"]
    assert abs(steps.quantity - Decimal("6.0833")) < Decimal("0.001") and steps.idle_quantity == 0  # 30.4167 x 0.2


def test_events_that_containers_read_from_kinesis_pass_the_gateway() -> None:
    pins = {"ingest.streaming": "ingest:aws-kinesis", "serve.streaming": "serve:aws-ecs-stream"}
    composition, _, _ = plan("prod", workloads=["streaming"], events_per_second=1000, sla_latency_ms=None, pins=pins)
    # 1,000/s x 0.4 x 2,628,000 s = 1,051.2 M events of 1 KB in, a decision of 1 KB each out.
    assert lines(composition.bom, "NAT traffic of events")["prod"].quantity == Decimal("2102.4")


def test_the_cheapest_model_is_never_refused_for_its_price() -> None:
    asked = case({"problem": "rag", "budget_usd_max": "1", "requests_per_second": 5, "sla_latency_ms": 6000})
    bill = {model: Decimal(100 + at) for at, model in enumerate(LanguageModel)}
    found = {c.id: c for c in models(asked, bill)}
    assert [name for name, c in found.items() if c.feasible] == [next(iter(LanguageModel))]
    assert "10100% of the budget" in found[LanguageModel.HAIKU].refusals[0]


def line(service: str, sku: str, quantity: str, **more: Any) -> BomLine:
    base: dict[str, Any] = {"slot": "serve.online", "pattern": "serve:x", "component": f"{service} {sku}",
                            "driver": "requests_per_second"}  # fmt: skip
    return BomLine(service=service, sku=sku, quantity=Decimal(quantity), **{**base, **more})


def priced(item: BomLine) -> PricedLine:
    found = price_line(item, "us-east-1", BOOK)
    assert isinstance(found, PricedLine)
    return found


def test_what_stands_of_a_line_is_priced_through_its_tiers() -> None:
    assert priced(line("alb", "hour", "1460", idle=Decimal(730))).usd_idle == Decimal("16.43")  # 730 x 0.0225
    assert priced(line("alb", "hour", "730", driver="fixed")).usd_idle == Decimal("16.43")
    assert priced(line("alb", "hour", "730")).usd_idle == 0
    assert priced(line("alb", "hour", "730", idle=Decimal(9999))).usd_idle == Decimal("16.43")


def test_free_allowances_are_told_once_an_account() -> None:
    calls = line("lambda", "requests", "5")
    time = line("lambda", "x86.duration", "1000000")
    assert free_usd([calls], "us-east-1", BOOK) == Decimal("0.20")
    assert free_usd([calls, calls], "us-east-1", BOOK) == Decimal("0.20"), "the second function has no second allowance"
    assert free_usd([calls, time], "us-east-1", BOOK) == Decimal("6.87")  # 400,000 GB-s x 0.0000166667
    assert free_usd([line("data_transfer", "internet_out", "60")], "us-east-1", BOOK) == Decimal("5.40")
    assert costs("prod").free_usd > 0 and costs("prod").monthly_usd == sum(p.usd for p in costs("prod").lines)


def test_unit_costs_hold_their_share_of_what_is_shared_and_nothing_is_left_out() -> None:
    _, requirements, _ = plan("dev", "prod")
    cost = costs("dev", "prod")
    amount = amounts(requirements)
    assert {"per_1000_predictions", "per_training_run", "per_tb_processed"} <= set(cost.unit_costs)
    whole = sum(usd * amount[name] for name, usd in cost.unit_costs.items())
    assert abs(whole - cost.monthly_usd) < cost.monthly_usd / 1000  # six digits of a unit are rounded
    own = sum(p.usd for p in cost.lines if p.line.slot == "serve.online" and p.line.environment == "prod")
    assert cost.unit_costs["per_1000_predictions"] * amount["per_1000_predictions"] > own
    assert amount["per_1000_predictions"] == Decimal("210240") and amount["per_tb_processed"] == Decimal("0.365")
    assert {w.name for w in WORKS} >= set(cost.unit_costs)
    assert cost.training_usd == sum(
        p.usd for p in cost.lines if p.line.slot == "train" and p.line.service != "nat_gateway"
    )


def test_a_line_of_one_environment_is_never_that_of_another() -> None:
    composition, requirements, _ = plan("prod")
    rows = bom_for_lock(estimate(composition, requirements, BOOK))
    balancer = next(row for row in rows if row["component"] == "Load balancer")
    now = estimate(composition, requirements, BOOK, lock((*(r for r in rows if r is not balancer),
                                                          {**balancer, "environment": "dev"})))  # fmt: skip
    assert {d.kind for d in now.deltas} == {"added", "removed"} and now.delta_vs_prev_usd == 0


def test_a_corrected_assumption_is_no_wish_for_another_size() -> None:
    composition, requirements, _ = plan("prod")
    guessed = estimate(composition, requirements, BOOK, None, ["throughput.requests_per_second"])
    more, asked, _ = plan("prod", requests_per_second=260)

    def kinds(before: CostEstimate) -> set[str]:
        now = estimate(more, asked, BOOK, lock(bom_for_lock(before)))
        return {d.kind for d in now.deltas if d.driver == "requests_per_second"}

    assert kinds(guessed) == {"usage"}
    assert kinds(estimate(composition, requirements, BOOK)) == {"resized"}
    rows = tuple({**row, "quantity": "1"} if row["component"] == "Feature reads" else row
                 for row in bom_for_lock(estimate(composition, requirements, BOOK)))  # fmt: skip
    model = estimate(composition, requirements, BOOK, lock(rows))
    assert {(d.component, d.kind) for d in model.deltas if d.kind != "repriced"} == {("Feature reads", "usage")}, (
        "the load model changed alone"
    )


def test_another_environment_is_added_as_such() -> None:
    one, _, _ = plan("prod")
    two, requirements, _ = plan("dev", "prod")
    now = estimate(two, requirements, BOOK, lock(bom_for_lock(estimate(one, requirements, BOOK))))
    assert {d.kind for d in now.deltas} == {"added"} and now.delta_vs_prev_usd == now.environments[1].monthly_usd
    rows = tuple({k: v for k, v in row.items() if k not in ("environment", "stated")}
                 for row in bom_for_lock(estimate(one, requirements, BOOK)))  # fmt: skip
    assert estimate(one, requirements, BOOK, lock(rows)).deltas == (), "a lock of an earlier engine can be read"


def test_what_is_paid_elsewhere_is_named_where_it_applies() -> None:
    plain = {u.component for u in costs("prod").outside}
    assert plain == {"CI minutes", "Tax"}
    promised = {u.component: u.magnitude for u in costs("prod", availability_target=99.9).outside}
    assert "about 100 USD a month" in promised["Support plan"], "a tenth of this bill is less than the least"
    images = costs(
        "prod", problem="image-classification", sla_latency_ms=2000, training_rows=10_000, budget_usd_max=None
    )
    assert "about 500 USD once" in {u.component: u.magnitude for u in images.outside}["Labelling"]


def test_orders_of_magnitude_follow_the_bill() -> None:
    _, requirements, _ = plan("prod", availability_target=99.9)
    told = {u.component: u.magnitude for u in outside(requirements, Decimal(5000))}
    assert "about 500 USD a month" in told["Support plan"] and told["Tax"].startswith("1,000 USD a month at 20 %")
    assert told["CI minutes"].startswith("900 minutes a month; 7 USD")  # 60 runs of 15 minutes at 0.008


def test_a_change_below_the_noise_is_quiet_and_a_fall_of_a_tenth_is_not() -> None:
    cost = costs("prod").model_copy(update={"monthly_usd": Decimal(1000), "delta_vs_prev_usd": Decimal(9)})
    assert cost.noise_usd == Decimal(10) and cost.quiet
    assert not cost.model_copy(update={"delta_vs_prev_usd": Decimal(10)}).quiet
    small = cost.model_copy(update={"monthly_usd": Decimal(20), "delta_vs_prev_usd": Decimal("-3")})
    assert small.noise_usd == Decimal(5) and not small.quiet, "a fall of 13 %"
