"""A circuit breaker for each model: one that fails again and again is left alone for a while, then tried with one call."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

FAILURES = 3
"""Failures in a row that open it (judgement, unverified)."""
COOL_DOWN_S = 60.0
"""Seconds until it is tried again; longer if the server asked for that (judgement, unverified)."""


@dataclass
class Breaker:
    """One model's. `clock` counts seconds; used from several tasks at once."""

    clock: Callable[[], float]
    cool_down_s: float = COOL_DOWN_S
    _failures: int = 0
    _closed_again: float | None = None
    _probing: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admits(self) -> bool:
        """Whether a call may be made now. After the cool-down exactly one may, until it is known how it ended."""
        with self._lock:
            if self._closed_again is None:
                return True
            if self.clock() < self._closed_again or self._probing:
                return False
            self._probing = True
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures, self._closed_again, self._probing = 0, None, False

    def failed(self, wait_s: float | None = None) -> None:
        """`wait_s` is what the server asked for: with it the model is left alone at once."""
        with self._lock:
            self._failures += 1
            if wait_s is not None or self._probing or self._failures >= FAILURES:
                self._closed_again = self.clock() + max(self.cool_down_s, wait_s or 0.0)
            self._probing = False

    def ended(self) -> None:
        """A call ended without saying anything of the model's health."""
        with self._lock:
            self._probing = False
