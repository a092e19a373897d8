"""Live events of a decision set: replayed from the ledger, then as they come; `run-complete` is always last.

No stream holds a database connection. One connection per process listens; a stream that is told (or waits
for two seconds) reads what is new. Ids are those of the ledger, so `Last-Event-ID` resumes exactly, on any
process.
"""

import asyncio
import contextlib
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from bot.store.event_feed import listen
from bot.store.reads import Event, Reads

PAGE = 200
POLL_S = 2.0
MAX_STREAM_S = 15 * 60.0
MAX_STREAMS = 200
LAST = "run-complete"


class Hub:
    """Tells streams that their decision set has something new. Use within one event loop."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None
        self.closing = False
        self.streams = 0

    async def wait(self, id: UUID, seconds: float) -> None:
        """Returns when something is new, the process ends, or the time is over."""
        if self._listener is None:
            self._listener = asyncio.create_task(listen(self._url, self._tell), name="events")
        told = asyncio.Event()
        self._waiting[str(id)].add(told)
        try:
            if not self.closing:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(told.wait(), seconds)
        finally:
            self._waiting[str(id)].discard(told)
            if not self._waiting[str(id)]:
                del self._waiting[str(id)]

    async def close(self) -> None:
        """Ends all streams at once: a web process must never wait for its readers."""
        self.closing = True
        for waiting in list(self._waiting.values()):
            for told in waiting:
                told.set()
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    def _tell(self, id: str) -> None:
        for told in self._waiting.get(id, ()):
            told.set()


async def follow(reads: Reads, hub: Hub, decision_set: dict[str, Any], after: int) -> AsyncIterator[dict[str, Any]]:
    """Events above `after`, as messages of `sse_starlette`, until the run is complete or fifteen minutes
    are over."""
    hub.streams += 1
    ends_at = time.monotonic() + MAX_STREAM_S
    last: Event | None = None
    try:
        while not hub.closing and time.monotonic() < ends_at:
            page = await reads.events(decision_set["id"], after, PAGE)
            for event in page:
                after = event.id
                if event.type == LAST:
                    last = event
                else:
                    yield message(event, decision_set)
            if len(page) == PAGE:
                continue
            if last is None and decision_set["ended_at"] is not None:
                last = await _complete(reads, decision_set)
            if last is not None:
                yield {**message(last, decision_set), "id": str(max(after, last.id))}
                return
            await hub.wait(decision_set["id"], POLL_S)
    finally:
        hub.streams -= 1


async def _complete(reads: Reads, decision_set: dict[str, Any]) -> Event | None:
    """The `run-complete` of a run that ended before the reader's last event."""
    after = 0
    while page := await reads.events(decision_set["id"], after, PAGE):
        for event in page:
            if event.type == LAST:
                return event
        after = page[-1].id
    return None


def message(event: Event, decision_set: dict[str, Any]) -> dict[str, Any]:
    """The event as SPEC §22.3 and §21.6 want it: the payload with everything that is needed to place it."""
    data = {**event.payload, **place(event, decision_set)}
    return {"id": str(event.id), "event": event.type, "data": json.dumps(data, ensure_ascii=False)}


def place(event: Event, decision_set: dict[str, Any]) -> dict[str, Any]:
    """Where and when an event happened."""
    id = str(decision_set["id"])
    return {
        "node_name": event.payload.get("node_name"),
        "project_id": str(decision_set["project_id"]),
        "decision_set_id": id,
        "run_id": id,
        "version": decision_set["number"],
        "schema_version": event.schema_version,
        "ts": event.created_at.isoformat().replace("+00:00", "Z"),
    }
