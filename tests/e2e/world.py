"""A whole world for end-to-end tests: local GitHub, Postgres, Redis, and mlwright's two processes, driven by git and HTTP."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg
from psycopg.rows import dict_row

from bot.queue.parent_death import die_with_parent
from bot.sandbox.github.server import LocalGitHub
from bot.sandbox.placement import free_port

T = TypeVar("T")
PERSON = "ada"
SEED = (Path(__file__).parents[2] / "bot" / "cli" / "seed" / "constraints.yaml").read_text(encoding="utf-8")
ROOT = Path(__file__).parents[2]
QUICK_WORKER = ("tests/e2e/quick_worker.py",)


def wait_for(look: Callable[[], T | None], seconds: float = 90, what: str = "it") -> T:
    """What `look` answers once it answers anything. Fails the test if it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {seconds:.0f} s")


@dataclass
class World:
    """Everything that runs. `environment` is what mlwright's processes get."""

    github: LocalGitHub
    database_url: str
    environment: dict[str, str]
    logs: Path
    web_url: str
    pages_url: str
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str] | None = None, **more: str) -> None:
        """Starts `serve` or `worker` (or another command under that name) as an own process."""
        parent = os.getpid()
        sink = (self.logs / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            [sys.executable, *(command or ["-m", "bot", name])],
            env={**self.environment, **more},
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            cwd=ROOT,
            preexec_fn=lambda: die_with_parent(parent),
        )
        sink.close()

    def stop(self, name: str, number: int = signal.SIGTERM) -> None:
        """Ends a process and waits for it."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait_ready(self) -> None:
        """Returns when the web process answers."""

        def ready() -> bool:
            if self.processes["serve"].poll() is not None:
                raise AssertionError(self.log("serve"))
            with contextlib.suppress(httpx.HTTPError):
                return httpx.get(f"{self.web_url}/readyz", timeout=2).status_code == 200
            return False

        wait_for(ready, 30, "the web process")

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text(errors="replace")[-6000:]

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of the product's own database."""
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            return connection.execute(query, values or None).fetchall()  # type: ignore[arg-type]

    def repository(self, name: str, tmp: Path, owner: str = "acme", **options: Any) -> "Repo":
        """A new repository with a clone of it."""
        made = self.github.create_repository(owner, name, **options)
        clone = tmp / name
        git("clone", "--quiet", self.github.clone_url(owner, name, PERSON), str(clone))
        git("-C", str(clone), "checkout", "--quiet", "-B", "main")
        return Repo(self, owner, name, clone, int(made["id"]))


def git(*arguments: str, check: bool = True) -> str:
    identity = ["-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Repo:
    """One repository on the local GitHub, with a clone, seen as a person sees it."""

    world: World
    owner: str
    name: str
    clone: Path
    id: int

    def push(self, files: dict[str, str | bytes | None], message: str = "Change", branch: str = "main") -> str:
        """Commits and pushes with real git; None deletes. Answers the new head."""
        for path, content in files.items():
            target = self.clone / path
            if content is None:
                target.unlink()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        self.git("push", "--quiet", "origin", f"HEAD:{branch}")
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *arguments: str) -> str:
        return git("-C", str(self.clone), *arguments)

    def api(self, method: str, path: str, **options: Any) -> Any:
        answer = httpx.request(
            method,
            f"{self.world.github.url}/repos/{self.owner}/{self.name}{path}",
            headers={"Authorization": f"Bearer {self.world.github.token_for(PERSON)}"},
            timeout=20,
            **options,
        )
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def pulls(self, state: str = "all") -> list[Any]:
        found: list[Any] = self.api("GET", f"/pulls?state={state}&per_page=100")
        return found

    def pull(self, number: int = 1) -> Any:
        return self.api("GET", f"/pulls/{number}")

    def checks(self, sha: str, *, shown: bool = False) -> dict[str, Any]:
        """Check runs on a commit by name; fails if a name is there twice.

        `shown`: those that GitHub shows. A verdict with other annotations needs a run of its own, which takes the place of
        the one before.
        """
        only = "latest" if shown else "all"
        runs = self.api("GET", f"/commits/{sha}/check-runs?filter={only}&per_page=100")["check_runs"]
        assert len({run["name"] for run in runs}) == len(runs), [run["name"] for run in runs]
        return {run["name"]: run for run in runs}

    def comments(self, number: int = 1) -> list[Any]:
        found: list[Any] = self.api("GET", f"/issues/{number}/comments")
        return found

    def files(self, ref: str) -> dict[str, str]:
        """Path to blob id of every file at a ref."""
        tree = self.api("GET", f"/git/trees/{ref}?recursive=1")
        return {entry["path"]: entry["sha"] for entry in tree["tree"] if entry["type"] == "blob"}

    def decision_sets(self) -> list[dict[str, Any]]:
        """Decision sets of all projects of this repository, oldest first."""
        return self.world.rows(
            "SELECT d.*, p.slug, p.root FROM decision_sets d JOIN projects p ON p.id = d.project_id"
            " WHERE p.repository_id = %s ORDER BY d.created_at, d.number",
            self.id,
        )

    def wait_settled(self, count: int = 1, seconds: float = 120) -> list[dict[str, Any]]:
        """The decision sets once there are `count` of them and none is under way."""
        busy = {"received", "planning", "generating"}

        def settled() -> list[dict[str, Any]] | None:
            found = self.decision_sets()
            done = len(found) >= count and not any(row["status"] in busy for row in found)
            return found if done and not self.open_jobs() else None

        try:
            return wait_for(settled, seconds, f"{count} settled decision sets of {self.name}")
        except AssertionError:
            found = [(row["number"], row["status"]) for row in self.decision_sets()]
            raise AssertionError(f"{self.name}: {found} jobs {self.open_jobs()}\n{self.world.log('worker')}") from None

    def open_jobs(self) -> list[dict[str, Any]]:
        """Jobs and deliveries of this repository that are not finished."""
        jobs = self.world.rows(
            "SELECT id, status, error_jsonb FROM jobs WHERE status IN ('queued', 'running')"
            " AND (payload_jsonb->'repository'->>'id')::bigint = %s",
            self.id,
        )
        waiting = self.world.rows(
            "SELECT guid, state FROM deliveries WHERE repository_id = %s AND state = 'received'",
            self.id,
        )
        return [*jobs, *waiting]


def without_terraform(search_path: str) -> str:
    """What Terraform says of a tree is not what is tried here, and it costs each of 75 plans a second of CPU."""
    folders = [Path(folder) for folder in search_path.split(os.pathsep)]
    return os.pathsep.join(str(f) for f in folders if not (f / "terraform").exists() or (f / "git").exists())


@contextlib.contextmanager
def running_world(folder: Path, database_url: str, redis_url: str) -> Iterator[World]:
    """A local GitHub and a web process; the worker is started by who needs it."""
    port, pages_port = free_port(), free_port()
    logs = folder / "logs"
    logs.mkdir(parents=True)
    with LocalGitHub(folder / "github", webhook_url=f"http://127.0.0.1:{port}/webhooks/github") as github:
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "MLWRIGHT_"))},
            "PATH": without_terraform(os.environ["PATH"]),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "GITHUB_API_URL": github.url,
            "GITHUB_APP_ID": str(github.app_id),
            "GITHUB_PRIVATE_KEY": github.private_key_pem,
            "GITHUB_WEBHOOK_SECRET": github.webhook_secret,
            "MLWRIGHT_STATE_DIR": str(folder / "state"),
            "MLWRIGHT_PORT": str(port),
            "MLWRIGHT_PAGES_PORT": str(pages_port),
            "MLWRIGHT_LEASE_SECONDS": "4",
            "MLWRIGHT_SWEEP_SECONDS": "0.5",
        }
        world = World(
            github, database_url, environment, logs, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{pages_port}"
        )
        world.start("serve")
        try:
            world.wait_ready()
            yield world
        finally:
            for name in list(world.processes):
                world.stop(name)
