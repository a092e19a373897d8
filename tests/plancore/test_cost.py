"""Prices, tiers, sums, ranges and changes: exact in cents, and a price refresh is never the author's change."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import agents.cost
from agents.cost.change import bom_for_lock
from agents.cost.estimate import estimate
from agents.cost.lines import Total, cents, dollars, price_line, total
from agents.cost.platform import platform_bom
from agents.cost.pricebook import Missing, Price, PriceBook, multiple
from agents.domain.cost import BomLine, PricedLine
from agents.domain.files import Lock
from agents.domain.outputs.tech_stack import Orchestrator, TechStack, Tracking
from agents.domain.plan import AgentOutput, Composition
from agents.domain.requirements import Requirements
from agents.patterns import Catalogue
from agents.search import search
from agents.search.examples import case

BOOK = PriceBook.load()
FILE = Path(agents.cost.__file__).parent / "pricebook.json"


def price(service: str, sku: str, quantity: str, region: str = "us-east-1", book: PriceBook = BOOK) -> Price:
    found = book.price(service, sku, region, Decimal(quantity))
    assert isinstance(found, Price), found
    return found


@pytest.mark.parametrize(
    ("service", "sku", "quantity", "usd"),
    [
        ("alb", "hour", "730", "16.425"),
        ("s3", "standard.storage", "51200", "1177.600"),
        ("s3", "standard.storage", "61440", "1402.880"),  # 50 TB at 0.023, 10 TB at 0.022
        ("s3", "standard.storage", "612000", "13415.200"),  # and above 500 TB at 0.021
        ("apigateway", "http.requests", "400", "390.0"),  # 300 M at 1.00, 100 M at 0.90
        ("cloudwatch", "custom_metric", "10100", "3010.0"),
        ("s3", "standard.storage", "0", "0"),
    ],
)
def test_tiers_are_marginal_and_bounded_in_base_units(service: str, sku: str, quantity: str, usd: str) -> None:
    assert price(service, sku, quantity).usd == Decimal(usd)


def test_units_hold_base_units() -> None:
    assert [multiple(u) for u in ("1M requests", "10k requests", "100k events", "1B samples", "GB-month", "hour")] == [
        10**6, 10**4, 10**5, 10**9, 1, 1,
    ]  # fmt: skip


@given(st.integers(0, 10**6), st.integers(0, 10**6))
@settings(max_examples=50)
def test_more_never_costs_less_and_tiers_only_get_cheaper(a: int, b: int) -> None:
    small, large = sorted((a, b))
    one, two = (price("s3", "standard.storage", str(q)) for q in (small, large))
    assert one.usd <= two.usd
    assert small == 0 or one.unit_usd >= two.unit_usd


def test_a_missing_instance_is_not_offered_and_a_missing_price_is_unpriced() -> None:
    g5 = BOOK.price("sagemaker", "ml.g5.xlarge.ondemand", "ap-southeast-1", Decimal(1))
    assert isinstance(g5, Missing) and g5.not_offered and "not offered in ap-southeast-1" in g5.reason
    bedrock = BOOK.price("bedrock", "nova-nothing.input", "eu-west-1", Decimal(1))
    assert isinstance(bedrock, Missing) and not bedrock.not_offered
    mars = BOOK.price("s3", "standard.storage", "mars-1", Decimal(1))
    assert isinstance(mars, Missing) and mars.not_offered


def test_a_price_that_only_the_reference_region_has_stands_in_and_is_less_sure() -> None:
    own, lent = (BOOK.price("bedrock", "nova-lite.input", region, Decimal(10)) for region in ("us-east-1", "eu-west-1"))
    assert isinstance(own, Price) and isinstance(lent, Price)
    assert lent.usd == own.usd and (own.priced_as, lent.priced_as) == ("", "us-east-1")
    assert lent.error == own.error + BOOK.errors["KL"] and lent.confidence == "KL"
    for sku in ("ml.p5.48xlarge.ondemand", "ml.g6.xlarge.ondemand"):
        gone = BOOK.price("sagemaker", sku, "ap-southeast-1", Decimal(1))
        assert isinstance(gone, Missing) and gone.not_offered, "an instance type without a row is not sold"
    copies = BOOK.price("s3", "standard.storage", "eu-north-1", Decimal(1), anywhere=True)
    assert isinstance(copies, Price) and copies.priced_as == "us-east-1"
    assert "g5" not in BOOK.gpu_families("ap-southeast-1") and "g5" in BOOK.gpu_families("eu-west-1")


def test_old_measured_prices_get_three_points_more_error() -> None:
    assert price("sagemaker", "ml_storage.gp2", "1").error == Decimal(
        "0.04"
    )  # measured 2023-12, the book is of 2026-11
    assert price("lambda", "x86.duration", "1", "eu-west-1").error == Decimal("0.01")  # measured 2026-04
    assert price("alb", "hour", "1", "ap-south-1").error == Decimal("0.05")  # from knowledge


def test_every_source_of_a_row_is_named() -> None:
    for row in json.loads(FILE.read_text())["rows"]:
        assert BOOK.source(row[8])


def line(
    quantity: str,
    driver: str = "fixed",
    low: str = "1",
    high: str = "1",
    sku: str = "hour",
    service: str = "alb",
) -> BomLine:
    return BomLine(
        slot="serve.online", pattern="serve:x", component=f"{service} {sku}", service=service, sku=sku,
        quantity=Decimal(quantity), driver=driver, low=Decimal(low), high=Decimal(high),
    )  # fmt: skip


def priced(item: BomLine) -> PricedLine:
    found = price_line(item, "us-east-1", BOOK)
    assert isinstance(found, PricedLine)
    return found


def test_money_is_rounded_once_half_up() -> None:
    assert [cents(Decimal(x)) for x in ("0.005", "0.0049", "1.015", "2.675")] == [1, 0, 102, 268]
    assert dollars(1) == Decimal("0.01") and str(dollars(100)) == "1.00"


def test_one_driver_adds_and_two_drivers_take_the_root() -> None:
    a = priced(line("1000", "rate", "0.5", "2"))
    b = priced(line("1000", "volume", "0.5", "2"))
    width = cents(a.usd) - cents(a.usd_low)
    together, apart = total([a, a]), total([a, b])
    assert together.cents - together.low == 2 * width
    assert apart.cents - apart.low == int((2 * width**2) ** 0.5)
    assert together.high > apart.high


@given(st.lists(st.tuples(st.integers(0, 9999), st.sampled_from(["fixed", "a", "b"])), max_size=8))
@settings(max_examples=40)
def test_sums_of_sums_are_sums(items: list[tuple[int, str]]) -> None:
    lines = [priced(line(str(q), driver, "0.5", "2")) for q, driver in items]
    half = len(lines) // 2
    assert total(lines[:half]) + total(lines[half:]) == total(lines) or not lines
    assert sum((total([x]) for x in lines), Total()).low == total(lines).low


def plan(**changes: object) -> tuple[Composition, Requirements]:
    requirements = case(changes)
    best = search(Catalogue.load(), BOOK, requirements).best
    assert best is not None
    return best, requirements


def lock(bom: tuple[dict[str, str], ...]) -> Lock:
    text = dict.fromkeys(
        (
            "engine",
            "pattern_pack",
            "prompt_pack",
            "policy_pack",
            "template_pack",
            "price_book",
            "constraints",
            "plan",
        ),
        "x",
    )
    return Lock.model_validate(
        {
            **text,
            "project": "churn",
            "decisions": {},
            "choices": {},
            "monthly_usd": "0",
            "bom": bom,
            "state": {},
            "files": (),
        }
    )


def test_the_estimate_of_the_same_plan_has_no_change() -> None:
    best, requirements = plan()
    first = estimate(best, requirements, BOOK)
    again = estimate(best, requirements, BOOK, lock(bom_for_lock(first)))
    assert first.delta_vs_prev_usd is None and first.deltas == ()
    assert (
        again.delta_vs_prev_usd == Decimal("0.00") and again.delta_vs_prev_pct == Decimal("0.0") and again.deltas == ()
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"requests_per_second": 80}),
        ({}, {"workloads": ["batch"], "sla_latency_ms": None, "requests_per_second": 0}),
        ({"training_rows": 2_000_000}, {"training_rows": 300_000_000}),
        ({}, {"regions": ["us-east-1"]}),
    ],
)
def test_changes_by_component_add_up_to_the_change_of_the_total(
    before: dict[str, object], after: dict[str, object]
) -> None:
    old = estimate(*plan(**before), BOOK)
    new = estimate(*plan(**after), BOOK, lock(bom_for_lock(old)))
    assert new.delta_vs_prev_usd == new.monthly_usd - old.monthly_usd
    assert (
        sum((d.after_usd - d.before_usd for d in new.deltas if d.kind != "repriced"), Decimal(0))
        == new.delta_vs_prev_usd
    )
    assert new.deltas, "something changed, so something is named"


def test_another_instance_type_is_resized_and_a_gone_service_is_removed() -> None:
    old = estimate(*plan(training_rows=2_000_000), BOOK)
    new = estimate(*plan(training_rows=300_000_000), BOOK, lock(bom_for_lock(old)))
    assert {d.kind for d in new.deltas if d.component.startswith("Training hours")} == {"resized"}
    gone = estimate(
        *plan(workloads=["batch"], sla_latency_ms=None, requests_per_second=0), BOOK, lock(bom_for_lock(old))
    )
    assert {d.kind for d in gone.deltas if d.component == "Function time"} == {"removed"}
    back = estimate(*plan(), BOOK, lock(bom_for_lock(gone)))
    assert {d.kind for d in back.deltas if d.component == "Function time"} == {"added"}


def test_a_price_refresh_is_repriced_and_never_the_authors_change() -> None:
    best, requirements = plan()
    old = estimate(best, requirements, BOOK)
    book = json.loads(FILE.read_text())
    for row in book["rows"]:
        if row[:2] == ["s3", "standard.storage"]:
            row[4] = row[4] * 2
    dearer = PriceBook(json.dumps(book).encode())
    new = estimate(best, requirements, dearer, lock(bom_for_lock(old)))
    assert new.monthly_usd > old.monthly_usd
    assert new.delta_vs_prev_usd == Decimal("0.00")
    assert new.deltas and {d.kind for d in new.deltas} == {"repriced"}
    assert dearer.digest != BOOK.digest == old.price_book


def test_unit_costs_and_what_is_not_priced() -> None:
    cost = estimate(*plan(problem="rag", sla_latency_ms=5000, regions=["eu-west-1", "eu-central-1"]), BOOK)
    assert {"per_1000_predictions", "per_training_run"} <= set(cost.unit_costs)
    assert "per_1000_events" not in cost.unit_costs
    assert not cost.unpriced
    assert any("20/s" in a for a in cost.assumptions)


def test_the_bill_says_its_age() -> None:
    cost = estimate(*plan(), BOOK)
    assert cost.price_book_date == "2026-11" and cost.oldest_price < cost.price_book_date


def stack(orchestrator: Orchestrator, tracking: Tracking) -> dict[str, AgentOutput]:
    return {"tech_stack": made(TechStack, orchestrator=orchestrator, tracking=tracking)}


def made(output: type[AgentOutput], **values: Any) -> AgentOutput:
    """An agent's conclusion with the fields that a bill reads, and no others."""
    return output.model_construct(**values)


def test_platform_choices_are_billed() -> None:
    steps = platform_bom(stack(Orchestrator.STEP_FUNCTIONS, Tracking.MLFLOW_FILES))
    # Before agent 4 has spoken one run a day: 730 / 24 days of 12 transitions, in thousands.
    assert [(x.service, x.quantity, x.idle_quantity) for x in steps] == [
        ("stepfunctions", Decimal("0.365"), Decimal(0))
    ]
    for choice in (Orchestrator.AIRFLOW, Orchestrator.GITHUB_ACTIONS):
        assert platform_bom(stack(choice, Tracking.MLFLOW_SERVER)) == (), "it runs already, and is paid for"
    assert platform_bom({}) == ()
