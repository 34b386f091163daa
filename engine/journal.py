"""The journal: what the machine was told, when, and what came of it.

The state is the last snapshot plus a replay of the messages after it. A message and its time are
committed before any of its commands is executed; so after a crash at any instant the machine knows
at least as much as the world has seen of it. The facts that it led to may be committed a moment
later, in their order and those of one message together: what a crash leaves out of them, the
replay makes again.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from sqlalchemy import Select, Table, delete, func, insert, select
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection

from calls.base import Instant
from calls.codec import decode_fact, decode_message, encode
from calls.facts import Fact
from calls.messages import Message
from calls.views import Published
from engine.models import facts, journal, snapshots
from engine.storage import Database

#: Messages are kept this long (seconds) for replay and inspection; facts are kept.
MESSAGES_KEPT = 7 * 86400.0
#: Snapshots kept: the newest, and one before it for the eyes of an engineer.
SNAPSHOTS_KEPT = 2

_ADD_MESSAGE = insert(journal)
_ADD_FACT = insert(facts)
_SQLITE = sqlite_dialect.dialect(paramstyle="qmark")
_MESSAGE_SQL = str(_ADD_MESSAGE.compile(dialect=_SQLITE))
_FACT_SQL = str(_ADD_FACT.compile(dialect=_SQLITE))


@dataclass(slots=True)
class Entry:
    """One message on its way into the journal."""

    seq: int
    at: Instant
    message: Message
    facts: list[Published] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The encoded state right after message `message`; its last fact was `fact`."""

    message: int
    fact: int
    at: Instant
    state: bytes


@dataclass(frozen=True, slots=True)
class End:
    """Where the journal ends: the last numbers given, and the time of the last message. The facts
    of message `told` and of all before it are there; those of later ones are not."""

    message: int
    fact: int
    at: Instant
    told: int = 0


class Journal:
    """Reads from any thread; `append` and `save` are for the one writer."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._own: PoolProxiedConnection | None = None

    @property
    def may_append_now(self) -> bool:
        """`append_now` can be tried again."""
        return self.database.sqlite

    def append_now(
        self, entries: Sequence[Entry], behind: Sequence[Entry] = (), *, facts: bool = True
    ) -> bool:
        """Commit entries without waiting for anybody; False, and nothing done, where that fails.
        `facts`: theirs as well, and of those `behind`, whose messages are there already.

        For the loop's thread. Handing a commit to another thread and back costs more than the
        commit itself; but only SQLite can be asked not to wait.
        """
        if not self.may_append_now:
            return False
        messages = [_message_row(entry) for entry in entries]
        rows = _fact_rows((*behind, *entries)) if facts else []
        try:
            own = self._impatient()
            try:
                own.execute("BEGIN IMMEDIATE")
                own.executemany(_MESSAGE_SQL, messages)
                if rows:
                    own.executemany(_FACT_SQL, rows)
                own.execute("COMMIT")
            except sqlite3.Error:
                own.rollback()
                raise
        except (sqlite3.Error, DBAPIError):  # somebody else writes, or worse: `append` will tell
            return False
        return True

    def close(self) -> None:
        """Give back what `append_now` holds."""
        if self._own is not None:
            self._own.invalidate()  # its settings are not those of the others
            self._own = None

    def _impatient(self) -> sqlite3.Connection:
        """A connection without SQLAlchemy, which would take longer than the commit."""
        if self._own is None:
            self._own = self.database.engine.raw_connection()
            own = cast(sqlite3.Connection, self._own.driver_connection)
            own.isolation_level = None
            own.execute("PRAGMA busy_timeout=0")
            # Moving the log into the file takes long: others, who may wait, do it.
            own.execute("PRAGMA wal_autocheckpoint=0")
        return cast(sqlite3.Connection, self._own.driver_connection)

    def append(
        self, entries: Sequence[Entry], behind: Sequence[Entry] = (), *, again: bool = False
    ) -> None:
        """Commit entries, and the facts of those `behind`, whose messages are there already: all
        or none. `again`: a first attempt failed, and may have committed."""
        messages = [_message_row(entry) for entry in entries]
        rows = _fact_rows((*behind, *entries))
        with self.database.transaction() as connection:
            if again:
                messages = _after(connection.scalar(select(func.max(journal.c.seq))), messages)
                rows = _after(connection.scalar(select(func.max(facts.c.seq))), rows)
            if messages:
                connection.execute(_ADD_MESSAGE, [_named(journal, row) for row in messages])
            if rows:
                connection.execute(_ADD_FACT, [_named(facts, row) for row in rows])

    def save(self, snapshot: Snapshot) -> None:
        """Keep a snapshot, and forget messages and snapshots that nobody needs any more."""
        with self.database.session() as session:
            connection = session.connection()
            connection.execute(
                insert(snapshots).values(
                    message_seq=snapshot.message,
                    fact_seq=snapshot.fact,
                    at=snapshot.at,
                    state=snapshot.state,
                )
            )
            kept = select(snapshots.c.id).order_by(snapshots.c.id.desc()).limit(SNAPSHOTS_KEPT)
            connection.execute(delete(snapshots).where(snapshots.c.id.not_in(kept)))
            oldest = connection.scalar(select(func.min(snapshots.c.message_seq)))
            connection.execute(
                delete(journal).where(
                    journal.c.seq <= oldest, journal.c.at < snapshot.at - MESSAGES_KEPT
                )
            )

    def snapshot(self) -> Snapshot | None:
        """The newest snapshot."""
        newest = select(snapshots).order_by(snapshots.c.id.desc()).limit(1)
        with self.database.session() as session:
            row = session.execute(newest).first()
        return Snapshot(row.message_seq, row.fact_seq, row.at, row.state) if row else None

    def messages(self, after: int) -> Iterator[Entry]:
        """The messages after number `after`, without their facts."""
        with self.database.session() as session:
            query = select(journal).where(journal.c.seq > after).order_by(journal.c.seq)
            for row in session.execute(query).yield_per(1000):
                yield Entry(row.seq, row.at, decode_message(row.message))

    def end(self) -> End:
        with self.database.session() as session:
            connection = session.connection()
            newest = select(journal.c.seq, journal.c.at).order_by(journal.c.seq.desc()).limit(1)
            last = connection.execute(newest).first()
            newest_fact = select(facts.c.seq, facts.c.message).order_by(facts.c.seq.desc()).limit(1)
            fact, told = connection.execute(newest_fact).first() or (0, 0)
            kept = connection.execute(
                select(snapshots.c.message_seq, snapshots.c.at)
                .order_by(snapshots.c.id.desc())
                .limit(1)
            ).first()
        # Behind a snapshot, old messages are forgotten.
        message, at = last or kept or (0, 0.0)
        return End(message, fact, at, told)

    def facts(self, after: int, limit: int = 1000) -> list[Published]:
        """At most `limit` facts with numbers above `after`."""
        query = select(facts.c.seq, facts.c.at, facts.c.body).where(facts.c.seq > after)
        return self._read(query.order_by(facts.c.seq).limit(limit))

    def facts_of_call(self, call: str) -> list[Published]:
        query = select(facts.c.seq, facts.c.at, facts.c.body).where(facts.c.call == call)
        return self._read(query.order_by(facts.c.seq))

    def facts_since(self, at: Instant) -> list[Published]:
        query = select(facts.c.seq, facts.c.at, facts.c.body).where(facts.c.at >= at)
        return self._read(query.order_by(facts.c.seq))

    def _read(self, query: Select[int, float, str]) -> list[Published]:
        with self.database.session() as session:
            connection = session.connection()
            rows = connection.execute(query).all()
        return [Published(seq=seq, at=at, fact=decode_fact(body)) for seq, at, body in rows]


def _named(table: Table, row: Sequence[object]) -> dict[str, object]:
    return dict(zip(table.c.keys(), row, strict=True))


# Rows are in the order of their table's columns, as the compiled statements take them. The first is
# their number.

_Row: TypeAlias = tuple[Any, ...]


def _after(last: int | None, rows: list[_Row]) -> list[_Row]:
    return [row for row in rows if row[0] > (last or 0)]


def _message_row(entry: Entry) -> _Row:
    return entry.seq, entry.at, encode(entry.message).decode()


def _fact_rows(entries: Sequence[Entry]) -> list[_Row]:
    return [_fact_row(entry, fact) for entry in entries for fact in entry.facts]


def _fact_row(entry: Entry, published: Published) -> _Row:
    fact: Fact = published.fact
    return (
        published.seq,
        entry.seq,
        published.at,
        type(fact).__name__,
        getattr(fact, "call", None),
        getattr(fact, "agent", None) or None,
        getattr(fact, "queue", None) or None,
        encode(fact).decode(),
    )
