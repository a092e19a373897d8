"""What runs behind the demo: Postgres, Redis, a local GitHub and mlwright's two processes, all kept running."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from bot.errors import EngineError
from bot.sandbox import embedded_postgres, embedded_redis
from bot.sandbox.child_process import end_child, start_child
from bot.sandbox.github.server import LocalGitHub
from bot.sandbox.placement import kept_port

NAMES = ("serve", "worker")
DEATHS, WITHIN_S = 5, 120.0
"""How often one process may end within that time before the demo gives up on it."""
READY_S = 60.0
STOP_S = 30.0
LEASE_S = 20
"""Seconds until the work of a worker that was killed is taken up by the next one (the product's own default: 60)."""


class DemoFailed(EngineError):
    """A step of the demo did not succeed; the message says which and where to look."""


class Stage:
    """Use as a context: everything is up inside, and ended afterwards. `say` prints a line.

    Call `keep_alive` often: it starts again what has ended. Children end with this process, however it ends.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder, self.logs = folder, folder / "logs"
        self._say = say
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._deaths: dict[str, list[float]] = {}
        self._behind = True  # something was away: webhooks may have been lost
        self._stack = contextlib.ExitStack()

    # life

    def __enter__(self) -> Stage:
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self) -> None:
        from bot.store.migrate import migrate

        self._stack.enter_context(_alone(self.folder))
        self._postgres = embedded_postgres.start(self.folder / "postgres")
        self._stack.callback(lambda: self._postgres.stop())
        self._say("✔ Postgres")
        self._redis = embedded_redis.start(self.folder / "redis")
        self._stack.callback(lambda: self._redis.stop())
        self._say("✔ Redis")
        migrate(self._postgres.url)
        self._port, self._pages_port = self._ports()
        hook = f"http://127.0.0.1:{self._port}/webhooks/github"
        self.github = self._stack.enter_context(LocalGitHub(self.folder / "github", webhook_url=hook))
        self._say(f"✔ local GitHub        {self.github.url}")
        self._stack.callback(self._end_children)
        for name in NAMES:
            self._begin(name)
        self._wait_until_ready()
        self._say(f"✔ mlwright            {self.pages_url}")

    def _ports(self) -> tuple[int, int]:
        """The ports of the last time: the run pages' addresses stand in checks that were published then."""
        record = self.folder / "pages-port"
        before = record.read_text().strip() if record.exists() else ""
        pages = kept_port(record)
        if before and before != str(pages):
            self._say(f"⚠️ port {before} is in use: run pages are at {pages} now, links in earlier checks lead nowhere")
        return kept_port(self.folder / "webhook-port"), pages

    @property
    def pages_url(self) -> str:
        """Where the run pages are."""
        return f"http://127.0.0.1:{self._pages_port}"

    # staying alive

    def keep_alive(self) -> None:
        """Starts again what has ended, and says so. Raises DemoFailed for what ends again and again."""
        self._keep_servers()
        for name in NAMES:
            ended = self._children[name].poll()
            if ended is not None:
                self._note_death(f"mlwright {name}", ended, self.logs / f"{name}.log")
                self._begin(name)
        if self._behind and self.ready():
            self._behind = False
            lost = self.github.redeliver_unreceived()
            if lost:
                self._say(f"✔ sent again what nobody had received: {lost} webhook{'s' if lost > 1 else ''}")

    def ready(self) -> bool:
        """Whether the web process answers and can keep webhooks."""
        import httpx

        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{self._port}/readyz", timeout=2).status_code == 200
        return False

    def _keep_servers(self) -> None:
        urls = (self._postgres.url, self._redis.url)
        ended = self._postgres.ended()
        if ended is not None:
            self._note_death("Postgres", ended, Path(self._postgres.seat.home) / "postgres.log")
            self._postgres = embedded_postgres.start(self.folder / "postgres")
        ended = self._redis.ended()
        if ended is not None:
            self._note_death("Redis", ended, Path(self._redis.seat.home) / "redis.log")
            self._redis = embedded_redis.start(self.folder / "redis")
        if urls != (
            self._postgres.url,
            self._redis.url,
        ):  # its port was taken meanwhile: everybody must learn the new one
            self._end_children()
            for name in NAMES:
                self._begin(name)

    def _note_death(self, name: str, status: int, log: Path) -> None:
        now = time.monotonic()
        recent = [moment for moment in self._deaths.get(name, ()) if now - moment < WITHIN_S] + [now]
        self._deaths[name] = recent
        self._behind = True
        if len(recent) > DEATHS:
            raise DemoFailed(
                f"{name} ended {len(recent)} times within {WITHIN_S:.0f} s, the last time {_how(status)}.",
                remedy=f"The end of its log, {log}:\n{tail(log)}",
            )
        self._say(f"⚠️ {name} ended ({_how(status)}); started again")
        if len(recent) > 1:
            time.sleep(min(len(recent) - 1, 3))

    def _begin(self, name: str) -> None:
        self._children[name] = start_child(
            [sys.executable, "-m", "bot", name],
            account=None,
            log=self.logs / f"{name}.log",
            end_signal=signal.SIGTERM,
            env=self._environment(),
        )

    def _environment(self) -> dict[str, str]:
        own = {key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "MLWRIGHT_"))}
        return own | {
            "DATABASE_URL": self._postgres.url,
            "REDIS_URL": self._redis.url,
            "GITHUB_API_URL": self.github.url,
            "GITHUB_APP_ID": str(self.github.app_id),
            "GITHUB_PRIVATE_KEY": self.github.private_key_pem,
            "GITHUB_WEBHOOK_SECRET": self.github.webhook_secret,
            "MLWRIGHT_STATE_DIR": str(self.folder),
            "MLWRIGHT_PORT": str(self._port),
            "MLWRIGHT_PAGES_PORT": str(self._pages_port),
            "MLWRIGHT_WORKER_CONCURRENCY": "1",
            "MLWRIGHT_LEASE_SECONDS": str(LEASE_S),
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while not self.ready():
            if time.monotonic() > deadline:
                log = self.logs / "serve.log"
                raise DemoFailed(
                    f"The web process did not become ready within {READY_S:.0f} s.",
                    remedy=f"The end of its log, {log}:\n{tail(log)}",
                )
            self.keep_alive()
            time.sleep(0.1)

    def _end_children(self) -> None:
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        for child in self._children.values():
            end_child(child, signal.SIGTERM, STOP_S)
        self._children.clear()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds the folder: two demos on one state would take each other's ports."""
    with (folder / "demo.lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoFailed(
                f"A demo is running in {folder} already.", remedy="Use that one, stop it, or name another --state."
            ) from None
        yield


def _how(status: int) -> str:
    if status >= 0:
        return f"exit code {status}"
    return f"killed by {signal.Signals(-status).name}"


def tail(log: Path) -> str:
    """The last lines of a log, indented; empty if there is none."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:] if log.exists() else []
    return "\n".join(f"   {line[:300]}" for line in lines)
