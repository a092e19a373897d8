"""Deliveries become jobs: decompressed, translated, and the jobs recorded with the delivery's end in one
transaction.

An attempt is counted before the payload is touched, so that one that kills its process is put aside after a
few.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update

from bot.messages import Message
from bot.store.database import Database
from bot.store.job_endings import seconds
from bot.store.jobs import add
from bot.store.packing import unpack
from bot.store.tables import DeliveryRow

MAX_ATTEMPTS = 5


@dataclass(frozen=True)
class Translation:
    """What a payload asks for. Without messages the delivery is ignored and `reason` says why."""

    messages: tuple[Message, ...]
    reason: str = ""
    action: str | None = None
    repository_id: int | None = None


@dataclass(frozen=True)
class Rank:
    """How a message enters the queue."""

    supersede: bool
    priority: int


class PostgresDeliveries:
    """The deliveries, from the worker's side."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def process(
        self, guid: str, translate: Callable[[str, bytes], Translation], rank: Callable[[Message], Rank]
    ) -> list[UUID]:
        """Records the jobs of a delivery; answers those that are new. Processing twice, or at the same
        time, records nothing twice.

        `translate` gets the event's name and the payload; what it raises stays with the delivery for
        another attempt.
        """
        taken = self._take(guid)
        if taken is None:
            return []
        event, body = taken
        translation = translate(event, unpack(body))
        with self._database.transaction() as session:
            row = session.scalar(
                select(DeliveryRow)
                .where(DeliveryRow.guid == guid, DeliveryRow.state == "received")
                .with_for_update(key_share=True)
            )
            if row is None:
                return []
            added = []
            for message in translation.messages:
                ranked = rank(message)
                job_id = add(session, message, supersede=ranked.supersede, priority=ranked.priority, delivery_id=guid)
                added.append(job_id)
            row.state = "done" if translation.messages else "ignored"
            row.reason, row.action = translation.reason or None, translation.action
            row.repository_id = translation.repository_id
            row.finished_at = func.now()
            return [job_id for job_id in added if job_id is not None]

    def bury(self, guid: str, reason: str) -> None:
        """Puts an unreadable delivery aside."""
        with self._database.transaction() as session:
            session.execute(
                update(DeliveryRow)
                .where(DeliveryRow.guid == guid, DeliveryRow.state == "received")
                .values(state="dead", reason=reason, finished_at=func.now())
            )

    def _take(self, guid: str) -> tuple[str, bytes] | None:
        with self._database.transaction() as session:
            row = session.scalar(
                select(DeliveryRow)
                .where(
                    DeliveryRow.guid == guid,
                    DeliveryRow.state == "received",
                    DeliveryRow.next_attempt_at <= func.now(),  # else somebody is at it, or it is to wait
                )
                .with_for_update(key_share=True, skip_locked=True)
            )
            if row is None:
                return None
            row.attempts += 1
            if row.attempts > MAX_ATTEMPTS:
                row.state, row.finished_at = "dead", func.now()
                row.reason = f"Could not be read in {MAX_ATTEMPTS} attempts. {row.reason or ''}".strip()
                return None
            row.next_attempt_at = func.now() + seconds(2.0**row.attempts)
            return row.event, row.body

    def note(self, guid: str, reason: str) -> None:
        """Keeps why an attempt failed."""
        with self._database.transaction() as session:
            session.execute(update(DeliveryRow).where(DeliveryRow.guid == guid).values(reason=reason))
