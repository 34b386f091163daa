"""An agent's states.

Theory of operation
===================

1. What an agent *asks for* (ready, not ready, logged out) and what the work *makes* of them
   (reserved, talking, wrap-up) share one state, because an agent is in exactly one of the six.
2. The machine is the table `TRANSITIONS`. A pair that is not in it is an error of ours
   (`calls.errors.UnexpectedEvent`), and nothing has changed.
3. Asked during a conversation or wrap-up, a state waits in `next_state`. It takes effect by the
   same ``ask_...`` events once the work is over; ``ask_ready`` is the default.
4. Asked for a break or the end of the day while the phone rings, it takes effect at once: the
   agent says that they will not take this call. The offer counts as declined, the reason shown
   is the one asked for, and the caller keeps the place.
5. A phone that is gone (``phone_gone``) ends ``ready`` and ``reserved`` at once. A conversation
   goes on (audio may flow without a registration); the phone is looked at again when the work
   is over.
6. ``miss`` is an offer that the agent did not take; who misses is not ready, or callers would
   ring an empty chair in turn. ``pass_over`` is a RONA below the agent's limit: ready again, but
   behind everybody idle. ``rescind`` is no fault of the agent, who keeps the idle time.
7. Signing in (leaving ``logged_out``) starts the counts of the strategies anew.
"""

from math import exp
from typing import Any, Literal, TypeAlias

from msgspec.structs import replace

from acd.state import AgentRecord
from calls.base import AgentState, Instant
from calls.errors import UnexpectedEvent

AgentEvent: TypeAlias = Literal[
    "ask_ready",
    "ask_not_ready",
    "ask_logged_out",
    "phone_gone",
    "offer",
    "accept",
    "rescind",
    "pass_over",
    "miss",
    "release",
]

_AFTER_WORK: dict[AgentEvent, AgentState] = {
    "ask_ready": "ready",
    "ask_not_ready": "not_ready",
    "ask_logged_out": "logged_out",
    "phone_gone": "not_ready",
}

TRANSITIONS: dict[AgentState, dict[AgentEvent, AgentState]] = {
    "logged_out": {
        "ask_ready": "ready",
        "ask_not_ready": "not_ready",
    },
    "not_ready": {
        "ask_ready": "ready",
        "ask_not_ready": "not_ready",
        "ask_logged_out": "logged_out",
    },
    "ready": {
        "ask_not_ready": "not_ready",
        "ask_logged_out": "logged_out",
        "phone_gone": "not_ready",
        "offer": "reserved",
    },
    "reserved": {
        "accept": "talking",
        "rescind": "ready",
        "pass_over": "ready",
        "miss": "not_ready",
        "ask_not_ready": "not_ready",
        "ask_logged_out": "logged_out",
        "phone_gone": "not_ready",
    },
    "talking": {**_AFTER_WORK, "release": "wrap_up"},
    "wrap_up": _AFTER_WORK,
}

#: States in which an agent has no call.
FREE: frozenset[AgentState] = frozenset({"logged_out", "not_ready", "ready"})

#: Occupancy is smoothed over about this many seconds.
OCCUPANCY_TAU = 1800.0


def step(
    record: AgentRecord, event: AgentEvent, now: Instant, *, reason: str = "", **changes: Any
) -> AgentRecord:
    """The record after `event`, with `changes` to its other fields.

    Raises `UnexpectedEvent` where the table has no such pair.
    """
    state = TRANSITIONS[record.state].get(event)
    if state is None:
        raise UnexpectedEvent(f"agent {record.config.name!r} is {record.state}: no {event} now")
    new: dict[str, Any] = {
        "state": state,
        "reason": reason,
        "since": now,
        "until": None,
        "occupancy": _occupancy(record, now),
    }
    if state in FREE:
        new |= _NO_CALL
    if event == "ask_ready":
        new["ronas"] = 0
    elif event == "accept":
        new |= {"offer": None, "ronas": 0, "calls": record.calls + 1}
    if record.state == "logged_out":
        new |= {"calls": 0, "occupancy": 0.0}
    return replace(record, **(new | changes))


_NO_CALL: dict[str, Any] = {
    "call": None,
    "queue": "",
    "offer": None,
    "next_state": "",
    "next_reason": "",
    "disposition": None,
}


def _occupancy(record: AgentRecord, now: Instant) -> float:
    """Exponential smoothing: it nears 1 while busy, 0 while ready, and rests on breaks."""
    if record.state in ("logged_out", "not_ready"):
        return record.occupancy
    faded = exp((record.since - now) / OCCUPANCY_TAU)
    if record.state == "ready":
        return record.occupancy * faded
    return 1.0 - (1.0 - record.occupancy) * faded
