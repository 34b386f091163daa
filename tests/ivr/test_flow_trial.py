"""Scenarios: what callers do in jump time, and what is said when it comes out otherwise."""

import pytest

from calls.errors import FlowInvalid
from ivr import scenario
from ivr.coverage import Coverage
from ivr.flow import Flow
from ivr.loading import load
from ivr.trial import Outcome, play
from tests.ivr.flows import FLOWS, around

NODES = """
who: {kind: lookup, find: contact, found: clock, not_found: number}
number:
  kind: collect
  text: {en: Your customer number}
  into: account
  least: 4
  most: 8
  confirm: {en: "{{ account }}, right?"}
  next: order
order:
  kind: http
  url: "https://shop.example/{{ account }}"
  take: {total: sum}
  fallback: {total: "-1.0"}
  next: clock
clock:
  kind: hours
  weekly: {tue: ["09:00-17:00"]}
  open: route
  closed: message
route:
  kind: branch
  cases: [{if: vip || queues.support.waiting > 5, next: tag}]
  else: wait
tag: {kind: set, tags: [urgent], next: part}
part: {kind: flow, flow: part, next: night}
night: {kind: transfer, extension: gate, exits: {busy: wait}, after: stars}
wait:
  kind: queue
  queue: support
  priority: "vip ? 60 : 0"
  keys: {9: message}
  exits: {closed: message}
  after: stars
stars: {kind: survey, text: {en: How was it}, next: bye}
message:
  kind: voicemail
  text: {en: Speak}
  review: {en: Two for again}
  next: bye
bye: {kind: hangup}
"""
PART = """
ask: {kind: menu, text: {en: One}, keys: {1: done}}
done: {kind: return}
"""


def flow() -> Flow:
    return load(around(NODES, start="who", languages="en", entries="night"))


def played(source: str, coverage: Coverage | None = None) -> list[Outcome]:
    main = flow()
    part = load(around(PART, start="ask", languages="en").replace("flow: test", "flow: part"))
    flows = {"part": part, "test": main}
    found = scenario.load(f"scenarios:\n{source}", "test.test.yaml")
    return [play(main, one, flows, coverage or Coverage(flows)) for one in found]


def problems(source: str) -> list[str]:
    return [str(problem) for outcome in played(source) for problem in outcome.problems]


GOOD = """
- name: A stranger, with an order, to the queue
  at: 2026-11-24 12:00
  answers: {order: {values: {total: "12.5"}}}
  steps: [press 0471#, press 1]
  expect:
    queue: support
    priority: 0
    variables: {account: "0471", total: "12.5"}
    passes: [who, number, order, clock, route, wait]
    hears: [test.number, value]
- name: The shop does not answer
  answers: {order: {fails: true}}
  steps: [press 0471#1]
  expect: {queue: support, variables: {total: "-1.0"}}
- name: A VIP is put through, busy, then waits
  contact: {name: Ada, vip: true}
  steps: [press 1, leave by busy]
  expect: {queue: support, priority: 60, tags: [urgent]}
- name: A long queue, an answer, and stars
  contact: {name: Bob}
  queues: {support: {waiting: 9}}
  steps: [press 1, leave by after, press 5]
  expect: {outcome: completed, passes: [night, stars, bye]}
- name: After an agent
  contact: {name: Bob}
  steps: [leave by after, silence, silence]
  expect: {outcome: completed}
- name: At night a message is left
  at: 2026-11-24 20:00
  contact: {name: Bob}
  steps: [hears Speak, speak 12, press 2, speak 3, hang up]
  expect: {outcome: completed}
- name: A message instead of waiting
  contact: {name: Bob}
  steps: [press 9, speak 5, silence]
  expect: {outcome: completed, passes: [wait, message, bye]}
- name: The queue is closed
  contact: {name: Bob}
  steps: [leave by closed, speak 5, silence]
  expect: {outcome: completed}
- name: Not right, and again
  steps: [press 0471#, press 2, press 11112222, press 1]
  expect: {queue: support, variables: {account: "11112222"}}
- name: Still asked
  steps: [press 12]
  expect: {node: number}
- name: Put through
  entry: night
  contact: {name: Bob}
  expect: {transfer: "phone:gate"}
"""


def test_callers_do_all_that_callers_do() -> None:
    for outcome in played(GOOD):
        assert outcome.problems == (), outcome.name


def test_what_is_passed_and_taken_is_counted() -> None:
    main = flow()
    part = load(around(PART, start="ask", languages="en").replace("flow: test", "flow: part"))
    coverage = Coverage({"test": main, "part": part})
    played(GOOD, coverage)
    covered = coverage.of("test")
    assert covered.not_passed == ("operator",)
    assert covered.not_taken == ("number.no_input", "number.no_match")
    assert (covered.nodes, covered.nodes_passed) == (13, 12)
    assert coverage.of("part").nodes_passed == 2


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "- name: Wrong queue\n  contact: {name: Bob}\n  expect: {queue: sales}",
            "test.test.yaml:4:19: Wrong queue: queue should be 'sales'; it is 'support'",
        ),
        (
            "- name: No queue\n  steps: [press 12]\n  expect: {queue: sales}",
            "4:19: No queue: queue should be 'sales'; the caller is at 'number'",
        ),
        (
            "- name: Deaf\n  steps: [hears Guten Tag]",
            "3:11: Deaf: hears Guten Tag: 'Your customer number' was heard instead",
        ),
        (
            "- name: Nothing to press\n  contact: {name: Bob}\n  steps: [press 5]",
            "4:11: Nothing to press: press 5: no key is waited for; "
            "the caller is in the queue 'support'",
        ),
        (
            "- name: No way\n  contact: {name: Bob}\n  steps: [leave by waited]",
            "4:11: No way: leave by waited: nothing follows 'waited' there",
        ),
        (
            "- name: Silent\n  steps: [speak 5]",
            "3:11: Silent: speak 5: nothing is recorded; the caller is at 'number'",
        ),
        (
            "- name: Elsewhere\n  contact: {name: Bob}\n  expect: {passes: [route, who]}",
            "4:20: Elsewhere: 'who' was not passed there; the way was who clock route wait",
        ),
        (
            "- name: Tags\n  contact: {name: Bob}\n  expect: {queue: support, tags: [late]}",
            "4:34: Tags: tags should be ['late']; they are []",
        ),
        (
            "- name: Unsure\n  steps: [press 1]",
            "Unsure: nothing is expected, and the caller is at 'number'; say 'node: number'",
        ),
    ],
)
def test_what_comes_out_otherwise_is_said_with_its_place(source: str, said: str) -> None:
    [found] = problems(source)
    assert said in found


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("scenarios:\n- {name: A, steps: [pres 1]}", "2:21: scenario 1: 'steps.0' must be a step"),
        ("scenarios:\n- {steps: []}", "2:3: scenario 1 lacks 'name': what the scenario is about"),
        ("scenarios: []", "1:12: 'scenarios' must be a list of scenarios; it is empty"),
        ("scenarios:\n- {name: A, expect: {que: x}}", "no field 'que'; did you mean 'queue'?"),
        ("scenarios:\n- {name: A, at: noon}", "must be a date and a time like 2026-11-24 12:00"),
        ("", "the file is empty; begin with 'scenarios: ...'"),
    ],
)
def test_what_is_no_scenario(source: str, said: str) -> None:
    with pytest.raises(FlowInvalid) as raised:
        scenario.load(source, "a.test.yaml")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "name", [path.name.partition(".")[0] for path in FLOWS.glob("*.test.yaml")]
)
def test_the_shipped_flows_pass_their_scenarios_and_all_exits_are_taken(name: str) -> None:
    flows = {
        path.stem: load(path.read_text(encoding="utf-8"), path.name)
        for path in FLOWS.glob("*.yaml")
        if not path.name.endswith(".test.yaml")
    }
    coverage = Coverage(flows)
    source = (FLOWS / f"{name}.test.yaml").read_text(encoding="utf-8")
    for one in scenario.load(source, name):
        assert play(flows[name], one, flows, coverage).problems == ()
    assert coverage.of(name).not_passed == ()
    assert coverage.of(name).not_taken == ()
