"""The validator `compose`: Docker's own word where it has one, and an honest skip where not."""

from pathlib import Path

import pytest

from agents.domain.validation import ToolResult
from agents.validators.compose import applies
from agents.validators.execution.process import find_binary
from agents.validators.judge import Circumstances, validate
from agents.validators.validator import discover

FILE = {"compose.yaml": b"services:\n  a:\n    image: b:1\n"}


def judged(folder: Path, script: str = "", tree: dict[str, bytes] | None = None) -> ToolResult:
    """With a `docker` that answers as `script` says; none without a script."""
    if script:
        (folder / "docker").write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        (folder / "docker").chmod(0o755)
    report = validate(tree or FILE, None, Circumstances(search_path=str(folder)), [discover()["compose"]])
    return next(result for result in report.results if result.tool == "docker compose")


VERSION = '[ "$2" = version ] && echo Docker Compose version v2.36.2 && exit 0'


def test_it_is_asked_about_every_compose_file_and_only_about_those() -> None:
    assert all(map(applies, ("compose.yaml", "docker-compose.yml", "local/compose.dev.yaml")))
    assert not any(map(applies, ("composer.yaml.j2", "src/compose.py", "decompose.yaml")))


def test_good_and_bad_files_are_told_apart(tmp_path: Path) -> None:
    good = judged(tmp_path, f"{VERSION}\nexit 0")
    assert good.status == "pass" and good.version == "Docker Compose version v2.36.2"
    asked = '[ "$1 $5 $6 $7 $8" = "compose compose.yaml config --quiet --no-interpolate" ] || exit 9\n'
    bad = judged(tmp_path, f'{VERSION}\n{asked}echo "validating $PWD/compose.yaml: line 2: services.a.x" >&2; exit 15')
    assert bad.status == "fail" and bad.exit_code == 15
    (found,) = bad.findings
    assert found.location and (found.location.path, found.location.line) == ("compose.yaml", 2)
    assert str(tmp_path) not in found.message and "services.a.x" in found.message


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'docker: unknown command: docker compose' >&2; exit 1", "no compose plugin"),
        ("echo 'unknown flag: --file' >&2; exit 125", "no compose plugin"),
        ("", "docker is not installed"),
    ],
)
def test_without_docker_or_its_plugin_it_is_skipped(tmp_path: Path, script: str, reason: str) -> None:
    result = judged(tmp_path, script)
    if not script and "not installed" not in result.reason:
        pytest.skip("docker stands beside this interpreter")
    assert result.status == "skipped" and reason in result.reason and result.remedy


@pytest.mark.parametrize(
    "key",
    [
        "include:\n  - ../other.yaml",
        "services:\n  a:\n    env_file: /etc/passwd",
        "configs:\n  c:\n    file: ~/id",
    ],
)
def test_a_file_that_reads_others_is_not_given_to_docker(tmp_path: Path, key: str) -> None:
    result = judged(tmp_path, "touch $PWD/ran; exit 9", {"compose.yaml": f"{key}\n".encode()})
    assert result.status == "skipped" and "names further files" in result.reason


@pytest.mark.skipif(find_binary("docker", None) is None, reason="docker is not on this machine")
def test_this_machines_docker_judges_or_says_why_not() -> None:
    report = validate(FILE, validators=[discover()["compose"]])
    result = next(result for result in report.results if result.tool == "docker compose")
    assert result.status == "pass" or (result.status == "skipped" and "compose plugin" in result.reason)
