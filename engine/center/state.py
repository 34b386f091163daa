"""All that the center knows: plain values, JSON and back without loss."""

from typing import Literal, TypeAlias

import msgspec

from acd.state import AcdState
from calls.base import AgentId, CallId, Instant, Language, LegId, OfferId, QueueId
from calls.config import Number
from calls.events import CallerIdentified, KnownTicket
from calls.requests import Request
from ivr.session import SessionState
from ivr.waiting import WaitingState

#: ``menu``: the flow has the caller; ``waiting``: in a queue, perhaps with an offer out;
#: ``talking``: joined with an agent.
Phase: TypeAlias = Literal["menu", "waiting", "talking"]


class LegState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One leg that we count on being up."""

    call: CallId
    role: Literal["caller", "agent"]
    since: Instant
    offer: OfferId | None = None
    #: Surveys running that did not find it.
    missed: int = 0


class CallState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One call from its arrival to its end."""

    call: CallId
    leg: LegId
    caller: str
    called: str
    arrived: Instant
    phase: Phase
    since: Instant
    language: Language
    session: SessionState | None = None
    flow: str = ""
    version: int = 0
    node: str = ""
    path: list[str] = []
    waiting: WaitingState | None = None
    queue: QueueId = ""
    queued: Instant | None = None
    agent: AgentId = ""
    agent_leg: LegId | None = None
    bridge: str = ""
    #: Surveys running that found one of the pair outside its bridge.
    apart: int = 0
    who: CallerIdentified | None = None
    ticket: KnownTicket | None = None
    #: An agent whose page still waits for the caller to be identified.
    pop_due: AgentId = ""


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
    #: Legs that a survey found and that we do not know, seen once so far.
    strangers: list[LegId] = []
    #: Asked of a store and not yet answered.
    pending: dict[str, Request] = {}
    numbers: dict[str, Number] = {}
    #: ``name@version`` -> the flow; the newest of each name and those that calls still walk.
    flows: dict[str, FlowVersion] = {}
    newest: dict[str, int] = {}
    switches: dict[str, bool] = {}
    phones: dict[str, list[str]] = {}
