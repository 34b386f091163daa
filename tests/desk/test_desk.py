"""Contacts and tickets, as a clerk at the desk knows them."""

import threading

import pytest
from sqlalchemy.orm import Session

from calls.errors import InputInvalid
from desk import call_notes, contacts, drafts, tickets
from desk.drafts import Draft
from desk.priority import priority
from engine.storage import Database


def test_impact_times_urgency_is_the_priority() -> None:
    matrix = [[priority(impact, urgency) for urgency in (1, 2, 3)] for impact in (1, 2, 3)]
    assert matrix == [[1, 2, 3], [2, 3, 4], [3, 4, 5]]
    with pytest.raises(ValueError, match="1 to 3"):
        priority(0, 2)


def test_each_kind_counts_its_own_numbers(database: Database) -> None:
    with database.session() as session:
        made = [
            tickets.create(session, "T", author="a", kind=kind).number
            for kind in ("incident", "incident", "request", "problem", "change")
        ]
    assert made == ["INC-1001", "INC-1002", "REQ-1001", "PRB-1001", "CHG-1001"]


def test_number_of_a_ticket_that_was_not_kept_is_free_again(database: Database) -> None:
    def fail() -> None:
        with database.session() as session:
            tickets.create(session, "Lost", author="a")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with database.session() as session:
        assert tickets.create(session, "Kept", author="a").number == "INC-1001"


def test_ticket_takes_its_contact_s_organisation(database: Database) -> None:
    with database.session() as session:
        clinic = contacts.organisation(session, "Clinic")
        anna = contacts.create(session, "Anna", organisation_id=clinic.id)
        ticket = tickets.create(session, "T", author="a", contact_id=anna.id)
    assert ticket.contact is not None
    assert (ticket.contact.name, ticket.organisation_id) == ("Anna", clinic.id)
    assert ticket.organisation is not None
    assert ticket.organisation.name == "Clinic"


def test_changes_are_kept_with_their_author(database: Database) -> None:
    with database.session() as session:
        ticket = tickets.create(session, "Slow", author="agent1", at=100.0)
        tickets.change(session, ticket.id, "agent2", 200.0, impact=1, urgency=1, title="Slow")
        tickets.change(session, ticket.id, "agent2", 300.0, status="resolved")
    assert (ticket.priority, ticket.status, ticket.resolved, ticket.updated) == (
        1,
        "resolved",
        300.0,
        300.0,
    )
    with database.session() as session:
        told = [
            (change.at, change.author, change.field, change.before, change.after)
            for change in tickets.history(session, ticket.id)
        ]
    assert told == [
        (300.0, "agent2", "status", "new", "resolved"),
        (200.0, "agent2", "urgency", "2", "1"),
        (200.0, "agent2", "impact", "2", "1"),
        (100.0, "agent1", "created", "", "INC-1001"),
    ]


def test_reopened_ticket_is_resolved_no_more(database: Database) -> None:
    with database.session() as session:
        ticket = tickets.create(session, "T", author="a", status="resolved", at=1.0)
        assert ticket.resolved == 1.0
        assert tickets.change(session, ticket.id, "a", 2.0, status="open").resolved is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "wish"),
        ("status", "gone"),
        ("impact", 4),
        ("urgency", "high"),
        ("title", "  "),
        ("contact_id", 99),
        ("priority", 1),
        ("number", "INC-1"),
    ],
)
def test_bad_field_is_named_and_nothing_changes(
    database: Database, field: str, value: object
) -> None:
    with database.session() as session:
        ticket = tickets.create(session, "T", author="a")
    with pytest.raises(InputInvalid, match=f"^{field}:"), database.session() as session:
        tickets.change(session, ticket.id, "a", description="new", **{field: value})  # type: ignore[arg-type]
    with database.session() as session:
        assert tickets.get(session, ticket.id).description == ""
        assert len(tickets.history(session, ticket.id)) == 1


def test_missing_ticket_is_named(database: Database) -> None:
    with database.session() as session:
        with pytest.raises(InputInvalid, match="no ticket 42"):
            tickets.get(session, 42)
        with pytest.raises(InputInvalid, match="no ticket 42"):
            tickets.change(session, 42, "a", title="T")
        with pytest.raises(InputInvalid, match="no ticket 42"):
            tickets.add_note(session, 42, "a", "text")


def test_tickets_are_found_by_any_word_of_any_language(database: Database) -> None:
    with database.session() as session:
        lukasz = contacts.create(session, "Łukasz Żak")
        broken = tickets.create(session, "Drukarka nie działa", author="a", contact_id=lukasz.id)
        other = tickets.create(
            session, "100% CPU", author="a", caller="+48221230199", status="closed"
        )

        def found(words: str = "", **narrow: object) -> list[int]:
            return [ticket.id for ticket in tickets.search(session, words, **narrow)]  # type: ignore[arg-type]

        assert found("łukasz DRUKARKA") == [broken.id]
        assert found("inc-1002") == [other.id]
        assert found("0%") == [other.id]
        assert found("1230199") == [other.id]
        assert found("nothing") == []
        assert found(open_only=True) == [broken.id]
        assert found(contact_id=lukasz.id) == [broken.id]
        assert found(limit=1, offset=1) == [broken.id]
        by_number = tickets.by_number(session, " inc-1001 ")
        assert by_number is not None
        assert by_number.id == broken.id


def test_notes_are_listed_newest_first(database: Database) -> None:
    with database.session() as session:
        ticket = tickets.create(session, "T", author="a", at=1.0)
        tickets.add_note(session, ticket.id, "agent1", " first ", at=10.0)
        tickets.add_note(session, ticket.id, "agent1", "second", call="c-1", at=20.0)
        assert [note.text for note in tickets.notes(session, ticket.id)] == ["second", "first"]
        assert tickets.get(session, ticket.id).updated == 20.0
        with pytest.raises(InputInvalid, match="needs a text"):
            tickets.add_note(session, ticket.id, "agent1", "\n")


def test_call_leaves_one_note_that_moves_with_its_ticket(database: Database) -> None:
    with database.session() as session:
        first = tickets.create(session, "First", author="a")
        second = tickets.create(session, "Second", author="a")
        for ticket, text in ((first.id, "Call"), (second.id, "Call, wrapped up")):
            note = call_notes.CallNote(ticket, "c-1", "agent1", text, at=10.0)
            nowhere = call_notes.CallNote(99, "c-2", "agent1", "on a deleted ticket", at=10.0)
            call_notes.put(session.connection(), [note, nowhere])
    with database.session() as session:
        assert tickets.notes(session, first.id) == []
        assert [note.text for note in tickets.notes(session, second.id)] == ["Call, wrapped up"]


def test_call_gets_one_draft_however_many_ask_at_once(database: Database) -> None:
    numbers: list[str] = []

    def ask() -> None:
        with database.session() as session:
            draft = Draft(
                call="c-1",
                caller="+48221230199",
                title="Call from +48221230199",
                contact_id=None,
                queue="support",
                assignee="agent1",
            )
            made = drafts.put(session.connection(), [draft])
            numbers.extend(ticket.number for ticket in made)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers == ["INC-1001"] * 8


def with_number(session: Session, number: str) -> list[int]:
    found = contacts.with_numbers(session.connection(), [number])
    return [person.id for person in found[number]]


def test_contacts_are_found_by_name_number_and_organisation(database: Database) -> None:
    with database.session() as session:
        clinic = contacts.organisation(session, "Northwind Clinic")
        assert contacts.organisation(session, " Northwind Clinic ").id == clinic.id
        anna = contacts.create(
            session, "Anna Nowak", numbers=["+48221230101", "1234"], organisation_id=clinic.id
        )
        bob = contacts.create(session, "Bob", numbers=["1234"])
        assert with_number(session, "1234") == [anna.id, bob.id]
        assert with_number(session, "") == []
        for words in ("nowak", "CLINIC anna", "1230101"):
            assert contacts.search(session, words) == [anna]
        contacts.set_numbers(session, anna.id, ["+48221230102", "1234", "1234"])
    with database.session() as session:
        again = contacts.get(session, anna.id)
        assert [row.number for row in again.numbers] == ["+48221230102", "1234"]
        assert with_number(session, "+48221230101") == []
