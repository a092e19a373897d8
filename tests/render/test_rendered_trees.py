"""Every rendered tree parses, is formatted, says where each file comes from, and holds nothing unfinished."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import hcl2
import pytest
import yaml

from agents.cost.bill import Account, billed
from agents.cost.estimate import estimate
from agents.critics.critic import CriticFacts, critic
from agents.domain.constraints import Constraints
from agents.domain.files import ARCHITECTURE
from agents.policy.files import file_facts
from agents.render.template import discover
from agents.reports.links import broken_links
from agents.search.composer import CatalogueComposer
from agents.validators import terraform_validate
from agents.validators.judge import validate
from agents.validators.placeholders import inspect
from agents.validators.size_budget import MAX_BYTES, MAX_FILES
from tests.agents_suite.walking import AGENTS
from tests.render.projects import BOOK, CATALOGUE, PROJECTS, Blobs, planned, tree

every = pytest.mark.parametrize("name", sorted(PROJECTS))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All trees on disk, one folder each, so that each tool runs once over all of them."""
    root = tmp_path_factory.mktemp("trees")
    for name in PROJECTS:
        for path, content in tree(name)[1].items():
            target = root / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    return root


def ran(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[-4000:]


@every
def test_every_file_parses(name: str) -> None:
    for path, content in tree(name)[1].items():
        text = content.decode("utf-8")
        assert text.endswith("\n") or not text, path
        if path.endswith(".py"):
            ast.parse(text, path)
        elif path.endswith((".yaml", ".yml")):
            assert yaml.safe_load(text) is not None, path
        elif path.endswith(".json"):
            json.loads(text)
        elif path.endswith(".toml"):
            tomllib.loads(text)
        elif path.endswith(".tf"):
            assert hcl2.loads(text), path


def beside(name: str) -> str:
    """A tool that is installed with mlwright."""
    path = Path(sys.executable).with_name(name)
    assert path.exists(), f"{name} is missing: make setup installs it"
    return str(path)


def test_python_is_clean_and_formatted(folders: Path) -> None:
    ruff = beside("ruff")
    sources = json.dumps([f"{name}/src" for name in PROJECTS])
    common = ("--isolated", "--no-cache", "--quiet", "--target-version", "py311")
    check = (ruff, "check", *common, "--select", "E4,E7,E9,F,B,I,UP", "--config", f"src={sources}", ".")
    assert ran(*check, cwd=folders) == ""
    assert ran(ruff, "format", *common, "--check", ".", cwd=folders) == ""


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_terraform_is_formatted(folders: Path) -> None:
    assert ran("terraform", "fmt", "-check", "-recursive", ".", cwd=folders) == ""


def covering() -> list[str]:
    """Few projects that hold every Terraform module between them."""
    held = {name: {path.split("/")[3] for path in tree(name)[1] if "/modules/" in path} for name in PROJECTS}
    left, chosen = set().union(*held.values()), list[str]()
    while left:
        chosen.append(max(sorted(held), key=lambda name: len(held[name] & left)))
        left -= held[chosen[-1]]
    return chosen


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_terraform_is_valid_in_every_module() -> None:
    files = {
        f"{name}/{path}": content
        for name in covering()
        for path, content in tree(name)[1].items()
        if "/envs/" not in path or "/envs/prod/" in path
    }
    report = validate(files, validators=[terraform_validate.VALIDATOR])
    result = next(result for result in report.results if result.tool == "terraform validate")
    assert (result.status, result.findings) == ("pass", ()), result.reason


def test_workflows_are_sound(folders: Path) -> None:
    actionlint = beside("actionlint")
    files = sorted(str(path.relative_to(folders)) for path in folders.glob("*/.github/workflows/*.yml"))
    assert len(files) == 4 * len(PROJECTS)
    assert ran(actionlint, *files, cwd=folders) == ""


@every
def test_nothing_is_left_unrendered_or_unfinished(name: str) -> None:
    for path, content in tree(name)[1].items():
        text = content.decode("utf-8")
        assert not re.search(r"(?<!\$)\{\{(?!\})|\{%|\{#-", text), path
        assert "None" not in text or path.endswith(".py"), path
        assert [note.message for note in inspect(path, content)] == [], path


@every
def test_provenance_is_complete(name: str) -> None:
    context = planned(name)
    known = {*context.decisions, *context.slots}
    top = set(Constraints.model_fields) | {"team_constraints"}
    for file in tree(name)[0]:
        assert file.agent in AGENTS, file.path
        assert file.decision in known, (file.path, file.decision)
        assert file.constraints, file.path
        assert {key.split(".")[0] for key in file.constraints} <= top, (file.path, file.constraints)
        assert (file.pattern is None) == file.template.startswith("repository/common/"), file.path
        assert file.pattern is None or file.pattern in context.slots.values()


@every
def test_it_stays_readable_in_a_pull_request(name: str) -> None:
    files = tree(name)[0]
    assert 80 < len(files) <= MAX_FILES
    assert sum(file.size for file in files) <= MAX_BYTES
    assert len({file.path.casefold() for file in files}) == len(files)


@every
def test_delivered_components_and_modules_are_there(name: str) -> None:
    context, (_, contents) = planned(name), tree(name)
    package = context.requirements.package
    for output in context.outputs.values():
        for part in getattr(output, "components", ()):
            assert f"src/{package}/{part.path}" in contents, part.path
    for pattern in context.slots.values():
        for module in CATALOGUE.get(pattern).terraform:
            assert f"infra/terraform/modules/{module}/main.tf" in contents, (pattern, module)


@pytest.mark.parametrize(("name", "own"), [("kafka", True), ("tables", True), ("prices", False), ("iot", False)])
def test_all_is_encrypted_and_under_own_keys_where_governance_brings_one(name: str, own: bool) -> None:
    brings = "encryption" in CATALOGUE.get(planned(name).slots["govern"]).provides
    found = file_facts(tree(name)[1])["terraform"]
    assert (brings, not found["without_own_key"]) == (own, own)
    assert found["unencrypted"] == found["plain_transport"] == found["wildcard_resources"] == []


@every
def test_relative_links_lead_somewhere(name: str) -> None:
    contents = tree(name)[1]
    for path, content in contents.items():
        if path.endswith(".md"):
            there = {*contents, f"{ARCHITECTURE}.md"}
            assert [link.target for link in broken_links(path, content.decode(), there)] == [], path


@every
def test_alerts_and_runbook_match_one_to_one(name: str) -> None:
    contents = tree(name)[1]
    alerts = yaml.safe_load(contents["monitoring/alerts.yaml"])["alerts"]
    sections = re.findall(r"^## (\S+)$", contents["docs/runbook.md"].decode(), re.MULTILINE)
    assert sections[: len(alerts)] == [alert["id"] for alert in alerts]
    package = planned(name).requirements.package
    emitted = contents[f"src/{package}/monitoring/metrics.py"].decode()
    for alert in alerts:
        assert f'"{alert["metric"]}"' in emitted, alert["id"]


@every
def test_no_column_is_used_that_no_contract_names(name: str) -> None:
    contents = tree(name)[1]
    config = yaml.safe_load(contents["configs/project.yaml"])
    known = {
        source: {column["name"] for column in yaml.safe_load(contents[f"contracts/{source}.yaml"])["columns"]}
        for source in config["data"]["sources"]
    }
    for feature in config["features"]["list"]:
        assert feature["column"] in known[feature["source"]], feature
        assert feature["column"] not in config["privacy"]["columns"]
    everywhere = set().union(*known.values())
    assert config["data"]["entity"] in everywhere
    assert config["data"]["label"] is None or config["data"]["label"] in everywhere


@every
def test_what_is_generated_is_what_is_priced(name: str) -> None:
    context = planned(name)
    patterns = CatalogueComposer(CATALOGUE, BOOK, PROJECTS[name]).best(dict(context.slots))
    composition = billed(patterns, PROJECTS[name], Account(context.slots, context.outputs, CATALOGUE, BOOK))
    facts = CriticFacts(
        requirements=PROJECTS[name],
        composition=composition,
        outputs=context.outputs,
        cost=estimate(composition, PROJECTS[name], BOOK, None),
        files=tree(name)[1],
    )
    assert [finding.message for finding in critic("implementation").judge(facts)] == []


def test_every_pattern_of_the_catalogue_is_rendered_somewhere() -> None:
    used = {pattern for name in PROJECTS for pattern in planned(name).slots.values()}
    shipped = set(CATALOGUE.ids)
    assert used == shipped
    assert {t.pattern for t in discover() if t.pattern} == shipped


def test_the_same_plan_gives_the_same_bytes() -> None:
    from agents.render.render import render

    context = planned("churn")
    first, second = render(context, None, Blobs()), render(context, None, Blobs())
    assert first == second


def test_one_agents_files_can_be_made_alone() -> None:
    from agents.render.render import render

    files = tree("churn")[0]
    part = render(planned("churn"), ("data_ingestion",), Blobs())
    assert part == tuple(file for file in files if file.agent == "data_ingestion")
    assert part


CAUGHT = {
    ("batcher.py", "_work"),  # each caller gets it
    ("model.py", "_by"),  # the candidate's: the champion answers
    ("stream_source.py", "_renew"),
    ("stream_worker.py", "_patiently"),
    ("stream_worker.py", "_alone"),  # set aside with its reason
}
"""Functions that may catch whatever comes, and go on."""


def modules(name: str, below: str) -> Iterator[tuple[str, ast.Module]]:
    for path, content in tree(name)[1].items():
        if path.startswith(below) and path.endswith(".py"):
            yield path, ast.parse(content, path)


def functions(module: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef))


@every
def test_only_what_is_expected_is_caught(name: str) -> None:
    for path, module in modules(name, "src/"):
        for function in functions(module):
            wide = [
                h for h in ast.walk(function)
                if isinstance(h, ast.ExceptHandler)
                and (h.type is None or ast.unparse(h.type) in ("Exception", "BaseException"))
                and not any(isinstance(n, ast.Raise) for n in ast.walk(h))
            ]  # fmt: skip
            assert not wide or (path.rpartition("/")[2], function.name) in CAUGHT, f"{path}: {function.name}"


@every
def test_a_test_that_does_not_apply_says_so(name: str) -> None:
    early = [
        f"{path}: {function.name}"
        for path, module in modules(name, "tests/")
        for function in functions(module)
        if function.name.startswith("test_")
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and node.value is None
    ]
    assert not early, "returning is passing: skip with a reason, or leave the test out"


def test_batch_scores_are_tested_wherever_there_are_any() -> None:
    for name in PROJECTS:
        files = {path.partition("/")[2] for path in tree(name)[1] if path.startswith("tests/")}
        assert ("unit/test_batch.py" in files) == ("serve.batch" in planned(name).slots), name
