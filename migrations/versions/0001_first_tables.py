"""The first tables (DESIGN §4)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

TABLES = (
    "artifacts",
    "deliveries",
    "projects",
    "jobs",
    "decision_sets",
    "agent_runs",
    "approvals",
    "cost_estimates",
    "decision_set_files",
    "events",
)
COMPRESSED = (("deliveries", "body"), ("artifacts", "content"))
"""Columns that hold zstd already: Postgres need not try to compress them again."""


def upgrade() -> None:
    _artifacts()
    _deliveries()
    _projects()
    _jobs()
    _decision_sets()
    _agent_runs()
    _approvals()
    _cost_estimates()
    _decision_set_files()
    _events()
    for table, column in COMPRESSED:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _artifacts() -> None:
    op.create_table(
        "artifacts",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_artifacts")),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("repository_id", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="received", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("guid", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_received_at", "deliveries", ["received_at"], unique=False)
    op.create_index(
        "ix_deliveries_unfinished",
        "deliveries",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state = 'received'"),
    )


def _projects() -> None:
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("repository_id", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("installation_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("repository_id", "root", name=op.f("uq_projects_repository_id_root")),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload_jsonb", JSONB(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("concurrency_key", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=True),
        sa.Column("priority", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("retries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested", sa.Text(), nullable=True),
        sa.Column("error_jsonb", JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.guid"], name=op.f("fk_jobs_delivery_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_jobs_dedupe_key")),
    )
    _job_indexes()


def _job_indexes() -> None:
    op.create_index(op.f("ix_jobs_delivery_id"), "jobs", ["delivery_id"], unique=False)
    op.create_index("ix_jobs_due", "jobs", ["next_run_at"], unique=False, postgresql_where=sa.text("status = 'queued'"))
    op.create_index(
        "ix_jobs_key",
        "jobs",
        ["concurrency_key"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_index(
        "ix_jobs_leases",
        "jobs",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_index(
        "uq_jobs_running",
        "jobs",
        ["concurrency_key"],
        unique=True,
        postgresql_where=sa.text("status = 'running'"),
    )


def _decision_sets() -> None:
    op.create_table(
        "decision_sets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("head_sha", sa.Text(), nullable=False),
        sa.Column("pull_request", sa.BigInteger(), nullable=True),
        sa.Column("pull_request_url", sa.Text(), nullable=True),
        sa.Column("commit_sha", sa.Text(), nullable=True),
        sa.Column("plan_digest", sa.Text(), nullable=True),
        sa.Column("constraints_jsonb", JSONB(), nullable=True),
        sa.Column("plan_jsonb", JSONB(), nullable=True),
        sa.Column("summary_md", sa.Text(), nullable=True),
        sa.Column("proposal_sha256", sa.Text(), nullable=True),
        sa.Column("checkpoint_id", sa.Text(), nullable=True),
        sa.Column("schema_version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_decision_sets_job_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["decision_sets.id"], name=op.f("fk_decision_sets_parent_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_decision_sets_project_id")),
        sa.ForeignKeyConstraint(
            ["proposal_sha256"], ["artifacts.sha256"], name=op.f("fk_decision_sets_proposal_sha256")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_sets")),
        sa.UniqueConstraint("job_id", name=op.f("uq_decision_sets_job_id")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_decision_sets_project_id_number")),
    )
    op.create_index(
        "ix_decision_sets_project_id_pull_request",
        "decision_sets",
        ["project_id", "pull_request"],
        unique=False,
    )


def _agent_runs() -> None:
    op.create_table(
        "agent_runs",
        sa.Column("idem_key", sa.Text(), nullable=False),
        sa.Column("decision_set_id", sa.Uuid(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("input_digest", sa.Text(), nullable=False),
        sa.Column("output_jsonb", JSONB(), nullable=False),
        sa.Column("tokens_total", sa.BigInteger(), nullable=False),
        sa.Column("latency_ms", sa.BigInteger(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("schema_version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["decision_set_id"], ["decision_sets.id"], name=op.f("fk_agent_runs_decision_set_id")),
        sa.PrimaryKeyConstraint("idem_key", name=op.f("pk_agent_runs")),
    )
    op.create_index("ix_agent_runs_decision_set_id", "agent_runs", ["decision_set_id"], unique=False)


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_set_id", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("head_sha", sa.Text(), nullable=False),
        sa.Column("plan_digest", sa.Text(), nullable=False),
        sa.Column("monthly_usd", sa.Numeric(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["decision_set_id"], ["decision_sets.id"], name=op.f("fk_approvals_decision_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint(
            "decision_set_id",
            "gate",
            "actor",
            "head_sha",
            "status",
            name=op.f("uq_approvals_decision_set_id_gate_actor_head_sha_status"),
        ),
    )


def _cost_estimates() -> None:
    op.create_table(
        "cost_estimates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_set_id", sa.Uuid(), nullable=False),
        sa.Column("monthly_usd", sa.Numeric(), nullable=False),
        sa.Column("low_usd", sa.Numeric(), nullable=False),
        sa.Column("high_usd", sa.Numeric(), nullable=False),
        sa.Column("breakdown_jsonb", JSONB(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("price_book", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_set_id"], ["decision_sets.id"], name=op.f("fk_cost_estimates_decision_set_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_estimates")),
        sa.UniqueConstraint("decision_set_id", name=op.f("uq_cost_estimates_decision_set_id")),
    )


def _decision_set_files() -> None:
    op.create_table(
        "decision_set_files",
        sa.Column("decision_set_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_set_id"], ["decision_sets.id"], name=op.f("fk_decision_set_files_decision_set_id")
        ),
        sa.ForeignKeyConstraint(["sha256"], ["artifacts.sha256"], name=op.f("fk_decision_set_files_sha256")),
        sa.PrimaryKeyConstraint("decision_set_id", "path", name=op.f("pk_decision_set_files")),
    )
    op.create_index(op.f("ix_decision_set_files_sha256"), "decision_set_files", ["sha256"], unique=False)


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("decision_set_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload_jsonb", JSONB(), nullable=False),
        sa.Column("schema_version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["decision_set_id"], ["decision_sets.id"], name=op.f("fk_events_decision_set_id")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_events_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_decision_set_id_id", "events", ["decision_set_id", "id"], unique=False)
    op.create_index(op.f("ix_events_job_id"), "events", ["job_id"], unique=False)
