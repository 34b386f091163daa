"""Figures over any period, by queue, agent, hour, skill or organisation, from the journal's facts.

The formulas are those of `acd.sums`, and what counts where is said in `acd.statistics`: all that
comes of a caller's visit to a queue counts where it began, so the ends of visits are looked up
behind the end of the period; agents' time counts when it was spent.
"""

import datetime
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from acd.statistics import KINDS, Counting
from acd.sums import Line, Time, Work
from calls.base import AgentId, AgentState, CallId, Instant, OfferOutcome, QueueId
from calls.config import Queue, ServiceLevelVariant
from calls.errors import InputInvalid
from calls.facts import AgentStateChanged, CallerKnown, CallQueued
from engine import configuration, history
from engine.models import User

By: TypeAlias = Literal["queue", "agent", "hour", "skill", "organisation"]

#: What each variant of the service level is, for people.
VARIANTS: dict[str, str] = {
    "standard": "answered in time / (answered + abandoned, but for short abandons)",
    "answered": "answered in time / answered",
    "offered": "answered in time / (answered + abandoned)",
    "abandoned_late": "answered in time / (answered + abandoned late)",
    "abandoned_well": "(answered + abandoned, in time) / (answered + abandoned)",
}

#: The longest period, in seconds.
LONGEST = 400 * 86400.0


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a report; empty `key` for callers who have none (no skill needed, nobody known).

    Callers stand in the rows of queues, hours, skills and organisations; agents' offers and handled
    calls in all; time in those of agents and hours. Durations are seconds, rates 0..1; None where
    there is nothing to divide by.
    """

    key: str
    title: str
    #: Callers who entered the queue, and what came of them; the rest still waits.
    offered: int
    answered: int
    answered_in_time: int
    abandoned: int
    short_abandoned: int
    abandoned_in_time: int
    overflowed: int
    moved: int
    failed: int
    #: Kept the place without the line; joined with an agent later; never reached.
    callbacks: int
    callbacks_reached: int
    callbacks_unreached: int
    service_level: float | None
    service_level_variant: ServiceLevelVariant
    #: "In time" in seconds; None where queues with different times are in one row.
    service_level_seconds: float | None
    asa: float | None
    abandonment: float | None
    #: Offers to agents by how they ended.
    offers: int
    accepted: int
    rona: int
    declined: int
    busy: int
    unreachable: int
    caller_gone: int
    answered_elsewhere: int
    offers_failed: int
    rona_rate: float | None
    #: With the after-call work done; of `talked`, the caller was on hold for `held`.
    handled: int
    talked: float
    held: float
    wrapped: float
    aht: float | None
    hold_time: float | None
    #: Passed on by the agent at once, and after asking.
    transferred_blind: int
    transferred_warm: int
    transfer_rate: float | None
    #: Agents' time by state.
    ready_seconds: float
    reserved_seconds: float
    talking_seconds: float
    wrap_up_seconds: float
    not_ready_seconds: float
    occupancy: float | None
    utilisation: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """From `begin` to just before `end`. In `total` every caller is counted once."""

    by: By
    begin: Instant
    end: Instant
    rows: list[Row]
    total: Row


#: The facts that may end what began within the period.
_OF_VISITS = tuple(kind for kind in KINDS if kind is not AgentStateChanged)

#: Seconds; all time zones begin their hours at one of these.
_QUARTER = 900.0

#: A row, and the queue whose callers are in this part of it; None for the total.
_Key: TypeAlias = tuple[str | None, QueueId]


def report(
    session: Session,
    zone: zoneinfo.ZoneInfo,
    *,
    begin: Instant,
    end: Instant,
    by: By,
    now: Instant,
    variant: ServiceLevelVariant | None = None,
) -> Report:
    """Raises `InputInvalid` for a period that is none. Hours are those of `zone`.

    Without a `variant`, each queue's own counts, and ``standard`` where rows mix several.
    """
    if not begin < end:
        raise InputInvalid("from: the period must begin before it ends")
    if end - begin > LONGEST:
        raise InputInvalid(f"from: a period has at most {LONGEST / 86400:.0f} days")
    known = configuration.read(session)
    counts = _Counts(session, zone, (begin, end), by, now)
    titles = {
        "queue": {name: queue.title for name, queue in known.queues.items()},
        "agent": {name: agent.title for name, agent in known.agents.items()},
    }.get(by, {})
    rows = _Rows(known.queues, titles, variant)
    keys = counts.keys() | (known.queues.keys() if by == "queue" else set())
    return Report(
        by=by,
        begin=begin,
        end=end,
        rows=[
            rows.row(key, *counts.row(key))
            for key in sorted(keys, key=_hour_began if by == "hour" else None)
        ],
        total=rows.row(None, *counts.row(None)),
    )


class _Counts:
    """The sums of one report."""

    def __init__(
        self,
        session: Session,
        zone: zoneinfo.ZoneInfo,
        period: tuple[Instant, Instant],
        by: By,
        now: Instant,
    ) -> None:
        begin, end = period
        self._zone = zone
        self._end = end
        self._by = by
        self._hours: dict[int, str] = {}
        self._times: defaultdict[str | None, Time] = defaultdict(Time)
        self._organisations = _organisations(session, begin, end) if by == "organisation" else {}
        self._counting = Counting(self._keys, self._spent)
        self._count(session, begin, now)
        self._lines: defaultdict[str | None, dict[QueueId, Line]] = defaultdict(dict)
        for (key, queue), line in self._counting.lines.items():
            self._lines[key][queue] = line

    def keys(self) -> set[str]:
        found = {*self._lines, *self._times}
        if self._by == "agent":
            found |= self._counting.works.keys()
        return {key for key in found if key is not None}

    def row(self, key: str | None) -> tuple[dict[QueueId, Line], Work, Time]:
        """The lines by queue, the agents' work and their time."""
        lines = self._lines[key]
        if key is not None and self._by == "agent":
            return lines, self._counting.works.get(key, Work()), self._times[key]
        work = Work()
        for line in lines.values():
            work.plus(line.work)
        return lines, work, self._times[key]

    def _count(self, session: Session, begin: Instant, now: Instant) -> None:
        agents = history.at_work(session, begin, self._end) | {*session.scalars(select(User.name))}
        for _, known in history.states(session, begin, agents):
            self._counting.state(known.agent, known.state, begin)
        for published in history.between(session, begin, self._end, KINDS):
            self._counting.add(published.fact, published.at)
        self._counting.close(max(begin, min(self._end, now)))
        still = self._counting.open
        for published in history.of_calls(session, still, since=self._end, kinds=_OF_VISITS):
            self._counting.add(published.fact, published.at)

    def _keys(self, fact: CallQueued, at: Instant) -> Iterator[_Key]:
        if at >= self._end:
            return
        yield None, fact.queue
        for key in self._rows_of(fact, at):
            yield key, fact.queue

    def _rows_of(self, fact: CallQueued, at: Instant) -> Iterable[str]:
        match self._by:
            case "queue":
                return (fact.queue,)
            case "hour":
                return (self._hour(at),)
            case "skill":
                return fact.skills or ("",)
            case "organisation":
                return (self._organisations.get(fact.call, ""),)
            case "agent":
                return ()

    def _spent(self, agent: AgentId, state: AgentState, begin: Instant, end: Instant) -> None:
        self._times[None].spend(state, end - begin)
        if self._by == "agent":
            self._times[agent].spend(state, end - begin)
        while self._by == "hour" and begin < end:
            until = min(end, (begin // _QUARTER + 1) * _QUARTER)
            self._times[self._hour(begin)].spend(state, until - begin)
            begin = until

    def _hour(self, at: Instant) -> str:
        """The hour of the clock on the wall: ``2026-10-25T02:00+01:00``."""
        quarter = int(at // _QUARTER)
        if quarter not in self._hours:
            local = datetime.datetime.fromtimestamp(at, self._zone)
            self._hours[quarter] = local.replace(minute=0).isoformat(timespec="minutes")
        return self._hours[quarter]


class _Rows:
    """Makes rows of sums, each queue's callers judged by the time that the queue has."""

    def __init__(
        self,
        queues: Mapping[QueueId, Queue],
        titles: Mapping[str, str],
        variant: ServiceLevelVariant | None,
    ) -> None:
        self._queues = queues
        self._titles = titles
        self._variant = variant

    def row(self, key: str | None, lines: Mapping[QueueId, Line], work: Work, time: Time) -> Row:
        line = Line()
        answered = abandoned = 0
        names = [*lines] or [name for name in self._queues if name == key]
        configured = [self._queues.get(name) or Queue(name=name) for name in names]
        for queue in configured:
            one = lines.get(queue.name, Line())
            line.plus(one)
            in_time, gone_in_time = one.within(queue.service_level)
            answered, abandoned = answered + in_time, abandoned + gone_in_time
        variant = self._variant or _only(queue.service_level_variant for queue in configured)
        variant = variant or "standard"
        return Row(
            key=key or "",
            title=self._titles.get(key or "") or key or "",
            service_level=line.service_level(variant, answered, abandoned),
            service_level_variant=variant,
            service_level_seconds=_only(queue.service_level for queue in configured),
            answered_in_time=answered,
            abandoned_in_time=abandoned,
            **_of_line(line),
            **_of_work(work),
            **_of_time(time),
        )


def _organisations(session: Session, begin: Instant, end: Instant) -> dict[CallId, str]:
    """Whose callers they are that entered a queue in this time, where that is known."""
    queued = history.between(session, begin, end, (CallQueued,))
    calls = {published.fact.call for published in queued if isinstance(published.fact, CallQueued)}
    return {
        published.fact.call: published.fact.who.organisation
        for published in history.of_calls(session, calls, kinds=(CallerKnown,))
        if isinstance(published.fact, CallerKnown)
    }


def _hour_began(key: str) -> Instant:
    return datetime.datetime.fromisoformat(key).timestamp()


_One = TypeVar("_One")


def _only(values: Iterable[_One]) -> _One | None:
    """The value that all of them are; None where they differ."""
    different = set(values)
    return different.pop() if len(different) == 1 else None


def _of_line(line: Line) -> dict[str, Any]:
    return {
        "offered": line.offered,
        "answered": line.answered,
        "abandoned": line.abandoned,
        "short_abandoned": line.short_abandoned,
        "overflowed": line.overflowed.total(),
        "moved": line.moved,
        "failed": line.failed,
        "callbacks": line.callbacks,
        "callbacks_reached": line.reached,
        "callbacks_unreached": line.unreached,
        "asa": line.asa,
        "abandonment": line.abandonment,
    }


def _of_work(work: Work) -> dict[str, Any]:
    return {
        "offers": work.offers,
        **{name: work.ended[outcome] for name, outcome in _OUTCOMES.items()},
        "rona_rate": work.rona_rate,
        "handled": work.handled,
        "talked": work.talked,
        "held": work.held,
        "wrapped": work.wrapped,
        "aht": work.aht,
        "hold_time": work.hold_time,
        "transferred_blind": work.transferred["blind"],
        "transferred_warm": work.transferred["warm"],
        "transfer_rate": work.transfer_rate,
    }


_OUTCOMES: dict[str, OfferOutcome] = {
    "accepted": "accepted",
    "rona": "timed_out",
    "declined": "declined",
    "busy": "busy",
    "unreachable": "unreachable",
    "caller_gone": "rescinded",
    "answered_elsewhere": "answered_elsewhere",
    "offers_failed": "failed",
}


def _of_time(time: Time) -> dict[str, Any]:
    states: tuple[AgentState, ...] = ("ready", "reserved", "talking", "wrap_up", "not_ready")
    return {
        **{f"{state}_seconds": time.seconds.get(state, 0.0) for state in states},
        "occupancy": time.occupancy,
        "utilisation": time.utilisation,
    }
