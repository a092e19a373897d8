"""Where an embedded server's files live and which account it runs as.

Postgres refuses to run as root, so a root owner starts its servers as an ordinary account. That account must
be able to walk to the binaries and to the data; permissions of existing folders are never changed for it:
what lies out of reach (a state folder under /root, say) is placed elsewhere and the place is recorded.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import pwd
import secrets
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The user and group that a server runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Seat:
    """What must outlive the process: the server's port on 127.0.0.1, its password, the folder of its data."""

    port: int
    password: str
    home: str


def unprivileged_account() -> Account | None:
    """The account to drop to, or None when the caller is not root and simply stays who it is."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise RuntimeError("running as root, and neither 'postgres' nor 'nobody' exists to run the servers as")


def reachable(path: Path, account: Account | None) -> bool:
    """Whether the account may walk through every folder that leads to `path`, `path` included."""
    if account is None:
        return True
    for folder in [path, *path.parents]:
        if not folder.is_dir():
            continue
        found = folder.stat()
        if found.st_uid == account.uid:
            allowed = found.st_mode & stat.S_IXUSR
        elif found.st_gid == account.gid:
            allowed = found.st_mode & stat.S_IXGRP
        else:
            allowed = found.st_mode & stat.S_IXOTH
        if not allowed:
            return False
    return True


def reachable_copy(tree: Path, parts: tuple[str, ...], account: Account | None) -> Path:
    """`tree` itself if the account can reach it, else a copy of its `parts` in a shared temporary place.

    The copy keeps the parts' relative positions, because the binaries find their libraries that way.
    """
    if reachable(tree, account):
        return tree
    mark = f"{tree.stat().st_mtime_ns:x}"
    copy = _shared_temporary() / f"mlwright-binaries-{os.geteuid()}-{mark}"
    if copy.exists():
        found = copy.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise RuntimeError(f"{copy} exists and is not ours alone; remove it")
    copy.mkdir(mode=0o711, exist_ok=True)
    for part in parts:
        if (tree / part).exists() and not (copy / part).exists():
            staging = Path(tempfile.mkdtemp(dir=copy))
            shutil.copytree(tree / part, staging / "tree", symlinks=True)
            (copy / part).parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(OSError):  # another process was quicker
                (staging / "tree").rename(copy / part)
            shutil.rmtree(staging)
    return copy


def load_seat(state_dir: Path, name: str, account: Account | None) -> Seat:
    """The recorded seat of the server `name`, or a new one: free port, random password, reachable home."""
    record = state_dir / f"{name}.json"
    if record.exists():
        seat = Seat(**json.loads(record.read_text()))
        if Path(seat.home).is_dir():
            return seat
    if reachable(state_dir, account):
        home = state_dir / name
        home.mkdir(mode=0o700, exist_ok=True)
    else:
        home = Path(tempfile.mkdtemp(prefix=f"mlwright-{name}-", dir=_shared_temporary()))
        logger.warning("%s is out of reach of the %s account; its data is kept in %s", state_dir, name, home)
    if account is not None:
        os.chown(home, account.uid, account.gid)
    seat = Seat(port=free_port(), password=secrets.token_hex(24), home=str(home))
    save_seat(state_dir, name, seat)
    return seat


def save_seat(state_dir: Path, name: str, seat: Seat) -> None:
    """Record the seat, readable by its owner only."""
    write_private(state_dir / f"{name}.json", json.dumps(asdict(seat)))


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 in one step: a reader sees the old text or the new, never half."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    fresh.replace(path)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock between processes; the kernel lets go of it when the holder dies."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kept_port(record: Path, host: str = "127.0.0.1") -> int:
    """The port written in `record`, so that addresses live through a restart; a free one, written there, if there is
    none or somebody else listens on it now.
    """
    known = record.read_text().strip() if record.exists() else ""
    port = int(known) if known.isdigit() and 0 < int(known) < 65_536 else 0
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            port = 0
    port = port or free_port()
    record.write_text(str(port))
    return port


def _shared_temporary() -> Path:
    """A folder that every account can walk to; /var/tmp survives a restart of the machine."""
    lasting = Path("/var/tmp")
    return lasting if lasting.is_dir() and os.access(lasting, os.W_OK) else Path(tempfile.gettempdir())
