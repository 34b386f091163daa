"""Call records and ticket notes come from the journal's facts, whatever happens in between."""

import threading
from collections.abc import Sequence

import pytest
from sqlalchemy import select

from calls.codec import Tick
from calls.events import KnownTicket
from calls.facts import Fact
from calls.views import Published
from desk import call_notes, tickets
from engine import projections
from engine.journal import Entry, Journal
from engine.models import CallRecord
from engine.storage import Database
from tests.cti.stories import abandoned, handled


def write(database: Database, story: Sequence[tuple[float, Fact]]) -> None:
    """Journal facts, each led to by a message of its own."""
    journal = Journal(database)
    end = journal.end()
    journal.append(
        [
            Entry(
                seq=end.message + n,
                at=at,
                message=Tick(),
                facts=[Published(seq=end.fact + n, at=at, fact=fact)],
            )
            for n, (at, fact) in enumerate(story, start=1)
        ]
    )


def ticket_of(database: Database) -> KnownTicket:
    with database.session() as session:
        made = tickets.create(session, "No sound", author="a", at=1.0)
    return KnownTicket(id=made.id, number=made.number, title=made.title)


def records(database: Database) -> list[CallRecord]:
    with database.session() as session:
        return list(session.scalars(select(CallRecord).order_by(CallRecord.call)))


def notes(database: Database, ticket: int) -> list[str]:
    with database.session() as session:
        return [note.text for note in tickets.notes(session, ticket)]


def test_ended_call_is_recorded_and_noted_on_its_ticket(database: Database) -> None:
    ticket = ticket_of(database)
    story = handled(ticket=ticket)
    write(database, story)
    assert projections.catch_up(database, "PL") == len(story)
    (record,) = records(database)
    assert (record.call, record.number, record.agent) == ("c-1", "+48221230101", "agent2")
    assert (record.outcome, record.code, record.path) == (
        "handled",
        "resolved",
        "Main menu > Support",
    )
    assert (record.waited, record.talked, record.wrapped) == (18.0, 125.0, 10.0)
    (note,) = notes(database, ticket.id)
    assert note.startswith("Call from 22 123 01 01 to 1000: handled.\n")
    assert note.endswith("Restarted the router.")
    assert projections.catch_up(database, "PL") == 0


def test_record_appears_at_the_end_and_after_call_work_is_added(database: Database) -> None:
    ticket = ticket_of(database)
    story = handled(ticket=ticket)
    write(database, story[:-2])
    projections.catch_up(database, "PL")
    assert records(database) == []
    write(database, story[-2:-1])
    projections.catch_up(database, "PL")
    assert [(record.outcome, record.code) for record in records(database)] == [("handled", "")]
    assert len(notes(database, ticket.id)) == 1
    write(database, story[-1:])
    projections.catch_up(database, "PL")
    assert [(record.outcome, record.code) for record in records(database)] == [
        ("handled", "resolved")
    ]
    (note,) = notes(database, ticket.id)
    assert "resolved" in note


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_batches_change_nothing(database: Database, batch: int) -> None:
    ticket = ticket_of(database)
    both = sorted([*handled(ticket=ticket), *abandoned()], key=lambda entry: entry[0])
    write(database, both)
    assert projections.catch_up(database, "PL", batch) == len(both)
    assert [record.outcome for record in records(database)] == ["handled", "abandoned_ringing"]
    assert len(notes(database, ticket.id)) == 1


def test_crash_in_a_batch_loses_and_doubles_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = ticket_of(database)
    write(database, handled(ticket=ticket))

    def crash(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(call_notes, "put", crash)
        with pytest.raises(KeyboardInterrupt):
            projections.catch_up(database, "PL")
    assert records(database) == []
    projections.catch_up(database, "PL")
    assert len(records(database)) == 1
    assert len(notes(database, ticket.id)) == 1


def test_two_at_once_do_each_call_once(database: Database) -> None:
    ticket = ticket_of(database)
    write(database, handled(ticket=ticket))
    errors: list[Exception] = []

    def catch_up() -> None:
        try:
            projections.catch_up(database, "PL", batch=2)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=catch_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(records(database)) == 1
    assert len(notes(database, ticket.id)) == 1


def test_deleted_ticket_does_not_stop_the_records(database: Database) -> None:
    ticket = ticket_of(database)
    with database.session() as session:
        session.delete(tickets.get(session, ticket.id))
    write(database, handled(ticket=ticket))
    projections.catch_up(database, "PL")
    assert len(records(database)) == 1
