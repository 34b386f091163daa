"""How a session ends, how a wait ends, and all that they may say."""

from typing import Any, Literal, TypeAlias

from calls.base import AgentId, Language, QueueId, Word
from calls.commands import Command
from calls.facts import Fact, WaitAnnounced
from calls.requests import Request

#: What `Queued.exits` knows: a rule of the queue; ``overflow``: any rule that has no exit of its
#: own; ``error``: there is no such queue. See `calls.base.OverflowWhen`.
OverflowExit: TypeAlias = Literal[
    "waited",
    "length",
    "expected_wait",
    "nobody_signed_in",
    "nobody_ready",
    "closed",
    "full",
    "overflow",
    "error",
]


class Frame(Word):
    """A flow within a flow, and the node of the flow below that it was entered from."""

    flow: str
    version: int
    below: str


class Queued(Word):
    """The flow is over for now: the caller goes to a queue. The leg has been answered.

    `skills` are the flow's own needs (proficiency 1-10 by skill), the caller's language among
    them as ``lang:<code>``; the queue adds its own. `priority` is seconds of head start.

    `keys`, `callback_key` and `exits` lead back: whoever takes one of them begins again with
    `Session.start` at the node that it names, with `variables`.
    """

    queue: QueueId
    skills: dict[str, int] = {}
    priority: float = 0.0
    language: Language = ""
    #: A key pressed while waiting -> the node where the caller goes on.
    keys: dict[str, str] = {}
    #: The key that offers to keep the place and be called back; empty for none.
    callback_key: str = ""
    #: Where a caller goes on whom a rule of the queue sends away without saying where to.
    exits: dict[OverflowExit, str] = {}
    #: Where a caller goes on when the agent has hung up; empty: the call is over then.
    after: str = ""
    #: The caller does not wait on the line: they keep the place and are called at this number.
    #: Goodbye was said.
    call_back: str = ""
    #: Only this agent may take the call for the first `agent_for` seconds.
    agent: AgentId = ""
    agent_for: float = 0.0
    #: What the flow knows by now, and the flows within it that the caller is in: to go on with.
    variables: dict[str, Any] = {}
    inside: tuple[Frame, ...] = ()


class Transferred(Word):
    """The flow is over for now: the caller is put through to one party. The leg was answered.

    `to` is ``agent:<name>`` (offered to that agent, like a call of a queue), ``phone:<name>`` (an
    extension) or ``tel:<number>``. Music plays until they answer.
    """

    to: str
    language: Language = ""
    #: Seconds until they count as not answering.
    timeout: float = 30.0
    #: Where the caller goes on when they are not reached, by `calls.base.EndCause` or ``error``
    #: for all others; there is always an ``error``.
    exits: dict[str, str] = {}
    #: Where the caller goes on when they have hung up; empty: the call is over then.
    after: str = ""
    variables: dict[str, Any] = {}
    inside: tuple[Frame, ...] = ()


class Finished(Word):
    """The flow and the call are over: hang up. ``failed``: the operator was out of reach too."""

    outcome: Literal["completed", "failed"]


SessionOutput: TypeAlias = Command | Fact | Request | Queued | Transferred | Finished


class KeepThePlace(Word):
    """A waiting caller keeps the place and hangs up, to be called back. All has been said."""


class LeaveQueue(Word):
    """A waiting caller pressed a key that leads elsewhere (`Queued.keys`). Nothing plays now."""

    digit: str


WaitingOutput: TypeAlias = Command | WaitAnnounced | KeepThePlace | LeaveQueue
