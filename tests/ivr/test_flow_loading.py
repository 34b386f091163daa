"""What is wrong with a flow file is said with its place and its remedy, all of it at once."""

import pytest

from calls.errors import FlowInvalid
from ivr.loading import load, problems, schema
from tests.ivr.flows import around

GOOD = """\
flow: main
languages: [en, pl]
start: menu
operator: desk
nodes:
  menu:
    kind: menu
    text: {en: One or two., pl: Jeden albo dwa.}
    keys:
      1: desk
      2: bye
  bye:
    kind: say
    text:
      en: Goodbye.
      pl: Do widzenia.
    next: end
  end: {kind: hangup}
  desk: {kind: queue, queue: support}
"""


def found(source: str) -> list[str]:
    return [str(problem) for problem in problems(source, "main.yaml")]


def test_the_good_flow_is_good() -> None:
    assert load(GOOD).flow == "main"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "1: desk",
            "1: desc",
            "10:10: node 'menu': 'keys.1' leads to 'desc', which is no node; did you mean 'desk'?",
        ),
        (
            "2: bye",
            "2: bye\n      1: bye",
            "12:7: node 'menu': 'keys' has '1' twice (first in line 10); remove one",
        ),
        (
            "      pl: Do widzenia.\n",
            "",
            "15:7: node 'bye': 'text' has no text in 'pl'; add it",
        ),
        (
            "pl: Do widzenia.",
            "pl: Do widzenia.\n      de: Tschüs.",
            "17:11: node 'bye' speaks 'de', which the flow does not; "
            "add it to 'languages' or remove the text",
        ),
        (
            "pl: Do widzenia.",
            "pl:",
            "16:10: node 'bye': 'text.pl' must be a text to be spoken; it is empty",
        ),
        (
            "    next: end\n",
            "",
            "13:5: node 'bye' lacks 'next': the name of the node that follows; "
            "without it the caller is at a dead end",
        ),
        (
            "kind: say",
            "kind: sya",
            "13:11: node 'bye': no kind 'sya'; did you mean 'say'?",
        ),
        (
            "    kind: say\n",
            "",
            "13:5: node 'bye' lacks 'kind': one of branch, callback, collect, fault, "
            "flow, hangup, hours, http, language, lookup, menu, prompt, queue, return, say, set, "
            "survey, transfer, voicemail",
        ),
        (
            "    next: end",
            "    nxt: end\n    next: end",
            "17:5: node 'bye' has no field 'nxt'; did you mean 'next'?",
        ),
        (
            "      2: bye",
            "      2: bye\n      12: bye",
            "12:7: node 'menu': 'keys.12' must be one key of the phone: 0 to 9, \"*\" or \"#\", "
            "not '12'",
        ),
        (
            "    keys:",
            "    tries: 10\n    keys:",
            "9:12: node 'menu': 'tries' must be a whole number from 0 to 9, not '10'",
        ),
        (
            "    keys:",
            "    timeout: soon\n    keys:",
            "9:14: node 'menu': 'timeout' must be a number of seconds from 1 to 60, not 'soon'",
        ),
        (
            "languages: [en, pl]",
            "languages: english",
            "2:12: 'languages' must be a list of language codes, not 'english'",
        ),
        (
            "languages: [en, pl]",
            "languages: []",
            "2:12: 'languages' must be a list of language codes; it is empty",
        ),
        (
            "start: menu",
            "start: manu",
            "3:8: 'start' leads to 'manu', which is no node; did you mean 'menu'?",
        ),
        (
            "operator: desk\n",
            "",
            "1:1: the flow lacks 'operator': the name of a node",
        ),
        (
            "  end: {kind: hangup}",
            "  end: {kind: hangup}\n  lost: {kind: hangup}",
            "19:9: node 'lost' is reached from nowhere; lead an edge to it, "
            "list it in 'entries' or remove it",
        ),
        (
            "operator: desk",
            "operator: menu",
            "4:11: 'operator' leads to the menu 'menu', which waits for a key; "
            "the operator must be reached without one",
        ),
        (
            "next: end",
            "next: bye",
            "13:5: node 'bye' leads back to itself without a key being pressed; "
            "a silent caller would go round for ever",
        ),
    ],
)
def test_one_mistake(old: str, new: str, expected: str) -> None:
    assert old in GOOD
    assert f"main.yaml:{expected}" in found(GOOD.replace(old, new, 1))


def test_a_circle_of_keys_that_nobody_gets_out_of() -> None:
    nodes = """
one: {kind: say, text: {en: One.}, next: two}
two: {kind: menu, text: {en: Two.}, keys: {1: one, 2: bye}}
bye: {kind: hangup}
"""
    assert found(around(nodes, start="one", languages="en")) == []


def test_a_language_offered_twice_or_not_spoken() -> None:
    nodes = """
ask:
  kind: language
  choices:
    1: {language: en, text: English.}
    2: {language: en, text: Again.}
    3: {language: de, text: Deutsch.}
  next: operator
"""
    assert found(around(nodes, start="ask")) == [
        "main.yaml:12:10: node 'ask': 'en' is offered by the keys 1 and 2; remove one",
        "main.yaml:13:21: node 'ask' speaks 'de', which the flow does not; "
        "add it to 'languages' or remove the text",
    ]


def test_what_is_wrong_with_the_shape_comes_with_all_else() -> None:
    nodes = """
ask: {kind: menu, text: {en: One.}, keys: {1: nowhere, 2: round}}
round: {kind: say, text: {en: Again.}, next: round}
lost: {kind: hangup}
"""
    said = found(around(nodes, start="ask", languages="en"))
    assert [line.partition(": ")[2].partition(";")[0] for line in said] == [
        "node 'ask': 'keys.1' leads to 'nowhere', which is no node",
        "node 'round' leads back to itself without a key being pressed",
        "from node 'round' no way leads to a queue or a hang-up",
        "node 'lost' is reached from nowhere",
    ]


def test_a_malformed_node_may_lead_anywhere_once_it_is_mended() -> None:
    nodes = """
ask: {kind: menu, text: {en: One.}, keys: {1: odd, 2: before}}
odd: {kind: sya, text: {en: Hm.}, next: lost}
before: {kind: say, text: {en: Hm.}, next: odd}
lost: {kind: hangup}
"""
    said = found(around(nodes, start="ask", languages="en"))
    assert [line.partition(": ")[2] for line in said] == [
        "node 'odd': no kind 'sya'; did you mean 'say'?"
    ]


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    source = GOOD.replace("1: desk", "1: desc").replace("kind: say", "kind: sya")
    source = source.replace("queue: support}", "queue: support, skills: {router: 11}}")
    assert found(source) == [
        "main.yaml:10:10: node 'menu': 'keys.1' leads to 'desc', which is no node; "
        "did you mean 'desk'?",
        "main.yaml:13:11: node 'bye': no kind 'sya'; did you mean 'say'?",
        "main.yaml:19:56: node 'desk': 'skills.router' must be a proficiency from 1 to 10, "
        "not '11'",
    ]
    with pytest.raises(FlowInvalid) as raised:
        load(source, "main.yaml")
    assert str(raised.value).splitlines() == found(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "1:1: the file is empty; begin with 'flow: ...'"),
        ("flow: [", "1:8: this is not YAML: "),
        ("a: 1\nb: *c", "2:4: this is not YAML: found undefined alias 'c'"),
        ("flow: \x00", "1:1: this is not YAML: special characters are not allowed"),
        ("- flow", "1:1: the flow must be a group of 'name: value' lines, not a list"),
        ("[" * 5000, "1:1: this is nested far too deeply"),
        ("flow: a\n---\nflow: b", "2:1: this is not YAML: "),
        ("flow: &a [*a]", "1:7: 'flow' must be a name of small letters"),
        ("? [flow]\n: a", "1:3: the flow has a list where a name belongs"),
    ],
)
def test_what_is_no_flow_at_all(source: str, expected: str) -> None:
    assert any(line.startswith(f"main.yaml:{expected}") for line in found(source)), found(source)


def test_words_that_yaml_would_take_for_something_else_stay_words() -> None:
    flow = load(
        "flow: no\nlanguages: [no]\nstart: on\noperator: off\nnodes:\n"
        "  on: {kind: say, title: 1.10, text: {no: yes}, next: off}\n"
        "  off: {kind: queue, queue: y}\n"
    )
    assert flow.languages == ("no",)
    assert flow.nodes["on"].title == "1.10"


def test_the_schema_knows_every_kind_and_describes_its_fields() -> None:
    document = schema()
    assert set(document["$defs"]) >= {"Flow", "SayNode", "MenuNode", "LanguageNode", "QueueNode"}
    assert document["$defs"]["MenuNode"]["properties"]["kind"] == {"enum": ["menu"]}
    assert "a text for each" in document["$defs"]["SayNode"]["properties"]["text"]["description"]


# --- what is written to hurt


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "  end:",
            "\tend:",
            "18:1: this is not YAML: found character '\\t' that cannot start any token; "
            "indent with spaces, not with tabs",
        ),
        (
            "flow: main",
            "---\nflow: main\n---\nflow: main",
            "3:1: this is not YAML: but found another document; "
            "write one flow in a file, without '---' inside",
        ),
        (
            "pl: Do widzenia.",
            'pl: "\\ud800"',
            "16:11: node 'bye': 'text.pl' must be a text without the character '\\ud800'",
        ),
        (
            "pl: Do widzenia.",
            'pl: "Do\\u0000"',
            "16:11: node 'bye': 'text.pl' must be a text without the character '\\x00'",
        ),
        (
            "queue: support}",
            "queue: support, priority: 1e400}",
            "19:49: node 'desk': 'priority': '1e400' has no value; "
            "write one that can be worked out",
        ),
        (
            "queue: support}",
            "queue: support, priority: '" + "1+" * 600 + "1'}",
            "19:49: node 'desk': 'priority': an expression has at most 1000 characters, not 1201; "
            "set variables on the way",
        ),
        (
            "queue: support}",
            "queue: support, priority: '[1].map(a, [2].map(b, a * b)).size()'}",
            "19:49: node 'desk': 'priority': '[1].map(a, [2].map(b, a * b)).size()' goes through a "
            "list more than once; set a variable on the way",
        ),
    ],
)
def test_one_attack(old: str, new: str, expected: str) -> None:
    assert old in GOOD
    assert f"main.yaml:{expected}" in found(GOOD.replace(old, new, 1))


def test_anchors_do_not_blow_a_small_file_up() -> None:
    cases = ", ".join(["{if: vip, next: q}"] * 500)
    rows = "\n".join(f"  n{number}: *b" for number in range(500))
    source = (
        "flow: main\nlanguages: [en]\nstart: n0\noperator: q\nnodes:\n"
        f"  first: &b {{kind: branch, cases: [{cases}], else: q}}\n{rows}\n"
        "  q: {kind: queue, queue: sales}\n"
    )
    assert len(source) < 20_000
    assert found(source)[0] == (
        "main.yaml:1:1: this has more than 100000 values, those that '*' repeats counted each "
        "time; make several flows of it"
    )


def test_a_file_beyond_all_bounds_is_not_read() -> None:
    assert found(GOOD + "#" * 1_000_000) == [
        f"main.yaml:1:1: the file has {len(GOOD) + 1_000_000} characters, and at most 1000000 are "
        "read; make several flows of it"
    ]


def test_a_circle_far_from_its_ends_is_found_and_nothing_else() -> None:
    """Nodes between two circles are in none."""
    nodes = "\n".join(
        f"n{number}: {{kind: say, text: {{en: a}}, next: n{target}}}"
        for number, target in ((0, 1), (1, 2), (2, 0), (4, 5), (5, 4))
    )
    nodes += "\nn3: {kind: branch, cases: [{if: vip, next: n4}], else: n0}"
    said = found(around(nodes, start="n3", languages="en"))
    round_ = [line.split("'")[1] for line in said if "go round for ever" in line]
    assert round_ == ["n0", "n1", "n2", "n4", "n5"]


def test_a_long_announcement_is_warned_of() -> None:
    nodes = f"one: {{kind: say, text: {{en: {'word ' * 200}}}, next: operator}}"
    assert found(around(nodes, start="one", languages="en")) == [
        "main.yaml:8:8: warning: say 'one': a caller must listen for 70 seconds; shorten it"
    ]
