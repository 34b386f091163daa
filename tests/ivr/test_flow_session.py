"""What holds for every session: nobody is left in silence, nothing runs away."""

import msgspec
import pytest
import yaml

from calls.commands import Prompt, StopPrompt
from calls.events import CallerIdentified, Tick
from calls.facts import NodeEntered
from calls.media import Speech
from ivr.flow import Flow
from ivr.loading import load
from ivr.messages import Finished, Queued
from ivr.session import MAX_IDLE_NODES
from tests.ivr.flows import around, demo
from tests.ivr.walk import CALL, LEG, Walk


def test_a_prompt_that_is_not_waited_for_changes_nothing() -> None:
    walk = Walk(demo("main"))
    before = walk.session.snapshot()
    walk.end("digits", "2", prompt="c-7.flow-0")
    assert walk.said == []
    assert walk.session.snapshot() == before


def test_after_a_restart_the_prompt_is_said_again_under_a_new_name() -> None:
    walk = Walk(demo("main"))
    first = walk.waits_for
    assert first is not None
    walk.restart()
    again = walk.waits_for
    assert again is not None
    assert walk.said[0] == StopPrompt(leg=LEG, prompt=first.prompt)
    assert again.prompt != first.prompt
    assert (again.media, again.digits) == (first.media, first.digits)
    walk.end("stopped", prompt=first.prompt)
    assert walk.said == []
    walk.press("2")
    assert walk.heard == ["main.greeting [pl]"]


def test_a_restart_does_not_forget_mistakes() -> None:
    walk = Walk(demo("main"))
    for _ in range(3):
        walk.restart()
        walk.press("9")
    assert walk.node == "to_operator"


def test_nothing_is_resumed_after_the_end() -> None:
    walk = Walk(demo("support"))
    walk.silence()
    assert walk.restart() == []


def test_a_tick_too_early_changes_nothing() -> None:
    walk = Walk(demo("main"))
    deadline = walk.session.deadline()
    assert deadline is not None
    assert walk.session.handle(Tick(), deadline - 0.001) == []
    assert walk.session.handle(Tick(), deadline) != []


def test_a_long_prompt_is_given_the_time_it_takes() -> None:
    long = "word " * 400  # two to three minutes of speech
    nodes = f"tale: {{kind: say, text: {{en: '{long}'}}, next: operator}}"
    walk = Walk(load(around(nodes, start="tale", languages="en")))
    walk.wait(180)
    assert walk.said == []


def test_who_the_caller_is_does_not_disturb_the_flow() -> None:
    walk = Walk(demo("main"))
    known = CallerIdentified(request="r", call=CALL, contact=3, name="Ada", language="uk")
    assert walk.session.handle(known, walk.now) == []
    walk.press("1")
    assert walk.heard == ["main.greeting [en]"]


FAILING = """
hello: {kind: say, text: {en: Hello.}, next: bye, error: sorry}
sorry: {kind: say, text: {en: Sorry.}, next: bye}
bye: {kind: hangup}
"""


def test_a_failing_node_takes_its_own_error_exit_first() -> None:
    walk = Walk(load(around(FAILING, start="hello", languages="en")))
    walk.fail()
    assert walk.node == "sorry"
    walk.fail()
    assert isinstance(walk.said[-1], Queued)
    assert walk.said[-1].queue == "operators"


def test_a_failing_menu_leads_to_the_operator_though_no_prompt_can_be_played() -> None:
    walk = Walk(demo("main"))
    walk.press("1")
    while not walk.over:
        walk.fail()
    assert isinstance(walk.said[-1], Queued)
    entered = [output.node for output in walk.all if isinstance(output, NodeEntered)]
    assert entered == ["language", "greeting", "to_operator", "operator"]


def test_an_operator_that_fails_itself_is_passed_not_repeated() -> None:
    source = around(FAILING, start="hello", languages="en").replace(
        "operator: operator", "operator: sorry"
    )
    source = source.replace("  operator: {kind: queue, queue: operators}\n", "")
    walk = Walk(load(source))
    walk.fail()  # hello -> sorry, by its error exit
    walk.fail()
    assert walk.said[-1] == Finished(outcome="completed")


CIRCLE = """
one: {kind: say, text: {en: One.}, next: two, error: three}
two: {kind: say, text: {en: Two.}, next: operator, error: three}
three: {kind: say, text: {en: Three.}, next: one, error: two}
"""


def test_a_flow_that_goes_round_ends_at_the_operator() -> None:
    source = around(CIRCLE, start="one", languages="en").replace("next: one", "next: two")
    walk = Walk(load(source))
    steps = 0
    while not walk.over:
        walk.fail()
        steps += 1
        assert steps <= 2 * MAX_IDLE_NODES
    assert isinstance(walk.said[-1], Queued)
    assert walk.said[-1].queue == "operators"


def test_keys_keep_a_caller_in_the_flow_as_long_as_they_like() -> None:
    walk = Walk(demo("main"))
    walk.press("1")
    walk.silence()
    for _ in range(3 * MAX_IDLE_NODES):
        walk.press("9")
    assert walk.node == "menu"


def test_prompts_of_one_call_have_names_of_their_own() -> None:
    walk = Walk(demo("main"))
    for _ in range(4):
        walk.press("3")
        walk.restart()
    names = [output.prompt for output in walk.all if isinstance(output, Prompt)]
    assert len(names) == len(set(names)) > 4


def test_a_prompt_stopped_by_somebody_counts_as_heard() -> None:
    walk = Walk(demo("support"))
    walk.end("stopped")
    assert isinstance(walk.said[-1], Queued)


# --- flows that run away


class Itself:
    """A center whose only flow is this one."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def newest(self, name: str) -> int | None:
        return 1

    def flow(self, name: str, version: int) -> Flow:
        return self._flow

    def queue(self, name: str) -> None:
        return None


@pytest.mark.parametrize(
    "nodes",
    [
        "one: {kind: flow, flow: test, next: operator}",
        "one: {kind: set, values: {tries: tries + 1}, next: two}\n"
        "two: {kind: flow, flow: test, next: one, error: one}",
    ],
)
def test_who_is_led_from_flow_to_flow_without_end_comes_to_a_person(nodes: str) -> None:
    source = around(nodes, start="one", languages="en")
    flow = msgspec.convert(yaml.safe_load(source), Flow)  # the check would not let all through
    walk = Walk(flow, surroundings=Itself(flow))
    for _ in range(3):
        if not walk.over:
            walk.wait(600)
    assert isinstance(walk.said[-1], Queued | Finished)
    entered = [output for output in walk.all if isinstance(output, NodeEntered)]
    assert len(entered) <= 2 * MAX_IDLE_NODES + 2
    if isinstance(walk.said[-1], Queued):
        assert walk.said[-1].queue == "operators"


GROWS = """
more:
  kind: menu
  text: {en: Press one.}
  keys: {1: grow, 2: tell}
grow: {kind: set, values: {account: 'account + account + "0123456789"'}, next: more}
tell: {kind: say, text: {en: "{{ %s }}"}, next: bye}
bye: {kind: hangup}
"""


def test_a_text_that_doubles_with_every_key_stays_small() -> None:
    walk = Walk(load(around(GROWS % "account", start="more", languages="en")))
    for _ in range(60):
        walk.press("1")
    assert len(walk.variables["account"]) == 1000
    walk.press("2")
    prompt = walk.waits_for
    assert prompt is not None
    assert 1000 <= sum(len(one.text) for one in prompt.media if isinstance(one, Speech)) <= 10_000


def test_a_text_beyond_all_bounds_is_not_said_but_the_caller_comes_to_a_person() -> None:
    long = " + ".join(["account"] * 20)
    walk = Walk(load(around(GROWS % long, start="more", languages="en")))
    for _ in range(20):
        walk.press("1")
    walk.press("2")
    assert isinstance(walk.said[-1], Queued)
    assert walk.said[-1].queue == "operators"
