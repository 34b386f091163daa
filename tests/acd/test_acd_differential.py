"""The Acd against a router that looks at everybody, and seeded defects that this must notice."""

from collections.abc import Callable
from math import log
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

import acd.index
from acd.acd import Acd
from acd.agents import TRANSITIONS
from acd.floor import Floor
from acd.heap import Heap
from acd.index import Index, Lane, Signature
from acd.offers import CONSEQUENCES
from acd.state import WaitingCall
from acd.strategies import STRATEGIES
from calls.errors import UnexpectedEvent
from calls.events import Tick
from tests.acd import histories
from tests.acd.brute import Brute, told
from tests.acd.driving import START


def compare(seed: int, steps: int) -> None:
    """One random history through both; raises AssertionError where they part."""
    rng = Random(seed)
    real, brute, now = Acd(), Brute(), START
    for message in histories.opening(rng):
        assert told(real.handle(message, now)) == brute.handle(message, now)
    for number in range(steps):
        target = now + histories.pause(rng)
        while (due := real.deadline()) is not None and due <= target and rng.random() < 0.9:
            now = max(now, due)
            assert told(real.handle(Tick(), now)) == brute.handle(Tick(), now)
        now = target
        message = histories.step(rng, real, number)
        assert told(real.handle(message, now)) == brute.handle(message, now), message
        assert real.deadline() == brute.deadline()
        for name in real.queues():
            line = brute.line(name)
            assert [real.position(call) for call in line] == list(range(1, len(line) + 1))


def compare_many(seeds: int) -> None:
    for seed in range(seeds):
        compare(seed, steps=150)


@pytest.mark.parametrize("seed", range(120))
def test_random_histories_are_routed_alike(seed: int) -> None:
    compare(seed, steps=200)


@pytest.mark.parametrize("seed", range(20))
def test_dropped_signatures_change_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acd.index, "KEPT", 1)
    compare(seed, steps=150)


def no_op(*_args: object) -> None:
    pass


def kappa_without_priority(lane: Lane, call: WaitingCall) -> tuple[float, int, str]:
    return lane.queue.slope * call.queued, call.order, call.call


def kappa_without_slope(lane: Lane, call: WaitingCall) -> tuple[float, int, str]:
    return call.queued - lane.queue.priority - call.priority, call.order, call.call


def last_come_first(lane: Lane, call: WaitingCall) -> tuple[float, int, str]:
    queue = lane.queue
    kappa = queue.slope * call.queued - (queue.priority + call.priority)
    return kappa, -call.order, call.call


def best_call_of_the_first_signature(index: Index, name: str, _now: float) -> str | None:
    for signature in index._seats[name].fits:
        head = signature.waiting.first()
        if head is not None:
            return head[1]
    return None


def more_than_enough(signature: Signature, agent: Any) -> bool:
    return all(agent.skills.get(skill, 0) > level for skill, level in signature.needs)


def loses_the_place(floor: Floor, offer: str, outcome: Any) -> Any:
    ended = END_OFFER(floor, offer, outcome)
    call = floor.state.waiting[ended.call]
    floor.index.leave(call)
    call = floor.state.waiting[ended.call] = replace(call, order=floor.next_order())
    floor.index.enter(call)
    return ended


def loses_the_idle_time(floor: Floor, name: str, event: Any, **changes: Any) -> Any:
    if event == "rescind":
        changes["idle_order"] = floor.next_order()
    return BECOME(floor, name, event, **changes)


def keeps_the_idle_time(floor: Floor, name: str, event: Any, **changes: Any) -> Any:
    agent = floor.state.agents[name]
    after = BECOME(floor, name, event, **changes)
    if event == "pass_over":
        after = floor.state.agents[name] = replace(after, idle_order=agent.idle_order)
    return after


def keeps_old_skills(index: Index, agent: Any) -> None:
    if agent.name not in index._seats:
        SET_AGENT(index, agent)


def unfaded(agent: Any, _needs: Any) -> float:
    return log(agent.occupancy) if agent.occupancy else -1e9


END_OFFER, BECOME, SET_AGENT = Floor.end_offer, Floor.become, Index.set_agent

DEFECTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "a call taken out of its queue is offered again": lambda m: m.setattr(Heap, "discard", no_op),
    "a busy agent stays open": lambda m: m.setattr(Index, "close", no_op),
    "agents are never open": lambda m: m.setattr(Index, "open", no_op),
    "time never runs out": lambda m: m.setattr(Floor, "tick", no_op),
    "priority is ignored": lambda m: m.setattr(Lane, "place", kappa_without_priority),
    "slopes are ignored": lambda m: m.setattr(Lane, "place", kappa_without_slope),
    "the last come is first": lambda m: m.setattr(Lane, "place", last_come_first),
    "heads are not compared": lambda m: m.setattr(
        Index, "best_call", best_call_of_the_first_signature
    ),
    "a level just reached does not do": lambda m: m.setattr(Signature, "fits", more_than_enough),
    "an offer that ended costs the place": lambda m: m.setattr(Floor, "end_offer", loses_the_place),
    "a caller gone costs the idle time": lambda m: m.setattr(Floor, "become", loses_the_idle_time),
    "a RONA keeps the idle time": lambda m: m.setattr(Floor, "become", keeps_the_idle_time),
    "skills changed are not seen": lambda m: m.setattr(Index, "set_agent", keeps_old_skills),
    "who declines stays ready": lambda m: m.setitem(CONSEQUENCES, "declined", ("rescind", "")),
    "the least skilled goes first": lambda m: m.setitem(
        STRATEGIES,
        "best_skill",
        lambda agent, needs: sum(agent.config.skills[skill] for skill, _ in needs),
    ),
    "occupancy does not fade": lambda m: m.setitem(STRATEGIES, "least_occupied", unfaded),
    "calls taken do not count": lambda m: m.setitem(STRATEGIES, "fewest_calls", lambda *_: 0.0),
    "no wrap-up": lambda m: m.setitem(TRANSITIONS["talking"], "release", "ready"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_seeded_defect_is_noticed(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    DEFECTS[defect](monkeypatch)
    with pytest.raises((AssertionError, KeyError, UnexpectedEvent)):
        compare_many(seeds=300)
