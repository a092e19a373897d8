"""Several impossibilities at once: the fewest constraints that must give way together, with amounts that work."""

from decimal import Decimal
from typing import Any

import pytest

from agents.cost.pricebook import PriceBook
from agents.domain.requirements import Requirements
from agents.patterns import Catalogue
from agents.search import search
from agents.search.examples import case
from agents.search.options import OptionSource
from agents.search.relax import Case, relaxed
from agents.search.whole import Whole

CATALOGUE, BOOK = Catalogue.load(), PriceBook.load()
SOURCE = OptionSource(CATALOGUE, BOOK)
QUICK, STEADY, CHEAP = {"sla_latency_ms": 4}, {"availability_target": 99.999}, {"budget_usd_max": "15"}
FIELDS = {
    "sla_latency_ms": ("sla_latency_ms", lambda text: float(text.split()[-1].replace(",", ""))),
    "availability_target": ("availability_target", lambda text: float(text.split()[0])),
    "budget_band.monthly_usd_max": ("budget_usd_max", lambda text: Decimal(text.split()[0].replace(",", ""))),
    "regions": ("primary_region", lambda text: text.split()[0]),
    "throughput.requests_per_second": ("requests_per_second", lambda text: float(text.split()[-1].replace(",", ""))),
}


def plan(r: Requirements) -> Any:
    return Whole(SOURCE).choose(Case(r, {}))


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({**QUICK, **STEADY}, {"sla_latency_ms", "availability_target"}),
        (
            {**QUICK, **STEADY, **CHEAP, "regions": ["eu-north-1"]},
            {"regions", "sla_latency_ms", "availability_target", "budget_band.monthly_usd_max"},
        ),
        (
            {"requests_per_second": 40_000_000, **CHEAP, **QUICK},
            {"throughput.requests_per_second", "sla_latency_ms", "budget_band.monthly_usd_max"},
        ),
    ],
)
def test_what_is_told_works_and_nothing_smaller_does(changes: dict[str, Any], keys: set[str]) -> None:
    r = case(changes)
    found = search(CATALOGUE, BOOK, r).infeasible
    assert found is not None and len(found.conflict) == 1 and found.options
    assert set(found.options[0].key.split(" + ")) == keys
    reasons = found.explanation.split(" Whatever becomes of that: ")
    named = [set(reason.split(" In conflict: ")[1].strip(".").split(", ")) for reason in reasons]
    assert len(named) > 1 and set.union(*named) >= keys
    for option in found.options:
        told = dict(part.split(": ") for part in option.needed.split("; "))
        assert list(told) == option.key.split(" + ") == [part.split(": ")[0] for part in option.required.split("; ")]
        assert "_" not in "".join(told.values()), "numbers for people have commas"
        values = {FIELDS[key][0]: FIELDS[key][1](text) for key, text in told.items()}
        leaf = plan(r.model_copy(update=values))
        assert leaf is not None and Decimal(leaf.cents).scaleb(-2) == option.monthly_usd
        for kept in told:
            loose = Case(r, r.pins)
            for key in told:
                loose = loose if key == kept else relaxed(loose, key)
            assert plan(loose.requirements) is None, f"{kept} need not have changed"


def test_each_conflict_is_told_with_its_own_reason() -> None:
    r = case({"workloads": ["batch", "online"], "batch_gb_per_day": 20_000, "training_rows": 5_000_000_000, **QUICK})
    found = search(CATALOGUE, BOOK, r).infeasible
    assert found is not None
    told = {
        named: reason
        for reason, named in (
            part.split(" In conflict: ") for part in found.explanation.split(" Whatever becomes of that: ")
        )
    }
    assert "ms at p95" in told["sla_latency_ms."]
    assert "cannot fill" not in told["sla_latency_ms."] and "train:aws-" in told["throughput.training_rows."]
    assert "the budget is 3,000.00 USD" in told["throughput.batch_gb_per_day, budget_band.monthly_usd_max."]


def test_the_first_way_keeps_what_was_asked_and_pays_the_last_keeps_the_budget_near() -> None:
    dear, cheap = search(CATALOGUE, BOOK, case({**QUICK, **CHEAP, "workloads": ["online"]})).infeasible.options  # type: ignore[union-attr]
    assert dear.key == cheap.key and dear.monthly_usd > cheap.monthly_usd
    quick, slow = (FIELDS["sla_latency_ms"][1](option.needed.split("; ")[0]) for option in (dear, cheap))
    assert quick < slow


def test_each_minimal_set_of_one_size_is_a_way() -> None:
    """A pin that no plan holds in time, beside a budget that nothing holds: the pin or the limit, and the budget."""
    pins = {"serve.online": "serve:aws-sagemaker-serverless"}
    found = search(CATALOGUE, BOOK, case({"sla_latency_ms": 200, **CHEAP, "pins": pins})).infeasible
    assert found is not None
    budget = "budget_band.monthly_usd_max"
    assert {option.key for option in found.options} == {f"sla_latency_ms + {budget}", f"{budget} + choose.serve.online"}
