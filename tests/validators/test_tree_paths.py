"""Paths of a tree that are refused before anything is written."""

import pytest

from agents.domain.findings import Finding
from agents.domain.validation import ValidationReport
from agents.validators.judge import validate


def found(report: ValidationReport) -> dict[str, Finding]:
    return {finding.rule: finding for result in report.results for finding in result.findings}


@pytest.mark.parametrize(
    "path",
    [
        *("../x", "/etc/x", "a/../../x", "C:\\x", ".git/config", "a/.GIT/x", "git~1/x", "con", "a/nul.txt", "x."),
        *("a//b", "a\x00b", "a\u202eb", "e\u0301.md", "x" * 300),
    ],
)
def test_paths_that_would_leave_the_tree_are_refused_and_never_written(path: str) -> None:
    report = validate({"README.md": b"", path: b"x"}, validators=[])
    assert report.overall == "fail" and found(report)["paths.refused-path"].location is None


def test_names_that_fall_together_and_links_are_refused() -> None:
    assert "paths.path-clash" in found(validate({"A.md": b"", "a.md": b""}, validators=[]))
    assert "paths.path-clash" in found(validate({"a": b"", "a/b": b""}, validators=[]))
    assert "paths.refused-mode" in found(validate({"a": b"/etc/passwd"}, {"a": "120000"}, validators=[]))
