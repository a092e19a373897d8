"""A burst: 1,000 deliveries in ten seconds, doubled and shuffled, over 50 repositories, through the real web process,
Postgres, Redis, relay and workers to a job that notes each message. As everywhere, a newer push of a project takes the place
of an older one that has not begun.

Prints JSON: how the webhook answered (p50 and p99 in milliseconds), what was lost and what was done twice (both must be
none), and when all was done.

    python tests/bench/burst.py [--seconds 10]
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import random
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.queue.probe import Diary
from tests.queue.processes import wait_for, worker
from tests.web.running import SECRET, running

SENT = 1000
DISTINCT = 800
REPOSITORIES = 50
PADDING = 16_000
PATIENCE_S = 540.0


@dataclass(frozen=True)
class Burst:
    """What became of it. `lost`: deliveries that recorded no job, jobs that did not end, projects whose newest job was not done;
    `twice`: jobs too many for a delivery, runs too many for a job."""

    sent: int
    distinct: int
    repositories: int
    seconds: float
    refused: int
    p50_ms: float
    p99_ms: float
    runs: int
    lost: int
    twice: int
    all_done_s: float


def root(number: int) -> str:
    """The project that a delivery concerns, one a repository; the first part tells the probe what to do."""
    return f"sleep=0/r{number % REPOSITORIES}"


def body(number: int) -> bytes:
    """A push that changes one constraints file of one of the repositories."""
    push = {
        "ref": "refs/heads/main",
        "before": "1" * 40,
        "after": f"{number + 1:040x}",
        "commits": [{"added": [], "modified": [f"{root(number)}/constraints.yaml"], "removed": []}],
        "repository": {
            "id": 1000 + number % REPOSITORIES,
            "name": f"r{number % REPOSITORIES}",
            "full_name": f"acme/r{number % REPOSITORIES}",
            "default_branch": "main",
        },
        "sender": {"login": "ada"},
        "padding": "x" * PADDING,
    }
    return json.dumps(push).encode()


def order(seed: int = 5) -> list[int]:
    """The numbers as they are sent: each at least once, some twice, shuffled."""
    dice = random.Random(seed)
    numbers = [*range(DISTINCT), *dice.choices(range(DISTINCT), k=SENT - DISTINCT)]
    dice.shuffle(numbers)
    return numbers


async def pour(address: str, numbers: list[int], seconds: float) -> tuple[list[float], int]:
    """Sends them evenly over that time; answers how long each took, and how many were not accepted."""
    times: list[float] = []
    refused = 0
    requests = []
    for number in numbers:
        content = body(number)
        signature = hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/json",
            "x-github-event": "push",
            "x-github-delivery": f"guid-{number}",
            "x-hub-signature-256": f"sha256={signature}",
        }
        requests.append((content, headers))

    async def one(client: httpx.AsyncClient, at: float, content: bytes, headers: dict[str, str]) -> None:
        nonlocal refused
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        start = time.perf_counter()
        try:
            answer = await client.post(address, content=content, headers=headers)
        except httpx.TransportError:
            refused += 1
            return
        times.append(time.perf_counter() - start)
        refused += answer.status_code != 202

    start = time.perf_counter()
    pace = seconds / len(requests)
    unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=60, limits=unlimited, trust_env=False) as client:
        await asyncio.gather(*(one(client, start + n * pace, *request) for n, request in enumerate(requests)))
    return times, refused


def account(database_url: str, diary: Diary) -> tuple[int, int, int]:
    """What was lost, what was done twice, and how often a job was run."""
    newest = "SELECT DISTINCT ON (concurrency_key) status FROM jobs ORDER BY concurrency_key, created_at DESC, id DESC"
    with psycopg.connect(database_url) as connection:

        def number(query: str) -> int:
            row = connection.execute(query).fetchone()
            assert row is not None
            return int(row[0])

        read = number("SELECT count(*) FROM deliveries WHERE state = 'done'")
        jobs = number("SELECT count(*) FROM jobs")
        open_jobs = number("SELECT count(*) FROM jobs WHERE status NOT IN ('done', 'superseded')")
        unseen = REPOSITORIES - number(f"SELECT count(*) FROM ({newest}) AS one WHERE status = 'done'")
        again = number("SELECT coalesce(sum(attempts - 1), 0) FROM jobs WHERE attempts > 1")
        started = number("SELECT count(*) FROM jobs WHERE attempts > 0")
    runs = sum(diary.words(root(repository)).count("start 1") for repository in range(REPOSITORIES))
    lost = (DISTINCT - read) + max(0, DISTINCT - jobs) + open_jobs + unseen
    return lost, max(0, jobs - DISTINCT) + again + max(0, runs - started), runs


def burst(database_url: str, redis_url: str, folder: Path, seconds: float) -> Burst:
    """One burst on servers that run already."""
    diary = Diary(folder / "diary")
    with running(database_url) as web, worker(database_url, redis_url, diary, lease_s=60, log=folder / "log"):
        start = time.monotonic()
        times, refused = asyncio.run(pour(f"{web.hooks}/webhooks/github", order(), seconds))
        with psycopg.connect(database_url, autocommit=True) as connection:

            def settled() -> bool:
                waiting = "SELECT (SELECT count(*) FROM deliveries WHERE state = 'received')"
                waiting += " + (SELECT count(*) FROM jobs WHERE status IN ('queued', 'running'))"
                row = connection.execute(waiting).fetchone()
                return row is not None and row[0] == 0

            wait_for(settled, PATIENCE_S)
        took = time.monotonic() - start
    lost, twice, runs = account(database_url, diary)
    cuts = statistics.quantiles(times, n=100)
    return Burst(
        sent=SENT,
        distinct=DISTINCT,
        repositories=REPOSITORIES,
        seconds=seconds,
        refused=refused,
        p50_ms=round(cuts[49] * 1000, 1),
        p99_ms=round(cuts[98] * 1000, 1),
        runs=runs,
        lost=lost,
        twice=twice,
        all_done_s=round(took, 1),
    )


def measure(seconds: float = 10.0) -> dict[str, Any]:
    """A burst on servers of its own. Raises AssertionError if anything was lost or done twice."""
    from bot.sandbox import embedded_postgres, embedded_redis
    from bot.store.migrate import migrate

    with tempfile.TemporaryDirectory(prefix="mlwright-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        servers = folder / "postgres", folder / "redis"
        for server in servers:
            server.mkdir(mode=0o755)
        with embedded_postgres.start(servers[0]) as postgres, embedded_redis.start(servers[1]) as redis:
            migrate(postgres.url)
            found = burst(postgres.url, redis.url, folder, seconds)
    assert (found.lost, found.twice, found.refused) == (0, 0, 0), found
    return asdict(found)


def main() -> None:
    parser = argparse.ArgumentParser(description="A burst of deliveries")
    parser.add_argument("--seconds", type=float, default=10.0)
    print(json.dumps(measure(parser.parse_args().seconds)))


if __name__ == "__main__":
    main()
