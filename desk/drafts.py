"""Tickets for calls that matched none, many at a time. Nothing here commits."""

import time
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from calls.events import KnownTicket
from desk import contacts, tickets


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a call's matter before anybody has spoken about it."""

    call: str
    caller: str
    title: str
    contact_id: int | None
    queue: str
    assignee: str


def put(connection: Connection, drafts: Sequence[Draft]) -> list[KnownTicket]:
    """The tickets of these calls, in their order: made once, however often they are asked for."""
    wanted = {draft.call: draft for draft in drafts}
    # Nobody else makes one from here on.
    first = tickets.take_numbers(connection, "incident", len(wanted))
    known = tickets.drafted_for(connection, wanted)
    tickets.give_back(connection, "incident", len(known))
    missing = [draft for call, draft in wanted.items() if call not in known]
    made = tickets.add(connection, _new(connection, missing), first, time.time())
    known |= {draft.call: ticket for draft, ticket in zip(missing, made, strict=True)}
    return [known[draft.call] for draft in drafts]


def _new(connection: Connection, drafts: Sequence[Draft]) -> list[tickets.New]:
    people = contacts.by_ids(connection, [draft.contact_id for draft in drafts])
    new = []
    for draft in drafts:
        person = people.get(draft.contact_id)
        new.append(
            tickets.New(
                author=draft.assignee or "ringdesk",
                title=tickets.checked_title(draft.title[: tickets.MOST_TITLE]),
                contact_id=person.id if person else None,
                organisation_id=person.organisation_id if person else None,
                queue=draft.queue,
                assignee=draft.assignee,
                caller=draft.caller,
                drafted_for=draft.call,
            )
        )
    return new
