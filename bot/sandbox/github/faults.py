"""Faults that tests order: wrong answers, slowness, lost connections, lost and doubled webhooks.

faults.add(method="POST", path=r"/pulls$", kind="secondary")            the next such call
faults.add(path=r"/check-runs", nth=3, status=502)                      the third from now on
faults.add(method="PATCH", path=r"/git/refs/", drop="after", times=2)   done, but the answer is lost
faults.add(webhook="push", deliver="duplicate")
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.sandbox.github.errors import ApiError

SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    " If you reach out to GitHub Support for help, please include the request ID."
)
KINDS: dict[str, dict[str, Any]] = {
    "unauthorized": {"status": 401, "message": "Bad credentials"},
    "permission": {"status": 403, "message": "Resource not accessible by integration"},
    "secondary": {"status": 403, "message": SECONDARY},
    "secondary-retry-after": {"status": 403, "message": SECONDARY, "headers": {"Retry-After": "60"}},
    "primary": {
        "status": 403,
        "message": "API rate limit exceeded for installation.",
        "headers": {"X-RateLimit-Remaining": "0"},
    },
    "too-many": {"status": 429, "message": SECONDARY, "headers": {"Retry-After": "60"}},
    "not-found": {"status": 404, "message": "Not Found"},
    "conflict": {"status": 409, "message": "Conflict"},
    "unprocessable": {"status": 422, "message": "Validation Failed"},
    "server-error": {"status": 500, "message": "Server Error"},
    "bad-gateway": {"status": 502, "message": "Server Error"},
}


@dataclass
class Fault:
    """One order. It strikes from the `nth` matching call on, `times` times (0: always).

    `kind` is a name of `KINDS`; `status`, `message`, `body` and `headers` say the same in detail. `latency`
    is seconds before the call (with `drop="after"` between its effect and the cut: who asked has given up by then).
    `drop` cuts the connection before the call is done, or after its effect. A fault with `webhook` (a pattern of the
    event's name) strikes deliveries: `deliver` drops or doubles them.
    """

    method: str = ".*"
    path: str = ".*"
    nth: int = 1
    times: int = 1
    kind: str = ""
    status: int = 0
    message: str = ""
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    latency: float = 0.0
    drop: Literal["", "before", "after"] = ""
    webhook: str = ""
    deliver: Literal["", "drop", "duplicate"] = ""
    seen: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        if self.kind:
            preset = KINDS[self.kind]
            self.status = self.status or preset["status"]
            self.message = self.message or preset["message"]
            self.headers = preset.get("headers", {}) | self.headers

    def answer(self) -> tuple[int, Any, dict[str, str]]:
        """Status, body and headers of the wrong answer."""
        body = self.body if self.body is not None else ApiError(self.status, self.message or "Fault").body()
        return self.status, body, self.headers


class Faults:
    """The orders in force."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, **order: Any) -> Fault:
        """Order a fault; see `Fault`. What comes back counts how often it was `seen` and `struck`."""
        fault = Fault(**order)
        with self._lock:
            self._orders.append(fault)
        return fault

    def clear(self) -> None:
        """Take all orders back."""
        with self._lock:
            self._orders.clear()

    def for_call(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this call."""
        return self._strike(lambda f: not f.webhook and re.fullmatch(f.method, method) and re.search(f.path, path))

    def for_webhook(self, event: str) -> Fault | None:
        """The fault that strikes this delivery."""
        return self._strike(lambda f: f.webhook and re.fullmatch(f.webhook, event))

    def _strike(self, matches: Any) -> Fault | None:
        with self._lock:
            struck = None
            for fault in self._orders:
                if not matches(fault):
                    continue
                fault.seen += 1
                spent = fault.times and fault.struck >= fault.times
                if struck is None and fault.seen >= fault.nth and not spent:
                    fault.struck += 1
                    struck = fault
            return struck
