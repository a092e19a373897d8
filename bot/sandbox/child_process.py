"""Starts a server as our own child that ends when we do.

On Linux the kernel signals the child when the *thread* that started it ends (prctl(2), PR_SET_PDEATHSIG), so
all children are started by one thread that lives as long as the process. Elsewhere `atexit` does it.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.sandbox.placement import Account

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 15.0

_starter: ThreadPoolExecutor | None = None


def start_child(
    argv: Sequence[str | Path],
    *,
    account: Account | None,
    log: Path,
    end_signal: signal.Signals,
    die_with_owner: bool = True,
    stdin: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own, its output appended to `log`, `stdin` fed and closed.

    The child runs as `account` if one is given and gets `end_signal` when this process dies, unless
    `die_with_owner` is off. Its environment is `env`, by default a bare one. Raises OSError if it cannot be started.
    """
    global _starter
    if _starter is None:
        _starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="child-starter")
    identity = {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            child = subprocess.Popen(
                [str(part) for part in argv],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=dict(env) if env is not None else {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                preexec_fn=_die_with_parent(end_signal) if die_with_owner else None,
                **identity,  # type: ignore[call-overload]
            )
        assert child.stdin is not None
        try:
            child.stdin.write(stdin.encode())
            child.stdin.close()
        except BrokenPipeError:
            pass
        return child  # type: ignore[no-any-return]

    child = _starter.submit(start).result()
    if die_with_owner and sys.platform != "linux":
        atexit.register(end_child, child, end_signal)
    return child


def end_child(child: subprocess.Popen[bytes], end_signal: signal.Signals, seconds: float = STOP_SECONDS) -> int:
    """Ask the child to end, insist after some seconds, and reap it. Returns its exit status."""
    if child.poll() is None:
        child.send_signal(end_signal)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
    return child.wait()


def _die_with_parent(end_signal: signal.Signals) -> Callable[[], None] | None:
    """What the new process runs before it becomes the server; after setuid, which would clear the wish."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    owner = os.getpid()
    number = int(end_signal)

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != owner:
            os._exit(1)

    return ask
