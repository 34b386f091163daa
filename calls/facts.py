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
    Channel,
    EndCause,
    Instant,
    Language,
    LegId,
    OfferId,
    OfferOutcome,
    OverflowWhen,
    QueueId,
    QueueOutcome,
    Word,
)
from calls.config import Agent, Queue
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


class AnswerMissed(Word):
    """A caller pressed a key that means nothing there, or none in time."""

    call: CallId
    node: str
    what: Literal["no_match", "no_input"]
    digits: str = ""


class CallTagged(Word):
    """The flow has learnt something about the call, for reports and for the agent."""

    call: CallId
    tag: str


class SurveyAnswered(Word):
    """What the caller thinks: a number, higher is better. `agent`: whom they had talked with."""

    call: CallId
    node: str
    #: What was asked, as reports name it.
    question: str
    score: int
    agent: AgentId = ""


class VoicemailLeft(Word):
    """A message was recorded, `seconds` long."""

    call: CallId
    recording: str
    seconds: float
    queue: QueueId = ""


class LanguageChosen(Word):
    call: CallId
    language: Language


class CallQueued(Word):
    """`position` counts from 1; `skills` are all that the call needs in this queue."""

    call: CallId
    queue: QueueId
    position: int
    skills: dict[str, int] = {}
    #: What the call itself needs of that; the rest is the queue's and changes with it.
    own: dict[str, int] = {}
    priority: float = 0.0
    language: Language = ""
    channel: Channel = "voice"
    #: Only this agent may take it for the first `agent_for` seconds.
    agent_only: AgentId = ""
    agent_for: float = 0.0
    #: Seconds of waiting that the caller brought along (an old place given back, an overflow).
    credit: float = 0.0
    #: The wait expected now, as a range of seconds; None where nothing can be said.
    expected: tuple[float, float] | None = None
    #: No caller waits but this agent, who wants to consult somebody: it counts in no figures.
    asked_by: AgentId = ""


class CallRelaxed(Word):
    """A waiting call needs less from now on. `skills` are all that it needs now; agents of
    `queues` may take it as well; of its own queue only those with a preference up to `ring`
    (0: all). Step 0 is the end of waiting for one agent only."""

    call: CallId
    queue: QueueId
    step: int
    skills: dict[str, int] = {}
    queues: tuple[QueueId, ...] = ()
    ring: int = 0


class CallOverflowed(Word):
    """A rule of the queue sends the call elsewhere; its `CallLeftQueue` follows. `to` says what
    `target` names: a queue, a number or ``flow[.node]``; empty where no rule says where to."""

    call: CallId
    queue: QueueId
    when: OverflowWhen
    to: Literal["queue", "number", "flow", ""] = ""
    target: str = ""


class OutsideDialled(Word):
    """An outside number is dialled for the caller; exactly one `OutsideEnded` follows."""

    call: CallId
    number: str


class OutsideJoined(Word):
    """The outside party has answered and talks with the caller."""

    call: CallId
    number: str


class OutsideEnded(Word):
    """The outside party's part in the call is over. `talked` is None if they never answered."""

    call: CallId
    number: str
    cause: EndCause
    talked: float | None = None


class PlaceKept(Word):
    """The caller hangs up and keeps the place (virtual hold): we call `number` when it is their
    turn."""

    call: CallId
    queue: QueueId
    number: str = ""


class CallbackTried(Word):
    """A caller who kept the place was called for `agent`. `outcome` ``answered``: they are joined;
    else the next attempt is at `retry`, or never (None). One that is ``lost`` does not count."""

    call: CallId
    queue: QueueId
    agent: AgentId
    attempt: int
    outcome: EndCause | Literal["answered"]
    retry: Instant | None = None


class WaitAnnounced(Word):
    """What a waiting caller was told: the position, the wait still expected (seconds)."""

    call: CallId
    queue: QueueId
    position: int | None = None
    wait: tuple[float, float] | None = None


class OfferMade(Word):
    """An agent is reserved and their phone is about to ring."""

    offer: OfferId
    call: CallId
    agent: AgentId
    queue: QueueId
    #: Seconds that the call has waited in this queue up to now.
    waited: float
    #: When it becomes a RONA.
    until: Instant
    channel: Channel = "voice"
    #: The caller kept the place without the line: whoever accepts is joined once they are reached.
    virtual: bool = False


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
    #: The caller asked for this agent.
    asked_for: bool = False
    #: The agent who passes the caller on, or asks about them (`call` is then the consultation).
    passed_by: AgentId = ""


class TicketAttached(Word):
    """This ticket belongs to the call from now on. `drafted`: it was made for the call."""

    call: CallId
    ticket: KnownTicket
    drafted: bool
    agent: AgentId = ""


class CallConnected(Word):
    """Caller and agent are joined. `waited`: seconds in this queue, ringing included."""

    call: CallId
    agent: AgentId
    queue: QueueId
    waited: float


class CallLeftQueue(Word):
    """Every `CallQueued` is followed by exactly one of these."""

    call: CallId
    queue: QueueId
    outcome: QueueOutcome
    #: Seconds in this queue.
    waited: float
    #: The caller kept the place without the line.
    virtual: bool = False
    #: As `CallQueued.asked_by`.
    asked_by: AgentId = ""


class ConversationEnded(Word):
    """The agent's part in the call is over. `by`: who ended it; an agent who passes the caller on
    has ended it as well, see `CallTransferred`."""

    call: CallId
    agent: AgentId
    queue: QueueId
    #: Seconds, holds included; `held` of them the caller heard music.
    talked: float
    by: Literal["caller", "agent", "supervisor", "system"]
    held: float = 0.0


class CallHeld(Word):
    """The caller hears music while the agent stays in the conversation."""

    call: CallId
    agent: AgentId


class CallResumed(Word):
    """Every `CallHeld` is followed by exactly one of these, at the latest when the conversation
    ends. `held`: seconds of this hold."""

    call: CallId
    agent: AgentId
    held: float


class AgentMuted(Word):
    call: CallId
    agent: AgentId
    muted: bool


class ConsultStarted(Word):
    """The agent asks somebody before passing the caller on (warm transfer). `to` as asked for."""

    call: CallId
    agent: AgentId
    to: str


class ConsultJoined(Word):
    """The consulted party has answered; `other` is who it is, where it is an agent."""

    call: CallId
    agent: AgentId
    to: str
    other: AgentId = ""


class ConsultEnded(Word):
    """Every `ConsultStarted` is followed by exactly one of these. `outcome`: ``transferred``,
    ``cancelled`` by the agent, ``caller_gone``, ``left`` by the other side, or why nobody came."""

    call: CallId
    agent: AgentId
    to: str
    outcome: EndCause | Literal["transferred", "cancelled", "caller_gone", "left"]
    #: Seconds that the two talked, None where the other side never answered.
    talked: float | None = None


class CallTransferred(Word):
    """The agent has passed the caller on; the agent's `ConversationEnded` follows."""

    call: CallId
    agent: AgentId
    to: str
    kind: Literal["blind", "warm"]


class SupervisionStarted(Word):
    """A supervisor follows an agent, or in another mode. `call`: the conversation now."""

    supervisor: AgentId
    agent: AgentId
    mode: Literal["monitor", "whisper", "barge"]
    call: CallId | None = None


class SupervisionEnded(Word):
    supervisor: AgentId
    agent: AgentId
    #: Seconds since it began.
    lasted: float = 0.0


class RecordingStarted(Word):
    """A conversation is recorded from now on. `by`: who asked for it; empty: the queue's rule."""

    call: CallId
    agent: AgentId
    recording: str
    by: AgentId = ""


class RecordingPaused(Word):
    """`paused` false: it goes on."""

    call: CallId
    agent: AgentId
    recording: str
    paused: bool
    by: AgentId = ""


class ConversationRecorded(Word):
    """Every `RecordingStarted` is followed by exactly one of these; 0 seconds: there is none."""

    call: CallId
    agent: AgentId
    recording: str
    seconds: float


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


class NextStateAsked(Word):
    """Asked for during a call: it takes effect once the call and its wrap-up are over."""

    agent: AgentId
    state: Literal["ready", "not_ready", "logged_out"]
    reason: str = ""


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
    #: A queue or an agent as it is from now on, so that what was decided by it can be explained
    #: for as long as facts are kept.
    value: Queue | Agent | None = None


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
    | AnswerMissed
    | CallTagged
    | SurveyAnswered
    | VoicemailLeft
    | LanguageChosen
    | CallQueued
    | CallRelaxed
    | CallOverflowed
    | OutsideDialled
    | OutsideJoined
    | OutsideEnded
    | PlaceKept
    | CallbackTried
    | WaitAnnounced
    | OfferMade
    | OfferEnded
    | TicketPopped
    | TicketAttached
    | CallConnected
    | CallLeftQueue
    | ConversationEnded
    | CallHeld
    | CallResumed
    | AgentMuted
    | ConsultStarted
    | ConsultJoined
    | ConsultEnded
    | CallTransferred
    | SupervisionStarted
    | SupervisionEnded
    | RecordingStarted
    | RecordingPaused
    | ConversationRecorded
    | CallEnded
    | WrapUpEnded
    | AgentStateChanged
    | NextStateAsked
    | AgentPhoneChanged
    | Repaired
    | SwitchChanged
    | ConfigurationChanged
    | CommandRefused
)
