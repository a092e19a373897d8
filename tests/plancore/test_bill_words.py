"""The bill in words: the verdict first, then what people ask next; nothing that is not there is spoken of."""

from decimal import Decimal
from typing import Any

import pytest

from agents.critics.critic import CriticFacts, critic
from agents.domain.cost import CostDelta, CostEstimate, Unpriced
from agents.domain.rows import unpacked
from agents.reports import bill
from agents.reports.shapes import cost_shape
from agents.reports.text import percent
from tests.plancore.test_bill import plan
from tests.plancore.test_bill_advice import with_advice

COST = with_advice("dev", "prod")


def changed(**values: Any) -> CostEstimate:
    return COST.model_copy(
        update={k: Decimal(v) if isinstance(v, str) and v[-1].isdigit() else v for k, v in values.items()}
    )


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        (None, "No budget was named."),
        (Decimal(5000), "Within the budget of $5,000."),
        (Decimal(900), "Above the budget of $900 by $100; the low end is within."),
        (Decimal(700), "Even the low end is above the budget of $700."),
    ],
)
def test_the_verdict_warns_on_what_is_expected_and_blocks_on_the_low_end(limit: Decimal | None, says: str) -> None:
    cost = changed(monthly_usd="1000", low_usd="800", high_usd="1500")
    assert bill.verdict(cost, limit).endswith(says)
    assert bill.verdict(cost, limit).startswith("**$1,000/month**, range $800 to $1,500.")


def test_what_no_line_has_never_leaves_a_budget_within_in_silence() -> None:
    cost = changed(monthly_usd="1000", low_usd="800", high_usd="1500", outside=(), unpriced=())
    plain = Unpriced(component="Filtered scans", reason="no row")
    known = plain.model_copy(update={"usd": Decimal(150)})
    support = Unpriced(component="Support plan", reason="asked for", usd=Decimal(100))
    tax = Unpriced(component="Tax", reason="without", magnitude="200 USD a month at 20 %")
    words = {
        "Within the budget of $1,200.": cost.model_copy(update={"unpriced": (known,), "outside": (tax,)}),
        "Within the budget of $1,200 only without Filtered scans (no price), which no line has.": cost.model_copy(
            update={"unpriced": (plain,), "outside": (support,)}
        ),
        "Within the budget of $1,200 only without Filtered scans (about $150), Support plan (about $100), which no line"
        " has.": cost.model_copy(update={"unpriced": (known,), "outside": (support, tax)}),
    }
    for says, one in words.items():
        assert bill.verdict(one, Decimal(1200)).endswith(says)
        assert bool(one.beyond(Decimal(1200))) is ("only without" in says)
    assert cost.model_copy(update={"unpriced": (plain,)}).beyond(Decimal(900)) == (), "above it is above"


def test_the_gauge_fills_with_the_budget_and_marks_it_once_it_is_passed() -> None:
    cost = changed(monthly_usd="1000")
    assert bill.gauge(cost, Decimal(2000)) == "`budget [############-------------] 50 %`"
    assert bill.gauge(cost, Decimal(800)) == "`budget [####################|####] 125 %`"
    assert bill.gauge(cost, None) == ""


def test_a_small_change_is_called_noise() -> None:
    quiet = changed(monthly_usd="1000", delta_vs_prev_usd="4", delta_vs_prev_pct="0.4")
    assert "+$4 (+0.4 %) against the version before, which is noise." in bill.verdict(quiet, None)
    loud = changed(monthly_usd="1000", delta_vs_prev_usd="40", delta_vs_prev_pct="4.2")
    assert "noise" not in bill.verdict(loud, None)


def test_parts_add_up_and_show_their_change() -> None:
    delta = CostDelta(component="Load balancer", before_usd=Decimal(0), after_usd=Decimal(30), kind="added",
                      driver="fixed", slot="serve.online")  # fmt: skip
    book = delta.model_copy(update={"component": "NAT gateways", "kind": "repriced", "after_usd": Decimal(99)})
    cost = changed(deltas=(delta, book), delta_vs_prev_usd="30")
    rows = bill.parts_table(cost).splitlines()
    serve = next(r for r in rows if r.startswith("| serve (online)"))
    now = sum((p.usd for p in COST.lines if p.line.slot == "serve.online"), Decimal(0))
    assert f"| +$30 ({percent(3000 / (now - 30))}) |" in serve and rows[-1].startswith("| **all** |")
    assert "change" not in bill.parts_table(COST)
    assert "Load balancer +$30 (new)" in bill.why(cost) and "price book changed, not this plan" in bill.why(cost)


def test_why_splits_what_stands_from_what_is_used_by_environment() -> None:
    dev = COST.environments[1]
    text = bill.why(COST)
    assert f"{COST.fixed_usd:,.0f}" in text and f"dev ${dev.monthly_usd:,.0f} (${dev.idle_usd:,.0f} idle)" in text


def test_levers_sensitivity_units_and_what_is_left_out_are_told() -> None:
    text = "\n".join(bill.whole(COST, Decimal(3000)))
    assert COST.levers and all(x.change in text for x in COST.levers)
    assert "requests a second: half " in text and "for 1,000 predictions" in text and "for a TB processed" in text
    assert "CI minutes" in text and "Tax" in text and "free allowances would take off up to" in text
    bare = COST.model_copy(update={"levers": (), "sensitivity": (), "unit_costs": {}, "outside": (), "unpriced": ()})
    told = "\n".join(bill.whole(bare, None))
    assert not any(word in told for word in ("Levers", "Sensitivity", "Unit costs", "Not priced"))


@pytest.mark.parametrize(
    ("oldest", "amber"), [("2025-11", False), ("2025-10-30", True), ("2022-2024", True), ("2026", False)]
)
def test_prices_older_than_a_year_are_amber(oldest: str, amber: bool) -> None:
    assert ("⚠️" in bill.basis(COST.model_copy(update={"oldest_price": oldest}))) is amber


def test_the_json_holds_every_figure_in_whole_cents() -> None:
    shape = cost_shape(COST)
    assert shape["environments"][1]["name"] == "dev"
    assert sum(e["monthly_usd"] for e in shape["environments"]) == shape["monthly_usd"]
    assert {"levers", "sensitivity", "free_usd", "training_usd", "llm_usd", "outside"} <= shape.keys()
    rows = unpacked(shape["lines"])
    assert {row["environment"] for row in rows} == {"prod", "dev"}
    odd = [
        row for row in rows if "usd_idle" in row
    ]  # elsewhere a fixed line stands idle whole, and any other not at all
    assert odd and all(
        (row["usd_idle"] != row["usd"]) if row.get("driver", "fixed") == "fixed" else True for row in odd
    )


def test_the_critic_names_who_crossed_the_budget_and_what_would_help() -> None:
    composition, requirements, _ = plan("dev", "prod")
    tight = requirements.model_copy(update={"budget_usd_max": COST.monthly_usd - 1})

    def found(cost: CostEstimate) -> tuple[str, str]:
        given = CriticFacts(tight, composition, {}, cost)
        finding = next(f for f in critic("cost").judge(given) if f.rule == "cost.budget")
        return finding.message, finding.remediation

    message, remedy = found(COST.model_copy(update={"delta_vs_prev_usd": Decimal(100)}))
    assert f"the version before was within it, at {COST.monthly_usd - 100}" in message
    assert f"{COST.levers[0].saves_usd} USD less: {COST.levers[0].change}." in remedy
    assert "the version before" not in found(COST.model_copy(update={"delta_vs_prev_usd": Decimal(-100)}))[0]
