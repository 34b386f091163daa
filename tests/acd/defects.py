"""Defects to put into the Acd one at a time."""

from collections.abc import Callable, Mapping
from math import inf, log
from typing import Any

import pytest
from msgspec.structs import replace

import acd.acd
import acd.configured
import acd.floor
import acd.index
import acd.relaxation
import acd.signatures
from acd import overflow, parallel
from acd.acd import HANDLERS
from acd.agents import TRANSITIONS, AgentEvent
from acd.floor import Floor
from acd.index import Index
from acd.live import Caller, Seat
from acd.messages import Accept, Release, Unreached
from acd.offers import CONSEQUENCES, consequence
from acd.signatures import Fit, Lane, Signature
from acd.state import Item
from acd.strategies import Rank
from calls.actions import ExtendWrapUp
from calls.base import Channel, OfferId, OfferOutcome
from calls.config import Agent, Queue, Strategy
from calls.events import Tick

Patch = pytest.MonkeyPatch


def nothing(*_args: object, **_named: object) -> None:
    pass


def before(m: Patch, owner: Any, name: str, first: Callable[..., object]) -> None:
    """Something else is done first, with the same arguments."""
    real = getattr(owner, name)

    def instead(*args: Any, **named: Any) -> Any:
        first(*args, **named)
        return real(*args, **named)

    m.setattr(owner, name, instead)


def after(m: Patch, owner: Any, name: str, last: Callable[..., object]) -> None:
    """Something else is done afterwards, with the same arguments."""
    real = getattr(owner, name)

    def instead(*args: Any, **named: Any) -> Any:
        result = real(*args, **named)
        last(*args, **named)
        return result

    m.setattr(owner, name, instead)


def handled(m: Patch, kind: type, first: Callable[[Floor, Any], object]) -> None:
    """Something else is done before a kind of message is dealt with."""
    real = HANDLERS[kind]

    def instead(floor: Floor, message: Any) -> None:
        first(floor, message)
        real(floor, message)

    m.setitem(HANDLERS, kind, instead)


# The order of calls


def placed(kappa: Callable[[Queue, Caller], float]) -> Callable[[Patch], None]:
    return lambda m: m.setattr(Lane, "kappa", lambda lane, call: kappa(lane.queue, call))


def kappa(queue: Queue, call: Caller) -> float:
    return queue.slope * (call.queued - call.credit) - queue.priority - call.priority


def last_come_first(m: Patch) -> None:
    def last(call: Caller, *_: object, **__: object) -> None:
        call.order = -call.order

    after(m, Caller, "__init__", last)


def first_head_only(m: Patch) -> None:
    real = Index.best_call

    def best_call(index: Index, seat: Seat, now: float) -> Caller | None:
        room = seat.room
        seat.room = tuple(fit for fit in room if fit.signature.head is not None)[:1]
        chosen = real(index, seat, now)
        seat.room = room
        return chosen

    m.setattr(Index, "best_call", best_call)


def compared_long_ago(m: Patch) -> None:
    real = Index.best_call
    m.setattr(Index, "best_call", lambda index, seat, now: real(index, seat, 0.0))


def preference_first(m: Patch) -> None:
    after(m, Signature, "__init__", lambda self, *_: setattr(self, "overdue", inf))


def overdue_at_once(m: Patch) -> None:
    after(m, Signature, "__init__", lambda self, *_: setattr(self, "overdue", -inf))


def looks_at_the_preferred_only(m: Patch) -> None:
    after(m, Fit, "__init__", lambda self, *_: setattr(self, "turn", self.number))


# Who fits


def fits_unless(wrong: Callable[[Signature, Agent], bool]) -> Callable[[Patch], None]:
    real = Signature.fit

    def fit(signature: Signature, agent: Agent) -> Any:
        return None if wrong(signature, agent) else real(signature, agent)

    return lambda m: m.setattr(Signature, "fit", fit)


def loads_do_not_count(m: Patch) -> None:
    real = Signature.bucket
    m.setattr(Signature, "bucket", lambda signature, first, _load: real(signature, first, 0))


def just_reached(signature: Signature, agent: Agent) -> bool:
    return any(agent.skills.get(s, 0) == level for s, level in signature.needs.skills.items())


def not_of_the_queue(signature: Signature, agent: Agent) -> bool:
    return signature.lane.queue.name not in agent.queues


def without_ring(signature: Signature, _agent: Agent) -> None:
    signature.ring = 0


def room_for(free: Callable[[int, int], bool], *, beside: bool) -> Callable[[Patch], None]:
    """`acd.index.has_room` by how many contacts there are and may be, and whether voice may come
    beside them."""

    def has_room(seat: Seat, channel: Channel) -> bool:
        if channel == "voice":
            return beside or not seat.items
        return free(seat.contacts.get(channel, 0), seat.config.capacity[channel])

    return lambda m: m.setattr(acd.index, "has_room", has_room)


def first_configuration_only(m: Patch) -> None:
    real = Index.set_agent

    def set_agent(index: Index, seat: Seat) -> None:
        if not seat.fits:
            real(index, seat)

    m.setattr(Index, "set_agent", set_agent)
    m.setattr(Index, "remove_agent", nothing)


# Agents


def new_idle_time(event: AgentEvent) -> Callable[[Patch], None]:
    """Who takes this step goes behind everybody idle."""

    def last(floor: Floor, agent: Seat, taken: AgentEvent, *_: object, **__: object) -> None:
        if taken == event:
            agent.idle_order = floor.next_order()

    return lambda m: after(m, Floor, "become", last)


def old_idle_time(m: Patch) -> None:
    real = Floor.become

    def become(floor: Floor, agent: Seat, event: AgentEvent, *rest: Any, **named: Any) -> None:
        idle = agent.idle_order
        real(floor, agent, event, *rest, **named)
        if event == "pass_over":
            agent.idle_order = idle

    m.setattr(Floor, "become", become)


def stays_open(m: Patch) -> None:
    real = Floor.become

    def become(floor: Floor, agent: Seat, event: AgentEvent, *rest: Any, **named: Any) -> None:
        opened = agent.opened
        real(floor, agent, event, *rest, **named)
        if event == "ask_not_ready" and opened is not None:
            opened.seat, agent.opened = agent, opened

    m.setattr(Floor, "become", become)


def never_tired(m: Patch) -> None:
    real = Floor.free
    m.setattr(Floor, "free", lambda floor, agent, rest=0.0: real(floor, agent))


def one_more_miss(outcome: OfferOutcome, agent: Seat) -> tuple[AgentEvent, str]:
    if outcome == "timed_out" and agent.ronas < agent.config.rona_limit:
        return "pass_over", ""
    return consequence(outcome, agent)


def losers_do_not_seek(m: Patch) -> None:
    real = HANDLERS[Accept]

    def accept(floor: Floor, message: Accept) -> None:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(Floor, "seek", lambda floor, agent: floor.index.open(agent))
            real(floor, message)

    m.setitem(HANDLERS, Accept, accept)


def loses_the_place(m: Patch) -> None:
    def last(floor: Floor, offer: OfferId, outcome: OfferOutcome) -> None:
        if outcome == "timed_out":
            for call in list(floor.calls.values()):
                if call.offers == () and call.signature is None and not call.taken:
                    floor.index.leave(call)
                    call.order = floor.next_order()
                    floor.index.enter(call)

    after(m, Floor, "end_offer", last)


def unfaded(agent: Seat, _needs: Mapping[str, int], _queue: str) -> float:
    return log(agent.occupancy) if agent.occupancy else -1e9


def least_skilled(agent: Seat, needs: Mapping[str, int], _queue: str) -> float:
    return sum(agent.config.skills.get(skill, 0) for skill in needs)


# Rings, kept places, relaxation


def wanted(more: Callable[[Lane, Caller], bool]) -> Callable[[Patch], None]:
    return lambda m: m.setattr(Lane, "wants", more)


def ring_one(lane: Lane, call: Caller) -> bool:
    return not call.offers and call.held is None and not call.taken


def ring_one_more(lane: Lane, call: Caller) -> bool:
    if call.offers and (call.virtual or call.channel != "voice" or lane.together == 1):
        return False
    return len(call.offers) <= lane.together and call.held is None and not call.taken


def ring_many_for_nobody(lane: Lane, call: Caller) -> bool:
    if call.offers and (call.channel != "voice" or len(call.offers) >= lane.together):
        return False
    return call.held is None and not call.taken


def no_hold(m: Patch) -> None:
    real = HANDLERS[Unreached]

    def unreached(floor: Floor, message: Unreached) -> None:
        real(floor, message)
        call = floor.calls.get(message.call)
        if call is not None and call.held is not None:
            call.held = None
            floor.place(call)
            floor.time(call)

    m.setitem(HANDLERS, Unreached, unreached)


def attempts_do_not_count(floor: Floor, message: Unreached) -> None:
    if message.call in floor.calls:
        floor.calls[message.call].attempts = 0


def kept_places_overflow(m: Patch) -> None:
    real = overflow.later

    def later(floor: Floor, call: Caller) -> bool:
        virtual, call.virtual = call.virtual, False
        gone = real(floor, call)
        call.virtual = virtual
        return gone

    m.setattr(overflow, "later", later)


def relaxed_in_vain(m: Patch) -> None:
    real = Floor.relax

    def relax(floor: Floor, call: Caller) -> bool:
        real(floor, call)
        return False

    m.setattr(Floor, "relax", relax)


def steps_do_not_add_up(m: Patch) -> None:
    real = acd.relaxation.needs_by_step

    def needs_by_step(queue: Queue, steps: list[Any], skills: Mapping[str, int]) -> Any:
        alone = [real(queue, [step], skills)[1] for step in steps]
        return (real(queue, [], skills)[0], *alone)

    m.setattr(acd.signatures, "needs_by_step", needs_by_step)


def waits_on_for_who_left(m: Patch) -> None:
    real = Floor.count

    def count(floor: Floor, agent: Seat) -> None:
        alone, floor.alone = floor.alone, {}
        real(floor, agent)
        floor.alone = alone

    m.setattr(Floor, "count", count)


# Overflow


def at_entry(**changed: Callable[[Any], Any]) -> Callable[[Patch], None]:
    real = overflow.at_entry

    def instead(floor: Floor, call: Caller, **given: Any) -> bool:
        return real(floor, call, **given | {name: do(given[name]) for name, do in changed.items()})

    return lambda m: m.setattr(overflow, "at_entry", instead)


def room_for_one_more(m: Patch) -> None:
    def first(lane: Lane, queue: Queue) -> None:
        lane.queue = replace(queue, limit=queue.limit + 1 if queue.limit else 0)

    after(m, Lane, "__init__", first)


def tried_once_only(m: Patch) -> None:
    def again(floor: Floor, call: Caller) -> None:
        floor.place(call)
        floor.time(call)

    m.setattr(Floor, "again", again)


# After-call work


def never_extended(floor: Floor, message: ExtendWrapUp) -> None:
    if message.agent in floor.agents:
        floor.agents[message.agent].extended = 0


def forgets_the_disposition(floor: Floor, message: Release) -> None:
    for agent in floor.agents.values():
        agent.disposition = None


def no_wrap_up_of_chats(m: Patch) -> None:
    m.setattr(parallel, "hold", nothing_for_wrap_ups(parallel.hold))


def nothing_for_wrap_ups(real: Callable[..., None]) -> Callable[..., None]:
    def hold(floor: Floor, item: Item) -> None:
        if item.state == "wrap_up":
            parallel.finish(floor, item)
        else:
            real(floor, item)

    return hold


DEFECTS: dict[str, Callable[[Patch], None]] = {
    "priority is ignored": placed(lambda q, c: kappa(q, c) + q.priority + c.priority),
    "slopes are ignored": placed(lambda q, c: c.queued - c.credit - q.priority - c.priority),
    "credit is ignored": placed(lambda q, c: kappa(q, c) + q.slope * c.credit),
    "the last come is first": last_come_first,
    "overdue calls go before nobody": preference_first,
    "all calls are overdue": overdue_at_once,
    "overdue calls are not looked for": looks_at_the_preferred_only,
    "heads are not compared": first_head_only,
    "heads do not age": compared_long_ago,
    "a call taken out of its queue is offered again": lambda m: m.setattr(Index, "hold", nothing),
    "who has most chats is as good for one more": loads_do_not_count,
    "a level just reached does not do": fits_unless(just_reached),
    "who has one queue's calls must be of it": fits_unless(not_of_the_queue),
    "rings are ignored": lambda m: before(m, Signature, "fit", without_ring),
    "wider queues are as near as the own": lambda m: m.setattr(acd.signatures, "WIDENED", 0),
    "skills changed are not seen": first_configuration_only,
    "capacity is one too much": room_for(lambda there, most: there <= most, beside=False),
    "capacity is one too little": room_for(lambda there, most: there + 1 < most, beside=False),
    "voice comes beside chats": room_for(lambda there, most: there < most, beside=True),
    "chats are not wrapped up": no_wrap_up_of_chats,
    "agents are never open": lambda m: m.setattr(Index, "open", nothing),
    "an agent on a break stays open": stays_open,
    "a caller gone costs the idle time": new_idle_time("rescind"),
    "a RONA keeps the idle time": old_idle_time,
    "who declines stays ready": lambda m: m.setitem(CONSEQUENCES, "declined", ("rescind", "")),
    "one RONA more than the limit": lambda m: m.setattr(acd.floor, "consequence", one_more_miss),
    "an offer that ended costs the place": loses_the_place,
    "only one of a group rings": wanted(ring_one),
    "one more of a group rings than may": wanted(ring_one_more),
    "several are reserved for a caller who is not there": wanted(ring_many_for_nobody),
    "losers of a group do not seek": losers_do_not_seek,
    "there is no hold": no_hold,
    "attempts to call back do not count": lambda m: handled(m, Unreached, attempts_do_not_count),
    "kept places overflow": kept_places_overflow,
    "a relaxed call does not look around": relaxed_in_vain,
    "relaxation steps do not add up": steps_do_not_add_up,
    "relaxation steps make rings smaller": lambda m: m.setattr(
        acd.relaxation, "_wider", lambda ring, asked: ring if asked is None else asked
    ),
    "a changed queue forgets the steps": lambda m: m.setattr(
        acd.relaxation, "in_force", lambda steps, call, now: 0
    ),
    "calls wait on for an agent who left": waits_on_for_who_left,
    "waiting calls have no timers": lambda m: m.setattr(Floor, "time", nothing),
    "time never runs out": lambda m: m.setitem(HANDLERS, Tick, nothing),
    "length is off by one": lambda m: at_entry(position=lambda at: at + 1)(m),
    "who could be served at once overflows": at_entry(fits=lambda _: False),
    "nobody overflows who could be": at_entry(fits=lambda _: True),
    "a full queue lets one more in": room_for_one_more,
    "who was let in before is turned away": at_entry(admitted=lambda _: False),
    "nobody is turned away": at_entry(admitted=lambda _: True),
    "closed queues let everybody in": lambda m: m.setattr(
        overflow, "is_closed", lambda queue, now: False
    ),
    "hours are ignored": lambda m: m.setattr(
        overflow, "is_closed", lambda queue, now: queue.closed
    ),
    "the last to go is not noticed": lambda m: m.setattr(overflow, "nobody", nothing),
    "rules are not tried after an offer": tried_once_only,
    "nobody rests": never_tired,
    "no wrap-up": lambda m: m.setitem(TRANSITIONS["talking"], "release", "ready"),
    "wrap-ups are extended for ever": lambda m: handled(m, ExtendWrapUp, never_extended),
    "a disposition is forgotten": lambda m: handled(m, Release, forgets_the_disposition),
    "what is late is not counted": lambda m: m.setattr(Floor, "drop", nothing),
}


#: Strategies that choose otherwise; None is the longest idle.
RANKED: dict[Strategy, Rank | None] = {
    "least_occupied": unfaded,
    "best_skill": least_skilled,
    "fewest_calls": None,
    "round_robin": None,
    "in_order": None,
}
