"""All that an Acd knows, as plain values that go to JSON and back with msgspec.

The records are immutable and replaced when something changes, so a snapshot is a shallow copy.
Everything else that an `acd.acd.Acd` holds (index, timers) is made from this again.
"""

from typing import Literal

import msgspec

from calls.base import AgentId, AgentState, CallId, Instant, Language, OfferId, QueueId
from calls.config import Agent, Queue


class WaitingCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A caller in a queue, also while an agent's phone rings for them."""

    call: CallId
    queue: QueueId
    #: What the call needs beyond its queue: least proficiency by skill.
    skills: dict[str, int]
    #: Head start in seconds, beyond the queue's.
    priority: float
    language: Language
    queued: Instant
    #: Who came first, between equal scores.
    order: int
    #: The offer made for this call now.
    offer: OfferId | None = None


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An agent reserved for a call until `until`. It exists only while it is pending."""

    offer: OfferId
    call: CallId
    agent: AgentId
    queue: QueueId
    made: Instant
    until: Instant


class Disposition(msgspec.Struct, frozen=True, kw_only=True):
    """The wrap-up given while the conversation was still on."""

    code: str
    note: str


class AgentRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An agent as configured, and what they do at the moment."""

    config: Agent
    #: When the present state began.
    since: Instant
    state: AgentState = "logged_out"
    reason: str = ""
    #: When a reservation or wrap-up ends by itself.
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
    #: To be removed when the call is over.
    leaving: bool = False


class AcdState(msgspec.Struct, kw_only=True):
    """The whole of it. Times are seconds since the epoch."""

    queues: dict[QueueId, Queue] = {}
    agents: dict[AgentId, AgentRecord] = {}
    waiting: dict[CallId, WaitingCall] = {}
    offers: dict[OfferId, Offer] = {}
    #: Calls in conversation, and with whom.
    conversations: dict[CallId, AgentId] = {}
    #: The phones registered now, and since when.
    phones: dict[str, Instant] = {}
    #: Offers minted so far.
    minted: int = 0
    #: The last number given to a waiting call or an idle agent.
    order: int = 0
    #: Messages about calls and offers that were over already, by kind of message.
    dropped: dict[str, int] = {}

    def copy(self) -> "AcdState":
        """A state of its own; the records in it are immutable and shared."""
        return AcdState(
            queues=self.queues.copy(),
            agents=self.agents.copy(),
            waiting=self.waiting.copy(),
            offers=self.offers.copy(),
            conversations=self.conversations.copy(),
            phones=self.phones.copy(),
            minted=self.minted,
            order=self.order,
            dropped=self.dropped.copy(),
        )
