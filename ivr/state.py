"""All that a session knows, beside its flows: plain values, JSON between any two steps."""

from typing import Any, Literal, TypeAlias

import msgspec

from calls.base import AgentId, CallId, Instant, Language, LegId, QueueId, Word
from calls.commands import Prompt, Record
from calls.events import CallerIdentified, KnownTicket
from calls.media import Speech
from ivr.messages import Frame

#: ``music``; ``news``: an announcement or message; ``offer``: the callback is offered;
#: ``goodbye``: it was accepted; ``over``: no longer in this queue.
Stage: TypeAlias = Literal["music", "news", "offer", "goodbye", "over"]


class Asked(Word):
    """A request that is waited for; empty: the look-up of who is calling."""

    request: str


class SessionState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Changed in place by its session; its parts are replaced, never changed."""

    call: CallId
    leg: LegId
    caller: str
    called: str
    language: Language
    #: The version of the outermost flow.
    version: int = 0
    #: The flows within it that the caller is in, the innermost last.
    inside: tuple[Frame, ...] = ()
    #: Where the caller is.
    node: str
    #: What the node keeps until it is left.
    notes: dict[str, Any] = {}
    #: What the session waits for; None when it has ended.
    waits_for: Prompt | Record | Asked | None = None
    #: When that is given up.
    overdue: Instant | None = None
    #: Prompts played and recordings made so far: the next one's number.
    prompts: int = 0
    idle_nodes: int = 0
    answered: bool = False
    #: Keys pressed before the next prompt count for it.
    type_ahead: bool = True
    #: What the flow has collected and set.
    variables: dict[str, Any] = {}
    who: CallerIdentified | None = None
    #: Who calls is not waited for any more.
    unknown: bool = False
    #: The ticket that was looked up or made.
    ticket: KnownTicket | None = None
    #: Whom the caller has talked with.
    agent: AgentId = ""
    #: The flow has failed once and is on its way to the operator.
    rescued: bool = False


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a waiting caller has been told, and may count on wherever they wait on."""

    position: int | None = None
    #: The moment by which an agent was promised.
    promised: Instant | None = None


class WaitingState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All that the treatment of one waiting caller knows; changed in place by that."""

    call: CallId
    leg: LegId
    queue: QueueId
    language: Language
    music: str
    #: Seconds between announcements; 0 for none.
    announce_every: float
    announce_position: bool
    announce_wait: bool
    messages: tuple[Speech, ...] = ()
    callback_key: str = ""
    #: Keys that lead out of the queue.
    keys: str = ""
    since: Instant
    stage: Stage = "music"
    #: When to act next: announce, or give up the prompt that runs.
    due: Instant | None
    #: The prompt that runs now; the next one's number.
    prompt: str = ""
    prompts: int = 0
    announced: int = 0
    #: How often a message was said; the next thing to say is a message.
    messages_said: int = 0
    message_next: bool = False
    #: The last position told.
    position: int | None = None
    #: The moment by which an agent was promised.
    promised: Instant | None = None
