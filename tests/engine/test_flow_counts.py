"""How callers went through flows: by day, by version, and through flows within flows."""

import zoneinfo

from calls.actions import ConfigureNumber, PublishFlow
from calls.config import Number
from calls.events import LegArrived, LegEnded
from calls.facts import CallEnded, Fact, FlowStarted, NodeEntered, NodeLeft
from calls.messages import Message
from calls.views import Published
from engine.flow_counts import FlowCounts
from engine.journal import Entry, Journal
from engine.loop import Loop
from engine.storage import Database
from tests.engine.conftest import Told
from tests.parts import effort
from tests.parts.effort import Effort

WARSAW = zoneinfo.ZoneInfo("Europe/Warsaw")
#: 2026-11-24 00:00 there.
MIDNIGHT = 1_795_474_800.0
MESSAGE: Message = LegEnded(leg="told/1", cause="hangup")


class Story:
    """Facts in a journal, each at its time."""

    def __init__(self, database: Database) -> None:
        self._journal = Journal(database)
        self._seq = self._journal.end().fact

    def tell(self, at: float, *facts: Fact) -> None:
        published = []
        for fact in facts:
            self._seq += 1
            published.append(Published(seq=self._seq, at=at, fact=fact))
        self._journal.append([Entry(self._seq, at, MESSAGE, published)])


def enters(node: str, call: str = "c-1") -> Fact:
    return NodeEntered(call=call, node=node, kind="menu")


def leaves(node: str, exit: str, call: str = "c-1") -> Fact:
    return NodeLeft(call=call, node=node, exit=exit)


def begins(flow: str, version: int = 1, call: str = "c-1") -> Fact:
    return FlowStarted(call=call, flow=flow, version=version)


def test_a_flow_within_a_flow_counts_for_itself(database: Database) -> None:
    story, counts = Story(database), FlowCounts(database, WARSAW)
    noon = MIDNIGHT + 12 * 3600
    story.tell(noon, begins("main", 3), enters("who"), begins("identify", 7), enters("ask"))
    story.tell(noon, leaves("ask", "next"), begins("main", 3), leaves("who", "next"))
    main, inner = counts.today("main", 3, noon), counts.today("identify", 7, noon)
    assert {name: (one.entered, dict(one.left)) for name, one in main.items()} == {
        "who": (1, {"next": 1})
    }
    assert {name: (one.entered, dict(one.left)) for name, one in inner.items()} == {
        "ask": (1, {"next": 1})
    }
    assert counts.today("main", 2, noon) == {}


def test_what_comes_later_is_added_and_a_new_day_begins_empty(database: Database) -> None:
    story, counts = Story(database), FlowCounts(database, WARSAW)
    late = MIDNIGHT + 86_400 - 60
    story.tell(late, begins("main"), enters("menu"))
    assert counts.today("main", 1, late)["menu"].entered == 1
    story.tell(late + 1, begins("main", call="c-2"), enters("menu", "c-2"))
    assert counts.today("main", 1, late + 1)["menu"].entered == 2
    tomorrow = MIDNIGHT + 86_400 + 5
    story.tell(tomorrow, leaves("menu", "1", "c-2"), enters("sales", "c-2"))
    left = counts.today("main", 1, tomorrow)
    assert (left["menu"].entered, left["menu"].left["1"]) == (0, 1)
    assert left["sales"].entered == 1, "the call began before midnight and is known"
    story.tell(
        tomorrow, CallEnded(call="c-2", outcome="completed_menu", cause="hangup", lasted=9.0)
    )
    story.tell(tomorrow, enters("menu", "c-2"))
    assert counts.today("main", 1, tomorrow)["menu"].entered == 0, "nobody is there any more"


def test_the_facts_of_earlier_years_are_not_read_again(database: Database) -> None:
    effort.fill_with_earlier_years(database)
    story, counts = Story(database), FlowCounts(database, WARSAW)
    noon = MIDNIGHT + 12 * 3600
    story.tell(noon, begins("main"), enters("menu"))
    done = Effort(database)
    assert counts.today("main", 1, noon)["menu"].entered == 1
    assert done.thousands < effort.FEW


OUTER = """\
flow: outer
languages: [en]
start: part
operator: bye
nodes:
  part: {kind: flow, flow: inner, next: bye}
  bye: {kind: hangup}
"""
INNER = """\
flow: inner
languages: [en]
start: ask
operator: bye
nodes:
  ask: {kind: menu, text: {en: "Well?"}, keys: {1: bye}}
  bye: {kind: return}
"""


async def test_the_live_view_names_the_innermost_flow(loop: Loop, told: Told) -> None:
    for action in (
        PublishFlow(flow="inner", version=4, source=INNER),
        PublishFlow(flow="outer", version=2, source=OUTER),
        ConfigureNumber(number=Number(number="1009", flow="outer")),
    ):
        await loop.act(action)
    loop.deliver(LegArrived(leg="told/9", switch="told", caller="", called="1009"))
    (call,) = loop.view().calls
    assert (call.flow, call.version, call.node) == ("inner", 4, "ask")
    loop.deliver(LegArrived(leg="told/8", switch="told", caller="", called="1001"))
    waiting = loop.view().calls[1]
    assert (waiting.phase, waiting.flow, waiting.version) == ("waiting", "", 0)
