"""Tickets for calls that matched none, many at a time. Nothing here commits."""

import time
from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from desk import tickets
from desk.models import Contact, Ticket

_DRAFTED = select(Ticket.drafted_for, Ticket.id).where(
    Ticket.drafted_for.in_(bindparam("calls", expanding=True))
)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a call's matter before anybody has spoken about it."""

    call: str
    caller: str
    title: str
    contact_id: int | None
    queue: str
    assignee: str


def put(session: Session, drafts: Sequence[Draft]) -> list[Ticket]:
    """The tickets of these calls, in their order: made once, however often they are asked for."""
    wanted = {draft.call: draft for draft in drafts}
    first = tickets.take_numbers(session, "incident", len(wanted))  # nobody else makes one now
    rows = session.execute(_DRAFTED, {"calls": list(wanted)})
    known = {call: session.get_one(Ticket, ticket) for call, ticket in rows}
    tickets.give_back(session, "incident", len(known))
    made = {
        call: tickets.Made(draft.assignee or "ringdesk", _ticket(session, draft))
        for call, draft in wanted.items()
        if call not in known
    }
    tickets.add(session, list(made.values()), first, time.time())
    known |= {call: one.ticket for call, one in made.items()}
    return [known[draft.call] for draft in drafts]


def _ticket(session: Session, draft: Draft) -> Ticket:
    contact = session.get(Contact, draft.contact_id) if draft.contact_id is not None else None
    return Ticket(
        kind="incident",
        title=tickets.checked_title(draft.title),
        description="",
        status="new",
        impact=2,
        urgency=2,
        contact=contact,
        queue=draft.queue,
        assignee=draft.assignee,
        caller=draft.caller,
        drafted_for=draft.call,
    )
