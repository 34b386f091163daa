"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_records",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("arrived", sa.Double(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("called", sa.Text(), nullable=False),
        sa.Column("contact", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("waited", sa.Double(), nullable=False),
        sa.Column("talked", sa.Double(), nullable=False),
        sa.Column("wrapped", sa.Double(), nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("lasted", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("call", name="pk_call_records"),
    )
    op.create_index(
        "ix_call_records_agent_arrived", "call_records", ["agent", "arrived"], unique=False
    )
    op.create_index("ix_call_records_arrived", "call_records", ["arrived"], unique=False)
    op.create_index(
        "ix_call_records_number_arrived", "call_records", ["number", "arrived"], unique=False
    )
    op.create_index("ix_call_records_ticket", "call_records", ["ticket"], unique=False)
    op.create_table(
        "facts",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_facts"),
    )
    op.create_index("ix_facts_at", "facts", ["at"], unique=False)
    op.create_index("ix_facts_call", "facts", ["call"], unique=False)
    op.create_index("ix_facts_kind_at", "facts", ["kind", "at"], unique=False)
    op.create_table(
        "flow_versions",
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published_at", sa.Double(), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("flow", "version", name="pk_flow_versions"),
    )
    op.create_table(
        "journal",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_journal"),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.execute("INSERT INTO meta (key, value) VALUES ('configuration_version', '0')")
    op.execute("INSERT INTO meta (key, value) VALUES ('projected', '0')")
    op.create_table(
        "numbers",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_numbers"),
    )
    op.create_table(
        "queues",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("offer_timeout", sa.Double(), nullable=False),
        sa.Column("wrap_up", sa.Double(), nullable=False),
        sa.Column("slope", sa.Double(), nullable=False),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column("service_level", sa.Double(), nullable=False),
        sa.Column("music", sa.Text(), nullable=False),
        sa.Column("announce_every", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_queues"),
    )
    op.create_table(
        "snapshots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_seq", sa.BigInteger(), nullable=False),
        sa.Column("fact_seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_snapshots"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("last_used", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("hash", name="uq_tokens_hash"),
    )
    op.create_table(
        "users",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("sip_secret", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("rona_limit", sa.Integer(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_users"),
    )
    op.create_table(
        "agent_skills",
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user"], ["users.name"], name="fk_agent_skills_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user", "skill", name="pk_agent_skills"),
    )
    op.create_table(
        "queue_members",
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("preference", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["queue"], ["queues.name"], name="fk_queue_members_queue", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user"], ["users.name"], name="fk_queue_members_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user", "queue", name="pk_queue_members"),
    )
    op.create_index("ix_queue_members_queue", "queue_members", ["queue"], unique=False)
    op.create_table(
        "queue_skills",
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["queue"], ["queues.name"], name="fk_queue_skills_queue", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("queue", "skill", name="pk_queue_skills"),
    )
    op.create_table(
        "number_series",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_number_series"),
    )
    for kind in ("incident", "request", "problem", "change"):
        op.execute(f"INSERT INTO number_series (kind, last) VALUES ('{kind}', 1000)")  # noqa: S608
    op.create_table(
        "organisations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisations"),
        sa.UniqueConstraint("name", name="uq_organisations_name"),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("vip", sa.Boolean(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name="fk_contacts_organisation_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
    )
    op.create_index("ix_contacts_organisation_id", "contacts", ["organisation_id"], unique=False)
    op.create_table(
        "contact_numbers",
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
            name="fk_contact_numbers_contact_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contact_id", "number", name="pk_contact_numbers"),
    )
    op.create_index("ix_contact_numbers_number", "contact_numbers", ["number"], unique=False)
    op.create_table(
        "tickets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("impact", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("drafted_for", sa.Text(), nullable=True),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("updated", sa.Double(), nullable=False),
        sa.Column("resolved", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name="fk_tickets_contact_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name="fk_tickets_organisation_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("drafted_for", name="uq_tickets_drafted_for"),
        sa.UniqueConstraint("number", name="uq_tickets_number"),
    )
    op.create_index(
        "ix_tickets_contact_id_status", "tickets", ["contact_id", "status"], unique=False
    )
    op.create_index("ix_tickets_organisation_id", "tickets", ["organisation_id"], unique=False)
    op.create_index("ix_tickets_status_updated", "tickets", ["status", "updated"], unique=False)
    op.create_table(
        "ticket_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_ticket_changes_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_changes"),
    )
    op.create_index(
        "ix_ticket_changes_ticket_id_at", "ticket_changes", ["ticket_id", "at"], unique=False
    )
    op.create_table(
        "ticket_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_ticket_notes_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_notes"),
        sa.UniqueConstraint("key", name="uq_ticket_notes_key"),
    )
    op.create_index("ix_ticket_notes_call", "ticket_notes", ["call"], unique=False)
    op.create_index(
        "ix_ticket_notes_ticket_id_at", "ticket_notes", ["ticket_id", "at"], unique=False
    )


def downgrade() -> None:
    op.drop_table("ticket_notes")
    op.drop_table("ticket_changes")
    op.drop_table("tickets")
    op.drop_table("contact_numbers")
    op.drop_table("contacts")
    op.drop_table("organisations")
    op.drop_table("number_series")
    op.drop_table("queue_skills")
    op.drop_table("queue_members")
    op.drop_table("agent_skills")
    op.drop_table("users")
    op.drop_table("tokens")
    op.drop_table("snapshots")
    op.drop_table("queues")
    op.drop_table("numbers")
    op.drop_table("meta")
    op.drop_table("journal")
    op.drop_table("flow_versions")
    op.drop_table("facts")
    op.drop_table("call_records")
