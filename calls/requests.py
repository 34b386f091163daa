"""What we ask a store. Each is answered by one event that carries the same request id."""

from typing import Literal, TypeAlias

from calls.base import AgentId, CallId, QueueId, Word


class IdentifyCaller(Word):
    """Who has this number, what is open for them, when did they last call?"""

    request: str
    call: CallId
    caller: str


class DraftTicket(Word):
    """Make a ticket for a call that matches none. Made once for each call, however often asked."""

    request: str
    call: CallId
    caller: str
    contact: int | None
    queue: QueueId
    agent: AgentId


class FindTicket(Word):
    """Which ticket has this number, as a person says it or types it: the letters may lack."""

    request: str
    call: CallId
    number: str
    #: Of several with the same digits, this contact's is meant.
    contact: int | None = None


class AskService(Word):
    """Ask an HTTP service outside. Only those that the settings allow are asked."""

    request: str
    call: CallId
    url: str
    method: Literal["GET", "POST"] = "GET"
    #: Sent as JSON with ``POST``.
    body: dict[str, str | int | float | bool] = {}
    #: Seconds, for everything together.
    timeout: float = 3.0
    #: What is wanted of the JSON that is answered: name -> the path to it, ``"order.status"``.
    take: dict[str, str] = {}


class FileVoicemail(Word):
    """Put a recorded message on the call's ticket, or on a new one. Once for each recording,
    however often asked."""

    request: str
    call: CallId
    recording: str
    seconds: float
    caller: str
    contact: int | None = None
    #: The ticket that the call is about, if that is known.
    ticket: int | None = None
    #: Whose message it is: the queue of a new ticket.
    queue: QueueId = ""


class ReportFault(Word):
    """A caller is hit by a known fault and wants to hear when it is mended: note it on its
    ticket, and give the caller a ticket of their own, once for each call."""

    request: str
    call: CallId
    #: The number of the fault's ticket.
    fault: str
    caller: str
    contact: int | None = None


class RecordPrompt(Word):
    """A caller records a prompt of a flow. `code` names it: it was given by the panel, and holds
    for some minutes. Answered by `ServiceAnswered`: 404 for a wrong code, 422 where there is
    nothing to hear; the values are the prompt's ``name``, ``language`` and ``text``."""

    request: str
    call: CallId
    code: str
    #: ``find``: is it a code? ``draft``: let `recording` be heard as the prompt ``draft.<code>``.
    #: ``keep``: let callers hear that from now on.
    step: Literal["find", "draft", "keep"]
    recording: str = ""


Request: TypeAlias = (
    IdentifyCaller
    | DraftTicket
    | FindTicket
    | AskService
    | FileVoicemail
    | ReportFault
    | RecordPrompt
)
