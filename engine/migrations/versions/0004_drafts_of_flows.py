"""Flows written in the panel: comments, scenarios beside their flow, drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("comment", "scenarios"):
        op.add_column(
            "flow_versions", sa.Column(column, sa.Text(), nullable=False, server_default="")
        )
    op.create_table(
        "flow_drafts",
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("scenarios", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.Double(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("flow", name="pk_flow_drafts"),
    )


def downgrade() -> None:
    op.drop_table("flow_drafts")
    for column in ("scenarios", "comment"):
        op.drop_column("flow_versions", column)
