"""What runs leave behind: artifacts by content, agent runs by idempotency key, and the events of
everything."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, CleanJson, Created
from bot.store.tables.decisions import SCHEMA_VERSION


class ArtifactRow(Base):
    """Bytes by their sha256: `content`, `zstd`-encoded where that is smaller, or at `place` on the shelf. Retention counts from
    `used_at`, when they were last stored."""

    __tablename__ = "artifacts"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    place: Mapped[str | None]
    encoding: Mapped[str]
    size_bytes: Mapped[int]
    created_at: Mapped[Created]
    used_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class AgentRunRow(Base):
    """One answer of one agent. A finished key is reused, never run again (SPEC §21.3)."""

    __tablename__ = "agent_runs"
    __table_args__ = (
        Index("ix_agent_runs_decision_set_id", "decision_set_id"),
        Index("ix_agent_runs_input_digest", "input_digest"),
    )

    idem_key: Mapped[str] = mapped_column(primary_key=True)
    decision_set_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("decision_sets.id"))
    agent: Mapped[str]
    node: Mapped[str]
    round: Mapped[int]
    provider: Mapped[str]
    model: Mapped[str]
    input_digest: Mapped[str]
    output: Mapped[Any] = mapped_column("output_jsonb", CleanJson)
    tokens_total: Mapped[int]
    latency_ms: Mapped[int]
    ok: Mapped[bool]
    schema_version: Mapped[int] = mapped_column(default=SCHEMA_VERSION)
    created_at: Mapped[Created]


class EventRow(Base):
    """Append-only: audit trail and source of the streams. Ids grow in commit order within a decision set."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_decision_set_id_id", "decision_set_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    decision_set_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("decision_sets.id"))
    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("jobs.id"), index=True)
    type: Mapped[str]
    payload: Mapped[Any] = mapped_column("payload_jsonb", CleanJson)
    schema_version: Mapped[int] = mapped_column(default=SCHEMA_VERSION)
    created_at: Mapped[Created]
