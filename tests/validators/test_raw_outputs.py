"""What tools print is kept as evidence: the same text for the same tree, without places, times and durations."""

import json
import sys
from pathlib import Path

import pytest

from agents.domain.validation import ToolResult
from agents.reports.raw import raw_pages
from agents.validators.execution.process import find_binary
from agents.validators.execution.raw import MOST, transcript
from agents.validators.judge import validate
from agents.validators.terraform.report import messages
from agents.validators.validator import Checkout, Said, discover

TREE = {
    "a.py": b"import os\nprint(nobody)\n",
    ".github/workflows/ci.yml": b"on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps: [{run: echo}, {wrong: 1}]\n",
    "docker/Dockerfile": b"FROM python\n",
}
NAMES = ("ruff-check", "ruff-format", "actionlint", "zizmor", "hadolint", "secret-scan", "yaml")


def judged() -> dict[str, ToolResult]:
    report = validate(TREE, validators=[discover()[name] for name in NAMES])
    return {result.tool: result for result in report.results}


def test_every_program_that_ran_left_its_words_and_they_are_the_same_again() -> None:
    once, again = judged(), judged()
    assert {tool for tool, result in once.items() if result.raw} == {
        "ruff check", "ruff format", "actionlint", "zizmor", "hadolint", "gitleaks",
    }  # fmt: skip
    assert {tool: result.raw for tool, result in once.items()} == {tool: result.raw for tool, result in again.items()}
    assert "nobody" in once["ruff check"].raw and "[exit code 1]" in once["ruff check"].raw
    assert once["ruff check"].raw.startswith("$ ruff check --isolated")
    assert not any(
        "/tmp" in result.raw or str(Path(sys.prefix)) in result.raw or str(Path.home()) in result.raw
        for result in once.values()
    )


def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / "run" / "tree").mkdir(parents=True)
    return Checkout(tmp_path / "run" / "tree", tmp_path / "run" / "scratch", {}, {})


def test_places_times_and_durations_are_left_out(tmp_path: Path) -> None:
    here = checkout(tmp_path)
    out = f"\x1b[31m2026-11-23T01:02:03.5Z read {here.folder}/a.py and {here.scratch}/b in 12.5ms, 3 in 4 files\x1b[0m\x00"
    text = transcript([Said(f"tool {here.folder}", 3, out.encode(), b"worse\r\n")], here)
    assert text == "$ tool TREE\nTIME read TREE/a.py and SCRATCH/b in DURATION, 3 in 4 files?\nworse\n[exit code 3]\n"


def test_a_secret_that_a_tool_quotes_is_kept_nowhere(tmp_path: Path) -> None:
    token = "ghp_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"
    for noise in (0, MOST - 20, 3 * MOST):  # before, across and after the cut
        text = transcript([Said("t", 1, b"x " * noise + token.encode(), b"")], checkout(tmp_path / str(noise)))
        assert "ghp_" not in text and "looks like a secret" in text


@pytest.mark.parametrize("line", ["x" * 99 + "\n", "y"])
def test_long_output_is_cut_and_the_cut_is_counted(tmp_path: Path, line: str) -> None:
    whole = transcript([Said("t", 0, b"", b"")], checkout(tmp_path))
    assert "left out" not in whole
    text = transcript([Said("t", 0, (line * 9_000).encode(), b"")], Checkout(tmp_path, tmp_path, {}, {}))
    assert len(text) < MOST + 100 and text.endswith(" more characters are left out]\n")
    kept, _, told = text.rpartition("[")
    assert len(kept) + int(told.split()[0].replace(",", "")) - len("$ t\n" + line * 9_000 + "[exit code 0]\n") in (
        0,
        1,
        2,
    )


def test_events_become_their_messages() -> None:
    event = '{"@level":"info","@message":"Initializing modules...","@timestamp":"2026-11-23T01:02:03Z"}'
    quoted = {
        "severity": "error",
        "summary": "Invalid value for variable",
        "detail": "own",
        "snippet": {"values": ["x"]},
    }
    kept = {"severity": "error", "summary": "Unsupported argument", "detail": "No argument named x."}
    told = json.loads(messages(json.dumps({"valid": False, "diagnostics": [quoted, kept]})))
    assert told["diagnostics"] == [{"severity": "error", "summary": "Invalid value for variable"}, kept]
    assert messages(f'{event}\nplain\n{{"valid": true}}\n') == 'Initializing modules...\nplain\n{"valid": true}'


@pytest.mark.skipif(find_binary("terraform", None) is None, reason="terraform is not on this machine")
def test_terraform_tells_each_root_and_step_without_times() -> None:
    tree = {"infra/main.tf": b'variable "a" {\n  type = string\n}\n\noutput "b" {\n  value = var.c\n}\n'}
    report = validate(tree, validators=[discover()["terraform-validate"]])
    (page,) = raw_pages(report).values()
    text = page.decode("utf-8")
    assert "$ terraform -chdir=infra validate -json" in text and "Reference to undeclared input variable" in text
    assert raw_pages(validate(tree, validators=[discover()["terraform-validate"]])) == {
        "reports/raw/terraform.txt": page
    }
