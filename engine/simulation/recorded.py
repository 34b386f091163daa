"""Callers of the past, folded from the facts in a center's database, which is only read."""

import datetime
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import ProgrammingError

from calls.base import Instant
from calls.codec import decode_fact
from calls.errors import DatabaseUnreachable
from calls.facts import (
    CallArrived,
    CallEnded,
    CallLeftQueue,
    CallQueued,
    ConversationEnded,
    Fact,
    NodeEntered,
    NodeLeft,
    PlaceKept,
    WrapUpEnded,
)
from engine.models import facts
from engine.simulation import values
from engine.simulation.reading import Item
from engine.simulation.scenario import DAY, Calendar, Recorded, RecordedCall
from engine.storage import Database

_OF_CALLS = (
    NodeEntered,
    NodeLeft,
    CallQueued,
    PlaceKept,
    CallLeftQueue,
    ConversationEnded,
    WrapUpEnded,
    CallEnded,
)
_KINDS = [kind.__name__ for kind in (CallArrived, *_OF_CALLS)]


@dataclass(slots=True)
class _Call:
    """What is known of one call so far."""

    arrived: float
    number: str
    dials: str
    keys: list[str] = field(default_factory=list)
    stayed: float | None = None
    #: On the line, in all queues, before anybody talked with them.
    waited: float = 0.0
    #: They gave up there.
    abandoned: bool = False
    #: With all agents, and those agents' after-call work.
    talk: float | None = None
    wrap_up: float | None = None
    #: When they came into the queue.
    queued: Instant = 0.0
    #: They are asked whether they want to keep their place.
    asked: bool = False

    def add(self, fact: Fact, at: Instant) -> None:
        match fact:
            case NodeEntered(kind=kind):
                self.asked = kind == "callback"
            case NodeLeft(digits=digits, exit=left_by):
                self.asked = False
                if digits or left_by in ("no_input", "no_match"):
                    self.keys.append(digits)
            case CallQueued():
                self.queued = at
                if self.asked:  # a yes is told by what comes of it alone
                    self.keys.append("1")
            case PlaceKept():
                self.waited += at - self.queued
            case CallLeftQueue(waited=waited, outcome=outcome, virtual=False) if self.talk is None:
                self.waited += waited
                self.abandoned = outcome == "abandoned"
            case ConversationEnded(talked=talked):
                self.talk = (self.talk or 0.0) + talked
            case CallEnded(outcome="abandoned_menu", lasted=lasted):
                self.stayed = lasted
            case WrapUpEnded(lasted=lasted):
                self.wrap_up = (self.wrap_up or 0.0) + lasted
            case _:
                pass


def read(
    item: Item,
    begins: float,
    length: float,
    day: datetime.date | None = None,
    zone: zoneinfo.ZoneInfo | None = None,
) -> Recorded:
    """The callers of ``recorded: {database: URL, first_day: 2025-11-17, timezone: Europe/Warsaw}``
    (all but the database may be left out), or of ``recorded: URL``.

    Those come who came between `begins` on the first day and `length` later. `day` and `zone` are
    the scenario's own. Raises `InputInvalid` and `DatabaseUnreachable`.
    """
    if item.is_text():
        fields = {"database": item}
    else:
        fields = item.fields(("database", "first_day", "timezone"), needed=("database",))
    zone = fields["timezone"].by(values.zone) if "timezone" in fields else zone or Calendar().zone
    day = fields["first_day"].by(values.date) if "first_day" in fields else day
    database = _database(fields["database"])
    try:
        with database.transaction() as connection:
            if day is None:
                first = connection.scalar(
                    select(func.min(facts.c.at)).where(facts.c.kind == "CallArrived")
                )
                if first is None:
                    raise item.error("nobody has ever called there")
                day = datetime.datetime.fromtimestamp(first, zone).date()
            calendar = Calendar(day, zone)
            since = calendar.instant(begins)
            rows = connection.execute(
                select(facts.c.seq, facts.c.at, facts.c.body)
                .where(facts.c.kind.in_(_KINDS))
                .where(facts.c.at.between(since, since + length + DAY))
                .order_by(facts.c.seq)
            )
            found = _fold(((at, _fact(item, seq, body)) for seq, at, body in rows), since, length)
    except (DatabaseUnreachable, ProgrammingError) as error:
        problem = str(error) if isinstance(error, DatabaseUnreachable) else "it has no journal"
        raise fields["database"].error(problem) from None
    finally:
        database.close()
    if not found:
        raise item.error(f"nobody called there in {length:g} s from {day}, {begins / 3600:g} h")
    return Recorded(found, calendar)


def _fold(
    told: Iterable[tuple[Instant, Fact]], since: float, length: float
) -> tuple[RecordedCall, ...]:
    calls: dict[str, _Call] = {}
    for at, fact in told:
        if isinstance(fact, CallArrived):
            if at < since + length:
                calls[fact.call] = _Call(at - since, fact.caller, fact.called)
        elif isinstance(fact, _OF_CALLS) and fact.call in calls:
            calls[fact.call].add(fact, at)
    return tuple(
        RecordedCall(
            at=call.arrived,
            number=call.number,
            dials=call.dials,
            keys=tuple(call.keys),
            stayed=call.stayed,
            patience=call.waited if call.abandoned else None,
            waited=call.waited,
            talk=call.talk,
            wrap_up=call.wrap_up,
        )
        for call in calls.values()
    )


def _fact(item: Item, seq: int, body: str) -> Fact:
    try:
        return decode_fact(body)
    except msgspec.DecodeError as error:
        raise item.error(f"entry {seq} of the journal cannot be read: {error}") from None


def _database(item: Item) -> Database:
    """By its URL; a plain path is SQLite's. What is not there is not made."""
    text = item.text()
    url = text if "://" in text else f"sqlite:///{Path(item.file).parent / text}"
    path = url.removeprefix("sqlite:///")
    if path != url and not Path(path).is_file():
        raise item.error(f"there is no file {path}")
    try:
        return Database(url)
    except DatabaseUnreachable:
        raise item.error(
            "must be a file, or an address like postgresql://user:password@host:5432/name"
        ) from None
