"""When simulated callers come, and what they bring: their keys, patience and talk."""

from collections.abc import Iterator
from math import log
from random import Random
from typing import Final

from engine.simulation.distributions import Distribution, among_longer, longer_than
from engine.simulation.scenario import HOUR, Callers, Poisson, QueuePlan, RecordedCall, Scenario

#: How many different numbers callers have.
_NUMBERS: Final = 1_000_000


class Caller:
    """One caller: all that chance decides about them, decided in advance."""

    def __init__(self, stream: Callers, at: float, dice: Random) -> None:
        chance = dice.random
        #: From the start of the simulation.
        self.at = at
        self.number = "+4850" + str(int(chance() * _NUMBERS)).zfill(7)
        self.dials = stream.dial
        #: Still to be pressed, the first one next.
        self.keys = _chosen(stream, chance())
        self.presses_after = stream.presses_after
        #: Even numbers from [0, 1): how they stand among others.
        self.patient = chance()
        self.talkative = chance()
        #: The same of the agent's after-call work for them.
        self.thorough = chance()
        #: Of the past; None: a caller at random.
        self.known: RecordedCall | None = None
        #: Seconds that they have waited in queues.
        self.waited = 0.0
        #: The patience that they have, from when they had waited so long.
        self._patience: Distribution | None = None
        self._since = 0.0

    def patience(self, queue: QueuePlan) -> float:
        """How much longer they wait who come into a queue now.

        Who is sent on to another queue has the rest of their patience there, if it says the same of
        it; if it says otherwise, they have its patience from there on. A caller of the past has
        theirs for all queues together, as it was seen.
        """
        known = self.known
        if known is not None:
            if known.patience is not None:
                return known.patience - self.waited
            return longer_than(queue.patience, known.waited, self.patient) - self.waited
        before, self._patience = self._patience, queue.patience
        if before is not None and before != queue.patience:
            # Who is still there is more patient than most: among those, any.
            self.patient = among_longer(before, self.waited - self._since, self.patient)
            self._since = self.waited
        return queue.patience.at(self.patient) - (self.waited - self._since)

    def talk(self, queue: QueuePlan) -> float:
        if self.known is not None and self.known.talk is not None:
            return self.known.talk
        return queue.talk.at(self.talkative)

    def wrap_up(self, queue: QueuePlan) -> float | None:
        """None: the center's timer ends it."""
        if queue.wrap_up is None:
            return None
        if self.known is not None and self.known.wrap_up is not None:
            return self.known.wrap_up
        return queue.wrap_up.at(self.thorough)


def callers(stream: Callers, seed: str, scenario: Scenario) -> Iterator[Caller]:
    """The callers of a stream in the order in which they come; the same for the same seed."""
    times, people = Random(f"{seed}/{stream.name}/times"), Random(f"{seed}/{stream.name}")  # noqa: S311
    arrivals = stream.arrivals
    if isinstance(arrivals, Poisson):
        for at in poisson(arrivals.hourly, times, scenario):
            yield Caller(stream, at, people)
    else:
        for known in arrivals.calls:
            caller = Caller(stream, known.at, people)
            caller.number, caller.known, caller.keys = known.number, known, known.keys
            caller.dials = stream.dial or known.dials
            yield caller


def poisson(hourly: tuple[float, ...], dice: Random, scenario: Scenario) -> Iterator[float]:
    """Times of a Poisson stream whose rate is another one each hour of the day."""
    now, end = 0.0, 0.0
    # An exponential amount of *expected calls* passes from one to the next.
    expected = -log(1.0 - dice.random())
    while now < scenario.length:
        if now >= end:
            clock = scenario.calendar.local(scenario.start + now)
            rate, end = hourly[clock.hour] / HOUR, now + HOUR - clock.minute * 60 - clock.second
        if expected >= rate * (end - now):
            expected -= rate * (end - now)
            now = end
            continue
        now += expected / rate
        if now < scenario.length:
            yield now
        expected = -log(1.0 - dice.random())


def _chosen(stream: Callers, quantile: float) -> tuple[str, ...]:
    sofar = 0.0
    for share, keys in stream.keys:
        sofar += share
        if quantile < sofar:
            return keys
    return stream.keys[-1][1]
