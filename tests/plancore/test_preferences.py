"""Preferences that a plan does not meet are told for every field, with what stands there and why; met ones are not."""

import dataclasses
from typing import Any

import pytest

from agents.critics.preferences import judge
from agents.domain.constraints import Constraints
from agents.domain.findings import Finding, Severity
from agents.domain.outputs.tech_stack import Layer
from tests.plancore.reviewing import plan, said

FIELDS = ("deployment_pref", "storage_prefs", "observability_prefs", "existing_stack", "team_constraints.languages")


def found(layers: tuple[str, ...] = (), **changes: Any) -> dict[str | None, Finding]:
    quiet = {"deployment_pref": "any", "storage_prefs": [], "observability_prefs": [], "existing_stack": []}
    stack = tuple(Layer(layer="x", tool=tool, because="x", known=True) for tool in layers)
    facts = said(plan(**{**quiet, "languages": [], **changes}), tech_stack={"layers": stack})
    findings = judge(facts)
    assert len({f.key for f in findings}) == len(findings), "one finding a field"
    return {f.key: f for f in findings}


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        (
            {"deployment_pref": "kubernetes"},
            FIELDS[0],
            ("is kubernetes", "serve.online runs", "no pattern of the catalogue"),
        ),
        ({"storage_prefs": ["MongoDB"]}, FIELDS[1], ("MongoDB: no pattern of the catalogue has it", "store is aws-")),
        ({"observability_prefs": ["datadog"]}, FIELDS[2], ("datadog: no pattern", "observe is aws-")),
        ({"existing_stack": ["jenkins"]}, FIELDS[3], ("jenkins: no pattern",)),
        ({"languages": ["scala", "java"]}, FIELDS[4], ("scala and java", "Python")),
    ],
)
def test_what_is_asked_for_and_not_planned_is_told(changes: dict[str, Any], key: str, words: tuple[str, ...]) -> None:
    one = found(**changes)
    assert set(one) == {key} and one[key].severity is Severity.WARNING and one[key].remediation
    assert all(word in one[key].message for word in words), one[key].message


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"storage_prefs": ["iceberg"]},  # met by a pattern that does not have it in its name
        {"storage_prefs": ["Parquet"]},
        {"observability_prefs": ["cloudwatch"], "existing_stack": ["cloudwatch", "AWS", "python"]},
        {"languages": ["SQL", "Python"]},
        {
            "existing_stack": ["github-actions", "terraform", "MLflow"],
            "layers": ("github-actions", "terraform", "mlflow-files"),
        },
    ],
)
def test_what_is_met_is_not_told(changes: dict[str, Any]) -> None:
    assert not found(**changes)


def test_a_pattern_that_would_do_is_named_with_why_it_was_not_taken() -> None:
    """A fleet of Spark jobs stands, and the data is small."""
    one = found(existing_stack=["emr"], batch_gb_per_day=0.5)["existing_stack"]
    assert "emr: aws-emr-serverless " in one.message
    assert "weighs more here" in one.message or "is refused: " in one.message


def test_a_style_that_a_part_has_is_a_note_and_an_assumed_one_is_not_told() -> None:
    mixed = plan(deployment_pref="serverless", pins={"serve.online": "serve:aws-ecs-fargate"}, budget_usd_max=None)
    styles = {mixed.pattern(slot).style for slot in ("serve.online", "serve.batch", "transform") if mixed.pattern(slot)}  # type: ignore[union-attr]
    (one,) = (f for f in judge(mixed) if f.key == "deployment_pref")
    assert one.severity is (Severity.INFO if "serverless" in styles else Severity.WARNING)
    assert "serve.online runs in containers (aws-ecs-fargate)" in one.message
    assumed = dataclasses.replace(mixed, assumed=frozenset({"deployment_pref"}))
    assert not [f for f in judge(assumed) if f.key == "deployment_pref"]


def test_every_preference_of_the_file_is_judged() -> None:
    fields = {name for name in Constraints.model_fields if name.endswith(("_pref", "_prefs", "_stack"))}
    assert fields == {field for field in FIELDS if "." not in field}
