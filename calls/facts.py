"""What has happened. Facts are journalled, numbered and streamed; reports are folds over them.

A fact about a call names it in `call`, one about an agent in `agent`, one about a queue in
`queue`; readers rely on these three names.
"""

from typing import Literal, TypeAlias

from calls.base import (
    AgentId,
    AgentState,
    CallId,
    CallOutcome,
    EndCause,
    Instant,
    Language,
    LegId,
    OfferId,
    OfferOutcome,
    QueueId,
    Word,
)
from calls.events import CallerIdentified, KnownCall, KnownTicket


class CallArrived(Word):
    call: CallId
    leg: LegId
    caller: str
    called: str


class CallerKnown(Word):
    """The caller was looked up (and perhaps found)."""

    call: CallId
    who: CallerIdentified


class FlowStarted(Word):
    call: CallId
    flow: str
    version: int


class NodeEntered(Word):
    call: CallId
    node: str
    kind: str
    #: For people: what the menu path shows.
    title: str = ""


class NodeLeft(Word):
    """`exit` is the edge taken: a key, ``next``, ``no_input``, ``no_match``, ``error``."""

    call: CallId
    node: str
    exit: str
    digits: str = ""


class LanguageChosen(Word):
    call: CallId
    language: Language


class CallQueued(Word):
    """`position` counts from 1; `skills` are all that the call needs in this queue."""

    call: CallId
    queue: QueueId
    position: int
    skills: dict[str, int] = {}
    priority: float = 0.0
    language: Language = ""


class OfferMade(Word):
    """An agent is reserved and their phone is about to ring."""

    offer: OfferId
    call: CallId
    agent: AgentId
    queue: QueueId
    #: Seconds that the call has waited in queues up to now.
    waited: float
    #: When it becomes a RONA.
    until: Instant


class OfferEnded(Word):
    offer: OfferId
    call: CallId
    agent: AgentId
    queue: QueueId
    outcome: OfferOutcome
    #: Seconds that the phone rang or was sought.
    lasted: float


class TicketPopped(Word):
    """The agent's page shows this while the phone rings."""

    call: CallId
    agent: AgentId
    queue: QueueId
    who: CallerIdentified
    #: The ticket to work on; None until a draft is made.
    ticket: KnownTicket | None
    #: The titles of the menu nodes walked through.
    path: tuple[str, ...]
    waited: float
    earlier: tuple[KnownCall, ...] = ()
    #: The number calling; empty when withheld.
    caller: str = ""


class TicketAttached(Word):
    """This ticket belongs to the call from now on. `drafted`: it was made for the call."""

    call: CallId
    ticket: KnownTicket
    drafted: bool
    agent: AgentId = ""


class CallConnected(Word):
    """Caller and agent are joined. `waited`: seconds in queues, ringing included."""

    call: CallId
    agent: AgentId
    queue: QueueId
    waited: float


class CallLeftQueue(Word):
    """Every `CallQueued` is followed by exactly one of these."""

    call: CallId
    queue: QueueId
    outcome: Literal["connected", "abandoned", "failed", "moved"]
    waited: float


class ConversationEnded(Word):
    """The agent's part in the call is over. `by`: who ended it."""

    call: CallId
    agent: AgentId
    queue: QueueId
    talked: float
    by: Literal["caller", "agent", "supervisor", "system"]


class CallEnded(Word):
    """Every `CallArrived` is followed by exactly one of these, the last about the caller's leg."""

    call: CallId
    outcome: CallOutcome
    cause: EndCause
    #: Seconds from arrival.
    lasted: float


class WrapUpEnded(Word):
    """`by`: the agent finished it, or its time was over."""

    call: CallId
    agent: AgentId
    queue: QueueId
    lasted: float
    by: Literal["agent", "timeout"]
    code: str = ""
    note: str = ""


class AgentStateChanged(Word):
    """`until` is when the state ends by itself (reserved, wrap-up)."""

    agent: AgentId
    state: AgentState
    reason: str = ""
    call: CallId | None = None
    until: Instant | None = None


class AgentPhoneChanged(Word):
    agent: AgentId
    online: bool


class Repaired(Word):
    """Reconciliation found our state and the switch apart, and did this about it."""

    what: Literal[
        "leg_lost", "leg_unknown", "caller_adopted", "offer_lost", "rejoined", "reprompted"
    ]
    detail: str
    call: CallId | None = None
    agent: AgentId | None = None


class SwitchChanged(Word):
    switch: str
    up: bool


class ConfigurationChanged(Word):
    """A queue, agent, number or flow was set or removed."""

    kind: Literal["queue", "agent", "number", "flow"]
    name: str
    removed: bool = False


class CommandRefused(Word):
    """A switch did not do what it was told, and it mattered."""

    call: CallId | None
    command: str
    detail: str


Fact: TypeAlias = (
    CallArrived
    | CallerKnown
    | FlowStarted
    | NodeEntered
    | NodeLeft
    | LanguageChosen
    | CallQueued
    | OfferMade
    | OfferEnded
    | TicketPopped
    | TicketAttached
    | CallConnected
    | CallLeftQueue
    | ConversationEnded
    | CallEnded
    | WrapUpEnded
    | AgentStateChanged
    | AgentPhoneChanged
    | Repaired
    | SwitchChanged
    | ConfigurationChanged
    | CommandRefused
)
