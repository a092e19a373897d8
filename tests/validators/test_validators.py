"""Each validator on trees that break exactly one thing, and attempts to silence it from inside the tree."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from agents.domain.findings import Finding
from agents.domain.validation import ToolResult, ValidationReport
from agents.validators.execution.checkout import digest_of
from agents.validators.execution.process import find_binary
from agents.validators.judge import MAX_FINDINGS, Circumstances, validate
from agents.validators.validator import Note, Outcome, Validator, discover

WORKFLOW = b"""name: ci
on: push
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: make test
"""
GOOD: dict[str, bytes] = {
    "README.md": b"# p\n\n[code](src/p/app.py) [report](reports/summary.md) [record](docs/decisions/001-x.md)\n",
    "pyproject.toml": b'[project]\nname = "p"\n',
    "src/p/app.py": b'"""App."""\n\n\ndef one() -> int:\n    """One."""\n    return 1\n',
    "infra/main.tf": b'resource "aws_s3_bucket" "b" {\n  bucket = "x"\n}\n',
    "configs/p.yaml": b"a: 1\n",
    "monitoring/d.json": b'{"a": 1}\n',
    "docker/Dockerfile": b"FROM python:3.11-slim\nUSER 10001\n",
    ".github/workflows/ci.yml": WORKFLOW,
}
TOKEN = "ghp_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"


def results(report: ValidationReport) -> dict[str, ToolResult]:
    return {result.tool: result for result in report.results}


def found(report: ValidationReport) -> dict[str, Finding]:
    return {finding.rule: finding for result in report.results for finding in result.findings}


def judge(extra: Mapping[str, bytes], *names: str, around: Circumstances | None = None) -> ValidationReport:
    """The good tree with `extra`, judged by the named validators."""
    chosen = [discover()[name] for name in names]
    return validate({**GOOD, **extra}, circumstances=around, validators=chosen)


def test_names_are_these() -> None:
    assert {name: v.required for name, v in discover().items()} == {
        "actionlint": True,
        "compose": False,
        "hadolint": True,
        "hcl": True,
        "json": True,
        "licences": True,
        "locked": True,
        "markdown-links": True,
        "mypy": False,
        "pip-audit": False,
        "placeholders": True,
        "python-syntax": True,
        "ruff-check": True,
        "ruff-format": True,
        "secret-scan": True,
        "size-budget": True,
        "terraform-fmt": False,
        "terraform-validate": False,
        "tflint": False,
        "toml": True,
        "trivy": False,
        "yaml": True,
        "zizmor": True,
    }


def test_a_good_tree_passes_with_evidence() -> None:
    report = validate(GOOD)
    assert report.overall in ("pass", "warn"), report
    assert not found(report)
    ran = results(report)
    assert ran["ruff check"].files_checked == 1 and ran["ruff check"].exit_code == 0
    assert ran["ruff check"].version.startswith("ruff 0.") and "--isolated" in ran["ruff check"].arguments
    assert all(r.version for r in report.results if r.status != "skipped" and r.tool not in ("paths", "links", "size"))
    assert all(r.reason and r.remedy for r in report.results if r.status == "skipped")


BROKEN = [
    ("python-syntax", "python-syntax.invalid-python", "bad.py", b"x = (\n", 1),
    ("ruff-check", "ruff-check.F821", "bad.py", b"print(nobody)\n", 1),
    ("ruff-check", "ruff-check.I001", "bad.py", b"import sys\nimport os\n\nprint(os, sys)\n", 1),
    ("ruff-format", "ruff-format.unformatted", "bad.py", b"x  =  1\n", 1),
    ("yaml", "yaml.invalid-yaml", "bad.yaml", b"a: [1\n", 2),
    ("yaml", "yaml.duplicate-key", "bad.yml", b"a:\n  b: 1\n  b: 2\n", 3),
    ("json", "json.invalid-json", "bad.json", b'{"a": 1,}', 1),
    ("json", "json.invalid-json", "bad.json", b'{"a": 1, "a": 2}', 1),
    ("json", "json.invalid-json", "bad.json", b"NaN", 1),
    ("json", "json.invalid-json", "bad.jsonl", b"{}\n{]\n", 2),
    ("json", "json.invalid-json", "bad.json", b"\xff{}", 1),
    ("toml", "toml.invalid-toml", "bad.toml", b"a = 1\nb =\n", 2),
    ("hcl", "hcl.invalid-hcl", "bad.tf", b'resource "a" "b" {\n  x = = 1\n}\n', 2),
    ("placeholders", "placeholders.empty-body", "bad.py", b"def f():\n    pass\n", 1),
    (
        "placeholders",
        "placeholders.empty-body",
        "bad.py",
        b'class A:\n    def f(self):\n        """Doc."""\n        ...\n',
        2,
    ),
    (
        "placeholders",
        "placeholders.empty-body",
        "bad.py",
        b"async def f():\n    raise NotImplementedError('x')\n",
        1,
    ),
    ("placeholders", "placeholders.empty-body", "bad.py", b"class A:\n    pass\n", 1),
    ("placeholders", "placeholders.placeholder-text", "bad.tf", b"# ok\n# TODO: later\n", 2),
    ("placeholders", "placeholders.placeholder-text", "bad.py", b"x = 1\n# ... rest of the code\n", 2),
    ("placeholders", "placeholders.placeholder-text", "Makefile", b"a:\n\t# your code here\n", 2),
    ("markdown-links", "markdown-links.broken-link", "bad.md", b"\n[x](nowhere.md#top)\n", 2),
    ("secret-scan", "secret-scan.github-pat", "bad.py", f'T = "{TOKEN}"\n'.encode(), 1),
    ("size-budget", "size-budget.file-too-large", "bad.bin", b"x" * 300_000, 1),
    (
        "actionlint",
        "actionlint.expression",
        ".github/workflows/bad.yml",
        WORKFLOW.replace(b"make test", b"echo ${{ github.event.issue.title }}"),
        9,
    ),
    (
        "actionlint",
        "actionlint.shellcheck",
        ".github/workflows/bad.yml",
        WORKFLOW.replace(b"make test", b"if [ -z $x; then"),
        9,
    ),
    ("hadolint", "hadolint.DL1000", "docker/bad.Dockerfile", b"FROM debian:12\nFOO bar\n", 2),
    ("hadolint", "hadolint.DL3044", "Dockerfile.bad", b'FROM debian:12\nENV a="b" c="$a"\n', 2),
    (
        "zizmor",
        "zizmor.template-injection",
        ".github/workflows-proposed/bad.yml",
        WORKFLOW.replace(b"make test", b"echo ${{ github.event.issue.title }}"),
        9,
    ),
    (
        "zizmor",
        "zizmor.dangerous-triggers",
        ".github/workflows/bad.yml",
        WORKFLOW.replace(b"on: push", b"on: pull_request_target"),
        2,
    ),
    ("zizmor", "zizmor.not-read", ".github/workflows/bad.yml", b"on: [push\n", 1),
]


@pytest.mark.parametrize(("name", "rule", "path", "content", "line"), BROKEN, ids=lambda v: str(v)[:40])
def test_what_is_broken_is_found_at_its_line(name: str, rule: str, path: str, content: bytes, line: int) -> None:
    report = judge({path: content}, name)
    finding = found(report)[rule]
    assert finding.location is not None and (finding.location.path, finding.location.line) == (path, line)
    assert report.overall == "fail" and results(report)[discover()[name].tool].status == "fail"
    assert TOKEN not in report.model_dump_json()


@pytest.mark.skipif(find_binary("terraform") is None, reason="terraform is not installed")
def test_terraform_fmt() -> None:
    report = judge({"a.tf": b'a "b" {\nx=1\n}\n', "b/c.tf": b"x = {\n"}, "terraform-fmt")
    assert report.overall == "fail" and "terraform-fmt.invalid-hcl" in found(report)
    unformatted = judge({"a.tf": b'a "b" {\nx=1\n}\n'}, "terraform-fmt")
    assert found(unformatted)["terraform-fmt.unformatted"].location is not None


SILENCERS: list[tuple[str, str, dict[str, bytes]]] = [
    (
        "ruff-check",
        "ruff-check.F401",
        {"ruff.toml": b'exclude = ["*"]\n[lint]\nselect = []\n', "a.py": b"# ruff: noqa\nimport os\n"},
    ),
    (
        "ruff-check",
        "ruff-check.F821",
        {"pyproject.toml": b'[tool.ruff]\nexclude = ["*"]\n', "a.py": b"print(nobody)  # noqa\n"},
    ),
    (
        "ruff-format",
        "ruff-format.unformatted",
        {"ruff.toml": b'[format]\nexclude = ["*"]\n', "a.py": b"x  = 1\n"},
    ),
    (
        "actionlint",
        "actionlint.expression",
        {
            ".github/actionlint.yaml": b'paths:\n  "**":\n    ignore: [".*"]\n',
            ".github/workflows/a.yml": WORKFLOW.replace(b"make test", b"echo ${{ github.event.issue.title }}"),
        },
    ),
    (
        "hadolint",
        "hadolint.DL3044",
        {
            ".hadolint.yaml": b"ignored: [DL3044]\n",
            "Dockerfile": b'FROM debian:12\n# hadolint ignore=DL3044\nENV a="b" c="$a"\n',
        },
    ),
    (
        "zizmor",
        "zizmor.template-injection",
        {
            "zizmor.yml": b"rules:\n  template-injection:\n    disable: true\n",
            ".github/zizmor.yml": b"rules:\n  template-injection:\n    disable: true\n",
            ".github/workflows/a.yml": WORKFLOW.replace(
                b"make test", b"echo ${{ github.event.issue.title }} # zizmor: ignore[template-injection]"
            ),
        },
    ),
    (
        "secret-scan",
        "secret-scan.github-pat",
        {
            ".gitleaks.toml": b'[allowlist]\npaths = [".*"]\n',
            ".gitleaksignore": b"a.py:github-pat:1\n./a.py:github-pat:1\n",
            "a.py": f'T = "{TOKEN}"  # gitleaks:allow\n'.encode(),
        },
    ),
]


@pytest.mark.parametrize(("name", "rule", "extra"), SILENCERS, ids=[row[1] for row in SILENCERS])
def test_nothing_in_the_tree_silences_a_tool(name: str, rule: str, extra: dict[str, bytes]) -> None:
    assert found(judge(extra, name))[rule].severity == "error"


def test_a_style_finding_under_noqa_is_listed_but_does_not_fail() -> None:
    report = judge({"a.py": b"import os  # noqa: F401\n"}, "ruff-check")
    assert found(report)["ruff-check.F401"].severity == "info" and report.overall == "pass"
    other = judge({"a.py": b"import os  # noqa: E501\n"}, "ruff-check")
    assert found(other)["ruff-check.F401"].severity == "error"


def test_the_projects_own_line_length_counts_within_reason() -> None:
    long = b"x = [" + b"1, " * 31 + b"1]\n"
    wide = {"pyproject.toml": b"[tool.ruff]\nline-length = 110\n", "a.py": long}
    assert not found(judge(wide, "ruff-format"))
    absurd = {"pyproject.toml": b"[tool.ruff]\nline-length = 100000\n", "a.py": long}
    assert found(judge(absurd, "ruff-format"))


def test_taste_is_a_warning_in_files_that_people_edited() -> None:
    extra = {"a.py": b"x  = 1\n# TODO: ask Ann\n"}
    report = judge(extra, "ruff-format", "placeholders", around=Circumstances(edited=("a.py",)))
    assert report.overall == "warn" and {f.severity for f in found(report).values()} == {"warning"}
    assert judge({"a.py": b"x = (\n"}, "python-syntax", around=Circumstances(edited=("a.py",))).overall == "fail"


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("yaml", {"a.yaml": b"[" * 30_000}),
        (
            "yaml",
            {"a.yaml": b"a: &a [x]\n" + b"".join(b"k%d: &k%d [%s]\n" % (i, i, b"*a," * 9) for i in range(50))},
        ),
        ("json", {"a.json": b"[" * 100_000}),
        ("python-syntax", {"a.py": b"(" * 5_000}),
        ("python-syntax", {"a.py": b"x = 1\x00"}),
        ("toml", {"a.toml": b"a = " + b"[" * 50_000}),
        ("hcl", {"a.tf": b"a = " + b"[" * 3_000}),
    ],
    ids=lambda value: value if isinstance(value, str) else "tree",
)
def test_bombs_end_in_a_finding_or_pass_in_bounded_time(name: str, extra: dict[str, bytes]) -> None:
    started = time.monotonic()
    report = judge(extra, name)
    assert time.monotonic() - started < 40
    result = results(report)[discover()[name].tool]
    assert result.status in ("pass", "fail")
    assert (b"&a" in next(iter(extra.values()))) == (result.status == "pass")


def test_a_missing_required_tool_needs_a_person_unless_a_setting_allows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agents.validators.execution.binary.find_binary", lambda name, path=None: None)
    report = judge({}, "ruff-check", "terraform-fmt")
    result = results(report)["ruff check"]
    assert (result.status, result.files_checked, result.remedy) == ("skipped", 0, "pip install ruff")
    assert report.overall == "action_required"
    assert judge({}, "ruff-check", around=Circumstances(may_skip=("ruff-check",))).overall == "warn"
    assert judge({}, "terraform-fmt").overall == "pass"
    assert judge({}, "terraform-fmt", around=Circumstances(require=("terraform-fmt",))).overall == "action_required"


def test_without_gitleaks_a_known_shape_still_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.validators.execution.binary.find_binary", lambda name, path=None: None)
    assert judge({"a.py": TOKEN.encode()}, "secret-scan").overall == "fail"
    assert judge({}, "secret-scan").overall == "action_required"


def _validator(outcome: Outcome | Exception) -> Validator:
    def act(checkout: object, paths: tuple[str, ...]) -> Outcome:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Validator("own", True, "own tool", lambda path: True, act)


def test_a_crash_and_a_timeout_are_failures_and_say_why() -> None:
    for outcome, words in (
        (RuntimeError("boom"), "crashed: RuntimeError: boom"),
        (Outcome(failure="stopped after 30 s"), "stopped"),
    ):
        report = validate(GOOD, validators=[_validator(outcome)])
        result = results(report)["own tool"]
        assert result.status == "fail" and words in result.reason and report.overall == "fail"
        assert "nothing is proved" in result.findings[0].message


def test_warnings_findings_are_capped_located_and_portable() -> None:
    notes = tuple(Note("r", "src/p/app.py", "odd", line=n + 1, level="warning") for n in range(MAX_FINDINGS + 5))
    report = validate(
        GOOD, circumstances=Circumstances(root="teams/churn/"), validators=[_validator(Outcome(notes=notes))]
    )
    result = results(report)["own tool"]
    assert report.overall == "warn" and len(result.findings) == MAX_FINDINGS and "5 more findings" in result.reason
    assert result.findings[0].location is not None and result.findings[0].location.path == "teams/churn/src/p/app.py"


def test_no_path_of_this_machine_and_the_same_bytes_twice() -> None:
    tree = {**GOOD, "bad.py": b"x = (\n", "bad.tf": b"x = {\n"}
    first, second = validate(tree).model_dump_json(), validate(tree).model_dump_json()
    assert first == second
    assert "/tmp" not in first and str(Path.home()) not in first and "mlwright-check" not in first


def test_the_digest_is_of_what_was_judged() -> None:
    bare = validate(GOOD, validators=[]).tree
    later = {**GOOD, "reports/plan.json": b"{", "docs/decisions/001-x.md": b"", ".mlwright/lock.json": b""}
    assert validate(later, validators=[]).tree == bare
    assert digest_of(later, {}) == bare
    assert judge({"reports/bad.json": b"{"}, "json").overall == "pass"
    assert digest_of(GOOD, {}) == bare != digest_of({**GOOD, "x": b""}, {})
    assert digest_of(GOOD, {"README.md": "100755"}) != bare


def test_links_know_what_stands_beside_the_tree() -> None:
    page = {
        "docs/a.md": b"[x](../src/p) ![i](img.png) `[c](no.md)` [w](https://x.y) [t](#t) [o](../../../other)\n"
        b"```\n[f](no.md)\n```\n"
    }
    assert {f.message for f in found(judge(page, "markdown-links")).values()} == {"the link img.png leads nowhere"}
    assert not found(judge(page, "markdown-links", around=Circumstances(known=("docs/img.png",))))


def test_all_of_them_are_quick_on_seventy_files() -> None:
    """About 1 s on an idle two-core machine; the bound leaves room for a busy one."""
    tree = dict(GOOD)
    for n in range(30):
        tree[f"src/p/m{n}.py"] = GOOD["src/p/app.py"] * 4
        named = (GOOD["infra/main.tf"].replace(b'"b"', b'"b%d"' % copy) for copy in range(5))
        tree[f"infra/modules/m{n}/main.tf"] = b"".join(named)
        tree["infra/main.tf"] += b'\nmodule "m%d" {\n  source = "./modules/m%d"\n}\n' % (n, n)
    best = 99.0
    for _ in range(3):
        started = time.monotonic()
        report = validate(tree)
        best = min(best, time.monotonic() - started)
    assert results(report)["ruff check"].files_checked == 31
    assert best < 6.0, json.dumps({"seconds": best})
