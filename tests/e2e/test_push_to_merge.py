"""The main passage over real HTTP, Postgres, Redis and git: push, pull request, update, merge, close."""

import json
from pathlib import Path

import httpx

from tests.e2e.world import PERSON, SEED, World, wait_for

FIVE = {f"mlwright / {name}" for name in ("coverage", "policy", "cost", "validation", "review")}


def seed(name: str, **changes: str) -> str:
    """The demo's constraints under another name, with lines replaced."""
    text = SEED.replace("name: churn\n", f"name: {name}\n")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_push_opens_one_complete_pull_request(world: World, tmp_path: Path) -> None:
    repo = world.repository("opens", tmp_path)
    repo.push({"constraints.yaml": seed("opens"), "README.md": "# ours\n"})
    (decision_set,) = repo.wait_settled()
    assert decision_set["status"] == "proposed"

    (pull,) = repo.pulls()
    assert pull["state"] == "open" and pull["head"]["ref"] == "mlwright/opens"
    assert pull["title"].startswith("mlwright: opens: ") and "$" in pull["title"]
    checks = repo.checks(pull["head"]["sha"])
    assert set(checks) == FIVE
    assert all(run["status"] == "completed" for run in checks.values())
    assert pull["draft"] == any(run["conclusion"] in ("failure", "action_required") for run in checks.values())
    assert not pull["draft"], {name: run["output"]["title"] for name, run in checks.items()}
    assert len(repo.comments()) == 1 and repo.comments()[0]["user"]["login"] == "mlwright[bot]"

    files = repo.files("mlwright/opens")
    assert {"constraints.yaml", ".mlwright/lock.json", "reports/plan.json", "reports/summary.md"} <= set(files)
    assert files["README.md"] == repo.files("main")["README.md"], "a person's README is never overwritten"
    assert len(files) <= 150
    commits = repo.api("GET", f"/pulls/{pull['number']}/commits")
    assert len(commits) == 1, "one commit"


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
    assert (page.status_code == 200 and "validators" in page.text.lower()) or "validation" in page.text.lower()
    events = httpx.get(f"{world.pages_url}/decision-sets/{row['id']}/events", timeout=10).json()["events"]
    assert [e["type"] for e in events][-1] in ("run-complete", "decision-set-proposed", "status-changed")
    assert httpx.get(f"{world.web_url}/runs/{row['id']}", timeout=10).status_code == 404, "pages are not public"
