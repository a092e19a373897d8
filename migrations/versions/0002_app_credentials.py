"""The App's credentials as `/setup` received them, sealed (bot/store/credentials.py)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "app_credentials",
        sa.Column("api_url", sa.Text(), nullable=False),
        sa.Column("app_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("api_url", name=op.f("pk_app_credentials")),
    )


def downgrade() -> None:
    op.drop_table("app_credentials")
