"""Looking back into the committed facts: how things were at some time."""

from collections.abc import Iterable, Iterator

from sqlalchemy import bindparam, func, literal_column, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from calls.base import AgentId, CallId, Instant
from calls.codec import decode_fact
from calls.facts import AgentStateChanged, Fact
from calls.views import Published
from engine.models import facts

#: Values in one ``IN``.
_MANY = 500


def of_kinds(*kinds: type[Fact]) -> ColumnElement[bool]:
    """Whether a fact is of one of these kinds. Written out, not as parameters, so that the
    databases see which index is for it."""
    return or_(*(facts.c.kind == literal_column(f"'{kind.__name__}'") for kind in kinds))


_IS_STATE = of_kinds(AgentStateChanged)


def last_before(session: Session, at: Instant) -> int:
    """The number of the last fact before `at`; 0 if there is none."""
    return session.scalar(select(func.max(facts.c.seq)).where(facts.c.at < at)) or 0


def between(
    session: Session, begin: Instant, end: Instant, kinds: Iterable[type[Fact]]
) -> Iterator[Published]:
    """The facts of these kinds from `begin` to just before `end`, in their order."""
    query = (
        select(facts.c.seq, facts.c.at, facts.c.body)
        .where(of_kinds(*kinds), facts.c.at >= begin, facts.c.at < end)
        .order_by(facts.c.seq)
    )
    for seq, at, body in session.execute(query).yield_per(1000):
        yield Published(seq=seq, at=at, fact=decode_fact(body))


def of_calls(
    session: Session,
    calls: Iterable[CallId],
    *,
    since: Instant = 0.0,
    kinds: Iterable[type[Fact]] = (),
) -> list[Published]:
    """All facts of some calls from `since` on, in their order; only those of `kinds`, if any."""
    names = [kind.__name__ for kind in kinds]
    found: list[Published] = []
    wanted = sorted(calls)
    for start in range(0, len(wanted), _MANY):
        some = wanted[start : start + _MANY]
        query = select(facts.c.seq, facts.c.at, facts.c.body).where(
            facts.c.call.in_(some), facts.c.at >= since
        )
        if names:
            query = query.where(facts.c.kind.in_(names))
        found += [
            Published(seq=seq, at=at, fact=decode_fact(body))
            for seq, at, body in session.execute(query)
        ]
    return sorted(found, key=lambda published: published.seq)


def at_work(session: Session, begin: Instant, end: Instant) -> set[AgentId]:
    """The agents whose state changed between, also those whose user has been removed since."""
    seen = select(facts.c.agent).where(_IS_STATE, facts.c.at >= begin, facts.c.at < end)
    return {agent for agent in session.scalars(seen.distinct()) if agent is not None}


def states(
    session: Session, at: Instant, agents: Iterable[AgentId]
) -> list[tuple[Instant, AgentStateChanged]]:
    """The last change of state of each of these agents before `at`, with its time."""
    last = last_before(session, at)
    query = (
        select(facts.c.at, facts.c.body)
        .where(_IS_STATE, facts.c.agent == bindparam("agent"), facts.c.seq <= last)
        .order_by(facts.c.seq.desc())
        .limit(1)
    )
    found = []
    for agent in sorted(set(agents)):
        row = session.execute(query, {"agent": agent}).first()
        fact = decode_fact(row.body) if row is not None else None
        if row is not None and isinstance(fact, AgentStateChanged):
            found.append((row.at, fact))
    return found
