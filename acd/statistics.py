"""The figures, folded from the facts. Nothing but facts goes in, so they can be made again.

A *visit* is one caller's time in one queue. All that comes of a visit, up to the after-call work,
counts where the caller's entering the queue counts: a caller who came before midnight, and was
answered after it, belongs to the day before. So the figures of days add up to those of a week, and
A + B + ... is never more than was offered. Who is queued again at once, in the same queue and with
the time waited (it became known who calls), is still on the same visit. Agents' time counts when
it is spent.

`Counting` is the fold, for the day's figures (`DayFigures`) and for reports over any period and by
anything that is known when a caller enters a queue.
"""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import msgspec
from msgspec.structs import replace

from acd.sums import Line, Time, Work
from calls.base import AgentId, AgentState, CallId, Instant, QueueId
from calls.config import ServiceLevelVariant
from calls.facts import (
    AgentStateChanged,
    CallLeftQueue,
    CallOverflowed,
    CallQueued,
    CallTransferred,
    ConversationEnded,
    Fact,
    OfferEnded,
    OfferMade,
    PlaceKept,
    WrapUpEnded,
)
from calls.views import QueueFigures

#: What a row of a report is known by.
Key = TypeVar("Key")
#: An agent was in a state from the first instant to the second.
Spent = Callable[[AgentId, AgentState, Instant, Instant], None]

#: The facts that count.
KINDS: tuple[type[Fact], ...] = (
    CallQueued,
    PlaceKept,
    CallOverflowed,
    CallLeftQueue,
    OfferMade,
    OfferEnded,
    CallTransferred,
    ConversationEnded,
    WrapUpEnded,
    AgentStateChanged,
)


class Waits:
    """How long visits last, though a caller be queued again on the same one."""

    def __init__(self) -> None:
        #: Who has gone elsewhere last, perhaps to the same queue, and after how many seconds.
        self._gone: tuple[CallId, QueueId, Instant] | None = None
        self._gone_after = 0.0
        #: Seconds before they were queued again.
        self._before: dict[CallId, float] = {}

    def go_on(self, fact: CallQueued, at: Instant) -> bool:
        """Is it the same visit as before?"""
        again = fact.credit > 0 and self._gone == (fact.call, fact.queue, at)
        if again:
            self._before[fact.call], self._gone = self._gone_after, None
        return again

    def whole(self, fact: CallLeftQueue, at: Instant) -> float:
        """The seconds of the whole visit, of which this may be the end."""
        waited = self._before.pop(fact.call, 0.0) + fact.waited
        if fact.outcome == "moved":
            self._gone, self._gone_after = (fact.call, fact.queue, at), waited
        return waited


class _Visit(msgspec.Struct):
    rows: tuple[Line, ...]
    virtual: bool = False


class _Talk(msgspec.Struct):
    """A conversation whose after-call work is not over."""

    works: tuple[Work, ...]
    seconds: float
    #: Of these the caller was on hold.
    held: float


class Counting(Generic[Key]):
    """Sums by whatever `keys` names for a caller who enters a queue: one or many, or none for a
    visit that does not count.

    Facts about visits that began before the first fact given count nowhere, but for the time that
    their agents spent. That goes to `spent`, whenever a state ends.
    """

    def __init__(self, keys: Callable[[CallQueued, Instant], Iterable[Key]], spent: Spent) -> None:
        self.lines: dict[Key, Line] = {}
        #: What agents did for the callers counted.
        self.works: dict[AgentId, Work] = {}
        self._keys = keys
        self._spent = spent
        #: The state of every agent who is not logged out, and since when.
        self.states: dict[AgentId, tuple[AgentState, Instant]] = {}
        self._visits: dict[CallId, _Visit] = {}
        self._waits = Waits()
        #: Of who has gone elsewhere last.
        self._gone_visit = _Visit(())
        self._talks: dict[tuple[CallId, AgentId], _Talk] = {}

    @property
    def open(self) -> set[CallId]:
        """Calls of whose visits something is still to come."""
        return {*self._visits, *(call for call, _ in self._talks)}

    def add(self, fact: Fact, at: Instant) -> None:
        """Take in a fact that happened at `at`; most kinds do not matter here."""
        match fact:
            case AgentStateChanged():
                self.state(fact.agent, fact.state, at)
            case CallQueued():
                self._queued(fact, at)
            case OfferMade() | OfferEnded():
                self._offer(fact)
            case CallLeftQueue():
                self._left(fact, at)
            case CallTransferred():
                for work in self._works(fact.call, fact.agent):
                    work.transferred[fact.kind] += 1
            case ConversationEnded():
                self._conversation_ended(fact)
            case WrapUpEnded():
                self._wrap_up_ended(fact)
            case CallOverflowed():
                for line in self._rows(fact.call):
                    line.overflowed[fact.when] += 1
            case PlaceKept():
                self._place_kept(fact)
            case _:
                pass

    def state(self, agent: AgentId, state: AgentState, at: Instant) -> None:
        """An agent is in a state from now on."""
        before = self.states.pop(agent, None)
        if before is not None:
            self._spent(agent, before[0], before[1], at)
        if state != "logged_out":
            self.states[agent] = (state, at)

    def close(self, at: Instant) -> None:
        """Agents' time up to now is spent."""
        for agent, (state, _) in list(self.states.items()):
            self.state(agent, state, at)

    def _queued(self, fact: CallQueued, at: Instant) -> None:
        if fact.asked_by:
            return
        if self._waits.go_on(fact, at):
            self._goes_on(fact.call)
            return
        rows = tuple(self.lines.setdefault(key, Line()) for key in self._keys(fact, at))
        if rows:
            self._visits[fact.call] = _Visit(rows)
        for line in rows:
            line.offered += 1

    def _goes_on(self, call: CallId) -> None:
        self._visits[call] = self._gone_visit
        for line in self._gone_visit.rows:
            line.moved -= 1

    def _place_kept(self, fact: PlaceKept) -> None:
        visit = self._visits.get(fact.call)
        if visit is not None and not visit.virtual:
            visit.virtual = True
            for line in visit.rows:
                line.callbacks += 1

    def _offer(self, fact: OfferMade | OfferEnded) -> None:
        for work in self._works(fact.call, fact.agent):
            if isinstance(fact, OfferMade):
                work.offers += 1
            else:
                work.ended[fact.outcome] += 1

    def _left(self, fact: CallLeftQueue, at: Instant) -> None:
        visit = self._visits.get(fact.call)
        if visit is None:
            return
        whole = replace(fact, waited=self._waits.whole(fact, at))
        for line in visit.rows:
            line.left(whole, virtual=visit.virtual)
        if fact.outcome != "connected":
            del self._visits[fact.call]
        if fact.outcome == "moved":
            self._gone_visit = visit

    def _conversation_ended(self, fact: ConversationEnded) -> None:
        works = self._works(fact.call, fact.agent)
        if self._visits.pop(fact.call, None) is not None:
            self._talks[fact.call, fact.agent] = _Talk(works, fact.talked, fact.held)

    def _wrap_up_ended(self, fact: WrapUpEnded) -> None:
        talk = self._talks.pop((fact.call, fact.agent), None)
        if talk is None:
            return
        for work in talk.works:
            work.handled += 1
            work.talked += talk.seconds
            work.held += talk.held
            work.wrapped += fact.lasted

    def _rows(self, call: CallId) -> tuple[Line, ...]:
        visit = self._visits.get(call)
        return () if visit is None else visit.rows

    def _works(self, call: CallId, agent: AgentId) -> tuple[Work, ...]:
        visit = self._visits.get(call)
        if visit is None:
            return ()
        mine = self.works.setdefault(agent, Work())
        return (mine, *(line.work for line in visit.rows))


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
    """Since midnight, or whenever `new_day` was last called."""

    def __init__(self) -> None:
        self._times: dict[AgentId, Time] = {}
        self._counting = self._count()

    def new_day(self, at: Instant) -> None:
        """Begin to count anew. Agents' states are carried over midnight; callers who came before
        it belong to the day before."""
        states = self._counting.states
        self._times = {}
        self._counting = self._count()
        for agent, (state, _) in states.items():
            self._counting.state(agent, state, at)

    def add(self, fact: Fact, at: Instant) -> None:
        """Take in a fact that happened at `at`; most kinds do not matter here."""
        self._counting.add(fact, at)

    def state(self, agent: AgentId, state: AgentState, at: Instant) -> None:
        """An agent was in a state when the day began."""
        self._counting.state(agent, state, at)

    def line(self, queue: QueueId) -> Line:
        """One queue's sums."""
        return self._counting.lines.get(queue, Line())

    def figures(
        self,
        queue: QueueId,
        service_level: float = 20.0,
        variant: ServiceLevelVariant = "standard",
    ) -> QueueFigures:
        """One queue's figures; `service_level` is X of the formulas, in seconds."""
        line = self.line(queue)
        in_time, abandoned_in_time = line.within(service_level)
        return QueueFigures(
            offered=line.offered,
            answered=line.answered,
            answered_in_time=in_time,
            abandoned=line.abandoned,
            short_abandoned=line.short_abandoned,
            rona=line.work.ended["timed_out"],
            declined=line.work.ended["declined"],
            service_level=line.service_level(variant, in_time, abandoned_in_time),
            service_level_variant=variant,
            asa=line.asa,
            aht=line.work.aht,
            abandonment=line.abandonment,
            overflowed=line.overflowed.total(),
            callbacks=line.callbacks,
        )

    def agent_figures(self, agent: AgentId, now: Instant) -> AgentFigures:
        """One agent's figures, the present state counted up to `now`."""
        time = Time()
        time.plus(self._times.get(agent, Time()))
        state, since = self._counting.states.get(agent, ("logged_out", now))
        time.spend(state, now - since)
        work = self._counting.works.get(agent, Work())
        return AgentFigures(
            offers=work.offers,
            answered=work.ended["accepted"],
            rona=work.ended["timed_out"],
            declined=work.ended["declined"],
            handled=work.handled,
            aht=work.aht,
            rona_rate=work.rona_rate,
            occupancy=time.occupancy,
            seconds=dict(time.seconds),
        )

    def _count(self) -> Counting[QueueId]:
        return Counting(lambda fact, _: (fact.queue,), self._spent)

    def _spent(self, agent: AgentId, state: AgentState, begin: Instant, end: Instant) -> None:
        self._times.setdefault(agent, Time()).spend(state, end - begin)
