"""The stores' answers to what the machine asks: who is calling, and a ticket for the call.

Called in a thread beside the loop; the answers go back to the machine as events.
"""

from collections.abc import Iterator, Sequence

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from calls.errors import DatabaseUnreachable, InputInvalid, RingdeskError
from calls.events import (
    CallerIdentified,
    KnownCall,
    RequestFailed,
    StoreEvent,
    TicketDrafted,
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
from desk.drafts import Draft
from desk.models import Contact, Ticket
from engine import filing, projections
from engine.filing import known_ticket
from engine.models import CallRecord
from engine.storage import Database

#: How many earlier calls a pop shows; one more where nobody talked with them in so many.
EARLIER_CALLS = 5

_of_number = (
    select(
        CallRecord.call, CallRecord.arrived, CallRecord.outcome, CallRecord.queue, CallRecord.agent
    )
    .where(CallRecord.number == bindparam("number"))
    .order_by(CallRecord.arrived.desc(), CallRecord.call)
)
_EARLIER = _of_number.limit(EARLIER_CALLS)
_LAST_TALK = _of_number.where(CallRecord.agent != "").limit(1)

_log = structlog.get_logger(__name__)


def answer(request: Request, database: Database, region: str) -> StoreEvent:
    """Answer one request. `region` (ISO 3166) is where national numbers belong."""
    return answer_all([request], database, region)[0]


def answer_all(requests: Sequence[Request], database: Database, region: str) -> list[StoreEvent]:
    """Answer requests, in their order, in one transaction.

    Whatever goes wrong with one of them becomes its `RequestFailed`, and the call goes on.
    """
    try:
        with database.session() as session:
            # What is only read first: who has written keeps others from it until the end.
            found: dict[str, StoreEvent] = {
                request.request: _read(session, request, region)
                for request in requests
                if isinstance(request, IdentifyCaller | FindTicket)
            }
            if writes := [request for request in requests if request.request not in found]:
                projections.hold(session)
                wanted = [request for request in writes if isinstance(request, DraftTicket)]
                written = [
                    *(_draft(session, wanted, region) if wanted else ()),
                    *(
                        _write(session, request, region)
                        for request in writes
                        if not isinstance(request, DraftTicket)
                    ),
                ]
                # A caller may have hung up meanwhile: the record is there without a ticket then.
                projections.refresh(session, [event.call for event in written], region)
                found |= {event.request: event for event in written}
        return [found[request.request] for request in requests]
    except DatabaseUnreachable as error:
        return [_failed(request, error) for request in requests]
    except Exception as error:
        if len(requests) == 1:
            return [_failed(requests[0], error)]
        # Nothing of it is done: which of them it is shows when each is alone.
        return [answer(request, database, region) for request in requests]


def _read(session: Session, request: IdentifyCaller | FindTicket, region: str) -> StoreEvent:
    if isinstance(request, FindTicket):
        return filing.find_ticket(session, request)
    return _identify(session, request, region)


def _write(session: Session, request: Request, region: str) -> TicketDrafted:
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


def _identify(session: Session, request: IdentifyCaller, region: str) -> CallerIdentified:
    number = normalise(request.caller, region)
    earlier = _earlier_calls(session, number)
    contact, open_tickets = _choose(session, contacts.with_number(session, number))
    if contact is None:
        return CallerIdentified(request=request.request, call=request.call, calls=earlier)
    return CallerIdentified(
        request=request.request,
        call=request.call,
        contact=contact.id,
        name=contact.name,
        organisation=contact.organisation.name if contact.organisation else "",
        language=contact.language,
        vip=contact.vip,
        tickets=tuple(known_ticket(ticket) for ticket in open_tickets),
        calls=earlier,
    )


def _choose(session: Session, found: list[Contact]) -> tuple[Contact | None, list[Ticket]]:
    """Of several who share a number, the one with the newest open ticket, else the first known."""
    best: tuple[Contact | None, list[Ticket]] = (None, [])
    for contact in found:
        open_tickets = tickets.open_of(session, contact.id)
        newest = open_tickets[0].created if open_tickets else 0.0
        if best[0] is None or newest > (best[1][0].created if best[1] else 0.0):
            best = (contact, open_tickets)
    return best


def _earlier_calls(session: Session, number: str) -> tuple[KnownCall, ...]:
    if not number:
        return ()
    rows = list(session.execute(_EARLIER, {"number": number}))
    if len(rows) == EARLIER_CALLS and not any(
        row.agent for row in rows
    ):  # whom they talked with last matters to queues
        rows += session.execute(_LAST_TALK, {"number": number})
    return tuple(
        KnownCall(
            call=row.call, at=row.arrived, outcome=row.outcome, queue=row.queue, agent=row.agent
        )
        for row in rows
    )


def _draft(
    session: Session, requests: Sequence[DraftTicket], region: str
) -> Iterator[TicketDrafted]:
    made = drafts.put(
        session,
        [
            Draft(
                call=request.call,
                caller=normalise(request.caller, region),
                title=f"Call from {_name(session, request, region)}",
                contact_id=request.contact,
                queue=request.queue,
                assignee=request.agent,
            )
            for request in requests
        ],
    )
    for request, ticket in zip(requests, made, strict=True):
        yield TicketDrafted(request=request.request, call=request.call, ticket=known_ticket(ticket))


def _name(session: Session, request: DraftTicket, region: str) -> str:
    contact = session.get(Contact, request.contact) if request.contact is not None else None
    if contact is not None:
        return contact.name
    number = for_people(request.caller, region)
    return "a withheld number" if number == "withheld" else number
