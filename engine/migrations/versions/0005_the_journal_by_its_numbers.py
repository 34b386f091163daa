"""In SQLite the journal's rows are kept by their numbers themselves.

An ``INTEGER`` key is where SQLite keeps the row; beside a ``BIGINT`` one it keeps an index, to be
written at every commit. PostgreSQL has nothing to change.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _change(sa.BigInteger(), sa.Integer())


def downgrade() -> None:
    _change(sa.Integer(), sa.BigInteger())


def _change(before: sa.types.TypeEngine[int], after: sa.types.TypeEngine[int]) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in ("journal", "facts"):
        with op.batch_alter_table(table) as batch:
            batch.alter_column("seq", existing_type=before, type_=after, existing_nullable=False)
