"""The heartbeat of a job: keeps its lease while it runs, and is the pulse by which it learns that it
should stop."""

import threading
import time
from typing import Literal

from agents.errors import Stopped
from bot.log import logger
from bot.ports.work import Lease, StopReason, Work

log = logger(__name__)

Why = StopReason | Literal["lost", "shutdown"]

FRESH_S = 1.0
"""`check` asks the database itself if the last answer is older: a newer push stops a run at its next step."""
_WORDS: dict[str, str] = {
    "superseded": "A newer change of the same project took over.",
    "cancelled": "The run was cancelled.",
    "shutdown": "This worker is ending; the run goes on elsewhere.",
    "lost": "The lease on this job was lost; whoever holds it now goes on.",
}


class Heartbeat:
    """`agents.ports.Pulse` of one lease; renews it from a thread of its own while in its `with` block."""

    def __init__(self, work: Work, lease: Lease, *, lease_s: float) -> None:
        self._work = work
        self._lease = lease
        self._lease_s = lease_s
        self._every_s = min(5.0, lease_s / 4)
        self._why: Why | None = None
        self._ended = threading.Event()
        self._beating = threading.Lock()
        self._last_answer = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=10)

    @property
    def why(self) -> Why | None:
        """Why to stop, or None."""
        return self._why

    def stop(self, why: Why) -> None:
        """Asks the run to stop; the first reason stands."""
        self._why = self._why or why

    def check(self) -> None:
        """Raises Stopped if the run was superseded or cancelled, its lease was lost, or this process is
        to end."""
        if self._why is None and time.monotonic() - self._last_answer > FRESH_S:
            self.beat()
        if self._why is not None:
            raise Stopped(_WORDS[self._why])

    def beat(self) -> None:
        """Renews the lease once. An absent database is borne for as long as the lease can still be ours."""
        with self._beating:
            try:
                asked = self._work.renew(self._lease)
            except Stopped:
                self.stop("lost")
            except Exception as error:  # the thread must go on beating, whatever the driver raises
                log.warning("the lease could not be renewed", reason=str(error))
                if time.monotonic() - self._last_answer > self._lease_s:
                    self.stop("lost")
            else:
                self._last_answer = time.monotonic()
                if asked is not None:
                    self.stop(asked)

    def _run(self) -> None:
        while not self._ended.wait(self._every_s) and self._why != "lost":
            self.beat()
