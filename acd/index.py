"""Which agent fits which caller, without searching.

Theory of operation
===================

1. Calls of one queue that need the same skills at the same levels have one `Signature`. It holds
   both sides: the calls that *wait* (not those an agent's phone rings for) and the agents who are
   *open* (ready, and nobody waits whom they fit). Of one signature at most one side is not empty.
2. score(now) = slope x (now - queued) + priority, in seconds of head start. Written as
   slope x now - kappa, with kappa = slope x queued - priority, it shows that kappa never changes
   while a call waits: a heap on kappa needs no re-sorting, though everybody ages. Between queues
   only the heads are compared, at `now`.
3. Open agents are in a heap on (queue preference, the strategy's rank, who became idle first),
   which does not change while they are idle either (`acd.strategies`).
4. An agent knows the signatures they fit (`Seat.fits`); becoming open or busy touches those and
   no others. A signature is made when the first call needs it, by looking at the queue's agents
   once, and stays; beyond `KEPT` of a queue, those with nobody waiting are dropped.
5. The index decides nothing by the order of its dicts: keys end in a unique number. So one built
   from a snapshot chooses exactly as the one that grew.

Cost: an arrival looks into one signature; an agent who becomes ready compares as many heads as
they fit signatures.
"""

from bisect import bisect_left, insort
from collections.abc import Mapping

from acd.heap import Heap
from acd.state import AgentRecord, WaitingCall
from acd.strategies import STRATEGIES, Needs
from calls.base import AgentId, CallId, QueueId
from calls.config import Agent, Queue

#: Signatures of one queue that are kept though nobody waits in them.
KEPT = 64


def needs_of(queue: Queue, skills: Mapping[str, int]) -> dict[str, int]:
    """All that a call needs in this queue: least proficiency by skill."""
    needs = dict(queue.skills)
    for skill, level in skills.items():
        needs[skill] = max(level, needs.get(skill, 0))
    return needs


class Signature:
    """The calls that wait with the same needs in one queue, and the open agents who fit."""

    __slots__ = ("lane", "needs", "open", "waiting")

    def __init__(self, lane: "Lane", needs: Needs) -> None:
        self.lane = lane
        self.needs = needs
        #: By (kappa, order).
        self.waiting: Heap[tuple[float, int], CallId] = Heap()
        #: By (preference, rank, idle order).
        self.open: Heap[tuple[int, float, int], AgentId] = Heap()

    def fits(self, agent: Agent) -> bool:
        have = agent.skills
        return all(have.get(skill, 0) >= level for skill, level in self.needs)

    def open_to(self, agent: AgentRecord) -> None:
        queue = self.lane.queue
        rank = STRATEGIES[queue.strategy](agent, self.needs)
        name = agent.config.name
        self.open.push((agent.config.queues[queue.name], rank, agent.idle_order), name)


class Lane:
    """One queue: its signatures, and all its calls in the order of their score."""

    __slots__ = ("line", "queue", "signatures")

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.signatures: dict[Needs, Signature] = {}
        #: (kappa, order, call) of every call in the queue, ringing ones included.
        self.line: list[tuple[float, int, CallId]] = []

    def place(self, call: WaitingCall) -> tuple[float, int, CallId]:
        queue = self.queue
        kappa = queue.slope * call.queued - (queue.priority + call.priority)
        return kappa, call.order, call.call

    def needs(self, call: WaitingCall) -> Needs:
        return frozenset(needs_of(self.queue, call.skills).items())


class Seat:
    """One agent: what they fit, and whether they are open."""

    __slots__ = ("agent", "fits", "open")

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.fits: list[Signature] = []
        self.open: AgentRecord | None = None


class Index:
    """Built from configuration and state; told of every change."""

    def __init__(self) -> None:
        self._lanes: dict[QueueId, Lane] = {}
        self._seats: dict[AgentId, Seat] = {}
        #: The agents of each queue, also of queues that are not configured (yet).
        self._members: dict[QueueId, dict[AgentId, Seat]] = {}
        #: Where each call waits that has no agent.
        self._waits: dict[CallId, Signature] = {}

    # Configuration

    def set_queue(self, queue: Queue) -> None:
        """Configure a queue, anew or changed; its line is empty until calls enter (again)."""
        self.remove_queue(queue.name)
        self._lanes[queue.name] = Lane(queue)

    def remove_queue(self, name: QueueId) -> None:
        lane = self._lanes.pop(name, None)
        if lane is not None:
            for _, _, call in lane.line:
                self._waits.pop(call, None)
            for signature in list(lane.signatures.values()):
                self._drop(signature)

    def set_agent(self, agent: Agent) -> None:
        """Configure an agent, anew or changed; not open until opened (again)."""
        self.remove_agent(agent.name)
        seat = self._seats[agent.name] = Seat(agent)
        for queue in agent.queues:
            self._members.setdefault(queue, {})[agent.name] = seat
            lane = self._lanes.get(queue)
            if lane is not None:
                seat.fits += [one for one in lane.signatures.values() if one.fits(agent)]

    def remove_agent(self, name: AgentId) -> None:
        seat = self._seats.pop(name, None)
        if seat is not None:
            for signature in seat.fits:
                signature.open.discard(name)
            for queue in seat.agent.queues:
                del self._members[queue][name]

    # Calls

    def enter(self, call: WaitingCall) -> None:
        """A call joins the line of its queue; it is not offered to anybody yet."""
        lane = self._lanes[call.queue]
        insort(lane.line, lane.place(call))

    def leave(self, call: WaitingCall) -> None:
        """A call is out of its queue altogether."""
        self.hold(call)
        lane = self._lanes[call.queue]
        del lane.line[bisect_left(lane.line, lane.place(call))]

    def wait(self, call: WaitingCall) -> None:
        """From now on the next agent who fits gets this call."""
        lane = self._lanes[call.queue]
        kappa, order, _ = lane.place(call)
        signature = self._signature(lane, lane.needs(call))
        signature.waiting.push((kappa, order), call.call)
        self._waits[call.call] = signature

    def hold(self, call: WaitingCall) -> None:
        """An agent is reserved for this call; it keeps its place in the line."""
        signature = self._waits.pop(call.call, None)
        if signature is not None:
            signature.waiting.discard(call.call)

    def position(self, call: WaitingCall) -> int:
        """1-based, in the order of score."""
        lane = self._lanes[call.queue]
        return bisect_left(lane.line, lane.place(call)) + 1

    def line(self, queue: QueueId) -> list[CallId]:
        """The calls of a queue in the order of score."""
        return [call for _, _, call in self._lanes[queue].line]

    # Agents

    def open(self, agent: AgentRecord) -> None:
        """An agent is ready and nobody waits whom they fit."""
        seat = self._seats[agent.config.name]
        seat.open = agent
        for signature in seat.fits:
            signature.open_to(agent)

    def close(self, name: AgentId) -> None:
        """An agent is not open any more; nothing if they were not."""
        seat = self._seats[name]
        if seat.open is not None:
            seat.open = None
            for signature in seat.fits:
                signature.open.discard(name)

    # Matching

    def best_agent(self, call: WaitingCall) -> AgentId | None:
        """The open agent who should take this call."""
        lane = self._lanes[call.queue]
        found = self._signature(lane, lane.needs(call)).open.first()
        return None if found is None else found[1]

    def best_call(self, name: AgentId, now: float) -> CallId | None:
        """The waiting call that this agent should take: of the queue they prefer, the one with
        the highest score; the first come among equals."""
        seat = self._seats[name]
        best: tuple[int, float, int] | None = None
        chosen: CallId | None = None
        for signature in seat.fits:
            head = signature.waiting.first()
            if head is None:
                continue
            (kappa, order), call = head
            queue = signature.lane.queue
            key = (seat.agent.queues[queue.name], kappa - queue.slope * now, order)
            if best is None or key < best:
                best, chosen = key, call
        return chosen

    # Signatures

    def _signature(self, lane: Lane, needs: Needs) -> Signature:
        known = lane.signatures.get(needs)
        if known is not None:
            return known
        if len(lane.signatures) >= KEPT:
            idle = next((one for one in lane.signatures.values() if not one.waiting), None)
            if idle is not None:
                self._drop(idle)
        signature = lane.signatures[needs] = Signature(lane, needs)
        for seat in self._members.get(lane.queue.name, {}).values():
            if signature.fits(seat.agent):
                seat.fits.append(signature)
                if seat.open is not None:
                    signature.open_to(seat.open)
        return signature

    def _drop(self, signature: Signature) -> None:
        lane = signature.lane
        del lane.signatures[signature.needs]
        for seat in self._members.get(lane.queue.name, {}).values():
            if signature in seat.fits:
                seat.fits.remove(signature)
