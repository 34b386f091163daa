"""What reports and pages read, folded from the committed facts: call records and ticket notes.

A cursor in the database says up to which fact all is done. A batch and its cursor are committed
together, and each record is folded anew from all facts of its call; so a crash, a second run or a
late fact (after-call work) can neither lose nor double anything.
"""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from calls.base import CallId, Instant
from calls.codec import decode_fact
from calls.facts import Fact
from cti import record as cti_record
from cti.notes import call_note
from cti.numbers import for_people, normalise
from desk import tickets
from engine import meta, models
from engine.models import facts
from engine.storage import Database

#: Facts after which the record of an ended call is folded (again).
_TELLING = ("CallEnded", "ConversationEnded", "WrapUpEnded", "TicketAttached")


def catch_up(database: Database, region: str, batch: int = 1000) -> int:
    """Take in all facts committed since the last time; how many there were.

    `region` (ISO 3166) is where national numbers belong.
    """
    taken = 0
    while True:
        with database.session() as session:
            count = _take_batch(session, region, batch)
        taken += count
        if count < batch:
            return taken


def refresh(session: Session, calls: Iterable[CallId], region: str) -> None:
    """Fold the records of those of the `calls` that have ended, and put their notes."""
    for call, call_facts in _facts_of(session, calls).items():
        folded = cti_record.fold(call, call_facts)
        if folded.outcome is None:
            continue
        if folded.ticket is None and (ticket := tickets.drafted_for(session, call)):
            folded.ticket = ticket.id
        session.merge(_row(folded, region))
        if folded.ticket is not None and folded.ended is not None:
            text = call_note(folded, for_people(folded.caller, region))
            author = folded.agent or "ringdesk"
            tickets.put_call_note(session, folded.ticket, call, author, text, folded.ended)


def _take_batch(session: Session, region: str, batch: int) -> int:
    cursor = int(meta.hold(session, meta.PROJECTED))
    following = (
        select(facts.c.seq, facts.c.kind, facts.c.call)
        .where(facts.c.seq > cursor)
        .order_by(facts.c.seq)
        .limit(batch)
    )
    rows = session.execute(following).all()
    if rows:
        refresh(session, {row.call for row in rows if row.kind in _TELLING and row.call}, region)
        meta.write(session, meta.PROJECTED, str(rows[-1].seq))
    return len(rows)


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


def _row(record: cti_record.CallRecord, region: str) -> models.CallRecord:
    return models.CallRecord(
        call=record.call,
        arrived=record.arrived,
        caller=record.caller,
        number=normalise(record.caller, region),
        called=record.called,
        contact=record.contact,
        name=record.name,
        organisation=record.organisation,
        language=record.language,
        flow=record.flow,
        path=" > ".join(record.path),
        queue=record.queue,
        agent=record.agent,
        outcome=record.outcome,
        cause=record.cause,
        waited=record.waited,
        talked=record.talked,
        wrapped=record.wrapped,
        offers=record.offers,
        ticket=record.ticket,
        code=record.code,
        note=record.note,
        ended=record.ended,
        lasted=record.lasted,
    )
