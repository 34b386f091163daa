"""The node kinds that take messages or lead to others, as a caller meets them."""

import pytest

from calls.commands import Answer, Record, StopRecording
from calls.events import KnownTicket, RequestFailed, TicketFound
from calls.facts import FlowStarted, NodeLeft, SurveyAnswered, VoicemailLeft
from calls.requests import FileVoicemail, ReportFault
from ivr.loading import load
from ivr.messages import Finished, Frame, Queued, Transferred
from tests.ivr.flows import around
from tests.ivr.kinds import ADA, Center, drafted, flow, queue_of, texts
from tests.ivr.walk import CALL, LEG, Walk

# --- voicemail

VOICEMAIL = """
message:
  kind: voicemail
  text: {en: Speak.}
  review: {en: Two to speak again.}
  queue: support
  most: 60
  next: sales
  nothing: support
"""


def test_a_message_is_recorded_again_and_filed() -> None:
    walk = Walk(flow(VOICEMAIL, "message"), who=ADA)
    walk.silence()
    first = walk.said[-1]
    assert isinstance(first, Record)
    assert (first.max_seconds, first.silence, first.beep) == (60.0, 5.0, True)
    walk.record(4)
    assert texts(walk) == ["Two to speak again."]
    walk.press("2")
    second = walk.said[-1]
    assert isinstance(second, Record)
    assert second.recording != first.recording
    walk.record(7)
    walk.silence()
    left, asked = walk.said
    assert left == VoicemailLeft(
        call=CALL, recording=second.recording, seconds=7.0, queue="support"
    )
    assert isinstance(asked, FileVoicemail)
    assert (asked.recording, asked.caller, asked.contact) == (
        second.recording,
        "+48600000001",
        3,
    )
    walk.answer(drafted)
    assert queue_of(walk) == "sales"


def test_nothing_said_is_no_message() -> None:
    walk = Walk(flow(VOICEMAIL, "message"))
    walk.silence()
    walk.record(0.4, "silence")
    assert queue_of(walk) == "support"


def test_who_hangs_up_while_speaking_has_left_the_message() -> None:
    walk = Walk(flow(VOICEMAIL, "message"))
    walk.silence()
    said = walk.record(9, "hangup")
    assert [type(output) for output in said] == [VoicemailLeft, FileVoicemail]
    assert walk.hang_up() == []


def test_who_hangs_up_instead_of_confirming_has_left_the_message_too() -> None:
    walk = Walk(flow(VOICEMAIL, "message"))
    walk.silence()
    walk.record(9)
    [left, asked] = walk.hang_up()
    assert isinstance(left, VoicemailLeft)
    assert isinstance(asked, FileVoicemail)
    assert walk.session.deadline() is None


def test_after_a_restart_the_message_is_recorded_anew() -> None:
    walk = Walk(flow(VOICEMAIL, "message"))
    walk.silence()
    stop, answer, again = walk.restart()
    assert isinstance(stop, StopRecording)
    assert answer == Answer(leg=LEG)
    assert isinstance(again, Record)
    assert stop.recording != again.recording
    walk.record(5)
    assert texts(walk) == ["Two to speak again."]


# --- other parties


def test_a_transfer_says_whom_to_ring_and_where_to_go_on() -> None:
    nodes = (
        'night: {kind: transfer, number: "{{ entered }}", timeout: 20, '
        "exits: {busy: support}, error: sales, after: support}"
    )
    walk = Walk(flow(nodes, "night"), variables={"entered": "+48221234567"})
    assert walk.said[-1] == Transferred(
        to="tel:+48221234567",
        language="en",
        timeout=20.0,
        exits={"busy": "support", "error": "sales"},
        after="support",
        variables={"entered": "+48221234567"},
    )


@pytest.mark.parametrize(
    ("party", "to"), [("agent: ada", "agent:ada"), ("extension: gate", "phone:gate")]
)
def test_a_transfer_without_exits_comes_back_to_the_operator(party: str, to: str) -> None:
    walk = Walk(flow(f"night: {{kind: transfer, {party}}}", "night"))
    word = walk.said[-1]
    assert isinstance(word, Transferred)
    assert (word.to, word.exits) == (to, {"error": "operator"})


def test_a_queue_has_all_that_leads_back() -> None:
    nodes = """
wait:
  kind: queue
  queue: support
  language_skill: 0
  priority: "vip ? 120 : 60"
  agent: "{{ entered }}"
  agent_for: 20
  callback: "*"
  keys: {9: sales}
  exits: {closed: sales}
  error: sales
  after: sales
"""
    walk = Walk(flow(nodes, "wait"), who=ADA, variables={"entered": "ada"})
    assert walk.said[-1] == Queued(
        queue="support",
        priority=120.0,
        language="en",
        keys={"9": "sales"},
        callback_key="*",
        exits={"closed": "sales", "error": "sales"},
        after="sales",
        agent="ada",
        agent_for=20.0,
        variables={"entered": "ada"},
    )


CALLBACK = """
offer:
  kind: callback
  queue: support
  text: {en: "Shall we call {{ caller }}?"}
  goodbye: {en: Goodbye.}
  next: support
"""


def test_a_callback_is_a_place_without_the_line() -> None:
    walk = Walk(flow(CALLBACK, "offer"))
    walk.press("1")
    assert texts(walk) == ["Goodbye."]
    walk.silence()
    assert walk.said[-1] == Queued(
        queue="support", skills={"lang:en": 1}, language="en", call_back="+48600000001"
    )


def test_a_callback_declined_and_one_that_cannot_be_made() -> None:
    walk = Walk(flow(CALLBACK, "offer"))
    walk.press("2")
    assert queue_of(walk) == "support"
    assert isinstance(walk.said[-1], Queued)
    assert not walk.said[-1].call_back
    assert queue_of(Walk(flow(CALLBACK, "offer"), caller="anonymous")) == "support"


def test_a_survey_reports_a_score_and_thanks_who_gives_none() -> None:
    nodes = "ask: {kind: survey, text: {en: Well}, tries: 1, next: bye}\nbye: {kind: hangup}"
    walk = Walk(flow(nodes, "ask"), agent="ada", answered=True)
    walk.press("9")
    walk.press("4")
    assert SurveyAnswered(call=CALL, node="ask", question="csat", score=4, agent="ada") in walk.said
    walk = Walk(flow(nodes, "ask"))
    walk.silence()
    walk.silence()
    assert walk.said[-1] == Finished(outcome="completed")
    assert not any(isinstance(output, SurveyAnswered) for output in walk.all)


FAULT = """
outage:
  kind: fault
  ticket: PRB-1001
  text: {en: There is an outage.}
  attached: sales
  next: support
"""


def outage(*, is_open: bool = True) -> Walk:
    walk = Walk(flow(FAULT, "outage"), who=ADA)
    ticket = KnownTicket(id=1, number="PRB-1001", title="Outage")
    walk.answer(
        lambda request: TicketFound(request=request, call=CALL, ticket=ticket, open=is_open)
    )
    return walk


def test_a_known_fault_is_told_and_the_caller_attached_to_it() -> None:
    walk = outage()
    assert texts(walk) == ["There is an outage."]
    walk.press("1")
    report = walk.said[-1]
    assert isinstance(report, ReportFault)
    assert (report.fault, report.contact) == ("PRB-1001", 3)
    walk.answer(drafted)
    assert queue_of(walk) == "sales"


def test_nobody_hears_of_a_fault_that_is_mended_or_cannot_be_asked_for() -> None:
    assert queue_of(outage(is_open=False)) == "support"
    walk = Walk(flow(FAULT, "outage"))
    walk.answer(lambda request: RequestFailed(request=request, call=CALL, detail="no database"))
    assert queue_of(walk) == "support"


def test_who_does_not_mind_the_fault_goes_on() -> None:
    walk = outage()
    walk.silence()
    assert queue_of(walk) == "support"


# --- flows within flows

SUB = """
ask: {kind: collect, text: {en: "Number?"}, into: account, next: done}
done: {kind: return}
"""
MAIN = """
who: {kind: flow, flow: identify, next: tell}
tell: {kind: say, text: {en: "It is {{ account }}."}, next: sales}
"""


def test_a_flow_within_a_flow_returns_with_what_it_collected() -> None:
    center = Center(identify=load(around(SUB, start="ask", languages="en")))
    walk = Walk(flow(MAIN, "who"), surroundings=center)
    assert FlowStarted(call=CALL, flow="test", version=4) in walk.said
    assert walk.session.snapshot().inside == (Frame(flow="identify", version=4, below="who"),)
    walk.end("digits", "77")
    assert NodeLeft(call=CALL, node="who", exit="next") in walk.said
    assert texts(walk) == ["It is", "seven seven"]
    assert walk.session.snapshot().inside == ()


def test_a_flow_that_is_not_there_is_the_error_exit() -> None:
    assert queue_of(Walk(flow(MAIN, "who"))) == "operators"


def test_a_flow_that_enters_itself_for_ever_is_stopped() -> None:
    nodes = "again: {kind: flow, flow: identify, next: operator}"
    itself = load(around(nodes, start="again", languages="en"))
    walk = Walk(itself, surroundings=Center(identify=itself))
    assert queue_of(walk) == "operators"


def test_a_queue_within_a_flow_within_a_flow_leads_back_into_it() -> None:
    nodes = "wait: {kind: queue, queue: q, keys: {1: bye}}\nbye: {kind: return}"
    center = Center(identify=load(around(nodes, start="wait", languages="en")))
    walk = Walk(flow(MAIN, "who"), surroundings=center)
    queued = walk.said[-1]
    assert isinstance(queued, Queued)
    session, _ = walk.session.start(
        walk.flow,
        call=CALL,
        leg=LEG,
        caller="",
        called="",
        language="en",
        now=walk.now,
        entry=queued.keys["1"],
        inside=queued.inside,
        surroundings=center,
    )
    assert session.snapshot().node == "tell"
