"""The ledger, as the jobs see it: projects, decision sets, approvals, events, artifacts. Bound to one
claimed job.

Every write checks the job's lease in its own transaction and raises agents.errors.Stopped if it is lost;
every material change writes an `events` row with it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol
from uuid import UUID

from agents.domain.proposal import Proposal
from agents.ports import AgentRuns, ArtifactStore, EventSink
from bot.messages import Message, RepositoryRef
from bot.stats.history import DecisionSetHistory

Status = Literal[
    "received", "planning", "awaiting_input", "awaiting_review", "generating", "proposed",
    "approved", "rejected", "superseded", "unchanged", "cancelled", "failed", "expired",
]  # fmt: skip
Trigger = Literal["constraints_updated", "user_approve", "regen"]


@dataclass(frozen=True)
class ProjectRecord:
    """A project: one constraints file. `root` is its folder in the repository, `slug` its name in
    branches and checks."""

    id: UUID
    repository_id: int
    root: str
    slug: str


@dataclass(frozen=True)
class DecisionSetRecord:
    """One passage of the engine for a project. `id` is the thread id; `number` counts within the project
    (v1, v2 …); `version` grows with every change (optimistic lock)."""

    id: UUID
    project_id: UUID
    parent_id: UUID | None
    number: int
    version: int
    status: Status
    trigger: Trigger
    actor: str
    branch: str
    head_sha: str
    pull_request: int | None
    commit_sha: str | None
    plan_digest: str | None
    proposal_sha256: str | None
    created_at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Approval:
    """What a person decided at a gate, bound to what was decided on (DESIGN §1.7). `actor_id` is GitHub's user id;
    `monthly_usd` is what the plan cost (merge), or what it may cost at most (pre-codegen)."""

    gate: Literal["merge", "pre-codegen"]
    status: Literal["approved", "rejected", "changes_requested"]
    actor: str
    actor_id: int | None
    head_sha: str
    plan_digest: str
    monthly_usd: Decimal | None
    comment: str = ""


@dataclass(frozen=True)
class Spent:
    """What a project took of a model."""

    tokens: int
    usd: Decimal


@dataclass(frozen=True)
class Cancelled:
    """What was stopped: the messages of the jobs, how many decision sets, and whether one waited for a review."""

    messages: tuple[Message, ...]
    sets: int
    waited: bool


@dataclass(frozen=True)
class OpenProposal:
    """What a project has waiting for people in a pull request."""

    root: str
    project: str
    number: int
    pull_request: int
    status: Status


@dataclass(frozen=True)
class RepositoryRecords:
    """What a repository's dashboard shows of the ledger; `today` is the database's day in UTC."""

    today: date
    open: tuple[OpenProposal, ...]
    histories: tuple[DecisionSetHistory, ...]


class Purse(Protocol):
    """What asking a model needs to know and to leave behind, for one project."""

    def spent(self, days: int) -> Spent:
        """What the project took of models in that many days up to now."""
        ...

    def aside(self, agent: str, text: str) -> None:
        """Keeps answers of a model that could not be repaired, for people to look at."""
        ...


class Ledger(Protocol):
    """See the module. Methods that take an id raise KeyError if there is no such record."""

    @property
    def artifacts(self) -> ArtifactStore: ...

    def runs(self, decision_set_id: UUID) -> AgentRuns: ...

    def purse(self, record: DecisionSetRecord) -> Purse: ...

    def events(self, decision_set_id: UUID) -> EventSink: ...

    def project_at(self, repository_id: int, root: str) -> ProjectRecord | None:
        """The project of that folder as it was last planned, or None."""
        ...

    def project(self, repository: RepositoryRef, root: str, slug: str) -> ProjectRecord:
        """The project at `root`, made if new; owner, name, slug and installation are kept up to date."""
        ...

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
        """This job's decision set for the project: the same one whenever the job is tried again."""
        ...

    def number_of(self, project_id: UUID, plan_digest: str) -> int | None:
        """The number of the last published decision set with that plan."""
        ...

    def of_job(self) -> DecisionSetRecord | None:
        """The decision set that this job began, if it did."""
        ...

    def find(self, decision_set_id: UUID) -> DecisionSetRecord: ...

    def latest(self, project_id: UUID) -> DecisionSetRecord | None:
        """The newest decision set of a project, whatever became of it."""
        ...

    def latest_published(self, project_id: UUID) -> DecisionSetRecord | None:
        """The last decision set that reached a pull request: what deltas are against."""
        ...

    def of_pull_request(self, repository_id: int, number: int, head_sha: str | None = None) -> DecisionSetRecord | None:
        """The decision set that was published to that pull request with `head_sha`, else the last one."""
        ...

    def repository_records(self, repository_id: int) -> RepositoryRecords: ...

    def is_publishing(self, repository_id: int) -> bool:
        """Whether a decision set of the repository is under way: what it publishes is not all recorded yet."""
        ...

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
        """Moves the decision set on; the same status again changes nothing but the given fields.

        Reaching `proposed`, `unchanged` or a gate supersedes the project's older open sets. Raises Defect if the state
        machine has no such step, bot.errors.Conflict if `expected_version` is given and not the present
        one.
        """
        ...

    def save_proposal(self, decision_set_id: UUID, proposal: Proposal) -> None:
        """Keeps the whole proposal as an artifact, its constraints and plan in the row, its files'
        hashes and its cost estimate."""
        ...

    def load_proposal(self, decision_set_id: UUID) -> Proposal | None: ...

    def point_to_checkpoint(self, decision_set_id: UUID, checkpoint_id: str) -> None:
        """Remembers the thread's latest checkpoint (SPEC §21.2)."""
        ...

    def cancel(self, project_id: UUID, reason: str) -> Cancelled:
        """Stops the project's work under way and cancels what waits for people; what is proposed stays."""
        ...

    def last_approval(self, project_id: UUID, gate: str) -> tuple[DecisionSetRecord, Approval] | None:
        """The last approval that a gate of the project was passed with, and what it was given for."""
        ...

    def approve(self, decision_set_id: UUID, approval: Approval) -> bool:
        """Records a decision once; False if the same one was recorded before."""
        ...
