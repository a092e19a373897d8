"""One push with everything that a worker does, validators and flips too; `test_push_to_merge.py` goes on with a quicker one."""

from pathlib import Path

from tests.e2e.test_push_to_merge import FIVE, seed
from tests.e2e.world import World


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
