"""Work in flight, as the shell's parts see it: jobs under a fenced lease, and what became of them
(RELIABILITY §4)."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from bot.messages import Message

StopReason = Literal["superseded", "cancelled"]
FailureKind = Literal["user", "retry", "defect", "crash"]
"""Who must act: the person, nobody (it is tried again), us; `crash` is a process that ended without a
word."""


@dataclass(frozen=True)
class Lease:
    """The right to work on a job. `token` grows with every claim; a write under an older token is refused."""

    job_id: UUID
    token: int
    owner: str


@dataclass(frozen=True)
class Claimed:
    """A job that is ours now. `exhausted`: it failed too often, only telling people about it is left to
    do."""

    lease: Lease
    payload: Mapping[str, Any]
    attempt: int
    failures: int
    delivery_id: str | None
    exhausted: bool
    last_error: str | None


@dataclass(frozen=True)
class Failure:
    """Why a job did not end well. `remedy` is for the one who must act; `detail` (a traceback) is for
    the log only."""

    kind: FailureKind
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Kept:
    """What is in the inbox: which of the deliveries that were asked for, and when the newest of all came."""

    guids: Collection[str]
    newest: datetime | None


class Work(Protocol):
    """The jobs. All times are the database's."""

    def add(
        self, message: Message, *, supersede: bool, priority: int = 0, delivery_id: str | None = None
    ) -> UUID | None:
        """Records a job; None if a job of the same dedupe key was ever recorded.

        With `supersede`, queued jobs of the same kind and concurrency key end as superseded and a running
        one is asked to stop.
        """
        ...

    def claim(self, job_id: UUID, owner: str) -> Claimed | None:
        """Takes the job if it is due and nobody works on it or on its concurrency key; else None."""
        ...

    def renew(self, lease: Lease) -> StopReason | None:
        """Prolongs the lease; answers why to stop, if somebody asked. Raises agents.errors.Stopped if
        the lease is lost."""
        ...

    def complete(self, lease: Lease) -> None:
        """The job is done. Raises Stopped if the lease is lost (as do the following)."""
        ...

    def stopped(self, lease: Lease, reason: StopReason) -> None:
        """The job ended because it was superseded or cancelled."""
        ...

    def release(self, lease: Lease) -> None:
        """Back to the queue at once and without blame: this process is ending."""
        ...

    def retry(self, lease: Lease, failure: Failure, after_s: float | None = None) -> bool:
        """Back to the queue: after `after_s` (with jitter), or by the back-off of its failures. False:
        it was tried long enough and is dead now, with the failure kept and people to be told."""
        ...

    def fail(self, lease: Lease, failure: Failure, *, told: bool) -> None:
        """The job ended for a reason that trying again does not mend. Unless people were told, a job that tells them is
        recorded with it."""
        ...

    def bury(self, lease: Lease, failure: Failure, *, told: bool) -> None:
        """The job is put aside (dead letter): it failed too often. `told` as for `fail`."""
        ...


class Feed(Protocol):
    """One connection that hears of work. References are `job:<id>` and `delivery:<guid>`."""

    def lead(self) -> bool:
        """Whether this process is the one that sweeps; the right lasts as long as the connection."""
        ...

    def wait(self, seconds: float) -> Sequence[str]:
        """References notified of, as soon as there are some; none if `seconds` pass in silence."""
        ...

    def due(self, limit: int) -> Sequence[str]:
        """References of everything that could be worked on now and is not."""
        ...

    def retire(self, days: int) -> int:
        """Deletes finished deliveries older than that; answers how many."""
        ...


class Outbox(Protocol):
    """Where the relay hears of work."""

    def open(self) -> AbstractContextManager[Feed]:
        """Raises bot.errors.Unavailable, also from the feed's methods, if the database does not answer."""
        ...
