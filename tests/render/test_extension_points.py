"""Extension points: where templates may have them, that they are there in every project, and that nobody sees them in what is made."""

import ast

import pytest

from agents.domain.points import ExtensionPoint
from agents.errors import Defect
from agents.graph.seats import IMPLEMENTATION
from agents.llm.writing.python_rules import python_fault
from agents.render.points import PLACES, cut, filled
from agents.render.render import rendered
from agents.render.template import discover, parse_header
from tests.render.projects import PROJECTS, Blobs, planned

HEADER = """{{#- mlwright
agent: x
constraints: []
decision: y
extend:
  {id}: {{kind: {kind}, agent: feature_pipeline, most_lines: {lines}, about: "words"}}
-#}}
"""


def points(name: str) -> tuple[ExtensionPoint, ...]:
    return rendered(planned(name), None, Blobs()).points


def test_infrastructure_workflows_and_configuration_have_no_extension_points() -> None:
    templates = discover()
    with_points = [template for template in templates if template.header.extend]
    assert len(with_points) >= 7 and len(templates) > 150
    for template in with_points:
        assert template.target.startswith(("src/", "docs/", "prompts/")), template.name
        assert template.target.endswith((".py", ".md")) and not template.target.startswith("docs/decisions"), (
            template.name
        )
        for point in template.header.extend:
            assert PLACES[point.kind].fullmatch(template.target) and point.agent in IMPLEMENTATION
    ids = [point.id for template in with_points for point in template.header.extend]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml", "infra/terraform/modules/x/main.tf", "docker/Dockerfile", "Makefile", "configs/project.yaml",
        "pyproject.toml", "requirements.lock", "compose.yaml", "pipelines/cloud.py", "tests/conftest.py", "docs/decisions/0001.md",
        "src/../.github/x.py", "contracts/x.yaml", "monitoring/slo.yaml",
    ],
)  # fmt: skip
def test_no_kind_may_stand_elsewhere(path: str) -> None:
    assert not any(place.fullmatch(path) for place in PLACES.values())


@pytest.mark.parametrize("name", ["churn", "rag", "clicks"])
def test_projects_have_them_and_the_templates_text_keeps_the_rules(name: str) -> None:
    found = {point.id: point for point in points(name)}
    assert {
        "feature-values",
        "label-rows",
        "evaluation-slices",
        "data-card-domain",
        "model-card-domain",
    } <= found.keys()
    assert ("answer-rules" in found) == (PROJECTS[name].problem == "rag")
    for point in found.values():
        assert point.text.count("\n") <= point.declared.most_lines
        if point.declared.kind == "python":
            assert python_fault(point, point.text, ("numpy", "pandas")) == "", point.id
            assert not _foreign(point), f"{point.path} would give a writer more than it may import"
        else:
            assert point.text == "", "what a template says in prose is not taken away"


def _foreign(point: ExtensionPoint) -> set[str]:
    """Modules that the point's file imports and a writer could not."""
    known = {"numpy", "pandas", "dataclasses", "typing"}
    tree = ast.parse(point.filled(point.text))
    plain = {a.name for node in tree.body if isinstance(node, ast.Import) for a in node.names}
    return (plain | {n.module or "" for n in tree.body if isinstance(n, ast.ImportFrom) and not n.level}) - known


def test_marks_are_in_no_file() -> None:
    store = Blobs()
    for file in rendered(planned("churn"), None, store).files:
        assert b"#mlwright:" not in store.get(file.sha256)


def test_texts_stand_where_the_marks_were_several_in_a_file() -> None:
    [point] = parse_header("t", HEADER.format(id="one-place", kind="python", lines=9)).extend
    other = point.model_copy(update={"id": "two"})
    marked = "a\n#mlwright:extend one-place\nb\n#mlwright:end\nc\n#mlwright:extend two\n#mlwright:end\nd\n"
    text, found = cut("src/a.py", (point, other), marked)
    assert text == "a\nb\nc\nd\n" and [p.text for p in found] == ["b\n", ""]
    assert found[1].filled("x\n") == "a\nb\nc\nx\nd\n"
    store = Blobs()
    made = rendered(planned("churn"), None, store)
    texts = {p.id: f"{p.text}# {p.id}\n" for p in made.points if p.path.endswith("build.py")}
    changed = filled(made.files, made.points, texts, store)
    assert [a.path for a, b in zip(changed, made.files, strict=True) if a != b] == [
        f"src/{PROJECTS['churn'].package}/features/build.py"
    ]
    with pytest.raises(Defect, match="no extension point nowhere"):
        filled(made.files, made.points, {"nowhere": ""}, store)


@pytest.mark.parametrize(
    "text",
    ["#mlwright:extend other\n#mlwright:end\n", "#mlwright:extend one-place\n", "#mlwright:end\n",
     "#mlwright:extend one-place\n#mlwright:end\n#mlwright:extend one-place\n#mlwright:end\n"],
)  # fmt: skip
def test_marks_that_do_not_agree_with_the_header_are_a_defect(text: str) -> None:
    declared = parse_header("t", HEADER.format(id="one-place", kind="python", lines=9)).extend
    with pytest.raises(Defect):
        cut("src/a.py", declared, text)


@pytest.mark.parametrize("wrong", [{"kind": "hcl"}, {"lines": 0}, {"lines": 999}, {"id": "No Id"}])
def test_a_wrong_declaration_is_a_defect(wrong: dict[str, object]) -> None:
    with pytest.raises(Defect, match="extension point"):
        parse_header("t", HEADER.format(**{"id": "one-place", "kind": "python", "lines": 9, **wrong}))
