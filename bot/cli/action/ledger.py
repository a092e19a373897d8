"""The ledger of one run of the Action: in memory, for the runner is gone afterwards. What must last is in the repository."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from agents.domain.proposal import Proposal
from agents.graph.memory import MemoryArtifacts, MemoryRuns
from agents.ports import AgentRuns, EventSink
from bot.messages import RepositoryRef
from bot.ports.ledger import (
    Approval,
    Cancelled,
    DecisionSetRecord,
    ProjectRecord,
    Purse,
    RepositoryRecords,
    Spent,
    Status,
    Trigger,
)


class _RunPurse:
    """A runner remembers nothing: quotas hold for one run, and what a model answered amiss is told on the card alone."""

    def spent(self, days: int) -> Spent:
        return Spent(0, Decimal(0))

    def aside(self, agent: str, text: str) -> None:
        return None


class RunLedger:
    """bot.ports.ledger.Ledger for one project and one decision set. `say` is told every stage."""

    def __init__(self, sink: EventSink) -> None:
        self.artifacts = MemoryArtifacts()
        self.proposal: Proposal | None = None
        self.record: DecisionSetRecord | None = None
        self.pull_request_url = ""
        self.reason = ""
        self._runs = MemoryRuns()
        self._sink = sink

    def runs(self, decision_set_id: UUID) -> AgentRuns:
        return self._runs

    def purse(self, record: DecisionSetRecord) -> Purse:
        return _RunPurse()

    def events(self, decision_set_id: UUID) -> EventSink:
        return self._sink

    def repository_records(self, repository_id: int) -> RepositoryRecords:
        return RepositoryRecords(datetime.now(UTC).date(), (), ())

    def project_at(self, repository_id: int, root: str) -> ProjectRecord | None:
        return None

    def project(self, repository: RepositoryRef, root: str, slug: str) -> ProjectRecord:
        return ProjectRecord(uuid4(), repository.id, root, slug)

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
        self.record = DecisionSetRecord(
            id=uuid4(),
            project_id=project_id,
            parent_id=parent_id,
            number=1,
            version=1,
            status="received",
            trigger=trigger,
            actor=actor,
            branch=branch,
            head_sha=head_sha,
            pull_request=None,
            commit_sha=None,
            plan_digest=None,
            proposal_sha256=None,
            created_at=datetime.now(UTC),
        )
        return self.record

    def number_of(self, project_id: UUID, plan_digest: str) -> int | None:
        return None

    def of_job(self) -> DecisionSetRecord | None:
        return self.record

    def find(self, decision_set_id: UUID) -> DecisionSetRecord:
        if self.record is None or self.record.id != decision_set_id:
            raise KeyError(decision_set_id)
        return self.record

    def latest(self, project_id: UUID) -> DecisionSetRecord | None:
        return self.record

    def latest_published(self, project_id: UUID) -> DecisionSetRecord | None:
        return None

    def of_pull_request(self, repository_id: int, number: int, head_sha: str | None = None) -> DecisionSetRecord | None:
        return None

    def is_publishing(self, repository_id: int) -> bool:
        return False

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
        record = self.find(decision_set_id)
        given = {"pull_request": pull_request, "commit_sha": commit_sha}
        changes: Mapping[str, Any] = {name: value for name, value in given.items() if value is not None}
        self.record = replace(record, status=status, version=record.version + 1, **changes)
        self.pull_request_url = pull_request_url or self.pull_request_url
        self.reason = reason or self.reason
        return self.record

    def save_proposal(self, decision_set_id: UUID, proposal: Proposal) -> None:
        self.proposal = proposal

    def load_proposal(self, decision_set_id: UUID) -> Proposal | None:
        return self.proposal

    def point_to_checkpoint(self, decision_set_id: UUID, checkpoint_id: str) -> None:
        return None

    def cancel(self, project_id: UUID, reason: str) -> Cancelled:
        return Cancelled((), 0, False)

    def last_approval(self, project_id: UUID, gate: str) -> tuple[DecisionSetRecord, Approval] | None:
        return None

    def approve(self, decision_set_id: UUID, approval: Approval) -> bool:
        return False
