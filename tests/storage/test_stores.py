"""Who is calling, and a ticket for the call."""

from pathlib import Path

import pytest

from calls.events import CallerIdentified, KnownTicket, RequestFailed, StoreEvent, TicketDrafted
from calls.requests import DraftTicket, IdentifyCaller
from desk import contacts, tickets
from engine import projections, stores
from engine.storage import Database
from tests.cti.stories import abandoned, handled
from tests.storage.test_projections import records, write

NUMBER = "+48221230101"


def identify(database: Database, caller: str) -> StoreEvent:
    return stores.answer(IdentifyCaller(request="r1", call="c-9", caller=caller), database, "PL")


def draft(database: Database, *, contact: int | None = None, call: str = "c-2") -> TicketDrafted:
    answer = stores.answer(
        DraftTicket(
            request="r2",
            call=call,
            caller="221230199",
            contact=contact,
            queue="support",
            agent="agent1",
        ),
        database,
        "PL",
    )
    assert isinstance(answer, TicketDrafted)
    return answer


@pytest.fixture
def anna(database: Database) -> int:
    with database.session() as session:
        clinic = contacts.organisation(session, "Northwind Clinic")
        return contacts.create(
            session,
            "Anna Nowak",
            numbers=[NUMBER],
            organisation_id=clinic.id,
            language="pl",
            vip=True,
        ).id


@pytest.mark.parametrize("caller", [NUMBER, "221230101", "sip:0048221230101@provider"])
def test_contact_is_found_however_the_number_is_written(
    database: Database, anna: int, caller: str
) -> None:
    assert identify(database, caller) == CallerIdentified(
        request="r1",
        call="c-9",
        contact=anna,
        name="Anna Nowak",
        organisation="Northwind Clinic",
        language="pl",
        vip=True,
    )


@pytest.mark.parametrize("caller", ["+48221230109", "anonymous", "", "alice"])
def test_stranger_is_nobody(database: Database, anna: int, caller: str) -> None:
    assert identify(database, caller) == CallerIdentified(request="r1", call="c-9")


def test_open_tickets_come_newest_first(database: Database, anna: int) -> None:
    with database.session() as session:
        old = tickets.create(session, "Old", author="a", contact_id=anna, at=1.0)
        new = tickets.create(session, "New", author="a", contact_id=anna, at=3.0, queue="support")
        tickets.create(session, "Done", author="a", contact_id=anna, at=5.0, status="closed")
        tickets.change(session, old.id, "a", 9.0, status="pending")
    answer = identify(database, NUMBER)
    assert isinstance(answer, CallerIdentified)
    assert answer.tickets == (
        KnownTicket(id=new.id, number=new.number, title="New", status="new", queue="support"),
        KnownTicket(id=old.id, number=old.number, title="Old", status="pending"),
    )


def test_of_several_with_one_number_the_newest_ticket_decides(
    database: Database, anna: int
) -> None:
    with database.session() as session:
        bob = contacts.create(session, "Bob", numbers=[NUMBER]).id
        contacts.create(session, "Cid", numbers=[NUMBER])
    answer = identify(database, NUMBER)
    assert isinstance(answer, CallerIdentified)
    assert answer.name == "Anna Nowak"
    with database.session() as session:
        tickets.create(session, "T", author="a", contact_id=bob)
    answer = identify(database, NUMBER)
    assert isinstance(answer, CallerIdentified)
    assert answer.name == "Bob"


def test_last_five_calls_of_the_number(database: Database) -> None:
    for n in range(7):
        shifted = [(at + n, fact) for at, fact in abandoned(f"c-{n}", "22 123 01 01")]
        write(database, shifted)
    projections.catch_up(database, "PL")
    answer = identify(database, NUMBER)
    assert isinstance(answer, CallerIdentified)
    assert [known.call for known in answer.calls] == ["c-6", "c-5", "c-4", "c-3", "c-2"]
    assert answer.calls[0].at == 306.0
    assert answer.calls[0].outcome == "abandoned_ringing"
    assert answer.calls[0].queue == "support"


def test_whom_they_talked_with_last_is_known_also_after_many_calls_in_vain(
    database: Database,
) -> None:
    write(database, handled("c-old"))
    for n in range(6):
        shifted = [(at + n, fact) for at, fact in abandoned(f"c-{n}", NUMBER)]
        write(database, shifted)
    projections.catch_up(database, "PL")
    answer = identify(database, NUMBER)
    assert isinstance(answer, CallerIdentified)
    assert [known.call for known in answer.calls] == ["c-5", "c-4", "c-3", "c-2", "c-1", "c-old"]
    assert answer.calls[-1].agent == "agent2"


def test_withheld_numbers_are_not_one_caller(database: Database) -> None:
    write(database, abandoned("c-1", "anonymous"))
    projections.catch_up(database, "PL")
    answer = identify(database, "anonymous")
    assert isinstance(answer, CallerIdentified)
    assert answer.calls == ()


def test_call_is_drafted_one_ticket_however_often_asked(database: Database) -> None:
    first, again = draft(database), draft(database)
    assert first == again
    assert first.ticket.number == "INC-1001"
    assert first.ticket.title == "Call from 22 123 01 99"
    with database.session() as session:
        ticket = tickets.get(session, first.ticket.id)
        assert (ticket.caller, ticket.queue, ticket.assignee, ticket.status) == (
            "+48221230199",
            "support",
            "agent1",
            "new",
        )
    assert draft(database, call="c-3").ticket.number == "INC-1002"


def test_draft_for_a_contact_names_them(database: Database, anna: int) -> None:
    drafted = draft(database, contact=anna)
    assert drafted.ticket.title == "Call from Anna Nowak"
    answer = identify(database, NUMBER)
    assert isinstance(answer, CallerIdentified)
    assert [ticket.id for ticket in answer.tickets] == [drafted.ticket.id]


def test_contact_deleted_meanwhile_does_not_stop_the_draft(database: Database) -> None:
    assert draft(database, contact=99).ticket.title == "Call from 22 123 01 99"


def test_draft_made_after_the_call_ended_still_gets_its_note(database: Database) -> None:
    write(database, abandoned("c-2"))
    projections.catch_up(database, "PL")
    assert [record.ticket for record in records(database)] == [None]
    ticket = draft(database).ticket
    assert [record.ticket for record in records(database)] == [ticket.id]
    with database.session() as session:
        (note,) = tickets.notes(session, ticket.id)
    assert note.text.startswith("Call from withheld to 1001: caller left")


def test_draft_that_no_fact_tells_of_is_found_by_the_record(database: Database) -> None:
    ticket = draft(database).ticket
    write(database, abandoned("c-2"))
    projections.catch_up(database, "PL")
    assert [record.ticket for record in records(database)] == [ticket.id]


def test_failing_store_is_an_answer_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    database = Database(f"sqlite:///{tmp_path / 'file' / 'ringdesk.db'}")
    answer = identify(database, NUMBER)
    assert isinstance(answer, RequestFailed)
    assert (answer.request, answer.call) == ("r1", "c-9")
    assert "ringdesk.db" in answer.detail
