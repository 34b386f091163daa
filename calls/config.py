"""Queues, agents and numbers as the machines see them. Times are seconds."""

from typing import Literal, TypeAlias

from calls.base import AgentId, Channel, Language, OverflowWhen, QueueId, Word
from calls.hours import Hours

#: How an idle agent is chosen when several fit. ``ring_all``: all of them ring, one wins.
Strategy: TypeAlias = Literal[
    "longest_idle",
    "least_occupied",
    "best_skill",
    "fewest_calls",
    "round_robin",
    "in_order",
    "ring_all",
]

#: How the service level is worked out: N answered in time, A answered, B abandoned, Bs short
#: abandons, Bx abandoned in time.
#: ``standard`` N/(A+B-Bs), ``answered`` N/A, ``offered`` N/(A+B), ``abandoned_late`` N/(A+B-Bx),
#: ``abandoned_well`` (N+Bx)/(A+B).
ServiceLevelVariant: TypeAlias = Literal[
    "standard", "answered", "offered", "abandoned_late", "abandoned_well"
]


class Relaxation(Word):
    """What a call needs no more once it has waited `after` seconds. Steps add up."""

    after: float
    #: New least proficiency by skill; 0: not needed any more.
    skills: dict[str, int] = {}
    #: Agents of these queues may take it as well; it keeps its place here.
    queues: tuple[QueueId, ...] = ()
    #: Agents of this queue with a preference up to this may take it; 0: all of them.
    ring: int | None = None


class Overflow(Word):
    """Where callers go instead of waiting (on). The first rule that holds is taken."""

    when: OverflowWhen
    #: `target` is a queue, a number, or a flow (``flow.node`` to begin elsewhere): voicemail,
    #: callback and announcement are nodes of flows.
    to: Literal["queue", "number", "flow"]
    target: str
    #: Seconds, or callers for ``length``; see `calls.base.OverflowWhen`.
    limit: float = 0.0


class Queue(Word):
    """One line of waiting callers."""

    name: QueueId
    title: str = ""
    strategy: Strategy = "longest_idle"
    #: Skills that every call of this queue needs, with the least proficiency (1-10).
    skills: dict[str, int] = {}
    #: How long an agent's phone rings before it counts as no answer (RONA).
    offer_timeout: float = 15.0
    #: After-call work; 0 for none.
    wrap_up: float = 30.0
    #: How many times faster than others a caller here ages (service objective).
    slope: float = 1.0
    #: Seconds of head start for every caller here.
    priority: float = 0.0
    #: The service level counts calls answered within this time.
    service_level: float = 20.0
    music: str = "default"
    #: Music by language, where it is not `music`.
    music_by_language: dict[Language, str] = {}
    #: Seconds between announcements; 0 for none.
    announce_every: float = 30.0
    announce_position: bool = True
    #: Announce the expected wait, where the estimates of this queue have been good.
    announce_wait: bool = True
    #: Said in turn between announcements.
    messages: dict[Language, tuple[str, ...]] = {}
    #: By `Relaxation.after`.
    relaxation: tuple[Relaxation, ...] = ()
    #: Agents with a preference up to this are asked first; 0: all at once.
    ring: int = 0
    overflow: tuple[Overflow, ...] = ()
    #: Most callers waiting, also those for whom a phone rings; 0: any number. Whoever an agent is
    #: free for is let in all the same.
    limit: int = 0
    #: Nobody new is let in; who waits is served.
    closed: bool = False
    #: Closed outside of these; always open without.
    hours: Hours | None = None
    #: A score (seconds) from which a caller goes before agents' queue preferences, so that no queue
    #: starves; 0: never.
    overdue: float = 300.0
    #: Seconds for which a call waits for the agent whom its caller talked with last; 0: no matter.
    last_agent: float = 0.0
    #: How long ago that may have been.
    last_agent_within: float = 604800.0
    #: A caller who was cut off, or hung up while waiting, and calls again within this time has the
    #: old place; 0: no.
    reconnect: float = 300.0
    #: Head start of callers who are VIPs.
    vip_priority: float = 60.0
    #: After-call work lasts until the agent ends it.
    wrap_up_manual: bool = False
    #: What an agent who needs more time gets, each time; 0: nothing.
    wrap_up_extension: float = 30.0
    #: How often.
    wrap_up_extensions: int = 3
    #: Rest after each call and its wrap-up.
    rest: float = 0.0
    #: Most phones that ring at once for one call (``ring_all``).
    ring_limit: int = 20
    #: A caller who kept the place and is not reached: attempts in all, and the time between them.
    callback_attempts: int = 3
    callback_retry: float = 120.0
    service_level_variant: ServiceLevelVariant = "standard"
    #: Conversations are recorded.
    record: bool = False
    #: A machine that answers for a caller who kept the place counts as no answer.
    callback_detect: bool = False


class Agent(Word):
    """One person who takes calls. In `queues` the number is the preference: 1 before 2. It is also
    the ring that they are in (`Queue.ring`)."""

    name: AgentId
    title: str = ""
    #: Proficiency 1-10 by skill. A language is the skill ``lang:<code>``.
    skills: dict[str, int] = {}
    queues: dict[QueueId, int] = {}
    #: RONAs running after which the agent becomes not ready.
    rona_limit: int = 1
    #: The phone answers by itself, with a beep.
    auto_answer: bool = False
    #: The phone stays up in one long call while the agent is signed in; callers are joined to it.
    persistent: bool = False
    #: Contacts at a time by channel, beside voice, which takes the agent alone.
    capacity: dict[Channel, int] = {}
    #: Where else they are rung by a switch that registers no phones (Twilio): ``tel:+48221230101``,
    #: which asks them to press 1, or ``sip:anna@example.org``; empty for the browser.
    phone: str = ""


class Number(Word):
    """A number that callers dial, and the flow that answers it."""

    number: str
    flow: str
    language: Language = "en"
    #: Where in the flow to begin; its own start when empty.
    entry: str = ""
