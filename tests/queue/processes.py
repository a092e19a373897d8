"""`mlwright worker` with the probe job, as a real process tree."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.queue.probe import Diary

PROGRAM = """
import sys
from pathlib import Path
from bot.log import configure
from bot.settings import load_settings
import bot.store.ledger, bot.worker.errand, bot.queue.rq_worker
from bot.worker import run
from tests.queue.probe import Diary, probe, runtime
settings = load_settings()
configure("info", "json")
diary = Diary(Path(sys.argv[1]))
urls = settings.database_url.get_secret_value(), settings.redis_url.get_secret_value()
sys.exit(run(runtime(settings, *urls, probe(diary))))
"""


@contextmanager
def worker(
    database_url: str, redis_url: str, diary: Diary, *, lease_s: float = 3, workers: int = 2, log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs it; at the end it is asked to stop and must."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "MLWRIGHT_"))}
    given = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "MLWRIGHT_LEASE_SECONDS": str(lease_s),
        "MLWRIGHT_WORKER_CONCURRENCY": str(workers),
        "MLWRIGHT_SWEEP_SECONDS": "0.5",
        "MLWRIGHT_STOP_GRACE_SECONDS": "5",
        "MLWRIGHT_MAX_FAILURES": "2",
    }
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(diary.path)], env={**clean, **given}, stderr=sink
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def children(pid: int) -> list[int]:
    """Processes forked by `pid` that are alive."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Until `condition()` is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
