"""Webhook deliveries that we never got: found in GitHub's own log of them, and asked for again.

GitHub tries a delivery once. https://docs.github.com/webhooks/using-webhooks/automatically-redelivering-failed-deliveries-for-a-github-app-webhook
"""

from collections.abc import Callable, Collection, Container, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.errors import NotFound, Refused
from bot.github.config import GitHubConfig
from bot.github.wire import Wire
from bot.log import logger
from bot.ports.work import Kept

log = logger(__name__)

LOOK_BACK = timedelta(days=3)
"""How long GitHub keeps deliveries for redelivery."""
OVERLAP = timedelta(minutes=15)
"""Deliveries are listed a little late, and by the time at which they were sent."""
MAX_ATTEMPTS = 8
"""Of one delivery, GitHub's own first one counted."""
FIRST_WAIT = timedelta(minutes=5)
NEVER = frozenset({400, 413, 415})
"""Answers of ours that the same bytes would get again."""


class _Listed(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: int
    guid: str
    delivered_at: datetime
    status: str = ""
    status_code: int = 0
    event: str = ""

    @property
    def good(self) -> bool:
        return self.status == "OK" or 200 <= self.status_code < 300


@dataclass
class _Missed:
    """A delivery that failed: when it came first, its last attempt, the ids of all that were seen, and our own asking."""

    since: datetime
    last: _Listed
    attempts: set[int]
    asked: int = 0
    asked_at: datetime | None = None

    @property
    def tried(self) -> int:
        return max(len(self.attempts), self.asked + 1)

    @property
    def last_at(self) -> datetime:
        return max(self.last.delivered_at, self.asked_at or self.last.delivered_at)


class Redeliverer:
    """Asks for failed deliveries again. Stateless but for what it has read: another process finds the same anew.

    `kept` looks into our inbox: what stands there was received, whatever GitHub's log says (it notes a time-out also where
    the answer alone was late). `events` are those acted on.
    """

    def __init__(
        self,
        kept: Callable[[Collection[str]], Kept],
        events: Container[str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._kept = kept
        self._events = events
        self._clock = clock
        self._read_to: datetime | None = None
        self._missed: dict[str, _Missed] = {}

    def sweep(self, config: GitHubConfig) -> list[str]:
        """One look at GitHub's log; answers the ids that were asked for again. Raises what the wire raises."""
        now = self._clock()
        with Wire(config) as wire:
            self._read(wire.cursored("/app/hook/deliveries"), now)
            kept = self._kept(self._missed.keys())
            self._missed = {
                guid: one
                for guid, one in self._missed.items()
                if guid not in kept.guids and now - one.since < LOOK_BACK
            }
            asked = []
            for guid, one in sorted(self._missed.items(), key=lambda item: item[1].last.id):
                if self._due(one, now, kept.newest):
                    one.asked, one.asked_at = one.tried, now
                    with suppress(NotFound, Refused):  # GitHub keeps it no longer
                        wire.send("POST", f"/app/hook/deliveries/{one.last.id}/attempts")
                        asked.append(guid)
        if asked:
            log.info("deliveries that never came were asked for again", count=len(asked))
        return asked

    def _read(self, listed: Iterable[Any], now: datetime) -> None:
        """Takes in what is new since the last time, newest first; the first time as far as GitHub keeps them."""
        until = now - LOOK_BACK
        if self._read_to is not None:
            until = max(until, self._read_to - OVERLAP)
        found = []
        for item in listed:
            one = _Listed.model_validate(item)
            if one.delivered_at < until:
                break
            found.append(one)
        for one in reversed(found):
            if one.good:
                self._missed.pop(one.guid, None)
            elif one.event in self._events and one.status_code not in NEVER:
                missed = self._missed.setdefault(one.guid, _Missed(one.delivered_at, one, set()))
                missed.attempts.add(one.id)
                missed.last = max(missed.last, one, key=lambda each: each.id)
        self._read_to = now

    def _due(self, one: _Missed, now: datetime, newest: datetime | None) -> bool:
        """At once after its first failure, and as soon as others come through again; else with a growing pause."""
        if one.tried >= MAX_ATTEMPTS:
            return False
        comes_through = newest is not None and newest > one.last_at
        return one.tried == 1 or comes_through or now - one.last_at >= FIRST_WAIT * 3 ** (one.tried - 2)
