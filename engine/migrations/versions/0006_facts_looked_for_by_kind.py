"""Facts are found by kind only where somebody looks for that kind in all the years.

Each commit wrote to as many places of the index as its facts had kinds. For hours and days the
index by time does as well.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ONLY = sa.text(
    "kind = 'ConfigurationChanged' OR kind = 'RecordingStarted' OR kind = 'VoicemailLeft'"
)


def upgrade() -> None:
    op.drop_index("ix_facts_kind_at", "facts")
    op.create_index(
        "ix_facts_rare_at", "facts", ["kind", "at"], sqlite_where=_ONLY, postgresql_where=_ONLY
    )


def downgrade() -> None:
    op.drop_index("ix_facts_rare_at", "facts")
    op.create_index("ix_facts_kind_at", "facts", ["kind", "at"])
