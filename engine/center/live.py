"""Calls, legs and all else as the running machine has them.

They are made from the records of a snapshot (`engine.center.state`, where the fields are told) and
become such again. They are plain classes because an attribute of those is cheap in the compiled
build (`engine.compiled`), where one of a struct is looked up by its name.
"""

from operator import attrgetter
from typing import Any

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
from calls.events import CallerIdentified, KnownTicket
from engine.center.state import CallState, CenterState, LegState, Phase, Role
from ivr.messages import Frame, Queued, Transferred
from ivr.state import Told

_LEG = LegState.__struct_fields__
#: What its flow and its wait know is kept by themselves.
_CALL = tuple(one for one in CallState.__struct_fields__ if one not in ("session", "waiting"))

#: Calls, legs and the Acd are alive in the machine itself.
_STATE = tuple(one for one in CenterState.__struct_fields__ if one not in ("calls", "legs", "acd"))


class State:
    """See `engine.center.state.CenterState`. It takes over the parts of the record."""

    __slots__ = _STATE

    def __init__(self, record: CenterState) -> None:
        self.center = record.center
        self.minted = record.minted
        self.closing = record.closing
        self.seats = record.seats
        self.recordings = record.recordings
        self.supervisions = record.supervisions
        self.kept = record.kept
        self.cut_off = record.cut_off
        self.strangers = record.strangers
        self.pending = record.pending
        self.numbers = record.numbers
        self.flows = record.flows
        self.newest = record.newest
        self.switches = record.switches


class Leg:
    """See `engine.center.state.LegState`."""

    __slots__ = _LEG

    def __init__(self, role: Role, since: Instant, call: CallId = "", agent: AgentId = "") -> None:
        self.role: Role = role
        self.since = since
        self.call = call
        self.agent = agent
        self.offer: OfferId | None = None
        self.bridge: BridgeId = ""
        self.up = False
        self.held: bool | None = None
        self.muted: bool | None = None
        self.missed = 0


class Call:
    """See `engine.center.state.CallState`."""

    __slots__ = _CALL

    def __init__(
        self,
        call: CallId,
        leg: LegId,
        switch: str,
        caller: str,
        called: str,
        phase: Phase,
        language: Language,
        now: Instant,
    ) -> None:
        self.call = call
        self.leg = leg
        self.switch = switch
        self.caller = caller
        self.called = called
        self.arrived = now
        self.phase: Phase = phase
        self.since = now
        self.language = language
        self.flow = self.node = ""
        self.version = 0
        self.path: list[str] = []
        self.queue: QueueId = ""
        self.wants: Queued | None = None
        self.answered = False
        self.variables: dict[str, Any] = {}
        self.inside: tuple[Frame, ...] = ()
        self.prompts = 0
        self.queued: Instant | None = None
        self.credit = 0.0
        self.held: Instant | None = None
        self.gives_up: Instant | None = None
        self.overflows = 0
        self.rescued = False
        self.told: Told | None = None
        self.call_back = ""
        self.virtual = False
        self.result: CallOutcome | None = None
        self.ringing: dict[OfferId, LegId] = {}
        self.agent: AgentId = ""
        self.other_leg: LegId | None = None
        self.transfer: Transferred | None = None
        self.bridge = ""
        self.bridges = 0
        self.shared = False
        self.held_since: Instant | None = None
        self.was_held = 0.0
        self.muted = False
        self.recording = ""
        self.passed_by: AgentId = ""
        self.consult: CallId = ""
        self.about: CallId = ""
        self.asked = ""
        self.apart = 0
        self.who: CallerIdentified | None = None
        self.ticket: KnownTicket | None = None
        self.pops_due: list[AgentId] = []


_call_fields, _leg_fields = attrgetter(*_CALL), attrgetter(*_LEG)
_state_fields = attrgetter(*_STATE)


def state_record(state: State, acd: AcdState) -> CenterState:
    """It shares its parts with the state; it has no calls and legs yet."""
    return CenterState(acd=acd, **dict(zip(_STATE, _state_fields(state), strict=True)))


def call_record(call: Call) -> CallState:
    """It shares its parts with the call."""
    return CallState(**dict(zip(_CALL, _call_fields(call), strict=True)))


def leg_record(leg: Leg) -> LegState:
    return LegState(**dict(zip(_LEG, _leg_fields(leg), strict=True)))


def revived_call(record: CallState) -> Call:
    call = Call("", "", "", "", "", "menu", "", 0.0)
    for name in _CALL:
        setattr(call, name, getattr(record, name))
    return call


def revived_leg(record: LegState) -> Leg:
    leg = Leg("caller", 0.0)
    for name in _LEG:
        setattr(leg, name, getattr(record, name))
    return leg
