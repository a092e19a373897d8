"""Guided Setup: the order of steps, what an answer means, the meter, and the file at the end."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.domain.constraints import Constraints
from agents.intake import clouds
from agents.intake.clouds import planned_clouds
from agents.intake.coverage import cover
from agents.intake.effect import Outlook
from agents.intake.guided import STEPS, Asked, final_values, judge, meter, next_step
from agents.intake.parse import parse
from agents.intake.snapshot import snapshot
from agents.intake.write import render_yaml
from agents.patterns import Catalogue


def _walk(said: dict[str, str]) -> tuple[dict[str, Any], list[Asked], list[float]]:
    answers: dict[str, Any] = {}
    asked, scores = [], [meter(answers)]
    while (step := next_step(answers)) is not None:
        asked.append(step)
        verdict = judge(answers, step.step.key, said.get(step.step.key, ""))
        assert verdict.problem is None, (step.step.key, verdict.problem)
        answers[step.step.key] = verdict.value
        scores.append(meter(answers))
    return answers, asked, scores


SAID = {
    "project.name": "churn",
    "project.problem": "binary classification",
    "cloud": "Amazon",
    "data_classification": "personal data",
    "compliance": "GDPR",
    "regions": "Dublin",
    "workload_types": "a list every night or hour",
    "throughput.batch_gb_per_day": "12 GB",
    "budget_band.monthly_usd_max": "$1,500",
    "team_constraints.size": "about five",
    "data.label": "churned",
}


def test_a_setup_ends_in_a_file_that_says_what_was_answered() -> None:
    answers, asked, scores = _walk(SAID)
    keys = [a.step.key for a in asked]
    assert keys[:4] == ["project.name", "project.description", "project.problem", "cloud"]
    assert "sla_latency_ms" not in keys and "throughput.events_per_second" not in keys
    assert [a.remaining for a in asked][-1] == 0
    assert scores[0] == 0.0 and scores[-1] > 0.7
    constraints = parse(render_yaml(final_values(answers)).encode()).constraints
    assert constraints is not None
    coverage = cover(constraints)
    assert not coverage.blocked and coverage.score == scores[-1] >= coverage.threshold
    assert (constraints.cloud, constraints.regions, constraints.data_classification) == (
        "aws",
        ("eu-west-1",),
        "pii",
    )
    assert constraints.workload_types == ("batch",) and constraints.team_constraints.size == 5
    assert cover(constraints).score == scores[-1]


def test_an_answer_never_lowers_the_meter_unless_it_opens_a_subject() -> None:
    answers = {"project.name": "x", "cloud": "aws", "regions": ["eu-west-1"]}
    before = meter(answers)
    assert meter({**answers, "data_classification": "internal"}) > before
    assert meter({**answers, "sla_latency_ms": None}) == before


def test_steps_follow_from_answers() -> None:
    def remaining(**answers: Any) -> set[str]:
        given: dict[str, Any] = {key.replace("__", "."): value for key, value in answers.items()}
        found = set()
        while (step := next_step(given)) is not None:
            found.add(step.step.key)
            given[step.step.key] = None
        return found

    assert {"sla_latency_ms", "throughput.requests_per_second"} <= remaining(workload_types=["online"])
    assert "throughput.events_per_second" in remaining(workload_types=["streaming"])
    assert "throughput.batch_gb_per_day" not in remaining(workload_types=["streaming"])
    assert "data.label" not in remaining(project__problem="rag")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("sla_latency_ms", "150 ms", 150),
        ("sla_latency_ms", "a second", 1000),
        ("budget_band.monthly_usd_max", "2k", 2000),
        ("availability_target", "99.9%", 99.9),
        ("regions", "eu-west-1, Frankfurt", ["eu-west-1", "eu-central-1"]),
        ("workload_types", "Batch, realtime", ["batch", "online"]),
        ("deployment_pref", "k8s", "kubernetes"),
        ("throughput.training_rows", "2M", 2_000_000),
        ("data.label", "churned", "churned"),
    ],
)
def test_answers_in_a_persons_words(key: str, text: str, value: object) -> None:
    assert judge({"cloud": "aws"}, key, text).value == value


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("cloud", "", "needed before anything can be planned"),
        ("cloud", "ibm", "Write aws."),
        ("cloud", "Google Cloud", "gcp has no patterns in the catalogue yet; aws has"),
        ("regions", "us-central1", "a region of gcp, not of aws"),
        ("sla_latency_ms", "fast", "needs a number (ms)"),
        ("sla_latency_ms", "0", "out of range"),
        ("project.name", "My Churn", "lower-case letters"),
        ("availability_target", "99.9999999999999999999", "out of range"),
        ("sla_latency_ms", "1e-400", "out of range"),
        ("budget_band.monthly_usd_max", "1e400", "no number that can be used"),
        ("project.description", "a \x1b[31m b", "a control character (U+001B) is not allowed"),
        ("project.description", "caf\udcff", "a control character (U+DCFF) is not allowed"),
        ("project.description", "a\u202eb", "an invisible direction mark (U+202E) is not allowed"),
        ("team_constraints.size", "2.5", "whole number"),
    ],
)
def test_an_answer_that_cannot_be_taken_says_what_to_write(key: str, text: str, words: str) -> None:
    verdict = judge({"cloud": "aws"}, key, text)
    assert verdict.value is None and verdict.problem is not None and words in verdict.problem


def test_the_clouds_that_are_offered_are_those_of_the_catalogue(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert planned_clouds() == Catalogue.load().clouds
    asked = next_step({"project.name": "x", "project.description": None, "project.problem": None})
    assert asked is not None and asked.step.key == "cloud"
    assert [choice.value for choice in asked.choices] == list(planned_clouds())
    (tmp_path / "train").mkdir()
    for name in ("azure-x", "aws-y"):
        (tmp_path / "train" / f"{name}.yaml").touch()
    monkeypatch.setattr(clouds, "content_root", lambda name: tmp_path)
    assert planned_clouds.__wrapped__() == ("aws", "azure"), "another pack offers what it has"


def test_a_doubtful_answer_is_taken_with_a_warning() -> None:
    verdict = judge({"data_classification": "internal"}, "compliance", "hipaa")
    assert verdict.value == ["hipaa"] and "about phi data" in verdict.warnings[0]


def test_effects_are_told_for_the_answers_so_far() -> None:
    seen: list[Constraints] = []

    def effect(constraints: Constraints) -> Outlook | None:
        seen.append(constraints)
        return (
            Outlook({"serve.online": "serve:aws-x"}, Decimal(7)) if constraints.workload_types == ("online",) else None
        )

    early = next_step({"project.name": "x", "project.description": None, "project.problem": None}, effect)
    assert early is not None and early.step.key == "cloud" and all(c.cloud for c in seen[1:])
    given = {step.key: None for step in STEPS[:7]} | {
        "project.name": "x", "cloud": "aws", "data_classification": "pii", "regions": ["eu-west-1"],
    }  # fmt: skip
    step = next_step(given, effect)
    assert step is not None and step.step.key == "workload_types"
    told = [choice.effect.endswith("; aws-x, about $7 a month") for choice in step.choices]
    assert told == [False, True, False, False]


def test_the_snapshot_holds_answers_and_skips_and_depends_on_nothing_else() -> None:
    answers, _, _ = _walk(SAID)
    constraints = parse(render_yaml(final_values(answers)).encode()).constraints
    assert constraints is not None
    first = snapshot("guided", constraints, cover(constraints), answers)
    again = snapshot("guided", constraints, cover(constraints), dict(answers))
    assert first == again and first.id == again.id
    assert first.answers["regions"] == ["eu-west-1"] and "availability_target" in first.skipped
    changed = snapshot("guided", constraints, cover(constraints), {**answers, "data.label": "left"})
    assert changed.id != first.id
