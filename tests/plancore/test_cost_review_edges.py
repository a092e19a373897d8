"""Limits of the cost review met exactly, one figure below and one above: bills made of a few lines."""

from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from agents.cost.estimate import estimate
from agents.critics import cost as review
from agents.critics.critic import CriticFacts
from agents.domain.cost import CostEstimate, PricedLine
from agents.domain.findings import Finding, Severity
from agents.patterns import Catalogue
from agents.search import search
from agents.search.examples import case
from tests.plancore.reviewing import BOOK

D = Decimal


@cache
def sound() -> CriticFacts:
    requirements = case({"budget_usd_max": None, "budget_usd_target": None})
    best = search(Catalogue.load(), BOOK, requirements).best
    assert best is not None
    return CriticFacts(requirements, best, {}, estimate(best, requirements, BOOK))


def line(usd: str, component: str = "thing", **changes: Any) -> PricedLine:
    """A line of a service that has no floor. Fields of its bill-of-materials line are given as `line_…`."""
    given = sound().cost
    assert given is not None
    of_line = {"component": component, "service": "none", "sku": "none", "driver": "fixed", "quantity": D(1), "slot": "store",
               **{key.removeprefix("line_"): v for key, v in changes.items() if key.startswith("line_")}}  # fmt: skip
    own = {key: v for key, v in changes.items() if not key.startswith("line_")}
    base = given.lines[0]
    priced = {"usd": D(usd), "usd_low": D(usd), "usd_high": D(usd), "unit": "item", "confidence": "M", "asof": newest()}
    return base.model_copy(update={**priced, **own, "line": base.line.model_copy(update=of_line)})


@cache
def newest() -> str:
    given = sound().cost
    assert given is not None
    return given.price_book_date


def bill(*lines: PricedLine, **changes: Any) -> CostEstimate:
    given = sound().cost
    assert given is not None
    total = sum((p.usd for p in lines), D(0))
    row = given.breakdown[0].model_copy(update={"usd": total})
    figures = {
        "monthly_usd": total,
        "low_usd": total,
        "high_usd": total,
        "breakdown": (row,),
        "unpriced": (),
        "levers": (),
    }
    return given.model_copy(update={"lines": lines, **figures, "delta_vs_prev_usd": None, **changes})


def found(cost: CostEstimate, rule: str, **requirements: Any) -> Finding | None:
    base = sound()
    facts = CriticFacts(base.requirements.model_copy(update=requirements), base.composition, {}, cost)
    return next((f for f in review.judge(facts) if f.rule == f"cost.{rule}"), None)


def test_a_range_holds_its_total_also_at_its_ends() -> None:
    assert found(bill(line("60")), "sums") is None  # low, total and high are one
    for wrong in ({"low_usd": D("60.01")}, {"high_usd": D("59.99")}, {"monthly_usd": D(61), "high_usd": D(61)}):
        assert found(bill(line("60"), **wrong), "sums") is not None


def test_the_whole_bill_against_its_floors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "floor_sum", lambda lines, book: D(100))
    rules = [
        [rule for rule in ("floor-sum", "floor-multiple") if found(bill(line(usd)), rule)]
        for usd in ("98.99", "99", "300", "300.01")
    ]
    assert rules == [["floor-sum"], [], [], ["floor-multiple"]]
    monkeypatch.setattr(review, "floor_sum", lambda lines, book: D(0))
    assert found(bill(line("300")), "floor-multiple") is None and found(bill(line("0")), "floor-sum") is None


def test_who_plans_more_instances_and_what_left_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for slot, agent in (("train", "model_training"), ("serve.online", "deployment_serving")):
        monkeypatch.setattr(review, "gpu_hours", lambda cost, c, s=slot: [(line("9", line_slot=s), 5)])
        told = found(bill(line("9")), "gpu-hours")
        assert told and told.agent == agent
    monkeypatch.setattr(review, "egress", lambda cost, r: (70.0, 8.0))
    told = found(bill(line("9")), "egress")
    assert told and told.message.startswith("70 GB a month leave") and "8 GB are all" in told.message


@pytest.mark.parametrize(
    ("unit", "driver", "quantity", "wrong"),
    [
        ("hour", "fixed", 730, False),
        ("hour", "fixed", 731, True),
        ("hour", "fixed", 1460, False),
        ("hour", "fixed", 1461, True),
        ("hour", "fixed", 1459, True),
        ("hour", "fixed", 729, False),
        ("hour", "fixed", 1462, True),
        ("GB", "fixed", 731, False),
        ("hour", "training_rows", 731, False),
    ],
)
def test_hours_of_what_runs_all_month(unit: str, driver: str, quantity: int, wrong: bool) -> None:
    cost = bill(line("9", unit=unit, line_driver=driver, line_quantity=D(quantity)))
    assert (found(cost, "hours") is not None) == wrong


def test_old_prices_count_beyond_a_quarter_of_the_bill(monkeypatch: pytest.MonkeyPatch) -> None:
    ages = {"new": 12, "old": 13, "older": 30}
    monkeypatch.setattr(type(BOOK), "months_old", lambda self, asof: ages.get(asof, 0))
    assert found(bill(line("25", asof="old"), line("75")), "old-prices") is None
    told = found(bill(line("10", "b", asof="older"), line("15.01", "a", asof="old"), line("74.99")), "old-prices")
    assert told and told.severity is Severity.INFO and "25.01 USD" in told.message and "12 months" in told.message
    assert "the oldest is of old (a)" in told.message
    assert found(bill(line("100", asof="new")), "old-prices") is None  # twelve months are not more than twelve
    assert found(bill(line("0")), "old-prices") is None


def test_budget_and_target_at_their_figure() -> None:
    cost = bill(line("60", "big"), line("40", "small"), low_usd=D(80), high_usd=D(120))
    errors = [found(cost, "budget", budget_usd_max=D(limit)) for limit in ("79.99", "80", "99.99", "100")]
    assert [f and f.severity for f in errors] == [Severity.ERROR, Severity.WARNING, Severity.WARNING, None]
    assert errors[1] and "20 above the budget" in errors[1].message and "big, 60 USD" in errors[1].remediation
    targets = [found(cost, "target", budget_usd_target=D(target)) for target in ("99", "100")]
    assert targets[0] and "1 above the target" in targets[0].message and targets[1] is None
    levers = tuple(SimpleNamespace(saves_usd=D(usd), change=f"lever {usd}") for usd in (9, 7))
    told = found(cost.model_copy(update={"levers": levers}), "budget", budget_usd_max=D(90))
    assert told and told.remediation.endswith("9 USD less: lever 9.")
    grown = {"delta_vs_prev_usd": D(30)}
    crossed = found(cost.model_copy(update=grown), "budget", budget_usd_max=D(90))
    assert crossed and "the version before was within it, at 70" in crossed.message
    exact = found(cost.model_copy(update=grown), "budget", budget_usd_max=D(81))
    assert exact and "at 70" in exact.message
    before = found(cost.model_copy(update={"delta_vs_prev_usd": D(5)}), "budget", budget_usd_max=D(90))
    assert before and "version before" not in before.message
    edge = found(cost.model_copy(update={"delta_vs_prev_usd": D(10)}), "budget", budget_usd_max=D(90))
    assert edge and "at 90" in edge.message


def test_a_driver_with_more_than_half_of_a_bill_of_fifty() -> None:
    def told(first: str, second: str, driver: str = "training_rows") -> Finding | None:
        return found(bill(line(first, line_driver=driver), line(second, line_driver="events_per_second")), "driver")

    assert told("25", "25") is None and told("26", "24") is not None
    other = told("24", "26")
    assert other and "follows events_per_second" in other.message
    assert told("26", "23.99") is None and told("60", "10", "fixed") is None
    both = found(bill(*(line("20", line_driver="training_rows") for _ in range(2)), line("39")), "driver")
    assert both and "51% of the bill (40 USD" in both.message and "adds about 40 USD" in both.remediation
    assert found(bill(line("60", line_driver="fixed"), line("9", line_driver="training_rows")), "driver") is None


def test_a_range_is_wide_beyond_half_above_the_total() -> None:
    lines = (line("30", "narrow", usd_high=D(35)), line("20", "wide", usd_high=D(41), line_driver="training_rows"))
    assert found(bill(*lines, high_usd=D(75)), "range") is None
    told = found(bill(*lines, high_usd=D("75.01")), "range")
    assert told and "mostly by wide (20 to 41)" in told.message and "training_rows" in told.remediation
    assert found(bill(line("49.99"), high_usd=D(900)), "range") is None


@pytest.mark.parametrize("confidence", ["KL", "DX"])
def test_unsure_prices_count_beyond_a_quarter(confidence: str) -> None:
    quarter = (line("75"), line("25", confidence=confidence, line_service="a"))
    assert found(bill(*quarter), "confidence") is None
    more = (
        line("74"),
        line("6", confidence=confidence, line_service="b"),
        line("20", confidence=confidence, line_service="a"),
    )
    told = found(bill(*more), "confidence")
    assert told and "26 USD" in told.message and "(a, b)" in told.message
    assert found(bill(line("100", confidence="K")), "confidence") is None
