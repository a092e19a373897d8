"""The generated consumer shares out shards: its own tests hold here, and fail as soon as one of its rules is broken."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.render.projects import planned, tree

STREAM = '''"""Stands for the generated module of that name, which needs pandas."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    position: str
    data: bytes
'''
MUTANTS = (
    ("a taker does not look whether the holder is alive", 'condition += " AND #beat = :was_beat"', "pass"),
    ("a former holder may write", 'condition = "#term = :was_term"', 'condition = ""'),
    ("a lease never runs out", "now - at >= LEASE_SECONDS", "False"),
    ("children are read beside their parents", " and ended.issuperset(x.parents)]", "]"),
    ("nothing is given back", "for lease in held[share:]:", "for lease in ():"),
    ("a takeover begins at the oldest event", "if lease.after != OLDEST:", "if False:"),
)  # fmt: skip


def package(folder: Path, broken: tuple[str, str] = ("", "")) -> Path:
    """The generated modules and their test below `folder`; returns the test."""
    files, name = tree("kinesis_ecs")[1], planned("kinesis_ecs").requirements.package
    home = folder / name / "ingestion"
    home.mkdir(parents=True)
    (folder / name / "__init__.py").touch()
    (home / "__init__.py").touch()
    (home / "stream.py").write_text(STREAM, encoding="utf-8")
    found = 0
    for module in ("leases.py", "stream_source.py"):
        text = files[f"src/{name}/ingestion/{module}"].decode()
        found += text.count(broken[0]) if broken[0] else 1
        (home / module).write_text(text.replace(*broken) if broken[0] else text, encoding="utf-8")
    assert found, f"{broken[0]!r} stands nowhere"
    test = folder / "test_leases.py"
    test.write_bytes(files["tests/unit/test_leases.py"])
    return test


def run(test: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--noconftest", "-p", "no:cacheprovider", "-c", "/dev/null",
               "--rootdir", str(test.parent), str(test)]  # fmt: skip
    env = {"PYTHONPATH": str(test.parent), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, cwd=test.parent, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_the_generated_tests_of_the_leases_hold(tmp_path: Path) -> None:
    done = run(package(tmp_path))
    assert done.returncode == 0, done.stdout[-3000:]
    assert "7 passed" in done.stdout


@pytest.mark.parametrize(("old", "new"), [m[1:] for m in MUTANTS], ids=[m[0] for m in MUTANTS])
def test_they_fail_once_a_rule_is_broken(tmp_path: Path, old: str, new: str) -> None:
    done = run(package(tmp_path, (old, new)))
    assert done.returncode == 1, done.stdout[-3000:]
    assert "FAILED" in done.stdout


def test_lambda_reads_as_many_batches_of_a_shard_at_once_as_the_plan_counts_on() -> None:
    context, (_, files) = planned("kinesis_lambda"), tree("kinesis_lambda")
    parameters = context.parameters["serve.streaming"]
    root = "infra/terraform/modules"
    wiring = next(
        text
        for path, raw in files.items()
        if (text := raw.decode()) and path.startswith(f"{root}/project/") and "serve_lambda_stream" in text
    )
    (said,) = [
        line.split("=")[1].strip() for line in wiring.splitlines() if line.strip().startswith("batches_per_shard")
    ]
    assert said == str(parameters["batches_per_shard"])
    module = files[f"{root}/serve_lambda_stream/main.tf"].decode()
    mapping = module.partition('resource "aws_lambda_event_source_mapping"')[2]
    assert "parallelization_factor             = var.batches_per_shard" in mapping
