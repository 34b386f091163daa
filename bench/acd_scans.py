"""Routers that search, to hold the index against: plain Python, written as well as such can be.

They take the longest idle agent who prefers the queue most, and the call that the Acd takes: of
those that are overdue or else of the queue that the agent prefers most, the one with the highest
score. They know skills, levels and the first ring, and nothing of the rest, so they do less than
the Acd. Only idle agents and waiting calls are looked at, never all there are.
"""

from math import inf

from acd.messages import Enqueue
from calls.config import Agent, Queue


class _Call:
    __slots__ = ("kappa", "name", "needs", "order", "overdue", "queue", "ring", "slope")

    def __init__(self, message: Enqueue, queue: Queue, now: float, order: int) -> None:
        self.name = message.call
        self.queue = message.queue
        needs = dict(queue.skills)
        for skill, level in message.skills.items():
            needs[skill] = max(level, needs.get(skill, 0))
        self.needs = tuple(needs.items())
        self.ring = queue.ring or 1 << 30
        self.overdue = queue.overdue or inf
        self.slope = queue.slope
        self.kappa = queue.slope * now - queue.priority - message.priority
        self.order = order


class GlobalScan:
    """One list of all waiting calls, one of all idle agents."""

    def __init__(self, queues: list[Queue]) -> None:
        self._queues = {queue.name: queue for queue in queues}
        self._order = 0
        self._waiting: dict[str, _Call] = {}
        self._idle: dict[str, Agent] = {}

    def arrive(self, message: Enqueue, now: float) -> str | None:
        """A call comes: the agent who takes it; else it waits."""
        self._order += 1
        call = _Call(message, self._queues[message.queue], now, self._order)
        chosen = _best_agent(call, self._idle)
        if chosen is None:
            self._waiting[call.name] = call
        else:
            del self._idle[chosen]
        return chosen

    def ready(self, agent: Agent, now: float) -> str | None:
        """An agent is ready: the call that they take; else they are idle."""
        call = _best_call(agent, (self._waiting,), now)
        if call is None:
            self._idle[agent.name] = agent
            return None
        del self._waiting[call.name]
        return call.name


class QueueScan:
    """The same, with a list for each queue."""

    def __init__(self, queues: list[Queue]) -> None:
        self._queues = {queue.name: queue for queue in queues}
        self._order = 0
        self._waiting: dict[str, dict[str, _Call]] = {queue.name: {} for queue in queues}
        self._idle: dict[str, dict[str, Agent]] = {queue.name: {} for queue in queues}

    def arrive(self, message: Enqueue, now: float) -> str | None:
        self._order += 1
        call = _Call(message, self._queues[message.queue], now, self._order)
        chosen = _best_agent(call, self._idle[call.queue])
        if chosen is None:
            self._waiting[call.queue][call.name] = call
        else:
            for queue in self._idle[call.queue][chosen].queues:
                del self._idle[queue][chosen]
        return chosen

    def ready(self, agent: Agent, now: float) -> str | None:
        call = _best_call(agent, tuple(self._waiting[queue] for queue in agent.queues), now)
        if call is None:
            for queue in agent.queues:
                self._idle[queue][agent.name] = agent
            return None
        del self._waiting[call.queue][call.name]
        return call.name


def _best_agent(call: _Call, idle: dict[str, Agent]) -> str | None:
    """Dicts keep the order in which agents became idle, so the first with a preference wins."""
    queue, needs = call.queue, call.needs
    chosen: str | None = None
    least = call.ring + 1
    for name, agent in idle.items():
        preference = agent.queues.get(queue, least)
        if preference < least:
            have = agent.skills
            for skill, level in needs:
                if have.get(skill, 0) < level:
                    break
            else:
                chosen, least = name, preference
    return chosen


def _best_call(agent: Agent, waiting: tuple[dict[str, _Call], ...], now: float) -> _Call | None:
    queues, have = agent.queues, agent.skills
    chosen: _Call | None = None
    best: tuple[int, float, int] | None = None
    for calls in waiting:
        for call in calls.values():
            preference = queues.get(call.queue)
            if preference is None or preference > call.ring:
                continue
            for skill, level in call.needs:
                if have.get(skill, 0) < level:
                    break
            else:
                score = call.slope * now - call.kappa
                key = 0 if score >= call.overdue else preference, -score, call.order
                if best is None or key < best:
                    chosen, best = call, key
    return chosen
