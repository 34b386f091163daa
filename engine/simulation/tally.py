"""What one run is counted by.

The figures are those of `acd.sums`, the same as live, over the callers who came after the warm-up,
until all of them are gone. Agents' times are counted from the warm-up to the time when no more
callers come. Beside them stands what the theory of queues speaks of.
"""

from collections import defaultdict
from math import ceil

from acd.sums import BUSY, Line
from calls.base import AgentId, AgentState, CallId, CallOutcome, Instant
from calls.facts import (
    AgentStateChanged,
    CallArrived,
    CallEnded,
    CallLeftQueue,
    CallOverflowed,
    CallQueued,
    ConversationEnded,
    OfferEnded,
    OfferMade,
    PlaceKept,
    WrapUpEnded,
)
from engine.simulation.outcome import Interval, Outcome, Quotient, Waits
from engine.simulation.scenario import DAY, HOUR, QueuePlan, Scenario

#: An agent who is there within this time (seconds) was there at once.
_AT_ONCE = 1e-6
#: Lengths of intervals that people like; the shortest that makes no more than `_INTERVALS`.
_LENGTHS = (60.0, 300.0, 600.0, 900.0, 1800.0, HOUR, 2 * HOUR, 4 * HOUR, DAY)
_INTERVALS = 60
#: Moments looked at in each interval.
SAMPLES = 6

#: What the whole center's figures stand under.
CENTER = ""


class _Queue:
    """What is counted of one queue."""

    def __init__(self, plan: QueuePlan, intervals: int) -> None:
        self.level = plan.queue.service_level
        self.variant = plan.queue.service_level_variant
        self.line = Line()
        self.intervals = [Interval() for _ in range(intervals)]
        self.waits = Waits()
        #: Seconds until an agent was there, or the caller gone: of the answered and abandoned; and
        #: how many of them found no agent free.
        self.found: list[float] = []
        self.found_busy = 0
        #: Of everybody, counted or not.
        self.waiting = 0

    def figures(self) -> dict[str, Quotient]:
        line, found, work = self.line, self.found, self.line.work
        in_time, abandoned_in_time = line.within(self.level)
        lost = line.abandoned - line.short_abandoned
        return {
            "offered": Quotient(line.offered),
            "answered": Quotient(line.answered),
            "abandoned": Quotient(line.abandoned),
            "short_abandoned": Quotient(line.short_abandoned),
            "overflowed": Quotient(line.overflowed.total()),
            "callbacks": Quotient(line.callbacks),
            "rona": Quotient(work.ended["timed_out"]),
            "service_level": Quotient(*line.level(self.variant, in_time, abandoned_in_time)),
            "asa": Quotient(line.waited, line.answered),
            "abandonment": Quotient(lost, line.answered + lost),
            "in_time_of_all": Quotient(in_time, line.offered),
            "abandoned_of_all": Quotient(line.abandoned, line.offered),
            "aht": Quotient(work.talked + work.wrapped, work.handled),
            "found_busy": Quotient(self.found_busy, len(found)),
            "until_agent": Quotient(sum(found), len(found)),
        }


class _Caller:
    """A caller who is counted."""

    def __init__(self) -> None:
        #: Where they wait, or have waited last.
        self.queue: _Queue | None = None
        self.interval: Interval | None = None
        #: Seconds until an agent was there for them, whether or not the phone was answered then.
        self.found: float | None = None
        self.talked = 0.0
        #: The call is over, or the wrap-up is: the other is awaited.
        self.half_over = False


def interval_length(scenario: Scenario) -> float:
    """Seconds of each interval that the report shows."""
    shown = scenario.length - scenario.warm_up
    return next((one for one in _LENGTHS if shown / one <= _INTERVALS), shown / _INTERVALS)


class Tally:
    """Takes in the facts of a run, in their order, each by a method of its own."""

    def __init__(self, scenario: Scenario, start: Instant) -> None:
        self._from, self._to = start + scenario.warm_up, start + scenario.length
        self._step = interval_length(scenario)
        self._count = ceil((self._to - self._from) / self._step)
        self._queues = {name: _Queue(plan, self._count) for name, plan in scenario.queues.items()}
        self._callers: dict[CallId, _Caller] = {}
        self._ended: defaultdict[CallOutcome, int] = defaultdict(int)
        self._arrived = 0
        self._states: dict[AgentId, AgentState] = {}
        #: Agents who work for callers, and who are ready; their seconds, up to an instant.
        self._busy = self._ready = 0
        self._busy_seconds = self._ready_seconds = 0.0
        self._spent_to = self._from

    def sample(self, at: Instant) -> None:
        """Look at the moment; `SAMPLES` times in each interval."""
        number = int((at - self._from) / self._step)
        for queue in self._queues.values():
            interval = queue.intervals[number]
            interval.waiting += queue.waiting
            interval.busy += self._busy
            interval.staffed += self._busy + self._ready

    @property
    def complete(self) -> bool:
        """Nothing can change the figures any more, if nobody calls."""
        return not self._callers

    def outcome(self) -> Outcome:
        """When the run is over."""
        queues = self._queues
        return Outcome(
            figures={
                **{name: one.figures() for name, one in queues.items()},
                CENTER: self._center(),
            },
            intervals={name: queue.intervals for name, queue in queues.items()},
            waits={name: queue.waits for name, queue in queues.items()},
            answered_after={name: queue.line.answered_after for name, queue in queues.items()},
        )

    def _center(self) -> dict[str, Quotient]:
        self._spend(self._to)
        busy = self._busy_seconds
        return {
            "arrived": Quotient(self._arrived),
            "left_menu": Quotient(self._ended["abandoned_menu"]),
            "ended_in_menu": Quotient(self._ended["completed_menu"]),
            "failed": Quotient(self._ended["failed"]),
            "unfinished": Quotient(self._arrived - sum(self._ended.values())),
            "occupancy": Quotient(busy, busy + self._ready_seconds),
        }

    # Facts

    def call_arrived(self, fact: CallArrived, at: Instant) -> None:
        if self._from <= at < self._to:
            self._arrived += 1
            self._callers[fact.call] = _Caller()

    def call_queued(self, fact: CallQueued, at: Instant) -> None:
        queue = self._queues[fact.queue]
        queue.waiting += 1
        caller = self._callers.get(fact.call)
        if caller is not None:
            number = min(int((at - self._from) / self._step), self._count - 1)
            caller.queue, caller.interval = queue, queue.intervals[number]
            caller.found = None
            caller.interval.offered += 1
            queue.line.offered += 1

    def place_kept(self, fact: PlaceKept, _: Instant) -> None:
        caller = self._callers.get(fact.call)
        if caller is not None and caller.queue is not None:
            caller.queue.line.callbacks += 1

    def overflowed(self, fact: CallOverflowed, _: Instant) -> None:
        caller = self._callers.get(fact.call)
        if caller is not None and caller.queue is not None:
            caller.queue.line.overflowed[fact.when] += 1

    def offer_made(self, fact: OfferMade, _: Instant) -> None:
        caller = self._callers.get(fact.call)
        if caller is not None and caller.queue is not None:
            caller.queue.line.work.offers += 1
            if caller.found is None:
                caller.found = fact.waited

    def offer_ended(self, fact: OfferEnded, _: Instant) -> None:
        caller = self._callers.get(fact.call)
        if caller is not None and caller.queue is not None:
            caller.queue.line.work.ended[fact.outcome] += 1

    def left_queue(self, fact: CallLeftQueue, _: Instant) -> None:
        self._queues[fact.queue].waiting -= 1
        caller = self._callers.get(fact.call)
        if caller is None or caller.queue is None or caller.interval is None:
            return
        queue, waited = caller.queue, fact.waited
        queue.line.left(fact, virtual=fact.virtual)
        if fact.virtual:
            return
        if fact.outcome == "connected":
            caller.interval.answered += 1
            caller.interval.in_time += waited <= queue.level
            queue.waits.answered[int(waited)] += 1
        elif fact.outcome == "abandoned":
            caller.interval.abandoned += 1
            queue.waits.abandoned[int(waited)] += 1
        else:
            return
        queue.found.append(waited if caller.found is None else caller.found)
        queue.found_busy += caller.found is None or caller.found > _AT_ONCE

    def conversation_ended(self, fact: ConversationEnded, _: Instant) -> None:
        caller = self._callers.get(fact.call)
        if caller is not None:
            caller.talked = fact.talked

    def wrap_up_ended(self, fact: WrapUpEnded, _: Instant) -> None:
        caller = self._callers.get(fact.call)
        if caller is not None and caller.queue is not None:
            work = caller.queue.line.work
            work.handled += 1
            work.talked += caller.talked
            work.wrapped += fact.lasted
            self._half_over(fact.call, caller)

    def call_ended(self, fact: CallEnded, _: Instant) -> None:
        caller = self._callers.get(fact.call)
        if caller is not None:
            self._ended[fact.outcome] += 1
            if fact.outcome == "handled":
                self._half_over(fact.call, caller)
            else:
                del self._callers[fact.call]

    def _half_over(self, call: CallId, caller: _Caller) -> None:
        """A call is over when it and its wrap-up have ended, in whatever order."""
        if caller.half_over:
            del self._callers[call]
        else:
            caller.half_over = True

    def agent_state_changed(self, fact: AgentStateChanged, at: Instant) -> None:
        name, state = fact.agent, fact.state
        before = self._states.get(name)
        if before != state:
            self._states[name] = state
            self._spend(at)
            self._busy += (state in BUSY) - (before in BUSY)
            self._ready += (state == "ready") - (before == "ready")

    def _spend(self, at: Instant) -> None:
        """Count agents' time up to now."""
        seconds = min(at, self._to) - self._spent_to
        if seconds > 0:
            self._spent_to += seconds
            self._busy_seconds += self._busy * seconds
            self._ready_seconds += self._ready * seconds
