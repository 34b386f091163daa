"""Who can be matched with whom, and the queues that it is sorted by. `acd.index` says how."""

from bisect import insort
from math import inf
from typing import TypeAlias

from acd.live import Caller, Seat
from acd.relaxation import Needs, needs_by_step, ordered
from acd.rows import Bucket, Line
from acd.strategies import RANKS
from calls.base import AgentId, Channel, OverflowWhen, QueueId
from calls.config import Agent, Queue

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


class Fit:
    """How agents fit a signature: one object for all of them who do so alike."""

    __slots__ = ("bucket", "number", "signature", "turn")

    def __init__(self, signature: "Signature", number: int, bucket: Bucket) -> None:
        self.signature = signature
        #: Their preference among calls: lower goes first, but after what is overdue.
        self.number = number
        #: The least that it can come to.
        self.turn = number if signature.overdue == inf else 0
        #: Where those are who are open and have no contacts yet.
        self.bucket = bucket


class Signature:
    """The calls that wait with the same needs in one queue, and the open agents who fit."""

    __slots__ = (
        "able",
        "buckets",
        "channel",
        "demands",
        "fits",
        "head",
        "kappa",
        "key",
        "lane",
        "needs",
        "only",
        "overdue",
        "queues",
        "rank",
        "ring",
        "slope",
        "voice",
        "waiting",
    )

    def __init__(self, lane: "Lane", key: Key, needs: Needs) -> None:
        #: The first who waits, and its kappa.
        self.head: Caller | None = None
        self.kappa = 0.0
        self.slope = lane.queue.slope
        self.overdue = lane.queue.overdue or inf
        self.waiting = Line()
        self.lane = lane
        self.key = key
        self.needs = needs
        self.only, self.channel = key[3], key[4]
        name = lane.queue.name
        #: Whose agents may take the calls: its own first, in this ring.
        self.queues = (name, *(other for other in needs.queues if other != name))
        self.ring = 0 if name in needs.queues else needs.ring
        self.voice = self.channel == "voice"
        self.rank = RANKS[lane.queue.strategy]
        #: The open agents, by preference and how many contacts they have.
        self.buckets: list[Bucket] = []
        self.fits: dict[tuple[int, int], Fit] = {}
        #: How many agents who fit are at work.
        self.able = 0
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
            known = self.fits[number, preference] = Fit(self, number, self.bucket(preference, 0))
        return known

    def bucket(self, preference: int, load: int) -> Bucket:
        """Of the open agents with this preference and so many contacts."""
        for known in self.buckets:
            if known.preference == preference and known.load == load:
                return known
        made = Bucket(preference, load)
        insort(self.buckets, made, key=lambda one: (one.preference, one.load))
        return made

    def first(self) -> Seat | None:
        """The open agent who should take a call; none while calls wait."""
        if self.head is None:
            for bucket in self.buckets:
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
        "able", "demands", "guarded", "head_start", "later", "line", "queue", "signatures",
        "signed_in", "slope", "steps", "timed", "together",
    )  # fmt: skip

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
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
        self.demands: dict[Channel | tuple[Channel, tuple[tuple[str, int], ...]], Demand] = {}
        #: All calls in the queue, also those that do not want an agent.
        self.line = Line()
        #: Its agents who are signed in, and those of them who are not on a break.
        self.signed_in = 0
        self.able = 0

    def kappa(self, call: Caller) -> float:
        return self.slope * (call.queued - call.credit) - (self.head_start + call.priority)

    def demand(self, channel: Channel, skills: dict[str, int]) -> Demand:
        key = (channel, tuple(skills.items())) if skills else channel
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
