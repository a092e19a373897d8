"""What a model answered is looked for by what it was asked, in every plan and for every agent (bot/store/agent_runs.py)."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("ix_agent_runs_input_digest", "agent_runs", ["input_digest"])


def downgrade() -> None:
    op.drop_index("ix_agent_runs_input_digest", table_name="agent_runs")
