"""Agents and waiting calls as a running Acd holds them: their records, and where the index has
them. One object for each, changed in place: that is what makes a decision cheap."""

from typing import TYPE_CHECKING, Literal, TypeAlias

from acd.state import AgentRecord, Item, WaitingCall, agent_fields, call_fields
from calls.base import AgentState, Channel, OfferId

if TYPE_CHECKING:
    from acd.rows import Place
    from acd.signatures import Demand, Fit, Signature

#: Not signed in (or leaving); signed in, on a break; at work, also resting between calls.
Presence: TypeAlias = Literal[0, 1, 2]
AT_WORK: Presence = 2
_PRESENCE: dict[AgentState, Presence] = {
    "logged_out": 0,
    "not_ready": 1,
    "ready": 2,
    "reserved": 2,
    "talking": 2,
    "wrap_up": 2,
}


class Caller(WaitingCall, eq=False, gc=False):
    """A waiting call. Nothing that it refers to may refer to it: the collector does not look
    here, because there are many of them."""

    #: Where it is in the line (`acd.index`); always set while it waits.
    place: "Place" = (0.0, 0, "")
    #: What it needs at each step.
    demand: "Demand | None" = None
    #: Where it waits for agents; None while it does not (an agent is reserved for it, it is held).
    signature: "Signature | None" = None


class Seat(AgentRecord, eq=False):
    """An agent."""

    #: What voice calls they fit, and what contacts of the channels that they take in parallel.
    fits: "list[Fit]" = []
    parallel: "dict[Channel, list[Fit]]" = {}
    #: Those of these lists that there is room for now.
    room: "tuple[list[Fit], ...]" = ()
    #: Which of the entries among the open agents are valid; 0 while the agent is not open.
    epoch: int = 0
    #: Contacts that they have beside others, and how many of each channel.
    items: dict[OfferId, Item] = {}
    contacts: dict[Channel, int] = {}
    #: As it was counted in their queues last.
    presence: Presence = 0


def present(agent: AgentRecord) -> Presence:
    """How an agent counts when it is asked who is there."""
    if agent.leaving:
        return 0
    if agent.state == "not_ready":
        return 2 if resting(agent) else 1
    return _PRESENCE[agent.state]


def resting(agent: AgentRecord) -> bool:
    """Is the agent not ready for a while only, to rest between two calls?"""
    return agent.state == "not_ready" and agent.until is not None


def seat(record: AgentRecord) -> Seat:
    """An agent of a snapshot, brought to life. The record may go on being used elsewhere."""
    agent = Seat(*agent_fields(record))
    agent.offered = record.offered.copy()
    return agent


def caller(record: WaitingCall) -> Caller:
    """A waiting call of a snapshot, brought to life."""
    return Caller(*call_fields(record))
