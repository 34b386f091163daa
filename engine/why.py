"""Gathers what is known of the time in which a call waited, for `acd.why` to explain.

All of it is read when somebody asks. Facts are kept, and those of a configuration hold what it was;
so a call of long ago is explained by the settings and states of then. Facts of before that was so
hold no settings: the newest snapshot stands in for those that have not changed since, and where
they have, it is said that they are not known.
"""

import math
from collections.abc import Iterator

import msgspec
from sqlalchemy.orm import Session

from acd.why import History, explain
from acd.why.telling import clock
from calls.base import CallId, Instant, QueueId
from calls.config import Agent, Queue
from calls.facts import (
    AgentStateChanged,
    CallLeftQueue,
    CallQueued,
    CallRelaxed,
    ConfigurationChanged,
    OfferEnded,
    OfferMade,
)
from calls.views import Published
from engine import history
from engine.center.state import CenterState
from engine.journal import Journal
from engine.storage import Database

#: Callers who came up to so many seconds before may still have waited.
LINE = 3600.0

#: What others in line did before.
_IN_LINE = (CallQueued, CallRelaxed, CallLeftQueue, OfferMade, OfferEnded)
#: What others did while the call waited.
_MEANWHILE = (
    AgentStateChanged,
    ConfigurationChanged,
    CallQueued,
    CallRelaxed,
    CallLeftQueue,
    OfferMade,
    OfferEnded,
)


class Because(msgspec.Struct, frozen=True):
    """One line: why nothing happened for a while, or what did.

    `begin` and `end` are moments, equal for what took no time; `end` is None for what goes on.
    `when` is the same for people, from when the call was first queued: ``2:10-4:00``.
    """

    begin: Instant
    end: Instant | None
    when: str
    #: ``queued``, ``busy``, ``ringing``, ...: see `acd.why`.
    kind: str
    text: str
    agents: tuple[str, ...]


def because(database: Database, call: CallId, now: Instant) -> list[Because]:
    """Why a call waited and why it got its agent; nothing if it never was in a queue."""
    with database.session() as session:
        own = history.of_calls(session, [call])
        queued = [p for p in own if isinstance(p.fact, CallQueued)]
        if not queued:
            return []
        begin = queued[0].at
        left = [p.at for p in own if isinstance(p.fact, CallLeftQueue)]
        until = left[-1] if len(left) == len(queued) else now
        gathered = _gathered(session, Journal(database), call, own, until)
    return [
        Because(
            begin=reason.begin,
            end=reason.end,
            when=_when(reason.begin - begin, None if reason.end is None else reason.end - begin),
            kind=reason.kind,
            text=reason.text,
            agents=reason.agents,
        )
        for reason in explain(gathered)
    ]


def _when(begin: float, end: float | None) -> str:
    if end is None:
        return f"{clock(begin)}-"
    return clock(begin) if end == begin else f"{clock(begin)}-{clock(end)}"


def _gathered(
    session: Session, journal: Journal, call: CallId, own: list[Published], until: Instant
) -> History:
    queued = [p for p in own if isinstance(p.fact, CallQueued)]
    begin = queued[0].at
    queues = {p.fact.queue for p in queued if isinstance(p.fact, CallQueued)}
    found = {p.seq: p for p in own if p.at >= begin}
    for published in _meanwhile(session, begin, until, queues):
        if getattr(published.fact, "call", None) != call:
            found.setdefault(published.seq, published)
    settings, known = _settings(session, journal, begin)
    agents = [word for word in settings if isinstance(word, Agent)]
    return History(
        call=call,
        until=until,
        facts=[(found[seq].at, found[seq].fact) for seq in sorted(found)],
        queues=[word for word in settings if isinstance(word, Queue)],
        agents=agents,
        states=history.states(session, begin, [agent.name for agent in agents]),
        known=known,
    )


def _meanwhile(
    session: Session, begin: Instant, until: Instant, queues: set[QueueId]
) -> Iterator[Published]:
    """What others did, and of before that who stood in line."""
    for published in history.between(session, begin - LINE, begin, _IN_LINE):
        if getattr(published.fact, "queue", "") in queues:
            yield published
    offered: set[CallId] = set()
    for published in history.between(session, begin, math.nextafter(until, math.inf), _MEANWHILE):
        if isinstance(published.fact, OfferMade):
            offered.add(published.fact.call)
        yield published
    # Who was served meanwhile may have come from any queue, and long before.
    for published in history.of_calls(session, offered, kinds=(CallQueued, CallRelaxed)):
        if published.at < until:
            yield published


def _settings(session: Session, journal: Journal, at: Instant) -> tuple[list[Queue | Agent], bool]:
    """Queues and agents as they were configured at some time, and whether all of them are known."""
    found: dict[tuple[str, str], Queue | Agent | None] = {}
    for published in history.between(session, 0.0, at, (ConfigurationChanged,)):
        fact = published.fact
        if isinstance(fact, ConfigurationChanged) and fact.kind in ("queue", "agent"):
            if fact.removed:
                found.pop((fact.kind, fact.name), None)
            else:
                found[fact.kind, fact.name] = fact.value
    unknown = {key for key, value in found.items() if value is None}
    if unknown:
        found |= _unchanged(session, journal, at, unknown)
    known = [value for value in found.values() if value is not None]
    return known, len(known) == len(found)


def _unchanged(
    session: Session, journal: Journal, at: Instant, wanted: set[tuple[str, str]]
) -> dict[tuple[str, str], Queue | Agent | None]:
    """Those that the newest snapshot has as they were then."""
    kept = journal.snapshot()
    if kept is None:
        return {}
    acd = msgspec.json.decode(kept.state, type=CenterState).acd
    earlier, later = sorted((at, kept.at))
    end = math.nextafter(later, math.inf)
    for published in history.between(session, earlier, end, (ConfigurationChanged,)):
        if isinstance(published.fact, ConfigurationChanged):
            wanted = wanted - {(published.fact.kind, published.fact.name)}
    now: dict[tuple[str, str], Queue | Agent | None] = {
        ("queue", name): queue for name, queue in acd.queues.items()
    }
    now |= {("agent", name): agent.config for name, agent in acd.agents.items()}
    return {key: value for key, value in now.items() if key in wanted}
