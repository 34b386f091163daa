"""What reports and pages read, folded from the committed facts: call records and ticket notes.

A cursor in the database says up to which fact all is done. A batch and its cursor are committed
together, and each record is folded anew from all facts of its call; so a crash, a second run or a
late fact (after-call work) can neither lose nor double anything. The folding is done before the
transaction, which is short: the journal's writer may be waiting for it.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import cast

import msgspec
from sqlalchemy import Connection, Table, bindparam, delete, insert, select

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

# Made once: to put a statement together takes longer than it does.
_BATCH = (
    select(facts.c.seq, facts.c.kind, facts.c.call)
    .where(facts.c.seq > bindparam("after"))
    .order_by(facts.c.seq)
    .limit(bindparam("most"))
)
_OF_CALLS = (
    select(facts.c.call, facts.c.at, facts.c.body)
    .where(facts.c.call.in_(bindparam("calls", expanding=True)))
    .order_by(facts.c.seq)
)
_RECORDS = cast(Table, models.CallRecord.__table__)
_ARE_CALLS = _RECORDS.c.call.in_(bindparam("calls", expanding=True))
_RECORDED = select(_RECORDS.c.call).where(_ARE_CALLS)
_FORGET = delete(_RECORDS).where(_ARE_CALLS)
_RECORD = insert(_RECORDS)


def catch_up(database: Database, region: str, batch: int = 500) -> int:
    """Take in all facts committed since the last time; how many there were.

    `region` (ISO 3166) is where national numbers belong.
    """
    taken = 0
    while True:
        with database.transaction() as connection:
            cursor = meta.read(connection, meta.PROJECTED) or "0"
            rows = connection.execute(_BATCH, {"after": int(cursor), "most": batch}).all()
            ended = {row.call for row in rows if row.kind in _TELLING and row.call}
            records = _fold(connection, ended)
        if not rows:
            return taken
        with database.transaction() as connection:
            if not meta.swap(connection, meta.PROJECTED, cursor, str(rows[-1].seq)):
                continue  # somebody else did this batch
            _put(connection, records, region)
        taken += len(rows)


def hold(connection: Connection) -> None:
    """What this transaction does from now on comes before or after a batch, not amid one. To be
    told before it writes: a batch and it would wait for one another else."""
    meta.hold(connection, meta.PROJECTED)


def refresh(connection: Connection, calls: Sequence[CallId], region: str) -> None:
    """Put the records and the notes of those of the calls again that have ended and have one.
    The transaction must `hold`."""
    if found := connection.scalars(_RECORDED, {"calls": calls}).all():
        _put(connection, _fold(connection, found), region)


def _fold(connection: Connection, calls: Collection[CallId]) -> list[CallRecord]:
    """The records of those of the `calls` that have ended."""
    if not calls:
        return []
    folded = [fold(call, call_facts) for call, call_facts in _facts_of(connection, calls).items()]
    return [record for record in folded if record.outcome is not None]


def _put(connection: Connection, records: Sequence[CallRecord], region: str) -> None:
    if not records:
        return
    orphans = [record.call for record in records if record.ticket is None]
    drafts = tickets.drafted_for(connection, orphans) if orphans else {}
    for record in records:
        if record.ticket is None and record.call in drafts:
            record.ticket = drafts[record.call].id
    connection.execute(_FORGET, {"calls": [record.call for record in records]})
    connection.execute(_RECORD, [_row(record, region) for record in records])
    call_notes.put(
        connection,
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
    connection: Connection, calls: Collection[CallId]
) -> dict[CallId, list[tuple[Instant, Fact]]]:
    found: defaultdict[CallId, list[tuple[Instant, Fact]]] = defaultdict(list)
    for call, at, body in connection.execute(_OF_CALLS, {"calls": list(calls)}):
        found[call].append((at, decode_fact(body)))
    return found


def _row(record: CallRecord, region: str) -> dict[str, object]:
    row = msgspec.structs.asdict(record)
    del row["held"], row["recordings"]  # the facts have them, and the note
    row["number"] = normalise(record.caller, region)
    row["path"] = " > ".join(record.path)
    return row
