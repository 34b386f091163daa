"""Who can be matched with whom, and the queues that it is sorted by. `acd.index` says how."""

from bisect import insort
from collections.abc import Mapping
from math import inf
from typing import TypeAlias

from acd.live import Caller, Seat
from acd.relaxation import Needs, needs_by_step, ordered
from acd.rows import Bucket, Line, Place, Row
from acd.strategies import PERSONAL, RANKS
from calls.base import AgentId, CallId, Channel, OverflowWhen, QueueId
from calls.config import Agent, Queue

#: An agent and a signature that they fit: the agent's preference among calls (lower goes first),
#: and where they are while they are open.
Fit: TypeAlias = tuple[int, Bucket, "Signature"]
#: What makes signatures of one queue alike.
Key: TypeAlias = tuple[frozenset[tuple[str, int]], int, tuple[QueueId, ...], AgentId, Channel]

#: Added to the preference of agents who are not of the call's own queue: they are asked last.
WIDENED = 1 << 40
#: No skills at all.
NOTHING: frozenset[tuple[str, int]] = frozenset()
#: Why a call that waits already is sent elsewhere.
LATER: tuple[OverflowWhen, ...] = ("waited", "nobody_signed_in", "nobody_ready")
#: So many different wishes of the calls of one queue are remembered.
DEMANDS = 1024


class Signature:
    """The calls that wait with the same needs in one queue, and the open agents who fit."""

    __slots__ = (
        "buckets",
        "channel",
        "demands",
        "fits",
        "head",
        "key",
        "lane",
        "needs",
        "only",
        "overdue",
        "personal",
        "queues",
        "rank",
        "ring",
        "slope",
        "voice",
        "waiting",
        "waits",
    )

    def __init__(self, lane: "Lane", key: Key, needs: Needs) -> None:
        self.lane = lane
        self.key = key
        self.needs = needs
        self.only, self.channel = key[3], key[4]
        name = lane.queue.name
        #: Whose agents may take the calls: its own first, in this ring.
        self.queues = (name, *(other for other in needs.queues if other != name))
        self.ring = 0 if name in needs.queues else needs.ring
        self.voice = self.channel == "voice"
        self.slope = lane.queue.slope
        self.overdue = lane.queue.overdue or inf
        self.rank = RANKS[lane.queue.strategy]
        #: Agents rank alike in all such signatures.
        self.personal = self.voice and self.rank in PERSONAL
        #: Of those who wait here; and some who did.
        self.waiting: Row[Place] = Row()
        #: The first of them who does, and how many do.
        self.head: Place | None = None
        self.waits = 0
        #: The open agents, by preference.
        self.buckets: list[Bucket] = []
        self.fits: dict[tuple[int, int], Fit] = {}
        #: What has this signature noted as its own.
        self.demands: list[Demand] = []

    def fit(self, agent: Agent) -> Fit | None:
        """How an agent fits, if they do."""
        if not self.voice and agent.capacity.get(self.channel, 0) < 1:
            return None
        if self.only:
            return self._fit(0, 0) if agent.name == self.only else None
        have = agent.skills
        for skill, level in self.needs.skills.items():
            if have.get(skill, 0) < level:
                return None
        queues = agent.queues
        own = queues.get(self.queues[0])
        if own is not None and own > self.ring > 0:
            own = None
        if len(self.queues) == 1:
            return None if own is None else self._fit(own, own)
        other = min((queues[name] for name in self.queues[1:] if name in queues), default=None)
        if own is None:
            return None if other is None else self._fit(other, other + WIDENED)
        return self._fit(own if other is None else min(own, other), own)

    def _fit(self, number: int, preference: int) -> Fit:
        """One object for all agents who fit alike."""
        known = self.fits.get((number, preference))
        if known is None:
            bucket = next((one for one in self.buckets if one.preference == preference), None)
            if bucket is None:
                bucket = Bucket(preference)
                insort(self.buckets, bucket, key=lambda one: one.preference)
            known = self.fits[number, preference] = (number, bucket, self)
        return known

    def next(self) -> None:
        """The head does not wait any more; another one does."""
        row = self.waiting
        entries, at = row.entries, row.front + 1
        # As many as wait: then all do.
        while len(entries) - at != self.waits and not self._waits(entries[at]):
            at += 1
        self.head = entries[at]
        row.skip(at)

    def tidy(self) -> None:
        """Only those who wait, if there are many others."""
        if self.waiting.crowded(self.waits):
            self.waiting.keep(place for place in self.waiting.entries if self._waits(place))

    def _waits(self, place: Place) -> bool:
        """Is this the place of a call that waits here?"""
        call = self.lane.calls.get(place[2])
        return call is not None and call.place is place and call.signature is self

    def first(self) -> Seat | None:
        """The open agent who should take a call; none while calls wait."""
        if self.waits:
            return None
        for bucket in self.buckets:
            if bucket.entries:
                seat = bucket.first()
                if seat is not None:
                    return seat
        return None


class Demand:
    """Calls of one queue with the same skills and channel: what they need, step by step."""

    __slots__ = ("at", "channel", "needs", "skills")

    def __init__(self, channel: Channel, skills: dict[str, int], needs: tuple[Needs, ...]) -> None:
        self.channel = channel
        #: One object for all of them.
        self.skills = skills
        self.needs = needs
        #: The signature at each step, once it has been asked for.
        self.at: list[Signature | None] = [None] * len(needs)


class Lane:
    """One queue: its signatures, and all its calls in the order of their score."""

    __slots__ = (
        "able", "calls", "demands", "guarded", "head_start", "later", "line", "queue", "signatures",
        "signed_in", "slope", "steps", "timed", "together",
    )  # fmt: skip

    def __init__(self, queue: Queue, calls: Mapping[CallId, Caller]) -> None:
        """`calls` are all that wait, in whatever queue."""
        self.queue = queue
        self.calls = calls
        self.slope = queue.slope
        self.head_start = queue.priority
        self.steps = ordered(queue)
        #: The rules that may come to hold while a call waits.
        self.later = [rule for rule in queue.overflow if rule.when in LATER]
        #: May calls be sent elsewhere as soon as they come? Do any need a timer?
        self.guarded = bool(queue.overflow or queue.closed or queue.hours or queue.limit)
        self.timed = bool(self.steps or self.later)
        #: How many phones may ring for one call.
        self.together = queue.ring_limit if queue.strategy == "ring_all" else 1
        self.signatures: dict[Key, Signature] = {}
        self.demands: dict[tuple[Channel, tuple[tuple[str, int], ...]], Demand] = {}
        #: The places of all calls in the queue, also those that do not want an agent.
        self.line = Line()
        #: Its agents who are signed in, and those of them who are not on a break.
        self.signed_in = 0
        self.able = 0

    def place(self, call: Caller) -> Place:
        kappa = self.slope * (call.queued - call.credit) - (self.head_start + call.priority)
        return kappa, call.order, call.call

    def demand(self, channel: Channel, skills: Mapping[str, int]) -> Demand:
        key = channel, tuple(skills.items())
        known = self.demands.get(key)
        if known is None:
            if len(self.demands) >= DEMANDS:
                self.demands.clear()
            needs = needs_by_step(self.queue, self.steps, skills)
            known = self.demands[key] = Demand(channel, dict(skills), needs)
        return known

    def wants(self, call: Caller) -> bool:
        """May the call be offered to (one more) agent now?"""
        offers = len(call.offers)
        if offers and (call.virtual or call.channel != "voice" or offers >= self.together):
            return False
        return call.held is None and not call.taken
