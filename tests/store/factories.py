"""Messages and claimed jobs for tests."""

from uuid import UUID

from bot.messages import PlanProject, RepositoryRef
from bot.ports.ledger import DecisionSetRecord
from bot.ports.work import Claimed
from bot.store.database import Database
from bot.store.jobs import PostgresJobs
from bot.store.ledger import PostgresLedger

REPOSITORY = RepositoryRef(id=7, owner="acme", name="churn", installation_id=11, default_branch="main")


def sha(number: int) -> str:
    return f"{number:040x}"


def plan(head: int, root: str = "", repository: int = 7) -> PlanProject:
    """A plan message for the head of that number."""
    ref = RepositoryRef(id=repository, owner="acme", name="churn", installation_id=11, default_branch="main")
    return PlanProject(repository=ref, root=root, branch="main", head_sha=sha(head), actor="ada")


def jobs(database: Database, lease_s: float = 60, max_failures: int = 5) -> PostgresJobs:
    return PostgresJobs(database, lease_s=lease_s, max_failures=max_failures)


def claimed(work: PostgresJobs, message: PlanProject, owner: str = "w1") -> Claimed:
    """That message as a job that `owner` holds."""
    job_id = work.add(message, supersede=True)
    assert job_id is not None
    found = work.claim(job_id, owner)
    assert found is not None
    return found


def begun(database: Database, work: PostgresJobs, head: int = 1) -> tuple[PostgresLedger, DecisionSetRecord]:
    """A ledger bound to a claimed plan, and its decision set."""
    claim = claimed(work, plan(head))
    ledger = PostgresLedger(database, claim.lease)
    project = ledger.project(REPOSITORY, "", "churn")
    return ledger, ledger.begin(
        project.id, trigger="constraints_updated", actor="ada", branch="main", head_sha=sha(head)
    )


def events(database: Database, decision_set_id: UUID | None = None) -> list[tuple[str, dict[str, object]]]:
    """Type and payload of all events, oldest first."""
    from sqlalchemy import select

    from bot.store.tables import EventRow

    with database.transaction() as session:
        statement = select(EventRow).order_by(EventRow.id)
        if decision_set_id is not None:
            statement = statement.where(EventRow.decision_set_id == decision_set_id)
        return [(row.type, row.payload) for row in session.scalars(statement)]
