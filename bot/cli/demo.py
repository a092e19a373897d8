"""`mlwright demo`: the main job on this machine. A push to a local GitHub, and the pull request that follows."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.exits import Exit
from bot.cli.show import STAGES, console, rows
from bot.cli.stage import READY_S, DemoFailed, Stage, tail

if TYPE_CHECKING:
    from agents.domain.files import Lock

OWNER, NAME, PERSON = "acme", "churn", "ada"
DEFAULT_STATE = Path(".mlwright-state") / "demo"
PATIENCE_S = 300.0
"""How long the pull request may take before the demo says that it did not come."""
UNDER_WAY = ("received", "planning", "generating")
PLANNED_FROM = ("constraints.yaml", ".mlwright", ":(exclude).mlwright/lock.json")
"""What a push must change to be planned (bot/events/push.py), as git names it."""

out = console()


def demo(once: bool, state: Path | None) -> int:
    """Sets everything up, pushes, waits for the pull request and prints it; stays up unless `once`."""
    folder = (state or DEFAULT_STATE).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _stoppable(), Stage(folder, out.print) as stage:
            pushed = _seed_and_push(stage.github)
            out.print("✔ pushed constraints.yaml to acme/churn" if pushed else "✔ acme/churn is there already")
            try:
                pull = _wait_for_pull_request(stage)
                _print_summary(stage, pull)
                if once:
                    _require_ready(stage, pull)
            except DemoFailed as error:
                if once:
                    raise
                _tell(error)
            if not once:
                _stay_up(stage)
    except DemoFailed as error:
        _tell(error)
        return Exit.GATE_FAILED
    except KeyboardInterrupt:
        out.print("\nStopped. `make demo` starts again where this ended.")
    return Exit.GOOD


def _tell(error: DemoFailed) -> None:
    out.print(f"❌ {error.message}")
    if error.remedy:
        out.print(f"   {error.remedy}")


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM, and the end of the terminal, stop the demo as Ctrl-C does: everything is ended in its order."""

    def stop(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    wanted = (signal.SIGTERM, signal.SIGHUP)
    numbers = [number for number in wanted if signal.getsignal(number) is not signal.SIG_IGN]  # `nohup mlwright demo`
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _seed_and_push(github: Any) -> bool:
    """Creates acme/churn and pushes the seed with real git; False if it was there from an earlier demo."""
    github.create_repository(OWNER, NAME)
    with tempfile.TemporaryDirectory(prefix="mlwright-demo-") as temporary:
        clone = Path(temporary) / NAME
        _git("clone", "--quiet", github.clone_url(OWNER, NAME, PERSON), str(clone))
        if (clone / "constraints.yaml").exists():
            return False
        for file in sorted((Path(__file__).parent / "seed").iterdir()):
            (clone / file.name).write_bytes(file.read_bytes())
        _git("-C", str(clone), "checkout", "--quiet", "-B", "main")
        _git("-C", str(clone), "add", ".")
        _git("-C", str(clone), "commit", "--quiet", "-m", "Say what churn needs")
        _git("-C", str(clone), "push", "--quiet", "origin", "main")
    return True


def _git(*arguments: str) -> None:
    identity = [
        "-c",
        "user.name=Ada Lovelace",
        "-c",
        f"user.email={PERSON}@example.com",
        "-c",
        "core.autocrlf=false",
    ]
    done = subprocess.run(["git", *identity, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise DemoFailed(f"git {arguments[0]} failed: {done.stderr.strip()}", remedy="Is git on the PATH?")


def _wait_for_pull_request(stage: Stage) -> dict[str, Any]:
    """The pull request as the run of the present head left it, showing the run's stages as they pass.

    Raises DemoFailed if the run ends without one, or nothing comes of it in time.
    """
    shown: set[str] = set()
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        stage.keep_alive()
        run = _run_of_head(stage)
        if run is not None:
            _show_stages(stage, run["id"], shown)
        if run is not None and run["status"] not in UNDER_WAY:
            pulls = _github(stage, f"/repos/{OWNER}/{NAME}/pulls?state=all")
            if not pulls or run["status"] in ("failed", "awaiting_input", "awaiting_review"):
                where = f"{stage.pages_url}/runs/{run['id']}"
                raise DemoFailed(f"The run ended as {run['status']}.", remedy=f"It says why: {where}")
            return {**pulls[0], "run": run}
        time.sleep(0.3)
    log = stage.logs / "worker.log"
    raise DemoFailed(
        f"No pull request within {PATIENCE_S:.0f} s.", remedy=f"The end of the worker's log, {log}:\n{tail(log)}"
    )


def _run_of_head(stage: Stage) -> dict[str, Any] | None:
    """The newest run of the project if it has seen the last commit that is planned from; None while it has not."""
    projects = _pages(stage, "/projects")["projects"]
    sets = [s for p in projects if p["slug"] == NAME for s in p["decision_sets"]]
    if not sets:
        return None
    run: dict[str, Any] = _pages(stage, f"/decision-sets/{max(sets, key=lambda s: s['number'])['id']}")
    wanted = _in_repository(stage, "log", "-1", "--format=%H", "main", "--", *PLANNED_FROM).strip()
    seen = run["head_sha"] and _in_repository(stage, "rev-list", "-1", f"{run['head_sha']}..{wanted}").strip() == ""
    return run if seen else None


def _in_repository(stage: Stage, *arguments: str) -> str:
    """What git says in the bare repository; empty if it has no such thing."""
    argv = ["git", "-C", str(stage.github.git_dir(OWNER, NAME)), *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def _show_stages(stage: Stage, run: str, shown: set[str]) -> None:
    for event in _pages(stage, f"/decision-sets/{run}/events")["events"]:
        name = event["payload"].get("node_name")
        if event["type"] == "node-finished" and name in STAGES and name not in shown:
            shown.add(name)
            out.print(f"✔ {STAGES[name]}")


def _require_ready(stage: Stage, pull: dict[str, Any]) -> None:
    """Raises DemoFailed if a check is missing, or one holds the pull request back."""
    checks = _github(stage, f"/repos/{OWNER}/{NAME}/commits/{pull['head']['sha']}/check-runs")["check_runs"]
    bad = [c["name"] for c in checks if c["conclusion"] not in ("success", "neutral")]
    if len(checks) != 5 or bad:
        raise DemoFailed(f"The pull request is open, but not ready: {', '.join(bad) or f'{len(checks)} of 5 checks'}")


def _print_summary(stage: Stage, pull: dict[str, Any]) -> None:
    checks = _github(stage, f"/repos/{OWNER}/{NAME}/commits/{pull['head']['sha']}/check-runs")["check_runs"]
    state = "merged" if pull.get("merged_at") else pull["state"] + (", draft" if pull["draft"] else "")
    marks = {"success": "✅", "neutral": "⚠️", "failure": "❌", "action_required": "⏸"}
    out.print("")
    out.print(f"{pull['title']}   ({state})")
    lock = _lock(stage, pull["head"]["sha"])
    if lock is not None:
        out.print(rows(patterns_of(lock)))
    out.print("")
    out.print(rows([(f"{marks.get(c['conclusion'], '·')} {c['name']}", c["output"]["title"] or "") for c in checks]))
    if lock is not None:
        out.print(f"  {written(lock)} files on branch {pull['head']['ref']}")
    out.print("")
    run = f"{stage.pages_url}/runs/{pull['run']['id']}"
    places = [("pull request", f"{stage.github.url}/{OWNER}/{NAME}/pull/{pull['number']}"), ("run", run)]
    out.print(rows([*places, ("clone", stage.github.clone_url(OWNER, NAME, PERSON))]))


def _lock(stage: Stage, sha: str) -> Lock | None:
    from agents.domain.files import LOCK_PATH
    from agents.render.lock import parse_lock

    return parse_lock(_in_repository(stage, "show", f"{sha}:{LOCK_PATH}").encode())[0]


def patterns_of(lock: Lock) -> list[tuple[str, str]]:
    """(slot, pattern) of every slot that is planned, in the order data flows."""
    from agents.patterns.slots import ORDER

    return [(slot, lock.choices[slot].partition(":")[2]) for slot in ORDER if slot in lock.choices]


def written(lock: Lock) -> int:
    """All files that mlwright committed, the lock included: the same number as in every report (`Proposal.file_count`)."""
    return 1 + sum(file.owner not in ("deleted", "adopted") for file in lock.files)


def _stay_up(stage: Stage) -> None:
    out.print("")
    out.print("Everything keeps running. Clone, edit constraints.yaml, push, and watch the same pull request change;")
    out.print("or merge it in the browser: merging is the approval. Ctrl-C stops.")
    while True:
        stage.keep_alive()
        time.sleep(1)


def _github(stage: Stage, path: str) -> Any:
    return _get(stage, f"{stage.github.url}{path}", {"Authorization": f"Bearer {stage.github.token_for(PERSON)}"})


def _pages(stage: Stage, path: str) -> Any:
    return _get(stage, f"{stage.pages_url}{path}", {})


def _get(stage: Stage, url: str, headers: dict[str, str]) -> Any:
    """The answer's JSON; what is just being started again is waited for. Raises DemoFailed if none comes."""
    import httpx

    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.get(url, headers=headers, timeout=20)
            if answer.status_code < 400:
                return answer.json()
            if answer.status_code < 500:
                raise DemoFailed(f"{url} answered {answer.status_code}: {answer.text[:200]}")
        stage.keep_alive()
        time.sleep(0.3)
    raise DemoFailed(f"{url} did not answer within {READY_S:.0f} s.", remedy=f"Logs: {stage.logs}")
