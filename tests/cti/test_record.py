"""A call's record, note, timeline and ticket, from its facts alone."""

from typing import Any

import pytest

from calls import facts
from calls.events import CallerIdentified, KnownTicket
from calls.facts import Fact
from cti.notes import call_note
from cti.policy import choose_ticket
from cti.record import CallRecord, fold
from cti.timeline import timeline
from cti.words import duration
from tests.cti.stories import ANNA, TICKET, abandoned, handled, kept_place


def test_handled_call_is_recorded_with_every_figure() -> None:
    assert fold("c-1", handled()) == CallRecord(
        call="c-1",
        arrived=100.0,
        caller="+48221230101",
        called="1000",
        contact=3,
        name="Anna Nowak",
        organisation="Northwind Clinic",
        language="pl",
        flow="main",
        path=["Main menu", "Support"],
        queue="support",
        agent="agent2",
        offers=2,
        waited=18.0,
        talked=125.0,
        wrapped=10.0,
        ticket=7,
        code="resolved",
        note="Restarted the router.",
        outcome="handled",
        cause="hangup",
        ended=248.0,
        lasted=148.0,
    )


def test_abandoned_call_names_no_agent() -> None:
    record = fold("c-2", abandoned())
    assert (record.outcome, record.agent, record.queue) == ("abandoned_ringing", "", "support")
    assert (record.waited, record.talked, record.offers) == (4.0, 0.0, 1)


def test_call_that_is_up_has_no_outcome() -> None:
    assert fold("c-1", handled()[:-2]).outcome is None


def test_note_of_a_handled_call() -> None:
    assert call_note(fold("c-1", handled()), "22 123 01 01", "/play/{}".format) == (
        "Call from 22 123 01 01 to 1000: handled.\n"
        "Menu: Main menu > Support. Queue: support, waited 18 s.\n"
        "agent2 talked 2 min 5 s, wrap-up 10 s: resolved.\n"
        "Restarted the router."
    )


def test_note_of_an_abandoned_call() -> None:
    assert call_note(fold("c-2", abandoned()), "withheld", "/play/{}".format) == (
        "Call from withheld to 1001: caller left while an agent's phone rang.\n"
        "Queue: support, waited 4 s."
    )


def test_a_note_tells_holds_and_where_recordings_can_be_heard() -> None:
    more: list[tuple[float, Fact]] = [
        (
            300.0,
            facts.ConversationEnded(
                call="c-1", agent="agent2", queue="support", talked=60.0, by="agent", held=20.0
            ),
        ),
        (301.0, facts.ConversationRecorded(call="c-1", agent="a", recording="c-9", seconds=65.0)),
        (301.0, facts.ConversationRecorded(call="c-1", agent="a", recording="c-8", seconds=0.0)),
    ]
    note = call_note(fold("c-1", [*handled(), *more]), "22 123 01 01", "/play/{}".format)
    assert note.splitlines()[2:4] == [
        "agent2 talked 3 min 5 s, of it 20 s on hold, wrap-up 10 s: resolved.",
        "Recorded, 1 min 5 s: /play/c-9",
    ]


def test_timeline_tells_the_call_in_plain_words() -> None:
    told = [f"{entry.after:.1f} {entry.text}" for entry in timeline(handled())]
    assert told == [
        "0.0 Call from +48221230101 to 1000",
        "0.0 Flow main, version 2",
        "0.1 The caller is Anna Nowak, Northwind Clinic",
        "0.2 Came to Main menu",
        "3.0 Pressed nothing",
        "3.0 Came to Main menu",
        "5.0 Pressed 2",
        "5.0 Chose the language pl",
        "5.0 Came to Support",
        "5.0 Queued for support at position 1; needs lang:pl 5",
        "5.0 Offered to agent1 after 0 s of waiting",
        "20.0 agent1 did not answer after 15 s",
        "20.0 Offered to agent2 after 15 s of waiting",
        "20.0 Ticket INC-1007 (No sound) belongs to the call",
        "20.0 agent2's page showed ticket INC-1007",
        "23.0 agent2 answered after 3 s",
        "23.0 Talks with agent2 after 18 s of waiting",
        "148.0 The caller ended the conversation with agent2 after 2 min 5 s",
        "148.0 The call ended after 2 min 28 s: handled (the caller hung up)",
        "158.0 agent2 finished after-call work after 10 s: resolved",
    ]


def test_timeline_of_nothing_is_empty() -> None:
    nothing: list[tuple[float, Fact]] = []
    assert timeline(nothing) == []


def test_newest_open_ticket_is_chosen() -> None:
    older = KnownTicket(id=1, number="INC-1001", title="Old")
    assert choose_ticket(ANNA) == TICKET
    assert choose_ticket(CallerIdentified(request="r", call="c", contact=3)) is None
    several = CallerIdentified(request="r", call="c", contact=3, tickets=(TICKET, older))
    assert choose_ticket(several) == TICKET
    stranger = CallerIdentified(request="r", call="c", contact=None)
    assert choose_ticket(stranger) is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (-1, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (3780, "1 h 3 min"),
    ],
)
def test_durations_are_said_shortly(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_kept_place_is_told_and_recorded() -> None:
    record = fold("c-3", kept_place())
    assert record.virtual
    assert not fold("c-1", handled()).virtual
    assert (record.queue, record.agent, record.waited) == ("sales", "agent4", 230.0)
    assert [entry.text for entry in timeline(kept_place())] == [
        "Call from +48221230102 to 1000",
        "Queued for support at position 9",
        "Too many callers were ahead: sent to queue sales from support",
        "Queued for sales at position 2; needs sales 5; only for agent4 during the first 20 s",
        "Was told: position 2, 1 min to 3 min still to wait",
        "No longer for one agent only; needs sales 5",
        "Hung up and keeps the place, to be called at +48221230102",
        "Needs less from now on: sales 2; agents of support may take it as well; rings up to 2",
        "Called back for agent4, attempt 1: busy; tried again later",
        "Called back for agent4, attempt 2: answered",
        "Talks with agent4 after 3 min 50 s of waiting",
    ]


def test_a_conversation_outside_is_told() -> None:
    told = timeline(
        [
            (0.0, facts.OutsideDialled(call="c-1", number="112")),
            (2.0, facts.OutsideJoined(call="c-1", number="112")),
            (62.0, facts.OutsideEnded(call="c-1", number="112", cause="hangup", talked=60.0)),
            (70.0, facts.OutsideEnded(call="c-1", number="113", cause="busy")),
        ]
    )
    assert [entry.text for entry in told] == [
        "Dialled 112 for the caller",
        "Talks with 112",
        "The conversation with 112 ended after 1 min",
        "113 did not come into the call: busy",
    ]


def test_what_is_done_with_a_conversation_is_told() -> None:
    of: dict[str, Any] = {"call": "c-1", "agent": "ann"}
    happened: list[Fact] = [
        facts.RecordingStarted(**of, recording="r1"),
        facts.SupervisionStarted(supervisor="eva", agent="ann", mode="whisper", call="c-1"),
        facts.CallHeld(**of),
        facts.ConsultStarted(**of, to="queue:sales"),
        facts.ConsultEnded(**of, to="queue:sales", outcome="busy"),
        facts.ConsultStarted(**of, to="queue:sales"),
        facts.ConsultJoined(**of, to="queue:sales", other="bob"),
        facts.ConsultEnded(**of, to="queue:sales", outcome="transferred", talked=61.0),
        facts.CallResumed(**of, held=65.0),
        facts.RecordingPaused(**of, recording="r1", paused=True, by="ann"),
        facts.ConversationRecorded(**of, recording="r1", seconds=9.0),
        facts.CallTransferred(**of, to="agent:bob", kind="warm"),
        facts.ConversationEnded(**of, queue="support", talked=90.0, by="agent", held=65.0),
    ]
    told = timeline((float(at), fact) for at, fact in enumerate(happened))
    assert [entry.text for entry in told] == [
        "The conversation with ann was recorded from now on, as the queue has it",
        "eva could be heard by ann",
        "ann put the caller on hold",
        "ann asked queue sales while the caller was held",
        "The talk of ann with queue sales did not come about: busy",
        "ann asked queue sales while the caller was held",
        "ann talks with bob",
        "The talk of ann with queue sales led to the caller being passed on after 1 min 1 s",
        "The hold ended after 1 min 5 s",
        "The recording was paused by ann",
        "Recorded 9 s of the conversation with ann",
        "ann passed the caller on to bob, after asking",
        "The agent ended the conversation with ann after 1 min 30 s, 1 min 5 s of it on hold",
    ]


def test_who_is_put_through_to_one_agent_waits_for_nobody_else() -> None:
    queued = facts.CallQueued(
        call="c", queue="support", position=1, agent_only="bob", agent_for=3645.0,
        skills={"agent:bob": 10, "support": 1},
    )  # fmt: skip
    assert [entry.text for entry in timeline([(0.0, queued)])] == [
        "Put through to bob, as a call of support"
    ]
