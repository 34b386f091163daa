"""Tickets: made, found, changed, written on. Nothing here commits: that is the session's matter.

Every change of a field is kept in the ticket's history with its author.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, cast

import msgspec
from sqlalchemy import Connection, Row, Table, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from calls.errors import InputInvalid
from calls.events import KnownTicket
from desk.models import Contact, NumberSeries, Ticket, TicketChange, TicketNote
from desk.priority import KINDS, LEVELS, OPEN_STATUSES, PREFIXES, STATUSES, Kind, priority

MOST_TITLE = 200

#: What `change` may change.
CHANGEABLE = (
    "kind",
    "title",
    "description",
    "status",
    "impact",
    "urgency",
    "contact_id",
    "queue",
    "assignee",
)

# Calls make tickets and ask for them by plain tables: mapped classes take several times as long.
_TICKETS = cast(Table, Ticket.__table__)
#: The columns of a `KnownTicket`.
KNOWN = tuple(_TICKETS.c[name] for name in KnownTicket.__struct_fields__)
_MAKE = insert(_TICKETS).returning(*KNOWN)
_OPEN = (
    select(_TICKETS.c.contact_id, _TICKETS.c.created, *KNOWN)
    .where(_TICKETS.c.contact_id.in_(bindparam("contacts", expanding=True)))
    .where(_TICKETS.c.status.in_(OPEN_STATUSES))
    .order_by(_TICKETS.c.created.desc(), _TICKETS.c.id.desc())
)
_DRAFTED = select(_TICKETS.c.drafted_for, *KNOWN).where(
    _TICKETS.c.drafted_for.in_(bindparam("calls", expanding=True))
)

_SERIES = cast(Table, NumberSeries.__table__)
_TAKE = (
    update(_SERIES)
    .where(_SERIES.c.kind == bindparam("of"))
    .values(last=_SERIES.c.last + bindparam("by"))
    .returning(_SERIES.c.last)
)
_CHANGED = insert(cast(Table, TicketChange.__table__))


def create(
    session: Session,
    title: str,
    *,
    author: str,
    kind: str = "incident",
    description: str = "",
    status: str = "new",
    impact: int = 2,
    urgency: int = 2,
    contact_id: int | None = None,
    queue: str = "",
    assignee: str = "",
    caller: str = "",
    at: float | None = None,
) -> Ticket:
    """Make a ticket with the next number of its kind; a contact brings their organisation.

    `at`: seconds since the epoch, now by default. Raises `InputInvalid`, naming the field.
    """
    contact = _contact(session, contact_id)
    ticket = New(
        author=author,
        kind=_checked_kind(kind),
        title=checked_title(title),
        description=description.strip(),
        status=_checked_status(status),
        impact=_checked_level("impact", impact),
        urgency=_checked_level("urgency", urgency),
        contact_id=contact_id,
        organisation_id=contact.organisation_id if contact else None,
        queue=queue,
        assignee=assignee,
        caller=caller,
    )
    connection = session.connection()
    number = take_numbers(connection, ticket.kind)
    [made] = add(connection, [ticket], number, time.time() if at is None else at)
    return get(session, made.id)


class New(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket to be made, and by whom; all is checked."""

    author: str
    kind: Kind = "incident"
    title: str
    description: str = ""
    status: str = "new"
    impact: int = 2
    urgency: int = 2
    contact_id: int | None
    #: That of the contact.
    organisation_id: int | None
    queue: str
    assignee: str
    caller: str
    drafted_for: str | None = None


def add(connection: Connection, wanted: Sequence[New], first: int, now: float) -> list[KnownTicket]:
    """Make tickets with numbers from `first` on, each with what follows from the rest of it and
    a history."""
    if not wanted:
        return []
    rows = [_row(ticket, number, now) for number, ticket in enumerate(wanted, first)]
    # The database may give them back in another order.
    made = {row.number: known(row) for row in connection.execute(_MAKE, rows)}
    tickets = [made[row["number"]] for row in rows]
    history = [
        _changed(ticket.id, new.author, now, "created", "", ticket.number)
        for new, ticket in zip(wanted, tickets, strict=True)
    ]
    connection.execute(_CHANGED, history)
    return tickets


def _row(ticket: New, number: int, now: float) -> dict[str, Any]:
    row = msgspec.structs.asdict(ticket)
    del row["author"]  # the history has it
    row["number"] = f"{PREFIXES[ticket.kind]}-{number}"
    row["priority"] = priority(ticket.impact, ticket.urgency)
    row["created"] = row["updated"] = now
    row["resolved"] = None if ticket.status in OPEN_STATUSES else now
    return row


def take_numbers(connection: Connection, kind: Kind, count: int = 1) -> int:
    """The first of so many numbers. One statement takes them, so nobody else can be given the
    same; nobody else makes a ticket of this kind before this transaction ends."""
    last: int | None = connection.execute(_TAKE, {"of": kind, "by": count}).scalar()
    if last is None:
        raise InputInvalid(f"kind: there is no number series for {kind!r}")
    return last - count + 1


def give_back(connection: Connection, kind: Kind, count: int) -> None:
    """So many of the numbers taken in this transaction, the last ones, are not needed after all."""
    if count:
        connection.execute(_TAKE, {"of": kind, "by": -count})


def known(ticket: Ticket | Row[Any]) -> KnownTicket:
    """What calls know of a ticket; of a row with the columns `KNOWN`."""
    return KnownTicket(
        id=ticket.id,
        number=ticket.number,
        title=ticket.title,
        status=ticket.status,
        priority=ticket.priority,
        queue=ticket.queue,
    )


def drafted_for(connection: Connection, calls: Collection[str]) -> dict[str, KnownTicket]:
    """The tickets drafted for these calls, by call."""
    rows = connection.execute(_DRAFTED, {"calls": list(calls)})
    return {row.drafted_for: known(row) for row in rows}


def get(session: Session, ticket: int) -> Ticket:
    """Raises `InputInvalid` where there is none."""
    found = session.get(Ticket, ticket)
    if found is None:
        raise InputInvalid(f"there is no ticket {ticket}")
    return found


def by_number(session: Session, number: str) -> Ticket | None:
    """``INC-1001``, in any case of letters."""
    return session.scalar(select(Ticket).where(Ticket.number == number.strip().upper()))


def by_digits(session: Session, digits: str, contact: int | None) -> Ticket | None:
    """The ticket whose number has these digits: of several kinds that of the contact, else the
    newest."""
    found = list(
        session.scalars(
            select(Ticket)
            .where(Ticket.number.in_([f"{prefix}-{int(digits)}" for prefix in PREFIXES.values()]))
            .order_by(Ticket.id.desc())
        )
    )
    theirs = [ticket for ticket in found if contact is not None and ticket.contact_id == contact]
    return next(iter([*theirs, *found]), None)


class OpenTicket(NamedTuple):
    """An open ticket, and when it was made."""

    created: float
    ticket: KnownTicket


def open_of(connection: Connection, contacts: Collection[int]) -> dict[int, list[OpenTicket]]:
    """The open tickets of contacts, by contact, the newest first."""
    found: defaultdict[int, list[OpenTicket]] = defaultdict(list)
    for row in connection.execute(_OPEN, {"contacts": list(contacts)}):
        found[row.contact_id].append(OpenTicket(row.created, known(row)))
    return found


def search(
    session: Session,
    words: str = "",
    *,
    open_only: bool = False,
    contact_id: int | None = None,
    assignee: str | None = None,
    queue: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Ticket]:
    """Tickets whose number, title, description, caller or contact holds all the `words`.

    The last changed first.
    """
    query = select(Ticket).outerjoin(Contact, Ticket.contact_id == Contact.id)
    for word in words.split():
        query = query.where(
            or_(
                *(
                    func.lower(column).contains(word.lower(), autoescape=True)
                    for column in (
                        Ticket.number,
                        Ticket.title,
                        Ticket.description,
                        Ticket.caller,
                        Contact.name,
                    )
                )
            )
        )
    if open_only:
        query = query.where(Ticket.status.in_(OPEN_STATUSES))
    if contact_id is not None:
        query = query.where(Ticket.contact_id == contact_id)
    if assignee is not None:
        query = query.where(Ticket.assignee == assignee)
    if queue is not None:
        query = query.where(Ticket.queue == queue)
    query = query.order_by(Ticket.updated.desc(), Ticket.id.desc()).limit(limit).offset(offset)
    return list(session.scalars(query))


def change(
    session: Session, ticket: int, author: str, at: float | None = None, **fields: object
) -> Ticket:
    """Change the fields given (`CHANGEABLE`); each that differs goes into the history.

    Raises `InputInvalid`, naming the field.
    """
    found = get(session, ticket)
    now = time.time() if at is None else at
    for name, value in fields.items():
        if name not in CHANGEABLE:
            raise InputInvalid(f"{name}: no such field; known are {', '.join(CHANGEABLE)}")
        checked = _checked(session, name, value)
        before = getattr(found, name)
        if before == checked:
            continue
        setattr(found, name, checked)
        found.updated = now
        session.execute(_CHANGED, _changed(found.id, author, now, name, before, checked))
    _settle(found, now)
    session.flush()
    session.refresh(found)
    return found


def add_note(
    session: Session,
    ticket: int,
    author: str,
    text: str,
    *,
    call: str | None = None,
    at: float | None = None,
    key: str | None = None,
) -> TicketNote:
    """Write on a ticket; a note with a `key` is written once. Raises `InputInvalid` for an empty
    note or no such ticket."""
    if not text.strip():
        raise InputInvalid("a note needs a text")
    found = get(session, ticket)
    if key is not None:
        written = session.scalar(select(TicketNote).where(TicketNote.key == key))
        if written is not None:
            return written
    now = time.time() if at is None else at
    note = TicketNote(
        ticket_id=found.id, at=now, author=author, text=text.strip(), call=call, key=key
    )
    session.add(note)
    found.updated = max(found.updated, now)
    session.flush()
    return note


def notes(session: Session, ticket: int) -> list[TicketNote]:
    """What was written on a ticket, the newest first."""
    return list(
        session.scalars(
            select(TicketNote)
            .where(TicketNote.ticket_id == ticket)
            .order_by(TicketNote.at.desc(), TicketNote.id.desc())
        )
    )


def history(session: Session, ticket: int) -> list[TicketChange]:
    """The changes of a ticket's fields, the newest first."""
    return list(
        session.scalars(
            select(TicketChange)
            .where(TicketChange.ticket_id == ticket)
            .order_by(TicketChange.at.desc(), TicketChange.id.desc())
        )
    )


def _settle(ticket: Ticket, now: float) -> None:
    """What follows from other fields."""
    ticket.priority = priority(ticket.impact, ticket.urgency)
    if ticket.status in OPEN_STATUSES:
        ticket.resolved = None
    elif ticket.resolved is None:
        ticket.resolved = now


def _changed(
    ticket: int, author: str, now: float, field: str, before: object, after: object
) -> dict[str, object]:
    texts = ["" if value is None else str(value) for value in (before, after)]
    return {
        "ticket_id": ticket,
        "at": now,
        "author": author,
        "field": field,
        "before": texts[0],
        "after": texts[1],
    }


def _contact(session: Session, contact: int | None) -> Contact | None:
    if contact is None:
        return None
    found = session.get(Contact, contact)
    if found is None:
        raise InputInvalid(f"contact_id: there is no contact {contact}")
    return found


def _checked(session: Session, name: str, value: object) -> object:
    match name:
        case "kind":
            return _checked_kind(value)
        case "title":
            return checked_title(value)
        case "status":
            return _checked_status(value)
        case "impact" | "urgency":
            return _checked_level(name, value)
        case "contact_id":
            if value is not None and not isinstance(value, int):
                raise InputInvalid(f"contact_id: {value!r} is no contact")
            _contact(session, value)
            return value
        case _:
            if not isinstance(value, str):
                raise InputInvalid(f"{name}: {value!r} is no text")
            return value.strip()


def _checked_kind(kind: object) -> Kind:
    for known in KINDS:
        if kind == known:
            return known
    raise InputInvalid(f"kind: {kind!r} is none of {', '.join(KINDS)}")


def _checked_status(status: object) -> str:
    if status not in STATUSES:
        raise InputInvalid(f"status: {status!r} is none of {', '.join(STATUSES)}")
    return str(status)


def _checked_level(field: str, level: object) -> int:
    if not isinstance(level, int) or level not in LEVELS:
        raise InputInvalid(f"{field}: {level!r} is none of 1 (high), 2 (medium), 3 (low)")
    return level


def checked_title(title: object) -> str:
    if not isinstance(title, str) or not title.strip():
        raise InputInvalid("title: must not be empty")
    if len(title.strip()) > MOST_TITLE:
        raise InputInvalid(f"title: at most {MOST_TITLE} characters")
    return title.strip()
