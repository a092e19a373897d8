"""Projects and what was decided for them: decision sets, their files, approvals and cost estimates (SPEC
§7)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, CleanJson, Created, Uuid

SCHEMA_VERSION = 1
"""Of the JSON that rows carry; readers upgrade older ones."""


class ProjectRow(Base):
    """One constraints file of one repository. The repository's id is its identity, owner and name may
    change."""

    __tablename__ = "projects"
    __table_args__ = (UniqueConstraint("repository_id", "root"),)

    id: Mapped[Uuid]
    repository_id: Mapped[int]
    root: Mapped[str]
    slug: Mapped[str]
    owner: Mapped[str]
    name: Mapped[str]
    installation_id: Mapped[int | None]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class DecisionSetRow(Base):
    """One passage of the engine. `id` is the thread id; `version` is the optimistic lock, counted by
    SQLAlchemy."""

    __tablename__ = "decision_sets"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        Index("ix_decision_sets_project_id_pull_request", "project_id", "pull_request"),
    )

    id: Mapped[Uuid]
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("projects.id"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("decision_sets.id"))
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"), unique=True)
    number: Mapped[int]
    version: Mapped[int] = mapped_column()
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    trigger: Mapped[str]
    actor: Mapped[str]
    branch: Mapped[str]
    head_sha: Mapped[str]
    pull_request: Mapped[int | None]
    pull_request_url: Mapped[str | None]
    commit_sha: Mapped[str | None]
    plan_digest: Mapped[str | None]
    constraints: Mapped[Any] = mapped_column("constraints_jsonb", CleanJson, nullable=True)
    plan: Mapped[Any] = mapped_column("plan_jsonb", CleanJson, nullable=True)
    summary: Mapped[str | None] = mapped_column("summary_md")
    proposal_sha256: Mapped[str | None] = mapped_column(ForeignKey("artifacts.sha256"))
    checkpoint_id: Mapped[str | None]
    schema_version: Mapped[int] = mapped_column(default=SCHEMA_VERSION)
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
    ended_at: Mapped[datetime | None]
    """When `run-complete` was written: the passage is over (what people decide about it afterwards is
    not part of it)."""

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class DecisionSetFileRow(Base):
    """One file of a decision set's tree or reports, by hash: what keeps an artifact from being swept away."""

    __tablename__ = "decision_set_files"

    decision_set_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("decision_sets.id"), primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("artifacts.sha256"), index=True)
    kind: Mapped[str]


class ApprovalRow(Base):
    """What a person decided at a gate, bound to head, plan and cost. The same decision is recorded once."""

    __tablename__ = "approvals"
    __table_args__ = (UniqueConstraint("decision_set_id", "gate", "actor", "head_sha", "status"),)

    id: Mapped[Uuid]
    decision_set_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("decision_sets.id"))
    gate: Mapped[str]
    actor: Mapped[str]
    actor_id: Mapped[int | None]
    status: Mapped[str]
    comment: Mapped[str]
    head_sha: Mapped[str]
    plan_digest: Mapped[str]
    monthly_usd: Mapped[Decimal | None] = mapped_column(Numeric)
    created_at: Mapped[Created]


class CostEstimateRow(Base):
    """The cost estimate of a decision set; USD a month."""

    __tablename__ = "cost_estimates"

    id: Mapped[Uuid]
    decision_set_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("decision_sets.id"), unique=True)
    monthly_usd: Mapped[Decimal] = mapped_column(Numeric)
    low_usd: Mapped[Decimal] = mapped_column(Numeric)
    high_usd: Mapped[Decimal] = mapped_column(Numeric)
    breakdown: Mapped[Any] = mapped_column("breakdown_jsonb", CleanJson)
    method: Mapped[str]
    price_book: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[Created]
