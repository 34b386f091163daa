"""What reports and pages read, folded from the committed facts: call records and ticket notes.

A cursor in the database says up to which fact all is done. A batch and its cursor are committed
together, and each record is folded anew from all facts of its call; so a crash, a second run or a
late fact (after-call work) can neither lose nor double anything. The folding is done before the
transaction, which is short: the journal's writer may be waiting for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import cast

import msgspec
from sqlalchemy import Table, delete, insert, select
from sqlalchemy.orm import Session

from calls.base import CallId, Instant
from calls.codec import decode_fact
from calls.facts import Fact
from cti.notes import call_note
from cti.numbers import for_people, normalise
from cti.record import CallRecord, fold
from desk import call_notes, tickets
from engine import meta, models
from engine.filing import recording_address
from engine.models import facts
from engine.storage import Database

#: Facts after which the record of an ended call is folded (again).
_TELLING = ("CallEnded", "ConversationEnded", "ConversationRecorded", "WrapUpEnded")


def catch_up(database: Database, region: str, batch: int = 500) -> int:
    """Take in all facts committed since the last time; how many there were.

    `region` (ISO 3166) is where national numbers belong.
    """
    taken = 0
    while True:
        with database.session() as session:
            cursor = meta.read(session, meta.PROJECTED) or "0"
            rows = session.execute(
                select(facts.c.seq, facts.c.kind, facts.c.call)
                .where(facts.c.seq > int(cursor))
                .order_by(facts.c.seq)
                .limit(batch)
            ).all()
            ended = {row.call for row in rows if row.kind in _TELLING and row.call}
            records = _fold(session, ended)
        if not rows:
            return taken
        with database.session() as session:
            if not meta.swap(session, meta.PROJECTED, cursor, str(rows[-1].seq)):
                continue  # somebody else did this batch
            _put(session, records, region)
        taken += len(rows)


def hold(session: Session) -> None:
    """What this session does from now on comes before or after a batch, not amid one. To be told
    before it writes: a batch and it would wait for one another else."""
    meta.hold(session, meta.PROJECTED)


def refresh(session: Session, calls: Sequence[CallId], region: str) -> None:
    """Put the records and the notes of those of the calls again that have ended and have one.
    The session must `hold`."""
    there = select(models.CallRecord.call).where(models.CallRecord.call.in_(calls))
    if found := session.scalars(there).all():
        _put(session, _fold(session, found), region)


def _fold(session: Session, calls: Iterable[CallId]) -> list[CallRecord]:
    """The records of those of the `calls` that have ended."""
    folded = [fold(call, call_facts) for call, call_facts in _facts_of(session, calls).items()]
    return [record for record in folded if record.outcome is not None]


def _put(session: Session, records: Sequence[CallRecord], region: str) -> None:
    if not records:
        return
    orphans = [record.call for record in records if record.ticket is None]
    drafts = tickets.drafted_for(session, orphans) if orphans else {}
    for record in records:
        record.ticket = record.ticket or drafts.get(record.call)
    table = cast(Table, models.CallRecord.__table__)
    calls = [record.call for record in records]
    session.execute(delete(table).where(table.c.call.in_(calls)))
    session.execute(insert(table), [_row(record, region) for record in records])
    call_notes.put(
        session,
        [
            call_notes.CallNote(
                ticket=record.ticket,
                call=record.call,
                author=record.agent or "ringdesk",
                text=call_note(record, for_people(record.caller, region), recording_address),
                at=record.ended or record.arrived,
            )
            for record in records
            if record.ticket is not None
        ],
    )


def _facts_of(
    session: Session, calls: Iterable[CallId]
) -> dict[CallId, list[tuple[Instant, Fact]]]:
    found: defaultdict[CallId, list[tuple[Instant, Fact]]] = defaultdict(list)
    query = (
        select(facts.c.call, facts.c.at, facts.c.body)
        .where(facts.c.call.in_(list(calls)))
        .order_by(facts.c.seq)
    )
    for row in session.execute(query):
        found[row.call].append((row.at, decode_fact(row.body)))
    return found


def _row(record: CallRecord, region: str) -> dict[str, object]:
    row = msgspec.structs.asdict(record)
    del row["held"], row["recordings"]  # the facts have them, and the note
    row["number"] = normalise(record.caller, region)
    row["path"] = " > ".join(record.path)
    return row
