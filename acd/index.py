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
   not change while they are open either (`acd.strategies`). Who stops to be open stays in the
   lists: the entries of an *epoch* are valid only while it is the agent's. Void entries go when
   they come up, or when there are too many.
4. All these lists are `Row`s, since who came last mostly goes last: kappa and idle order grow.
5. An agent knows the signatures that they fit (`Seat.fits`). A signature is made when the first
   call needs it, by looking once at the agents of its queues, and stays; beyond `KEPT` of a queue,
   those with nobody waiting are dropped, and those for one agent only as soon as they are empty.
6. The index decides nothing by the order of its dicts: keys end in a unique number. So one built
   from a snapshot chooses exactly as the one that grew.

Cost: an arrival looks into one signature; an agent who becomes ready compares as many heads as
they fit signatures. Becoming busy costs nothing.
"""

from acd.live import Caller, Presence, Seat
from acd.relaxation import Needs
from acd.rows import Opened, Place
from acd.signatures import NOTHING, Fit, Key, Lane, Signature
from acd.strategies import Rank
from calls.base import AgentId, CallId, QueueId
from calls.config import Queue

#: Signatures of one queue that are kept though nobody waits in them.
KEPT = 64
#: What any call goes before.
_NO_PLACE: Place = (0.0, 0, "")
_NO_NUMBER = 1 << 62


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
        self._epoch = 0
        #: Of queues whose calls may go elsewhere: how many agents were signed in, and not on a
        #: break, before they were counted anew. Whoever looks into this clears it.
        self.there: dict[QueueId, tuple[int, int]] = {}

    # Configuration

    def set_queue(self, queue: Queue) -> None:
        """Configure a queue, anew or changed; its line is empty until calls enter (again)."""
        self.remove_queue(queue.name)
        lane = self.lanes[queue.name] = Lane(queue, self.calls)
        for seat in self._members.get(queue.name, {}).values():
            lane.signed_in += seat.presence > 0
            lane.able += seat.presence > 1

    def remove_queue(self, name: QueueId) -> None:
        lane = self.lanes.pop(name, None)
        if lane is not None:
            for call in self._calls(lane):
                call.demand = call.signature = None
            for signature in list(lane.signatures.values()):
                self._drop(signature)

    def set_agent(self, seat: Seat) -> None:
        """An agent is configured, anew or changed; not open until opened (again)."""
        self._members_of(seat, joins=True)
        seat.epoch = 0
        seat.fits = []
        seat.parallel = {channel: [] for channel, most in seat.config.capacity.items() if most > 0}
        for signature in self._reachable(seat):
            self._join(seat, signature)
        self.fit_room(seat)

    def remove_agent(self, seat: Seat) -> None:
        """Also before its configuration changes."""
        seat.epoch = 0
        self._members_of(seat, joins=False)

    def count(self, seat: Seat, presence: Presence) -> None:
        """An agent comes, goes, begins or ends a break."""
        before, seat.presence = seat.presence, presence
        signed_in, able = (presence > 0) - (before > 0), (presence > 1) - (before > 1)
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
        place = call.place = lane.place(call)
        return lane.line.add(place) + 1

    def leave(self, call: Caller) -> None:
        """A call is out of its queue altogether."""
        if call.signature is not None:
            self.hold(call)
        del self.calls[call.call]
        self.lanes[call.queue].line.remove(call.place)

    def signature(self, call: Caller) -> Signature:
        """Where a call waits, or would wait, for agents."""
        demand = call.demand
        assert demand is not None  # noqa: S101 - set by `enter`
        known = None if call.agent else demand.at[call.step]
        if known is not None:
            return known
        lane = self.lanes[call.queue]
        if call.agent:
            alone = Needs({}, (), 0)
            return self._signature(lane, (NOTHING, 0, (), call.agent, call.channel), alone)
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
        signature.waits += 1
        place, row, head = call.place, signature.waiting, signature.head
        entries = row.entries
        if not entries or entries[-1] < place:
            entries.append(place)
            if head is None:
                signature.head = place
        else:
            row.add(place)
            if head is None or place < head:
                signature.head = place

    def hold(self, call: Caller) -> None:
        """No (more) agent is wanted for this call; it keeps its place in the line."""
        signature = call.signature
        if signature is None:
            return
        call.signature = None
        signature.waits -= 1
        if not signature.waits:
            signature.waiting.keep(())
            signature.head = None
            if signature.only:
                self._drop(signature)
        elif signature.head is call.place:
            signature.next()
        else:
            signature.tidy()

    def position(self, call: Caller) -> int:
        """1-based, in the order of score."""
        return self.lanes[call.queue].line.before(call.place) + 1

    def line(self, queue: QueueId) -> list[Caller]:
        """The calls of a queue in the order of score."""
        return self._calls(self.lanes[queue])

    def _calls(self, lane: Lane) -> list[Caller]:
        return [self.calls[name] for _, _, name in lane.line.places]

    # Agents

    def open(self, seat: Seat) -> None:
        """An agent is ready and no call waits that they fit."""
        self._epoch += 1
        seat.epoch = self._epoch
        #: Entries by rank.
        made: dict[Rank | None, Opened] = {}
        for fits in seat.room:
            for _, bucket, signature in fits:
                entry = made.get(signature.rank) if signature.personal else None
                if entry is None:
                    entry = _opened(seat, signature)
                    if signature.personal:
                        made[signature.rank] = entry
                entries = bucket.entries
                if not entries or entries[-1] < entry:
                    entries.append(entry)
                else:
                    bucket.add(entry)
                if len(entries) > bucket.most:
                    bucket.tidy()

    def best_call(self, seat: Seat, now: float) -> Caller | None:
        """The waiting call that a ready agent should take: of those that are overdue or else of
        the queue they prefer, the one with the highest score; the first come among equals."""
        chosen, least, most = _NO_PLACE, _NO_NUMBER, 0.0
        for fits in seat.room:
            for number, _, signature in fits:
                head = signature.head
                if head is None:
                    continue
                score = signature.slope * now - head[0]
                if score >= signature.overdue:
                    number = 0
                if number < least or (
                    number == least and (score > most or (score == most and head[1] < chosen[1]))
                ):
                    chosen, least, most = head, number, score
        return self.calls[chosen[2]] if least < _NO_NUMBER else None

    def fit_room(self, seat: Seat) -> None:
        """What an agent fits with the room that they have, worked out anew; they are not open."""
        seat.epoch = 0
        most = seat.config.capacity
        room = [
            fits
            for channel, fits in seat.parallel.items()
            if seat.contacts.get(channel, 0) < most[channel]
        ]
        seat.room = tuple(room) if seat.items else (seat.fits, *room)

    def _members_of(self, seat: Seat, *, joins: bool) -> None:
        sign = 1 if joins else -1
        for queue in seat.config.queues:
            members = self._members.setdefault(queue, {})
            if joins:
                members[seat.config.name] = seat
            else:
                del members[seat.config.name]
            lane = self.lanes.get(queue)
            if lane is not None:
                if lane.later:
                    self.there.setdefault(queue, (lane.signed_in, lane.able))
                lane.signed_in += sign * (seat.presence > 0)
                lane.able += sign * (seat.presence > 1)

    # Signatures

    def tidy(self, signature: Signature) -> None:
        """Forget a signature for one agent only as soon as nobody waits in it."""
        if signature.only and not signature.waits:
            self._drop(signature)

    def _signature(self, lane: Lane, key: Key, needs: Needs) -> Signature:
        known = lane.signatures.get(key)
        if known is not None:
            return known
        if len(lane.signatures) >= KEPT:
            idle = next((one for one in lane.signatures.values() if not one.waits), None)
            if idle is not None:
                self._drop(idle)
        signature = lane.signatures[key] = Signature(lane, key, needs)
        for served in self._serving(signature):
            served[signature] = None
        for seat in self._candidates(signature):
            fit = self._join(seat, signature)
            if fit is not None and seat.epoch:
                mine = _fits(seat, signature)
                if any(fits is mine for fits in seat.room):
                    fit[1].add(_opened(seat, signature))
        return signature

    def _join(self, seat: Seat, signature: Signature) -> Fit | None:
        fit = signature.fit(seat.config)
        if fit is not None:
            _fits(seat, signature).append(fit)
        return fit

    def _drop(self, signature: Signature) -> None:
        lane = signature.lane
        del lane.signatures[signature.key]
        for served in self._serving(signature):
            del served[signature]
        for demand in signature.demands:
            demand.at = [None if one is signature else one for one in demand.at]
        for seat in self._candidates(signature):
            fits = _fits(seat, signature)
            fits[:] = [fit for fit in fits if fit[2] is not signature]

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
        found = dict(self._only.get(seat.config.name, {}))
        for queue in seat.config.queues:
            found |= self._served.get(queue, {})
        return found


def _fits(seat: Seat, signature: Signature) -> list[Fit]:
    """The list of an agent that a signature belongs in."""
    return seat.fits if signature.voice else seat.parallel.get(signature.channel, [])


def _opened(seat: Seat, signature: Signature) -> Opened:
    """How an agent is found among the open agents of a signature."""
    name = signature.queues[0]
    rank = 0.0 if signature.rank is None else signature.rank(seat, signature.needs.skills, name)
    if signature.voice:
        return rank, seat.idle_order, seat.epoch, seat
    return (len(seat.items), rank), seat.idle_order, seat.epoch, seat
