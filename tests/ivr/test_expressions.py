"""The language of conditions: what is known, what is checked, what it says about mistakes."""

import pytest

from ivr.expressions import ExpressionFailed, ExpressionInvalid, Expressions
from ivr.loading import problems
from ivr.templates import Slot, TemplateInvalid, pieces
from tests.ivr.flows import around

LANGUAGE = Expressions({"tries": "number", "total": "decimal"})


@pytest.mark.parametrize(
    ("source", "kind", "names"),
    [
        ("tries + 1", "number", ("tries",)),
        ("total * 2.0", "decimal", ("total",)),
        ('caller.startsWith("tries")', "truth", ("caller",)),
        ("queues.support.waiting", "number", ("queues.support.waiting",)),
        ('vip ? "a" : contact.name', "text", ("contact.name", "vip")),
        ("timestamp('2026-12-24T00:00:00Z')", "moment", ()),
    ],
)
def test_types_and_names_are_known_before_anybody_calls(
    source: str, kind: str, names: tuple[str, ...]
) -> None:
    compiled = LANGUAGE.compile(source)
    assert (compiled.type, compiled.names) == (kind, names)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("tryes", "'tryes', character 1: nothing is called 'tryes'; did you mean 'tries'?"),
        ("ticket", "'ticket' is no value by itself; write for instance ticket.known"),
        ("queues.a.waitin", "queues have no figure 'waitin'; did you mean 'waiting'?"),
        ("total > 3", "character 7: '>' does not go with decimal and number; write a decimal as"),
        ("caller == tries", "'==' does not go with text and number"),
        ("vip && tries", "'&&' does not go with truth and number"),
        ("tries +", "character 8: mismatched input"),
        ("[tries]", "is a list<int>, which flows cannot use"),
        ("__import__('os')", "nothing is called '__import__'"),
    ],
)
def test_mistakes_are_said_with_their_place(source: str, said: str) -> None:
    with pytest.raises(ExpressionInvalid) as raised:
        LANGUAGE.compile(source)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "source",
    ["1 / tries", "int(caller)", "9223372036854775807 + tries + 1", "1.0 / 0.0", "0.0 / 0.0"],
)
def test_what_has_no_value_fails_and_nothing_else(source: str) -> None:
    values: dict[str, str | int] = {"tries": 0, "caller": "anonymous"}
    with pytest.raises(ExpressionFailed):
        LANGUAGE.compile(source).evaluate(values.__getitem__)


def test_a_text_is_taken_apart_into_what_is_fixed_and_its_values() -> None:
    assert pieces("Plain.") == ("Plain.",)
    assert pieces("{{ a || b }}: {{total|money EUR}}, {{ x | date }}") == (
        Slot("a || b"),
        ": ",
        Slot("total", "money", "EUR"),
        ", ",
        Slot("x", "date"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ caller", "one of them lacks"),
        ("caller }}", "one of them lacks"),
        ("{{ caller | digit }}", "no value is said as 'digit'; did you mean 'digits'?"),
        ("{{ total | money XYZ }}", "money is in EUR, GBP, PLN, UAH, USD"),
        ("{{ }}", "there is nothing between"),
    ],
)
def test_braces_that_cannot_be_read(text: str, said: str) -> None:
    with pytest.raises(TemplateInvalid) as raised:
        pieces(text)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (
            "{kind: say, text: {en: 'Hello {{ nam }}.'}, next: operator}",
            "node 'one': 'text.en': 'nam', character 1: nothing is called 'nam'",
        ),
        (
            "{kind: branch, cases: [{if: caller, next: operator}], else: operator}",
            "node 'one': 'cases.0.if': 'caller' is a text, not a truth",
        ),
        (
            "{kind: set, values: {tries: caller}, next: operator}",
            "node 'one': 'values.tries': 'caller' is a text, not a number",
        ),
        (
            "{kind: set, values: {trys: '1'}, next: operator}",
            "node 'one': there is no variable 'trys'; did you mean 'tries'?; "
            "declare it under 'variables'",
        ),
        (
            "{kind: queue, queue: q, priority: vip}",
            "node 'one': 'priority': 'vip' is a truth, not a number or decimal",
        ),
    ],
)
def test_expressions_are_checked_with_the_flow(node: str, said: str) -> None:
    found = problems(around(f"one: {node}", start="one", languages="en"))
    assert any(said in one.message for one in found), found
    assert all(one.place.line == 8 for one in found)


@pytest.mark.parametrize("name", ["vip", "ticket", "queues", "in", "true"])
def test_a_variable_cannot_take_the_name_of_something_else(name: str) -> None:
    source = around("one: {kind: hangup}", start="one", variables=f"{name}: truth")
    assert f"{name!r} means something else; take another name" in str(problems(source)[0])
