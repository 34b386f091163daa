"""The rules of queues and agents; calls whose callers kept the place without the line."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("queues", "users"):
        op.add_column(table, sa.Column("rules", sa.Text(), nullable=False, server_default="{}"))
    op.add_column(
        "call_records",
        sa.Column("virtual", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("call_records", "virtual")
    for table in ("users", "queues"):
        op.drop_column(table, "rules")
