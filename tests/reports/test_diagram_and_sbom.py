"""The diagram stays valid whatever a name holds; the SBOM says what is locked and no more."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proposal_builder import plan_of, requirements

from agents.locks import packages
from agents.reports.mermaid import Arrow, Box, architecture, flowchart
from agents.reports.sbom import sbom
from agents.resources import content_root

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


HASH = "0" * 64
LOCK = f"""# told
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:{HASH}
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:{HASH}
pandas==3.1.1 --hash=sha256:{HASH} --hash=sha256:{"1" * 64}
nobody-knows==1.0 --hash=sha256:{HASH}
"""
FILES = {
    "pyproject.toml": b'[project]\ndependencies = ["pandas>=3"]\n[project.optional-dependencies]\ndev = ["pytest"]\n',
    "requirements.lock": LOCK.encode(),
    "requirements-dev.lock": f"pytest==9.2.0 --hash=sha256:{HASH}\n".encode(),
}


def valid(text: bytes) -> None:
    """By CycloneDX's own strict schema."""
    validation = pytest.importorskip("cyclonedx.validation.json")
    schema = pytest.importorskip("cyclonedx.schema")
    assert validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(text.decode()) is None


def test_the_sbom_lists_what_is_locked() -> None:
    text = sbom("churn", FILES)
    document = json.loads(text)
    valid(text)
    parts = {c["bom-ref"]: c for c in document["components"]}
    assert list(parts) == ["nobody-knows@1.0", "numpy@2.4.6", "numpy@2.5.5", "pandas@3.1.1", "pytest@9.2.0"]
    pandas = parts["pandas@3.1.1"]
    assert pandas["version"] == "3.1.1" and pandas["purl"] == "pkg:pypi/pandas@3.1.1" and pandas["scope"] == "required"
    assert [entry["content"] for entry in pandas["hashes"]] == [HASH, "1" * 64], "hashes of the lock that stands there"
    assert pandas["licenses"] == [{"license": {"id": "BSD-3-Clause"}}]
    assert "licenses" not in parts["nobody-knows@1.0"], "nothing is guessed"
    assert parts["pytest@9.2.0"]["scope"] == "optional"
    assert parts["numpy@2.4.6"]["properties"] == [{"name": "mlwright:marker", "value": "python_full_version < '3.12'"}]
    edges = {entry["ref"]: entry.get("dependsOn", []) for entry in document["dependencies"]}
    assert edges["project:churn"] == ["pandas@3.1.1", "pytest@9.2.0"]
    assert edges["pandas@3.1.1"] == ["numpy@2.4.6", "numpy@2.5.5"]
    told = next(p["value"] for p in document["metadata"]["properties"])
    assert "5 locked versions" in told and "not known for nobody-knows" in told
    assert "serialNumber" not in document and "timestamp" not in document["metadata"]
    assert sbom("churn", FILES) == text


def test_hashes_are_those_that_the_image_can_install() -> None:
    known = packages(content_root("templates")).by_name["pyarrow"][0]
    assert known.image and set(known.image) < set(known.hashes)
    document = json.loads(sbom("churn", {"requirements.lock": known.line.encode()}))
    assert {entry["content"] for entry in document["components"][0]["hashes"]} == set(known.image)


def test_without_a_lock_the_sbom_lists_what_is_declared() -> None:
    text = sbom("churn", {"pyproject.toml": PYPROJECT})
    document = json.loads(text)
    valid(text)
    parts = {c["name"]: c for c in document["components"]}
    assert list(parts) == ["fastapi", "pandas", "pytest", "scikit-learn", "x"]
    assert not any("version" in part for part in parts.values()), "a range is no version"
    assert [p["value"] for p in parts["pandas"]["properties"]] == ["extra serve: any version", "runtime: <3,>=2"]
    assert parts["pytest"]["scope"] == "optional"
    assert "not locked" in document["metadata"]["properties"][0]["value"]


@pytest.mark.parametrize("pyproject", [None, b"", b"\xff", b"[project", b"[project]\nname='x'\n"])
def test_nothing_declared_is_said(pyproject: bytes | None) -> None:
    document = json.loads(sbom("churn", {} if pyproject is None else {"pyproject.toml": pyproject}))
    assert document["components"] == [] and "no dependency is" in document["metadata"]["properties"][0]["value"]
