"""Is a queue or an agent configured sensibly? The answers name the thing and the field."""

from collections.abc import Iterator, Mapping
from math import isfinite

from calls import hours
from calls.config import Agent, Overflow, Queue, Relaxation

#: Fields of a queue that are seconds, or a factor, and cannot be less than 0.
_NOT_NEGATIVE = (
    "wrap_up",
    "slope",
    "service_level",
    "announce_every",
    "overdue",
    "last_agent",
    "last_agent_within",
    "reconnect",
    "wrap_up_extension",
    "wrap_up_extensions",
    "rest",
    "limit",
    "ring",
    "callback_retry",
)


def queue_fault(queue: Queue) -> str | None:
    """What is wrong with a queue, for the person who configures it; None if nothing."""
    return next(_queue_faults(queue), None)


def agent_fault(agent: Agent) -> str | None:
    """What is wrong with an agent, for the person who configures it; None if nothing."""
    return next(_agent_faults(agent), None)


def _queue_faults(queue: Queue) -> Iterator[str]:
    place = f"queue {queue.name!r}"
    if not queue.name:
        yield "a queue needs a name"
    yield from _skill_faults(place, queue.skills)
    if not (isfinite(queue.offer_timeout) and queue.offer_timeout > 0):
        yield f"{place}: offer_timeout must be more than 0 seconds, not {queue.offer_timeout}"
    for field in ("priority", "vip_priority"):
        head_start: float = getattr(queue, field)
        if not isfinite(head_start):
            yield f"{place}: {field} must be a number of seconds, not {head_start}"
    for field in _NOT_NEGATIVE:
        value: float = getattr(queue, field)
        if not (isfinite(value) and value >= 0):
            yield f"{place}: {field} must be 0 or more, not {value}"
    for field in ("ring_limit", "callback_attempts"):
        number: int = getattr(queue, field)
        if number < 1:
            yield f"{place}: {field} must be 1 or more, not {number}"
    for at, step in enumerate(queue.relaxation, start=1):
        yield from _relaxation_faults(f"{place}: relaxation {at}", step)
    for at, rule in enumerate(queue.overflow, start=1):
        yield from _overflow_faults(f"{place}: overflow {at}", queue, rule)
    if queue.hours is not None and (wrong := hours.fault(queue.hours)) is not None:
        yield f"{place}: hours: {wrong}"


def _relaxation_faults(place: str, step: Relaxation) -> Iterator[str]:
    if not (isfinite(step.after) and step.after >= 0):
        yield f"{place}: after must be 0 or more seconds, not {step.after}"
    yield from _skill_faults(place, step.skills, least=0)
    if step.ring is not None and step.ring < 0:
        yield f"{place}: ring must be 0 or more, not {step.ring}"


def _overflow_faults(place: str, queue: Queue, rule: Overflow) -> Iterator[str]:
    if not (isfinite(rule.limit) and rule.limit >= 0):
        yield f"{place}: limit must be 0 or more, not {rule.limit}"
    if not rule.target:
        yield f"{place}: target must name a {rule.to}"
    elif rule.to == "queue" and rule.target == queue.name:
        yield f"{place}: target must be another queue than {queue.name!r}"


def _agent_faults(agent: Agent) -> Iterator[str]:
    place = f"agent {agent.name!r}"
    if not agent.name:
        yield "an agent needs a name"
    yield from _skill_faults(place, agent.skills)
    for queue, preference in agent.queues.items():
        if preference < 1:
            yield f"{place}: the preference of queue {queue!r} must be 1 or more, not {preference}"
    if agent.rona_limit < 1:
        yield f"{place}: rona_limit must be 1 or more, not {agent.rona_limit}"
    for channel, most in agent.capacity.items():
        if channel == "voice":
            yield f"{place}: capacity is for other channels; voice takes an agent alone"
        elif most < 0:
            yield f"{place}: the capacity for {channel} must be 0 or more, not {most}"


def _skill_faults(place: str, skills: Mapping[str, int], least: int = 1) -> Iterator[str]:
    for skill, level in skills.items():
        if not least <= level <= 10:
            yield f"{place}: the level of skill {skill!r} must be {least} to 10, not {level}"
