"""What a person or the configuration asks for. Refused ones leave everything as it was."""

from typing import Literal, TypeAlias

from calls.base import AgentId, CallId, QueueId, Word
from calls.config import Agent, Number, Queue


class SetAgentState(Word):
    """An agent signs in as ready, takes a break or leaves.

    Asked for during a call, it takes effect when the call and its wrap-up are over. `reason` is
    required for ``not_ready``: ``"break"``, ``"lunch"``, ...
    """

    agent: AgentId
    state: Literal["ready", "not_ready", "logged_out"]
    reason: str = ""


class DeclineOffer(Word):
    """The agent does not take the call that rings now."""

    agent: AgentId


class FinishWrapUp(Word):
    """After-call work is done. `code` is the disposition; `note` goes to the ticket."""

    agent: AgentId
    code: str = ""
    note: str = ""


class ExtendWrapUp(Word):
    """The agent needs more time: the queue's `wrap_up_extension` is added. Refused where the queue
    allows none, or when all of them are used up."""

    agent: AgentId


class HangupCall(Word):
    """End a call: by its agent, or by a supervisor (`by`)."""

    call: CallId
    by: str


class ConfigureQueue(Word):
    queue: Queue


class RemoveQueue(Word):
    """Refused while callers wait in it."""

    queue: QueueId


class ConfigureAgent(Word):
    agent: Agent


class RemoveAgent(Word):
    """An agent in a call is removed when it ends."""

    agent: AgentId


class ConfigureNumber(Word):
    number: Number


class RemoveNumber(Word):
    number: str


class PublishFlow(Word):
    """A new version of a flow (`source`: its YAML): new calls take it, running ones keep theirs."""

    flow: str
    version: int
    source: str


Action: TypeAlias = (
    SetAgentState
    | DeclineOffer
    | FinishWrapUp
    | ExtendWrapUp
    | HangupCall
    | ConfigureQueue
    | RemoveQueue
    | ConfigureAgent
    | RemoveAgent
    | ConfigureNumber
    | RemoveNumber
    | PublishFlow
)


class Refused(Word):
    """The answer to an action that cannot be done. `message` is for the person who asked."""

    reason: Literal["unknown", "wrong_state", "invalid"]
    message: str
