"""The worker's process tree over real Postgres and Redis: kills, restarts, an emptied Redis (RELIABILITY
§5, rows 1 to 6)."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import zstandard
from redis import Redis

from bot.sandbox import embedded_redis
from bot.sandbox.embedded_postgres import EmbeddedPostgres
from bot.sandbox.embedded_redis import EmbeddedRedis
from bot.store.database import Database
from bot.store.jobs import PostgresJobs
from tests.queue.probe import Diary
from tests.queue.processes import alive, children, wait_for, worker
from tests.servers import copy_of, state_folder
from tests.store.factories import plan


class Bench:
    """A running worker, its diary, and a way to give it work and to look."""

    def __init__(self, database_url: str, diary: Diary, process: "subprocess.Popen[bytes]") -> None:
        self.database_url, self.diary, self.process = database_url, diary, process
        self.work = PostgresJobs(Database(database_url), lease_s=3, max_failures=2)

    def add(self, script: str, head: int = 1) -> UUID:
        job_id = self.work.add(plan(head, root=script), supersede=True)
        assert job_id is not None
        return job_id

    def status(self, job_id: UUID) -> str:
        return str(self.column("status", job_id))

    def column(self, name: str, job_id: UUID) -> object:
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(f"SELECT {name} FROM jobs WHERE id = %s", [job_id]).fetchone()
        assert row is not None
        return row[0]

    def done(self, job_id: UUID, seconds: float = 20) -> None:
        wait_for(lambda: self.status(job_id) == "done", seconds)


@pytest.fixture(scope="module")
def database(postgres: EmbeddedPostgres, template: str) -> str:
    return copy_of(postgres, template)


@pytest.fixture(scope="module")
def bench(database: str, redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One worker for the tests that leave its supervisor alive; each has a message root, and so a key,
    of its own."""
    folder = tmp_path_factory.mktemp("worker")
    diary = Diary(folder / "diary")
    with worker(database, redis_server.url, diary, log=folder / "log") as process:
        wait_for(lambda: len(children(process.pid)) == 3)
        yield Bench(database, diary, process)


def test_a_delivery_becomes_a_job_that_is_done(bench: Bench) -> None:
    payload = {
        "ref": "refs/heads/main",
        "before": "1" * 40,
        "after": "2" * 40,
        "commits": [{"added": [], "modified": ["sleep=0/constraints.yaml"], "removed": []}],
        "repository": {"id": 7, "name": "churn", "full_name": "acme/churn", "default_branch": "main"},
        "sender": {"login": "ada"},
    }
    body = zstandard.compress(json.dumps(payload).encode())
    with psycopg.connect(bench.database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO deliveries (guid, event, body) VALUES ('g-1', 'push', %s)", [body])
        connection.execute("SELECT pg_notify('mlwright_work', 'delivery:g-1')")
        wait_for(lambda: bench.diary.words("sleep=0") == ["start 1", "done 1"])
        found = connection.execute("SELECT state, action, repository_id, attempts FROM deliveries").fetchone()
        assert found == ("done", None, 7, 1)
        assert connection.execute("SELECT delivery_id FROM jobs").fetchall() == [("g-1",)]


def test_a_killed_fork_is_followed_by_one_more_try_after_the_lease(bench: Bench) -> None:
    job_id = bench.add("sleep=0.3;kill")
    bench.done(job_id)
    assert bench.diary.words("sleep=0.3;kill") == ["start 1", "start 2", "done 2"]
    assert bench.column("failures", job_id) == 1


def test_a_killed_rq_worker_takes_its_fork_along(bench: Bench) -> None:
    root = "sleep=1.5/orphan"
    job_id = bench.add(root)
    wait_for(lambda: bench.diary.ticking(root))
    horse = bench.diary.pid(root)
    parent = next(pid for pid in children(bench.process.pid) if horse in children(pid))
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: not alive(horse), 2)
    ticks = bench.diary.words(root, ticks=True).count("tick 1")
    bench.done(job_id)
    assert bench.diary.words(root, ticks=True).count("tick 1") == ticks, "the orphan went on working"
    assert bench.diary.words(root) == ["start 1", "start 2", "done 2"]
    wait_for(lambda: len(children(bench.process.pid)) == 3)


def test_a_newer_push_stops_the_running_one_at_its_next_step(bench: Bench) -> None:
    root = "sleep=20/newer"
    old = bench.add(root, head=1)
    wait_for(lambda: bench.diary.ticking(root))
    new = bench.add(root, head=2)
    wait_for(lambda: bench.status(old) == "superseded", 8)
    wait_for(lambda: bench.diary.words(root).count("start 1") == 2)
    bench.work.cancel(new)
    wait_for(lambda: bench.status(new) == "cancelled", 8)


def test_an_emptied_redis_loses_nothing(bench: Bench, redis_server: EmbeddedRedis) -> None:
    running = [bench.add("sleep=1/a"), bench.add("sleep=1/b")]
    wait_for(lambda: bench.diary.words("sleep=1/a") and bench.diary.words("sleep=1/b"))
    queued = [bench.add(f"sleep=0/{n}") for n in range(6)]
    time.sleep(0.3)  # their rings are in Redis, behind two busy workers
    with Redis.from_url(redis_server.url) as redis:
        redis.flushall()
    for job_id in running + queued:
        bench.done(job_id, 30)
    assert [bench.diary.words(f"sleep=0/{n}") for n in range(6)] == [["start 1", "done 1"]] * 6


def test_a_job_that_kills_every_process_ends_with_people_told(bench: Bench) -> None:
    job_id = bench.add("always-kill")
    wait_for(lambda: bench.status(job_id) == "dead", 30)
    assert bench.diary.words("always-kill") == ["start 1", "start 2", "told-defect 3"]


def test_a_killed_supervisor_leaves_nobody_and_the_next_one_takes_over(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """And one that is asked to end puts its job back without blame."""
    diary, root = Diary(tmp_path / "diary"), "sleep=3"
    with worker(database_url, redis_url, diary, log=tmp_path / "log") as process:
        bench = Bench(database_url, diary, process)
        job_id = bench.add(root)
        wait_for(lambda: diary.ticking(root))
        tree = [*children(process.pid), diary.pid(root)]
        process.kill()
        process.wait()
        wait_for(lambda: not any(alive(pid) for pid in tree), 3)
    with worker(database_url, redis_url, diary, log=tmp_path / "log") as process:
        wait_for(lambda: diary.words(root) == ["start 1", "start 2"])
        start = time.monotonic()
        process.terminate()
        assert process.wait(timeout=10) == 0 and time.monotonic() - start < 4
    assert bench.status(job_id) == "queued"
    assert bench.column("failures", job_id) == 1  # of the kill


def test_redis_may_come_later(database_url: str, tmp_path: Path) -> None:
    with state_folder() as folder:
        server = embedded_redis.start(folder)
        server.stop()
        diary = Diary(tmp_path / "diary")
        with worker(database_url, server.url, diary, log=tmp_path / "log") as process:
            bench = Bench(database_url, diary, process)
            job_id = bench.add("sleep=0")
            wait_for(lambda: "waits for its servers" in (tmp_path / "log").read_text())
            assert bench.status(job_id) == "queued"
            with embedded_redis.start(folder):
                bench.done(job_id, 30)
                process.terminate()
                process.wait(timeout=15)
