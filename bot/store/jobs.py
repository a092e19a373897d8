"""Jobs in Postgres (`bot.ports.work.Work`): recorded once, claimed under a fenced lease, ended with the
event that tells so.

Claims follow SPEC §23.2 (FOR UPDATE SKIP LOCKED and a lease), with a token that grows at each claim
(RELIABILITY §4.3) and the database's clock. Locks are always taken job first, decision set second.
"""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.messages import Message
from bot.ports.work import Claimed, Failure, Lease, StopReason
from bot.store.database import Database
from bot.store.event_log import append
from bot.store.fence import Fence
from bot.store.job_endings import FAILED_TOO_OFTEN, back_off, end, put_back, seconds, wake
from bot.store.tables import JobRow

GIVE_UP_S = 24 * 3600.0
"""How long a job is tried again while something outside is unwell."""


class PostgresJobs:
    """See `bot.ports.work.Work`."""

    def __init__(self, database: Database, *, lease_s: float, max_failures: int) -> None:
        self._database = database
        self._lease_s = lease_s
        self._max_failures = max_failures

    def add(
        self, message: Message, *, supersede: bool, priority: int = 0, delivery_id: str | None = None
    ) -> UUID | None:
        with self._database.transaction() as session:
            return add(session, message, supersede=supersede, priority=priority, delivery_id=delivery_id)

    def claim(self, job_id: UUID, owner: str) -> Claimed | None:
        try:
            with self._database.transaction() as session:
                return self._claim(session, job_id, owner)
        except IntegrityError:  # uq_jobs_running: another worker took a job of the same concurrency key at this moment
            return None

    def _claim(self, session: Session, job_id: UUID, owner: str) -> Claimed | None:
        job = session.scalar(
            select(JobRow).where(JobRow.id == job_id).with_for_update(key_share=True, skip_locked=True)
        )
        now = session.scalars(select(func.now())).one()
        if job is None:
            return None
        if job.status == "running" and job.lease_until is not None and job.lease_until < now:
            if not _crashed(session, job, self._max_failures):
                return None
        elif job.status != "queued" or job.next_run_at > now:
            return None
        if not self._key_is_free(session, job):
            return None
        job.status, job.lease_owner = "running", owner
        job.lease_token += 1
        job.attempts += 1
        job.lease_until = now + seconds(self._lease_s)
        job.updated_at = now
        session.flush()
        append(session, "job-started", {"type": job.type, "attempt": job.attempts, "owner": owner}, job_id=job.id)
        return Claimed(
            lease=Lease(job_id=job.id, token=job.lease_token, owner=owner),
            payload=job.payload,
            attempt=job.attempts,
            failures=job.failures,
            delivery_id=job.delivery_id,
            exhausted=job.failures >= self._max_failures,
            last_error=job.error["message"] if job.error else None,
        )

    def _key_is_free(self, session: Session, job: JobRow) -> bool:
        """No other job of the concurrency key runs. One whose process died goes back to the queue (or
        ends, if it was to stop)."""
        other = session.scalar(
            select(JobRow)
            .where(JobRow.concurrency_key == job.concurrency_key, JobRow.status == "running", JobRow.id != job.id)
            .with_for_update(key_share=True, skip_locked=True)
        )
        if other is None:
            return True  # or it is locked by someone at work on it: then the unique index refuses ours
        if other.lease_until is not None and other.lease_until < session.scalars(select(func.now())).one():
            if _crashed(session, other, self._max_failures):
                put_back(session, other, 0)
            session.flush()
            return True
        return False

    def renew(self, lease: Lease) -> StopReason | None:
        with self._database.transaction() as session:
            job = Fence(lease).check(session)
            job.lease_until = func.now() + seconds(self._lease_s)
            return job.cancel_requested  # type: ignore[return-value]

    def complete(self, lease: Lease) -> None:
        with self._database.transaction() as session:
            end(session, Fence(lease).check(session), "done")

    def stopped(self, lease: Lease, reason: StopReason) -> None:
        with self._database.transaction() as session:
            end(session, Fence(lease).check(session), reason)

    def release(self, lease: Lease) -> None:
        with self._database.transaction() as session:
            job = Fence(lease).check(session)
            put_back(session, job, 0)
            append(session, "job-released", {"type": job.type}, job_id=job.id)

    def retry(self, lease: Lease, failure: Failure, after_s: float | None = None) -> bool:
        with self._database.transaction() as session:
            job = Fence(lease).check(session)
            job.error = _error(failure)
            if failure.kind == "retry":
                job.retries += 1
                age = session.scalars(select(func.extract("epoch", func.now() - job.created_at))).one()
                if float(age) > GIVE_UP_S:
                    tried = replace(failure, message=f"Tried for {GIVE_UP_S / 3600:.0f} hours. {failure.message}")
                    end(session, job, "dead", tried.message, untold=tried)
                    return False
            else:
                job.failures += 1
            delay = back_off(job.failures) if after_s is None else after_s
            put_back(session, job, delay)
            seen = {"type": job.type, "after_s": round(delay, 1), **_error(failure)}
            append(session, "job-retry", seen, job_id=job.id)
            return True

    def fail(self, lease: Lease, failure: Failure, *, told: bool) -> None:
        self._end(lease, "failed", failure, told)

    def bury(self, lease: Lease, failure: Failure, *, told: bool) -> None:
        self._end(lease, "dead", failure, told)

    def _end(self, lease: Lease, status: str, failure: Failure, told: bool) -> None:
        with self._database.transaction() as session:
            job = Fence(lease).check(session)
            job.error = _error(failure)
            end(session, job, status, failure.message, untold=None if told else failure)

    def cancel(self, job_id: UUID) -> bool:
        """Ends a queued job, asks a running one to stop. False if it has ended already."""
        with self._database.transaction() as session:
            job = session.scalar(select(JobRow).where(JobRow.id == job_id).with_for_update(key_share=True))
            if job is None or job.status not in ("queued", "running"):
                return False
            stop(session, job, "cancelled")
            return True


def add(
    session: Session, message: Message, *, supersede: bool, priority: int = 0, delivery_id: str | None = None
) -> UUID | None:
    """`Work.add` within the caller's transaction."""
    if supersede:  # two deliveries at the same moment must see each other's jobs
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(message.concurrency_key, 0))))
    statement = insert(JobRow).values(
        type=message.kind,
        payload=message.model_dump(mode="json"),
        dedupe_key=message.dedupe_key,
        concurrency_key=message.concurrency_key,
        priority=priority,
        delivery_id=delivery_id,
    )
    job_id = session.scalar(statement.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(JobRow.id))
    if job_id is None:
        return None
    if supersede:
        older = select(JobRow).where(
            JobRow.concurrency_key == message.concurrency_key,
            JobRow.type == message.kind,
            JobRow.status.in_(("queued", "running")),
            JobRow.id != job_id,
        )
        for job in session.scalars(older.order_by(JobRow.id).with_for_update(key_share=True)).all():
            stop(session, job, "superseded")
    append(session, "job-queued", {"type": message.kind, "delivery_id": delivery_id}, job_id=job_id)
    wake(session, job_id)
    return UUID(str(job_id))


def stop(session: Session, job: JobRow, reason: StopReason) -> None:
    """Ends a queued job, asks a running one to stop."""
    if job.status == "queued":
        end(session, job, reason)
    else:
        job.cancel_requested = reason
        append(session, "job-stop-asked", {"type": job.type, "reason": reason}, job_id=job.id)


def _crashed(session: Session, job: JobRow, max_failures: int) -> bool:
    """Notes that the process of a running job died; ends the job and answers False if there is no point
    in trying again."""
    job.failures += 1
    message = f"The worker {job.lease_owner} ended in the middle of the job (attempt {job.attempts})."
    job.error = {"kind": "crash", "message": message}
    append(
        session,
        "job-crashed",
        {"type": job.type, "failures": job.failures, "message": message},
        job_id=job.id,
    )
    if job.cancel_requested is not None:
        end(session, job, job.cancel_requested)
        return False
    if job.failures > max_failures:  # it died even while only telling people about it
        words = FAILED_TOO_OFTEN.format(failures=job.failures)
        end(session, job, "dead", words, untold=Failure("crash", words))
        return False
    return True


def _error(failure: Failure) -> dict[str, str]:
    return {"kind": failure.kind, "message": failure.message, "remedy": failure.remedy}
