"""What the brute-force router knows, and how it finds whoever must be found: by looking at all.

Nothing here is an index, a heap or a cache, and nothing is shared with the room `acd` but words.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import exp, inf, log

from calls.actions import Refused
from calls.config import Agent, Queue
from calls.facts import Fact
from calls.hours import is_open

#: Seconds over which occupancy is smoothed.
TAU = 1800.0
#: The rules that are tried again while a call waits.
LATER = ("waited", "nobody_signed_in", "nobody_ready")
#: States of an agent who is at work.
WORKING = ("ready", "reserved", "talking", "wrap_up")


@dataclass(slots=True)
class Item:
    """A contact of another channel than voice, at its agent."""

    offer: str
    call: str
    queue: str
    channel: str
    #: ``offered``, ``active``, ``wrap_up``
    phase: str
    since: float
    until: float | None


@dataclass(slots=True)
class Bid:
    """A pending offer."""

    name: str
    call: str
    agent: str
    queue: str
    channel: str
    made: float
    until: float


@dataclass(slots=True)
class Person:
    config: Agent
    number: int
    since: float
    state: str = "logged_out"
    reason: str = ""
    until: float | None = None
    idle: int = 0
    #: The voice call, its queue, and since when they talk.
    call: str = ""
    queue: str = ""
    began: float = 0.0
    wish: tuple[str, str] | None = None
    disposition: tuple[str, str] | None = None
    extended: int = 0
    ronas: int = 0
    taken: int = 0
    #: As it was at `since`.
    occupancy: float = 0.0
    leaving: bool = False
    #: Not ready again before this.
    rests: float = 0.0
    #: By the offer that they came with.
    items: dict[str, Item] = field(default_factory=dict)
    #: The number of the last offer from each queue.
    rung: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def resting(self) -> bool:
        return self.state == "not_ready" and self.until is not None

    @property
    def there(self) -> bool:
        """Signed in, and on no break."""
        away = self.state == "logged_out" or (self.state == "not_ready" and not self.resting)
        return not (away or self.leaving)

    def occupied(self, now: float) -> float:
        """Nears 1 while busy and 0 while ready, and rests on breaks."""
        if self.state in ("logged_out", "not_ready"):
            return self.occupancy
        fade = exp((self.since - now) / TAU)
        return self.occupancy * fade if self.state == "ready" else 1 - (1 - self.occupancy) * fade


@dataclass(slots=True)
class Caller:
    name: str
    queue: str
    skills: dict[str, int]
    priority: float
    channel: str
    credit: float
    since: float
    order: int
    #: The only agent who may take it, until when.
    bound: str = ""
    bound_until: float = 0.0
    #: Relaxation steps in force, and what they make of the needs.
    step: int = 0
    needs: dict[str, int] = field(default_factory=dict)
    wider: tuple[str, ...] = ()
    ring: int = 0
    #: Pending offers, in the order in which they were made.
    offers: list[str] = field(default_factory=list)
    virtual: bool = False
    held: float | None = None
    #: Who accepted, while the caller of a virtual call is being called.
    agent: str = ""
    attempts: int = 0
    #: When the overflow rules were tried last.
    tried: float = 0.0


class World:
    """Who is there, and questions about them."""

    def __init__(self) -> None:
        self.queues: dict[str, Queue] = {}
        self.people: dict[str, Person] = {}
        self.callers: dict[str, Caller] = {}
        self.bids: dict[str, Bid] = {}
        self.phones: set[str] = set()
        self.dropped: Counter[str] = Counter()
        self.minted = 0
        self.clock = 0
        self.now = 0.0
        self.out: list[Fact | Refused] = []

    # Who may take what

    def has_room(self, person: Person, channel: str) -> bool:
        if person.state != "ready":
            return False
        if channel == "voice":
            return not person.items
        room = person.config.capacity.get(channel, 0)  # type: ignore[call-overload]
        return sum(item.channel == channel for item in person.items.values()) < int(room)

    def ways(self, person: Person, caller: Caller) -> list[tuple[int, int]]:
        """(0 for the call's own queue and 1 for a wider one, preference) of each queue that lets
        this agent take this call; empty if none does."""
        if caller.bound:
            return [(0, 0)] if caller.bound == person.name else []
        have = person.config.skills
        for skill, level in caller.needs.items():
            if have.get(skill, 0) < level:
                return []
        found = []
        for queue, preference in person.config.queues.items():
            if queue == caller.queue:
                if not caller.ring or preference <= caller.ring or queue in caller.wider:
                    found.append((0, preference))
            elif queue in caller.wider:
                found.append((1, preference))
        return found

    def matchable(self, caller: Caller) -> bool:
        """May one (more) agent be asked?"""
        if caller.held is not None or caller.agent:
            return False
        if not caller.offers:
            return True
        queue = self.queues[caller.queue]
        together = queue.strategy == "ring_all" and caller.channel == "voice" and not caller.virtual
        return together and len(caller.offers) < queue.ring_limit

    def asked(self, person: Person, caller: Caller) -> bool:
        return any(self.bids[offer].agent == person.name for offer in caller.offers)

    def takers(self, caller: Caller, but: str = "") -> list[Person]:
        return [
            person
            for person in self.people.values()
            if person.name != but
            and self.has_room(person, caller.channel)
            and self.ways(person, caller)
            and not self.asked(person, caller)
        ]

    # Who is first

    def score(self, caller: Caller) -> float:
        queue = self.queues[caller.queue]
        aged = queue.slope * (self.now - (caller.since - caller.credit))
        return aged + queue.priority + caller.priority

    def line(self, queue: str) -> list[str]:
        there = [caller for caller in self.callers.values() if caller.queue == queue]
        return [c.name for c in sorted(there, key=lambda c: (-self.score(c), c.order))]

    def rank_of_person(self, person: Person, caller: Caller) -> tuple[object, ...]:
        contacts = 0 if caller.channel == "voice" else len(person.items)
        rank = self.rank_by_strategy(person, caller)
        return min(self.ways(person, caller)), contacts, rank, person.idle

    def rank_by_strategy(self, person: Person, caller: Caller) -> float:
        match self.queues[caller.queue].strategy:
            case "least_occupied":
                occupied = person.occupied(self.now)
                return round(log(occupied) + self.now / TAU, 6) if occupied > 0 else -inf
            case "best_skill":
                return -sum(person.config.skills.get(skill, 0) for skill in caller.needs)
            case "fewest_calls":
                return person.taken
            case "round_robin":
                return person.rung.get(caller.queue, 0)
            case "in_order":
                return person.number
            case _:
                return 0

    def rank_of_caller(self, person: Person, caller: Caller) -> tuple[float, float, int]:
        overdue, score = self.queues[caller.queue].overdue, self.score(caller)
        preference = min(number for _, number in self.ways(person, caller))
        return 0 if 0 < overdue <= score else preference, -score, caller.order

    # Overflow

    def closed(self, queue: Queue) -> bool:
        return queue.closed or (queue.hours is not None and not is_open(queue.hours, self.now))

    def nobody(self, when: str, queue: str) -> bool:
        """Is nobody of the queue signed in, or ready?"""
        members = [
            person
            for person in self.people.values()
            if queue in person.config.queues and not person.leaving
        ]
        if when == "nobody_signed_in":
            return all(person.state == "logged_out" for person in members)
        return not any(person.state in WORKING or person.resting for person in members)

    # Time

    def timers(self) -> Iterator[tuple[float, int, str, str]]:
        """(when, kind, name, offer) of all that will happen by itself."""
        for person in self.people.values():
            if person.until is not None:
                yield person.until, 0, person.name, ""
            for item in person.items.values():
                if item.until is not None:
                    yield item.until, 1, item.call, item.offer
        for caller in self.callers.values():
            for due in self.dues(caller):
                yield due, 2, caller.name, ""

    def dues(self, caller: Caller) -> Iterator[float]:
        queue = self.queues[caller.queue]
        if caller.bound:
            yield caller.bound_until
        if caller.step < len(queue.relaxation):
            steps = sorted(queue.relaxation, key=lambda step: step.after)
            yield caller.since + steps[caller.step].after
        if caller.held is not None:
            yield caller.held
        if not caller.offers and not caller.virtual:
            for rule in queue.overflow:
                if rule.when in LATER and caller.since + rule.limit > caller.tried:
                    yield caller.since + rule.limit

    def deadline(self) -> float | None:
        return min((timer[0] for timer in self.timers()), default=None)
