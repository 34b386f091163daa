"""Agents and waiting calls as a running Acd holds them: what a snapshot has of them, and where the
index has them. One object for each, changed in place: that is what makes a decision cheap. What the
index looks at comes first in them, so that it lies together where this is compiled."""

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from acd.state import AgentRecord, Disposition, Item, WaitingCall, agent_fields, call_fields
from calls.base import AgentId, AgentState, CallId, Channel, Instant, OfferId, QueueId
from calls.config import Agent

if TYPE_CHECKING:
    from acd.signatures import Demand, Fit, Signature

#: Not signed in (or leaving); signed in, on a break; at work, also resting between calls.
Presence: TypeAlias = Literal[0, 1, 2]
AT_WORK: Presence = 2
_PRESENCE: Final[dict[AgentState, Presence]] = {
    "logged_out": 0,
    "not_ready": 1,
    "ready": 2,
    "reserved": 2,
    "talking": 2,
    "wrap_up": 2,
}


class Caller:
    """A waiting call: all that `WaitingCall` says of it, and more."""

    __slots__ = (*WaitingCall.__struct_fields__, "demand", "kappa", "signature")

    def __init__(
        self,
        call: CallId,
        queue: QueueId,
        skills: dict[str, int],
        priority: float,
        queued: Instant,
        order: int,
        channel: Channel = "voice",
        credit: float = 0.0,
        asked_by: AgentId = "",
    ) -> None:
        #: Where it is in lines (`acd.index`); right while it waits.
        self.kappa = 0.0
        #: What it needs at each step; None before it has entered its queue as it is configured.
        self.demand: Demand | None = None
        #: Where it waits for agents; None while it does not (an agent is reserved for it, it is
        #: held).
        self.signature: Signature | None = None
        self.call = call
        self.queue = queue
        self.order = order
        self.skills = skills
        self.priority = priority
        self.queued = queued
        self.channel: Channel = channel
        self.credit = credit
        self.agent: AgentId = ""
        self.agent_for = 0.0
        self.step = 0
        self.offers: tuple[OfferId, ...] = ()
        self.virtual = False
        self.attempts = 0
        self.held: Instant | None = None
        self.taken: AgentId = ""
        self.tried = queued
        self.expected: tuple[float, float] | None = None
        self.asked_by = asked_by

    def record(self) -> WaitingCall:
        """For a snapshot."""
        return WaitingCall(*call_fields(self))


class Opened:
    """An open agent, as the lists of open agents have them."""

    __slots__ = ("order", "seat")

    def __init__(self, seat: "Seat") -> None:
        #: None as soon as they are not open any more.
        self.seat: Seat | None = seat
        self.order = seat.idle_order


class Seat:
    """An agent: all that `AgentRecord` says of them, and more."""

    __slots__ = (
        *AgentRecord.__struct_fields__,
        "contacts",
        "fits",
        "items",
        "name",
        "opened",
        "presence",
        "room",
    )

    def __init__(self, config: Agent, since: Instant, number: int = 0) -> None:
        #: The signatures that they fit, in the order of `Fit.turn`; and those of them that there is
        #: room for now.
        self.fits: tuple[Fit, ...] = ()
        self.room: tuple[Fit, ...] = ()
        #: None while the agent is not open.
        self.opened: Opened | None = None
        self.idle_order = 0
        #: Contacts that they have beside others.
        self.items: dict[OfferId, Item] = {}
        self.config = config
        self.name = config.name
        self.since = since
        self.state: AgentState = "logged_out"
        self.reason = ""
        self.until: Instant | None = None
        self.call: CallId | None = None
        self.queue: QueueId = ""
        self.offer: OfferId | None = None
        self.next_state: Literal["", "ready", "not_ready", "logged_out"] = ""
        self.next_reason = ""
        self.disposition: Disposition | None = None
        self.ronas = 0
        self.calls = 0
        self.occupancy = 0.0
        self.leaving = False
        self.number = number
        self.offered: dict[QueueId, int] = {}
        self.joined: Instant | None = None
        self.talked = 0.0
        self.extended = 0
        self.rests: Instant = 0.0
        #: How many of those of each channel.
        self.contacts: dict[Channel, int] = {}
        #: As it was counted in their queues last.
        self.presence: Presence = 0

    def close(self) -> None:
        """The agent is not open (any more)."""
        if self.opened is not None:
            self.opened.seat = None
            self.opened = None

    def record(self) -> AgentRecord:
        """For a snapshot."""
        record = AgentRecord(*agent_fields(self))
        record.offered = self.offered.copy()
        return record


def present(agent: Seat) -> Presence:
    """How an agent counts when it is asked who is there."""
    if agent.leaving:
        return 0
    if agent.state == "not_ready":
        return 2 if resting(agent) else 1
    return _PRESENCE[agent.state]


def resting(agent: Seat) -> bool:
    """Is the agent not ready for a while only, to rest between two calls?"""
    return agent.state == "not_ready" and agent.until is not None


def seat(record: AgentRecord) -> Seat:
    """An agent of a snapshot, brought to life."""
    agent = Seat(record.config, record.since)
    for field in AgentRecord.__struct_fields__:
        setattr(agent, field, getattr(record, field))
    agent.offered = record.offered.copy()
    return agent


def caller(record: WaitingCall) -> Caller:
    """A waiting call of a snapshot, brought to life."""
    call = Caller(
        record.call, record.queue, record.skills, record.priority, record.queued, record.order
    )
    for field in WaitingCall.__struct_fields__:
        setattr(call, field, getattr(record, field))
    return call
