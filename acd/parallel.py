"""Contacts of other channels than voice: an agent has several of them at a time.

Theory of operation
===================

1. Such a contact is an *item* of its agent: offered, in conversation, then wrapped up, for as many
   at a time as `calls.config.Agent.capacity` says. It needs a ready agent to be offered, and never
   changes the agent's state; facts about offers, conversations and wrap-ups tell of it.
2. Voice takes an agent alone: while there is any item, also one being wrapped up, no call is
   offered.
3. Who does not take one that was offered is not ready any more (`acd.offers`), like with voice;
   the other items go on, also when the agent takes a break or leaves.
4. What changes an agent's room or rank while they are ready ends in their being opened anew.
"""

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec.structs import replace

from acd.agents import AgentEvent
from acd.live import Seat
from acd.state import Item, Offer
from acd.timers import ITEM
from calls.base import OfferId, OfferOutcome
from calls.facts import CallConnected, ConversationEnded, WrapUpEnded

if TYPE_CHECKING:
    from acd.floor import Floor
    from acd.messages import Release

#: How a wrap-up ends.
Ended: TypeAlias = Literal["agent", "timeout"]


def hold(floor: "Floor", item: Item) -> None:
    """An agent has an item, anew or changed."""
    agent = floor.agents[item.agent]
    if item.offer not in agent.items:
        agent.contacts[item.channel] = agent.contacts.get(item.channel, 0) + 1
    floor.items[item.offer] = agent.items[item.offer] = item
    if item.until is not None:
        floor.timers.set((item.until, ITEM, item.call, item.offer))


def reserve(floor: "Floor", offer: Offer) -> None:
    """An agent's page rings. They are not open until opened again."""
    item = Item(
        offer=offer.offer,
        call=offer.call,
        agent=offer.agent,
        queue=offer.queue,
        channel=offer.channel,
        state="reserved",
        since=floor.now,
        until=offer.until,
    )
    hold(floor, item)
    floor.index.fit_room(floor.agents[item.agent])


def accept(floor: "Floor", offer: OfferId) -> None:
    ended = floor.end_offer(offer, "accepted")
    call, agent = floor.calls[ended.call], floor.agents[ended.agent]
    item = floor.items[offer]
    floor.leave_queue(call, "connected")
    floor.conversations[call.call] = ended.agent
    for items in (floor.items, agent.items):  # in the order of being accepted
        del items[offer]
        items[offer] = replace(item, state="talking", since=floor.now, until=None)
    floor.say(
        CallConnected(
            call=call.call, agent=ended.agent, queue=call.queue, waited=floor.now - call.queued
        )
    )
    agent.calls += 1
    agent.ronas = 0
    if agent.state == "ready":
        floor.index.open(agent)


def release(floor: "Floor", agent: Seat, message: "Release") -> None:
    """A conversation is over; `Queue.wrap_up_manual` is for voice."""
    item = next(
        item
        for item in agent.items.values()
        if item.call == message.call and item.state == "talking"
    )
    queue = floor.queues.get(item.queue)
    floor.say(
        ConversationEnded(
            call=item.call,
            agent=item.agent,
            queue=item.queue,
            talked=floor.now - item.since,
            by=message.by,
        )
    )
    if agent.leaving or queue is None or queue.wrap_up_manual or queue.wrap_up == 0:
        finish(floor, item)
    else:
        until = floor.now + queue.wrap_up
        hold(floor, replace(item, state="wrap_up", since=floor.now, until=until))


def finish(
    floor: "Floor", item: Item, by: Ended = "timeout", code: str = "", note: str = ""
) -> None:
    """The wrap-up is over: the agent has room for another one."""
    agent = floor.agents[item.agent]
    _wrapped(floor, item, by, code, note)
    if agent.leaving and not agent.items:
        floor.remove(agent)
    elif agent.state == "ready":
        floor.seek(agent)


def due(floor: "Floor", item: Item) -> None:
    """The reservation or the wrap-up is over."""
    if item.state == "reserved":
        floor.miss(item.offer, "timed_out")
    else:
        finish(floor, item)


def missed(floor: "Floor", item: Item, event: AgentEvent, reason: str) -> None:
    """The offer came to nothing. A ready agent must seek."""
    agent = floor.agents[item.agent]
    let_go(floor, item)
    if event == "pass_over":
        agent.idle_order = floor.next_order()
    elif event == "miss" and agent.state == "ready":
        floor.become(agent, event, reason)


def let_go(floor: "Floor", item: Item) -> None:
    """An agent does not have an item any more. They are not open until opened again."""
    agent = floor.agents[item.agent]
    del floor.items[item.offer], agent.items[item.offer]
    agent.contacts[item.channel] -= 1
    floor.index.fit_room(agent)


def go_away(
    floor: "Floor", agent: Seat, outcome: OfferOutcome, event: AgentEvent, reason: str = ""
) -> None:
    """An agent wants or gets no more contacts: what is offered to them beside voice goes on to
    others. Nothing but that for one who is logged out already."""
    offered = [item for item in agent.items.values() if item.state == "reserved"]
    for item in offered:
        floor.end_offer(item.offer, outcome)
        let_go(floor, item)
    if event != "ask_logged_out" or agent.state != "logged_out":
        floor.become(agent, event, reason)
    for item in offered:
        floor.again(floor.calls[item.call])


def leave(floor: "Floor", agent: Seat) -> None:
    """An agent with items is to be removed: at once, or when the last conversation is over."""
    for item in list(agent.items.values()):
        if item.state == "wrap_up":
            _wrapped(floor, item)
    agent.leaving = True
    go_away(floor, agent, "rescinded", "ask_logged_out")
    if not agent.items:
        floor.remove(agent)


def _wrapped(
    floor: "Floor", item: Item, by: Ended = "timeout", code: str = "", note: str = ""
) -> None:
    floor.say(
        WrapUpEnded(
            call=item.call,
            agent=item.agent,
            queue=item.queue,
            lasted=floor.now - item.since if item.state == "wrap_up" else 0.0,
            by=by,
            code=code,
            note=note,
        )
    )
    let_go(floor, item)
