"""All that an Acd knows, as plain values that go to JSON and back with msgspec.

A running `acd.acd.Acd` has agents and waiting calls alive (`acd.live`) and makes their records for
a snapshot. Everything else that it holds (index, timers) is made from this again.
"""

from operator import attrgetter
from typing import Literal

import msgspec

from calls.base import (
    AgentId,
    AgentState,
    CallId,
    Channel,
    Instant,
    OfferId,
    QueueId,
)
from calls.config import Agent, Queue


class WaitingCall(msgspec.Struct, omit_defaults=True):
    """A contact in a queue, also while agents' phones ring for it."""

    call: CallId
    queue: QueueId
    #: What it needs beyond its queue: least proficiency by skill.
    skills: dict[str, int]
    #: Head start in seconds, beyond the queue's.
    priority: float
    queued: Instant
    #: Who came first, between equal scores.
    order: int
    channel: Channel = "voice"
    #: Seconds of waiting brought along; they count for the score only.
    credit: float = 0.0
    #: While only this agent may take it (step 0), and for how long from `queued`.
    agent: AgentId = ""
    agent_for: float = 0.0
    #: How many of the queue's relaxation steps are in force.
    step: int = 0
    #: The offers made for it now, in the order in which they were made.
    offers: tuple[OfferId, ...] = ()
    #: The caller kept the place without the line, and is to be called there.
    virtual: bool = False
    #: How often the caller was not reached; until when nobody is asked to try again.
    attempts: int = 0
    held: Instant | None = None
    #: Who accepted it, while the caller is called.
    taken: AgentId = ""
    #: When the rules that may send it elsewhere were tried last.
    tried: Instant = 0.0
    #: The wait expected when it came, seconds.
    expected: tuple[float, float] | None = None
    #: No caller but this agent waits, who wants to consult somebody.
    asked_by: AgentId = ""


class Load(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What one queue has shown (`acd.estimates`). Times are seconds; all counts fade."""

    #: Conversations that are over with their wrap-up, and the seconds that they took.
    handled: float = 0.0
    handling: float = 0.0
    #: Callers who gave up, and the seconds waited by all who left.
    gone: float = 0.0
    waited: float = 0.0
    pace: float = 1.0
    #: Waits compared with their range, and how many of them were inside.
    scored: float = 0.0
    inside: float = 0.0


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An agent reserved for a call until `until`. It exists only while it is pending."""

    offer: OfferId
    call: CallId
    agent: AgentId
    queue: QueueId
    made: Instant
    until: Instant
    channel: Channel = "voice"


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A contact of another channel than voice that an agent has beside others: offered, in
    conversation or wrapped up. The agent's own state is of voice and breaks only."""

    #: The offer that it began with.
    offer: OfferId
    call: CallId
    agent: AgentId
    queue: QueueId
    channel: Channel
    state: Literal["reserved", "talking", "wrap_up"]
    since: Instant
    #: When the reservation or the wrap-up ends by itself.
    until: Instant | None = None


class Disposition(msgspec.Struct, frozen=True, kw_only=True):
    """The wrap-up given while the conversation was still on."""

    code: str
    note: str


class AgentRecord(msgspec.Struct, omit_defaults=True):
    """An agent as configured, and what they do at the moment."""

    config: Agent
    #: When the present state began.
    since: Instant
    state: AgentState = "logged_out"
    reason: str = ""
    #: When a reservation, a wrap-up or a rest ends by itself.
    until: Instant | None = None
    #: The call reserved for, talked with or wrapped up, and the queue it came from.
    call: CallId | None = None
    queue: QueueId = ""
    offer: OfferId | None = None
    #: Asked for during a call or its wrap-up; empty if nothing was asked.
    next_state: Literal["", "ready", "not_ready", "logged_out"] = ""
    next_reason: str = ""
    disposition: Disposition | None = None
    #: Lower has been idle for longer.
    idle_order: int = 0
    #: Offers running that were not answered (RONA).
    ronas: int = 0
    #: Calls taken since signing in.
    calls: int = 0
    #: Smoothed share of busy time, 0..1, as it was at `since`.
    occupancy: float = 0.0
    #: To be removed when the work is over.
    leaving: bool = False
    #: Who was configured first has the least (`in_order`).
    number: int = 0
    #: The number of the last offer of each queue (`round_robin`).
    offered: dict[QueueId, int] = {}
    #: When the conversation began, where that was later than `since` (`acd.kept`).
    joined: Instant | None = None
    #: Seconds of the conversation that is being wrapped up, and how often that was extended.
    talked: float = 0.0
    extended: int = 0
    #: Not ready again before this, whatever they do meanwhile: the least rest between two calls.
    rests: Instant = 0.0


#: The fields of a record, in the order in which its class takes them.
call_fields = attrgetter(*WaitingCall.__struct_fields__)
agent_fields = attrgetter(*AgentRecord.__struct_fields__)


class AcdState(msgspec.Struct, kw_only=True):
    """The whole of it. Times are seconds since the epoch."""

    queues: dict[QueueId, Queue] = {}
    agents: dict[AgentId, AgentRecord] = {}
    waiting: dict[CallId, WaitingCall] = {}
    offers: dict[OfferId, Offer] = {}
    #: Calls in conversation, and with whom.
    conversations: dict[CallId, AgentId] = {}
    #: Contacts that agents have beside others.
    items: dict[OfferId, Item] = {}
    #: What each queue has shown, to estimate waits.
    loads: dict[QueueId, Load] = {}
    #: The phones registered now, and since when.
    phones: dict[str, Instant] = {}
    #: Offers minted so far.
    minted: int = 0
    #: The last number given to a waiting call or an idle agent.
    order: int = 0
    #: Agents configured so far.
    numbered: int = 0
    #: Messages about calls and offers that were over already, by kind of message.
    dropped: dict[str, int] = {}

    def copy(self) -> "AcdState":
        """A state of its own. Records are shared: none of them ever changes."""
        return AcdState(
            queues=self.queues.copy(),
            agents=self.agents.copy(),
            waiting=self.waiting.copy(),
            offers=self.offers.copy(),
            conversations=self.conversations.copy(),
            items=self.items.copy(),
            loads=self.loads.copy(),
            phones=self.phones.copy(),
            minted=self.minted,
            order=self.order,
            numbered=self.numbered,
            dropped=self.dropped.copy(),
        )
