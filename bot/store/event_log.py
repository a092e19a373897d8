"""Events: appended in the transaction of the change they tell of, in commit order within a decision set."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.database import Database
from bot.store.fence import Fence
from bot.store.notify import notify
from bot.store.notify_channels import EVENTS_CHANNEL
from bot.store.tables import DecisionSetRow, EventRow

LAST = "run-complete"
"""SPEC §22.3: always emitted last. Reaching the state that ends the run writes it (`transitions`)."""


def append(
    session: Session,
    type: str,
    payload: Mapping[str, Any],
    *,
    decision_set_id: UUID | None = None,
    job_id: UUID | None = None,
) -> None:
    """Adds an event. The decision set's row is locked first: without that, a stream that has read up to
    id 7 could miss an id 6 that commits later."""
    if decision_set_id is not None:
        session.execute(
            select(DecisionSetRow.id).where(DecisionSetRow.id == decision_set_id).with_for_update(key_share=True)
        )
    session.add(EventRow(type=type, payload=dict(payload), decision_set_id=decision_set_id, job_id=job_id))
    session.flush()
    if decision_set_id is not None:
        notify(session, EVENTS_CHANNEL, str(decision_set_id))


def _is_over(session: Session, decision_set_id: UUID) -> bool:
    row = session.get(DecisionSetRow, decision_set_id)
    return row is not None and row.ended_at is not None


class DecisionSetEvents:
    """`agents.ports.EventSink` for one decision set, fenced."""

    def __init__(self, database: Database, fence: Fence, decision_set_id: UUID) -> None:
        self._database = database
        self._fence = fence
        self._decision_set_id = decision_set_id

    def emit(self, type: str, payload: Mapping[str, Any]) -> None:
        """Appends an event; the last one of a run only once. Raises Stopped if the lease is lost."""
        with self._database.transaction() as session:
            self._fence.check(session)
            if type == LAST and _is_over(session, self._decision_set_id):
                return
            append(session, type, payload, decision_set_id=self._decision_set_id, job_id=self._fence.lease.job_id)
