"""Critics find what is wrong, by numbers, and name who must think again; a sound plan gets no error."""

from decimal import Decimal
from typing import Any

import pytest

from agents.cost.estimate import estimate
from agents.cost.pricebook import PriceBook
from agents.critics.critic import CriticFacts, critic, discover
from agents.domain.findings import Finding, Severity
from agents.domain.plan import AgentOutput, Composition
from agents.domain.requirements import Requirements
from agents.patterns import Catalogue
from agents.search import search
from agents.search.examples import case

BOOK = PriceBook.load()


def facts(
    composition: dict[str, Any] | None = None, outputs: dict[str, AgentOutput] | None = None, **changes: Any
) -> CriticFacts:
    requirements = case(changes)
    best = search(Catalogue.load(), BOOK, requirements).best
    assert best is not None
    cost = estimate(best, requirements, BOOK)
    return CriticFacts(requirements, best.model_copy(update=composition or {}), outputs or {}, cost)


def rules(name: str, given: CriticFacts) -> dict[str, Finding]:
    return {f.rule: f for f in critic(name).judge(given)}


def test_the_critics_are_found_by_their_files() -> None:
    assert {"cost", "implementation", "technical", "availability", "bottlenecks"} <= set(discover())
    assert {c.stage for c in discover().values()} == {"plan", "implementation"}


@pytest.mark.parametrize("name", ["technical", "cost"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"workloads": ["batch"], "sla_latency_ms": None},
        {"workloads": ["streaming"], "sla_latency_ms": None, "events_per_second": 90},
    ],
)
def test_a_sound_plan_has_no_error(name: str, changes: dict[str, Any]) -> None:
    assert [f for f in critic(name).judge(facts(**changes)) if f.severity is Severity.ERROR] == []


def test_a_missing_slot_and_a_missing_provider_are_gaps() -> None:
    slots = facts().composition.slots
    found = rules("technical", facts({"slots": {k: v for k, v in slots.items() if k != "train"}}))
    assert found["tech.gap"].agent in ("model_training", "deployment_serving")
    messages = [
        f.message for f in critic("technical").judge(facts({"slots": {**slots, "govern": "govern:aws-lake-formation"}}))
    ]
    assert any("needs engine.catalog" in m for m in messages)


def test_a_pattern_that_its_file_refuses_is_found() -> None:
    slots = facts().composition.slots
    found = rules("technical", facts({"slots": {**slots, "feature": "feature:aws-s3-offline"}}))["tech.refused"]
    assert found.agent == "feature_engineering" and "lake answers in seconds" in found.message


def test_headroom_is_rate_over_ceiling() -> None:
    tight = facts(requests_per_second=60_000, budget_usd_max=None, skills=["docker", "python"], availability_target=99)
    assert "80,000" in rules("technical", tight)["tech.headroom"].message
    assert "tech.headroom" not in rules("technical", facts())


def test_the_cost_critic_reads_the_bill() -> None:
    sound = facts()
    assert sound.cost is not None
    over = sound.requirements.model_copy(update={"budget_usd_max": sound.cost.monthly_usd - 1})
    found = rules("cost", CriticFacts(over, sound.composition, {}, sound.cost))
    assert found["cost.budget"].severity is Severity.WARNING
    broke = sound.requirements.model_copy(update={"budget_usd_max": Decimal(1)})
    assert (
        rules("cost", CriticFacts(broke, sound.composition, {}, sound.cost))["cost.budget"].severity is Severity.ERROR
    )
    wrong = sound.cost.model_copy(update={"monthly_usd": sound.cost.monthly_usd + 1})
    assert (
        rules("cost", CriticFacts(sound.requirements, sound.composition, {}, wrong))["cost.sums"].severity
        is Severity.ERROR
    )
    lake = facts(data_classification="phi", compliance=["hipaa"], pins={"govern": "govern:aws-lake-formation"})
    assert "cost.unpriced" in rules("cost", lake)


def test_a_bill_below_the_floor_is_wrong() -> None:
    given = facts(pins={"serve.online": "serve:aws-ecs-fargate"})
    assert given.cost is not None
    cheap = tuple(
        p.model_copy(update={"usd": Decimal("1.00"), "usd_low": Decimal("1.00")})
        if p.line.component.startswith("API tasks")
        else p
        for p in given.cost.lines
    )
    found = rules(
        "cost",
        CriticFacts(given.requirements, given.composition, {}, given.cost.model_copy(update={"lines": cheap})),
    )
    assert "cost.floor" in found and "cost.floor" not in rules("cost", given)


def tree(composition: Composition) -> dict[str, bytes]:
    """A tree with every module and every billed resource of a composition."""
    modules = {m for i in composition.slots.values() for m in Catalogue.load().get(i).terraform}
    billed = {line.resource for line in composition.bom if line.resource}
    text = "\n".join(f'resource "{r}" "x" {{}}' for r in sorted(billed))
    return {f"infra/terraform/modules/{m}/main.tf": text.encode() for m in modules}


def review(files: dict[str, bytes]) -> list[str]:
    given = facts()
    return [
        f.rule
        for f in critic("implementation").judge(
            CriticFacts(given.requirements, given.composition, {}, given.cost, files)
        )
    ]


def test_the_implementation_review_compares_tree_and_bill() -> None:
    whole = tree(facts().composition)
    assert review(whole) == []
    without = {p: c for p, c in whole.items() if "serve_lambda_container" not in p}
    assert "implementation.module-missing" in review(without)
    bare = {p: c.replace(b"aws_dynamodb_table", b"aws_s3_object") for p, c in whole.items()}
    assert "implementation.priced-not-generated" in review(bare)
    extra = {**whole, "infra/terraform/modules/x/main.tf": b'resource "aws_nat_gateway" "n" {}'}
    assert review(extra) == ["implementation.generated-not-priced"]


def test_before_there_is_a_tree_the_review_is_silent() -> None:
    given = facts()
    assert critic("implementation").judge(given) == ()
    assert critic("cost").judge(CriticFacts(given.requirements, given.composition, {})) == ()


def test_requirements_are_not_changed_by_judging() -> None:
    given = facts()
    before: Requirements = given.requirements.model_copy(deep=True)
    for name in discover():
        critic(name).judge(given)
    assert given.requirements == before
