"""Agents who stay on the line, where the order of things is against them."""

from pathlib import Path

from calls import actions
from calls.base import LegId
from calls.commands import Hangup, Join
from calls.config import Agent, Number, Queue
from calls.events import (
    CommandFailed,
    LegAnswered,
    LegArrived,
    LegEnded,
    RequestFailed,
    Surveyed,
    SwitchUp,
)
from calls.events import LiveLeg as Live
from calls.facts import CallEnded
from calls.messages import Message, Output
from calls.port import switch_of
from calls.requests import Request
from engine.center import CallCenter

FLOWS = Path(__file__).parent.parent / "scripts" / "center.yaml"


class Place:
    """A center on the switches a and b; bob stays on the line of a."""

    def __init__(self) -> None:
        self.center = CallCenter(center="c")
        self.now = 1000.0
        source = FLOWS.read_text()
        self.tell(actions.PublishFlow(flow="main", version=1, source=source))
        for name in ("support", "sales"):
            queue = Queue(name=name, announce_every=0.0, wrap_up=0.0)
            self.tell(actions.ConfigureQueue(queue=queue))
        number = Number(number="1", flow="main", entry="support")
        self.tell(actions.ConfigureNumber(number=number))
        for switch in ("a", "b"):
            self.tell(SwitchUp(switch=switch, legs=(), phones=("bob",)))
        bob = Agent(name="bob", skills={"lang:en": 5}, queues={"support": 1}, persistent=True)
        self.tell(actions.ConfigureAgent(agent=bob))
        self.tell(actions.SetAgentState(agent="bob", state="ready"))
        self.seat = self.center.state.seats["bob"]
        (self.waits,) = self.joins(self.tell(LegAnswered(leg=self.seat)))

    def tell(self, message: Message) -> list[Output]:
        """What comes of it; stores that are asked know nothing."""
        self.now += 1.0
        said = list(self.center.handle(message, self.now))
        for request in [one for one in said if isinstance(one, Request)]:
            failed = RequestFailed(request=request.request, call=request.call, detail="")
            said += self.tell(failed)
        return said

    def call(self, leg: LegId) -> list[Output]:
        switch = switch_of(leg)
        return self.tell(LegArrived(leg=leg, switch=switch, caller="5", called="1"))

    def refused(self, join: Join) -> list[Output]:
        return self.tell(CommandFailed(command=join, gone=False, detail="refused"))

    @staticmethod
    def joins(said: list[Output]) -> list[Join]:
        return [one for one in said if isinstance(one, Join)]


def test_a_caller_comes_to_where_the_agent_waits() -> None:
    place = Place()
    assert place.waits.legs == (place.seat,)
    (join,) = place.joins(place.call("a/in-1"))
    assert (join.bridge, join.legs) == (place.waits.bridge, ("a/in-1", place.seat))


def test_an_agent_who_was_not_put_where_to_wait_gets_another_place() -> None:
    place = Place()
    assert not place.joins(place.refused(place.waits))
    (join,) = place.joins(place.call("a/in-1"))
    assert join.bridge != place.waits.bridge
    assert join.legs == ("a/in-1", place.seat)


def test_a_refusal_that_comes_after_the_caller_costs_nobody_the_call() -> None:
    place = Place()
    (join,) = place.joins(place.call("a/in-1"))
    said = place.refused(place.waits)
    assert place.joins(said) == [join]
    assert not [one for one in said if isinstance(one, CallEnded | Hangup)]


def test_the_bridge_of_another_switch_is_no_place_to_wait() -> None:
    place = Place()
    place.refused(place.waits)
    place.call("b/in-1")
    (leg,) = [leg for leg, known in place.center.legs.items() if known.role == "agent"]
    place.tell(LegAnswered(leg=leg))
    place.tell(LegEnded(leg="b/in-1", cause="hangup"))
    place.tell(LegEnded(leg=leg, cause="withdrawn"))
    (join,) = place.joins(place.call("a/in-2"))
    assert switch_of(join.bridge) == "a"


def test_a_free_agent_who_is_found_elsewhere_waits_in_a_new_place() -> None:
    place = Place()
    there = Live(leg=place.seat, inbound=False, up=True, bridge=place.waits.bridge)
    assert not place.joins(place.tell(Surveyed(switch="a", legs=(there,))))
    astray = Live(leg=place.seat, inbound=False, up=True, bridge="a/b-elsewhere")
    (moved,) = place.joins(place.tell(Surveyed(switch="a", legs=(astray,))))
    assert moved.legs == (place.seat,)
    assert moved.bridge not in (place.waits.bridge, "a/b-elsewhere")


def test_a_place_to_wait_that_was_lost_with_the_link_is_not_asked_for_again() -> None:
    """The switch may remember it as removed, and not make it anew."""
    place = Place()
    nowhere = Live(leg=place.seat, inbound=False, up=True)
    said = place.tell(SwitchUp(switch="a", legs=(nowhere,), phones=("bob",)))
    (join,) = place.joins(said)
    assert (join.legs, join.bridge != place.waits.bridge) == ((place.seat,), True)
