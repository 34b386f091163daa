"""Tickets: looked for, read, changed, written on."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from desk import models
from desk import tickets as desk
from desk.priority import Kind, Status
from engine import faults
from web import auth
from web.api.endpoint import api

#: SQLite and PostgreSQL take no larger id.
_Id = Annotated[int, Meta(ge=1, le=2**31 - 1)]
_Level = Annotated[int, Meta(ge=1, le=3)]


class TicketView(msgspec.Struct):
    """`priority`: 1 (critical) to 5 (planning), from impact and urgency (1 high to 3 low)."""

    id: int
    number: str
    kind: str
    title: str
    status: str
    priority: int
    impact: int
    urgency: int
    contact: int | None
    contact_name: str
    organisation: str
    queue: str
    assignee: str
    caller: str
    created: float
    updated: float
    resolved: float | None


class NoteView(msgspec.Struct):
    id: int
    at: float
    author: str
    text: str
    call: str | None


class ChangeView(msgspec.Struct):
    at: float
    author: str
    field: str
    before: str
    after: str


class TicketStory(msgspec.Struct):
    """A ticket with what was written on it and what was changed, the newest first."""

    ticket: TicketView
    description: str
    notes: list[NoteView]
    changes: list[ChangeView]


class TicketList(msgspec.Struct):
    tickets: list[TicketView]


class TicketsQuery(msgspec.Struct):
    #: Words that the number, title, description, caller or contact must hold.
    q: Annotated[str, Meta(max_length=200)] = ""
    open: bool = False
    contact: _Id | None = None
    assignee: str | None = None
    queue: str | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class TicketPatch(msgspec.Struct, forbid_unknown_fields=True):
    """Only what is given is changed."""

    title: Annotated[str, Meta(min_length=1, max_length=desk.MOST_TITLE)] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=20_000)] | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    status: Status | UnsetType = UNSET
    impact: _Level | UnsetType = UNSET
    urgency: _Level | UnsetType = UNSET
    contact: _Id | UnsetType | None = UNSET
    queue: Annotated[str, Meta(max_length=80)] | UnsetType = UNSET
    assignee: Annotated[str, Meta(max_length=80)] | UnsetType = UNSET


class NewNote(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=4000)]
    call: Annotated[str, Meta(max_length=80)] | None = None


@api.get("/tickets")
def tickets(query: TicketsQuery) -> TicketList:
    """Tickets, the last changed first."""
    with auth.service().database.session() as session:
        found = desk.search(
            session,
            query.q,
            open_only=query.open,
            contact_id=query.contact,
            assignee=query.assignee,
            queue=query.queue,
            limit=query.limit,
            offset=query.offset,
        )
        return TicketList([_view(ticket) for ticket in found])


@api.get("/tickets/<int:ticket>")
def ticket_story(ticket: int) -> TicketStory:
    """One ticket with its notes and history."""
    with auth.service().database.session() as session:
        return _story(session, _existing(session, ticket))


@api.patch("/tickets/<int:ticket>")
def change_ticket(ticket: int, body: TicketPatch) -> TicketStory:
    """Change a ticket. With a fault that is resolved, the tickets of those who wait for it say
    that they are to be told."""
    given = {
        "contact_id" if name == "contact" else name: value
        for name, value in msgspec.structs.asdict(body).items()
        if value is not UNSET
    }
    with auth.service().database.session() as session:
        before = _existing(session, ticket).resolved
        changed = desk.change(session, ticket, auth.me().name, **given)
        if before is None and changed.resolved is not None:
            faults.mended(session, changed, auth.service().settings.region)
        return _story(session, changed)


@api.post("/tickets/<int:ticket>/notes")
def add_note(ticket: int, body: NewNote) -> NoteView:
    """Write on a ticket."""
    with auth.service().database.session() as session:
        _existing(session, ticket)
        return _note(desk.add_note(session, ticket, auth.me().name, body.text, call=body.call))


def _existing(session: Session, ticket: int) -> models.Ticket:
    found = session.get(models.Ticket, ticket) if ticket < 2**31 else None
    if found is None:
        raise NotFound(f"there is no ticket {ticket}")
    return found


def _story(session: Session, ticket: models.Ticket) -> TicketStory:
    changes = [
        ChangeView(row.at, row.author, row.field, row.before, row.after)
        for row in desk.history(session, ticket.id)
    ]
    notes = [_note(row) for row in desk.notes(session, ticket.id)]
    return TicketStory(_view(ticket), ticket.description, notes, changes)


def _note(row: models.TicketNote) -> NoteView:
    return NoteView(row.id, row.at, row.author, row.text, row.call)


def _view(row: models.Ticket) -> TicketView:
    return TicketView(
        id=row.id,
        number=row.number,
        kind=row.kind,
        title=row.title,
        status=row.status,
        priority=row.priority,
        impact=row.impact,
        urgency=row.urgency,
        contact=row.contact_id,
        contact_name=row.contact.name if row.contact else "",
        organisation=row.organisation.name if row.organisation else "",
        queue=row.queue,
        assignee=row.assignee,
        caller=row.caller,
        created=row.created,
        updated=row.updated,
        resolved=row.resolved,
    )
