"""Seeded callers and phones, so that a simulated center is alive by itself."""

from collections.abc import Iterator
from random import Random

from calls.base import Word
from switch.simulated.scripts import Answering, Caller, Press


class Traffic(Word):
    """A stream of callers. The same seed gives the same callers."""

    #: What they dial, each as often as the others.
    numbers: tuple[str, ...]
    per_minute: float = 6.0
    #: Keys that a caller may choose, pressed some seconds after arrival.
    keys: tuple[str, ...] = ("1", "2")
    #: Means, in seconds, of exponential times.
    patience: float = 120.0
    talks: float = 60.0
    #: How long an agent's phone rings before it is answered.
    answers_after: float = 3.0
    seed: int = 1


def callers(traffic: Traffic) -> Iterator[tuple[float, Caller]]:
    """Who calls, each with the seconds since the caller before: a Poisson stream without end."""
    dice = Random(traffic.seed)  # noqa: S311 - a simulation, no secret
    while True:
        gap = dice.expovariate(traffic.per_minute / 60)
        presses = tuple(
            Press(digits=dice.choice(traffic.keys), delay=dice.uniform(2 + 10 * n, 8 + 10 * n))
            for n in range(2)
            if traffic.keys
        )
        yield (
            gap,
            Caller(
                number=f"+48{dice.randrange(500_000_000, 800_000_000)}",
                dials=dice.choice(traffic.numbers),
                presses=presses,
                patience=dice.expovariate(1 / traffic.patience),
                talks=dice.expovariate(1 / traffic.talks),
            ),
        )


def answering(traffic: Traffic) -> Answering:
    """How every agent's phone behaves: it is answered, and the caller ends the call."""
    return Answering(after=traffic.answers_after)
