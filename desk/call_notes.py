"""The notes that calls leave on tickets, many at a time."""

from collections.abc import Sequence
from typing import cast

import msgspec
from sqlalchemy import BindParameter, Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from desk.models import Ticket, TicketNote


class CallNote(msgspec.Struct, frozen=True):
    """What a call leaves on a ticket."""

    ticket: int
    call: str
    author: str
    text: str
    at: float


def put(session: Session, notes: Sequence[CallNote]) -> None:
    """Each call has one note: put again it replaces the earlier one, on whatever ticket.

    Notes on tickets that are deleted are left out.
    """
    if not notes:
        return
    written = cast(Table, TicketNote.__table__)
    tickets = cast(Table, Ticket.__table__)
    wanted = {note.ticket for note in notes}
    there = set(session.scalars(select(tickets.c.id).where(tickets.c.id.in_(wanted))))
    rows = [_row(note) for note in notes if note.ticket in there]
    keys = [_key(note.call) for note in notes]
    session.execute(delete(written).where(written.c.key.in_(keys)))
    if not rows:
        return
    session.execute(insert(written), rows)
    at: BindParameter[float] = bindparam("note_at")
    session.connection().execute(
        update(tickets)
        .where(tickets.c.id == bindparam("ticket"), tickets.c.updated < at)
        .values(updated=at),
        [{"ticket": row["ticket_id"], "note_at": row["at"]} for row in rows],
    )


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
