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
7. After the work a queue may ask for a ``rest``: not ready, until the time is over.
8. Contacts beside others (`acd.parallel`) do not show in the state, but for what comes of not
   taking one: ``miss`` from ``ready``.
9. A consulted agent who has the caller from now on (``take_over``) talks in another call.
10. Signing in (leaving ``logged_out``) starts the counts of the strategies anew.
"""

from math import exp
from typing import Final, Literal, TypeAlias

from acd.live import Seat
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
    "take_over",
    "rest",
]

_AFTER_WORK: dict[AgentEvent, AgentState] = {
    "ask_ready": "ready",
    "ask_not_ready": "not_ready",
    "ask_logged_out": "logged_out",
    "phone_gone": "not_ready",
    "rest": "not_ready",
}

TRANSITIONS: Final[dict[AgentState, dict[AgentEvent, AgentState]]] = {
    "logged_out": {
        "ask_ready": "ready",
        "ask_not_ready": "not_ready",
    },
    "not_ready": {
        "ask_ready": "ready",
        "ask_not_ready": "not_ready",
        "ask_logged_out": "logged_out",
        "phone_gone": "not_ready",
    },
    "ready": {
        "ask_not_ready": "not_ready",
        "ask_logged_out": "logged_out",
        "phone_gone": "not_ready",
        "miss": "not_ready",
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
    "talking": {**_AFTER_WORK, "release": "wrap_up", "take_over": "talking"},
    "wrap_up": _AFTER_WORK,
}

#: States in which an agent has no call.
FREE: Final[frozenset[AgentState]] = frozenset({"logged_out", "not_ready", "ready"})

#: Occupancy is smoothed over about this many seconds.
OCCUPANCY_TAU: Final = 1800.0


def step(
    record: Seat,
    event: AgentEvent,
    now: Instant,
    reason: str = "",
    until: Instant | None = None,
) -> None:
    """Change the record as `event` does.

    Raises `UnexpectedEvent`, and changes nothing, where the table has no such pair.
    """
    before = record.state
    state = TRANSITIONS[before].get(event)
    if state is None:
        raise UnexpectedEvent(f"agent {record.name!r} is {before}: no {event} now")
    if before == "logged_out":
        record.calls, record.occupancy = 0, 0.0
    elif before != "not_ready":
        record.occupancy = _occupancy(record, now)
    record.state, record.reason, record.since, record.until = state, reason, now, until
    if event == "ask_ready":
        record.ronas = 0
    elif event == "accept":
        record.offer = None
        record.ronas = 0
        record.calls += 1
    if record.call is not None and state in FREE:
        record.call, record.queue, record.offer = None, "", None
        record.next_state, record.next_reason, record.disposition = "", "", None
        record.joined, record.talked, record.extended = None, 0.0, 0


def _occupancy(record: Seat, now: Instant) -> float:
    """Exponential smoothing: it nears 1 while busy, 0 while ready, and rests on breaks."""
    faded = exp((record.since - now) / OCCUPANCY_TAU)
    if record.state == "ready":
        return record.occupancy * faded
    return 1.0 - (1.0 - record.occupancy) * faded
