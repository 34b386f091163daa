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
    """After-call work is done. `code` is the disposition; `note` goes to the ticket. `call`: of
    which contact, where the agent has several; empty for that of the agent's state."""

    agent: AgentId
    code: str = ""
    note: str = ""
    call: CallId = ""


class ExtendWrapUp(Word):
    """The agent needs more time: the queue's `wrap_up_extension` is added. Refused where the queue
    allows none, or when all of them are used up."""

    agent: AgentId


class HangupCall(Word):
    """End a call: by its agent, or by a supervisor (`by`)."""

    call: CallId
    by: str


class HoldCall(Word):
    """The caller of this agent's conversation hears music, or (`hold` false) is back in it. With a
    second party (a consultation) that party stays with the agent."""

    agent: AgentId
    hold: bool = True


class MuteAgent(Word):
    """Nobody hears this agent until told otherwise; ends with the conversation."""

    agent: AgentId
    muted: bool = True


class TransferCall(Word):
    """Pass the caller on. `to` is ``queue:<name>``, ``agent:<user name>``, ``tel:<number>`` or
    ``ext:<extension>``.

    ``blind``: the agent is out of the call at once; whoever does not answer sends the caller where
    a queue that gives up would. ``warm``: the caller is held while the agent talks with the other
    side first; then `CompleteTransfer` or `CancelTransfer`. A queue or an agent is asked through
    the Acd, so that an agent is never in two conversations.
    """

    agent: AgentId
    to: str
    kind: Literal["blind", "warm"] = "blind"


class CompleteTransfer(Word):
    """Caller and consulted party are joined, the agent leaves. Refused until they have answered."""

    agent: AgentId


class CancelTransfer(Word):
    """The consulted party is let go, agent and caller are joined again."""

    agent: AgentId


class SuperviseAgent(Word):
    """A supervisor's (`by`) phone rings and follows this agent's conversation, and the agent's next
    ones until `StopSupervising`. Given again it changes agent or mode."""

    by: AgentId
    agent: AgentId
    mode: Literal["monitor", "whisper", "barge"] = "monitor"


class StopSupervising(Word):
    by: AgentId


class RecordCall(Word):
    """Record an agent's conversation from now on, pause (a card number is said), go on, or end.

    `by`: the agent or a supervisor. Queues with ``record`` are recorded without being asked.
    """

    agent: AgentId
    do: Literal["start", "pause", "resume", "stop"]
    by: AgentId


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
    | HoldCall
    | MuteAgent
    | TransferCall
    | CompleteTransfer
    | CancelTransfer
    | SuperviseAgent
    | StopSupervising
    | RecordCall
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
