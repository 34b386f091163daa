"""The notes that calls leave on tickets, many at a time."""

from collections.abc import Sequence
from typing import cast

import msgspec
from sqlalchemy import (
    BindParameter,
    Connection,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from desk.models import Ticket, TicketNote

_NOTES = cast(Table, TicketNote.__table__)
_TICKETS = cast(Table, Ticket.__table__)
_THERE = select(_TICKETS.c.id).where(_TICKETS.c.id.in_(bindparam("tickets", expanding=True)))
_FORGET = delete(_NOTES).where(_NOTES.c.key.in_(bindparam("keys", expanding=True)))
_WRITE = insert(_NOTES)
_AT: BindParameter[float] = bindparam("note_at")
_TOUCH = (
    update(_TICKETS)
    .where(_TICKETS.c.id == bindparam("ticket"), _TICKETS.c.updated < _AT)
    .values(updated=_AT)
)


class CallNote(msgspec.Struct, frozen=True):
    """What a call leaves on a ticket."""

    ticket: int
    call: str
    author: str
    text: str
    at: float


def put(connection: Connection, notes: Sequence[CallNote]) -> None:
    """Each call has one note: put again it replaces the earlier one, on whatever ticket.

    Notes on tickets that are deleted are left out.
    """
    if not notes:
        return
    wanted = {note.ticket for note in notes}
    there = set(connection.scalars(_THERE, {"tickets": list(wanted)}))
    rows = [_row(note) for note in notes if note.ticket in there]
    connection.execute(_FORGET, {"keys": [_key(note.call) for note in notes]})
    if not rows:
        return
    connection.execute(_WRITE, rows)
    connection.execute(_TOUCH, [{"ticket": row["ticket_id"], "note_at": row["at"]} for row in rows])


def _key(call: str) -> str:
    return f"call:{call}"


def _row(note: CallNote) -> dict[str, object]:
    return {
        "ticket_id": note.ticket,
        "at": note.at,
        "author": note.author,
        "text": note.text,
        "call": note.call,
        "key": _key(note.call),
    }
