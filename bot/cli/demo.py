"""`mlwright demo`: the main job on this machine. A push to a local GitHub, and the pull request that follows."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.cli.exits import Exit
from bot.cli.show import STAGES, console, rows
from bot.errors import EngineError

OWNER, NAME, PERSON = "acme", "churn", "ada"
DEFAULT_STATE = Path(".mlwright-state") / "demo"
PATIENCE_S = 300.0
"""How long the pull request may take before the demo says that it did not come."""

out = console()


class DemoFailed(EngineError):
    """A step of the demo did not succeed; the message says which and where to look."""


def demo(once: bool, state: Path | None) -> int:
    """Sets everything up, pushes, waits for the pull request and prints it; stays up unless `once`."""
    folder = (state or DEFAULT_STATE).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.ExitStack() as stack:
            stage = stack.enter_context(_running(folder))
            pushed = _seed_and_push(stage.github)
            out.print("✔ pushed constraints.yaml to acme/churn" if pushed else "✔ acme/churn is there already")
            pull = _wait_for_pull_request(stage)
            _print_summary(stage, pull)
            if once:
                _require_ready(stage, pull)
            else:
                _stay_up(stage)
    except DemoFailed as error:
        out.print(f"❌ {error.message}")
        out.print(f"   {error.remedy or f'Logs: {folder}/logs'}")
        return Exit.GATE_FAILED
    except KeyboardInterrupt:
        out.print("\nStopped. `make demo` starts again where this ended.")
    return Exit.GOOD


class Stage:
    """Everything that runs: the local GitHub, and mlwright's two processes with their logs."""

    def __init__(self, github: Any, pages_url: str, processes: dict[str, subprocess.Popen[bytes]], logs: Path) -> None:
        self.github, self.pages_url, self.processes, self.logs = github, pages_url, processes, logs

    def require_alive(self) -> None:
        """Raises DemoFailed with the last lines of the log of a process that has ended."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise DemoFailed(
                    f"mlwright {name} ended with code {process.returncode}:\n{_tail(self.logs / f'{name}.log')}"
                )


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[Stage]:
    from bot.sandbox import embedded_postgres, embedded_redis
    from bot.sandbox.github.server import LocalGitHub
    from bot.sandbox.placement import free_port
    from bot.store.migrate import migrate

    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        postgres = stack.enter_context(embedded_postgres.start(folder / "postgres"))
        out.print("✔ Postgres")
        redis = stack.enter_context(embedded_redis.start(folder / "redis"))
        out.print("✔ Redis")
        migrate(postgres.url)
        port, pages_port = free_port(), free_port()
        github = stack.enter_context(
            LocalGitHub(folder / "github", webhook_url=f"http://127.0.0.1:{port}/webhooks/github")
        )
        out.print(f"✔ local GitHub        {github.url}")
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "MLWRIGHT_"))},
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "GITHUB_API_URL": github.url,
            "GITHUB_APP_ID": str(github.app_id),
            "GITHUB_PRIVATE_KEY": github.private_key_pem,
            "GITHUB_WEBHOOK_SECRET": github.webhook_secret,
            "MLWRIGHT_STATE_DIR": str(folder),
            "MLWRIGHT_PORT": str(port),
            "MLWRIGHT_PAGES_PORT": str(pages_port),
            "MLWRIGHT_WORKER_CONCURRENCY": "1",
        }
        processes = {
            name: stack.enter_context(_process(name, environment, logs / f"{name}.log")) for name in ("serve", "worker")
        }
        stage = Stage(github, f"http://127.0.0.1:{pages_port}", processes, logs)
        _wait_until_ready(stage, f"http://127.0.0.1:{port}/readyz")
        out.print(f"✔ mlwright            {stage.pages_url}")
        yield stage


@contextlib.contextmanager
def _process(name: str, environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", name],
            env=environment,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(stage: Stage, url: str) -> None:
    import httpx

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        stage.require_alive()
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, timeout=2).status_code == 200:
                return
        time.sleep(0.1)
    raise DemoFailed(f"the web process did not become ready:\n{_tail(stage.logs / 'serve.log')}")


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
    """The open pull request of the project, showing the run's stages as they pass."""
    shown: set[str] = set()
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        stage.require_alive()
        run = _latest_run(stage)
        if run is not None:
            _show_stages(stage, run["id"], shown)
            if run["status"] in ("failed", "awaiting_input"):
                raise DemoFailed(f"the run ended as {run['status']}: {stage.pages_url}/runs/{run['id']}")
        pulls = _github(stage, f"/repos/{OWNER}/{NAME}/pulls?state=all")
        if pulls and (run is None or run["status"] not in ("received", "planning", "generating")):
            return {**pulls[0], "run": run}
        time.sleep(0.3)
    raise DemoFailed(f"no pull request within {PATIENCE_S:.0f} s:\n{_tail(stage.logs / 'worker.log')}")


def _latest_run(stage: Stage) -> dict[str, Any] | None:
    projects = _pages(stage, "/projects")["projects"]
    sets = [s for p in projects if p["slug"] == NAME for s in p["decision_sets"]]
    return max(sets, key=lambda s: s["number"]) if sets else None


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
        raise DemoFailed(f"the pull request is open, but not ready: {', '.join(bad) or f'{len(checks)} of 5 checks'}")


def _print_summary(stage: Stage, pull: dict[str, Any]) -> None:
    checks = _github(stage, f"/repos/{OWNER}/{NAME}/commits/{pull['head']['sha']}/check-runs")["check_runs"]
    files = _github(stage, f"/repos/{OWNER}/{NAME}/git/trees/{pull['head']['sha']}?recursive=1")["tree"]
    state = "merged" if pull.get("merged_at") else pull["state"] + (", draft" if pull["draft"] else "")
    marks = {"success": "✅", "neutral": "⚠️", "failure": "❌", "action_required": "⏸"}
    out.print("")
    out.print(f"{pull['title']}   ({state})")
    if pull.get("run"):
        plan = _pages(stage, f"/decision-sets/{pull['run']['id']}").get("plan") or {}
        out.print(rows([(name, pattern) for name, pattern in (plan.get("patterns") or {}).items()]))
    out.print("")
    out.print(rows([(f"{marks.get(c['conclusion'], '·')} {c['name']}", c["output"]["title"] or "") for c in checks]))
    out.print(f"  {sum(f['type'] == 'blob' for f in files)} files on branch {pull['head']['ref']}")
    out.print("")
    places = [("pull request", f"{stage.github.url}/{OWNER}/{NAME}/pull/{pull['number']}")]
    if pull.get("run"):
        places.append(("run", f"{stage.pages_url}/runs/{pull['run']['id']}"))
    out.print(rows([*places, ("clone", stage.github.clone_url(OWNER, NAME, PERSON))]))


def _stay_up(stage: Stage) -> None:
    out.print("")
    out.print("Everything keeps running. Clone, edit constraints.yaml, push, and watch the same pull request change;")
    out.print("or merge it in the browser: merging is the approval. Ctrl-C stops.")
    while True:
        stage.require_alive()
        time.sleep(1)


def _github(stage: Stage, path: str) -> Any:
    return _get(f"{stage.github.url}{path}", {"Authorization": f"Bearer {stage.github.token_for(PERSON)}"})


def _pages(stage: Stage, path: str) -> Any:
    return _get(f"{stage.pages_url}{path}", {})


def _get(url: str, headers: dict[str, str]) -> Any:
    import httpx

    answer = httpx.get(url, headers=headers, timeout=20)
    if answer.status_code >= 400:
        raise DemoFailed(f"{url} answered {answer.status_code}: {answer.text[:200]}")
    return answer.json()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]) if log.exists() else ""
