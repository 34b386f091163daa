"""Who is hit by a known fault and wants to hear when it is mended.

A caller who asks for that gets a ticket of their own. The note on the fault's ticket that says so
names the call (its key begins with ``fault-<id>-``), and the caller's ticket is the one that was
drafted for that call. When the fault is resolved each of these tickets becomes a task: call them;
who has been called is told by resolving it.
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from cti.numbers import for_people
from desk import tickets
from desk.models import Contact, Ticket, TicketNote
from desk.priority import OPEN_STATUSES

#: How a note's key ends on the fault's ticket, and on the caller's.
THEIRS, OWN = "theirs", "own"

_SYSTEM = "ringdesk"


class Affected(msgspec.Struct, frozen=True):
    """One caller. `told`: their ticket is resolved."""

    ticket: int
    number: str
    name: str
    caller: str
    since: float
    told: bool


class Fault(msgspec.Struct, frozen=True):
    """A fault that callers wait for."""

    ticket: int
    number: str
    title: str
    mended: float | None
    affected: tuple[Affected, ...]


def key(fault: int, call: str, side: str) -> str:
    """Of the note that ties a caller's ticket and the fault's."""
    return f"fault-{fault}-{call}-{side}"


def attached(session: Session, fault: Ticket, contact: int | None, number: str) -> Ticket | None:
    """The open ticket by which this caller waits for the fault already."""
    if contact is None and not number:
        return None  # somebody withheld; there may be many
    for ticket in _own(session, fault.id):
        same = ticket.contact_id == contact if contact is not None else ticket.caller == number
        if same and ticket.status in OPEN_STATUSES:
            return ticket
    return None


def affected(session: Session, fault: Ticket, region: str) -> tuple[Affected, ...]:
    """Those who wait for it, who asked first at the head."""
    return tuple(_affected(session, ticket, region) for ticket in _own(session, fault.id))


def waited_for(session: Session, region: str) -> list[Fault]:
    """Faults that somebody waits for, or is to be called about; those to be called about first."""
    tied = select(TicketNote.ticket_id).where(
        TicketNote.key.like("fault-%"), TicketNote.key.endswith(f"-{THEIRS}", autoescape=True)
    )
    found = []
    for fault in session.scalars(select(Ticket).where(Ticket.id.in_(tied))):
        callers = affected(session, fault, region)
        if fault.resolved is None or not all(one.told for one in callers):
            found.append(Fault(fault.id, fault.number, fault.title, fault.resolved, callers))
    return sorted(found, key=lambda one: (one.mended is None, one.mended or 0.0, one.number))


def mended(session: Session, fault: Ticket, region: str) -> None:
    """The fault has just been resolved: each caller's ticket says that they are to be called."""
    waiting = [one for one in affected(session, fault, region) if not one.told]
    for one in waiting:
        tickets.change(session, one.ticket, _SYSTEM, status="open")
        tickets.add_note(
            session,
            one.ticket,
            _SYSTEM,
            f"{fault.number} is mended: tell {_whom(one)}, then resolve this ticket.",
            key=f"fault-{fault.id}-{one.ticket}-mended-{fault.resolved}",
        )
    if waiting:
        tickets.add_note(
            session,
            fault.id,
            _SYSTEM,
            f"To be told that it is mended: {', '.join(map(_line, waiting))}.",
            key=f"fault-{fault.id}-mended-{fault.resolved}",
        )


def told(session: Session, ticket: Ticket, by: str) -> None:
    """Somebody has told the caller: their ticket is resolved."""
    tickets.add_note(session, ticket.id, by, "Told that it is mended.")
    tickets.change(session, ticket.id, by, status="resolved")


def _own(session: Session, fault: int) -> Iterable[Ticket]:
    calls = select(TicketNote.call).where(
        TicketNote.ticket_id == fault,
        TicketNote.key.startswith(f"fault-{fault}-", autoescape=True),
        TicketNote.key.endswith(f"-{THEIRS}", autoescape=True),
    )
    return session.scalars(
        select(Ticket).where(Ticket.drafted_for.in_(calls)).order_by(Ticket.created, Ticket.id)
    )


def _affected(session: Session, ticket: Ticket, region: str) -> Affected:
    contact = session.get(Contact, ticket.contact_id) if ticket.contact_id is not None else None
    known = contact.numbers[0].number if contact is not None and contact.numbers else ""
    return Affected(
        ticket=ticket.id,
        number=ticket.number,
        name=contact.name if contact is not None else "",
        caller=for_people(ticket.caller or known, region),
        since=ticket.created,
        told=ticket.status not in OPEN_STATUSES,
    )


def _whom(one: Affected) -> str:
    return f"{one.name} ({one.caller})" if one.name else one.caller


def _line(one: Affected) -> str:
    return f"{_whom(one)} {one.number}"
