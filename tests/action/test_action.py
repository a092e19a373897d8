"""The Action's steps run as a runner runs them, against the local GitHub: pull requests, forks, pushes, drift."""

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from agents.render.actions import ACTIONS
from bot.cli.action.checkout import rules_here
from bot.cli.action.event import Event
from bot.cli.action.run import _Step
from bot.cli.action.runner import Runner
from bot.sandbox.github.server import LocalGitHub
from bot.settings import RunnerSettings
from tests.action.runner import ACTION, ROOT, Ran, definition, event_file, installed, run

SEED = (ROOT / "bot" / "cli" / "seed" / "constraints.yaml").read_text(encoding="utf-8")
BROKEN = SEED.replace("availability_target:", "availabilty_target:")
WRITE = {"contents": "write", "pull_requests": "write", "checks": "write", "issues": "write"}
READ = {"contents": "read", "pull_requests": "read", "checks": "read", "issues": "read"}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalGitHub]:
    """Its App is the one whose token a job has."""
    with LocalGitHub(tmp_path_factory.mktemp("github"), slug="github-actions") as running:
        yield running


@dataclass
class Job:
    """A job of one workflow in one repository, checked out at `workspace`."""

    github: LocalGitHub
    owner: str
    id: int
    temp: Path
    workspace: Path

    def token(self, permissions: dict[str, str]) -> str:
        """What the runner's `github.token` is: one repository, the workflow's permissions."""
        import jwt

        now = int(self.github.hub.seconds())
        claims = {"iss": str(self.github.app_id), "iat": now - 10, "exp": now + 300}
        signed = jwt.encode(claims, self.github.private_key_pem, "RS256")
        installation = self.github.installation_id(self.owner)
        answer = httpx.post(
            f"{self.github.url}/app/installations/{installation}/access_tokens",
            headers={"Authorization": f"Bearer {signed}"},
            json={"repository_ids": [self.id], "permissions": permissions},
        )
        return str(answer.json()["token"])

    def api(self, path: str, method: str = "GET", **body: Any) -> Any:
        answer = httpx.request(
            method,
            f"{self.github.url}/repos/{self.owner}/shop{path}",
            headers={"Authorization": f"Bearer {self.github.token_for('ada')}"},
            json=body or None,
        )
        assert answer.status_code < 400, answer.text
        return answer.json()

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        command = ["git", *who, "-C", str(self.workspace), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def run(self, event: str, permissions: dict[str, str] | None = WRITE, **inputs: str) -> Ran:
        """The action in this job, for a push or, with `number`, a pull request."""
        head = inputs.pop("head", f"{self.owner}/shop")
        repository = {"id": self.id, "full_name": f"{self.owner}/shop", "default_branch": "main"}
        payload: dict[str, Any] = {"repository": repository}
        if event == "pull_request":
            base = self.api("/git/ref/heads/main")["object"]["sha"]
            payload["pull_request"] = {"number": 1, "head": {"repo": {"full_name": head}}, "base": {"sha": base}}
        variables = {
            "GITHUB_REPOSITORY": f"{self.owner}/shop",
            "GITHUB_REPOSITORY_ID": str(self.id),
            "GITHUB_API_URL": self.github.url,
            "GITHUB_SERVER_URL": self.github.url,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": event_file(self.temp, payload),
            "GITHUB_SHA": self.git("rev-parse", "HEAD"),
            "GITHUB_REF": "refs/pull/1/merge" if event == "pull_request" else inputs.pop("ref", "refs/heads/main"),
            "GITHUB_ACTOR": "ada",
            "GITHUB_RUN_ID": "7",
        }
        token = self.token(permissions) if permissions is not None else ""
        return run(self.temp, self.workspace, variables, token, **inputs)


@pytest.fixture
def job(github: LocalGitHub, tmp_path: Path) -> Job:
    """A repository whose default branch has the seed's constraints."""
    owner = f"acme{next(_numbers)}"
    made = github.create_repository(owner, "shop", files={"constraints.yaml": SEED, "README.md": "# Shop\n"})
    workspace = tmp_path / "work"
    subprocess.run(["git", "clone", "--quiet", github.clone_url(owner, "shop", "ada"), workspace], check=True)
    installed(tmp_path / "temp")
    return Job(github, owner, int(made["id"]), tmp_path / "temp", workspace)


def pull_request(job: Job, files: dict[str, str]) -> None:
    """Pushes a branch with the files and opens its pull request, number 1."""
    job.git("checkout", "--quiet", "-b", "edit")
    for path, text in files.items():
        (job.workspace / path).parent.mkdir(parents=True, exist_ok=True)
        (job.workspace / path).write_text(text, encoding="utf-8")
    job.git("add", "-A")
    job.git("commit", "--quiet", "--allow-empty", "-m", "Edit")
    job.git("push", "--quiet", "origin", "edit")
    job.api("/pulls", "POST", title="Edit", head="edit", base="main")


def test_a_pull_request_is_checked_and_has_one_comment_that_is_kept_up_to_date(job: Job) -> None:
    pull_request(job, {"constraints.yaml": BROKEN, "more/constraints.yaml": SEED.replace("name: churn", "name: more")})
    ran = job.run("pull_request")
    assert ran.code == 2, ran.log
    (note,) = [line for line in ran.annotations if line.startswith("::error ")]
    line = 1 + BROKEN[: BROKEN.index("availabilty")].count("\n")
    assert f"file=constraints.yaml,line={line}," in note and "availability_target" in note
    assert "# constraints.yaml" in ran.summary and "# more/constraints.yaml" in ran.summary
    assert ran.outputs["policy"] in ("pass", "warn") and float(ran.outputs["cost"]) > 0
    documents = json.loads(ran.outputs["projects"])
    assert [one["exit_code"] for one in documents] == [2, 0] and documents[1]["digest"] == ran.outputs["digest"]
    assert ran.uploaded is not None and (ran.uploaded / "summary.md").read_text() in ran.summary + "\n"
    (comment,) = job.api("/issues/1/comments")
    assert "# constraints.yaml" in comment["body"]

    (job.workspace / "constraints.yaml").write_text(BROKEN.replace("cloud: aws", "cloud: ours"))
    (job.workspace / "more/constraints.yaml").unlink()
    assert job.run("pull_request", fail_on="never").code == 0
    (again,) = job.api("/issues/1/comments")
    assert again["id"] == comment["id"] and "cloud" in again["body"] and again["body"] != comment["body"]


def test_a_fork_gets_the_check_and_is_told_why_there_is_no_more(job: Job) -> None:
    pull_request(job, {"constraints.yaml": BROKEN})
    ran = job.run("pull_request", READ, head="mallory/shop", mode="pull-request")
    assert ran.code == 2 and len(ran.annotations) == 1, ran.log
    assert "fork" in ran.summary and "proposals are made from the default branch" in ran.summary
    assert job.api("/issues/1/comments") == [] and len(job.api("/pulls?state=all")) == 1


def test_a_pull_request_cannot_change_the_rules_that_judge_it(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = ".mlwright/policies/ours.yaml", ".mlwright/policies/theirs.yaml"
    (job.workspace / ours).parent.mkdir(parents=True)
    (job.workspace / ours).write_text("id: ours\n")
    job.git("add", "-A")
    job.git("commit", "--quiet", "-m", "A rule")
    job.git("push", "--quiet", "origin", "HEAD:main")
    pull_request(job, {ours: "id: weaker\n", theirs: "id: theirs\n"})
    base = job.api("/git/ref/heads/main")["object"]["sha"]
    settings = RunnerSettings(
        repository=f"{job.owner}/shop", repository_id=job.id, workspace=job.workspace, event_name="pull_request",
        sha=base, api_url=job.github.url, temp=job.temp, token=job.token(READ),
    )  # fmt: skip
    monkeypatch.chdir(job.workspace)
    step = _Step(settings, Runner(settings), Event("pull_request", 1, base_sha=base))
    assert dict(step._rules("")) == {ours: b"id: ours\n"} and not step.notes
    assert set(rules_here("")) == {ours, theirs}


def test_a_token_that_may_not_comment_is_said_and_is_no_failure(job: Job) -> None:
    pull_request(job, {"constraints.yaml": BROKEN})
    ran = job.run("pull_request", READ, fail_on="never")
    assert ran.code == 0 and "pull-requests: write" in ran.summary


def test_text_of_others_is_never_a_command_or_an_output(job: Job) -> None:
    evil = "::set-output name=x::y\\n##[add-path]/tmp\\n::stop-commands::z"
    pull_request(job, {"constraints.yaml": SEED.replace("cloud: aws", f'cloud: "{evil}"')})
    (job.workspace / ".env").write_text("MLWRIGHT_MODE=plan\nGITHUB_TOKEN=theirs\nGITHUB_RUN_ID=9\n")
    ran = job.run("pull_request", None)
    assert ran.code == 2
    for line in ran.log.splitlines():
        assert not re.match(r"\s*::(?!error |warning |notice |add-matcher|add-mask)", line) and "##[" not in line
    assert "y" not in ran.outputs.values()


def test_a_link_is_not_followed_out_of_the_repository(job: Job) -> None:
    secret = job.temp / "secret.yaml"
    secret.write_text("password: hunter22\n")
    (job.workspace / "constraints.yaml").unlink()
    (job.workspace / "constraints.yaml").symlink_to(secret)
    ran = job.run("push", constraints="constraints.yaml")
    assert ran.code == 2 and "symbolic link" in ran.log and "hunter22" not in ran.log + ran.summary
    assert job.run("push", constraints="../secret/constraints.yaml").code == 2


def test_the_default_branch_is_proposed_once_then_watched_for_drift(job: Job) -> None:
    """Proposed by the App's own job; after the merge there is nothing to propose, and drift fails the schedule's step."""
    ran = job.run("push", mode="pull-request")
    assert ran.code == 0, ran.log
    (pull,) = job.api("/pulls?state=all")
    assert ran.outputs["pull-request"] == pull["html_url"] and pull["head"]["ref"] == "mlwright/churn"
    assert pull["title"].startswith("mlwright: churn: ") and len(job.api("/issues/1/comments")) == 1
    checks = job.api(f"/commits/{pull['head']['sha']}/check-runs")["check_runs"]
    assert len(checks) == 5 and all(run["details_url"].endswith("/actions/runs/7") for run in checks)
    names = {file["path"] for file in job.api(f"/git/trees/{pull['head']['sha']}?recursive=1")["tree"]}
    assert ".github/workflows-proposed/ci.yml" in names, "a job's token can never write workflow files"

    job.api("/pulls/1/merge", "PUT", merge_method="squash")
    job.git("pull", "--quiet", "origin", "main")
    assert job.run("schedule", READ, mode="verify").code == 1, "the workflows still wait in workflows-proposed"
    (job.workspace / ".github/workflows-proposed").rename(job.workspace / ".github/workflows")
    ran = job.run("schedule", READ, mode="verify")
    assert ran.code == 0 and ran.outputs["digest"], ran.log
    changed = SEED.replace("requests_per_second: 20", "requests_per_second: 21")
    (job.workspace / "constraints.yaml").write_text(changed)
    (job.workspace / "Makefile").write_text("all:\n")
    ran = job.run("schedule", READ, mode="verify")
    assert ran.code == 1
    assert [re.sub(r".*file=([^,]+),.*title=([^:]+)::.*", r"\1 \2", note) for note in ran.annotations] == [
        "constraints.yaml verify.constraints-drift",
        "Makefile verify.file-drift",
    ]


@pytest.mark.nightly
def test_another_apps_token_without_workflows_proposes_all_the_rest(job: Job) -> None:
    installed(job.temp, "import bot.github.job_token as j; j.JOBS_OWN = 'another'")
    ran = job.run("push", mode="pull-request")
    assert ran.code == 0 and ran.outputs["pull-request"], ran.log


@pytest.mark.nightly
def test_a_plan_is_an_artifact_and_writes_nothing_else(job: Job) -> None:
    ran = job.run("workflow_dispatch", READ, mode="plan", ref="refs/heads/other")
    assert ran.code == 0, ran.log
    assert ran.uploaded is not None and (ran.uploaded / "plan/root/.mlwright/lock.json").is_file()
    assert job.git("status", "--porcelain") == "" and "check" in ran.summary and ran.outputs["digest"]


def test_wrong_inputs_are_named(job: Job) -> None:
    ran = job.run("push", mode="deploy")
    assert ran.code == 2 and "MLWRIGHT_MODE" in ran.log and "docs/action.md" in ran.log


def test_every_action_is_pinned_as_the_table_has_it() -> None:
    table = json.loads((ROOT / "agents/render/actions.json").read_text())["actions"]
    pinned = {ACTIONS[name] for name in table}
    used = re.findall(r"uses: (.+)", (ACTION / "action.yml").read_text())
    assert used and set(used) <= pinned
    assert {step["id"] for step in definition()["runs"]["steps"] if "id" in step} == {"python", "install", "run"}


def test_the_workflows_of_the_page_are_sound(tmp_path: Path) -> None:
    """Each is linted with the Action's own inputs in sight, and pinned."""
    page = (ROOT / "docs/action.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(name:.*?)```", page, re.DOTALL)
    assert len(examples) >= 4
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    (tmp_path / "action").symlink_to(ACTION)
    pinned = {ACTIONS[name] for name in json.loads((ROOT / "agents/render/actions.json").read_text())["actions"]}
    for number, text in enumerate(examples):
        local = re.sub(r"OWNER/mlwright/action@\S+( # \S+)?", "./action", text)
        (folder / f"{number}.yml").write_text(local)
        assert set(re.findall(r"uses: (\S+@[0-9a-f]{40} # \S+)", text)) <= pinned | {"OWNER"}
        assert "permissions:" in text and "pull_request_target" not in text
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    beside = Path(sys.executable).parent
    for command in ([beside / "actionlint"], [beside / "zizmor", "--offline", "--quiet", "--min-severity=medium", "."]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(
        [beside / "zizmor", "--offline", "--quiet", ACTION], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_matcher_reads_what_check_prints() -> None:
    matchers = json.loads((ACTION / "problem-matcher.json").read_text())["problemMatcher"]
    patterns = [re.compile(one["pattern"][0]["regexp"]) for one in matchers]
    found = patterns[0].match("❌ a/constraints.yaml:9:1 buget_band: unknown field. Did you mean budget_band?")
    assert found and found.groups()[:3] == ("a/constraints.yaml", "9", "1")
    assert patterns[1].match("⚠️ constraints.yaml:2:3 something") and not patterns[0].match("❌ a gate fails: see above")
