"""Work in flight: webhook deliveries as they came, and jobs with their leases."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, CleanJson, Created, Uuid


class DeliveryRow(Base):
    """A webhook delivery, committed before GitHub got its 202. `body` is the payload, zstd-compressed.

    `state`: received, done (its jobs are recorded), ignored (nothing to do; `reason` says why), dead (could
    not be read).
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_unfinished", "next_attempt_at", postgresql_where=text("state = 'received'")),
        Index("ix_deliveries_received_at", "received_at"),
    )

    guid: Mapped[str] = mapped_column(primary_key=True)
    event: Mapped[str]
    action: Mapped[str | None]
    repository_id: Mapped[int | None]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(server_default="received")
    reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    received_at: Mapped[Created]
    next_attempt_at: Mapped[Created]
    finished_at: Mapped[datetime | None]


class JobRow(Base):
    """One message to be handled. `status`: queued, running, done, failed, dead, superseded, cancelled.

    At most one job of a concurrency key is running: the partial unique index says so, whatever the code does.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_due", "next_run_at", postgresql_where=text("status = 'queued'")),
        Index("ix_jobs_leases", "lease_until", postgresql_where=text("status = 'running'")),
        Index("uq_jobs_running", "concurrency_key", unique=True, postgresql_where=text("status = 'running'")),
        Index("ix_jobs_key", "concurrency_key", postgresql_where=text("status IN ('queued', 'running')")),
    )

    id: Mapped[Uuid]
    type: Mapped[str]
    payload: Mapped[Any] = mapped_column("payload_jsonb", CleanJson)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    concurrency_key: Mapped[str]
    delivery_id: Mapped[str | None] = mapped_column(ForeignKey("deliveries.guid", ondelete="SET NULL"), index=True)
    priority: Mapped[int] = mapped_column(server_default="0")
    status: Mapped[str] = mapped_column(server_default="queued")
    attempts: Mapped[int] = mapped_column(server_default="0")
    retries: Mapped[int] = mapped_column(server_default="0")
    failures: Mapped[int] = mapped_column(server_default="0")
    next_run_at: Mapped[Created]
    lease_owner: Mapped[str | None]
    lease_token: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None]
    cancel_requested: Mapped[str | None]
    """Why to stop: superseded or cancelled."""
    error: Mapped[Any] = mapped_column("error_jsonb", CleanJson, nullable=True)
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
    finished_at: Mapped[datetime | None]
