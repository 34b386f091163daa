"""Which agent fits which call, without searching.

Theory of operation
===================

1. Calls of one queue with the same needs (skills at levels, ring, queues widened to, channel, or
   one agent only) have one `Signature`. It holds both sides: the calls that *wait* (for whom an
   agent is wanted) and the agents who are *open* (ready, and no call waits that they fit). Of one
   signature at most one side is not empty.
2. score(now) = slope x (now - queued + credit) + priority, in seconds of head start. Written as
   slope x now - kappa, with kappa = slope x (queued - credit) - priority, it shows that kappa never
   changes while a call waits: a list sorted by it stays so, though everybody ages. Between
   signatures only the heads are compared, at `now`. From a score of `Queue.overdue` on a call goes
   before what the agent prefers.
3. Open agents are sorted by (preference, the strategy's rank, who became idle first), which does
   not change while they are open either (`acd.strategies`). All lists that an agent is in have
   them as one `Opened`, which is void as soon as they are not open any more. Void ones go when
   they come up, or when there are too many.
4. All these lists are sorted ones (`acd.rows`), since who came last mostly goes last: kappa and
   idle order grow.
5. An agent knows the signatures that they fit (`Seat.fits`), those first whose calls they may have
   to take first. A signature is made when the first call needs it, by looking once at the agents
   of its queues, and stays; beyond `KEPT` of a queue, those with nobody waiting are dropped, and
   those for one agent only as soon as they are empty.
6. The index decides nothing by the order of its dicts: keys end in a unique number. So one built
   from a snapshot chooses exactly as the one that grew.

Cost: an arrival looks into one signature; an agent who becomes ready compares the heads of the
signatures they prefer most. Becoming busy costs nothing.
"""

from bisect import bisect
from operator import attrgetter

from acd.live import AT_WORK, Caller, Opened, Presence, Seat
from acd.relaxation import Needs
from acd.signatures import NOTHING, Fit, Key, Lane, Signature
from calls.base import AgentId, CallId, Channel, QueueId
from calls.config import Queue

#: Signatures of one queue that are kept though nobody waits in them.
KEPT = 64

_turn = attrgetter("turn")


class Index:
    """Built from configuration and state; told of every change. `seats` are all the agents."""

    def __init__(self, seats: dict[AgentId, Seat]) -> None:
        self.lanes: dict[QueueId, Lane] = {}
        self._seats = seats
        #: All that wait, in the order in which they came.
        self.calls: dict[CallId, Caller] = {}
        #: The agents of each queue, also of queues that are not configured (yet).
        self._members: dict[QueueId, dict[AgentId, Seat]] = {}
        #: The signatures that agents of a queue may fit, whatever queue their calls are in.
        self._served: dict[QueueId, dict[Signature, None]] = {}
        #: The signatures for one agent only.
        self._only: dict[AgentId, dict[Signature, None]] = {}
        #: Of queues whose calls may go elsewhere: how many agents were signed in, and not on a
        #: break, before they were counted anew. Whoever looks into this clears it.
        self.there: dict[QueueId, tuple[int, int]] = {}

    # Configuration

    def set_queue(self, queue: Queue) -> None:
        """Configure a queue, anew or changed; its line is empty until calls enter (again)."""
        self.remove_queue(queue.name)
        lane = self.lanes[queue.name] = Lane(queue)
        for seat in self._members.get(queue.name, {}).values():
            lane.signed_in += seat.presence > 0
            lane.able += seat.presence > 1

    def remove_queue(self, name: QueueId) -> None:
        lane = self.lanes.pop(name, None)
        if lane is not None:
            for call in lane.line.calls:
                call.demand = call.signature = None
            for signature in list(lane.signatures.values()):
                self._drop(signature)

    def set_agent(self, seat: Seat) -> None:
        """An agent is configured, anew or changed; not open until opened (again)."""
        self._members_of(seat, joins=True)
        fits = (signature.fit(seat.config) for signature in self._reachable(seat))
        seat.fits = tuple(sorted((fit for fit in fits if fit is not None), key=_turn))
        _able(seat, (seat.presence == AT_WORK))
        self.fit_room(seat)

    def remove_agent(self, seat: Seat) -> None:
        """Also before its configuration changes."""
        seat.close()
        _able(seat, -(seat.presence == AT_WORK))
        self._members_of(seat, joins=False)

    def count(self, seat: Seat, presence: Presence) -> None:
        """An agent comes, goes, begins or ends a break."""
        before, seat.presence = seat.presence, presence
        signed_in, able = (presence > 0) - (before > 0), (presence > 1) - (before > 1)
        _able(seat, able)
        for queue in seat.config.queues:
            lane = self.lanes.get(queue)
            if lane is not None:
                if lane.later:
                    self.there.setdefault(queue, (lane.signed_in, lane.able))
                lane.signed_in += signed_in
                lane.able += able

    # Calls

    def enter(self, call: Caller) -> int:
        """A call joins the line of its queue; it is not offered to anybody yet. Its position."""
        self.calls[call.call] = call
        lane = self.lanes[call.queue]
        if call.demand is None:
            call.demand = lane.demand(call.channel, call.skills)
        call.kappa = lane.kappa(call)
        return lane.line.add(call) + 1

    def leave(self, call: Caller) -> None:
        """A call is out of its queue altogether."""
        if call.signature is not None:
            self.hold(call)
        del self.calls[call.call]
        self.lanes[call.queue].line.remove(call)

    def signature(self, call: Caller) -> Signature:
        """Where a call waits, or would wait, for agents."""
        if not call.agent:
            return self.common(call)
        alone = Needs({}, (), 0)
        key = NOTHING, 0, (), call.agent, call.channel
        return self._signature(self.lanes[call.queue], key, alone)

    def common(self, call: Caller) -> Signature:
        """The same, were it not for one agent only."""
        demand = call.demand
        assert demand is not None  # noqa: S101 - set by `enter`
        known = demand.at[call.step]
        if known is not None:
            return known
        lane = self.lanes[call.queue]
        needs = demand.needs[call.step]
        key = frozenset(needs.skills.items()), needs.ring, needs.queues, "", call.channel
        known = demand.at[call.step] = self._signature(lane, key, needs)
        known.demands.append(demand)
        return known

    def wait(self, call: Caller, signature: Signature) -> None:
        """From now on the next agent who fits gets this call."""
        if call.signature is not None:
            return
        call.signature = signature
        if signature.waiting.add(call) == 0:
            signature.head = call
            signature.kappa = call.kappa

    def hold(self, call: Caller) -> None:
        """No (more) agent is wanted for this call; it keeps its place in the line."""
        signature = call.signature
        if signature is None:
            return
        call.signature = None
        waiting = signature.waiting
        waiting.remove(call)
        if signature.head is call:
            if waiting.calls:
                head = signature.head = waiting.calls[0]
                signature.kappa = head.kappa
            else:
                signature.head = None
            if signature.only:
                self.tidy(signature)

    def position(self, call: Caller) -> int:
        """1-based, in the order of score."""
        return self.lanes[call.queue].line.before(call) + 1

    def line(self, queue: QueueId) -> list[Caller]:
        """The calls of a queue in the order of score."""
        return self.lanes[queue].line.calls.copy()

    # Agents

    def open(self, seat: Seat) -> None:
        """An agent is ready and no call waits that they fit."""
        seat.close()
        seat.opened = Opened(seat)
        _list(seat, seat.opened, seat.room)

    def best_call(self, seat: Seat, now: float) -> Caller | None:
        """The waiting call that a ready agent should take: of those that are overdue or else of
        the queue they prefer, the one with the highest score; the first come among equals."""
        chosen: Caller | None = None
        least, most = 0, 0.0
        for fit in seat.room:
            if chosen is not None and fit.turn > least:
                break
            signature = fit.signature
            head = signature.head
            if head is None:
                continue
            score = signature.slope * now - signature.kappa
            number = 0 if score >= signature.overdue else fit.number
            if (
                chosen is None
                or number < least
                or (
                    number == least
                    and (score > most or (score == most and head.order < chosen.order))
                )
            ):
                chosen, least, most = head, number, score
        return chosen

    def fit_room(self, seat: Seat) -> None:
        """What an agent fits with the room that they have, worked out anew; they are not open."""
        seat.close()
        seat.room = _room(seat)

    def _members_of(self, seat: Seat, *, joins: bool) -> None:
        sign = 1 if joins else -1
        for queue in seat.config.queues:
            members = self._members.setdefault(queue, {})
            if joins:
                members[seat.name] = seat
            else:
                del members[seat.name]
            lane = self.lanes.get(queue)
            if lane is not None:
                if lane.later:
                    self.there.setdefault(queue, (lane.signed_in, lane.able))
                lane.signed_in += sign * (seat.presence > 0)
                lane.able += sign * (seat.presence > 1)

    # Signatures

    def tidy(self, signature: Signature) -> None:
        """Forget a signature for one agent only as soon as nobody waits in it."""
        if signature.only and signature.head is None:
            self._drop(signature)

    def _signature(self, lane: Lane, key: Key, needs: Needs) -> Signature:
        known = lane.signatures.get(key)
        if known is not None:
            return known
        if len(lane.signatures) >= KEPT:
            idle = next((one for one in lane.signatures.values() if one.head is None), None)
            if idle is not None:
                self._drop(idle)
        signature = lane.signatures[key] = Signature(lane, key, needs)
        for served in self._serving(signature):
            served[signature] = None
        for seat in self._candidates(signature):
            fit = signature.fit(seat.config)
            if fit is not None:
                signature.able += seat.presence == AT_WORK
                at = bisect(seat.fits, fit.turn, key=_turn)
                seat.fits = (*seat.fits[:at], fit, *seat.fits[at:])
                seat.room = _room(seat)
                if seat.opened is not None and fit in seat.room:
                    _list(seat, seat.opened, (fit,))
        return signature

    def _drop(self, signature: Signature) -> None:
        lane = signature.lane
        del lane.signatures[signature.key]
        for served in self._serving(signature):
            del served[signature]
        for demand in signature.demands:
            demand.at = [None if one is signature else one for one in demand.at]
        for seat in self._candidates(signature):
            seat.fits = tuple(fit for fit in seat.fits if fit.signature is not signature)
            seat.room = _room(seat)

    def _serving(self, signature: Signature) -> list[dict[Signature, None]]:
        """Where a signature is listed, to be found by the agents who might fit."""
        if signature.only:
            return [self._only.setdefault(signature.only, {})]
        return [self._served.setdefault(queue, {}) for queue in signature.queues]

    def _candidates(self, signature: Signature) -> list[Seat]:
        """The agents who might fit, each once."""
        if signature.only:
            seat = self._seats.get(signature.only)
            return [] if seat is None else [seat]
        found: dict[AgentId, Seat] = {}
        for queue in signature.queues:
            found |= self._members.get(queue, {})
        return list(found.values())

    def _reachable(self, seat: Seat) -> dict[Signature, None]:
        """The signatures that an agent might fit, each once."""
        found = dict(self._only.get(seat.name, {}))
        for queue in seat.config.queues:
            found |= self._served.get(queue, {})
        return found


def _able(seat: Seat, more: int) -> None:
    """An agent comes to work, or goes (-1), for all that they fit."""
    if more:
        for fit in seat.fits:
            fit.signature.able += more


def has_room(seat: Seat, channel: Channel) -> bool:
    """May an agent get (one more) contact of this kind beside what they have?"""
    if channel == "voice":
        return not seat.items
    return seat.contacts.get(channel, 0) < seat.config.capacity.get(channel, 0)


def _room(seat: Seat) -> tuple[Fit, ...]:
    """What an agent fits and has room for now."""
    if not seat.items:
        return seat.fits
    return tuple(fit for fit in seat.fits if has_room(seat, fit.signature.channel))


def _list(seat: Seat, opened: Opened, fits: tuple[Fit, ...]) -> None:
    """Put an open agent into the lists of signatures that they fit."""
    load = len(seat.items)
    for fit in fits:
        signature = fit.signature
        by = signature.rank
        rank = 0.0 if by is None else by(seat, signature.needs.skills, signature.queues[0])
        bucket = fit.bucket if load == 0 else signature.bucket(fit.bucket.preference, load)
        bucket.add(rank, opened)
