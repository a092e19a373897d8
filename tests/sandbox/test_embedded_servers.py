"""Embedded Postgres and Redis: kept data, kill -9, adoption, two askers at once, and nothing left behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from bot.sandbox import embedded_postgres, embedded_redis
from bot.sandbox.placement import Account, load_seat, reachable, unprivileged_account

FAST = {"fsync": "off"}


@pytest.fixture
def place() -> Iterator[Path]:
    """A state folder that every account can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="mlwright-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def gone(pid: int, seconds: float = 15) -> bool:
    """Whether a process ends in time; a zombie has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if " Z " in Path(f"/proc/{pid}/stat").read_text():
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def rows(url: str) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert found is not None
    return int(found[0])


def test_postgres_keeps_data_through_kill_and_restart(place: Path) -> None:
    server = embedded_postgres.start(place, settings=FAST)
    url = server.url
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS x")
    assert server.create_database("another").endswith("/another")
    assert server.pid is not None and server.child is not None
    os.kill(server.pid, signal.SIGKILL)
    again = embedded_postgres.start(place, settings=FAST)
    assert (again.url, rows(again.url)) == (url, 1)
    adopted = embedded_postgres.start(place, settings=FAST)
    assert adopted.child is None and adopted.pid == again.pid
    adopted.stop()
    assert rows(url) == 1, "who adopted it does not end it"
    server.child.wait()
    again.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)
    with embedded_postgres.start(place, settings=FAST) as third:
        assert rows(third.url) == 1
        embedded_postgres.start(place).stop(adopted=True)
        assert third.child is not None and third.child.wait(15) == 0
    assert (place / "postgres.json").stat().st_mode & 0o077 == 0


def test_postgres_wants_its_password(place: Path) -> None:
    with embedded_postgres.start(place, settings=FAST) as server:
        wrong = server.url.replace(server.seat.password, "guessed")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)


def test_redis_keeps_data_through_kill_and_restart(place: Path) -> None:
    server = embedded_redis.start(place)
    url, pid = server.url, server.pid
    with redis.Redis.from_url(url) as client:
        client.set("kept", "1")
    time.sleep(1.2)
    os.kill(pid, signal.SIGKILL)
    again = embedded_redis.start(place)
    assert again.url == url
    with redis.Redis.from_url(url) as client:
        assert client.get("kept") == b"1"
    assert embedded_redis.start(place).child is None
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(url.replace(again.seat.password, "guessed")).ping()
    assert server.child is not None
    server.child.wait()
    again.stop()
    with embedded_redis.start(place) as third:
        embedded_redis.start(place).stop(adopted=True)
        assert third.child is not None and third.child.wait(15) == 0


STARTS: dict[str, Callable[[Path], object]] = {
    "postgres": lambda folder: embedded_postgres.start(folder, settings=FAST),
    "redis": embedded_redis.start,
}


@pytest.mark.parametrize("name", STARTS)
def test_two_askers_get_one_server(place: Path, name: str) -> None:
    program = f"""
import sys, time
from pathlib import Path
from bot.sandbox import embedded_{name}
server = embedded_{name}.start(Path(sys.argv[1]))
print(server.url, server.pid, server.child is not None, flush=True)
sys.stdin.readline()
server.stop()
"""
    askers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = []
    for asker in askers:
        assert asker.stdout is not None
        said.append(asker.stdout.readline().split())
    assert said[0][:2] == said[1][:2] and {one[2] for one in said} == {"True", "False"}
    owner = next(asker for asker, one in zip(askers, said, strict=True) if one[2] == "True")
    owner.kill()
    assert gone(int(said[0][1])), "it ends with its owner"
    for asker in askers:
        asker.kill()
        asker.communicate()


@pytest.mark.parametrize("name", STARTS)
def test_the_thread_that_asked_may_end(place: Path, name: str) -> None:
    made: list[object] = []
    asker = threading.Thread(target=lambda: made.append(STARTS[name](place)))
    asker.start()
    asker.join()
    time.sleep(0.5)
    server = made[0]
    assert isinstance(server, embedded_postgres.EmbeddedPostgres | embedded_redis.EmbeddedRedis)
    assert server.child is not None and server.child.poll() is None
    server.stop()


@pytest.mark.parametrize("name", STARTS)
def test_a_taken_port_is_given_up(place: Path, name: str) -> None:
    seat = load_seat(place, name, unprivileged_account())
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", seat.port))
        server = STARTS[name](place)
        assert isinstance(server, embedded_postgres.EmbeddedPostgres | embedded_redis.EmbeddedRedis)
        assert server.seat.port != seat.port
        server.stop()


def test_what_an_account_can_reach(place: Path) -> None:
    shut = place / "shut"
    (shut / "inner").mkdir(parents=True)
    stranger = Account(12345, 12345)
    shut.chmod(0o700)
    assert not reachable(shut / "inner", stranger)
    assert reachable(shut / "inner", None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
@pytest.mark.parametrize("name", STARTS)
def test_a_folder_out_of_reach(place: Path, name: str) -> None:
    shut = place / "shut"
    shut.mkdir(mode=0o700)
    server = STARTS[name](shut)
    assert isinstance(server, embedded_postgres.EmbeddedPostgres | embedded_redis.EmbeddedRedis)
    assert not server.seat.home.startswith(str(place))
    assert shut.stat().st_mode & 0o777 == 0o700, "no permission was changed"
    server.stop()
    subprocess.run(["rm", "-r", server.seat.home], check=True)
