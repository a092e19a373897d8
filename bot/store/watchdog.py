"""The watchdog: decision sets that no job works on any more are ended, and people are told.

The end of a job ends its decision set in the same transaction; this is the net below: a set that a resumed run left behind
when its process died for good, or one of a version that had a mistake.
"""

from sqlalchemy import String, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.ports.work import Failure
from bot.store.database import Database
from bot.store.job_endings import seconds, tell
from bot.store.tables import DecisionSetRow, JobRow
from bot.store.transitions import move

UNDER_WAY = ("received", "planning", "generating")
GRACE_S = 60.0
LOST = "The run was lost: the process that worked on it is gone, and nobody took it up."
AT_ONCE = 100


def end_lost(database: Database) -> int:
    """Ends them as failed; answers how many."""
    with database.transaction() as session:
        found = _lost(session)
        for row in found:
            move(session, row, "failed", LOST)
            tell(session, session.scalars(select(JobRow).where(JobRow.id == row.job_id)).one(), Failure("crash", LOST))
        return len(found)


def _lost(session: Session) -> list[DecisionSetRow]:
    """Sets under way for a while whose own job has ended, and which no live job resumes."""
    own, resuming = aliased(JobRow), aliased(JobRow)
    live = ("queued", "running")
    resumed = exists().where(
        resuming.status.in_(live),
        resuming.payload["decision_set"].astext == cast(DecisionSetRow.id, String),
    )
    return list(
        session.scalars(
            select(DecisionSetRow)
            .join(own, own.id == DecisionSetRow.job_id)
            .where(
                DecisionSetRow.status.in_(UNDER_WAY),
                DecisionSetRow.updated_at < func.now() - seconds(GRACE_S),
                own.status.not_in(live),
                or_(own.finished_at.is_(None), own.finished_at < func.now() - seconds(GRACE_S)),
                ~resumed,
            )
            .order_by(DecisionSetRow.id)
            .limit(AT_ONCE)
            .with_for_update(of=DecisionSetRow, key_share=True, skip_locked=True)
        )
    )
