"""Each node kind, as a caller meets it."""

import inspect
import textwrap
from typing import get_args

import pytest

from calls.commands import Answer, Prompt
from calls.facts import LanguageChosen, NodeEntered, NodeLeft
from calls.media import DigitRule
from ivr.loading import load
from ivr.messages import Finished, Queued
from ivr.node import Node
from ivr.nodes import AnyNode
from tests.ivr.flows import around
from tests.ivr.walk import LEG, Walk

MENU = """
menu:
  kind: menu
  text: {en: Press one or star., pl: Jeden albo gwiazdka.}
  keys: {1: sales, "*": menu}
  tries: 1
  timeout: 7
  no_match: {text: {en: Wrong., pl: Źle.}, next: wrong}
  no_input: {next: silent}
sales: {kind: queue, queue: sales}
wrong: {kind: queue, queue: wrong}
silent: {kind: queue, queue: silent}
"""


def menu() -> Walk:
    return Walk(load(around(MENU, start="menu")))


def queue_of(walk: Walk) -> str:
    assert isinstance(walk.said[-1], Queued)
    return walk.said[-1].queue


@pytest.mark.parametrize("kind", get_args(AnyNode), ids=lambda kind: kind.__name__)
def test_the_example_in_a_kinds_documentation_is_a_node_of_that_kind(kind: type[Node]) -> None:
    documentation = inspect.cleandoc(kind.__doc__ or "")
    example = textwrap.dedent(documentation.partition(".. code-block:: yaml\n")[2])
    name = example.strip().partition(":")[0]
    others = "\n".join(
        f"{other}: {{kind: queue, queue: {other}}}"
        for other in ("menu", "sales", "support")
        if other != name
    )
    flow = load(around(f"{example}\n{others}", start=name, entries="menu, sales, support"))
    assert type(flow.nodes[name]) is kind


def test_say_speaks_the_callers_language_and_goes_on() -> None:
    walk = Walk(
        load(
            around(
                "hello: {kind: say, text: {en: Hello., pl: Cześć.}, next: bye}\n"
                "bye: {kind: hangup}",
                start="hello",
            )
        ),
        language="pl",
    )
    prompt = walk.said[-1]
    assert isinstance(prompt, Prompt)
    assert walk.heard == ["test.hello [pl]"]
    assert prompt.barge_in
    assert prompt.digits is None, "digits pressed in it must be left for what follows"
    walk.silence()
    assert walk.said[-1] == Finished(outcome="completed")


def test_hangup_without_a_word_does_not_answer_the_call() -> None:
    walk = Walk(load(around("bye: {kind: hangup}", start="bye")))
    assert not any(isinstance(output, Answer) for output in walk.all)
    assert walk.said[-1] == Finished(outcome="completed")


def test_the_call_is_answered_once_before_anything_is_played() -> None:
    walk = menu()
    walk.press("5")
    played = [output for output in walk.all if isinstance(output, Answer | Prompt)]
    assert [type(output) for output in played] == [Answer, Prompt, Prompt]


def test_menu_asks_for_one_key_of_any_kind() -> None:
    prompt = menu().waits_for
    assert prompt is not None
    assert prompt.barge_in
    assert prompt.digits == DigitRule(max_digits=1, terminators="", first_timeout=7.0)


def test_menu_follows_a_key() -> None:
    walk = menu()
    walk.press("1")
    assert queue_of(walk) == "sales"
    assert NodeLeft(call="c-7", node="menu", exit="1", digits="1") in walk.said


def test_menu_says_what_was_wrong_and_asks_again() -> None:
    walk = menu()
    walk.press("4")
    assert walk.heard == ["test.menu.no_match [en]", "test.menu [en]"]
    walk.press("1")
    assert queue_of(walk) == "sales"


def test_menu_without_a_text_for_silence_just_asks_again() -> None:
    walk = menu()
    walk.silence()
    assert walk.heard == ["test.menu [en]"]


@pytest.mark.parametrize(("last", "queue"), [("wrong", "wrong"), ("silent", "silent")])
def test_menu_counts_wrong_keys_and_silence_together(last: str, queue: str) -> None:
    walk = menu()
    if last == "wrong":
        walk.silence()
        walk.press("0")
    else:
        walk.press("0")
        walk.silence()
    assert queue_of(walk) == queue


def test_menu_counts_anew_when_it_is_entered_again() -> None:
    walk = menu()
    for _ in range(5):
        walk.silence()
        walk.press("*")
    assert walk.node == "menu"
    walk.silence()
    assert not walk.over


def test_a_stray_terminator_is_a_wrong_key() -> None:
    walk = menu()
    walk.end("digits", "")
    assert walk.heard[0] == "test.menu.no_match [en]"


def test_without_exits_of_its_own_a_menu_leads_to_the_operator() -> None:
    nodes = "menu: {kind: menu, tries: 0, text: {en: One., pl: Jeden.}, keys: {1: menu}}"
    for mistake in ("silence", "wrong"):
        walk = Walk(load(around(nodes, start="menu")))
        if mistake == "silence":
            walk.silence()
        else:
            walk.press("8")
        assert queue_of(walk) == "operators"


LANGUAGES = """
language:
  kind: language
  choices:
    1: {language: en, text: English.}
    2: {language: pl, text: Polski.}
  next: hello
  tries: 0
hello: {kind: say, text: {en: Hello., pl: Cześć.}, next: support}
support: {kind: queue, queue: support, language_skill: 4, skills: {router: 6}, priority: 30}
"""


def test_language_offers_each_in_itself() -> None:
    walk = Walk(load(around(LANGUAGES, start="language")))
    assert walk.heard == ["test.language.en [en]", "test.language.pl [pl]"]


def test_the_chosen_language_holds_for_the_rest_of_the_call() -> None:
    walk = Walk(load(around(LANGUAGES, start="language")))
    walk.press("2")
    assert LanguageChosen(call="c-7", language="pl") in walk.said
    assert walk.heard == ["test.hello [pl]"]
    walk.silence()
    assert walk.said[-1] == Queued(
        queue="support", skills={"lang:pl": 4, "router": 6}, priority=30.0, language="pl"
    )


def test_without_a_choice_the_numbers_language_stays() -> None:
    walk = Walk(load(around(LANGUAGES, start="language")), language="pl")
    walk.silence()
    assert walk.said[-1] == Queued(queue="operators", skills={"lang:pl": 1}, language="pl")
    assert not any(isinstance(output, LanguageChosen) for output in walk.all)


def test_queue_can_do_without_a_language() -> None:
    nodes = "any: {kind: queue, queue: any, language_skill: 0}"
    walk = Walk(load(around(nodes, start="any")))
    assert walk.said[-1] == Queued(queue="any", language="en")


def test_titles_reach_the_menu_path() -> None:
    nodes = "any: {kind: queue, title: Anything else, queue: any}"
    walk = Walk(load(around(nodes, start="any")))
    assert walk.said[0] == NodeEntered(call="c-7", node="any", kind="queue", title="Anything else")


ALL_ANSWERED = {
    "say": "{kind: say, text: {en: a, pl: b}, next: bye}",
    "menu": "{kind: menu, text: {en: a, pl: b}, keys: {1: bye}}",
    "queue": "{kind: queue, queue: q}",
    "transfer": "{kind: transfer, number: '1', exits: {busy: bye}}",
    "voicemail": "{kind: voicemail, text: {en: a, pl: b}, next: bye}",
    "survey": "{kind: survey, text: {en: a, pl: b}, next: bye}",
    "tagged": "{kind: set, tags: [a], next: menu}",
    "busy": "{kind: branch, cases: [{if: queues.q.waiting > 5, next: say}], else: tagged}",
    "hours": "{kind: hours, weekly: {mon: ['09:00-10:00']}, open: busy, closed: queue}",
}
NOT_ALL_ANSWERED = {
    "bye": "{kind: hangup}",
    "http": "{kind: http, url: 'http://a/', next: queue}",
    "offered": "{kind: callback, queue: q, text: {en: a, pl: b}, next: bye}",
    "known": "{kind: branch, cases: [{if: vip, next: queue}], else: queue}",
    "greeted": "{kind: say, text: {en: '{{ contact.name }}', pl: b}, next: queue}",
    "refused": "{kind: branch, cases: [{if: queues.q.waiting > 5, next: bye}], else: queue}",
    "closed": "{kind: hours, weekly: {mon: ['09:00-10:00']}, open: queue, closed: bye}",
    "odd": "{kind: branch, cases: [{if: int(caller) > 5, next: queue}], else: queue, error: bye}",
}


def test_where_everybody_is_answered_at_once_can_be_told_from_the_flow() -> None:
    nodes = {**ALL_ANSWERED, **NOT_ALL_ANSWERED}
    rows = "\n".join(f"{name}: {fields}" for name, fields in nodes.items())
    flow = load(around(rows, start="hours", entries=", ".join(nodes)))
    assert flow.taking_calls == {*ALL_ANSWERED, "operator"}
    for name in nodes:  # a number that the caller withholds is no number
        walk = Walk(flow, entry=name, language="pl", caller="")
        if name in flow.taking_calls:
            assert Answer(leg=LEG) in walk.all
