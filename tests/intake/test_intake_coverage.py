"""Coverage: what weighs, what is asked, and when nothing is."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import FULL, MINIMAL, PLANNABLE

from agents.domain.constraints import Constraints
from agents.intake.answers import constraints_from, read_answer, with_values
from agents.intake.coverage import MAX_QUESTIONS, cover
from agents.intake.parse import parse
from agents.intake.questions import ASKS, question
from agents.intake.weights import FACTORS, THRESHOLD

KEYS = {factor.key for factor in FACTORS}


def _read(content: bytes, more: str = "") -> Constraints:
    constraints = parse(content + more.encode()).constraints
    assert constraints is not None
    return constraints


def _weight(constraints: Constraints, key: str) -> float:
    return next(factor.weight(constraints) for factor in FACTORS if factor.key == key)


def test_a_full_file_is_covered_and_asks_nothing() -> None:
    coverage = cover(_read(FULL))
    assert coverage.score == 1.0 and not coverage.gaps and not coverage.questions and not coverage.blocked
    assert coverage.assumptions == ()


def test_nothing_known_blocks_and_asks_what_blocks_first() -> None:
    coverage = cover(_read(MINIMAL))
    assert coverage.score == 0.0 and coverage.blocked
    assert {gap.key for gap in coverage.gaps if gap.blocking} == {"cloud", "regions", "data_classification"}
    assert [gap.blocking for gap in coverage.gaps[:4]] == [True, True, True, False]
    # Regions have choices only once the cloud is known.
    assert [q.key for q in coverage.questions] == ["cloud", "data_classification", "workload_types"]
    assert [q.key for q in cover(_read(MINIMAL, "cloud: aws\n")).questions] == [
        "data_classification",
        "regions",
        "workload_types",
    ]


def test_what_is_required_alone_asks_for_what_weighs_most() -> None:
    coverage = cover(_read(PLANNABLE))
    assert not coverage.blocked and coverage.score < THRESHOLD
    asked = [q.key for q in coverage.questions]
    assert asked == ["workload_types", "budget_band.monthly_usd_max", "project.problem"]
    weights = {gap.key: gap.weight for gap in coverage.gaps}
    assert all(weights[key] >= weight for key in asked for other, weight in weights.items() if other not in asked)


@pytest.mark.parametrize(
    ("key", "heavier", "lighter"),
    [
        ("sla_latency_ms", "workload_types: [online]\n", "workload_types: [batch]\n"),
        ("throughput.requests_per_second", "workload_types: [online]\n", "workload_types: [streaming]\n"),
        ("throughput.events_per_second", "workload_types: [streaming]\n", "workload_types: [online]\n"),
        ("throughput.batch_gb_per_day", "workload_types: [batch]\n", "workload_types: [streaming]\n"),
        ("throughput.training_rows", "", "throughput: {batch_gb_per_day: 4}\n"),
        ("availability_target", "workload_types: [online]\n", "workload_types: [batch]\n"),
        ("deployment_pref", "", "existing_stack: [eks]\n"),
        ("compliance", "data_classification: phi\n", "data_classification: public\n"),
        ("data.label", "", "project: {name: x, problem: rag}\n"),
    ],
)
def test_a_weight_follows_from_what_is_known(key: str, heavier: str, lighter: str) -> None:
    def weight(text: str) -> float:
        head = b"version: 1\n" if text.startswith("project") else MINIMAL
        return _weight(_read(head, text), key)

    assert weight(heavier) > weight(lighter)


def test_a_field_without_a_part_is_no_gap() -> None:
    batch = cover(_read(PLANNABLE, "workload_types: [batch]\n"))
    assert {"sla_latency_ms", "throughput.requests_per_second", "throughput.events_per_second"} & {
        gap.key for gap in batch.gaps
    } == set()


def test_a_conflict_is_asked_about_even_above_the_threshold() -> None:
    text = FULL.replace(b"[batch, online]", b"[batch, online, streaming]")
    coverage = cover(_read(text))
    assert coverage.score >= THRESHOLD
    assert [(gap.key, gap.kind) for gap in coverage.gaps] == [("throughput.events_per_second", "conflicting")]
    assert [q.key for q in coverage.questions] == ["throughput.events_per_second"]
    assert coverage.findings[0].key == "throughput.events_per_second"
    answered = cover(with_values(_read(text), {"throughput.events_per_second": 400}))
    assert answered.score == 1.0 and not answered.questions


def test_an_ambiguous_statement_is_listed_as_such() -> None:
    coverage = cover(_read(PLANNABLE, "compliance: [gdpr]\n"))
    assert ("data_classification", "ambiguous") in {(gap.key, gap.kind) for gap in coverage.gaps}
    assert coverage.questions[0].key == "data_classification"
    assert coverage.questions[0].choices[0].value == "pii"


def test_a_confirmed_assumption_counts_as_known() -> None:
    before = cover(_read(PLANNABLE))
    by_id = cover(_read(PLANNABLE, "assume: {A3: no limit}\n"))
    by_name = cover(_read(PLANNABLE, "assume: {budget_band.monthly_usd_max: 900}\n"))
    assert before.score < by_id.score == by_name.score
    assert "budget_band.monthly_usd_max" not in {gap.key for gap in by_id.gaps}


def test_the_effect_of_each_choice_is_told_for_this_project() -> None:
    seen: list[Constraints] = []

    def effect(constraints: Constraints) -> str:
        seen.append(constraints)
        return f"${len(seen)} a month"

    coverage = cover(_read(PLANNABLE), effect)
    assert coverage.questions[0].choices[1].effect.endswith("; $2 a month")
    assert [c.workload_types for c in seen[:3]] == [("batch",), ("online",), ("batch", "online")]
    assert all("$" not in choice.effect for q in cover(_read(MINIMAL), effect).questions for choice in q.choices)


def test_choices_follow_from_what_is_known() -> None:
    def values(key: str, text: str) -> list[str]:
        found = question(key, _read(MINIMAL, text), "", False, None)
        return [choice.value for choice in found.choices] if found else []

    assert values("regions", "") == []
    assert values("regions", "cloud: gcp\n") == ["europe-west1", "us-central1", "asia-southeast1"]
    assert values("regions", "cloud: aws\ncompliance: [gdpr]\n") == ["eu-west-1", "eu-west-2"]
    assert values("data_classification", "compliance: [hipaa]\n")[0] == "phi"
    assert values("budget_band.monthly_usd_max", "workload_types: [batch]\n") == ["200", "800", "3000"]
    assert values("budget_band.monthly_usd_max", "workload_types: [online]\n") == ["500", "1500", "5000"]


@pytest.mark.parametrize("key", ASKS)
def test_every_choice_can_be_written_into_the_file(key: str) -> None:
    base = _read(MINIMAL, "cloud: aws\n")
    found = question(key, base, "", False, None)
    assert found is not None and len(found.choices) >= 2
    assert len({choice.value for choice in found.choices}) == len(found.choices)
    for choice in found.choices:
        answered = with_values(base, {key: read_answer(key, choice.value)})
        assert key not in KEYS or key not in {gap.key for gap in cover(answered).gaps}


_ANSWERS: dict[str, list[Any]] = {
    "cloud": ["aws", "gcp"],
    "data_classification": ["pii", "public"],
    "workload_types": [["batch"], ["online"], ["streaming", "batch"]],
    "sla_latency_ms": [40.0],
    "throughput.events_per_second": [0.0, 50.0],
    "throughput.requests_per_second": [5.0],
    "project.problem": ["rag", "regression"],
    "compliance": [["gdpr"], ["hipaa"]],
    "budget_band.monthly_usd_max": [100],
    "data.label": ["y"],
}


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in _ANSWERS.items()}))
def test_laws_of_coverage(values: dict[str, Any]) -> None:
    constraints = constraints_from(values)
    coverage = cover(constraints)
    assert 0 <= coverage.score <= 1 and len(coverage.questions) <= MAX_QUESTIONS
    assert coverage == cover(constraints)
    asked = {q.key for q in coverage.questions}
    assert asked <= {gap.key for gap in coverage.gaps}
    blocking_open = {"cloud", "regions", "data_classification"} - set(values)
    assert {gap.key for gap in coverage.gaps if gap.blocking} == blocking_open
    missing = sum(gap.weight for gap in coverage.gaps if gap.kind == "missing")
    assert coverage.score + missing <= 1.001


def test_answering_every_question_reaches_the_threshold() -> None:
    constraints = _read(MINIMAL)
    rounds = 0
    while (coverage := cover(constraints)).questions:
        rounds += 1
        assert rounds < 8
        for asked in coverage.questions:
            constraints = with_values(constraints, {asked.key: read_answer(asked.key, asked.choices[0].value)})
    assert coverage.score >= THRESHOLD and not coverage.blocked and rounds <= 4
