"""The day's figures, folded from the facts. Nothing but facts goes in, so they can be made again.

With A answered, B abandoned, Bs short abandons (within `SHORT_ABANDON` seconds) and N answered
within X seconds:

- service level = N / (A + B - Bs), the usual variant;
- ASA (average speed of answer) = sum of the queue waits of the answered / A;
- abandonment = (B - Bs) / (A + B - Bs);
- AHT (average handle time) = (talk + wrap-up) / handled; a call is handled once its wrap-up is
  over, and until then neither its talk nor its wrap-up is in the sum;
- RONA rate = offers timed out / offers made; declines and callers gone are counted apart;
- occupancy = (ring + talk + wrap-up) / (that + available).

The waits are counted in tenths of a second, so that the service level can be told for any X that
is a multiple of 0.1 s, also when X is configured anew in the middle of the day.
"""

from collections import defaultdict
from math import ceil

import msgspec

from calls.base import AgentId, AgentState, CallId, Instant, OfferOutcome, QueueId
from calls.facts import (
    AgentStateChanged,
    CallLeftQueue,
    CallQueued,
    ConversationEnded,
    Fact,
    OfferEnded,
    OfferMade,
    WrapUpEnded,
)
from calls.views import QueueFigures

#: Who hangs up within this many seconds of waiting did not give us a chance.
SHORT_ABANDON = 5.0


class Handling(msgspec.Struct, kw_only=True):
    """Offers and handled calls, of a queue or of an agent."""

    offers: int = 0
    ended: dict[OfferOutcome, int] = {}
    handled: int = 0
    #: Seconds of talk and wrap-up of the handled calls.
    handling: float = 0.0

    @property
    def aht(self) -> float | None:
        return self.handling / self.handled if self.handled else None


class QueueDay(msgspec.Struct, kw_only=True):
    """One queue's sums."""

    handling: Handling = msgspec.field(default_factory=Handling)
    queued: int = 0
    answered: int = 0
    #: Seconds waited by the answered.
    waited: float = 0.0
    #: How many were answered after so many tenths of a second, rounded up.
    answered_after: dict[int, int] = {}
    abandoned: int = 0
    short_abandoned: int = 0


class AgentDay(msgspec.Struct, kw_only=True):
    """One agent's sums, and the state they are in."""

    handling: Handling = msgspec.field(default_factory=Handling)
    state: AgentState = "logged_out"
    since: Instant = 0.0
    #: Seconds spent in states that are over.
    seconds: dict[AgentState, float] = {}


class DayState(msgspec.Struct, kw_only=True):
    """All that `DayFigures` knows."""

    queues: dict[QueueId, QueueDay] = {}
    agents: dict[AgentId, AgentDay] = {}
    #: Seconds talked in calls whose wrap-up is not over.
    talked: dict[CallId, float] = {}


class AgentFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's day. Times are seconds; a rate is None while there is nothing to divide by."""

    offers: int
    answered: int
    rona: int
    declined: int
    handled: int
    aht: float | None
    rona_rate: float | None
    occupancy: float | None
    seconds: dict[AgentState, float]


class DayFigures:
    """Since midnight, or whenever `new_day` was last called. `state` is taken over."""

    def __init__(self, state: DayState | None = None) -> None:
        self._state = DayState() if state is None else state

    def snapshot(self) -> DayState:
        """The state of its own, as a copy."""
        copied: DayState = msgspec.convert(msgspec.to_builtins(self._state), DayState)
        return copied

    def new_day(self, at: Instant) -> None:
        """Begin to count anew; agents' states and calls going on are carried over midnight."""
        self._state = DayState(
            agents={
                name: AgentDay(state=day.state, since=at)
                for name, day in self._state.agents.items()
                if day.state != "logged_out"
            },
            talked=self._state.talked,
        )

    def add(self, fact: Fact, at: Instant) -> None:
        """Take in a fact that happened at `at`; most kinds do not matter here."""
        match fact:
            case CallQueued():
                self._queue(fact.queue).queued += 1
            case CallLeftQueue():
                self._left_queue(fact)
            case OfferMade():
                for handling in self._handlings(fact.queue, fact.agent):
                    handling.offers += 1
            case OfferEnded():
                for handling in self._handlings(fact.queue, fact.agent):
                    handling.ended[fact.outcome] = handling.ended.get(fact.outcome, 0) + 1
            case ConversationEnded():
                self._state.talked[fact.call] = fact.talked
            case WrapUpEnded():
                seconds = self._state.talked.pop(fact.call, 0.0) + fact.lasted
                for handling in self._handlings(fact.queue, fact.agent):
                    handling.handled += 1
                    handling.handling += seconds
            case AgentStateChanged():
                self._agent_state_changed(fact, at)
            case _:
                pass

    def figures(self, queue: QueueId, service_level: float = 20.0) -> QueueFigures:
        """One queue's figures; `service_level` is X of the formula, in seconds."""
        day = self._state.queues.get(queue, QueueDay())
        within = _tenths(service_level)
        in_time = sum(count for wait, count in day.answered_after.items() if wait <= within)
        counted = day.answered + day.abandoned - day.short_abandoned
        return QueueFigures(
            offered=day.queued,
            answered=day.answered,
            answered_in_time=in_time,
            abandoned=day.abandoned,
            short_abandoned=day.short_abandoned,
            rona=day.handling.ended.get("timed_out", 0),
            declined=day.handling.ended.get("declined", 0),
            service_level=in_time / counted if counted else None,
            asa=day.waited / day.answered if day.answered else None,
            aht=day.handling.aht,
        )

    def abandonment(self, queue: QueueId) -> float | None:
        """The share of callers who gave up, short abandons left out."""
        day = self._state.queues.get(queue, QueueDay())
        counted = day.answered + day.abandoned - day.short_abandoned
        return (day.abandoned - day.short_abandoned) / counted if counted else None

    def agent_figures(self, agent: AgentId, now: Instant) -> AgentFigures:
        """One agent's figures, the present state counted up to `now`."""
        day = self._state.agents.get(agent, AgentDay(since=now))
        seconds: defaultdict[AgentState, float] = defaultdict(float, day.seconds)
        seconds[day.state] += now - day.since
        busy = seconds["reserved"] + seconds["talking"] + seconds["wrap_up"]
        handling = day.handling
        rona = handling.ended.get("timed_out", 0)
        return AgentFigures(
            offers=handling.offers,
            answered=handling.ended.get("accepted", 0),
            rona=rona,
            declined=handling.ended.get("declined", 0),
            handled=handling.handled,
            aht=handling.aht,
            rona_rate=rona / handling.offers if handling.offers else None,
            occupancy=busy / (busy + seconds["ready"]) if busy or seconds["ready"] else None,
            seconds=dict(seconds),
        )

    def _left_queue(self, fact: CallLeftQueue) -> None:
        day = self._queue(fact.queue)
        if fact.outcome == "connected":
            wait = _tenths(fact.waited)
            day.answered += 1
            day.waited += fact.waited
            day.answered_after[wait] = day.answered_after.get(wait, 0) + 1
        elif fact.outcome == "abandoned":
            day.abandoned += 1
            day.short_abandoned += fact.waited <= SHORT_ABANDON

    def _agent_state_changed(self, fact: AgentStateChanged, at: Instant) -> None:
        known = fact.agent in self._state.agents
        day = self._agent(fact.agent)
        if known:
            day.seconds[day.state] = day.seconds.get(day.state, 0.0) + at - day.since
        day.state, day.since = fact.state, at

    def _queue(self, name: QueueId) -> QueueDay:
        return self._state.queues.setdefault(name, QueueDay())

    def _agent(self, name: AgentId) -> AgentDay:
        return self._state.agents.setdefault(name, AgentDay())

    def _handlings(self, queue: QueueId, agent: AgentId) -> tuple[Handling, Handling]:
        return self._queue(queue).handling, self._agent(agent).handling


def _tenths(seconds: float) -> int:
    """Rounded up, but for what floating point adds."""
    return ceil(round(seconds * 10, 6))
