"""What switches and stores report. Past tense; each names the leg or request it is about."""

from typing import Literal, TypeAlias

from calls.base import BridgeId, CallId, EndCause, Language, LegId, Word
from calls.commands import Command


class LiveLeg(Word):
    """A leg that is really up at the switch at this moment."""

    leg: LegId
    #: The switch saw it come in (True) or we dialled it (False).
    inbound: bool
    #: It has been answered: media flows.
    up: bool
    caller: str = ""
    called: str = ""
    bridge: BridgeId | None = None


class LegArrived(Word):
    """A party dialled us and waits for what we do with it. It has not been answered."""

    leg: LegId
    switch: str
    caller: str
    called: str


class LegRinging(Word):
    """A phone that we dialled has started to ring."""

    leg: LegId


class LegAnswered(Word):
    """A party that we dialled has answered. `by` is told where `Dial.detect` asked for it, as far
    as it can be told apart."""

    leg: LegId
    by: Literal["", "person", "machine"] = ""


class LegEnded(Word):
    """A leg is gone. Comes once for each leg; a second one is dropped."""

    leg: LegId
    cause: EndCause


class PromptEnded(Word):
    """A `Prompt` command is over.

    `end` is ``completed`` (all was played and no digits were asked), ``digits`` (the rule was
    satisfied), ``no_input`` (digits were asked, none came in time), ``stopped`` (by StopPrompt)
    or ``failed`` (nothing could be played; `digits` is then empty).
    """

    leg: LegId
    prompt: str
    end: Literal["completed", "digits", "no_input", "stopped", "failed"]
    digits: str = ""


class RecordingEnded(Word):
    """A `Record` command is over. `seconds` is how long the recording is, 0 if there is none.

    `end` is ``silence``, ``digits`` (a terminator, in `digits`), ``full`` (its time was over),
    ``stopped``, ``hangup`` (the leg ended) or ``failed``.
    """

    leg: LegId
    recording: str
    end: Literal["silence", "digits", "full", "stopped", "hangup", "failed"]
    seconds: float = 0.0
    digits: str = ""


class BridgeRecorded(Word):
    """A `RecordBridge` command is over. `seconds` is how long the recording is, 0 if there is none;
    the sound may reach the disk a moment later. `end` is ``stopped`` (told to, or the bridge was
    removed) or ``failed``."""

    bridge: BridgeId
    recording: str
    end: Literal["stopped", "failed"] = "stopped"
    seconds: float = 0.0


class DigitPressed(Word):
    """A digit that no running prompt collects (while music plays, or in conversation)."""

    leg: LegId
    digit: str


class PhoneChanged(Word):
    """An agent's phone has registered (`online`) or is gone."""

    phone: str
    online: bool


class SwitchUp(Word):
    """The link to a switch is up (again), and this is what it holds. Whoever listens
    must not assume that anything was told to us while the link was down."""

    switch: str
    legs: tuple[LiveLeg, ...] = ()
    #: The agents' phones registered now.
    phones: tuple[str, ...] = ()


class SwitchDown(Word):
    """The link to a switch is lost. Its legs may well still be up."""

    switch: str


class SwitchRemoved(Word):
    """This center runs without that switch from now on: none of its legs is ours any more."""

    switch: str


class Surveyed(Word):
    """The legs that were up when a healthy switch was asked in passing.

    Events may have overtaken the survey: a leg counts as lost only when two surveys running
    do not have it.
    """

    switch: str
    legs: tuple[LiveLeg, ...] = ()


class CommandFailed(Word):
    """A switch did not do what it was told. `gone`: the leg no longer exists there."""

    command: Command
    gone: bool
    detail: str = ""


SwitchEvent: TypeAlias = (
    LegArrived
    | LegRinging
    | LegAnswered
    | LegEnded
    | PromptEnded
    | RecordingEnded
    | BridgeRecorded
    | DigitPressed
    | PhoneChanged
    | SwitchUp
    | SwitchDown
    | Surveyed
    | CommandFailed
)


class KnownTicket(Word):
    """An open ticket of a contact, newest first where several are listed."""

    id: int
    number: str
    title: str
    status: str = "open"
    priority: int = 3
    queue: str = ""


class KnownCall(Word):
    """An earlier call of the same number."""

    call: CallId
    at: float
    outcome: str
    queue: str = ""
    agent: str = ""


class CallerIdentified(Word):
    """The answer to `IdentifyCaller`. `contact` is None where nobody has that number."""

    request: str
    call: CallId
    contact: int | None = None
    name: str = ""
    organisation: str = ""
    language: Language = ""
    vip: bool = False
    tickets: tuple[KnownTicket, ...] = ()
    calls: tuple[KnownCall, ...] = ()


class TicketDrafted(Word):
    """The answer to `DraftTicket`, `FileVoicemail` and `ReportFault`: this is the call's ticket
    now. With `DraftTicket` it is always a new one."""

    request: str
    call: CallId
    ticket: KnownTicket


class TicketFound(Word):
    """The answer to `FindTicket`; None where no ticket has that number. `open`: neither resolved
    nor closed."""

    request: str
    call: CallId
    ticket: KnownTicket | None = None
    open: bool = False


class ServiceAnswered(Word):
    """The answer to `AskService`: the status, and what was wanted, as far as it is there."""

    request: str
    call: CallId
    status: int
    values: dict[str, str | int | float | bool] = {}


class RequestFailed(Word):
    """A store could not answer; the call goes on without it."""

    request: str
    call: CallId
    detail: str


StoreEvent: TypeAlias = (
    CallerIdentified | TicketDrafted | TicketFound | ServiceAnswered | RequestFailed
)


class Tick(Word):
    """The time that some machine asked to be woken at has come."""


Event: TypeAlias = SwitchEvent | SwitchRemoved | StoreEvent | Tick
