"""All that the center knows: plain values, JSON and back without loss."""

from typing import Any, Literal, TypeAlias

import msgspec

from acd.state import AcdState
from calls.base import (
    AgentId,
    BridgeId,
    CallId,
    CallOutcome,
    Instant,
    Language,
    LegId,
    OfferId,
    QueueId,
)
from calls.config import Number
from calls.events import CallerIdentified, KnownTicket
from calls.requests import Request
from ivr.messages import Frame, Queued, Transferred
from ivr.state import SessionState, Told, WaitingState

#: ``menu``: the flow has the caller; ``waiting``: in a queue, perhaps with offers out;
#: ``calling``: an agent has accepted a caller who kept the place, whom we dial now;
#: ``talking``: joined with an agent; ``outside``: a number or an extension is dialled, or joined.
Phase: TypeAlias = Literal["menu", "waiting", "calling", "talking", "outside"]

#: ``seat``: the phone of an agent who stays on the line between calls; ``consulted``: a number or
#: an extension that an agent asks; ``supervisor``: the phone of one who follows an agent.
Role: TypeAlias = Literal["caller", "agent", "seat", "outside", "consulted", "supervisor"]

#: Who ends a conversation.
ReleasedBy: TypeAlias = Literal["caller", "agent", "supervisor", "system"]

#: See `calls.commands.Supervise`.
SupervisionMode: TypeAlias = Literal["monitor", "whisper", "barge"]

#: What a phone is told when we hang up, see `calls.commands.Hangup`.
HangupReason: TypeAlias = Literal["normal", "busy", "answered_elsewhere", "declined"]


class LegState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One leg that we count on."""

    role: Role
    since: Instant
    #: The call that it is in; a seat may be in none, a supervisor is in none.
    call: CallId = ""
    #: Whose phone it is (``agent``, ``seat``, ``supervisor``).
    agent: AgentId = ""
    #: Its answer accepts this.
    offer: OfferId | None = None
    #: Where a seat waits for the next caller: alone in a bridge.
    bridge: BridgeId = ""
    #: We dialled it and it was answered.
    up: bool = False
    #: What its switch was told last of it in a conversation; None: nothing so far.
    held: bool | None = None
    muted: bool | None = None
    #: Surveys running that did not find it.
    missed: int = 0


class CallState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One call from its arrival to its end."""

    call: CallId
    #: The caller's; empty while the caller keeps the place without the line.
    leg: LegId
    caller: str
    called: str
    arrived: Instant
    phase: Phase
    since: Instant
    language: Language
    #: The switch that all its legs are on.
    switch: str = ""
    session: SessionState | None = None
    flow: str = ""
    version: int = 0
    node: str = ""
    path: list[str] = []
    waiting: WaitingState | None = None
    #: The queue, how the flow put the caller there, and when.
    queue: QueueId = ""
    wants: Queued | None = None
    #: The caller's leg was answered; what the flow knew when it was left, and the flows within it.
    answered: bool = False
    variables: dict[str, Any] = {}
    inside: tuple[Frame, ...] = ()
    #: How many prompts its flows have played.
    prompts: int = 0
    queued: Instant | None = None
    #: Seconds of waiting that were brought along to this queue.
    credit: float = 0.0
    #: Not queued before it is known who calls, but not later than this.
    held: Instant | None = None
    #: When the agent whom the caller is put through to counts as not answering.
    gives_up: Instant | None = None
    #: How often queues have sent it elsewhere; a queue's last resort was the flow's operator.
    overflows: int = 0
    rescued: bool = False
    #: What the queue that has just sent it to another has told the caller.
    told: Told | None = None
    #: The caller keeps the place and is to be called at this number; the Acd knows it.
    call_back: str = ""
    virtual: bool = False
    #: With whom the caller has talked, as the call's outcome tells it.
    result: CallOutcome | None = None
    #: The phones that are sought or ring, by their offers.
    ringing: dict[OfferId, LegId] = {}
    #: Who talks, or whose phone rang first.
    agent: AgentId = ""
    #: Whom the caller is joined with, or shall be.
    other_leg: LegId | None = None
    #: Whom the flow, or a rule of the queue, puts the caller through to.
    transfer: Transferred | None = None
    bridge: str = ""
    #: How many bridges it has had: a switch may remember those that it has removed.
    bridges: int = 0
    #: Somebody who was consulted has been in its bridge.
    shared: bool = False
    #: While the caller of a conversation is held: since when. Seconds of its holds before.
    held_since: Instant | None = None
    was_held: float = 0.0
    #: Nobody hears the agent.
    muted: bool = False
    #: What its recording is called, while there is one.
    recording: str = ""
    #: Who has passed the caller on, or asks about them.
    passed_by: AgentId = ""
    #: The consultation about it, which is a call of its own (`engine.center.consulting`); of such a
    #: one: which call it is about, and whom the agent asks.
    consult: CallId = ""
    about: CallId = ""
    asked: str = ""
    #: Surveys running that found one of the pair outside its bridge.
    apart: int = 0
    who: CallerIdentified | None = None
    ticket: KnownTicket | None = None
    #: Agents whose pages still wait for the caller to be identified.
    pops_due: list[AgentId] = []


class Recording(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A recording of a conversation that has begun and of which no end was told."""

    call: CallId
    agent: AgentId
    bridge: BridgeId
    since: Instant
    paused: bool = False
    #: When it was told to end.
    stopped: Instant | None = None


class Supervision(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A supervisor who follows an agent, or whose phone rings to do so."""

    agent: AgentId
    mode: SupervisionMode
    leg: LegId
    #: When it began to be this agent; None while the phone rings.
    since: Instant | None = None


class CutOff(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A caller who was cut off and may call again."""

    queue: QueueId
    #: When the caller began to wait, and when the line was cut.
    since: Instant
    at: Instant
    #: Who was talking to them.
    agent: AgentId = ""


class FlowVersion(msgspec.Struct, kw_only=True):
    flow: str
    version: int
    source: str


class CenterState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The snapshot: what a restart begins with, before the journal's later messages."""

    #: Begins every id that we mint, so that two centers on one switch never meet.
    center: str
    minted: int = 0
    acd: AcdState
    calls: dict[CallId, CallState] = {}
    legs: dict[LegId, LegState] = {}
    #: Legs told to hang up that have not said that they are gone.
    closing: dict[LegId, Instant] = {}
    #: The legs of agents who stay on the line, also while they are dialled.
    seats: dict[AgentId, LegId] = {}
    #: By name: what is recorded, and by supervisor: whom they follow.
    recordings: dict[str, Recording] = {}
    supervisions: dict[AgentId, Supervision] = {}
    #: By number: callers who keep their place, and callers who were cut off.
    kept: dict[str, CallId] = {}
    cut_off: dict[str, CutOff] = {}
    #: Legs that a survey found and that we do not know, seen once so far.
    strangers: list[LegId] = []
    #: Asked of a store and not yet answered.
    pending: dict[str, Request] = {}
    numbers: dict[str, Number] = {}
    #: ``name@version`` -> the flow; the newest of each name and those that calls still walk.
    flows: dict[str, FlowVersion] = {}
    newest: dict[str, int] = {}
    switches: dict[str, bool] = {}
