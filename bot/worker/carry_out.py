"""One job carried out under its lease: the one place that catches everything (DESIGN §4, Errors).

Every end is written by who must act: the person (failed, with the remedy), nobody (back to the queue), us
(tried again with a growing pause, then put aside). If even that cannot be written, the lease runs out and
the sweeper finds the job.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from agents.errors import BadInput, RetryLater, Stopped
from bot.errors import EngineError, PermissionMissing, PersonMustAct, Refused
from bot.jobs.grants import remedy
from bot.jobs.job import Job
from bot.log import logger
from bot.messages import Message, TellFailure, parse_message
from bot.ports.work import Claimed, Failure, Work
from bot.queue.heartbeat import Heartbeat
from bot.queue.time_limit import TimeLimit
from bot.store.database import Database
from bot.worker.runtime import Runtime

log = logger(__name__)


def carry_out(job_id: UUID, owner: str, database: Database, runtime: Runtime) -> None:
    """Claims the job and handles it; does nothing if it is not due or somebody else has it."""
    work = runtime.work(database)
    claimed = work.claim(job_id, owner)
    if claimed is None:
        log.debug("nothing to do: the job has ended, waits, or is being worked on")
        return
    log.info("the job starts", attempt=claimed.attempt, kind=claimed.payload.get("kind"), cause=claimed.delivery_id)
    with Heartbeat(work, claimed.lease, lease_s=runtime.settings.lease_s) as pulse, _told_to_end(pulse):
        _Errand(work, claimed, pulse, runtime).run()


class _Errand:
    """A claimed job on its way to one of its ends."""

    def __init__(self, work: Work, claimed: Claimed, pulse: Heartbeat, runtime: Runtime) -> None:
        self._work, self._claimed, self._pulse, self._runtime = work, claimed, pulse, runtime
        self._lease = claimed.lease

    def run(self) -> None:
        try:
            if self._claimed.exhausted:
                self._put_aside()
            else:
                self._handle()
                self._work.complete(self._lease)
                log.info("the job is done")
        except Stopped:
            self._stopped()
        except RetryLater as error:
            self._later(error)
        except (BadInput, PersonMustAct, Refused) as error:
            failure = Failure("user", error.message, self._remedy(error))
            log.warning("the job needs a person", reason=error.message, remedy=failure.remedy)
            self._work.fail(self._lease, failure, told=self._tell(failure))
        except TimeLimit:
            limit = self._runtime.settings.job_timeout_s
            log.error("the job took too long", limit_s=limit)
            self._work.retry(self._lease, Failure("defect", f"The job took longer than {limit} seconds."))
        except Exception as error:
            log.exception("the job met a defect")
            self._work.retry(self._lease, Failure("defect", _defect(error, self._lease.job_id)))

    def _handle(self) -> None:
        message, job = self._message()
        with self._runtime.services(self._claimed, self._pulse) as services:
            job.handle(message, services)

    def _message(self) -> tuple[Message, Job]:
        message = parse_message(self._claimed.payload)
        return message, self._runtime.jobs[message.kind]

    def _remedy(self, error: EngineError) -> str:
        """What to do; of a missing permission, with the addresses."""
        if not isinstance(error, PermissionMissing):
            return error.remedy
        try:
            message, _ = self._message()
            if isinstance(message, TellFailure):
                return error.remedy
            with self._runtime.services(self._claimed, self._pulse) as services:
                return remedy(error, error.permission, services, message.repository.owner)
        except Exception:
            log.exception("it could not be found out where the permission is granted")
            return error.remedy

    def _later(self, error: RetryLater) -> None:
        failure = Failure("retry", error.message, error.remedy)
        log.warning("the job will be tried again", reason=error.message, after_s=error.after_s)
        if not self._work.retry(self._lease, failure, error.after_s):
            log.error("the job was tried for too long; people are told as soon as they can be", reason=error.message)

    def _put_aside(self) -> None:
        failure = Failure("defect", self._claimed.last_error or "The job failed too often.")
        log.error(
            "the job failed too often and is put aside",
            failures=self._claimed.failures,
            reason=failure.message,
        )
        self._work.bury(self._lease, failure, told=self._tell(failure))

    def _tell(self, failure: Failure) -> bool:
        """Lets the job tell people, and answers whether that is done; it must not stand in the way of ending the job."""
        try:
            message, job = self._message()
            if job.failed is not None:
                with self._runtime.services(self._claimed, self._pulse) as services:
                    job.failed(message, services, failure)
        except Stopped:
            raise
        except Exception:
            log.exception("people could not be told that a job failed; it is tried again")
            return False
        return True

    def _stopped(self) -> None:
        if self._pulse.why is None:
            self._pulse.beat()  # the fence spoke before the heartbeat: ask what it was
        why = self._pulse.why or "shutdown"
        log.info("the job was stopped", why=why)
        if why == "shutdown":
            self._work.release(self._lease)
        elif why != "lost":
            self._work.stopped(self._lease, why)


def _defect(error: Exception, job_id: UUID) -> str:
    return f"mlwright met an error of its own ({type(error).__name__}) in job {job_id}; the log has the details."


@contextmanager
def _told_to_end(pulse: Heartbeat) -> Iterator[None]:
    """SIGTERM asks the job to stop at its next step; it goes back to the queue."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: pulse.stop("shutdown"))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
