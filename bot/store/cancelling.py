"""Stopping what is under way for a project because a person asked: its jobs, and the decision sets that wait for people."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.messages import parse_message, project_key
from bot.ports.ledger import Cancelled
from bot.store.jobs import stop
from bot.store.tables import DecisionSetRow, JobRow, ProjectRow
from bot.store.transitions import move

WAITING = ("awaiting_input", "awaiting_review")
UNDER_WAY = ("received", "planning", "generating")


def cancel(session: Session, project_id: UUID, reason: str) -> Cancelled:
    """Ends queued jobs, asks running ones to stop, and cancels the sets that no running job will end itself."""
    project = session.scalars(select(ProjectRow).where(ProjectRow.id == project_id)).one()
    jobs = session.scalars(
        select(JobRow)
        .where(
            JobRow.concurrency_key == project_key(project.repository_id, project.root),
            JobRow.status.in_(("queued", "running")),
        )
        .order_by(JobRow.id)
        .with_for_update(key_share=True)
    ).all()
    for job in jobs:
        stop(session, job, "cancelled")
    running = {job.id for job in jobs if job.status == "running"}
    sets = session.scalars(
        select(DecisionSetRow)
        .where(DecisionSetRow.project_id == project_id, DecisionSetRow.status.in_((*WAITING, *UNDER_WAY)))
        .order_by(DecisionSetRow.number)
        .with_for_update(key_share=True)
    ).all()
    waited = any(row.status == "awaiting_review" for row in sets)
    for row in sets:
        if row.job_id not in running:
            move(session, row, "cancelled", reason)
    return Cancelled(tuple(parse_message(job.payload) for job in jobs), len(sets), waited)
