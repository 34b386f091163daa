"""Gathers what is known of the time in which a call waited, for `acd.why` to explain.

All of it is read when somebody asks. Facts are kept, and those of a configuration hold what it was;
so a call of long ago is explained by the settings and states of then. Facts of before that was so
hold no settings: the newest snapshot stands in for those that have not changed since, and where
they have, it is said that they are not known.
"""

import math
from collections.abc import Iterator

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from acd.why import History, explain
from acd.why.telling import clock
from calls.base import AgentId, CallId, Instant, QueueId
from calls.codec import decode_fact
from calls.config import Agent, Queue, Strategy
from calls.facts import (
    AgentStateChanged,
    CallbackTried,
    CallLeftQueue,
    CallQueued,
    CallRelaxed,
    ConfigurationChanged,
    OfferEnded,
    OfferMade,
    WrapUpEnded,
)
from calls.views import Published
from engine import history
from engine.center.state import CenterState
from engine.journal import Journal
from engine.models import facts
from engine.storage import Database

#: Callers who came up to so many seconds before may still have waited, and contacts that agents
#: had beside others may still have been there.
LINE = 3600.0

#: What others in line did before.
_IN_LINE = (
    CallQueued,
    CallRelaxed,
    CallbackTried,
    CallLeftQueue,
    OfferMade,
    OfferEnded,
    WrapUpEnded,
)
#: What others did while the call waited.
_MEANWHILE = (AgentStateChanged, ConfigurationChanged, *_IN_LINE)
#: The strategies that go by what agents have done since they signed in.
_SINCE_SIGN_IN: frozenset[Strategy] = frozenset({"fewest_calls", "least_occupied"})


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
    visits = [(p.at, p.fact) for p in own if isinstance(p.fact, CallQueued)]
    begin, queues = visits[0][0], {fact.queue for _, fact in visits}
    found = {p.seq: p for p in own if p.at >= begin}
    for published in _meanwhile(session, begin, until, queues):
        if getattr(published.fact, "call", None) != call:
            found.setdefault(published.seq, published)
    settings, known = _settings(session, journal, begin)
    changed = [p.fact.value for p in found.values() if isinstance(p.fact, ConfigurationChanged)]
    words = [*settings, *(word for word in changed if word is not None)]
    asked = _asked(words, queues) | {fact.agent_only for _, fact in visits}
    whole = any(
        isinstance(word, Queue) and word.name in queues and word.strategy in _SINCE_SIGN_IN
        for word in words
    )
    for published in _before(session, begin, asked, whole=whole):
        found.setdefault(published.seq, published)
    return History(
        call=call,
        until=until,
        facts=[(found[seq].at, found[seq].fact) for seq in sorted(found)],
        queues=[word for word in settings if isinstance(word, Queue)],
        agents=[word for word in settings if isinstance(word, Agent)],
        known=known,
    )


def _asked(words: list[Queue | Agent], queues: set[QueueId]) -> set[AgentId]:
    """The agents who might be asked for a call of these queues, relaxed or not."""
    reach = set(queues)
    for word in words:
        if isinstance(word, Queue) and word.name in queues:
            reach.update(queue for step in word.relaxation for queue in step.queues)
    return {word.name for word in words if isinstance(word, Agent) and reach & word.queues.keys()}


def _before(
    session: Session, at: Instant, agents: set[AgentId], *, whole: bool
) -> Iterator[Published]:
    """What agents had done by then, as far back as it tells since when they were idle; `whole`:
    since they signed in. Offers that came to nothing through no doing of theirs are no work, so
    what was before those is needed, and how they ended."""
    last = history.last_before(session, at)
    query = (
        select(facts.c.seq, facts.c.at, facts.c.body)
        .where(
            history.of_kinds(AgentStateChanged),
            facts.c.agent == bindparam("agent"),
            facts.c.seq <= last,
        )
        .order_by(facts.c.seq.desc())
        .execution_options(yield_per=20)
    )
    rung: set[CallId] = set()
    for agent in sorted(agents):
        with session.execute(query, {"agent": agent}) as rows:
            for seq, when, body in rows:
                fact = decode_fact(body)
                assert isinstance(fact, AgentStateChanged)  # noqa: S101 - as asked for
                yield Published(seq=seq, at=when, fact=fact)
                if fact.state == "reserved" and fact.call is not None:
                    rung.add(fact.call)
                elif fact.state == "logged_out" or not (whole or fact.state == "ready"):
                    break
    for published in history.of_calls(session, rung, kinds=(OfferEnded,)):
        if published.seq <= last:
            yield published


def _meanwhile(
    session: Session, begin: Instant, until: Instant, queues: set[QueueId]
) -> Iterator[Published]:
    """What others did, and of before that who stood in line, and what agents had beside calls."""
    beside: set[CallId] = set()
    for published in history.between(session, begin - LINE, begin, _IN_LINE):
        fact = published.fact
        if isinstance(fact, OfferMade) and fact.channel != "voice":
            beside.add(fact.call)
        if getattr(fact, "queue", "") in queues or getattr(fact, "call", "") in beside:
            yield published
    offered: set[CallId] = set()
    for published in history.between(session, begin, math.nextafter(until, math.inf), _MEANWHILE):
        if isinstance(published.fact, OfferMade):
            offered.add(published.fact.call)
        yield published
    # Who was served meanwhile may have come from any queue, and long before.
    for published in history.of_calls(session, offered, kinds=_IN_LINE):
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
