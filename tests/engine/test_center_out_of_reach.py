"""A switch out of reach for longer than anything may take; whoever is there is taken up again."""

import msgspec

from calls.actions import (
    ConfigureAgent,
    ConfigureNumber,
    ConfigureQueue,
    PublishFlow,
    SetAgentState,
)
from calls.commands import Dial, Join, Prompt
from calls.config import Agent, Number, Queue
from calls.events import (
    LegAnswered,
    LegArrived,
    LiveLeg,
    PhoneChanged,
    Surveyed,
    SwitchDown,
    SwitchUp,
    Tick,
)
from calls.facts import NodeLeft, Repaired
from engine.center import CallCenter

FLOW = """\
flow: main
languages: [en]
start: ask
operator: line
nodes:
  ask:
    kind: menu
    text: {en: "Press 1."}
    keys: {1: line}
  line:
    kind: queue
    queue: support
"""
LONG = 600.0


def configured(entry: str) -> CallCenter:
    """One queue, ann ready in it, and a number that leads to `entry`."""
    center = CallCenter(center="c")
    for message in (
        ConfigureQueue(queue=Queue(name="support")),
        ConfigureAgent(agent=Agent(name="ann", queues={"support": 1}, skills={"lang:en": 10})),
        PublishFlow(flow="main", version=1, source=FLOW),
        ConfigureNumber(number=Number(number="1000", flow="main", entry=entry)),
        SwitchUp(switch="s"),
        PhoneChanged(phone="ann", online=True),
        SetAgentState(agent="ann", state="ready"),
    ):
        center.handle(message, 1.0)
    return center


def test_a_caller_in_the_menu_is_asked_again_however_long_it_took() -> None:
    center = configured("ask")
    center.handle(LegArrived(leg="s/1", switch="s", caller="", called="1000"), 2.0)
    center.handle(SwitchDown(switch="s"), 3.0)
    assert center.deadline() is None
    center.handle(Tick(), 3.0 + LONG)
    caller = LiveLeg(leg="s/1", inbound=True, up=True)
    out = center.handle(SwitchUp(switch="s", legs=(caller,), phones=("ann",)), 4.0 + LONG)
    assert [type(said) for said in out if isinstance(said, Prompt | NodeLeft)] == [Prompt]
    assert [call.phase for call in center.view(4.0 + LONG).calls] == ["menu"]


def talking(center: CallCenter) -> Join:
    """A caller whom ann has answered."""
    out = center.handle(LegArrived(leg="s/1", switch="s", caller="", called="1000"), 2.0)
    [dial] = [said for said in out if isinstance(said, Dial)]
    out = center.handle(LegAnswered(leg=dial.leg), 3.0)
    [join] = [said for said in out if isinstance(said, Join)]
    return join


def test_an_agent_alone_outside_the_bridge_is_joined_again() -> None:
    center = configured("line")
    join = talking(center)
    caller = LiveLeg(leg="s/1", inbound=True, up=True, bridge=join.bridge)
    agent = LiveLeg(leg=join.legs[1], inbound=False, up=True)
    out = center.handle(SwitchUp(switch="s", legs=(caller, agent), phones=("ann",)), 4.0)
    assert [said for said in out if isinstance(said, Join)] == [join]
    assert [said.what for said in out if isinstance(said, Repaired)] == ["rejoined"]


def test_a_pair_that_two_surveys_find_apart_is_joined_again() -> None:
    center = configured("line")
    join = talking(center)
    apart = tuple(LiveLeg(leg=leg, inbound=leg == "s/1", up=True) for leg in join.legs)
    together = tuple(msgspec.structs.replace(leg, bridge=join.bridge) for leg in apart)
    surveys = (apart, together, apart, apart, together)
    told = [center.handle(Surveyed(switch="s", legs=legs), 4.0) for legs in surveys]
    joined = [[said for said in out if isinstance(said, Join)] for out in told]
    assert joined == [[], [], [], [join], []]
