"""Sending on the channels of Postgres NOTIFY: work to do (heard by the relay) and events (heard by the
streams).

A notification is sent when its transaction commits, and only then: an outbox without a table. Losing one
loses nothing, the relay sweeps and the streams poll.
"""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def job_reference(job_id: UUID) -> str:
    """How a wake-up names a job."""
    return f"job:{job_id}"


def notify(session: Session, channel: str, payload: str) -> None:
    """Sends `payload` on `channel` if and when the session's transaction commits."""
    session.execute(select(func.pg_notify(channel, payload)))
