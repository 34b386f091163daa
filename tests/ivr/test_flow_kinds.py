"""The node kinds that ask for digits and work things out, as a caller meets them."""

import pytest

from calls.facts import AnswerMissed, CallTagged, NodeEntered, NodeLeft
from calls.media import DigitRule
from ivr.messages import Queued
from tests.ivr.kinds import ADA, NOON, Center, flow, queue_of, texts
from tests.ivr.walk import CALL, Walk

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
