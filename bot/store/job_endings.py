"""What happens to a job's row, its decision set and its neighbours when it ends or goes back to the queue."""

import random
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.messages import TellFailure, parse_message
from bot.ports.ledger import Status
from bot.ports.work import Failure
from bot.store.event_log import append
from bot.store.notify import job_reference, notify
from bot.store.notify_channels import WORK_CHANNEL
from bot.store.tables import DecisionSetRow, JobRow
from bot.store.transitions import end_of_job

Ending = Literal["done", "failed", "dead", "superseded", "cancelled"]

TELLING = "tell_failure"
FAILED_TOO_OFTEN = "The job failed {failures} times and was put aside."
_DECISION_SET: dict[str, Status] = {
    "failed": "failed", "dead": "failed", "superseded": "superseded", "cancelled": "cancelled"
}  # fmt: skip
_RETRY_BASE_S = 5.0
_RETRY_CAP_S = 300.0


def seconds(value: float) -> timedelta:
    """An interval."""
    return timedelta(seconds=value)


def back_off(failures: int) -> float:
    """Seconds to wait after so many failures: 5, 10, 20 … 300."""
    return float(min(_RETRY_BASE_S * 2 ** max(0, failures - 1), _RETRY_CAP_S))


def wake(session: Session, job_id: UUID) -> None:
    """Tells the relay that the job is due, when the transaction commits."""
    notify(session, WORK_CHANNEL, job_reference(job_id))


def end(session: Session, job: JobRow, status: str, reason: str = "", *, untold: Failure | None = None) -> None:
    """Ends the job and the decision set it was at work on, and wakes what waited for its concurrency key.

    `untold`: nobody was told of this failure; a job that does is recorded in the same transaction.
    """
    job.status = status
    job.finished_at = job.updated_at = func.now()
    job.lease_until = None
    session.flush()
    append(
        session,
        f"job-{status}",
        {"type": job.type, "attempts": job.attempts, "reason": reason},
        job_id=job.id,
    )
    if status in _DECISION_SET:
        row = session.scalar(
            select(DecisionSetRow).where(DecisionSetRow.job_id == job.id).with_for_update(key_share=True)
        )
        end_of_job(session, row, _DECISION_SET[status], reason or f"The job was {status}.")
    if untold is not None:
        tell(session, job, untold)
    waiting = session.scalar(
        select(JobRow.id)
        .where(
            JobRow.concurrency_key == job.concurrency_key,
            JobRow.status == "queued",
            JobRow.next_run_at <= func.now(),
        )
        .order_by(JobRow.priority.desc(), JobRow.created_at)
        .limit(1)
    )
    if waiting is not None:
        wake(session, waiting)


def tell(session: Session, job: JobRow, failure: Failure) -> None:
    """Records the job that tells people of the end of this one: tried like any other, until GitHub can be reached."""
    try:
        parse_message(job.payload)
    except ValueError:  # of another version: nobody here knows whom to tell
        return
    if job.type == TELLING:
        return
    message = TellFailure(
        job=str(job.id), message=job.payload, why=failure.kind, words=failure.message, remedy=failure.remedy
    )
    values = {
        "type": message.kind,
        "payload": message.model_dump(mode="json"),
        "dedupe_key": message.dedupe_key,
        "concurrency_key": message.concurrency_key,
        "delivery_id": job.delivery_id,
    }
    statement = insert(JobRow).values(**values).on_conflict_do_nothing(index_elements=["dedupe_key"])
    job_id = session.scalar(statement.returning(JobRow.id))
    if job_id is not None:
        append(session, "job-queued", {"type": message.kind, "delivery_id": job.delivery_id}, job_id=job_id)
        wake(session, job_id)


def put_back(session: Session, job: JobRow, after_s: float) -> None:
    """Queues the job again, `after_s` seconds from now and up to a fifth later, so that many do not come
    back at once.

    A job that was asked to stop meanwhile ends instead.
    """
    if job.cancel_requested is not None:
        end(session, job, job.cancel_requested)
        return
    jitter = random.random() * 0.2 * after_s
    job.status = "queued"
    job.lease_until = None
    job.updated_at = func.now()
    job.next_run_at = func.now() + seconds(after_s + jitter)
    session.flush()
    if after_s == 0:
        wake(session, job.id)
