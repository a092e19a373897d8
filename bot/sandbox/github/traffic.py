"""The outermost layer: refuses strangers, strikes with faults, keeps the journal of requests."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.github.faults import Fault, Faults

JOURNAL_LENGTH = 20_000
JOURNAL_BODY = 65_536
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass
class Request:
    """One request of the journal. `status` 0 means that the connection was cut; `seconds` is its duration."""

    method: str
    path: str
    query: str
    status: int
    actor: str
    seconds: float
    body: Any
    fault: str


class Journal:
    """What was asked, oldest first; pages and the sandbox's own API are left out."""

    def __init__(self) -> None:
        self._kept: deque[Request] = deque(maxlen=JOURNAL_LENGTH)
        self._lock = threading.Lock()

    def add(self, request: Request) -> None:
        """Keep one."""
        with self._lock:
            self._kept.append(request)

    def find(self, method: str = ".*", path: str = "") -> list[Request]:
        """Requests whose method and path match the patterns."""
        with self._lock:
            kept = list(self._kept)
        return [one for one in kept if re.fullmatch(method, one.method) and re.search(path, one.path)]

    def count(self, method: str = ".*", path: str = "") -> int:
        """How many there were."""
        return len(self.find(method, path))

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """All, for the sandbox's API."""
        return [asdict(one) for one in self.find()]


class Traffic:
    """Wraps the application."""

    def __init__(self, inner: ASGIApp, faults: Faults, journal: Journal) -> None:
        self._inner = inner
        self._faults = faults
        self._journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        path = scope["path"]
        if not _from_here(Headers(scope=scope)):
            message = {"message": "This server answers to loopback names and to its own pages only."}
            await JSONResponse(message, 421)(scope, receive, send)
            return
        if path.startswith("/_") or "text/html" in Headers(scope=scope).get("accept", ""):
            await self._inner(scope, receive, send)
            return
        await self._observed(scope, receive, send, path)

    async def _observed(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        started, status, raw, noted = time.monotonic(), 0, bytearray(), False
        scope.setdefault("state", {})
        fault = self._faults.for_call(scope["method"], path)

        async def keep_body() -> Message:
            message = await receive()
            if len(raw) < JOURNAL_BODY:
                raw.extend(message.get("body", b"")[:JOURNAL_BODY])
            return message

        def note() -> None:
            nonlocal noted
            if noted:
                return
            noted = True
            request = Request(
                scope["method"], path, scope["query_string"].decode(), status,
                scope["state"].get("actor", ""), time.monotonic() - started, _json(bytes(raw)), _name(fault),
            )  # fmt: skip
            self._journal.add(request)

        async def keep_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif not message.get("more_body", False):
                note()  # before the last byte: who has the answer finds the request in the journal
            await send(message)

        try:
            await self._answer(fault, scope, keep_body, keep_status, send)
        finally:
            note()

    async def _answer(self, fault: Fault | None, scope: Scope, receive: Receive, observed: Send, send: Send) -> None:
        if fault is None:
            await self._inner(scope, receive, observed)
            return
        if fault.latency and fault.drop != "after":
            await asyncio.sleep(fault.latency)
        if fault.drop == "before":
            _cut(send)
        elif fault.drop == "after":

            async def lost(message: Message) -> None:
                return None

            await self._inner(scope, receive, lost)
            await asyncio.sleep(fault.latency)
            _cut(send)
        elif fault.status:
            status, body, headers = fault.answer()
            await JSONResponse(body, status, headers)(scope, receive, observed)
        else:
            await self._inner(scope, receive, observed)


def _from_here(headers: Headers) -> bool:
    """Refuse names that point here by DNS rebinding, and requests that other sites make a browser send."""
    name = re.sub(r":\d+$", "", headers.get("host", ""))
    origin = headers.get("origin")
    foreign = origin is not None and re.sub(r"^https?://", "", origin) != headers.get("host")
    return name in LOCAL_NAMES and not foreign and headers.get("sec-fetch-site") != "cross-site"


def _cut(send: Send) -> None:
    """Close the connection without an answer; ASGI has no word for it, uvicorn's cycle has the socket."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("connections can only be dropped under uvicorn")
    transport.abort()


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw[:1] in (b"{", b"[") else None
    except ValueError:
        return None


def _name(fault: Fault | None) -> str:
    return "" if fault is None else fault.kind or (f"drop {fault.drop}" if fault.drop else str(fault.status))
