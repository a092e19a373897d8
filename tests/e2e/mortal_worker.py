"""`mlwright worker` with kill points: dies by SIGKILL, once, where the repository's name says.

A repository `kill-node-<node>` dies inside that node, after its work and before its checkpoint; `kill-agent-<agent>` inside
the planner, after that agent was recorded; `kill-write-<method>-<n>` after the n-th effect of that call to GitHub and before
anybody could record it. The job's process and its RQ worker die together, so nobody cleans up after them. Every
consultation of an agent is written down, so that a repeated one shows.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["KILL_FOLDER"])


def die_once(point: str) -> None:
    """Kills this process and its parent, the first time that `point` is reached."""
    try:
        (FOLDER / f"died.{point}").touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def arm_nodes() -> None:
    from agents.graph import build

    plain = build.bodies()

    def mortal(name: str, body: Any) -> Any:
        def run(state: Any, engine: Any) -> Any:
            update = body(state, engine)
            if engine.snapshot.project == f"kill-node-{name.replace('_', '-')}":
                die_once(engine.snapshot.project)
            return update

        return run

    armed = {name: mortal(name, body) for name, body in plain.items()}
    build.bodies = lambda: armed


def arm_agents() -> None:
    from agents.graph import council
    from bot.store.agent_runs import PostgresAgentRuns

    consult, record = council.consult, PostgresAgentRuns.record
    project = {}

    def counted(agent: Any, brief: Any, *rest: Any) -> Any:
        project["name"] = brief.requirements.slug
        with (FOLDER / f"consulted.{brief.requirements.slug}").open("a") as file:
            file.write(f"{agent.name}\n")
        return consult(agent, brief, *rest)

    def recorded(self: Any, run: Any) -> None:
        record(self, run)
        if project.get("name") == f"kill-agent-{run.agent.replace('_', '-')}":
            die_once(project["name"])

    council.consult = counted
    PostgresAgentRuns.record = recorded  # type: ignore[method-assign]


def arm_writes() -> None:
    from bot.github.repository import RestRepository

    def mortal(method: str) -> Any:
        plain = getattr(RestRepository, method)
        seen: dict[str, int] = {}

        def run(self: Any, *arguments: Any, **options: Any) -> Any:
            answer = plain(self, *arguments, **options)
            name = self.get_repository().name
            seen[name] = seen.get(name, 0) + 1
            if name == f"kill-write-{method.replace('_', '-')}-{seen[name]}":
                die_once(name)
            return answer

        return run

    for method in ("create_tree", "create_commit", "create_ref", "create_check_run", "create_pull_request",
                   "create_comment", "add_labels"):  # fmt: skip
        setattr(RestRepository, method, mortal(method))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.e2e.quick_worker import quicken

    quicken()
    arm_nodes()
    arm_agents()
    arm_writes()
    sys.argv = ["mlwright", "worker"]
    from bot.cli import main

    main()
