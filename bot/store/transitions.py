"""The state machine of a decision set (DESIGN §4, State), and moving along it with the event that tells
so."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agents.errors import Defect
from bot.ports.ledger import Status
from bot.store.event_log import append
from bot.store.tables import DecisionSetRow, EventRow

_UNHAPPY: frozenset[Status] = frozenset({"superseded", "cancelled", "failed"})

NEXT: dict[Status, frozenset[Status]] = {
    "received": _UNHAPPY | {"planning"},
    "planning": _UNHAPPY | {"awaiting_input", "awaiting_review", "generating", "unchanged"},
    "awaiting_input": _UNHAPPY | {"planning", "expired"},
    "awaiting_review": _UNHAPPY | {"planning", "generating", "rejected", "expired"},
    "generating": _UNHAPPY | {"proposed", "unchanged"},
    "proposed": frozenset({"approved", "rejected", "superseded", "cancelled", "expired"}),
    # GitHub lets people reopen a closed pull request and merge it; what they did there is what happened
    "rejected": frozenset({"proposed", "approved", "superseded"}),
    "approved": frozenset(),
    "superseded": frozenset({"approved"}),  # the pull request was merged before the newer version reached it
    "unchanged": frozenset(),
    "cancelled": frozenset(),
    "failed": frozenset(),
    "expired": frozenset({"planning"}),
}
OPEN: frozenset[Status] = frozenset({"awaiting_input", "awaiting_review", "proposed"})
"""Waiting for people: superseded as soon as the project has something newer to show."""
OVER: frozenset[Status] = frozenset(NEXT) - {
    "received",
    "planning",
    "awaiting_input",
    "awaiting_review",
    "generating",
}
"""The passage of the engine has ended: `run-complete` was written."""


def move(session: Session, row: DecisionSetRow, status: Status, reason: str = "") -> None:
    """Moves the row on and writes `status`, and `run-error` and `run-complete` (always last) where they
    belong.

    The row must be locked by the caller's session. Raises Defect if there is no such step. The same status
    again does nothing.
    """
    if row.status == status:
        return
    before: Status = row.status  # type: ignore[assignment]
    if status not in NEXT[before]:
        raise Defect(f"A decision set cannot go from {before} to {status}.")
    moment = _now(session)
    row.status, row.reason, row.updated_at = status, reason, moment
    completes = status in OVER and row.ended_at is None
    if completes:
        row.ended_at = moment
    session.flush()
    append(
        session,
        "status",
        {"from": before, "to": status, "reason": reason},
        decision_set_id=row.id,
        job_id=row.job_id,
    )
    if completes and status == "failed":
        payload = {"node_name": _unfinished(session, row.id), "message": reason}
        append(session, "run-error", payload, decision_set_id=row.id, job_id=row.job_id)
    if completes:
        ended = {"version": row.number, "status": status}
        append(session, "run-complete", ended, decision_set_id=row.id, job_id=row.job_id)


def _unfinished(session: Session, id: UUID) -> str | None:
    """The node that a run ended in; None if it ended between two, or before the first."""
    last = session.scalars(
        select(EventRow)
        .where(EventRow.decision_set_id == id, EventRow.type.in_(("node-started", "node-finished")))
        .order_by(EventRow.id.desc())
        .limit(1)
    ).first()
    return last.payload.get("node_name") if last is not None and last.type == "node-started" else None


def supersede_older(session: Session, row: DecisionSetRow) -> None:
    """Ends the project's older sets that wait for people: the pull request now shows this one."""
    older = session.scalars(
        select(DecisionSetRow)
        .where(
            DecisionSetRow.project_id == row.project_id,
            DecisionSetRow.number < row.number,
            DecisionSetRow.status.in_(OPEN),
        )
        .order_by(DecisionSetRow.number)
        .with_for_update(key_share=True)
    ).all()
    for other in older:
        move(session, other, "superseded", f"v{row.number} took its place")


def end_of_job(session: Session, row: DecisionSetRow | None, status: Status, reason: str) -> None:
    """Ends a job's decision set with it, unless it has come to rest already."""
    if row is not None and row.ended_at is None and status in NEXT[row.status]:  # type: ignore[index]
        move(session, row, status, reason)


def _now(session: Session) -> datetime:
    moment: datetime = session.scalars(select(func.clock_timestamp())).one()
    return moment
