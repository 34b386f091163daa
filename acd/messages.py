"""What the call center around it tells the Acd. Actions and phones are `calls` words."""

from typing import Literal, TypeAlias

from calls.actions import (
    ConfigureAgent,
    ConfigureQueue,
    DeclineOffer,
    FinishWrapUp,
    RemoveAgent,
    RemoveQueue,
    SetAgentState,
)
from calls.base import CallId, Language, OfferId, OfferOutcome, QueueId, Word
from calls.events import PhoneChanged, Tick


class Enqueue(Word):
    """A caller begins to wait. `skills` are the least proficiencies (1-10) that this call needs
    beyond those of its queue; `priority` is its head start in seconds; `language` (when given)
    needs the skill ``lang:<language>``. Refused where there is no such queue.
    """

    call: CallId
    queue: QueueId
    skills: dict[str, int] = {}
    priority: float = 0.0
    language: Language = ""


class Withdraw(Word):
    """A waiting caller is gone (``abandoned``, ``failed``) or goes elsewhere (``moved``)."""

    call: CallId
    outcome: Literal["abandoned", "failed", "moved"]


class Accept(Word):
    """The agent's phone was answered."""

    offer: OfferId


class Reject(Word):
    """An offer came to nothing: any outcome but ``accepted``. The caller keeps the place."""

    offer: OfferId
    outcome: OfferOutcome


class Release(Word):
    """A conversation is over. `by`: who ended it."""

    call: CallId
    by: Literal["caller", "agent", "supervisor", "system"]


AcdMessage: TypeAlias = (
    Enqueue
    | Withdraw
    | Accept
    | Reject
    | Release
    | Tick
    | SetAgentState
    | FinishWrapUp
    | DeclineOffer
    | PhoneChanged
    | ConfigureQueue
    | RemoveQueue
    | ConfigureAgent
    | RemoveAgent
)
