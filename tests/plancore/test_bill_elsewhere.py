"""Prices of another region: tokens where the own one has none, and copies that stand in a second one."""

from decimal import Decimal
from typing import Any

import pytest

from agents.cost.bill import Account, billed
from agents.cost.change import Before, bom_for_lock
from agents.cost.copies import copies, copies_usd
from agents.cost.estimate import estimate
from agents.cost.sensitivity import sensitivity
from agents.cost.tokens import usual_model
from agents.domain.cost import CostEstimate
from agents.domain.files import Lock
from agents.domain.outputs.system_architecture import SystemArchitecture
from agents.domain.outputs.tech_stack import LanguageModel, TechStack
from agents.graph.rehearsal import heard
from agents.patterns.facts import facts
from agents.reports.bill import verdict
from agents.search.composer import composer_of
from agents.search.examples import case
from tests.plancore.test_bill import BOOK, CATALOGUE, NO_TOOLS, line, plan
from tests.plancore.test_cost import made


def frugal(**changes: Any) -> CostEstimate:
    """The estimate in prod with the model whose answers cost least."""
    composition, requirements, account = plan("prod", **changes)
    named = {**account.outputs, "tech_stack": made(TechStack, llm=LanguageModel.NOVA_LITE, **NO_TOOLS)}
    whole = billed(composition, requirements, Account(account.slots, named, CATALOGUE, BOOK))
    return estimate(whole, requirements, BOOK)


def test_tokens_are_priced_in_every_region_and_marked_where_the_price_is_another_ones() -> None:
    asked = {"problem": "rag", "sla_latency_ms": 6000, "requests_per_second": 5, "budget_usd_max": None}
    here, there = (frugal(regions=[region], **asked) for region in ("us-east-1", "eu-west-1"))
    # 5.256 M answers a month: 7,884 M tokens in at 0.06 USD, 1,576.8 M out at 0.24 USD.
    assert here.llm_usd == there.llm_usd == Decimal("473.04") + Decimal("378.43")
    assert any("1,500 tokens in and 300 out" in a for a in here.assumptions) and not there.unpriced
    own, lent = ([p for p in cost.lines if p.line.service == "bedrock"] for cost in (here, there))
    assert {p.unverified for p in own} == {""} and {p.unverified for p in lent} == {"priced as in us-east-1"}
    assert all(b.usd_low < a.usd_low and b.usd_high > a.usd_high for a, b in zip(own, lent, strict=True)), "less sure"
    # 473.04 x 3 x (1 + 0.01 of the row + 0.25 of the least sure rows)
    assert lent[0].usd_high == Decimal("1788.09") and lent[0].confidence == "KL" and lent[0].region == "eu-west-1"
    (said,) = [a for a in there.assumptions if a.startswith("unverified: priced as in us-east-1")]
    assert "Language model input, Language model output, 851.47 USD" in said and "eu-west-1" in said
    assert not any(a.startswith("unverified:") for a in here.assumptions)
    assert "($851 of it unverified: priced as in us-east-1)" in verdict(there, None)
    assert "unverified" not in verdict(here, None)
    assert "Within" not in verdict(there, Decimal(850)) and there.unit_costs["per_1000_predictions"] > Decimal("0.16")


def test_the_tokens_are_those_of_the_model_that_was_chosen() -> None:
    composition, requirements, account = plan(
        "prod", problem="rag", sla_latency_ms=6000, requests_per_second=0.1, budget_usd_max=None
    )
    named = {**account.outputs, "tech_stack": made(TechStack, llm=LanguageModel.NOVA_LITE, **NO_TOOLS)}
    small = Account(account.slots, named, CATALOGUE, BOOK)
    cost = estimate(billed(composition, requirements, small), requirements, BOOK)
    assert cost.llm_usd == Decimal("9.46") + Decimal("7.57")  # 157.68 M at 0.06 USD, 31.536 M at 0.24
    assert any("out of nova-lite" in a for a in cost.assumptions)
    there = requirements.model_copy(update={"regions": ("eu-west-1",), "primary_region": "eu-west-1"})
    away = estimate(billed(composition, there, small), there, BOOK)
    assert away.llm_usd == cost.llm_usd and {p.unverified for p in away.lines if p.line.service == "bedrock"} != {""}
    dear = {**account.outputs, "tech_stack": made(TechStack, llm=LanguageModel.HAIKU, **NO_TOOLS)}
    large = Account(account.slots, dear, CATALOGUE, BOOK)
    # 157.68 M tokens in at 1 USD, 31.536 M out at 5 USD.
    assert estimate(billed(composition, requirements, large), requirements, BOOK).llm_usd == Decimal("315.36")


def test_before_agent_5_has_spoken_the_model_is_the_one_that_it_would_take() -> None:
    _, requirements, _ = plan("prod", problem="rag", sla_latency_ms=6000, requests_per_second=5, budget_usd_max=None)
    tight = requirements.model_copy(update={"budget_usd_max": Decimal(900)})
    assert (
        usual_model(requirements, BOOK) is LanguageModel.HAIKU and usual_model(tight, BOOK) is LanguageModel.NOVA_LITE
    )
    outputs = heard(tight, composer_of(CATALOGUE, BOOK, tight, outputs={}))
    stack = outputs["tech_stack"]
    assert isinstance(stack, TechStack) and stack.llm is None, "what it usually takes follows each case's own budget"


def test_tokens_move_sensitivity_and_no_region_makes_them_cheaper() -> None:
    composition, requirements, account = plan(
        "prod", problem="rag", sla_latency_ms=6000, requests_per_second=5, budget_usd_max=None, regions=["eu-west-1"]
    )
    now, double = (account.usd(requirements.model_copy(update={"requests_per_second": rate})) for rate in (5.0, 10.0))
    assert double - now > Decimal(851)
    half, *_ = [s for s in sensitivity(account, requirements) if s.driver == "requests_per_second"]
    assert half.now_usd == now == composition.monthly_usd and half.double_usd == double


def test_copies_in_a_second_region_are_on_the_bill_where_they_are_made() -> None:
    composition, requirements, account = plan("dev", "prod", regions=["eu-west-1", "eu-central-1"])
    assert not any(line.pattern == "platform:copies" for line in composition.bom), "nothing copies, nobody pays"
    outputs = {**account.outputs, "system_architecture": made(SystemArchitecture, recovery_region="eu-central-1")}
    cost = estimate(
        billed(composition, requirements, Account(account.slots, outputs, CATALOGUE, BOOK)), requirements, BOOK
    )
    found = {p.line.component: p for p in cost.lines if p.line.pattern == "platform:copies"}
    stored = sum(x.quantity for x in composition.bom if x.slot == "store" and x.sku == "standard.storage")
    copied, sent = found["Copies in eu-central-1"], found["Transfer of copies to eu-central-1"]
    assert copied.line.quantity == stored > 2000 and copied.unit_usd == Decimal("0.0245")
    assert copied.region == "eu-central-1" and not copied.unverified and sent.region == "eu-west-1"
    # 395 days are kept, and a month's share of them is sent at 0.02 USD a GB.
    assert float(sent.line.quantity) == pytest.approx(float(stored) / 395 * 730 / 24)
    assert sent.usd == (sent.line.quantity * Decimal("0.02")).quantize(Decimal("0.01"))
    assert found["NAT traffic of copies"].line.quantity == sent.line.quantity
    assert {p.line.environment for p in found.values()} == {"prod"} and not cost.unpriced
    lock = Lock.model_construct(bom=bom_for_lock(cost))
    assert Before(lock, BOOK).usd == cost.monthly_usd, "the next version prices them where they stand"


def test_copies_in_a_region_that_the_book_does_not_know_have_an_order() -> None:
    composition, requirements, account = plan("prod", regions=["eu-west-1", "eu-north-1"])
    outputs = {**account.outputs, "system_architecture": made(SystemArchitecture, recovery_region="eu-north-1")}
    cost = estimate(
        billed(composition, requirements, Account(account.slots, outputs, CATALOGUE, BOOK)), requirements, BOOK
    )
    (copied,) = [p for p in cost.lines if p.line.component == "Copies in eu-north-1"]
    assert copied.unverified == "priced as in us-east-1" and copied.unit_usd == Decimal("0.023") and copied.usd > 40
    assert any("the price book has no row for eu-north-1" in a for a in cost.assumptions)


def test_what_a_pattern_leaves_unpriced_has_its_order_in_usd() -> None:
    r = case({"data_classification": "phi", "batch_gb_per_day": 1000})
    (scans,) = CATALOGUE.evaluate("govern:aws-lake-formation", r).unpriced
    assert scans.usd is not None and float(scans.usd) == pytest.approx(facts(r)["stored_gb"] / 1000 * 2.25)


def test_copies_by_hand() -> None:
    """395 GB kept for 395 days: a GB a day is sent, 30.42 a month at 0.02 USD; kept at 0.0245; through a gateway 0.048 more."""
    r = case({"regions": ["eu-west-1", "eu-central-1"]})
    assert facts(r)["retention_days"] == 395
    kept = line("s3", "standard.storage", "395", slot="store")
    gateway = line("nat_gateway", "hour", "730")
    bare, through = (copies(lines, r, "eu-central-1") for lines in ([kept], [kept, gateway]))
    assert [(x.component, x.resource, x.low, x.high) for x in bare] == [
        ("Copies in eu-central-1", None, Decimal("0.6"), Decimal("1.6")),
        ("Transfer of copies to eu-central-1", None, Decimal("0.5"), Decimal(2)),
    ]
    assert [(x.component, x.resource) for x in through[2:]] == [("NAT traffic of copies", "aws_nat_gateway")]
    assert copies([gateway], r, "eu-central-1") == ()
    assert copies_usd([kept], r, "eu-central-1", BOOK) == Decimal("9.68") + Decimal(
        "0.61"
    )  # 395 x 0.0245, 30.42 x 0.02
    more = copies_usd([kept, gateway], r, "eu-central-1", BOOK) - copies_usd([kept], r, "eu-central-1", BOOK)
    assert more == Decimal("1.46")  # 30.42 x 0.048
