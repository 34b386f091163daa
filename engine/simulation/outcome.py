"""What came of one run of a scenario."""

from collections import Counter
from typing import NamedTuple, TypeAlias

import msgspec

from acd.sums import share
from calls.base import QueueId


class Interval(msgspec.Struct, kw_only=True):
    """Callers by the time when they began to wait; sums over `SAMPLES` moments."""

    offered: int = 0
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    waiting: int = 0
    busy: int = 0
    staffed: int = 0

    def add(self, other: "Interval") -> None:
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Waits(msgspec.Struct, kw_only=True):
    """How many callers waited so many whole seconds, ringing included."""

    answered: Counter[int] = msgspec.field(default_factory=Counter)
    abandoned: Counter[int] = msgspec.field(default_factory=Counter)


class Quotient(NamedTuple):
    """A figure as what it is divided out of, since runs are added up before they are divided. A
    count is itself in 1 run."""

    part: float
    whole: float = 1.0

    @property
    def value(self) -> float | None:
        """None where there is nothing to divide by."""
        return share(self.part, self.whole)


#: By queue, and of the whole center under `CENTER`.
Figures: TypeAlias = dict[QueueId, dict[str, Quotient]]


class Outcome(msgspec.Struct, kw_only=True):
    """What came of one run."""

    figures: Figures
    intervals: dict[QueueId, list[Interval]]
    waits: dict[QueueId, Waits]
    #: How many callers were answered after so many tenths of a second, rounded up.
    answered_after: dict[QueueId, Counter[int]]
