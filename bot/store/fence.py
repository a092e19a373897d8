"""The fence: a write by a run is made only if the run still holds its job's lease, seen in the same
transaction.

Locking the row until the commit keeps another claim waiting meanwhile: there is no moment between the check
and the write.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.errors import Stopped
from bot.ports.work import Lease
from bot.store.tables import JobRow

LOST = "The lease on this job was lost; whoever holds it now goes on."

FENCE_SQL = "SELECT 1 FROM jobs WHERE id = %s AND lease_token = %s AND status = 'running' FOR NO KEY UPDATE"
"""The same check for psycopg connections that are not SQLAlchemy's."""


@dataclass(frozen=True)
class Fence:
    """Checks one lease."""

    lease: Lease

    def check(self, session: Session) -> JobRow:
        """The job's row, locked until the transaction ends. Raises Stopped if another claim was made or
        the job was ended."""
        row = session.scalar(
            select(JobRow)
            .where(
                JobRow.id == self.lease.job_id,
                JobRow.lease_token == self.lease.token,
                JobRow.status == "running",
            )
            .with_for_update(key_share=True)
        )
        if row is None:
            raise Stopped(LOST)
        return row
