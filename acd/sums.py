"""What is counted, and the formulas over it. Sums can be added up; rates are worked out last.

With A answered, B abandoned, Bs short abandons (within `SHORT_ABANDON` seconds), N answered and Bx
abandoned within X seconds:

- service level: N / (A + B - Bs), or another variant of `calls.config.ServiceLevelVariant`;
- ASA (average speed of answer) = sum of the queue waits of the answered / A;
- abandonment = (B - Bs) / (A + B - Bs);
- AHT (average handle time) = (talk with its holds + wrap-up) / handled; a call is handled once its
  wrap-up is over, and until then neither its talk nor its wrap-up is in the sum;
- hold time = seconds that callers were on hold / handled; they are talk as well;
- transfer rate = passed on by the agent, at once or after asking / handled;
- RONA rate = offers timed out / offers made; declines and callers gone are counted apart;
- occupancy = (ring + talk + wrap-up) / (that + available);
- utilisation = (ring + talk + wrap-up) / staffed time, which is all but logged out.

Who keeps the place without the line did not abandon, and nobody answered them after a wait on the
line: they are neither in A nor in B, but counted apart. So are those who went elsewhere.

The waits are counted in tenths of a second, so that the service level can be told for any X that
is a multiple of 0.1 s, also when X is configured anew in the middle of the day.
"""

from collections import Counter
from math import ceil
from typing import Literal, Self

import msgspec

from calls.base import AgentState, OfferOutcome, OverflowWhen
from calls.config import ServiceLevelVariant
from calls.facts import CallLeftQueue

#: What floating point adds to tenths of a second, at most.
_NOISE = 5e-7
#: Who hangs up within this many seconds of waiting did not give us a chance.
SHORT_ABANDON = 5.0
#: States in which an agent works for callers.
BUSY: frozenset[AgentState] = frozenset({"reserved", "talking", "wrap_up"})


class Sums(msgspec.Struct, kw_only=True):
    """Numbers, numbers by name and other sums, which can be added to those of the same kind."""

    def plus(self, other: Self) -> None:
        """Take in the sums of another."""
        for name in self.__struct_fields__:
            mine, others = getattr(self, name), getattr(other, name)
            if isinstance(mine, Sums):
                mine.plus(others)
            elif isinstance(mine, dict):
                for key, value in others.items():
                    mine[key] = mine.get(key, 0) + value
            else:
                setattr(self, name, mine + others)


class Work(Sums, kw_only=True):
    """Offers and handled calls."""

    offers: int = 0
    ended: Counter[OfferOutcome] = msgspec.field(default_factory=Counter)
    handled: int = 0
    #: Seconds of the handled calls.
    talked: float = 0.0
    #: Of `talked`, with the caller on hold.
    held: float = 0.0
    wrapped: float = 0.0
    #: Callers whom the agent passed on.
    transferred: Counter[Literal["blind", "warm"]] = msgspec.field(default_factory=Counter)

    @property
    def aht(self) -> float | None:
        return share(self.talked + self.wrapped, self.handled)

    @property
    def hold_time(self) -> float | None:
        return share(self.held, self.handled)

    @property
    def transfer_rate(self) -> float | None:
        return share(self.transferred.total(), self.handled)

    @property
    def rona_rate(self) -> float | None:
        return share(self.ended["timed_out"], self.offers)


class Line(Sums, kw_only=True):
    """Visits of callers to queues."""

    work: Work = msgspec.field(default_factory=Work)
    offered: int = 0
    answered: int = 0
    #: Seconds waited by the answered.
    waited: float = 0.0
    #: How many were answered, or gave up, after so many tenths of a second, rounded up.
    answered_after: Counter[int] = msgspec.field(default_factory=Counter)
    abandoned_after: Counter[int] = msgspec.field(default_factory=Counter)
    abandoned: int = 0
    short_abandoned: int = 0
    #: Sent elsewhere by a rule, by which; ``full`` and ``closed`` also where no rule says where to.
    overflowed: Counter[OverflowWhen] = msgspec.field(default_factory=Counter)
    moved: int = 0
    failed: int = 0
    #: Kept the place without the line; of those, joined with an agent, and given up. The others
    #: called in before it was their turn, and waited on in another visit.
    callbacks: int = 0
    reached: int = 0
    unreached: int = 0

    def left(self, fact: CallLeftQueue, *, virtual: bool) -> None:
        """A visit is over."""
        if virtual:
            self.reached += fact.outcome == "connected"
            self.unreached += fact.outcome not in ("connected", "moved")
        elif fact.outcome == "connected":
            self.answered += 1
            self.waited += fact.waited
            self.answered_after[tenths(fact.waited)] += 1
        elif fact.outcome == "abandoned":
            self.abandoned += 1
            self.short_abandoned += fact.waited <= SHORT_ABANDON
            self.abandoned_after[tenths(fact.waited)] += 1
        else:
            self.moved += fact.outcome == "moved"
            self.failed += fact.outcome in ("failed", "unreached")

    def within(self, seconds: float) -> tuple[int, int]:
        """How many were answered, and gave up, within so many seconds."""
        limit = tenths(seconds)
        answered, abandoned = (
            sum(count for wait, count in counts.items() if wait <= limit)
            for counts in (self.answered_after, self.abandoned_after)
        )
        return answered, abandoned

    @property
    def asa(self) -> float | None:
        return share(self.waited, self.answered)

    @property
    def abandonment(self) -> float | None:
        lost = self.abandoned - self.short_abandoned
        return share(lost, self.answered + lost)

    def service_level(
        self, variant: ServiceLevelVariant, in_time: int, abandoned_in_time: int
    ) -> float | None:
        """`in_time` is N and `abandoned_in_time` is Bx, see `within`."""
        return share(*self.level(variant, in_time, abandoned_in_time))

    def level(
        self, variant: ServiceLevelVariant, in_time: int, abandoned_in_time: int
    ) -> tuple[int, int]:
        """What the service level is divided out of."""
        a, b = self.answered, self.abandoned
        match variant:
            case "standard":
                return in_time, a + b - self.short_abandoned
            case "answered":
                return in_time, a
            case "offered":
                return in_time, a + b
            case "abandoned_late":
                return in_time, a + b - abandoned_in_time
            case "abandoned_well":
                return in_time + abandoned_in_time, a + b


class Time(Sums, kw_only=True):
    """Agents' time."""

    #: Seconds by state.
    seconds: dict[AgentState, float] = {}

    def spend(self, state: AgentState, seconds: float) -> None:
        self.seconds[state] = self.seconds.get(state, 0.0) + seconds

    @property
    def busy(self) -> float:
        return sum(self.seconds.get(state, 0.0) for state in BUSY)

    @property
    def staffed(self) -> float:
        return sum(self.seconds.values()) - self.seconds.get("logged_out", 0.0)

    @property
    def occupancy(self) -> float | None:
        return share(self.busy, self.busy + self.seconds.get("ready", 0.0))

    @property
    def utilisation(self) -> float | None:
        return share(self.busy, self.staffed)


def share(part: float, whole: float) -> float | None:
    """None where there is nothing to divide by."""
    return part / whole if whole else None


def tenths(seconds: float) -> int:
    """Rounded up, but for what floating point adds."""
    return ceil(seconds * 10 - _NOISE)
