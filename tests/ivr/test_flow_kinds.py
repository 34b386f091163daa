"""The node kinds that work things out, ask stores or lead elsewhere, as a caller meets them."""

import pytest

from calls.commands import Prompt, Record, StopRecording
from calls.events import (
    CallerIdentified,
    KnownTicket,
    RequestFailed,
    ServiceAnswered,
    StoreEvent,
    TicketDrafted,
    TicketFound,
)
from calls.facts import (
    AnswerMissed,
    CallTagged,
    FlowStarted,
    NodeEntered,
    NodeLeft,
    SurveyAnswered,
    VoicemailLeft,
)
from calls.media import DigitRule
from calls.requests import AskService, FileVoicemail, FindTicket, ReportFault
from ivr.flow import Flow
from ivr.loading import load
from ivr.messages import Finished, Frame, Queued, Transferred
from ivr.surroundings import QueueNow
from tests.ivr.flows import around
from tests.ivr.walk import CALL, LEG, Walk

#: Tuesday 24 November 2026, 12:00 in Warsaw.
NOON = 1_795_518_000.0

ADA = CallerIdentified(
    request="r",
    call=CALL,
    contact=3,
    name="Ada",
    organisation="Byron",
    vip=True,
    tickets=(KnownTicket(id=9, number="INC-1009", title="Router", priority=2),),
)
ENDS = "\n".join(f"{name}: {{kind: queue, queue: {name}}}" for name in ("sales", "support"))


def flow(nodes: str, start: str, languages: str = "en") -> Flow:
    return load(around(f"{nodes.strip()}\n{ENDS}", start=start, languages=languages,
                       entries="sales, support"))  # fmt: skip


def queue_of(walk: Walk) -> str:
    assert isinstance(walk.said[-1], Queued), walk.said
    return walk.said[-1].queue


def texts(walk: Walk) -> list[str]:
    prompt = walk.said[-1]
    assert isinstance(prompt, Prompt)
    return [getattr(media, "text", "") for media in prompt.media]


# --- collect

COLLECT = """
number:
  kind: collect
  text: {en: "Your number?"}
  into: account
  least: 3
  most: 6
  tries: 1
  between: 2
  confirm: {en: "You entered {{ account }}. Right?"}
  no_match: {text: {en: No.}}
  next: tell
tell: {kind: say, text: {en: "Thank you for {{ account }}."}, next: sales}
"""


def test_collect_takes_digits_and_has_them_confirmed() -> None:
    walk = Walk(flow(COLLECT, "number"))
    assert walk.waits_for is not None
    assert walk.waits_for.digits == DigitRule(max_digits=6, terminators="#", inter_timeout=2.0)
    walk.end("digits", "04711")
    assert texts(walk) == ["You entered", "zero four, seven one one", ". Right?"]
    assert walk.heard[0] == "test.number.confirm.1 [en]"
    walk.press("1")
    assert walk.variables == {"account": "04711"}
    assert texts(walk) == ["Thank you for", "zero four, seven one one"]


@pytest.mark.parametrize("entered", ["12", "1*3", ""])
def test_collect_asks_again_for_what_is_no_number(entered: str) -> None:
    walk = Walk(flow(COLLECT, "number"))
    walk.end("digits", entered)
    assert texts(walk) == ["No.", "Your number?"]
    missed = AnswerMissed(call=CALL, node="number", what="no_match", digits=entered)
    assert missed in walk.said
    walk.end("no_input")
    assert queue_of(walk) == "operators"
    assert NodeLeft(call=CALL, node="number", exit="no_input") in walk.said


def test_collect_asks_anew_when_it_is_not_confirmed() -> None:
    walk = Walk(flow(COLLECT, "number"))
    walk.end("digits", "123")
    walk.press("2")
    walk.end("digits", "456")
    walk.press("1")
    assert walk.variables == {"account": "456"}


# --- hours

HOURS = """
clock:
  kind: hours
  weekly: {tue: ["09:00-17:00"]}
  exceptions: {"2026-12-01": []}
  open: support
  closed: sales
"""


@pytest.mark.parametrize(
    ("at", "queue"),
    [
        (NOON, "support"),
        (NOON + 5 * 3600, "sales"),
        (NOON + 24 * 3600, "sales"),
        (NOON + 7 * 24 * 3600, "sales"),
        (NOON + 14 * 24 * 3600, "support"),
    ],
)
def test_hours_lead_by_the_clock_of_their_zone(at: float, queue: str) -> None:
    assert queue_of(Walk(flow(HOURS, "clock"), now=at)) == queue


# --- branch, set, and what they know


class Center:
    """One queue, and flows by name."""

    def __init__(self, waiting: int = 0, **flows: Flow) -> None:
        self.waiting = waiting
        self.flows = flows

    def newest(self, name: str) -> int | None:
        return 4 if name in self.flows else None

    def flow(self, name: str, version: int) -> Flow:
        assert version == 4
        return self.flows[name]

    def queue(self, name: str) -> QueueNow | None:
        return QueueNow(waiting=self.waiting) if name == "support" else None


BRANCH = """
route:
  kind: branch
  cases:
    - {if: vip && queues.support.waiting > 5, next: sales}
    - {if: 'caller.startsWith("+48") && ticket.priority < 3', next: support}
  else: operator
"""


@pytest.mark.parametrize(
    ("waiting", "caller", "queue"),
    [(6, "+49", "sales"), (5, "+48123456789", "support"), (5, "+49", "operators")],
)
def test_branch_takes_the_first_condition_that_holds(waiting: int, caller: str, queue: str) -> None:
    center = Center(waiting)
    walk = Walk(flow(BRANCH, "route"), who=ADA, caller=caller, surroundings=center)
    assert queue_of(walk) == queue


def test_what_depends_on_the_caller_waits_for_the_look_up() -> None:
    walk = Walk(flow(BRANCH, "route"), surroundings=Center(9))
    assert [type(output) for output in walk.said] == [NodeEntered]
    walk.tell(ADA)
    assert queue_of(walk) == "sales"


def test_a_look_up_that_never_comes_is_not_waited_for_twice() -> None:
    walk = Walk(flow(BRANCH, "route"), caller="+49", surroundings=Center(9))
    walk.wait(1.9)
    assert walk.said == []
    walk.wait(0.2)
    assert queue_of(walk) == "operators"


def test_a_figure_of_a_queue_that_is_not_there_is_an_error_not_a_guess() -> None:
    walk = Walk(flow(BRANCH.replace("support.waiting", "nope.waiting"), "route"), who=ADA,
                surroundings=Center())  # fmt: skip
    assert NodeLeft(call=CALL, node="route", exit="error") in walk.said
    assert queue_of(walk) == "operators"


def test_set_works_values_out_together_and_tags_the_call() -> None:
    nodes = """
count: {kind: set, values: {tries: tries + 1, total: double(tries) / 2.0}, next: again}
again:
  kind: set
  values: {tries: tries + 1, total: double(tries) / 2.0}
  tags: [billing, "from-{{ contact.name }}"]
  next: sales
"""
    walk = Walk(flow(nodes, "count"), who=ADA)
    assert walk.variables == {"tries": 2, "total": 0.5}
    assert isinstance(walk.said[-1], Queued)
    assert walk.said[-1].variables == {"tries": 2, "total": 0.5}
    tags = [output.tag for output in walk.said if isinstance(output, CallTagged)]
    assert tags == ["billing", "from-Ada"]


def test_a_division_by_zero_is_the_error_exit() -> None:
    nodes = "count: {kind: set, values: {tries: 1 / tries}, next: support, error: sales}"
    assert queue_of(Walk(flow(nodes, "count"))) == "sales"


# --- look-ups

TICKET = """
ticket: {kind: lookup, find: ticket, number: "{{ entered }}", found: tell, not_found: sales}
tell: {kind: say, text: {en: "{{ ticket.title }} is {{ ticket.status }}."}, next: support}
"""


def test_a_ticket_is_found_by_its_number() -> None:
    walk = Walk(flow(TICKET, "ticket"), variables={"entered": "1009"}, who=ADA)
    asked = walk.said[-1]
    assert isinstance(asked, FindTicket)
    assert (asked.number, asked.contact) == ("1009", 3)
    found = KnownTicket(id=4, number="INC-1009", title="Printer")
    walk.answer(lambda request: TicketFound(request=request, call=CALL, ticket=found))
    assert texts(walk) == ["Printer", "is", "open"]


@pytest.mark.parametrize("failed", [True, False])
def test_a_ticket_that_is_not_there_and_a_store_that_fails(failed: bool) -> None:
    walk = Walk(flow(TICKET, "ticket"), variables={"entered": "1"})
    if failed:
        walk.wait(6)
        assert queue_of(walk) == "operators"
    else:
        walk.answer(lambda request: TicketFound(request=request, call=CALL))
        assert queue_of(walk) == "sales"


def test_an_answer_to_something_else_changes_nothing() -> None:
    walk = Walk(flow(TICKET, "ticket"), variables={"entered": "1"})
    assert walk.tell(TicketFound(request="other", call=CALL)) == []
    assert not walk.over


@pytest.mark.parametrize("known", [True, False])
def test_whether_the_caller_is_a_contact(known: bool) -> None:
    nodes = "who: {kind: lookup, find: contact, found: support, not_found: sales}"
    walk = Walk(flow(nodes, "who"))
    walk.tell(ADA if known else CallerIdentified(request="r", call=CALL))
    assert queue_of(walk) == ("support" if known else "sales")


HTTP = """
order:
  kind: http
  url: "https://shop.example/orders/{{ entered }}"
  method: POST
  body: {caller: caller, vip: vip}
  take: {account: state.name, total: sum}
  next: tell
  not_found: sales
tell: {kind: say, text: {en: "{{ account }}: {{ total | money EUR }}"}, next: support}
"""


def shop(answer: int | None, values: dict[str, str | int | float | bool], extra: str = "") -> Walk:
    """The status of the service's answer; None: none comes."""
    nodes = HTTP.replace("  next: tell\n  not", f"{extra}  next: tell\n  not")
    walk = Walk(flow(nodes, "order"), who=ADA, variables={"entered": "A/1?"})
    if answer is None:
        walk.wait(4.5)
    else:
        walk.answer(
            lambda request: ServiceAnswered(
                request=request, call=CALL, status=answer, values=values
            )
        )
    return walk


def test_a_service_is_asked_and_its_answer_spoken() -> None:
    walk = shop(200, {"account": "shipped", "total": 12.5})
    [asked] = [output for output in walk.all if isinstance(output, AskService)]
    assert asked.url == "https://shop.example/orders/A%2F1%3F"
    assert asked.body == {"caller": "+48600000001", "vip": True}
    assert asked.take == {"account": "state.name", "total": "sum"}
    assert texts(walk) == ["shipped", "twelve euro, fifty cents"]


@pytest.mark.parametrize(
    ("status", "values", "queue"),
    [
        (404, {}, "sales"),
        (500, {}, "operators"),
        (200, {"account": "shipped"}, "operators"),
        (200, {"account": "shipped", "total": "much"}, "operators"),
        (None, {}, "operators"),
    ],
)
def test_a_service_that_does_not_answer_well(
    status: int | None, values: dict[str, str | int | float | bool], queue: str
) -> None:
    assert queue_of(shop(status, values)) == queue


@pytest.mark.parametrize("status", [500, None])
def test_the_fallback_of_a_service(status: int | None) -> None:
    walk = shop(status, {}, "  fallback: {account: '\"unknown\"', total: '0.0'}\n")
    assert texts(walk) == ["unknown", "zero euro"]


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


def drafted(request: str) -> StoreEvent:
    ticket = KnownTicket(id=12, number="INC-1012", title="Message")
    return TicketDrafted(request=request, call=CALL, ticket=ticket)


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
    stop, again = walk.restart()
    assert isinstance(stop, StopRecording)
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
