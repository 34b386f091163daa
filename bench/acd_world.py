"""A random center of any size, for the benchmarks of the Acd.

Every queue needs a skill or two, which its agents have at various levels. Of its calls 40 % need
one more, as a language: one of `EXTRAS` of the queue, which half of its agents have. All strategies
take turns, every third queue relaxes what its calls need after a while, every fifth asks its first
ring of agents first.
"""

from random import Random
from typing import get_args

from acd.messages import Enqueue
from calls.config import Agent, Queue, Relaxation, Strategy

STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
START = 1_700_000_000.0
#: Seconds from one thing that happens to the next.
STEP = 0.001
#: Rounds until every kind of call has been there.
WARM_UP = 2000
#: Further skills that calls of one queue may need.
EXTRAS = 2
#: Queues of an agent.
MEMBERSHIPS = 4


class RandomCenter:
    """The same seed and sizes make the same center."""

    def __init__(self, queues: int, skills: int, agents: int, seed: int = 1) -> None:
        self._rng = rng = Random(seed)
        self._calls = 0
        self._skills = [f"skill{number}" for number in range(skills)]
        #: By queue, the skill and the level that a call may need beyond it.
        self._extras: dict[str, list[tuple[str, int]]] = {}
        self.queues = [self._queue(number) for number in range(queues)]
        self.agents = [self._agent(number, rng) for number in range(agents)]

    def _queue(self, number: int) -> Queue:
        rng = self._rng
        name = f"queue{number}"
        needed = rng.sample(self._skills, rng.randint(1, 2))
        extras = rng.sample(self._skills, EXTRAS)
        self._extras[name] = [(skill, rng.randint(1, 5)) for skill in extras]
        steps = (Relaxation(after=600.0, skills={needed[0]: 0}),) if number % 3 == 0 else ()
        return Queue(
            name=name,
            strategy=STRATEGIES[number % len(STRATEGIES)],
            skills={skill: rng.randint(1, 5) for skill in needed},
            offer_timeout=3600.0,
            wrap_up=0.0,
            slope=rng.choice((0.5, 1.0, 1.0, 2.0)),
            priority=rng.choice((0.0, 0.0, 30.0)),
            relaxation=steps,
            ring=2 if number % 5 == 0 else 0,
            ring_limit=3,
        )

    def _agent(self, number: int, rng: Random) -> Agent:
        mine = rng.sample(self.queues, min(MEMBERSHIPS, len(self.queues)))
        skills = {skill: rng.randint(3, 10) for queue in mine for skill in queue.skills}
        for queue in mine:
            for skill, level in self._extras[queue.name]:
                if rng.random() < 0.5:
                    skills.setdefault(skill, rng.randint(level, 10))
        return Agent(
            name=f"agent{number}",
            skills=skills,
            queues={queue.name: rng.randint(1, 3) for queue in mine},
        )

    def call(self) -> Enqueue:
        """The next caller, in a random queue."""
        rng = self._rng
        self._calls += 1
        queue = rng.choice(self.queues).name
        skills = dict([rng.choice(self._extras[queue])]) if rng.random() < 0.4 else {}
        priority = rng.choice((0.0, 0.0, 0.0, 60.0))
        return Enqueue(call=f"c{self._calls}", queue=queue, skills=skills, priority=priority)


class Times:
    """Single times, given in nanoseconds and told in microseconds."""

    def __init__(self) -> None:
        self._times: list[int] = []

    def add(self, nanoseconds: int) -> None:
        self._times.append(nanoseconds)

    def at(self, share: float) -> float:
        """A quantile."""
        return sorted(self._times)[round(share * (len(self._times) - 1))] / 1000

    def told(self, name: str) -> dict[str, float]:
        return {f"{name}50": self.at(0.5), f"{name}99": self.at(0.99)}

    @property
    def mean(self) -> float:
        return sum(self._times) / len(self._times) / 1000
