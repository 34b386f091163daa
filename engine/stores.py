"""The stores' answers to what the machine asks: who is calling, and a ticket for the call.

Called in a thread beside the loop; the answers go back to the machine as events.
"""

from collections.abc import Iterator, Sequence
from typing import cast

import structlog
from sqlalchemy import Connection, Table, bindparam, select
from sqlalchemy.orm import Session

from calls.errors import DatabaseUnreachable, InputInvalid, RingdeskError
from calls.events import (
    CallerIdentified,
    KnownCall,
    RequestFailed,
    StoreEvent,
    TicketDrafted,
    TicketFound,
)
from calls.requests import (
    DraftTicket,
    FileVoicemail,
    FindTicket,
    IdentifyCaller,
    ReportFault,
    Request,
)
from cti.numbers import for_people, normalise
from desk import contacts, drafts, tickets
from desk.contacts import Person
from desk.drafts import Draft
from desk.tickets import OpenTicket
from engine import filing, projections
from engine.models import CallRecord
from engine.storage import Database

#: How many earlier calls a pop shows; one more where nobody talked with them in so many.
EARLIER_CALLS = 5

_RECORDS = cast(Table, CallRecord.__table__)
_of_number = (
    select(*(_RECORDS.c[name] for name in ("call", "arrived", "outcome", "queue", "agent")))
    .where(_RECORDS.c.number == bindparam("number"))
    .order_by(_RECORDS.c.arrived.desc(), _RECORDS.c.call)
)
_EARLIER = _of_number.limit(EARLIER_CALLS)
_LAST_TALK = _of_number.where(_RECORDS.c.agent != "").limit(1)

_log = structlog.get_logger(__name__)


def answer(request: Request, database: Database, region: str) -> StoreEvent:
    """Answer one request. `region` (ISO 3166) is where national numbers belong."""
    return answer_all([request], database, region)[0]


def answer_all(requests: Sequence[Request], database: Database, region: str) -> list[StoreEvent]:
    """Answer requests, in their order, in one transaction.

    Whatever goes wrong with one of them becomes its `RequestFailed`, and the call goes on.
    """
    try:
        with database.transaction() as connection:
            # What is only read first: who has written keeps others from it until the end.
            asked = [request for request in requests if isinstance(request, IdentifyCaller)]
            events = _identify(connection, asked, region) if asked else ()
            found: dict[str, StoreEvent] = {event.request: event for event in events}
            for request in requests:
                if isinstance(request, FindTicket):
                    found[request.request] = _find(connection, request)
            if writes := [request for request in requests if request.request not in found]:
                projections.hold(connection)
                written = _write(connection, writes, region)
                # A caller may have hung up meanwhile: the record is there without a ticket then.
                projections.refresh(connection, [event.call for event in written], region)
                found |= {event.request: event for event in written}
        return [found[request.request] for request in requests]
    except DatabaseUnreachable as error:
        return [_failed(request, error) for request in requests]
    except Exception as error:
        if len(requests) == 1:
            return [_failed(requests[0], error)]
        # Nothing of it is done: which of them it is shows when each is alone.
        return [answer(request, database, region) for request in requests]


def _find(connection: Connection, request: FindTicket) -> TicketFound:
    with Session(connection) as session:
        return filing.find_ticket(session, request)


def _write(connection: Connection, requests: Sequence[Request], region: str) -> list[TicketDrafted]:
    wanted = [request for request in requests if isinstance(request, DraftTicket)]
    written = [*_draft(connection, wanted, region)] if wanted else []
    for request in requests:
        if not isinstance(request, DraftTicket):
            with Session(connection) as session, session.begin():
                written.append(_file(session, request, region))
    return written


def _file(session: Session, request: Request, region: str) -> TicketDrafted:
    match request:
        case FileVoicemail():
            return filing.file_voicemail(session, request, region)
        case ReportFault():
            return filing.report_fault(session, request, region)
        case _:
            raise InputInvalid("the running center answers this by itself")


def _failed(request: Request, error: Exception) -> RequestFailed:
    expected = isinstance(error, RingdeskError)
    _log.error("store.failed", request=request.request, error=str(error), exc_info=not expected)
    return RequestFailed(
        request=request.request, call=request.call, detail=str(error) or type(error).__name__
    )


def _identify(
    connection: Connection, requests: Sequence[IdentifyCaller], region: str
) -> Iterator[CallerIdentified]:
    numbers = [normalise(request.caller, region) for request in requests]
    people = contacts.with_numbers(connection, numbers)
    known = [person.id for found in people.values() for person in found]
    open_tickets = tickets.open_of(connection, known) if known else {}
    for request, number in zip(requests, numbers, strict=True):
        earlier = _earlier_calls(connection, number)
        if person := _choose(people[number], open_tickets):
            yield CallerIdentified(
                request=request.request,
                call=request.call,
                contact=person.id,
                name=person.name,
                organisation=person.organisation,
                language=person.language,
                vip=person.vip,
                tickets=tuple(one.ticket for one in open_tickets.get(person.id, ())),
                calls=earlier,
            )
        else:
            yield CallerIdentified(request=request.request, call=request.call, calls=earlier)


def _choose(found: list[Person], open_tickets: dict[int, list[OpenTicket]]) -> Person | None:
    """Of several who share a number, the one with the newest open ticket, else the first known."""

    def newest(person: Person) -> float:
        theirs = open_tickets.get(person.id)
        return theirs[0].created if theirs else 0.0

    return max(found, key=newest, default=None)


def _earlier_calls(connection: Connection, number: str) -> tuple[KnownCall, ...]:
    if not number:
        return ()
    rows = connection.execute(_EARLIER, {"number": number}).all()
    if len(rows) == EARLIER_CALLS and not any(
        row.agent for row in rows
    ):  # whom they talked with last matters to queues
        rows = [*rows, *connection.execute(_LAST_TALK, {"number": number})]
    return tuple(
        KnownCall(
            call=row.call, at=row.arrived, outcome=row.outcome, queue=row.queue, agent=row.agent
        )
        for row in rows
    )


def _draft(
    connection: Connection, requests: Sequence[DraftTicket], region: str
) -> Iterator[TicketDrafted]:
    people = contacts.by_ids(connection, [request.contact for request in requests])
    made = drafts.put(
        connection,
        [
            Draft(
                call=request.call,
                caller=normalise(request.caller, region),
                title=f"Call from {_name(people.get(request.contact), request.caller, region)}",
                contact_id=request.contact,
                queue=request.queue,
                assignee=request.agent,
            )
            for request in requests
        ],
    )
    for request, ticket in zip(requests, made, strict=True):
        yield TicketDrafted(request=request.request, call=request.call, ticket=ticket)


def _name(person: Person | None, caller: str, region: str) -> str:
    if person is not None:
        return person.name
    number = for_people(caller, region)
    return "a withheld number" if number == "withheld" else number
