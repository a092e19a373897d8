"""Webhook rate: 32 connections, a signed push of 16 KB, the real web process on a real Postgres; beside it
Probot with a handler that does nothing.

Prints JSON: requests a second, p50 and p99 in milliseconds, as medians of rounds taken in turn, and the
ratio. Probot is installed for the run from `probot/package-lock.json` where Node and npm are; it keeps
nothing, ours commits each delivery. Everything is on loopback and shares the machine's cores with the
client: read ratios, not figures.

    python tests/bench/webhook.py [--seconds 4] [--rounds 3]
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import shutil
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CONNECTIONS = 32
SECRET = "a-secret-of-tests"
Round = dict[str, float]


def payload() -> bytes:
    """A push of about 16 KB, shaped like GitHub's."""

    def commit(n: int) -> dict[str, Any]:
        sha = hashlib.sha1(str(n).encode(), usedforsecurity=False).hexdigest()
        person = {"name": f"Person {n}", "email": f"p{n}@example.com", "username": f"person{n}"}
        return {
            "id": sha,
            "tree_id": sha[::-1],
            "distinct": True,
            "message": f"Change number {n} of the constraints",
            "timestamp": "2026-01-01T00:00:00Z",
            "url": f"https://github.com/acme/churn/commit/{sha}",
            "author": person,
            "committer": person,
            "added": [],
            "removed": [],
            "modified": [f"services/part-{n}/file-{k}.py" for k in range(8)],
        }

    body = {
        "ref": "refs/heads/main",
        "before": "1" * 40,
        "after": "2" * 40,
        "repository": {"id": 7, "name": "churn", "full_name": "acme/churn", "default_branch": "main"},
        "sender": {"login": "ada", "id": 1, "type": "User"},
        "commits": [commit(n) for n in range(21)],
    }
    return json.dumps(body).encode()


def request(body: bytes, port: int) -> tuple[bytes, bytes]:
    """The request before and after the delivery's id."""
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST /webhooks/github HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"user-agent: GitHub-Hookshot/bench\r\nx-github-event: push\r\ncontent-length: {len(body)}\r\n"
        f"x-hub-signature-256: sha256={signature}\r\nx-github-delivery: "
    )
    return head.encode(), b"\r\n\r\n" + body


async def load(port: int, seconds: float, body: bytes) -> Round:
    """Keeps 32 connections busy for that long. Raises AssertionError on an answer that is not 2xx (Probot says 200)."""
    before, after = request(body, port)
    times: list[float] = []
    ends_at = time.perf_counter() + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (start := time.perf_counter()) < ends_at:
            writer.write(before + str(uuid.uuid4()).encode() + after)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert answer.startswith(b"http/1.1 20"), answer
            if b"transfer-encoding: chunked" in answer:
                await reader.readuntil(b"0\r\n\r\n")
            else:
                length = next(line for line in answer.split(b"\r\n") if line.startswith(b"content-length"))
                await reader.readexactly(int(length.partition(b":")[2]))
            times.append(time.perf_counter() - start)
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    took = time.perf_counter() - start
    cuts = statistics.quantiles(times, n=100)
    return {
        "rps": len(times) / took,
        "p50_ms": cuts[49] * 1000,
        "p99_ms": cuts[98] * 1000,
        "requests": len(times),
    }


@contextmanager
def ours() -> Iterator[tuple[int, str]]:
    """The web process: its port, and the address of its database."""
    from bot.sandbox import embedded_postgres
    from bot.store.migrate import migrate
    from tests.web.running import running

    with tempfile.TemporaryDirectory(prefix="mlwright-bench-") as folder:
        Path(folder).chmod(0o755)
        with embedded_postgres.start(Path(folder)) as postgres:
            migrate(postgres.url)
            with running(postgres.url) as web:
                yield web.port, postgres.url


@contextmanager
def probot() -> Iterator[int | str]:
    """The port of Probot's no-op, or in words why it could not be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        yield "Node and npm are not on this machine"
        return
    with tempfile.TemporaryDirectory(prefix="mlwright-bench-") as folder:
        shutil.copytree(Path(__file__).with_name("probot"), folder, dirs_exist_ok=True)
        install = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        installed = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=300)
        if installed.returncode:
            yield f"npm ci failed: {installed.stderr.strip().splitlines()[-1:]}"
            return
        process = subprocess.Popen([node, "noop.mjs", SECRET], cwd=folder, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()
            process.wait()


def medians(rounds: list[Round]) -> Round:
    return {key: round(statistics.median(r[key] for r in rounds), 1) for key in ("rps", "p50_ms", "p99_ms")}


def kept(database_url: str) -> int:
    import psycopg

    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM deliveries").fetchone()
    return 0 if row is None else int(row[0])


def measure(seconds: float, rounds: int) -> dict[str, Any]:
    """All rounds. Raises AssertionError if a delivery that was acknowledged is not in the database."""
    body = payload()
    results: dict[str, list[Round]] = {"mlwright": [], "probot": []}
    with ours() as (port, database_url), probot() as other:
        for warmed in (port, *((other,) if isinstance(other, int) else ())):
            asyncio.run(load(warmed, 1.0, body))
        before = kept(database_url)
        for _ in range(rounds):
            results["mlwright"].append(asyncio.run(load(port, seconds, body)))
            if isinstance(other, int):
                results["probot"].append(asyncio.run(load(other, seconds, body)))
        sent = sum(int(r["requests"]) for r in results["mlwright"])
        assert kept(database_url) - before == sent, "an acknowledged delivery is missing"
    found: dict[str, Any] = {"connections": CONNECTIONS, "body_bytes": len(body), "kept": sent}
    found["mlwright"] = medians(results["mlwright"])
    if isinstance(other, str):
        found["probot_noop"] = f"not measured: {other}"
    else:
        found["probot_noop"] = medians(results["probot"])
        found["rps_ratio"] = round(found["mlwright"]["rps"] / found["probot_noop"]["rps"], 2)
        found["p99_ratio"] = round(found["mlwright"]["p99_ms"] / found["probot_noop"]["p99_ms"], 2)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Webhook rate")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(json.dumps(measure(given.seconds, given.rounds)))


if __name__ == "__main__":
    main()
