"""A job for tests: says in a file what it does, works as long as its `root` says, and stops when told.

The root of the message is its script: `sleep=2`, `sleep=2;kill` (dies once), `always-kill`, `defect`,
`later`, `user`.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from agents.errors import BadInput, RetryLater
from agents.ports import Pulse
from bot.jobs.job import Job
from bot.jobs.services import Services
from bot.messages import PlanProject
from bot.ports.work import Claimed, Failure
from bot.settings import Settings
from bot.store.database import Database
from bot.store.ledger import PostgresLedger
from bot.worker.runtime import Runtime


class Diary:
    """One line an entry: root of the message, word, attempt, process id."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, root: str, word: str, attempt: int) -> None:
        with self.path.open("a") as diary:
            diary.write(f"{root} {word} {attempt} {os.getpid()}\n")

    def words(self, root: str, *, ticks: bool = False) -> list[str]:
        """`word attempt` of that message, in order."""
        words = [f"{word} {attempt}" for found, word, attempt, _ in self._lines() if found == root]
        return [word for word in words if ticks or not word.startswith("tick")]

    def pid(self, root: str) -> int:
        """The process that worked on that message first."""
        return next(int(pid) for found, _, _, pid in self._lines() if found == root)

    def ticking(self, root: str) -> bool:
        return "tick 1" in self.words(root, ticks=True)

    def _lines(self) -> list[list[str]]:
        return [line.split(" ") for line in self.path.read_text().splitlines()] if self.path.exists() else []


def probe(diary: Diary, *, supersede: bool = True) -> Job:
    """The job that writes into `diary`."""

    def handle(message: PlanProject, services: Services) -> None:
        script: dict[str, str] = {}
        for step in message.root.split("/")[0].split(";"):
            name, _, value = step.partition("=")
            script[name] = value
        attempt = services.claimed.attempt
        note = partial(diary.note, message.root)
        note("start", attempt)
        services.ledger.project(message.repository, message.root, "probe")
        ends = time.monotonic() + float(script.get("sleep") or 0)
        while time.monotonic() < ends:
            services.pulse.check()
            note("tick", attempt)
            time.sleep(0.1)
        if "always-kill" in script or ("kill" in script and attempt == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if "defect" in script:
            raise ZeroDivisionError("the secret is xyzzy")
        if "later" in script and attempt == 1:
            raise RetryLater("GitHub is away", after_s=0.1)
        if "user" in script:
            raise BadInput("budget is missing", remedy="Write budget_band.")
        services.ledger.project(message.repository, message.root, "probe")
        note("done", attempt)

    def failed(message: PlanProject, services: Services, failure: Failure) -> None:
        diary.note(message.root, f"told-{failure.kind}", services.claimed.attempt)

    return Job("plan_project", handle, supersede=supersede, failed=failed)


def runtime(settings: Settings, database_url: str, redis_url: str, job: Job) -> Runtime:
    """The real thing, but for the job, and without what the probe does not ask for: GitHub and
    checkpoints."""

    @contextmanager
    def services(claimed: Claimed, pulse: Pulse) -> Iterator[Services]:
        database = Database(database_url)
        ledger = PostgresLedger(database, claimed.lease)
        unused: Any = None
        try:
            yield Services(settings, claimed, ledger, pulse, unused, unused, unused, unused, unused)
        finally:
            database.close()

    return Runtime(
        settings=settings,
        database_url=database_url,
        redis_url=redis_url,
        jobs={job.kind: job},
        services=services,
        preload=lambda: None,
    )
