"""The command line as a person calls it: exit codes, files written, and what is never overwritten."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.cli.running import ROOT, SEED, mlwright


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One output of the seed, for tests that only read."""
    out = Path(tmp_path_factory.mktemp("planned")) / "churn"
    done = mlwright("plan", SEED, "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def copied(planned: Path, tmp_path: Path) -> Path:
    """An output of one's own."""
    return Path(shutil.copytree(planned, tmp_path / "out"))


def write(folder: Path, text: str) -> Path:
    path = folder / "constraints.yaml"
    path.write_text(text)
    return path


def test_plan_writes_the_repository_its_reports_and_the_lock(planned: Path) -> None:
    names = set(digests(planned))
    assert {"README.md", "constraints.yaml", ".mlwright/lock.json", "reports/summary.md"} <= names
    for report in ("coverage", "plan", "policy", "cost", "critics", "validation", "rationale", "provenance", "change"):
        assert f"reports/{report}.json" in names
    plan = json.loads((planned / "reports/plan.json").read_text())
    assert set(plan["patterns"]) == {"ingest", "transform", "store", "feature", "train", "serve", "observe", "govern"}
    assert set(plan["agents"]) >= {"deployment_serving", "training_pipeline"} and len(plan["agents"]) == 22
    cost = json.loads((planned / "reports/cost.json").read_text())
    assert round(sum(row["usd"] for row in cost["breakdown"]), 2) == cost["monthly_usd"]
    assert len(names) <= 150


def test_a_pull_request_shows_all_of_it(planned: Path) -> None:
    """DESIGN §4, GitHub surface: a diff shows 300 files, 20,000 lines and 1 MB; a reader is spared the most of it."""
    files = [path for path in planned.rglob("*") if path.is_file()]
    sizes = {path.relative_to(planned).as_posix(): path.stat().st_size for path in files}
    ledger = [path for path in sizes if path.endswith(".json") and path.startswith(("reports/", ".mlwright/"))]
    assert len(files) <= 150
    assert sum(sizes.values()) < 1_000_000 and sum(len(path.read_bytes().splitlines()) for path in files) < 20_000
    assert sum(sizes.values()) - sum(sizes[path] for path in ledger) < 600 * 1024


def test_the_same_inputs_give_the_same_bytes_anywhere(planned: Path, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere" / "constraints.yaml"
    file.parent.mkdir()
    file.write_bytes(SEED.read_bytes())
    assert mlwright("plan", "constraints.yaml", "--out", "out", cwd=file.parent).returncode == 0
    assert digests(file.parent / "out") == digests(planned)


def test_planning_again_in_place_changes_nothing_and_keeps_what_people_wrote(planned: Path, tmp_path: Path) -> None:
    out = copied(planned, tmp_path)
    before = digests(out)
    assert mlwright("plan", SEED, "--out", out).returncode == 0
    assert digests(out) == before

    (out / "Makefile").write_text((out / "Makefile").read_text() + "\n# mine\n")
    (out / "notes.txt").write_text("mine\n")
    (out / "docs" / "runbook.md").unlink()
    file = write(tmp_path, SEED.read_text().replace("requests_per_second: 20", "requests_per_second: 400"))
    done = mlwright("plan", file, "--out", out, "--previous", out)
    assert done.returncode == 0, done.stderr
    assert "your 1 edit in 1 file was kept" in done.stdout
    assert (out / "Makefile").read_text().endswith("# mine\n")
    assert (out / "notes.txt").read_text() == "mine\n" and not (out / "docs" / "runbook.md").exists()
    change = json.loads((out / "reports/change.json").read_text())
    assert [c["key"] for c in change["constraints"]] == ["throughput.requests_per_second"]
    assert change["cost_delta_usd"] > 0 and "Makefile" in change["kept"]
    again = digests(out)
    mlwright("plan", file, "--out", out, "--previous", out)
    assert digests(out) == again, "the same version planned again shows the same deltas"

    theirs = (out / "constraints.yaml").read_text().replace("requests_per_second: 400", "requests_per_second: 500")
    (out / "constraints.yaml").write_text(theirs)
    refused = mlwright("plan", SEED, "--out", out)
    assert refused.returncode == 2 and "another constraint file" in refused.stderr
    assert (out / "constraints.yaml").read_text() == theirs, "what people changed there is planned, not overwritten"


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("x")
    done = mlwright("plan", SEED, "--out", tmp_path / "out")
    assert done.returncode == 2 and "not written by mlwright" in done.stderr
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_a_repository_of_people_is_filled_up_and_nothing_of_it_overwritten(tmp_path: Path) -> None:
    theirs = {
        "README.md": "# ours\n",
        "reports/plan.md": "ours\n",
        "docs/decisions/mine.md": "x\n",
        "src/old.py": "1\n",
    }
    out = tmp_path / "repo"
    for path, text in theirs.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text)
    (out / "constraints.yaml").write_text("version: 1\n")
    refused = mlwright("plan", SEED, "--out", out, "--previous", out)
    assert refused.returncode == 2 and "another constraint file" in refused.stderr
    (out / "constraints.yaml").write_bytes(SEED.read_bytes())
    done = mlwright("plan", out / "constraints.yaml", "--out", out, "--previous", out)
    assert done.returncode == 0, done.stderr
    assert {path: (out / path).read_text() for path in theirs} == theirs
    existing = json.loads((out / "reports/plan.json").read_text())["existing"]
    assert existing["left"] == ["README.md"] and {area["name"] for area in existing["areas"]} == {"documents", "code"}
    assert "4 of your files stay as they are, 1 of them in place" in done.stdout
    assert "Already there" in (out / "reports/summary.md").read_text()


def test_a_link_in_the_folder_is_not_followed(planned: Path, tmp_path: Path) -> None:
    out, secret = copied(planned, tmp_path), tmp_path / "secret"
    secret.write_text("secret")
    link = out / "reports" / "summary.md"
    link.unlink()
    link.symlink_to(secret)
    assert mlwright("plan", SEED, "--out", out).returncode == 0
    assert link.is_symlink() and secret.read_text() == "secret", "what people put there is theirs, as with every file"
    (out / "constraints.yaml").unlink()
    (out / "constraints.yaml").symlink_to(secret)
    done = mlwright("plan", SEED, "--out", out)
    assert done.returncode == 2 and secret.read_text() == "secret"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (("budget_band:", "buget_band:"), 2, ["constraints.yaml:10:1", "budget_band"]),
        (("regions: [eu-west-1]", "regions: [eu-wst-1]"), 2, ["constraints.yaml:9:11", "eu-west-1"]),
        (("cloud: aws\n", ""), 3, ["cloud"]),
        (("data_classification: pii", "# "), 3, ["data_classification"]),
        (("monthly_usd_max: 1500, target: 1100", "monthly_usd_max: 3"), 1, ["budget", "would work"]),
        (("cloud: aws\nregions: [eu-west-1]", "cloud: gcp\nregions: [europe-west1]"), 2, ["yaml:8:8", "gcp", "aws"]),
        (("requests_per_second: 20", "requests_per_second: .nan"), 2, ["requests_per_second"]),
    ],
)
def test_what_cannot_be_planned_says_what_to_write(
    tmp_path: Path, change: tuple[str, str], code: int, words: list[str]
) -> None:
    assert change[0] in SEED.read_text()
    file = write(tmp_path, SEED.read_text().replace(*change))
    done = mlwright("plan", file, "--out", tmp_path / "out")
    assert done.returncode == code, done.stderr
    for word in words:
        assert word in done.stderr
    assert not (tmp_path / "out").exists()
    assert "Traceback" not in done.stderr


def test_check_says_the_same_without_writing(planned: Path, tmp_path: Path) -> None:
    good = mlwright("check", SEED, "--format", "json", cwd=tmp_path)
    said = json.loads(good.stdout)
    assert good.returncode == 0 and said["coverage"]["score"] > 0.9
    cost = json.loads((planned / "reports/cost.json").read_text())
    assert said["cost"].startswith(f"${cost['monthly_usd']:,.2f}/month"), "what plan prices, check prices"
    assert all(f"{e['name']} ${e['monthly_usd']:,.2f}" in said["cost"] for e in cost["environments"])
    rounds = json.loads((planned / "reports/critics.json").read_text())["rounds"]
    last = {r["critic"]: r["findings"] for r in rounds if r["critic"] != "implementation"}
    warned = {f["message"] for found in last.values() for f in found if f["severity"] != "info"}
    assert warned and warned <= {f["message"] for f in said["findings"]}, "what critics warn of, check warns of"
    page = mlwright("check", SEED, "--format", "markdown", cwd=tmp_path)
    assert page.returncode == 0 and page.stdout.startswith("# Check\n\n> ✅ good to plan\n")
    assert f"| cost | {said['cost']} |" in page.stdout and "## Coverage" in page.stdout
    file = write(tmp_path, SEED.read_text().replace("monthly_usd_max: 1500, target: 1100", "monthly_usd_max: 3"))
    assert mlwright("check", file).returncode == 1
    assert [p.name for p in tmp_path.iterdir()] == ["constraints.yaml"]


def test_a_missing_file_is_told_plainly(tmp_path: Path) -> None:
    done = mlwright("plan", tmp_path / "none.yaml", "--out", tmp_path / "o")
    assert done.returncode == 2 and "no such file" in done.stderr and "Traceback" not in done.stderr


def test_schema_is_the_committed_one() -> None:
    assert mlwright("schema").stdout == (ROOT / "docs" / "constraints.schema.json").read_text()


def test_why_explains_a_decision_a_file_and_nothing_else(planned: Path) -> None:
    decision = mlwright("why", "serve.online", planned)
    assert decision.returncode == 0 and "aws-ecs-fargate" in decision.stdout and "because" in decision.stdout
    file = mlwright("why", "infra/terraform/modules/serve_ecs_fargate/main.tf", planned)
    assert file.returncode == 0 and "serve:aws-ecs-fargate" in file.stdout
    unknown = mlwright("why", "serve.onlin", planned)
    assert unknown.returncode == 2 and "serve.online" in unknown.stderr


def test_choose_pins_and_diff_shows_what_moved(planned: Path, tmp_path: Path) -> None:
    out = copied(planned, tmp_path)
    chosen = mlwright("choose", "serve=aws-sagemaker-realtime", out)
    assert chosen.returncode in (0, 1), chosen.stderr
    assert "aws-sagemaker-realtime" in (out / "constraints.yaml").read_text()
    assert "# what exists" in SEED.read_text() or "# p95 of one" in (out / "constraints.yaml").read_text()
    difference = mlwright("diff", planned, out, "--format", "json")
    changes = json.loads(difference.stdout)
    assert changes["decisions"]["serve.online"] == ["serve:aws-ecs-fargate", "serve:aws-sagemaker-realtime"]
    wrong = mlwright("choose", "serve=aws-sagemaker-realtme", out)
    assert wrong.returncode == 2 and "the nearest first: aws-sagemaker-realtime, " in wrong.stderr
    both = mlwright("choose", "serve=aws-batch-scoring", out, "--format", "json")
    assert json.loads(both.stdout)["pins"] == {
        "serve.online": "aws-sagemaker-realtime",
        "serve.batch": "aws-batch-scoring",
    }, "the pin of the other slot was dropped"


def test_a_pin_for_the_whole_capability_becomes_that_of_its_slot_when_another_is_pinned(
    planned: Path, tmp_path: Path
) -> None:
    out = copied(planned, tmp_path)
    file = out / "constraints.yaml"
    waiver = "waivers: [{rule: impact_assessment, owner: Ada, reason: assessed in DPIA 12, until: 2099-01-01}]\n"
    file.write_text(file.read_text() + waiver + "choose: {serve: aws-ecs-fargate}  # Ada wants it\n")
    chosen = mlwright("choose", "serve.batch=aws-batch-scoring", out, "--as-of", "2027-01-31")
    assert chosen.returncode == 0, chosen.stderr
    rules = json.loads((out / "reports/policy.json").read_text())["rules"]
    assert {r["id"]: r["status"] for r in rules}["impact_assessment"] == "waived", "the date was not handed on"
    assert "choose: {serve: {online: aws-ecs-fargate, batch: aws-batch-scoring}}  # Ada wants it" in file.read_text()


@pytest.mark.parametrize(
    ("choice", "listed", "not_listed"),
    [
        ("serve=nosuch", ("aws-batch-scoring", "aws-ecs-fargate", "aws-ecs-stream", "aws-lambda-container"), ()),
        ("serve.online=nosuch", ("aws-ecs-fargate", "aws-lambda-container"), ("aws-batch-scoring", "aws-ecs-stream")),
        ("serve.online=aws-batch-scoring", ("aws-ecs-fargate",), ("aws-ecs-stream",)),
        ("server=x", ("serve.online", "ingest.streaming", "govern"), ()),
    ],
)
def test_a_choice_that_does_not_exist_lists_all_that_do(
    planned: Path, choice: str, listed: tuple[str, ...], not_listed: tuple[str, ...]
) -> None:
    before = digests(planned)
    done = mlwright("choose", choice, planned)
    remedy = done.stderr.splitlines()[1]
    assert done.returncode == 2 and digests(planned) == before
    assert all(name in remedy for name in listed) and not any(name in remedy for name in not_listed), done.stderr


def test_a_pin_that_cannot_hold_is_taken_back(planned: Path, tmp_path: Path) -> None:
    out = copied(planned, tmp_path)
    before = digests(out)
    refused = mlwright("choose", "feature=aws-s3-offline", out)
    assert refused.returncode == 1 and "cannot be chosen" in refused.stderr
    assert digests(out) == before


def test_mistakes_are_located_also_when_the_folder_is_there_already(planned: Path, tmp_path: Path) -> None:
    out = copied(planned, tmp_path)
    file = write(tmp_path, SEED.read_text().replace("budget_band:", "buget_band:"))
    done = mlwright("plan", file, "--out", out)
    assert done.returncode == 2 and "constraints.yaml:10:1" in done.stderr and "budget_band" in done.stderr
    assert digests(out) == digests(planned)


def test_a_person_may_write_what_they_like_into_a_decision_record(planned: Path, tmp_path: Path) -> None:
    out = copied(planned, tmp_path)
    record = out / "docs" / "decisions" / "011-deployment_serving.md"
    record.write_text(record.read_text() + "\n[our notes](../../notes/why.md)\n")
    done = mlwright("plan", SEED, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "our notes" in record.read_text()


def test_a_review_before_code_is_said_to_be_missing(tmp_path: Path) -> None:
    file = write(tmp_path, SEED.read_text().replace("approval: {mode: merge,", "approval: {mode: review,"))
    done = mlwright("plan", file, "--out", tmp_path / "out")
    assert done.returncode == 3 and "not built yet" in done.stderr and not (tmp_path / "out").exists()
    assert "approval: {mode: merge}" in done.stderr and "no file was written" in done.stderr
    checked = mlwright("check", file)
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if text.startswith("approval:"))
    assert f"constraints.yaml:{line}:" in checked.stdout and "plan` stops before it writes" in checked.stdout


@pytest.mark.parametrize(
    "kind", ["a file", "a link to nothing", "a link to an empty folder", "below a file", "foreign"]
)
def test_an_output_that_cannot_be_written_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    (tmp_path / "empty").mkdir()
    if kind == "a file":
        out.write_text("x")
    elif kind == "a link to nothing":
        out.symlink_to(tmp_path / "nowhere")
    elif kind == "a link to an empty folder":
        out.symlink_to(tmp_path / "empty")
    elif kind == "below a file":
        (tmp_path / "file").write_text("x")
        out = tmp_path / "file" / "out"
    else:
        out.mkdir()
        (out / "thesis.txt").write_text("x")
    before = sorted(tmp_path.rglob("*"))
    done = mlwright("plan", SEED, "--out", out)
    assert done.returncode == 2 and "Nothing was changed." in done.stderr and "--out" in done.stderr
    assert "✔" not in done.stderr, "work was done before the refusal"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_that_is_too_large_is_told_its_true_size(tmp_path: Path) -> None:
    file = tmp_path / "constraints.yaml"
    file.write_bytes(b"# x\n" * 2_500_000)
    for command in (["plan", file, "--out", tmp_path / "out"], ["check", file]):
        done = mlwright(*command)
        assert done.returncode == 2 and "10,000,000 bytes" in done.stderr and f"{file}:1:1" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["plan", "none.yaml", "--out", "out"],
        ["plan", "seed.yaml", "--out", "foreign"],
        ["plan", "wrong.yaml", "--out", "out"],
        ["check", "none.yaml"],
        ["check", "large.yaml"],
        ["choose", "serve=nosuch", "PLANNED"],
        ["choose", "feature=aws-s3-offline", "COPY"],
        ["diff", "PLANNED", "foreign"],
        ["diff", "PLANNED", "PLANNED"],
    ],
    ids=lambda command: "-".join(command[:2]),
)
def test_every_end_is_told_in_the_format_that_was_asked_for(planned: Path, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("x")
    (tmp_path / "seed.yaml").write_bytes(SEED.read_bytes())
    (tmp_path / "wrong.yaml").write_text(SEED.read_text().replace("budget_band:", "buget_band:"))
    (tmp_path / "large.yaml").write_bytes(b"# x\n" * 100_000)
    shutil.copytree(planned, tmp_path / "COPY")
    arguments = [str(planned) if part == "PLANNED" else part for part in command]
    as_json = mlwright(*arguments, "--format", "json", cwd=tmp_path)
    document = json.loads(as_json.stdout)
    told = document.get("error") or {}
    assert told.get("exit_code", as_json.returncode) == as_json.returncode
    as_markdown = mlwright(*arguments, "--format", "markdown", cwd=tmp_path)
    assert as_markdown.returncode == as_json.returncode
    assert as_markdown.stdout.startswith(("> ❌", "# ", "## ")), as_markdown.stdout
    if "wrong.yaml" in command:
        assert document["findings"][0]["location"]["line"] == 10
        assert "wrong.yaml:10:1" in as_markdown.stdout and "budget_band" in as_markdown.stdout


def test_diff_tells_what_people_wrote_from_what_followed(planned: Path, tmp_path: Path) -> None:
    out = copied(planned, tmp_path)
    file = write(tmp_path, SEED.read_text().replace("requests_per_second: 20", "requests_per_second: 400"))
    assert mlwright("plan", file, "--out", out).returncode == 0
    changes = json.loads(mlwright("diff", planned, out, "--format", "json").stdout)
    assert changes["constraints"] == {"throughput.requests_per_second": ["20", "400"]}
    assert "requests_per_second" in changes["requirements"] and changes["parameters"] and changes["cost"]
    text = mlwright("diff", planned, out).stdout.splitlines()
    assert "constraints: 1 changed" in text and "  throughput.requests_per_second: 20 → 400" in text
    heading = f"derived requirements: {len(changes['requirements'])} changed"
    assert text[text.index(heading) + 1].startswith("packs:"), "what was derived is counted, not listed"


def test_sentences_do_not_run_together() -> None:
    from bot.cli.show import sentence

    assert sentence("the file is gone", "Name another") == "the file is gone. Name another."
    assert sentence("Really?", "", "Yes.") == "Really? Yes."


def test_the_summary_of_the_demo_lists_every_slot_in_the_order_of_the_data(planned: Path) -> None:
    from agents.render.lock import parse_lock
    from bot.cli.demo import patterns_of, written

    lock, _ = parse_lock((planned / ".mlwright" / "lock.json").read_bytes())
    assert lock is not None
    slots = [slot for slot, _ in patterns_of(lock)]
    assert slots.index("ingest.batch") < slots.index("train") < slots.index("serve.online") < slots.index("serve.batch")
    on_disk = set(digests(planned)) - {"constraints.yaml"}
    assert written(lock) == len(on_disk)
    assert f"{len(on_disk)} files" in (planned / "reports" / "summary.md").read_text()


def test_verify_names_what_changed_since_validation(planned: Path, tmp_path: Path) -> None:
    good = mlwright("verify", planned)
    assert good.returncode == 0 and "as they were validated" in good.stdout and "validation pass" in good.stdout
    out = copied(planned, tmp_path)
    (out / "Makefile").write_text((out / "Makefile").read_text() + "# mine\n")
    (out / "SECURITY.md").unlink()
    (out / "reports" / "summary.md").write_text("reports are not what was judged")
    changed = mlwright("verify", out, "--format", "json")
    told = json.loads(changed.stdout)
    assert changed.returncode == 1
    assert (told["changed"], told["missing"], told["good"]) == (["Makefile"], ["SECURITY.md"], False)
    assert mlwright("verify", tmp_path).returncode == 2
