"""The desk's tables: organisations, contacts, tickets and what was written on them.

Times are seconds since the epoch (UTC), as everywhere in Ringdesk.
"""

from sqlalchemy import Double, ForeignKey, Index, MetaData, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

#: Every constraint has a name, so that a later migration can change it on any database.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {float: Double(), str: Text()}


class Organisation(Base):
    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Contact(Base):
    """A person who calls us."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    #: The language they like to be served in; empty where nobody knows.
    language: Mapped[str] = mapped_column(default="")
    vip: Mapped[bool] = mapped_column(default=False)
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="SET NULL"), index=True
    )

    organisation: Mapped[Organisation | None] = relationship(lazy="joined")
    numbers: Mapped[list["ContactNumber"]] = relationship(
        cascade="all, delete-orphan", order_by="ContactNumber.number", lazy="selectin"
    )


class ContactNumber(Base):
    """A number that a contact calls from: E.164, or an extension as it is dialled."""

    __tablename__ = "contact_numbers"
    __table_args__ = (Index("ix_contact_numbers_number", "number"),)

    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[str] = mapped_column(primary_key=True)


class NumberSeries(Base):
    """The last number given to a ticket of each kind."""

    __tablename__ = "number_series"

    kind: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class Ticket(Base):
    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("drafted_for"),
        Index("ix_tickets_contact_id_status", "contact_id", "status"),
        Index("ix_tickets_status_updated", "status", "updated"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: ``INC-1001``, ``REQ-1001``, ``PRB-1001``, ``CHG-1001``.
    number: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    status: Mapped[str]
    impact: Mapped[int]
    urgency: Mapped[int]
    priority: Mapped[int]
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="SET NULL"), index=True
    )
    #: The queue it belongs to, and the user who works on it; empty for nobody.
    queue: Mapped[str] = mapped_column(default="")
    assignee: Mapped[str] = mapped_column(default="")
    #: The number that the first call came from, where no contact has it.
    caller: Mapped[str] = mapped_column(default="")
    #: The call that it was drafted for: at most one draft for each call.
    drafted_for: Mapped[str | None]
    created: Mapped[float]
    updated: Mapped[float]
    resolved: Mapped[float | None]

    contact: Mapped[Contact | None] = relationship(lazy="joined")
    organisation: Mapped[Organisation | None] = relationship(lazy="joined")


class TicketNote(Base):
    """What a person or a call left on a ticket."""

    __tablename__ = "ticket_notes"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_ticket_notes_ticket_id_at", "ticket_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    at: Mapped[float]
    author: Mapped[str]
    text: Mapped[str]
    call: Mapped[str | None] = mapped_column(index=True)
    #: A note with the same key replaces the earlier one; None for notes that people write.
    key: Mapped[str | None]


class TicketChange(Base):
    """One field of a ticket, before and after."""

    __tablename__ = "ticket_changes"
    __table_args__ = (Index("ix_ticket_changes_ticket_id_at", "ticket_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    at: Mapped[float]
    author: Mapped[str]
    field: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
