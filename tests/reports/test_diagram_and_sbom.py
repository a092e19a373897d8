"""The diagram stays valid whatever a name holds; the SBOM says what is declared and no more."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proposal_builder import plan_of, requirements

from agents.reports.mermaid import Arrow, Box, architecture, flowchart
from agents.reports.sbom import sbom

LINE = re.compile(
    r'^(flowchart LR|  subgraph g\d+\["[^"\[\]{}<>|`\\@%]*"\]|    n\d+\["[^"{}<>`\\@%]*"\]|  end'
    r'|  n\d+ (-->|==>|-\.->)(\|"[^"{}<>`\\@%]*"\|)? n\d+|)$'
)


def test_the_blueprint_of_agent_16_is_drawn() -> None:
    blueprint: dict[str, Any] = {
        "nodes": [
            {"id": "src", "label": 'usage "daily"', "group": "sources", "pattern": None},
            {"id": "end", "label": "Fargate", "group": "serving", "pattern": "serve:aws-ecs-fargate"},
        ],
        "edges": [
            {"source": "src", "target": "end", "label": "rows", "kind": "data"},
            {"source": "end", "target": "src", "label": "", "kind": "control"},
            {"source": "end", "target": "nowhere", "label": "", "kind": "data"},
        ],
    }
    text = architecture(requirements(), plan_of(agents={"system_architecture": blueprint}))
    assert text.splitlines() == [
        "flowchart LR",
        '  subgraph g0["sources"]',
        '    n0["usage #quot;daily#quot;"]',
        "  end",
        '  subgraph g1["serving"]',
        '    n1["Fargate"]',
        "  end",
        '  n0 -->|"rows"| n1',
        "  n1 -.-> n0",
    ]


def test_without_a_blueprint_the_slots_are_drawn() -> None:
    text = architecture(requirements(), plan_of())
    assert 'serve (online): aws-ecs-fargate"]' in text and text.count("-->") == 3


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=5, unique=True), st.text(max_size=30))
def test_any_name_gives_a_valid_diagram(names: list[str], edge: str) -> None:
    boxes = [Box(name, name, edge) for name in names]
    text = flowchart(boxes, [Arrow(names[0], names[-1], edge, "request")])
    assert all(LINE.match(line) for line in text.split("\n")), text
    assert text.count("[") == len(names) + 1


PYPROJECT = b"""
[project]
name = "churn"
dependencies = ["scikit-learn==1.5.0", "Pandas[parquet] >=2,<3 ; python_version > '3.10'", "x @ https://h/x.whl"]
[project.optional-dependencies]
serve = ["fastapi>=0.1", "pandas"]
[dependency-groups]
dev = ["pytest", {include-group = "x"}]
"""


def test_the_sbom_lists_what_is_declared() -> None:
    document = json.loads(sbom("churn", PYPROJECT))
    parts = {c["name"]: c for c in document["components"]}
    assert list(parts) == ["fastapi", "pandas", "pytest", "scikit-learn", "x"]
    assert (
        parts["scikit-learn"]["version"] == "1.5.0" and parts["scikit-learn"]["purl"] == "pkg:pypi/scikit-learn@1.5.0"
    )
    assert "version" not in parts["pandas"] and parts["pandas"]["scope"] == "required"
    assert [p["value"] for p in parts["pandas"]["properties"]] == [
        "extra serve: any version",
        "runtime: >=2,<3",
    ]
    assert parts["pytest"]["scope"] == "optional"
    assert "not resolved" in document["metadata"]["properties"][0]["value"]
    assert "serialNumber" not in document and "timestamp" not in document["metadata"]
    assert sbom("churn", PYPROJECT) == sbom("churn", PYPROJECT)


@pytest.mark.parametrize("pyproject", [None, b"", b"\xff", b"[project", b"[project]\nname='x'\n"])
def test_nothing_declared_is_said(pyproject: bytes | None) -> None:
    document = json.loads(sbom("churn", pyproject))
    assert document["components"] == [] and "no dependency is" in document["metadata"]["properties"][0]["value"]


def test_the_sbom_is_valid_cyclonedx() -> None:
    validation = pytest.importorskip("cyclonedx.validation.json")
    schema = pytest.importorskip("cyclonedx.schema")
    judge = validation.JsonStrictValidator(schema.SchemaVersion.V1_6)
    try:
        problem = judge.validate_str(sbom("churn", PYPROJECT).decode())
    except Exception as error:  # the library's own optional parts
        if type(error).__name__ == "MissingOptionalDependencyException":
            pytest.skip("cyclonedx-python-lib's JSON schema parts are not installed")
        raise
    assert problem is None
