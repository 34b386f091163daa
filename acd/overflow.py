"""Where calls go instead of waiting (on).

Theory of operation
===================

1. When a call has come, all rules of its queue are looked at, in their order; the first that holds
   sends it elsewhere at once. What is about waiting (`waited`, `length`, `expected_wait`) does not
   hold for a call that an agent is free for. A queue that is closed, or full while nobody is free
   for the call, lets nobody in, also where no rule says where to instead. To a call that is
   *admitted* (`Enqueue`) it does not matter whether the queue is closed or how many wait there.
2. Later only `waited` and ``nobody_...`` matter, once the call has waited for the rule's limit: by
   the call's timer, and when the last agent goes (`nobody`). A call for which a phone rings is
   left alone until that comes to nothing, a caller who kept the place without the line for ever.
3. The Acd only says so (`calls.facts.CallOverflowed`); who acts upon it is the call center.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from acd.live import Caller
from acd.signatures import Lane
from calls import hours
from calls.base import Instant, OverflowWhen, QueueId
from calls.config import Overflow, Queue
from calls.facts import CallOverflowed

if TYPE_CHECKING:
    from acd.floor import Floor


def at_entry(floor: "Floor", call: Caller, *, position: int, fits: bool, admitted: bool) -> bool:
    """Does a call that has just come go elsewhere? `fits`: an agent is free for it."""
    lane = floor.index.lanes[call.queue]
    queue = lane.queue
    closed = not admitted and is_closed(queue, floor.now)
    waits = not (fits or admitted)
    full = waits and len(lane.line.calls) > queue.limit > 0
    for rule in queue.overflow:
        match rule.when:
            case "closed":
                holds = closed
            case "full":
                holds = full
            case "length":
                holds = waits and position - 1 >= rule.limit
            case "expected_wait":
                expected = call.expected
                holds = waits and expected is not None and sum(expected) / 2 > rule.limit
            case "waited":
                holds = not fits and rule.limit <= 0
            case _:
                holds = rule.limit <= 0 and _nobody(lane, rule.when)
        if holds:
            _send(floor, call, rule)
            return True
    if closed or full:
        _leave(
            floor,
            call,
            CallOverflowed(call=call.call, queue=call.queue, when="closed" if closed else "full"),
        )
        return True
    return False


def later(floor: "Floor", call: Caller) -> bool:
    """Does a call that waits go elsewhere now?"""
    lane = floor.index.lanes[call.queue]
    if not lane.later or call.offers or call.virtual:
        return False
    call.tried = floor.now
    for rule in lane.later:
        if call.queued + rule.limit <= floor.now and (
            rule.when == "waited" or _nobody(lane, rule.when)
        ):
            _send(floor, call, rule)
            return True
    return False


def nobody(floor: "Floor", queues: Mapping[QueueId, tuple[int, int]]) -> None:
    """Agents have come or gone. In a queue where nobody is left now, but was before (`queues`:
    how many were signed in, and at work), calls go elsewhere."""
    for name in sorted(queues):
        lane = floor.index.lanes[name]
        signed_in, able = queues[name]
        if (signed_in and not lane.signed_in) or (able and not lane.able):
            for call in floor.index.line(name):
                if not later(floor, call):
                    floor.time(call)


def due(rules: Iterable[Overflow], call: Caller) -> Instant | None:
    """When a rule may come to hold by mere waiting; None for never."""
    if call.offers or call.virtual:
        return None
    times = (call.queued + rule.limit for rule in rules)
    return min((time for time in times if time > call.tried), default=None)


def deserted(lane: Lane, now: Instant) -> bool:
    """Does whoever comes go elsewhere, now or soon, since nobody is there to take them?"""
    nobody = any(_nobody(lane, rule.when) for rule in lane.later)
    return nobody or (lane.signed_in == 0 and is_closed(lane.queue, now))


def is_closed(queue: Queue, now: Instant) -> bool:
    return queue.closed or (queue.hours is not None and not hours.is_open(queue.hours, now))


def _nobody(lane: Lane, when: OverflowWhen) -> bool:
    match when:
        case "nobody_signed_in":
            return lane.signed_in == 0
        case "nobody_ready":
            return lane.able == 0
        case _:
            return False


def _send(floor: "Floor", call: Caller, rule: Overflow) -> None:
    _leave(
        floor,
        call,
        CallOverflowed(
            call=call.call, queue=call.queue, when=rule.when, to=rule.to, target=rule.target
        ),
    )


def _leave(floor: "Floor", call: Caller, fact: CallOverflowed) -> None:
    floor.say(fact)
    floor.leave_queue(call, "overflowed")
