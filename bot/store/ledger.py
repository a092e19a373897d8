"""The ledger in Postgres (`bot.ports.ledger.Ledger`), bound to one claimed job's lease."""

import json
from dataclasses import asdict, fields
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agents.domain.proposal import Proposal
from bot.errors import Conflict
from bot.messages import RepositoryRef
from bot.ports.ledger import Approval, Cancelled, DecisionSetRecord, ProjectRecord, RepositoryRecords, Status, Trigger
from bot.ports.work import Lease
from bot.store.agent_runs import PostgresAgentRuns
from bot.store.artifacts import Artifacts, PostgresArtifacts
from bot.store.cancelling import cancel
from bot.store.database import Database
from bot.store.event_log import DecisionSetEvents, append
from bot.store.fence import Fence
from bot.store.histories import repository_records
from bot.store.proposals import measures, save
from bot.store.purse import PostgresPurse
from bot.store.records import decision_set_record
from bot.store.shelf import Shelf
from bot.store.tables import ApprovalRow, DecisionSetRow, ProjectRow
from bot.store.transitions import OPEN, move, supersede_older


class PostgresLedger:
    """See `bot.ports.ledger.Ledger`."""

    def __init__(self, database: Database, lease: Lease, shelf: Shelf | None = None) -> None:
        self._database = database
        self._fence = Fence(lease)
        self._bytes = Artifacts(shelf)
        self.artifacts = PostgresArtifacts(database, self._fence, self._bytes)

    def runs(self, decision_set_id: UUID) -> PostgresAgentRuns:
        return PostgresAgentRuns(self._database, self._fence, decision_set_id)

    def purse(self, record: DecisionSetRecord) -> PostgresPurse:
        return PostgresPurse(self._database, record.project_id, self.artifacts, self.events(record.id))

    def events(self, decision_set_id: UUID) -> DecisionSetEvents:
        return DecisionSetEvents(self._database, self._fence, decision_set_id)

    def project_at(self, repository_id: int, root: str) -> ProjectRecord | None:
        with self._database.transaction() as session:
            row = session.scalar(
                select(ProjectRow).where(ProjectRow.repository_id == repository_id, ProjectRow.root == root)
            )
            if row is None:
                return None
            return ProjectRecord(id=row.id, repository_id=row.repository_id, root=row.root, slug=row.slug)

    def project(self, repository: RepositoryRef, root: str, slug: str) -> ProjectRecord:
        values = {
            "slug": slug,
            "owner": repository.owner,
            "name": repository.name,
            "installation_id": repository.installation_id,
        }
        with self._database.transaction() as session:
            self._fence.check(session)
            row = session.scalar(
                select(ProjectRow).where(ProjectRow.repository_id == repository.id, ProjectRow.root == root)
            )
            if row is None:
                statement = insert(ProjectRow).values(repository_id=repository.id, root=root, **values)
                session.execute(statement.on_conflict_do_update(index_elements=["repository_id", "root"], set_=values))
                row = session.scalars(
                    select(ProjectRow).where(ProjectRow.repository_id == repository.id, ProjectRow.root == root)
                ).one()
                seen = {"project_id": str(row.id), "repository_id": repository.id, "root": root, **values}
                append(session, "project-created", seen, job_id=self._fence.lease.job_id)
            elif any(getattr(row, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(row, name, value)
                row.updated_at = func.now()
                seen = {"project_id": str(row.id), **values}
                append(session, "project-changed", seen, job_id=self._fence.lease.job_id)
            return ProjectRecord(id=row.id, repository_id=row.repository_id, root=row.root, slug=row.slug)

    def begin(
        self,
        project_id: UUID,
        *,
        trigger: Trigger,
        actor: str,
        branch: str,
        head_sha: str,
        parent_id: UUID | None = None,
    ) -> DecisionSetRecord:
        with self._database.transaction() as session:
            job = self._fence.check(session)
            row = session.scalar(select(DecisionSetRow).where(DecisionSetRow.job_id == job.id))
            if row is not None:
                return decision_set_record(row)
            # one project numbers its sets 1, 2, 3 …: its row is the lock
            session.scalars(
                select(ProjectRow.id).where(ProjectRow.id == project_id).with_for_update(key_share=True)
            ).one()
            last = session.scalar(
                select(func.max(DecisionSetRow.number)).where(DecisionSetRow.project_id == project_id)
            )
            row = DecisionSetRow(
                project_id=project_id,
                parent_id=parent_id or _latest_published(session, project_id),
                job_id=job.id,
                number=(last or 0) + 1,
                status="received",
                trigger=trigger,
                actor=actor,
                branch=branch,
                head_sha=head_sha,
            )
            session.add(row)
            session.flush()
            session.refresh(row)
            seen = {
                "number": row.number,
                "trigger": trigger,
                "actor": actor,
                "branch": branch,
                "head_sha": head_sha,
            }
            append(session, "decision-set-created", seen, decision_set_id=row.id, job_id=job.id)
            return decision_set_record(row)

    def number_of(self, project_id: UUID, plan_digest: str) -> int | None:
        with self._database.transaction() as session:
            return session.scalar(
                select(func.max(DecisionSetRow.number)).where(
                    DecisionSetRow.project_id == project_id,
                    DecisionSetRow.plan_digest == plan_digest,
                    DecisionSetRow.pull_request.is_not(None),
                )
            )

    def of_job(self) -> DecisionSetRecord | None:
        with self._database.transaction() as session:
            row = session.scalar(select(DecisionSetRow).where(DecisionSetRow.job_id == self._fence.lease.job_id))
            return None if row is None else decision_set_record(row)

    def find(self, decision_set_id: UUID) -> DecisionSetRecord:
        with self._database.transaction() as session:
            return decision_set_record(_get(session, decision_set_id))

    def latest(self, project_id: UUID) -> DecisionSetRecord | None:
        with self._database.transaction() as session:
            newest = select(DecisionSetRow).where(DecisionSetRow.project_id == project_id)
            row = session.scalar(newest.order_by(DecisionSetRow.number.desc()).limit(1))
            return None if row is None else decision_set_record(row)

    def latest_published(self, project_id: UUID) -> DecisionSetRecord | None:
        with self._database.transaction() as session:
            found = _latest_published(session, project_id)
            return None if found is None else decision_set_record(_get(session, found))

    def of_pull_request(self, repository_id: int, number: int, head_sha: str | None = None) -> DecisionSetRecord | None:
        with self._database.transaction() as session:
            row = session.scalar(
                select(DecisionSetRow)
                .join(ProjectRow, ProjectRow.id == DecisionSetRow.project_id)
                .where(ProjectRow.repository_id == repository_id, DecisionSetRow.pull_request == number)
                .order_by((DecisionSetRow.commit_sha == (head_sha or "")).desc(), DecisionSetRow.number.desc())
                .limit(1)
            )
            return None if row is None else decision_set_record(row)

    def repository_records(self, repository_id: int) -> RepositoryRecords:
        return repository_records(self._database, repository_id)

    def is_publishing(self, repository_id: int) -> bool:
        with self._database.transaction() as session:
            found = session.scalar(
                select(DecisionSetRow.id)
                .join(ProjectRow, ProjectRow.id == DecisionSetRow.project_id)
                .where(
                    ProjectRow.repository_id == repository_id,
                    DecisionSetRow.status.in_(("received", "planning", "generating")),
                )
                .limit(1)
            )
            return found is not None

    def transition(
        self,
        decision_set_id: UUID,
        status: Status,
        *,
        reason: str = "",
        pull_request: int | None = None,
        pull_request_url: str | None = None,
        commit_sha: str | None = None,
        expected_version: int | None = None,
    ) -> DecisionSetRecord:
        with self._database.transaction() as session:
            self._fence.check(session)
            row = _get(session, decision_set_id, lock=True)
            if expected_version is not None and row.version != expected_version:
                raise Conflict(f"The decision set is at version {row.version} now, not {expected_version}.")
            if pull_request is not None:
                row.pull_request = pull_request
            if pull_request_url is not None:
                row.pull_request_url = pull_request_url
            if commit_sha is not None:
                row.commit_sha = commit_sha
            move(session, row, status, reason)
            if status in OPEN or status == "unchanged":
                supersede_older(session, row)
            session.flush()
            return decision_set_record(row)

    def save_proposal(self, decision_set_id: UUID, proposal: Proposal) -> None:
        with self._database.transaction() as session:
            self._fence.check(session)
            row = _get(session, decision_set_id, lock=True)
            save(session, row, proposal, self._bytes)
            seen = {"outcome": proposal.outcome, "sha256": row.proposal_sha256, **measures(proposal)}
            append(session, "proposal-saved", seen, decision_set_id=row.id, job_id=self._fence.lease.job_id)

    def load_proposal(self, decision_set_id: UUID) -> Proposal | None:
        with self._database.transaction() as session:
            sha256 = _get(session, decision_set_id).proposal_sha256
            return None if sha256 is None else Proposal.model_validate_json(self._bytes.get(session, sha256))

    def point_to_checkpoint(self, decision_set_id: UUID, checkpoint_id: str) -> None:
        with self._database.transaction() as session:
            self._fence.check(session)
            _get(session, decision_set_id, lock=True).checkpoint_id = checkpoint_id

    def cancel(self, project_id: UUID, reason: str) -> Cancelled:
        with self._database.transaction() as session:
            self._fence.check(session)
            return cancel(session, project_id, reason)

    def last_approval(self, project_id: UUID, gate: str) -> tuple[DecisionSetRecord, Approval] | None:
        with self._database.transaction() as session:
            found = session.execute(
                select(DecisionSetRow, ApprovalRow)
                .join(ApprovalRow, ApprovalRow.decision_set_id == DecisionSetRow.id)
                .where(
                    DecisionSetRow.project_id == project_id,
                    ApprovalRow.gate == gate,
                    ApprovalRow.status == "approved",
                )
                .order_by(DecisionSetRow.number.desc(), ApprovalRow.created_at.desc())
                .limit(1)
            ).first()
            if found is None:
                return None
            row, given = found
            return decision_set_record(row), Approval(**{f.name: getattr(given, f.name) for f in fields(Approval)})

    def approve(self, decision_set_id: UUID, approval: Approval) -> bool:
        with self._database.transaction() as session:
            self._fence.check(session)
            _get(session, decision_set_id, lock=True)
            statement = insert(ApprovalRow).values(decision_set_id=decision_set_id, **asdict(approval))
            new = session.scalar(statement.on_conflict_do_nothing().returning(ApprovalRow.id))
            if new is not None:
                seen = json.loads(json.dumps(asdict(approval), default=str))
                append(
                    session,
                    "approval",
                    seen,
                    decision_set_id=decision_set_id,
                    job_id=self._fence.lease.job_id,
                )
            return new is not None


def _get(session: Session, decision_set_id: UUID, *, lock: bool = False) -> DecisionSetRow:
    statement = select(DecisionSetRow).where(DecisionSetRow.id == decision_set_id)
    row = session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    if row is None:
        raise KeyError(f"There is no decision set {decision_set_id}.")
    return row


def _latest_published(session: Session, project_id: UUID) -> UUID | None:
    return session.scalar(
        select(DecisionSetRow.id)
        .where(DecisionSetRow.project_id == project_id, DecisionSetRow.pull_request.is_not(None))
        .order_by(DecisionSetRow.number.desc())
        .limit(1)
    )
