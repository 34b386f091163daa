"""What people look at: the live figures as plain values, made by the machine on request."""

from typing import Literal

from calls.base import AgentId, AgentState, CallId, Instant, Language, QueueId, Word
from calls.config import ServiceLevelVariant
from calls.facts import Fact


class QueueFigures(Word):
    """One queue since midnight in the center's time zone.

    `service_level` is worked out as `service_level_variant` says, 0..1; None while there is nothing
    to divide by.
    """

    offered: int = 0
    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    rona: int = 0
    declined: int = 0
    service_level: float | None = None
    #: Mean wait of the answered, seconds.
    asa: float | None = None
    #: Mean talk + wrap-up, seconds.
    aht: float | None = None
    service_level_variant: ServiceLevelVariant = "standard"
    #: (abandoned - short abandons) / (answered + abandoned - short abandons).
    abandonment: float | None = None
    #: Sent elsewhere by a rule of the queue, or not let in.
    overflowed: int = 0
    #: Kept the place without the line: neither answered nor abandoned.
    callbacks: int = 0


class QueueView(Word):
    name: QueueId
    title: str
    waiting: int
    #: When the caller who waits longest was queued.
    longest_since: Instant | None
    #: Agents of this queue by state.
    ready: int
    reserved: int
    talking: int
    wrap_up: int
    not_ready: int
    service_level_seconds: float
    today: QueueFigures
    #: Callers who keep their place without the line; they count in `waiting` as well.
    virtual: int = 0
    closed: bool = False
    #: The wait a caller who came now should expect, as a range of seconds; none where somebody is
    #: ready and nobody waits.
    expected: tuple[float, float] | None = None
    #: The share of callers whose wait was inside the range expected when they came; None while
    #: too few have been counted.
    estimate_hits: float | None = None
    #: It has been right often enough for callers to be told it.
    estimate_told: bool = False
    service_level_variant: ServiceLevelVariant = "standard"


class AgentView(Word):
    name: AgentId
    title: str
    state: AgentState
    reason: str
    since: Instant
    until: Instant | None
    call: CallId | None
    phone_online: bool
    #: Asked for during a call; takes effect after it.
    next_state: str
    skills: dict[str, int]
    queues: dict[QueueId, int]
    #: Contacts of other channels than voice that they have now.
    contacts: int = 0
    #: Extensions of the wrap-up that they may still ask for.
    extensions: int = 0
    #: The caller of their conversation is held; nobody hears them.
    held: bool = False
    muted: bool = False
    #: Whom they consult before they pass the caller on, as asked for; whether it has answered.
    consults: str = ""
    consult_answered: bool = False
    recording: Literal["", "on", "paused"] = ""
    #: Supervisors who follow them, with the mode.
    supervisors: dict[AgentId, str] = {}


class CallView(Word):
    """`phase`: ``menu``, ``waiting``, ``ringing`` (an agent's phone), ``talking``."""

    call: CallId
    caller: str
    caller_name: str
    called: str
    phase: str
    #: When it arrived; when the phase began; when it was queued.
    arrived: Instant
    since: Instant
    queued: Instant | None
    queue: QueueId
    agent: AgentId
    language: Language
    position: int | None = None
    ticket: int | None = None
    #: The flow with its version and the node the caller is at, while in the menu.
    flow: str = ""
    version: int = 0
    node: str = ""
    #: The caller keeps the place without the line.
    virtual: bool = False


class LiveView(Word):
    at: Instant
    #: The number of the last fact in it: a stream resumed after it misses nothing.
    journal: int
    queues: tuple[QueueView, ...]
    agents: tuple[AgentView, ...]
    calls: tuple[CallView, ...]
    switches: dict[str, bool]


class Published(Word):
    """A fact with its number in the journal and the time it happened."""

    seq: int
    at: Instant
    fact: Fact


class BrowserPhone(Word):
    """What a page needs to register a phone: SIP over a WebSocket, or a `token` for Twilio."""

    uri: str
    password: str
    websocket: str
    display: str = ""
    token: str = ""
