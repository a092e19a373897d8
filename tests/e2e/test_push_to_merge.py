"""The main passage over real HTTP, Postgres, Redis and git: push, pull request, update, merge, close."""

import hashlib
import hmac
import json
from pathlib import Path

import httpx
import pytest

from agents.graph.state import NODES
from tests.e2e.world import PERSON, QUICK_WORKER, SEED, World, git, wait_for

FIVE = {f"mlwright / {name}" for name in ("coverage", "policy", "cost", "validation", "review")}


@pytest.fixture(scope="module")
def world(quick_world: World) -> World:
    return quick_world


def seed(name: str, **changes: str) -> str:
    """The demo's constraints under another name, with lines replaced."""
    text = SEED.replace("name: churn\n", f"name: {name}\n")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def test_an_edit_and_a_push_change_the_same_pull_request(world: World, tmp_path: Path) -> None:
    repo = world.repository("updates", tmp_path)
    repo.push({"constraints.yaml": seed("updates")})
    repo.wait_settled(1)
    first = repo.pulls()[0]

    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "-B", "edit", "origin/mlwright/updates")
    makefile = (repo.clone / "Makefile").read_text() + "\n# a person's own line\n"
    repo.push({"Makefile": makefile}, "Mine", branch="mlwright/updates")
    repo.git("checkout", "--quiet", "main")
    repo.push({"constraints.yaml": seed("updates", **{"requests_per_second: 20": "requests_per_second: 90"})})
    repo.wait_settled(2)

    (pull,) = repo.pulls()
    assert pull["number"] == first["number"] and pull["head"]["sha"] != first["head"]["sha"]
    assert "90" in pull["body"] and "20" in pull["body"]
    repo.git("fetch", "--quiet", "origin")
    kept = repo.git("show", "origin/mlwright/updates:Makefile")
    assert kept.endswith("# a person's own line\n")
    change = json.loads(repo.git("show", "origin/mlwright/updates:reports/change.json"))
    assert change["kept"] == ["Makefile"]
    assert set(repo.checks(pull["head"]["sha"])) == FIVE
    assert len(repo.comments()) == 1


def test_a_push_that_changes_nothing_writes_nothing(world: World, tmp_path: Path) -> None:
    repo = world.repository("same", tmp_path)
    repo.push({"constraints.yaml": seed("same")})
    repo.wait_settled(1)
    before = repo.pulls()[0]
    world.github.requests.clear()
    repo.push({"constraints.yaml": seed("same") + "# only a comment\n"})
    repo.wait_settled(2)
    writes = [
        f"{r['method']} {r['path']}"
        for r in world.github.requests.as_json()
        if r["method"] != "GET" and "/repos/acme/same/" in r["path"] and ".git/" not in r["path"]
    ]
    assert writes == []
    after = repo.pulls()[0]
    assert (after["head"]["sha"], after["updated_at"]) == (before["head"]["sha"], before["updated_at"])


def test_merging_is_the_approval_and_starts_nothing(world: World, tmp_path: Path) -> None:
    repo = world.repository("merges", tmp_path)
    repo.push({"constraints.yaml": seed("merges")})
    repo.wait_settled(1)
    (pull,) = repo.pulls()
    repo.api("PUT", f"/pulls/{pull['number']}/merge", json={"merge_method": "squash"})

    approved = wait_for(
        lambda: [row for row in repo.decision_sets() if row["status"] == "approved"], what="the approval"
    )
    (approval,) = world.rows("SELECT * FROM approvals WHERE decision_set_id = %s", approved[0]["id"])
    assert approval["status"] == "approved" and approval["actor"] == PERSON
    assert approval["head_sha"] == pull["head"]["sha"]
    assert approval["plan_digest"] == approved[0]["plan_digest"] and approval["monthly_usd"] > 0
    assert ".mlwright/lock.json" in repo.files("main")

    repo.git("pull", "--quiet", "origin", "main")
    repo.push({"constraints.yaml": seed("merges") + "# a comment after the merge\n"})
    sets = repo.wait_settled(2)
    assert [row["status"] for row in sets] == ["approved", "unchanged"]
    assert len(repo.pulls()) == 1


def test_after_a_merge_new_constraints_open_a_new_pull_request(world: World, tmp_path: Path) -> None:
    repo = world.repository("again", tmp_path)
    repo.push({"constraints.yaml": seed("again")})
    repo.wait_settled(1)
    repo.api("PUT", f"/pulls/{repo.pulls()[0]['number']}/merge", json={"merge_method": "squash"})
    wait_for(lambda: repo.decision_sets()[0]["status"] == "approved", what="the approval")
    repo.git("pull", "--quiet", "origin", "main")
    repo.push({"constraints.yaml": seed("again", **{"requests_per_second: 20": "requests_per_second: 200"})})
    repo.wait_settled(2)
    open_pulls = repo.pulls("open")
    assert len(open_pulls) == 1 and len(repo.pulls()) == 2
    changed = repo.api("GET", f"/pulls/{open_pulls[0]['number']}/files?per_page=100")
    assert changed and all(not file["filename"].startswith("src/") or file["status"] != "added" for file in changed)


@pytest.mark.nightly
def test_an_upgrade_is_a_pull_request_of_its_own_and_keeps_what_people_wrote(world: World, tmp_path: Path) -> None:
    """Edited before the merge, squashed, the branch deleted; then the lock is one of older packs."""
    repo = world.repository("older", tmp_path)
    repo.push({"constraints.yaml": seed("older")})
    repo.wait_settled(1)
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "-B", "edit", "origin/mlwright/older")
    repo.push({"Makefile": (repo.clone / "Makefile").read_text() + "\n# mine\n"}, "Mine", branch="mlwright/older")
    repo.api("PUT", f"/pulls/{repo.pulls()[0]['number']}/merge", json={"merge_method": "squash"})
    wait_for(lambda: repo.decision_sets()[0]["status"] == "approved", what="the approval")
    repo.git("push", "--quiet", "origin", "--delete", "mlwright/older")
    repo.git("fetch", "--quiet", "origin", "main")
    repo.git("checkout", "--quiet", "-B", "main", "origin/main")
    lock = (repo.clone / ".mlwright/lock.json").read_text()
    pack = json.loads(lock)["pattern_pack"]
    older = {".mlwright/lock.json": lock.replace(pack, "0" * len(pack))}
    repo.push({**older, "constraints.yaml": seed("older") + "# planned by an older mlwright\n"})
    repo.wait_settled(2)
    (pull,) = repo.pulls("open")
    assert pull["head"]["ref"] == "mlwright/older-upgrade" and "upgrade of pattern pack" in pull["title"]
    assert "An upgrade of mlwright" in pull["body"] and "your 1 edit in 1 file was kept" in pull["body"]
    repo.git("fetch", "--quiet", "origin")
    assert repo.git("show", "origin/mlwright/older-upgrade:Makefile").endswith("# mine\n")
    changed = {file["filename"] for file in repo.api("GET", f"/pulls/{pull['number']}/files?per_page=100")}
    assert ".mlwright/lock.json" in changed and not any(path.startswith(("src/", "Makefile")) for path in changed)


def test_closing_is_a_rejection(world: World, tmp_path: Path) -> None:
    repo = world.repository("closes", tmp_path)
    repo.push({"constraints.yaml": seed("closes")})
    repo.wait_settled(1)
    repo.api("PATCH", f"/pulls/{repo.pulls()[0]['number']}", json={"state": "closed"})
    wait_for(lambda: repo.decision_sets()[0]["status"] == "rejected", what="the rejection")


def test_the_run_page_shows_how_it_went(world: World, tmp_path: Path) -> None:
    repo = world.repository("page", tmp_path)
    repo.push({"constraints.yaml": seed("page")})
    (row,) = repo.wait_settled(1)
    page = httpx.get(f"{world.pages_url}/runs/{row['id']}", timeout=10)
    assert page.status_code == 200 and "Validate" in page.text and repo.pulls()[0]["html_url"] in page.text
    events = httpx.get(f"{world.pages_url}/decision-sets/{row['id']}/events", timeout=10).json()["events"]
    assert [e["type"] for e in events][-1] == "run-complete"
    assert {e["payload"].get("node_name") for e in events if e["type"] == "node-finished"} == set(NODES)
    assert httpx.get(f"{world.web_url}/runs/{row['id']}", timeout=10).status_code == 404, "pages are not public"


def test_a_newer_push_supersedes_the_older_run(world: World, tmp_path: Path) -> None:
    repo = world.repository("overtaken", tmp_path)
    repo.push({"constraints.yaml": seed("overtaken")})
    repo.push({"constraints.yaml": seed("overtaken", **{"requests_per_second: 20": "requests_per_second: 300"})})
    sets = repo.wait_settled(1)
    assert sets[-1]["status"] == "proposed" and {row["status"] for row in sets[:-1]} <= {"superseded"}
    (pull,) = repo.pulls()
    lock = json.loads(
        git("-C", str(world.github.git_dir("acme", "overtaken")), "show", "mlwright/overtaken:.mlwright/lock.json")
    )
    assert lock["state"]["requirements.requests_per_second"] == "300"
    assert set(repo.checks(pull["head"]["sha"])) == FIVE


def test_a_delivery_that_comes_twice_is_done_once(world: World, tmp_path: Path) -> None:
    repo = world.repository("twice", tmp_path)
    repo.push({"constraints.yaml": seed("twice")})
    repo.wait_settled(1)
    (first, *_) = [d for d in world.github.deliveries("push") if d["payload"]["repository"]["name"] == "twice"]
    body = json.dumps(first["payload"]).encode()
    signature = hmac.new(world.github.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": first["guid"],
        "X-Hub-Signature-256": f"sha256={signature}",
        "Content-Type": "application/json",
    }
    stored = world.rows("SELECT count(*) AS n FROM deliveries")
    for _ in range(3):
        answer = httpx.post(f"{world.web_url}/webhooks/github", content=body, headers=headers)
        assert answer.status_code == 202
    repo.wait_settled(1)
    assert world.rows("SELECT count(*) AS n FROM deliveries") == stored
    assert len(repo.decision_sets()) == 1 and len(repo.pulls()) == 1


def test_a_forged_delivery_is_refused_and_leaves_nothing(world: World) -> None:
    before = world.rows("SELECT count(*) AS n FROM deliveries")
    answer = httpx.post(
        f"{world.web_url}/webhooks/github",
        content=b"{}",
        headers={
            "X-GitHub-Event": "push",
            "X-GitHub-Delivery": "00000000-0000-0000-0000-000000000001",
            "X-Hub-Signature-256": "sha256=" + "0" * 64,
            "Content-Type": "application/json",
        },
    )
    assert answer.status_code == 401
    assert world.rows("SELECT count(*) AS n FROM deliveries") == before


def test_projects_in_folders_have_a_pull_request_each(world: World, tmp_path: Path) -> None:
    repo = world.repository("mono", tmp_path)
    repo.push({"teams/a/constraints.yaml": seed("mono-a"), "teams/b/constraints.yaml": seed("mono-b")})
    sets = repo.wait_settled(2)
    assert {row["root"]: row["status"] for row in sets} == {"teams/a": "proposed", "teams/b": "proposed"}
    heads = {pull["head"]["ref"] for pull in repo.pulls()}
    assert heads == {"mlwright/mono-a", "mlwright/mono-b"}
    files = repo.files("mlwright/mono-a")
    assert "teams/a/.mlwright/lock.json" in files and "teams/b/.mlwright/lock.json" not in files
    workflows = [path for path in files if path.startswith(".github/workflows/")]
    assert workflows and all("mono-a" in path for path in workflows)
    assert not any(path.startswith(("teams/a/.github", "src/")) for path in files)


def test_without_the_workflows_permission_everything_else_is_published(world: World, tmp_path: Path) -> None:
    repo = world.repository("careful", tmp_path, owner="careful-org")
    permissions = {
        "metadata": "read",
        "contents": "write",
        "pull_requests": "write",
        "checks": "write",
        "issues": "write",
    }
    world.github.change_installation("careful-org", permissions=permissions)
    repo.push({"constraints.yaml": seed("careful")})
    repo.wait_settled(1)
    (pull,) = repo.pulls()
    files = repo.files("mlwright/careful")
    assert any(path.startswith(".github/workflows-proposed/") for path in files)
    assert not any(path.startswith(".github/workflows/") for path in files)
    assert "Workflows: write" in pull["body"]


def test_a_proposal_that_is_not_asked_for_any_more_is_withdrawn(world: World, tmp_path: Path) -> None:
    repo = world.repository("reverts", tmp_path)
    repo.push({"constraints.yaml": seed("reverts")})
    repo.wait_settled(1)
    repo.api("PUT", f"/pulls/{repo.pulls()[0]['number']}/merge", json={"merge_method": "squash"})
    wait_for(lambda: repo.decision_sets()[0]["status"] == "approved", what="the approval")
    repo.git("pull", "--quiet", "origin", "main")
    repo.push({"constraints.yaml": seed("reverts", **{"requests_per_second: 20": "requests_per_second: 200"})})
    repo.wait_settled(2)
    assert not repo.pulls("open")[0]["draft"]
    repo.push({"constraints.yaml": seed("reverts")})
    sets = repo.wait_settled(3)
    assert [row["status"] for row in sets] == ["approved", "superseded", "unchanged"]
    (pull,) = repo.pulls("open")
    assert pull["draft"]
    review = repo.checks(pull["head"]["sha"], shown=True)["mlwright / review"]
    assert review["conclusion"] == "action_required" and "not asked for" in review["output"]["title"]


def test_a_proposal_of_a_file_that_is_broken_or_gone_since_is_not_ready(world: World, tmp_path: Path) -> None:
    repo = world.repository("stale", tmp_path)
    repo.push({"constraints.yaml": seed("stale")})
    repo.wait_settled(1)
    repo.push({"constraints.yaml": seed("stale", **{"requests_per_second: 20": "requests_per_secnd: 20"})})
    sets = repo.wait_settled(2)
    assert [row["status"] for row in sets][-1] == "failed"
    (pull,) = repo.pulls("open")
    review = repo.checks(pull["head"]["sha"], shown=True)["mlwright / review"]
    assert pull["draft"] and review["conclusion"] == "action_required"
    assert "the plan of the file before" in review["output"]["summary"]
    repo.push({"constraints.yaml": seed("stale", **{"requests_per_second: 20": "requests_per_second: 90"})})
    repo.wait_settled(3)
    (pull,) = repo.pulls("open")
    assert not pull["draft"]
    repo.git("rm", "--quiet", "constraints.yaml")
    repo.git("commit", "--quiet", "-m", "Drop the project")
    repo.git("push", "--quiet", "origin", "main")
    wait_for(lambda: repo.pulls("open")[0]["draft"], what="the withdrawal")
    head = repo.pulls("open")[0]["head"]["sha"]
    assert (
        "is not on the default branch any more"
        in repo.checks(head, shown=True)["mlwright / review"]["output"]["summary"]
    )


def test_a_merge_while_the_worker_is_dead_is_recorded_for_what_was_merged(world: World, tmp_path: Path) -> None:
    repo = world.repository("late", tmp_path)
    repo.push({"constraints.yaml": seed("late")})
    repo.wait_settled(1)
    repo.push({"constraints.yaml": seed("late", **{"requests_per_second: 20": "requests_per_second: 90"})})
    sets = repo.wait_settled(2)
    world.stop("worker")
    repo.api("PUT", f"/pulls/{repo.pulls()[0]['number']}/merge", json={"merge_method": "merge"})
    world.start("worker", QUICK_WORKER)
    wait_for(lambda: repo.decision_sets()[1]["status"] == "approved", what="the approval")
    (approval,) = world.rows("SELECT * FROM approvals a JOIN decision_sets d ON d.id = a.decision_set_id"
                             " JOIN projects p ON p.id = d.project_id WHERE p.repository_id = %s", repo.id)  # fmt: skip
    assert approval["decision_set_id"] == sets[1]["id"] and approval["plan_digest"] == sets[1]["plan_digest"]
