"""kill -9 in each of the twelve nodes and after each effect on GitHub: the run finishes, and nothing is there twice.

Points where different things are half done are tried on every run; the others of their kind nightly.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.graph.seats import IMPLEMENTATION, PLANNING
from agents.graph.state import NODES
from tests.e2e.test_push_to_merge import FIVE, seed
from tests.e2e.world import Repo, World

OFTEN = (
    "kill-node-planner",
    "kill-node-codegen",
    "kill-node-diff-and-persist",
    "kill-agent-tech-stack",
    "kill-write-create-commit-1",
    "kill-write-create-ref-2",
    "kill-write-create-check-run-1",
    "kill-write-create-pull-request-1",
    "kill-write-create-comment-1",
)
POINTS = (
    *(f"kill-node-{node.replace('_', '-')}" for node in NODES),
    "kill-agent-tech-stack",
    "kill-agent-training-pipeline",
    "kill-write-create-tree-1",
    "kill-write-create-commit-1",
    "kill-write-create-ref-1",
    "kill-write-create-ref-2",
    "kill-write-create-check-run-1",
    "kill-write-create-check-run-4",
    "kill-write-create-pull-request-1",
    "kill-write-create-comment-1",
    "kill-write-add-labels-1",
)
assert set(OFTEN) <= set(POINTS)


@pytest.fixture(scope="module")
def killed(
    request: pytest.FixtureRequest, idle_world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Repo]]:
    """One repository for each kill point that this run tries, all pushed before the worker starts."""
    folder = Path(tmp_path_factory.mktemp("kills"))
    tried = {item.callspec.params.get("point") for item in request.session.items if hasattr(item, "callspec")}
    repos = {}
    for point in (point for point in POINTS if point in tried):
        repo = idle_world.repository(point, folder)
        repo.push({"constraints.yaml": seed(point)})
        repos[point] = repo
    idle_world.start("worker", ["tests/e2e/mortal_worker.py"], KILL_FOLDER=str(folder))
    idle_world.logs.joinpath("kill-folder").write_text(str(folder))
    yield repos


@pytest.mark.timeout(500)
@pytest.mark.parametrize(
    "point", [pytest.param(point, marks=() if point in OFTEN else pytest.mark.nightly) for point in POINTS]
)
def test_a_killed_run_finishes_once(point: str, killed: dict[str, Repo]) -> None:
    repo = killed[point]
    sets = repo.wait_settled(1, seconds=400)
    folder = Path(repo.world.logs.joinpath("kill-folder").read_text())
    assert (folder / f"died.{point}").exists(), "the worker was never killed there: the test proves nothing"

    assert [row["status"] for row in sets] == ["proposed"]
    pulls = repo.pulls()
    assert len(pulls) == 1
    assert set(repo.checks(pulls[0]["head"]["sha"])) == FIVE
    assert len(repo.comments()) == 1
    assert [label["name"] for label in pulls[0]["labels"]] == ["mlwright"]
    assert len(repo.api("GET", "/pulls/1/commits")) == 1

    consulted = Counter((folder / f"consulted.{point}").read_text().split())
    assert set(consulted) == {*PLANNING, *IMPLEMENTATION}
    repeated = {agent: times for agent, times in consulted.items() if times > 1}
    assert not repeated, "an agent was asked again for what it had answered"
    recorded = repo.world.rows("SELECT agent FROM agent_runs WHERE decision_set_id = %s", sets[0]["id"])
    assert Counter(row["agent"] for row in recorded) == Counter(dict.fromkeys(consulted, 1))
