"""Callers who keep their place without the line (virtual hold).

Theory of operation
===================

1. The call goes on waiting, *virtual*, with its place and its needs; nothing sends it elsewhere
   any more (`acd.overflow`).
2. An agent accepts it: it is *taken*. The agent counts as talking, and the caller is called. It
   waits until that has come to something, so that it leaves its queue once.
3. `Reached`: it leaves the queue, connected. `Unreached`: the agent is free, without any after-call
   work; the call is *held* for `Queue.callback_retry` and then waits again at its old place, or
   leaves the queue when there were `Queue.callback_attempts`. One of which nobody knows what came
   of it (`lost`) is not counted: perhaps the caller's phone never rang.
"""

from acd import contacts
from acd.floor import Floor
from acd.live import Caller
from acd.messages import KeepPlace, Reached, Unreached
from calls.facts import CallbackTried, PlaceKept


def keep_place(floor: Floor, message: KeepPlace) -> None:
    """Also while phones ring for the call: who answers waits until the caller is reached."""
    call = floor.calls.get(message.call)
    if call is None or call.virtual or call.channel != "voice":
        floor.drop(message)
        return
    call.virtual = True
    if not floor.index.lanes[call.queue].wants(call):
        floor.index.hold(call)
    floor.say(PlaceKept(call=call.call, queue=call.queue, number=message.number))
    floor.time(call)


def reached(floor: Floor, message: Reached) -> None:
    call = _taken(floor, message)
    if call is None:
        return
    floor.say(
        CallbackTried(
            call=call.call,
            queue=call.queue,
            agent=call.taken,
            attempt=call.attempts + 1,
            outcome="answered",
        )
    )
    floor.leave_queue(call, "connected")
    contacts.connect(floor, call, call.taken)
    floor.agents[call.taken].joined = floor.now


def unreached(floor: Floor, message: Unreached) -> None:
    call = _taken(floor, message)
    if call is None:
        return
    queue, name = floor.queues[call.queue], call.taken
    attempt = call.attempts + 1
    if message.outcome != "lost":
        call.attempts = attempt
    again = call.attempts < queue.callback_attempts
    call.held = floor.now + queue.callback_retry if again else None
    call.taken = ""
    floor.say(
        CallbackTried(
            call=call.call,
            queue=call.queue,
            agent=name,
            attempt=attempt,
            outcome=message.outcome,
            retry=call.held,
        )
    )
    if again:
        floor.time(call)
    else:
        floor.leave_queue(call, "unreached")
    floor.free(floor.agents[name])


def _taken(floor: Floor, message: Reached | Unreached) -> Caller | None:
    """The call whose caller was called; a message about any other comes too late."""
    call = floor.calls.get(message.call)
    if call is not None and call.taken:
        return call
    floor.drop(message)
    return None
