"""Artifacts whose bytes lie on a shelf (bot/store/shelf.py), and when each was last stored, from which retention counts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.alter_column("artifacts", "content", nullable=True)
    op.add_column("artifacts", sa.Column("place", sa.Text(), nullable=True))
    op.add_column(
        "artifacts",
        sa.Column("used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_check_constraint(op.f("ck_artifacts_one_place"), "artifacts", "num_nonnulls(content, place) = 1")
    op.create_index(op.f("ix_artifacts_used_at"), "artifacts", ["used_at"])


def downgrade() -> None:
    op.execute("DELETE FROM artifacts WHERE content IS NULL")
    op.drop_index(op.f("ix_artifacts_used_at"), "artifacts")
    op.drop_constraint(op.f("ck_artifacts_one_place"), "artifacts")
    op.drop_column("artifacts", "used_at")
    op.drop_column("artifacts", "place")
    op.alter_column("artifacts", "content", nullable=False)
