"""Who can be matched with whom, and the queues that it is sorted by. `acd.index` says how."""

from collections.abc import Mapping
from heapq import heapify, heappop, heappush
from math import inf
from typing import Any, TypeAlias

from acd.live import Caller, Seat
from acd.relaxation import Needs, needs_by_step, ordered
from acd.strategies import RANKS
from calls.base import AgentId, Channel, OverflowWhen, QueueId
from calls.config import Agent, Queue

#: Added to the preference of agents who are not of the call's own queue: they are asked last.
WIDENED = 1 << 40
#: An agent and a signature that they fit: the agent's preference among calls, and among the
#: agents of the signature. Lower goes first.
Fit: TypeAlias = tuple[int, int, "Signature"]
#: What makes signatures of one queue alike.
Key: TypeAlias = tuple[frozenset[tuple[str, int]], int, tuple[QueueId, ...], AgentId, Channel]


class Signature:
    """The calls that wait with the same needs in one queue, and the open agents who fit."""

    __slots__ = (
        "channel",
        "fits",
        "key",
        "lane",
        "needs",
        "only",
        "open",
        "overdue",
        "queues",
        "rank",
        "ring",
        "size",
        "slope",
        "voice",
        "waiting",
        "waits",
    )  # fmt: skip

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
        #: A heap of `Caller.place`; the first is always one that waits here, later ones may not.
        self.waiting: list[tuple[float, int, Caller]] = []
        #: How many wait here.
        self.waits = 0
        #: A heap of (preference, rank, idle order, epoch, seat); valid while the epoch is the
        #: seat's.
        self.open: list[tuple[int, Any, int, int, Seat]] = []
        #: How many agents fit.
        self.size = 0
        self.fits: dict[tuple[int, int], Fit] = {}

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
        return self.fits.setdefault((number, preference), (number, preference, self))

    def wait(self, call: Caller) -> None:
        call.signature = self
        self.waits += 1
        heappush(self.waiting, call.place)

    def take(self, call: Caller) -> None:
        """A call does not wait here any more."""
        call.signature = None
        self.waits -= 1
        waiting = self.waiting
        if waiting[0] is call.place:
            while waiting and waiting[0][2].signature is not self:
                heappop(waiting)
        elif len(waiting) > 2 * self.waits + 16:
            self.waiting = [place for place in waiting if place[2].signature is self]
            heapify(self.waiting)

    def push(self, seat: Seat, preference: int) -> None:
        """An agent who fits is open."""
        rank: Any = self.rank(seat, self.needs.skills, self.lane.queue.name) if self.rank else 0.0
        if not self.voice:
            rank = (len(seat.items), rank)
        opened = self.open
        heappush(opened, (preference, rank, seat.idle_order, seat.epoch, seat))
        if len(opened) > 2 * self.size + 16:
            self.open = [entry for entry in opened if entry[4].epoch == entry[3]]
            heapify(self.open)

    def first(self) -> Seat | None:
        """The open agent who should take a call."""
        opened = self.open
        while opened:
            entry = opened[0]
            seat = entry[4]
            if seat.epoch == entry[3]:
                return seat
            heappop(opened)
        return None


class Demand:
    """Calls of one queue with the same skills and channel: what they need, step by step."""

    __slots__ = ("at", "needs", "skills")

    def __init__(self, skills: dict[str, int], needs: tuple[Needs, ...]) -> None:
        #: One object for all of them.
        self.skills = skills
        self.needs = needs
        #: The signature at each step, once it has been asked for.
        self.at: list[Signature | None] = [None] * len(needs)


#: No skills at all.
NOTHING: frozenset[tuple[str, int]] = frozenset()
#: Why a call that waits already is sent elsewhere.
LATER: tuple[OverflowWhen, ...] = ("waited", "nobody_signed_in", "nobody_ready")
#: So many different wishes of the calls of one queue are remembered.
DEMANDS = 1024


class Lane:
    """One queue: its signatures, and all its calls in the order of their score."""

    __slots__ = (
        "able", "demands", "guarded", "later", "line", "queue", "signatures", "signed_in",
        "steps", "timed", "together",
    )  # fmt: skip

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.steps = ordered(queue)
        #: The rules that may come to hold while a call waits.
        self.later = [rule for rule in queue.overflow if rule.when in LATER]
        #: May calls be sent elsewhere as soon as they come? Do any need a timer?
        self.guarded = bool(queue.overflow or queue.closed or queue.hours or queue.limit)
        self.timed = bool(self.steps or self.later)
        #: How many phones may ring for one call.
        self.together = queue.ring_limit if queue.strategy == "ring_all" else 1
        self.signatures: dict[Key, Signature] = {}
        self.demands: dict[tuple[Channel, frozenset[tuple[str, int]]], Demand] = {}
        #: The place of every call in the queue, ringing ones included.
        self.line: list[tuple[float, int, Caller]] = []
        #: Its agents who are signed in, and those of them who are not on a break.
        self.signed_in = 0
        self.able = 0

    def place(self, call: Caller) -> tuple[float, int, Caller]:
        queue = self.queue
        kappa = queue.slope * (call.queued - call.credit) - (queue.priority + call.priority)
        return kappa, call.order, call

    def demand(self, channel: Channel, skills: Mapping[str, int]) -> Demand:
        key = channel, frozenset(skills.items()) if skills else NOTHING
        known = self.demands.get(key)
        if known is None:
            if len(self.demands) >= DEMANDS:
                self.demands.clear()
            needs = needs_by_step(self.queue, self.steps, skills)
            known = self.demands[key] = Demand(dict(skills), needs)
        return known

    def wants(self, call: Caller) -> bool:
        """May the call be offered to (one more) agent now?"""
        offers = len(call.offers)
        if offers and (call.virtual or call.channel != "voice" or offers >= self.together):
            return False
        return call.held is None and not call.taken
