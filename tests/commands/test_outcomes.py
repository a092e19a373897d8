"""What happens to a repository under mlwright's feet has a defined outcome each (docs/operate.md, "What happens when").

Real jobs, store, publisher and HTTP; the engine's answer is made by hand, for it is not what is tried here.
"""

import json
import re

import pytest
from sqlalchemy import text

from agents.intake.parse import parse
from bot.jobs import plan_project, replan_project
from bot.jobs.planning_run import Planned
from bot.publish.snapshot import ProjectSnapshot, get_heads
from bot.worker.deliver import translate
from tests.commands.bench import made
from tests.commands.conftest import SEED
from tests.publish.proposals import Maker
from tests.servers import copy_of

BRANCH = "mlwright/churn"
OTHER = SEED.replace("monthly_usd_max: 1500", "monthly_usd_max: 1400")


@pytest.fixture(scope="module")
def database(postgres, template):
    return copy_of(postgres, template)


@pytest.fixture
def bench(github, database, request, monkeypatch):
    for module in (plan_project, replan_project):
        monkeypatch.setattr(module, "advance_run", _planned)
    name = re.sub(r"[^a-z]+", "-", request.node.name.removeprefix("test_")).strip("-")
    found = made(github, database, name, {"NOTES.md": "ours\n"}, collaborators={"ada": "admin"})
    found.write("constraints.yaml", SEED)
    found.settle()
    assert [pull["number"] for pull in found.api("GET", "/pulls")] == [1]
    yield found
    github.change_installation("acme", repository_selection="all")
    github.change_installation("acme", suspended=False)
    github.faults.clear()
    found.database.close()


def _planned(run, services, gate):
    """A plan in no time: its files follow from the constraints' bytes alone."""
    maker = Maker(contents=services.ledger.artifacts)
    files = {"README.md": b"# churn\n" + run.content, "src/a.py": b"1\n"}
    constraints = parse(run.content, run.path).constraints
    proposal = maker.proposal(files, project=run.slug, root=run.message.root, constraints=constraints)
    services.ledger.transition(run.record.id, "generating")
    snapshot = ProjectSnapshot(run.repository, run.slug, run.message.root, get_heads(run.repository, run.slug))
    return Planned(run.record, proposal, snapshot, run.head, run.several, {}, None, constraints=None)


def pulls(bench, state="all"):
    return [(pull["number"], pull["state"]) for pull in reversed(bench.api("GET", f"/pulls?state={state}"))]


def ended(bench):
    """How the last job of this repository that plans ended, and in what words."""
    with bench.database.transaction() as session:
        rows = session.execute(
            text(
                "SELECT status, error_jsonb->>'message', error_jsonb->>'remedy' FROM jobs WHERE type = 'plan_project'"
                " AND (payload_jsonb->'repository'->>'id')::bigint = :id ORDER BY created_at DESC LIMIT 1"
            ),
            {"id": bench.id},
        )
        return tuple(word or "" for word in rows.one())


def review(bench, ref):
    runs = bench.api("GET", f"/commits/{ref}/check-runs?filter=latest")["check_runs"]
    return next(run for run in runs if run["name"].startswith("mlwright / review"))


def files(bench, ref=BRANCH):
    return {
        entry["path"] for entry in bench.api("GET", f"/git/trees/{ref}?recursive=1")["tree"] if entry["type"] == "blob"
    }


def test_closed_stays_closed(bench):
    """Until the constraints ask for something else, or a person asks."""
    bench.api("PATCH", "/pulls/1", json={"state": "closed"})
    bench.settle()
    for content in (SEED + "# only a comment\n", SEED + "# another\n"):
        bench.write("constraints.yaml", content)
        bench.settle()
        assert pulls(bench) == [(1, "closed")] and ended(bench)[0] == "done"
    bench.write("constraints.yaml", OTHER)
    bench.settle()
    assert pulls(bench) == [(1, "closed"), (2, "open")]


@pytest.mark.nightly
def test_a_deleted_branch(bench):
    """Is a no: GitHub closes the pull request. The branch is made anew when the constraints change."""
    bench.api("DELETE", f"/git/refs/heads/{BRANCH}")
    bench.settle()
    assert pulls(bench) == [(1, "closed")]
    bench.write("constraints.yaml", OTHER)
    bench.settle()
    assert pulls(bench) == [(1, "closed"), (2, "open")] and "src/a.py" in files(bench)


@pytest.mark.nightly
def test_another_default_branch(bench):
    """The proposal follows with the next push there; the old default branch is nobody's any more."""
    bench.api("POST", "/git/refs", json={"ref": "refs/heads/trunk", "sha": bench.head("main")})
    bench.api("PATCH", "", json={"default_branch": "trunk"}, who="ada")
    bench.write("constraints.yaml", OTHER, "trunk")
    bench.settle()
    assert bench.api("GET", "/pulls/1")["base"]["ref"] == "trunk" and pulls(bench) == [(1, "open")]
    head = bench.head(BRANCH)
    bench.write("constraints.yaml", SEED + "# on the old one\n", "main")
    bench.settle()
    assert bench.head(BRANCH) == head


@pytest.mark.nightly
def test_an_archived_repository(bench):
    """Is read-only: the run ends, says so, and the first push after unarchiving plans again."""
    bench.write("constraints.yaml", OTHER)
    bench.api("PATCH", "", json={"archived": True})
    bench.settle()
    status, message, remedy = ended(bench)
    assert status == "failed" and "archived" in message and "Unarchive" in remedy
    hub = bench.github.hub
    with hub.change():
        hub.store.put("repo", hub.repository("acme", bench.name) | {"archived": False})
    bench.write("constraints.yaml", OTHER + "# again\n")
    bench.settle()
    assert ended(bench)[0] == "done" and pulls(bench) == [(1, "open")]


@pytest.mark.nightly
def test_a_suspended_installation(bench):
    head = bench.head(BRANCH)
    bench.write("constraints.yaml", OTHER)
    bench.github.change_installation("acme", suspended=True)
    bench.settle()
    status, message, remedy = ended(bench)
    assert status == "failed" and "suspended" in message and "Unsuspend" in remedy
    assert bench.head(BRANCH) == head
    bench.github.change_installation("acme", suspended=False)
    bench.write("constraints.yaml", OTHER + "# again\n")
    bench.settle()
    assert ended(bench)[0] == "done" and bench.head(BRANCH) != head


@pytest.mark.nightly
def test_a_repository_taken_from_the_installation(bench):
    bench.write("constraints.yaml", OTHER)
    bench.github.change_installation("acme", repositories=[1])
    bench.settle()
    status, message, remedy = ended(bench)
    assert status == "failed" and "not accessible" in message and "include this repository" in remedy


def test_a_permission_that_was_taken_away(bench):
    """Says which, both addresses where it is granted, and what works until then."""
    installation = bench.github.hub.store.get("installation", bench.github.installation_id("acme"))
    granted = dict(installation["permissions"])
    bench.write("constraints.yaml", OTHER)
    bench.github.change_installation("acme", permissions={**granted, "contents": "read"})
    bench.settle()
    status, message, remedy = ended(bench)
    assert status == "failed" and "contents" in message
    assert "Contents: write" in remedy and "permissions/update" in remedy and "Until then" in remedy
    bench.github.change_installation("acme", permissions=granted)
    bench.write("constraints.yaml", OTHER + "# again\n")
    bench.settle()
    assert ended(bench)[0] == "done"


@pytest.mark.nightly
def test_a_branch_that_was_forced_elsewhere(bench):
    """Is people's branch as it stands: the plan is put on top of it, nothing of theirs is overwritten."""
    tree = bench.api("POST", "/git/trees", json={
        "base_tree": bench.head("main"), "tree": [{"path": "mine.py", "mode": "100644", "type": "blob", "content": "1\n"}]
    })["sha"]  # fmt: skip
    mine = {"message": "Mine", "tree": tree, "parents": [bench.head("main")]}
    forced = bench.api("POST", "/git/commits", json=mine)["sha"]
    bench.api("PATCH", f"/git/refs/heads/{BRANCH}", json={"sha": forced, "force": True})
    bench.settle()
    parents = [one["sha"] for one in bench.api("GET", f"/git/commits/{bench.head(BRANCH)}")["parents"]]
    assert forced in parents and {"mine.py", "src/a.py"} <= files(bench) and pulls(bench) == [(1, "open")]


@pytest.mark.parametrize("first", [pytest.param("old", marks=pytest.mark.nightly), "new"])
def test_constraints_that_moved(bench, first):
    """The same project at its new place, in the same pull request, whichever of the two runs comes first."""
    tree = bench.api("POST", "/git/trees", json={"base_tree": bench.head("main"), "tree": [
        {"path": "constraints.yaml", "mode": "100644", "type": "blob", "sha": None},
        {"path": "ml/constraints.yaml", "mode": "100644", "type": "blob", "content": SEED},
    ]})["sha"]  # fmt: skip
    commit = {"message": "Move", "tree": tree, "parents": [bench.head("main")]}
    moved = bench.api("POST", "/git/commits", json=commit)["sha"]
    bench.api("PATCH", "/git/refs/heads/main", json={"sha": moved})
    if first == "new":
        add_reversed(bench)
    bench.settle()
    assert pulls(bench) == [(1, "open")]
    there = files(bench)
    assert {"ml/src/a.py", "ml/README.md", "ml/constraints.yaml", "NOTES.md"} <= there
    assert not {"src/a.py", "README.md", ".mlwright/lock.json", "constraints.yaml"} & there
    assert "not asked for" not in review(bench, bench.head(BRANCH))["output"]["title"]


def add_reversed(bench):
    """The runs of the push in the other order."""
    push = [d for d in bench.github.deliveries("push") if d["repository_id"] == bench.id][-1]
    bench.seen = len([d for d in bench.github.deliveries() if d["repository_id"] == bench.id])
    messages = translate("push", json.dumps(push["payload"]).encode()).messages
    assert [message.root for message in messages] == ["", "ml"]
    for message in reversed(messages):
        bench.runtime.work(bench.database).add(message, supersede=True)
