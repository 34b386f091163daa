"""The Acd's decisions alone: its index, driven as `acd.floor` drives it."""

import gc
from collections import deque
from time import perf_counter_ns, process_time

from acd.index import Index
from acd.live import Caller, Seat
from bench.acd_world import START, STEP, WARM_UP, RandomCenter, Times
from calls.base import AgentId

#: Calls made before they arrive: enough to time, few enough for the cache of the processor.
BATCH = 50


class Core:
    """An index of a center whose agents are away at first."""

    def __init__(self, center: RandomCenter) -> None:
        self._center = center
        seats: dict[AgentId, Seat] = {}
        self._index = Index(seats)
        self._order = 0
        self._now = START
        self.ready, self.arrive = Times(), Times()
        for queue in center.queues:
            self._index.set_queue(queue)
        for number, agent in enumerate(center.agents):
            seat = seats[agent.name] = Seat(config=agent, since=START, number=number)
            self._index.set_agent(seat)
        #: Who is away, the longest first.
        self._away = deque(seats.values())

    def fill(self, waiting: int) -> None:
        """Calls come while nobody is there."""
        for _ in range(waiting):
            self._arrives(self._call())

    def make_idle(self, agents: int) -> None:
        """Agents become ready while nobody calls."""
        for _ in range(agents):
            self._gets_ready(self._away.popleft())

    def take_turns(self, rounds: int) -> list[str | None]:
        """A call arrives and an agent becomes ready, again and again; both are timed, when the
        first `WARM_UP` rounds are over. The calls that those agents get."""
        chosen: list[str | None] = []
        gc.collect()
        gc.freeze()
        for number in range(WARM_UP + rounds):
            if number == WARM_UP:
                self.ready, self.arrive = Times(), Times()
            call, seat = self._call(), self._away.popleft()
            begun = perf_counter_ns()
            taken_by = self._arrives(call)
            arrived = perf_counter_ns()
            takes = self._gets_ready(seat)
            self.ready.add(perf_counter_ns() - arrived)
            self.arrive.add(arrived - begun)
            if taken_by is not None:
                self._away.append(taken_by)
            if takes is not None:
                self._away.append(seat)
            chosen.append(None if takes is None else takes.call)
        gc.unfreeze()
        return chosen

    def per_second(self, rounds: int) -> float:
        """Arrivals and agents who become ready, alternating, in a second of the processor's time:
        neither other programs nor the clock count."""
        took, away = 0.0, self._away
        gc.collect()
        gc.freeze()
        for _ in range(rounds // BATCH):
            calls = [self._call() for _ in range(BATCH)]
            begun = process_time()
            for call in calls:
                seat = away.popleft()
                taken_by, takes = self._arrives(call), self._gets_ready(seat)
                if taken_by is not None:
                    away.append(taken_by)
                if takes is not None:
                    away.append(seat)
            took += process_time() - begun
        gc.unfreeze()
        return 2 * (rounds // BATCH) * BATCH / took

    def _call(self) -> Caller:
        message = self._center.call()
        self._now += STEP
        self._order += 1
        return Caller(
            call=message.call,
            queue=message.queue,
            skills=message.skills,
            priority=message.priority,
            queued=self._now,
            order=self._order,
        )

    def _arrives(self, call: Caller) -> Seat | None:
        """A call gets the best agent who is open, or waits."""
        index = self._index
        index.enter(call)
        signature = index.signature(call)
        seat = signature.first()
        if seat is None:
            index.wait(call, signature)
        else:
            seat.close()
            index.leave(call)
        return seat

    def _gets_ready(self, seat: Seat) -> Caller | None:
        """An agent gets the best call that waits, or is open."""
        self._order += 1
        seat.idle_order = self._order
        call = self._index.best_call(seat, self._now)
        if call is None:
            self._index.open(seat)
        else:
            self._index.leave(call)
        return call
