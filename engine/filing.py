"""What flows ask of the desk: a ticket by its number, a message filed, a fault reported."""

from pathlib import Path

from sqlalchemy.orm import Session

from calls.errors import InputInvalid
from calls.events import TicketDrafted, TicketFound
from calls.requests import FileVoicemail, FindTicket, ReportFault
from cti.numbers import for_people, normalise
from desk import drafts, tickets
from desk.drafts import Draft
from desk.models import Contact, Ticket
from desk.priority import OPEN_STATUSES
from engine import faults


def find_ticket(session: Session, request: FindTicket) -> TicketFound:
    found = tickets.by_number(session, request.number)
    if found is None and request.number.isdecimal():
        found = tickets.by_digits(session, request.number, request.contact)
    return TicketFound(
        request=request.request,
        call=request.call,
        ticket=tickets.known(found) if found else None,
        open=found is not None and found.status in OPEN_STATUSES,
    )


def file_voicemail(session: Session, request: FileVoicemail, region: str) -> TicketDrafted:
    """Write on the call's ticket where the message can be heard."""
    who = _name(session, request.contact, request.caller, region)
    found = session.get(Ticket, request.ticket) if request.ticket is not None else None
    if found is not None:
        ticket = tickets.known(found)
    else:
        draft = Draft(
            call=request.call,
            caller=normalise(request.caller, region),
            title=f"Voice message from {who}",
            contact_id=request.contact,
            queue=request.queue,
            assignee="",
        )
        [ticket] = drafts.put(session.connection(), [draft])
    tickets.add_note(
        session,
        ticket.id,
        "ringdesk",
        f"Voice message from {who}, {round(request.seconds)} seconds: "
        f"{recording_address(request.recording)}",
        call=request.call,
        key=f"voicemail-{request.recording}",
    )
    return TicketDrafted(request=request.request, call=request.call, ticket=ticket)


def report_fault(session: Session, request: ReportFault, region: str) -> TicketDrafted:
    """A ticket for the caller, and a note on each of the two about the other. Who waits for this
    fault already keeps the ticket that they have."""
    fault = tickets.by_number(session, request.fault)
    if fault is None:
        raise InputInvalid(f"there is no ticket {request.fault!r} to attach a caller to")
    who = _name(session, request.contact, request.caller, region)
    caller = normalise(request.caller, region)
    waiting = faults.attached(session, fault, request.contact, caller)
    if waiting is not None:
        own = tickets.known(waiting)
    else:
        draft = Draft(
            call=request.call,
            caller=caller,
            title=f"{who}: {fault.title}",
            contact_id=request.contact,
            queue=fault.queue,
            assignee="",
        )
        [own] = drafts.put(session.connection(), [draft])
        number = for_people(request.caller, region)
        tickets.add_note(
            session,
            fault.id,
            "ringdesk",
            f"{who} ({number}) is affected and wants to be told when it is mended: {own.number}",
            call=request.call,
            key=faults.key(fault.id, request.call, faults.THEIRS),
        )
    tickets.add_note(
        session,
        own.id,
        "ringdesk",
        f"Affected by {fault.number}: {fault.title}. To be told when it is mended.",
        call=request.call,
        key=faults.key(fault.id, request.call, faults.OWN),
    )
    return TicketDrafted(request=request.request, call=request.call, ticket=own)


def recording_address(recording: str) -> str:
    """Where the panel plays a recording."""
    return f"/recordings/{recording}"


def recording_file(folder: Path, recording: str) -> Path | None:
    """The file of a recording below ``<home>/recordings``; None for no such one, and for names
    that lead elsewhere."""
    path = folder / f"{recording}.wav"
    inside = "/" not in recording and "\\" not in recording and not recording.startswith(".")
    return path if inside and path.is_file() else None


def _name(session: Session, contact: int | None, caller: str, region: str) -> str:
    """Whom a note is about."""
    known = session.get(Contact, contact) if contact is not None else None
    if known is not None:
        return known.name
    number = for_people(caller, region)
    return "a withheld number" if number == "withheld" else number
