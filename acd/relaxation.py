"""What a waiting call needs, and how that becomes less while it waits.

Theory of operation
===================

1. At first a call needs what its queue and it itself ask for: of each skill the higher level.
2. The queue's steps come in force one after another, in the order of `after`, counted from the
   moment when the call was queued. They add up. They change what a call needs, never its place;
   and a call never needs more by them: one that needed less than a step asks for needs no more.
3. *Step 0* comes before: for some time only one agent may take the call, whatever that agent's
   skills and queues. It ends early when waiting for them makes no sense any more (`Acd`).
4. A *ring* keeps the agents out for whom the queue is not important enough (their preference is a
   greater number). Agents of queues that a step has added are in no ring.
"""

from collections.abc import Mapping
from typing import NamedTuple

from acd.live import Caller
from calls.base import Instant, QueueId
from calls.config import Queue, Relaxation


class Needs(NamedTuple):
    """What is needed at one step."""

    #: Least proficiency by skill; no zeros.
    skills: dict[str, int]
    #: Whose agents may take it as well, in the order in which they were added.
    queues: tuple[QueueId, ...]
    #: Least important preference that does; 0 for any.
    ring: int


def ordered(queue: Queue) -> list[Relaxation]:
    """The steps of a queue in the order in which they come in force."""
    return sorted(queue.relaxation, key=lambda step: step.after)


def needs_by_step(
    queue: Queue, steps: list[Relaxation], skills: Mapping[str, int]
) -> tuple[Needs, ...]:
    """What a call with such `skills` needs while 0, 1, 2, ... of the steps are in force."""
    needed = queue.skills.copy()
    for skill, level in skills.items():
        needed[skill] = max(level, needed.get(skill, 0))
    found = [Needs(needed, (), queue.ring)]
    for step in steps:
        skills, queues, ring = found[-1]
        found.append(
            Needs(
                {
                    skill: level
                    for skill, before in skills.items()
                    if (level := min(step.skills.get(skill, before), before)) > 0
                },
                tuple(dict.fromkeys((*queues, *step.queues))),
                _wider(ring, step.ring),
            )
        )
    return tuple(found)


def _wider(ring: int, asked: int | None) -> int:
    """The wider of two rings, 0 being the widest."""
    if asked is None:
        return ring
    return max(ring, asked) if ring and asked else 0


def in_force(steps: list[Relaxation], call: Caller, now: Instant) -> int:
    """How many of the steps are in force."""
    return sum(call.queued + step.after <= now for step in steps)


def due(steps: list[Relaxation], call: Caller) -> Instant | None:
    """When a call will need less the next time by itself; None for never."""
    following = call.queued + steps[call.step].after if call.step < len(steps) else None
    if not call.agent:
        return following
    alone = call.queued + call.agent_for
    return alone if following is None else min(alone, following)
