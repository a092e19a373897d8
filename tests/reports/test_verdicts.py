"""Verdicts name what decided: terms of what was weighed, or the facts that made the score."""

from decimal import Decimal

import pytest

from agents.cost.pricebook import PriceBook
from agents.domain.decision import Candidate, Question
from agents.patterns import Catalogue
from agents.reports.verdicts import verdicts
from agents.search import CatalogueComposer
from agents.search.examples import case
from tests.reports.told import told_parts, told_sum


def question(*candidates: Candidate) -> Question:
    return Question(
        key="serve.online", text="?", candidates=candidates, rests_on=(), confidence=0.5, confidence_reasons=("x",)
    )


def plan(
    name: str, score: float, refusals: tuple[str, ...] = (), tradeoffs: tuple[str, ...] = (), **terms: str
) -> Candidate:
    weighed = {term: Decimal(usd) for term, usd in terms.items()}
    return Candidate(id=name, summary=name, tradeoffs=tradeoffs, score=score, refusals=refusals, weighed=weighed)


def scored(name: str, score: float, *facts: str) -> Candidate:
    return Candidate(id=name, summary=name, tradeoffs=facts, score=score)


def test_a_choice_for_the_deployment_preference_says_so() -> None:
    """It is dearer and quicker, but neither decided."""
    chosen = plan("a", 1.0, bill="273", operating="50", style="0")
    other = plan("b", 0.9, bill="200", operating="60", style="120")
    said = verdicts(question(chosen, other), "a", case({}))
    assert (
        said["a"] == "chosen: least in all that is weighed, 57 points ahead of b (style +120, bill −$73, operating +10)"
    )
    assert said["b"] == "57 points behind: style +120, bill −$73, operating +10"


def test_a_cheaper_plan_is_called_cheapest_only_if_it_is() -> None:
    a, b, c = (
        plan("a", 1, bill="20", operating="9"),
        plan("b", 0.9, bill="30", operating="9"),
        plan("c", 0.1, bill="19", operating="99"),
    )
    assert verdicts(question(a, b), "a", case({}))["a"].startswith(
        "chosen: cheapest by $10 a month, 10 points ahead of b"
    )
    assert verdicts(question(a, b, c), "a", case({}))["a"].startswith(
        "chosen: least in all that is weighed, 10 points ahead of b"
    )
    moved = plan("d", 0.5, tradeoffs=("with it, govern becomes x",), bill="60", operating="9")
    assert verdicts(question(a, moved), "a", case({}))["d"].endswith("; with it, govern becomes x")


def test_a_choice_above_the_budget_is_the_cheapest_plan_and_not_the_only_one() -> None:
    only, other = plan("a", 1.0, bill="1363"), plan("b", 0.0, refusals=("dearer",))
    for limit, said in (
        ("900", "chosen: in the cheapest plan; none is expected within $900"),
        ("1500", "chosen: the only feasible one"),
        (None, "chosen: the only feasible one"),
    ):
        told = verdicts(question(only, other), "a", case({"budget_usd_max": limit}))["a"]
        assert told.replace(" that holds 150 ms at 20 requests/s", "") == said


def test_a_choice_against_what_is_weighed_gives_its_reason() -> None:
    doubted = plan("a", 0.8, tradeoffs=("a critic doubts it: too slow (-0.10)",), bill="20")
    other = plan("b", 0.9, bill="30")
    said = verdicts(question(doubted, other), "b", case({}))
    assert said["b"] == "chosen although a weighs 10 points less: the justification says why"
    assert said["a"].startswith("10 points ahead: bill −$10")


def test_facts_that_made_the_score_are_the_verdict() -> None:
    a, b = (
        scored("a", 1.0, "always so", "labels come late (+0.30)", "rows are few (+0.20)", "x (+0.05)"),
        scored("b", 0.7, "y (-0.10)"),
    )
    assert (
        verdicts(question(a, b), "a", case({}))["a"]
        == "chosen: labels come late (+0.30) and rows are few (+0.20); score 1.00 against 0.70"
    )
    level = scored("b", 1.0, "rows are few (+0.20)")
    said = verdicts(question(a, level), "a", case({}))
    assert said["a"] == "chosen: labels come late (+0.30) and x (+0.05); level with b, the first of the two stands"
    assert said["b"].startswith("level by score (1.00), and listed after it")
    near = scored("b", 0.998, "z (+0.10)")
    assert "score 1.000 against 0.998" in verdicts(question(a, near), "a", case({}))["a"], "digits that tell them apart"


@pytest.mark.parametrize(
    "terms",
    (
        {"bill": "10.40", "operating": "0.40", "style": "0.40", "skills": "0.40", "ceiling": "-5", "papers": "10"},
        {"bill": "-26.30", "operating": "5", "style": "30"},
        {"bill": "12.34", "operating": "-2.74"},
        {"bill": "0.30", "operating": "0.30", "style": "0.30", "skills": "11.60"},
    ),
)
def test_every_told_sum_equals_its_parts_however_small_they_are(terms: dict[str, str]) -> None:
    chosen, other = plan("a", 1.0, **dict.fromkeys(terms, "0")), plan("b", 0.9, **terms)
    for text in verdicts(question(chosen, other), "a", case({})).values():
        assert told_sum(text) == told_parts(text)
        assert abs(told_sum(text) - sum(map(Decimal, terms.values()))) <= Decimal("0.5")


def test_verdicts_of_a_real_slot_add_up() -> None:
    r = case({"deployment_pref": "containers", "requests_per_second": 60, "budget_usd_max": None})
    composer = CatalogueComposer(Catalogue.load(), PriceBook.load(), r)
    candidates = composer.candidates("serve.online", {})
    said = verdicts(question(*candidates), candidates[0].id, r)
    feasible = [c for c in candidates if c.feasible]
    ahead = sum(feasible[1].weighed.values()) - sum(feasible[0].weighed.values())
    assert f"{ahead:,.0f} points ahead of {feasible[1].id}" in said[candidates[0].id]
    for other in feasible[1:]:
        behind = sum(other.weighed.values()) - sum(feasible[0].weighed.values())
        assert said[other.id].startswith(f"{behind:,.0f} points behind: ")
