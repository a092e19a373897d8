"""Before there is a plan: `init` from plain words, `doctor`, `--help`."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.cli.running import ROOT, mlwright


def test_init_quotes_plain_words_back(tmp_path: Path) -> None:
    brief = "Fraud scores for card payments on AWS in Ireland, PCI data, under 100 ms at 50 requests per second, $4000 a month"
    done = mlwright("init", "--text", brief, "--name", "fraud", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "eu-west-1" in done.stdout and "“" in done.stdout
    assert mlwright("check", "constraints.yaml", cwd=tmp_path).returncode in (0, 1)
    snapshot = json.loads((tmp_path / ".mlwright" / "intake.json").read_text())
    assert snapshot["mode"] == "quick" and all(q["quote"] in brief for q in snapshot["quotes"])
    assert mlwright("init", "--text", brief, cwd=tmp_path).returncode == 2, "an existing file is never overwritten"


def test_words_of_another_encoding_and_impossible_figures_still_make_a_file(tmp_path: Path) -> None:
    brief = os.fsdecode(b"Caf\xe9 churn on AWS in Ireland, personal data, within 0 ms, 20 requests per second")
    done = mlwright("init", "--text", brief, cwd=tmp_path)
    assert done.returncode == 0 and "left out: sla_latency_ms" in done.stdout, done.stdout + done.stderr
    assert "requests_per_second: 20" in (tmp_path / "constraints.yaml").read_text("utf-8")
    asked = mlwright("whatif", "constraints.yaml", os.fsdecode(b"project.description=\xe9"), cwd=tmp_path)
    assert asked.returncode == 2 and "not UTF-8" in asked.stderr and "Traceback" not in asked.stderr


def test_a_cloud_without_patterns_leaves_a_file_that_lacks_only_that(tmp_path: Path) -> None:
    done = mlwright("init", "--text", "Nightly churn scores on Google Cloud in Frankfurt, personal data", cwd=tmp_path)
    assert done.returncode == 3 and "gcp has no patterns" in done.stdout, done.stdout + done.stderr
    written = (tmp_path / "constraints.yaml").read_text()
    assert "data_classification: pii" in written and "gcp" not in written and "europe-west3" not in written


def test_doctor_says_what_is_missing() -> None:
    done = mlwright("doctor", "--format", "json")
    lines = {line["subject"]: line for line in json.loads(done.stdout)}
    assert done.returncode == 1 and lines["app"]["state"] == "bad" and lines["app"]["remedy"]


def test_doctor_reports_on_everything_although_a_value_is_malformed() -> None:
    wrong = {"GITHUB_APP_ID": "abc", "GITHUB_PRIVATE_KEY": "words", "DATABASE_URL": "postgresql://a:b@127.0.0.1:1/x"}
    done = mlwright("doctor", "--format", "json", more=wrong)
    lines = {line["subject"]: line for line in json.loads(done.stdout)}
    assert done.returncode == 1 and {"redis", "webhook secret", "run pages", "ruff"} <= lines.keys()
    assert lines["GITHUB_APP_ID"]["state"] == "bad" and "integer" in lines["GITHUB_APP_ID"]["message"]
    assert "GITHUB_PRIVATE_KEY_PATH" in lines["GITHUB_PRIVATE_KEY"]["message"], "names are told as they are written"
    assert lines["app"]["state"] == "skipped" and "GITHUB_APP_ID" in lines["app"]["message"]
    assert lines["postgres"]["state"] == "bad" and "DATABASE_URL" in lines["postgres"]["remedy"]
    assert "\n" not in lines["postgres"]["message"]
    shown = mlwright("doctor", more=wrong)
    assert shown.returncode == 1 and "github_" not in shown.stdout + shown.stderr


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; sys.argv = ['mlwright', '--help']\nfrom bot.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    code += (
        "print([m for m in ('langgraph', 'githubkit', 'sqlalchemy', 'fastapi', 'agents.patterns') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip().endswith("[]")
