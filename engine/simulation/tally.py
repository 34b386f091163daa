"""What one run is counted by.

The figures are `acd.statistics.DayFigures`, the same as live, over the callers who came after the
warm-up, until all of them are gone. Agents' times are counted from the warm-up to the time when
no more callers come. Beside them stands what the theory of queues speaks of.
"""

from collections import Counter
from collections.abc import Callable, Set
from math import ceil
from typing import Any, TypeAlias

import msgspec

from acd.statistics import DayFigures
from acd.sums import BUSY, share
from calls.base import AgentId, AgentState, CallId, Instant, QueueId
from calls.facts import (
    AgentStateChanged,
    CallArrived,
    CallEnded,
    CallLeftQueue,
    CallQueued,
    ConversationEnded,
    Fact,
    OfferEnded,
    OfferMade,
    WrapUpEnded,
)
from engine.simulation.scenario import DAY, HOUR, Scenario

#: An agent who is there within this time (seconds) was there at once.
_AT_ONCE = 1e-6
#: Lengths of intervals that people like; the shortest that makes no more than `_INTERVALS`.
_LENGTHS = (60.0, 300.0, 600.0, 900.0, 1800.0, HOUR, 2 * HOUR, 4 * HOUR, DAY)
_INTERVALS = 60
#: Moments looked at in each interval.
SAMPLES = 6

#: What the whole center's figures stand under.
CENTER = ""


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


#: By queue, and of the whole center under `CENTER`; None where there is nothing to divide by.
Figures: TypeAlias = dict[QueueId, dict[str, float | None]]


class Outcome(msgspec.Struct, kw_only=True):
    """What came of one run."""

    figures: Figures
    intervals: dict[QueueId, list[Interval]]
    waits: dict[QueueId, Waits]


class _Caller(msgspec.Struct):
    """A counted caller in a queue."""

    interval: Interval
    #: Seconds until an agent was there for them, whether or not the phone was answered then.
    found: float | None = None


def interval_length(scenario: Scenario) -> float:
    """Seconds of each interval that the report shows."""
    shown = scenario.length - scenario.warm_up
    return next((one for one in _LENGTHS if shown / one <= _INTERVALS), shown / _INTERVALS)


class Tally:
    """Takes in the facts of a run, in their order; those of `kinds` are enough."""

    def __init__(self, scenario: Scenario, start: Instant) -> None:
        self._queues = scenario.queues
        self._from, self._to = start + scenario.warm_up, start + scenario.length
        self._step = interval_length(scenario)
        count = ceil((self._to - self._from) / self._step)
        self._intervals = {name: [Interval() for _ in range(count)] for name in scenario.queues}
        self._waits = {name: Waits() for name in scenario.queues}
        #: Until an agent was there, or the caller gone: of all callers.
        self._found: dict[QueueId, list[float]] = {name: [] for name in scenario.queues}
        self._day = DayFigures()
        #: Callers whose figures are counted; and those of them who wait.
        self._counted: set[CallId] = set()
        self._ending: set[CallId] = set()
        self._waiting: dict[CallId, _Caller] = {}
        self._ended: Counter[str] = Counter()
        self._arrived = 0
        #: Of everybody, counted or not.
        self._lines: Counter[QueueId] = Counter()
        self._states: dict[AgentId, AgentState] = {}
        self._agents: Counter[AgentState] = Counter()
        self._takes: dict[type[Any], Callable[[Any, Instant], None]] = {
            CallArrived: self._call_arrived,
            CallQueued: self._call_queued,
            OfferMade: self._offer_made,
            OfferEnded: self._of_call,
            CallLeftQueue: self._left_queue,
            ConversationEnded: self._of_call,
            CallEnded: self._call_ended,
            WrapUpEnded: self._wrap_up_ended,
            AgentStateChanged: self._agent_state_changed,
        }

    @property
    def kinds(self) -> Set[type[Any]]:
        return self._takes.keys()

    def add(self, fact: Fact, at: Instant) -> None:
        self._takes[type(fact)](fact, at)

    def warm(self) -> None:
        """The warm-up is over: agents' times begin to count."""
        self._day.new_day(self._from)

    def sample(self, at: Instant) -> None:
        """Look at the moment; `SAMPLES` times in each interval."""
        number = int((at - self._from) / self._step)
        busy = sum(self._agents[state] for state in BUSY)
        for name, intervals in self._intervals.items():
            interval = intervals[number]
            interval.waiting += self._lines[name]
            interval.busy += busy
            interval.staffed += busy + self._agents["ready"]

    @property
    def complete(self) -> bool:
        """Nothing can change the figures any more, if nobody calls."""
        return not self._counted

    def outcome(self) -> Outcome:
        """When the run is over."""
        figures = {name: self._figures(name) for name in self._queues}
        return Outcome(
            figures={**figures, CENTER: self._center()},
            intervals=self._intervals,
            waits=self._waits,
        )

    def _figures(self, name: QueueId) -> dict[str, float | None]:
        figures = self._day.figures(name, self._queues[name].queue.service_level)
        found = self._found[name]
        return {
            "offered": figures.offered,
            "answered": figures.answered,
            "abandoned": figures.abandoned,
            "short_abandoned": figures.short_abandoned,
            "rona": figures.rona,
            "service_level": figures.service_level,
            "asa": figures.asa,
            "wait_90": _percentile(self._day.line(name).answered_after, 0.9),
            "abandonment": figures.abandonment,
            "in_time_of_all": share(figures.answered_in_time, figures.offered),
            "abandoned_of_all": share(figures.abandoned, figures.offered),
            "aht": figures.aht,
            "found_busy": share(sum(one > _AT_ONCE for one in found), len(found)),
            "until_agent": share(sum(found), len(found)),
        }

    def _center(self) -> dict[str, float | None]:
        seconds: Counter[AgentState] = Counter()
        for agent in self._states:
            seconds.update(self._day.agent_figures(agent, self._to).seconds)
        busy = sum(seconds[one] for one in BUSY)
        return {
            "arrived": self._arrived,
            "left_menu": self._ended["abandoned_menu"],
            "ended_in_menu": self._ended["completed_menu"],
            "failed": self._ended["failed"],
            "unfinished": self._arrived - self._ended.total(),
            "occupancy": share(busy, busy + seconds["ready"]),
        }

    # Facts

    def _call_arrived(self, fact: CallArrived, at: Instant) -> None:
        if self._from <= at < self._to:
            self._arrived += 1
            self._counted.add(fact.call)

    def _call_queued(self, fact: CallQueued, at: Instant) -> None:
        self._lines[fact.queue] += 1
        if fact.call in self._counted:
            intervals = self._intervals[fact.queue]
            interval = intervals[min(int((at - self._from) / self._step), len(intervals) - 1)]
            interval.offered += 1
            self._waiting[fact.call] = _Caller(interval)
            self._day.add(fact, at)

    def _offer_made(self, fact: OfferMade, at: Instant) -> None:
        if (caller := self._waiting.get(fact.call)) is not None:
            if caller.found is None:
                caller.found = fact.waited
            self._day.add(fact, at)

    def _left_queue(self, fact: CallLeftQueue, at: Instant) -> None:
        self._lines[fact.queue] -= 1
        caller = self._waiting.pop(fact.call, None)
        if caller is None:
            return
        self._day.add(fact, at)
        self._found[fact.queue].append(fact.waited if caller.found is None else caller.found)
        waits = self._waits[fact.queue]
        if fact.outcome == "connected":
            caller.interval.answered += 1
            caller.interval.in_time += fact.waited <= self._queues[fact.queue].queue.service_level
            waits.answered[int(fact.waited)] += 1
        else:
            caller.interval.abandoned += 1
            waits.abandoned[int(fact.waited)] += 1

    def _of_call(self, fact: OfferEnded | ConversationEnded, at: Instant) -> None:
        if fact.call in self._counted:
            self._day.add(fact, at)

    def _call_ended(self, fact: CallEnded, _: Instant) -> None:
        if fact.call in self._counted:
            self._ended[fact.outcome] += 1
            if fact.outcome != "handled":
                self._counted.discard(fact.call)
            else:
                self._half_over(fact.call)

    def _wrap_up_ended(self, fact: WrapUpEnded, at: Instant) -> None:
        if fact.call in self._counted:
            self._day.add(fact, at)
            self._half_over(fact.call)

    def _half_over(self, call: CallId) -> None:
        """A call is over when it and its wrap-up have ended, in whatever order."""
        if call in self._ending:
            self._ending.discard(call)
            self._counted.discard(call)
        else:
            self._ending.add(call)

    def _agent_state_changed(self, fact: AgentStateChanged, at: Instant) -> None:
        before = self._states.get(fact.agent)
        if before is not None:
            self._agents[before] -= 1
        self._states[fact.agent] = fact.state
        self._agents[fact.state] += 1
        if at < self._to:
            self._day.add(fact, at)


def _percentile(counts: dict[int, int], quantile: float) -> float | None:
    """Of waits counted by tenths of a second, in seconds."""
    left = quantile * sum(counts.values())
    for tenths, count in sorted(counts.items()):
        left -= count
        if left <= 0:
            return tenths / 10
    return None
