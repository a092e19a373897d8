"""Pace of an installation's calls: a pause between writes, and silence while a limit lasts.

A limit is never slept through: RateLimited frees the worker, and no call goes out before the time has come
(RELIABILITY §1.3; githubkit itself would sleep up to an hour).
"""

import threading
import time
from collections.abc import Callable

from bot.errors import RateLimited


class Pace:
    """One a installation and process. Thread-safe. Clock and sleep can be replaced by tests."""

    def __init__(
        self,
        pause_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pause = pause_s
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next_write = float("-inf")
        self._silent_until = float("-inf")
        self._reason = ""

    def before(self, *, write: bool) -> None:
        """Waits its turn before a write. Raises RateLimited while GitHub asked for silence."""
        with self._lock:
            now = self._clock()
            if now < self._silent_until:
                raise RateLimited(self._reason, after_s=self._silent_until - now)
            if not write:
                return
            wait = self._next_write - now
            self._next_write = max(now, self._next_write) + self._pause
        if wait > 0:
            self._sleep(wait)

    def silence(self, after_s: float, reason: str) -> None:
        """No call for that long."""
        with self._lock:
            self._silent_until = max(self._silent_until, self._clock() + after_s)
            self._reason = reason
