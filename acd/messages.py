"""What the call center around it tells the Acd. Actions and phones are `calls` words."""

from typing import Literal, TypeAlias

from calls.actions import (
    ConfigureAgent,
    ConfigureQueue,
    DeclineOffer,
    ExtendWrapUp,
    FinishWrapUp,
    RemoveAgent,
    RemoveQueue,
    SetAgentState,
)
from calls.base import (
    AgentId,
    CallId,
    Channel,
    EndCause,
    Language,
    OfferId,
    OfferOutcome,
    QueueId,
    Word,
)
from calls.events import PhoneChanged, Tick


class Enqueue(Word):
    """A contact begins to wait. Refused where there is no such queue.

    `skills` are the least proficiencies (1-10) that it needs beyond those of its queue; `priority`
    is its head start in seconds; `language` is for people only (who wants the skill
    ``lang:<language>`` puts it into `skills`). For the first `agent_for` seconds only `agent` may
    take it. `credit`: seconds of waiting that it brings along and that count for its score.
    `asked_by`: no caller waits but this agent, who wants to consult somebody (see `TakeOver`).
    `passed_by`: this agent has just passed it on, and is asked only if nobody else is free.
    `admitted`: neither the queue's hours nor how many wait there turn it away: it was let in
    before, or is for one agent and nobody else.
    """

    call: CallId
    queue: QueueId
    skills: dict[str, int] = {}
    priority: float = 0.0
    language: Language = ""
    channel: Channel = "voice"
    agent: AgentId = ""
    agent_for: float = 0.0
    credit: float = 0.0
    asked_by: AgentId = ""
    passed_by: AgentId = ""
    admitted: bool = False


class Withdraw(Word):
    """A waiting contact is gone (``abandoned``, ``failed``) or goes elsewhere (``moved``)."""

    call: CallId
    outcome: Literal["abandoned", "failed", "moved"]


class KeepPlace(Word):
    """A waiting caller hangs up and keeps the place (virtual hold); we shall call `number`."""

    call: CallId
    number: str = ""


class Reached(Word):
    """The caller who kept the place, and whom an agent has accepted, is on the line again."""

    call: CallId


class Unreached(Word):
    """The caller who kept the place, and whom an agent has accepted, could not be reached."""

    call: CallId
    outcome: EndCause


class Accept(Word):
    """The agent's phone was answered."""

    offer: OfferId


class Reject(Word):
    """An offer came to nothing: any outcome but ``accepted``. The contact keeps the place."""

    offer: OfferId
    outcome: OfferOutcome


class Release(Word):
    """A conversation is over. `by`: who ended it; `held`: for how many seconds the caller was."""

    call: CallId
    by: Literal["caller", "agent", "supervisor", "system"]
    held: float = 0.0


class TakeOver(Word):
    """The agent who talks in `consult` has `call` from now on: its conversation is over."""

    call: CallId
    consult: CallId


AcdMessage: TypeAlias = (
    Enqueue
    | Withdraw
    | KeepPlace
    | Reached
    | Unreached
    | Accept
    | Reject
    | Release
    | TakeOver
    | Tick
    | SetAgentState
    | FinishWrapUp
    | ExtendWrapUp
    | DeclineOffer
    | PhoneChanged
    | ConfigureQueue
    | RemoveQueue
    | ConfigureAgent
    | RemoveAgent
)
