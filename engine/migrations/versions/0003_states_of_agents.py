"""The states that agents were in are found by agent: at any time, what was the state before?"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ONLY = sa.text("kind = 'AgentStateChanged'")


def upgrade() -> None:
    op.create_index(
        "ix_facts_agent_state",
        "facts",
        ["agent", "seq"],
        sqlite_where=_ONLY,
        postgresql_where=_ONLY,
    )


def downgrade() -> None:
    op.drop_index("ix_facts_agent_state", "facts")
