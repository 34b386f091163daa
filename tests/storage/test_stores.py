"""Who is calling, and a ticket for the call."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from calls.events import (
    CallerIdentified,
    KnownTicket,
    RequestFailed,
    StoreEvent,
    TicketDrafted,
    TicketFound,
)
from calls.requests import DraftTicket, FileVoicemail, FindTicket, IdentifyCaller, ReportFault
from desk import contacts, tickets
from desk.models import Ticket
from engine import projections, stores
from engine.filing import recording_file
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


def test_each_of_several_callers_gets_their_own_answer(database: Database, anna: int) -> None:
    with database.session() as session:
        bob = contacts.create(session, "Bob", numbers=["+48221230102"]).id
        tickets.create(session, "Bob's", author="a", contact_id=bob)
    write(database, abandoned("c-1", NUMBER))
    projections.catch_up(database, "PL")
    callers = [NUMBER, "anonymous", "+48221230102", "+48221230109", NUMBER]
    answers = stores.answer_all(
        [
            IdentifyCaller(request=f"r-{n}", call=f"c-{n}", caller=caller)
            for n, caller in enumerate(callers, 2)
        ],
        database,
        "PL",
    )
    told = [
        (
            one.call,
            one.contact,
            [ticket.title for ticket in one.tickets],
            [call.call for call in one.calls],
        )
        for one in answers
        if isinstance(one, CallerIdentified)
    ]
    assert told == [
        ("c-2", anna, [], ["c-1"]),
        ("c-3", None, [], []),
        ("c-4", bob, ["Bob's"], []),
        ("c-5", None, [], []),
        ("c-6", anna, [], ["c-1"]),
    ]


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


def test_a_long_name_is_cut_and_the_call_has_its_ticket(database: Database) -> None:
    with database.session() as session:
        name = "A" * tickets.MOST_TITLE
        long = contacts.create(session, name, numbers=["+48221230177"]).id
    title = draft(database, contact=long).ticket.title
    assert title == f"Call from {name}"[: tickets.MOST_TITLE]


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


# --- what flows ask


def draft_for(call: str, contact: int | None = None) -> DraftTicket:
    return DraftTicket(
        request=f"{call}/{contact}",
        call=call,
        caller="221230199",
        contact=contact,
        queue="support",
        agent="agent1",
    )


def test_one_of_several_that_fails_spoils_nothing_for_the_others(database: Database) -> None:
    nothing = ReportFault(request="r-2", call="c-2", fault="PRB-9", caller=NUMBER)
    first, failed, last = stores.answer_all(
        [draft_for("c-1"), nothing, draft_for("c-3")], database, "PL"
    )
    assert isinstance(first, TicketDrafted)
    assert isinstance(last, TicketDrafted)
    assert isinstance(failed, RequestFailed)
    assert [first.request, failed.request, last.request] == ["c-1/None", "r-2", "c-3/None"]
    assert digits(last) == digits(first) + 1, "no number is lost"


def test_a_draft_asked_for_again_takes_no_number(database: Database) -> None:
    asked = [draft_for("c-1"), draft_for("c-1"), draft_for("c-2")]
    first, again, other = stores.answer_all(asked, database, "PL")
    assert isinstance(first, TicketDrafted)
    assert isinstance(again, TicketDrafted)
    assert isinstance(other, TicketDrafted)
    assert again.ticket == first.ticket
    assert digits(other) == digits(first) + 1


def test_a_draft_for_a_call_that_has_ended_comes_into_its_record(database: Database) -> None:
    write(database, abandoned("c-1"))
    projections.catch_up(database, "PL")
    drafted, _ = stores.answer_all([draft_for("c-1"), draft_for("c-2")], database, "PL")
    assert isinstance(drafted, TicketDrafted)
    [record] = records(database)
    assert record.ticket == drafted.ticket.id


def digits(drafted: TicketDrafted) -> int:
    return int(drafted.ticket.number.partition("-")[2])


@pytest.fixture
def router(database: Database, anna: int) -> Ticket:
    """Anna's ticket, and a request with the same digits that is somebody else's."""
    with database.session() as session:
        mine = tickets.create(session, "Router", author="a", contact_id=anna, status="open")
        tickets.create(session, "Cable", author="a", kind="request")
        return mine


def find(database: Database, number: str, contact: int | None = None) -> TicketFound:
    request = FindTicket(request="r", call="c-3", number=number, contact=contact)
    answer = stores.answer(request, database, "PL")
    assert isinstance(answer, TicketFound)
    return answer


def test_a_ticket_is_found_by_its_digits_and_those_of_the_contact_come_first(
    database: Database, anna: int, router: Ticket
) -> None:
    digits = router.number.partition("-")[2]
    found = find(database, router.number.lower())
    assert found.ticket is not None
    assert (found.ticket.title, found.open) == ("Router", True)
    assert getattr(find(database, digits).ticket, "title", "") == "Cable", "the newest"
    assert getattr(find(database, digits, anna).ticket, "title", "") == "Router"
    assert getattr(find(database, f"00{digits}", anna).ticket, "title", "") == "Router"


@pytest.mark.parametrize("number", ["", "INC-99", "99", "²", "x" * 400])
def test_a_number_that_no_ticket_has(database: Database, router: Ticket, number: str) -> None:
    assert find(database, number).ticket is None


def test_a_ticket_that_is_closed_is_found_but_not_open(database: Database, router: Ticket) -> None:
    with database.session() as session:
        tickets.change(session, router.id, "a", 9.0, status="closed")
    assert not find(database, router.number).open


def voicemail(database: Database, ticket: int | None, recording: str = "c-3.flow-1") -> KnownTicket:
    request = FileVoicemail(
        request="r",
        call="c-3",
        recording=recording,
        seconds=12.4,
        caller=NUMBER,
        ticket=ticket,
        queue="support",
    )
    answer = stores.answer(request, database, "PL")
    assert isinstance(answer, TicketDrafted)
    return answer.ticket


def test_a_message_is_written_on_the_calls_ticket_once(database: Database, router: Ticket) -> None:
    for _ in range(2):
        assert voicemail(database, router.id).id == router.id
    with database.session() as session:
        assert [note.text for note in tickets.notes(session, router.id)] == [
            "Voice message from 22 123 01 01, 12 seconds: /recordings/c-3.flow-1"
        ]


def test_a_message_and_a_batch_of_records_do_not_wait_for_one_another(
    database: Database, router: Ticket
) -> None:
    """A batch writes on the tickets of its calls when it has taken its turn."""
    with ThreadPoolExecutor() as threads:
        with database.session() as batch:
            projections.hold(batch.connection())
            message = threads.submit(voicemail, database, router.id)
            until_it_waits(database, message)
            tickets.add_note(batch, router.id, "ringdesk", "The call ended.")
        assert message.result().id == router.id


def until_it_waits(database: Database, work: "Future[KnownTicket]") -> None:
    """Until another session has come to where only one may be; SQLite lets one write at a time."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    while not database.sqlite and not work.done():
        with database.session() as session:
            if session.scalar(waiting):
                return


def test_a_message_without_a_ticket_makes_one(database: Database, anna: int) -> None:
    made = voicemail(database, None)
    assert (made.title, made.queue) == ("Voice message from 22 123 01 01", "support")
    assert voicemail(database, None, "c-3.flow-2").id == made.id
    with database.session() as session:
        assert len(tickets.notes(session, made.id)) == 2


def test_a_caller_is_attached_to_a_known_fault(database: Database, anna: int) -> None:
    with database.session() as session:
        fault = tickets.create(session, "No internet", author="a", kind="problem", queue="net")
    request = ReportFault(request="r", call="c-3", fault=fault.number, caller=NUMBER, contact=anna)
    for _ in range(2):
        answer = stores.answer(request, database, "PL")
    assert isinstance(answer, TicketDrafted)
    assert (answer.ticket.title, answer.ticket.queue) == ("Anna Nowak: No internet", "net")
    with database.session() as session:
        [told] = tickets.notes(session, fault.id)
        assert "Anna Nowak (22 123 01 01)" in told.text
        assert answer.ticket.number in told.text
        [own] = tickets.notes(session, answer.ticket.id)
        assert fault.number in own.text


def test_a_fault_that_is_not_there_is_an_answer_too(database: Database) -> None:
    request = ReportFault(request="r", call="c-3", fault="PRB-9", caller=NUMBER)
    answer = stores.answer(request, database, "PL")
    assert isinstance(answer, RequestFailed)
    assert "PRB-9" in answer.detail


@pytest.mark.parametrize("name", ["../secrets", "/etc/passwd", ".hidden", "nothing"])
def test_only_recordings_are_played(tmp_path: Path, name: str) -> None:
    (tmp_path / "c-3.flow-1.wav").write_bytes(b"RIFF")
    assert recording_file(tmp_path, name) is None
    assert recording_file(tmp_path, "c-3.flow-1") == tmp_path / "c-3.flow-1.wav"


def numbers(answers: list[StoreEvent]) -> list[str]:
    return [one.ticket.number for one in answers if isinstance(one, TicketDrafted)]


def test_drafts_asked_for_together_are_numbered_in_their_order_and_none_is_left_out(
    database: Database, anna: int
) -> None:
    """Also where a call is asked for twice, and one had its draft already."""
    draft(database, call="c-3")
    calls = ["c-2", "c-3", "c-1", "c-2"]
    answers = stores.answer_all([draft_for(call) for call in calls], database, "PL")
    assert numbers(answers) == ["INC-1002", "INC-1001", "INC-1003", "INC-1002"]
    assert draft(database, call="c-4").ticket.number == "INC-1004"


def test_a_contact_deleted_since_the_look_up_leaves_the_others_theirs(
    database: Database, anna: int
) -> None:
    asked = [draft_for("c-1", anna), draft_for("c-2", anna + 1)]
    answers = stores.answer_all(asked, database, "PL")
    with database.session() as session:
        made = [tickets.by_number(session, number) for number in numbers(answers)]
    assert [(one.title, one.contact_id) for one in made if one] == [
        ("Call from Anna Nowak", anna),
        ("Call from 22 123 01 99", None),
    ]


def test_two_who_draft_for_the_same_calls_at_once_make_one_ticket_for_each(
    database: Database,
) -> None:
    calls = [f"c-{number}" for number in range(20)]
    batches = [calls, calls[::-1]] * 3
    with ThreadPoolExecutor(len(batches)) as threads:
        found = list(
            threads.map(
                lambda batch: numbers(
                    stores.answer_all([draft_for(call) for call in batch], database, "PL")
                ),
                batches,
            )
        )
    assert len(set(found[0])) == len(calls)
    assert all(made == (found[0] if n % 2 == 0 else found[0][::-1]) for n, made in enumerate(found))
    with database.session() as session:
        assert len(tickets.search(session)) == len(calls)
