"""Scanners that a machine may have: absent they are skipped with a reason, present their answers are read and graded."""

import json
from pathlib import Path

import pytest

from agents.domain.validation import ToolResult
from agents.validators import mypy_types, pip_audit, tflint, trivy
from agents.validators.judge import Circumstances, validate
from agents.validators.validator import Validator

LOCK = b"# pinned\nJinja2==2.10 \\\n    --hash=sha256:0\nrequests==2.19.0\n"


def placed(folder: Path, name: str, answer: object, code: int = 0) -> Circumstances:
    """A machine with that tool, which gives this answer and nothing else."""
    said = folder / f"{name}.json"
    said.write_text(json.dumps(answer))
    binary = folder / name
    binary.write_text(f"#!/bin/sh\ncat {said}\nexit {code}\n")
    binary.chmod(0o755)
    return Circumstances(search_path=str(folder))


def judged(validator: Validator, files: dict[str, bytes], around: Circumstances) -> ToolResult:
    report = validate(files, validators=[validator], circumstances=around)
    return next(result for result in report.results if result.tool == validator.tool)


@pytest.mark.parametrize(
    ("validator", "path"),
    [(trivy.VALIDATOR, "a.tf"), (tflint.VALIDATOR, "a.tf"), (pip_audit.VALIDATOR, "requirements.lock")],
    ids=["trivy", "tflint", "pip-audit"],
)
def test_absent_they_are_skipped_and_say_what_to_do(validator: Validator, path: str, tmp_path: Path) -> None:
    result = judged(validator, {path: b""}, Circumstances(search_path=str(tmp_path)))
    assert (result.status, result.files_checked, result.required) == ("skipped", 0, False)
    assert "is not installed" in result.reason and result.remedy


def test_pip_audit_that_looked_nothing_up_is_no_pass(tmp_path: Path) -> None:
    blind = {
        "dependencies": [{"name": "jinja2", "skip_reason": "not found"}, {"name": "requests", "skip_reason": "no"}]
    }
    result = judged(pip_audit.VALIDATOR, {"requirements.lock": LOCK}, placed(tmp_path, "pip-audit", blind))
    assert (result.status, result.exit_code, result.files_checked) == ("skipped", 0, 0)
    assert "no answer" in result.reason
    crashed = judged(pip_audit.VALIDATOR, {"requirements.lock": LOCK}, placed(tmp_path, "pip-audit", "", code=1))
    assert crashed.status == "skipped" and crashed.exit_code == 1


def test_pip_audit_tells_each_vulnerability_at_its_line(tmp_path: Path) -> None:
    found = {"id": "PYSEC-0", "fix_versions": ["2.11"], "description": "long"}
    answer = {
        "dependencies": [
            {"name": "jinja2", "version": "2.10", "vulns": [found]},
            {"name": "requests", "skip_reason": "not found"},
        ]
    }
    result = judged(pip_audit.VALIDATOR, {"requirements.lock": LOCK}, placed(tmp_path, "pip-audit", answer, code=1))
    told = [(f.rule, f.severity, f.location and f.location.line, f.remediation) for f in result.findings]
    assert told == [("pip-audit.vulnerable", "error", 2, "use 2.11"), ("pip-audit.not-looked-up", "warning", 4, "")]
    assert result.status == "fail" and result.reason == "1 requirements looked up over the network"


def test_trivy_is_advice_told_once_and_counts_what_comments_silence(tmp_path: Path) -> None:
    item = {"ID": "AWS-0104", "Severity": "CRITICAL", "Title": "t", "Message": "egress", "Resolution": "narrow it"}
    low = {**item, "ID": "AWS-0089", "Severity": "LOW", "CauseMetadata": {}}
    item["CauseMetadata"] = {"StartLine": 2, "EndLine": 3}  # type: ignore[assignment]
    answer = {
        "Trivy": {"Version": "0.76.0"},
        "Results": [{"Target": "a.tf", "Misconfigurations": [item, item, low]}, {}],
    }
    tree = {"a.tf": b"#trivy:ignore:AWS-0001\na {\n}\n"}
    result = judged(trivy.VALIDATOR, tree, placed(tmp_path, "trivy", answer))
    assert [(f.rule, f.severity) for f in result.findings] == [
        ("trivy.AWS-0089", "info"),
        ("trivy.AWS-0104", "warning"),
    ]
    assert result.version == "trivy 0.76.0" and "silence 1 findings" in result.reason and result.status == "warn"


def test_tflint_is_advice_and_an_error_of_its_own_proves_nothing(tmp_path: Path) -> None:
    place = {"filename": "m/a.tf", "start": {"line": 2, "column": 1}, "end": {"line": 2, "column": 9}}
    unused = {"rule": {"name": "terraform_unused_declarations", "severity": "warning", "link": "l"}, "callers": []}
    issue = {**unused, "message": 'variable "x" is declared but not used', "range": place}
    tree = {"m/a.tf": b"# tflint-ignore: x\nvariable x {}\n", ".tflint.hcl": b"config { disabled_by_default = true }\n"}
    around = placed(tmp_path, "tflint", {"issues": [issue, issue], "errors": []}, code=2)
    result = judged(tflint.VALIDATOR, tree, around)
    told = [(f.rule, f.severity, f.location and (f.location.path, f.location.line)) for f in result.findings]
    assert told == [("tflint.terraform_unused_declarations", "warning", ("m/a.tf", 2))]
    assert (result.status, result.exit_code) == ("warn", 2) and "silence 1 findings" in result.reason
    broken = placed(tmp_path, "tflint", {"issues": [], "errors": [{"message": "cannot load"}]}, code=1)
    failed = judged(tflint.VALIDATOR, tree, broken)
    assert (failed.status, failed.reason) == ("warn", "cannot load") and "nothing is proved" in failed.findings[
        0
    ].message


def test_mypy_judges_only_beside_the_libraries_and_never_by_the_trees_settings() -> None:
    source = {"src/p/a.py": b"def one() -> int:\n    return 'x'\n", "mypy.ini": b"[mypy]\nplugins = evil\n"}
    project = b'[project]\ndependencies = ["no-such-library>=1", "pydantic>=2"]\n'
    skipped = judged(mypy_types.VALIDATOR, {**source, "pyproject.toml": project}, Circumstances())
    assert skipped.status == "skipped" and skipped.reason == "not installed beside it: no-such-library"
    ran = judged(
        mypy_types.VALIDATOR, {**source, "pyproject.toml": b"[tool.mypy]\nignore_errors = true\n"}, Circumstances()
    )
    assert [(f.rule, f.severity, f.location and f.location.line) for f in ran.findings] == [
        ("mypy.return-value", "warning", 2)
    ]
    assert ran.exit_code == 1 and ran.version.startswith("mypy ")


def test_absent_advice_is_in_the_table_but_not_among_what_the_tree_lacks(tmp_path: Path) -> None:
    tree, around = {"a.tf": b"", "requirements.lock": b"a==1\n"}, Circumstances(search_path=str(tmp_path))
    chosen = [trivy.VALIDATOR, pip_audit.VALIDATOR]
    report = validate(tree, validators=chosen, circumstances=around)
    assert [r.tool for r in report.results if r.status == "skipped"] == ["pip-audit", "trivy config"]
    assert [r.tool for r in report.unverified] == ["pip-audit"] and report.overall == "pass"
    asked = Circumstances(search_path=str(tmp_path), require=("trivy",))
    strict = validate(tree, validators=chosen, circumstances=asked)
    assert [r.tool for r in strict.unverified] == ["pip-audit", "trivy config"] and strict.overall == "action_required"


def test_what_a_project_depends_on_is_read_by_name() -> None:
    project = b'[project]\ndependencies = ["B[x]>=1; python_version > \'3\'", "a_c", " d @ x", 3]\n'
    assert mypy_types.required_distributions(project) == ["B", "a_c", "d"]
    assert mypy_types.required_distributions(b"[") == mypy_types.required_distributions(None) == []
