"""A snapshot is brought to life: index, timers and all that is not kept in it are made anew."""

from typing import TYPE_CHECKING

from acd import parallel
from acd.live import caller, present, seat
from acd.timers import AGENT
from calls.base import CallId, OfferId

if TYPE_CHECKING:
    from acd.floor import Floor


def agents(floor: "Floor") -> None:
    """All agents, with their contacts beside others. They are open once all calls wait."""
    state = floor.state
    for name, record in state.agents.items():
        agent = floor.agents[name] = seat(record)
        if agent.number == 0:  # of a snapshot from before agents were numbered
            state.numbered += 1
            agent.number = state.numbered
        agent.presence = present(agent)
        if agent.until is not None:
            floor.timers.set((agent.until, AGENT, name))
    for item in state.items.values():
        parallel.hold(floor, item)
    for agent in floor.agents.values():
        floor.index.set_agent(agent)
    state.agents = {}


def calls(floor: "Floor") -> None:
    """All queues, and the calls that wait in them."""
    state, index = floor.state, floor.index
    for queue in state.queues.values():
        index.set_queue(queue)
    # A snapshot from before several phones could ring for a call has the offers only here.
    offers: dict[CallId, tuple[OfferId, ...]] = {}
    for offer in state.offers.values():
        offers[offer.call] = (*offers.get(offer.call, ()), offer.offer)
    for waiting in state.waiting.values():
        call = caller(waiting)
        call.offers = offers.get(call.call, ())
        index.enter(call)
        if call.agent:
            floor.alone.setdefault(call.agent, {})[call.call] = call
        if index.lanes[call.queue].wants(call):
            index.wait(call, index.signature(call))
        floor.time(call)
    for agent in floor.agents.values():
        if agent.state == "ready":
            index.open(agent)
    state.waiting = {}
