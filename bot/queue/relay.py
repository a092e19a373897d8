"""The relay: what Postgres has to be done becomes rings in Redis.

Notifications make it quick, sweeping makes it sure: every few seconds whatever is due and not being worked
on is rung for again, so an emptied Redis, a lost ring or a killed worker only cost time. Of all processes
one relays, the others stand by.
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from bot.errors import Unavailable
from bot.log import logger
from bot.ports.work import Feed, Outbox
from bot.queue.chores import Chore, Chores

log = logger(__name__)

SWEEP_LIMIT = 500
RING_AGAIN_S = 60.0
"""A ring that waits in a busy queue is not doubled sooner than this."""
STAND_BY_S = 2.0
RETIRE_EVERY_S = 3600.0
"""Also how often artifacts are swept."""
KEEP_DAYS = 30


class Rings(Protocol):
    """What the relay needs of the bell."""

    def ring(self, references: Sequence[str]) -> None: ...

    def waiting(self) -> int: ...


class Relay:
    """Runs until `stopping()`. Survives the absence of Postgres and of Redis."""

    def __init__(
        self,
        outbox: Outbox,
        rings: Rings,
        *,
        sweep_s: float,
        stopping: Callable[[], bool],
        chores: Sequence[Chore] = (),
    ) -> None:
        self._outbox = outbox
        self._rings = rings
        self._sweep_s = sweep_s
        self._stopping = stopping
        self._chores = Chores(chores)
        self._rung: dict[str, float] = {}
        self._retired_at = float("-inf")

    def run(self) -> None:
        """Relays for as long as the process is to live."""
        while not self._stopping():
            try:
                with self._outbox.open() as feed:
                    self._serve(feed)
            except Unavailable as error:
                log.warning("the relay waits for its servers", reason=error.message)
                time.sleep(min(error.after_s, 5.0))

    def _serve(self, feed: Feed) -> None:
        while not feed.lead():
            if self._stopping():
                return
            time.sleep(STAND_BY_S)
        log.info("relaying")
        next_sweep = 0.0
        while not self._stopping():
            self._chores.start_due()
            now = time.monotonic()
            if now >= next_sweep:
                self.sweep(feed)
                next_sweep = now + self._sweep_s
            heard = feed.wait(max(0.0, min(next_sweep - time.monotonic(), 1.0)))
            if heard:
                self._ring(heard)

    def sweep(self, feed: Feed) -> None:
        """Rings for what is due and was not rung for lately; at once if no ring is left in Redis that
        could still be answered."""
        due = feed.due(SWEEP_LIMIT)
        now = time.monotonic()
        patience = RING_AGAIN_S if due and self._rings.waiting() else 2 * self._sweep_s
        self._rung = {reference: at for reference, at in self._rung.items() if reference in set(due)}
        self._ring([reference for reference in due if now - self._rung.get(reference, float("-inf")) >= patience])
        if now - self._retired_at > RETIRE_EVERY_S:
            self._retired_at = now
            retired = feed.retire(KEEP_DAYS)
            if retired:
                log.info("old deliveries were deleted", count=retired)

    def _ring(self, references: Sequence[str]) -> None:
        self._rings.ring(references)
        now = time.monotonic()
        for reference in references:
            self._rung[reference] = now
