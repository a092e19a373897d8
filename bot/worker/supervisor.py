"""The process tree of `mlwright worker`: a supervisor that forks one relay and N workers, and always starts
them again.

What is heavy is imported once, before forking, and frozen out of the garbage collector; connections are
opened afterwards, each process its own. Workers end when the supervisor ends, however it ends. An RQ worker
leaves with status 0 when Redis goes away during a job (RELIABILITY §3.1), so the status of a child says
nothing.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.log import logger
from bot.queue.bell import Bell
from bot.queue.parent_death import die_with_parent
from bot.queue.relay import Relay
from bot.store.outbox import PostgresOutbox
from bot.worker.rehearsal import rehearse
from bot.worker.runtime import Runtime

log = logger(__name__)

SHORT_LIFE_S = 5.0
MAX_PAUSE_S = 10.0
POLL_S = 0.5
SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass
class _Child:
    """A seat in the tree and who sits there now. `pause_s` grows while its holders die young."""

    name: str
    main: Callable[[], None]
    pid: int = 0
    born: float = 0.0
    pause_s: float = 0.0
    not_before: float = 0.0


class Supervisor:
    """Runs in the main thread of its process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._stopping = False
        workers = [_Child(f"worker-{number + 1}", self._work) for number in range(runtime.settings.worker_concurrency)]
        self._children = [_Child("relay", self._relay), *workers]
        self._bell_in, self._bell_out = socket.socketpair()

    def run(self) -> int:
        """Keeps the tree alive until SIGTERM or SIGINT, then ends it within the grace period; answers 0."""
        self._runtime.preload()
        rehearse(self._runtime.database_url)
        gc.collect()
        gc.freeze()
        self._listen_for_signals()
        log.info("the worker starts", workers=len(self._children) - 1, pid=os.getpid())
        while not self._stopping:
            for child in self._children:
                self._look_after(child)
            select.select([self._bell_in], [], [], POLL_S)
        self._end_all()
        log.info("the worker ends")
        return 0

    def _listen_for_signals(self) -> None:
        self._bell_in.setblocking(False)
        self._bell_out.setblocking(False)
        signal.set_wakeup_fd(self._bell_out.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _look_after(self, child: _Child) -> None:
        with contextlib.suppress(BlockingIOError):
            self._bell_in.recv(4096)
        if child.pid and os.waitpid(child.pid, os.WNOHANG)[0] == 0:
            return
        now = time.monotonic()
        if child.pid:
            young = now - child.born < SHORT_LIFE_S
            child.pause_s = min(max(1.0, child.pause_s * 2), MAX_PAUSE_S) if young else 0.0
            child.pid, child.not_before = 0, now + child.pause_s
            log.warning(
                "a process of the worker ended and is started again",
                process=child.name,
                after_s=child.pause_s,
            )
        if now >= child.not_before:
            child.born, child.pid = now, self._fork(child)

    def _fork(self, child: _Child) -> int:
        supervisor = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            return pid
        status = 1
        try:
            die_with_parent(supervisor)
            signal.set_wakeup_fd(-1)
            for number in (*SIGNALS, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            child.main()
            status = 0
        except Exception:
            log.exception("a process of the worker failed", process=child.name)
        finally:
            os._exit(status)

    def _end_all(self) -> None:
        """SIGTERM lets jobs put themselves back; SIGKILL after the grace period leaves them to their
        leases."""
        for number, grace in ((signal.SIGTERM, self._runtime.settings.stop_grace_s), (signal.SIGKILL, 5.0)):
            for child in self._children:
                if child.pid:
                    os.kill(child.pid, number)
            deadline = time.monotonic() + grace
            while any(child.pid for child in self._children) and time.monotonic() < deadline:
                for child in self._children:
                    if child.pid and os.waitpid(child.pid, os.WNOHANG)[0]:
                        child.pid = 0
                time.sleep(0.05)

    def _work(self) -> None:
        from bot.queue.rq_worker import work

        work(self._runtime.redis_url)

    def _relay(self) -> None:
        settings = self._runtime.settings
        stopping = False

        def stop(*_: object) -> None:
            nonlocal stopping
            stopping = True

        signal.signal(signal.SIGTERM, stop)
        bell = Bell(self._runtime.redis_url, job_timeout_s=settings.job_timeout_s)
        Relay(
            PostgresOutbox(self._runtime.database_url),
            bell,
            sweep_s=settings.sweep_s,
            stopping=lambda: stopping,
            chores=self._runtime.chores(settings, self._runtime.database_url),
        ).run()
        bell.close()
