"""Is a queue or an agent configured sensibly? The answers name the thing and the field."""

from collections.abc import Iterator, Mapping
from math import isfinite

from calls.config import Agent, Queue


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
    if not isfinite(queue.priority):
        yield f"{place}: priority must be a number of seconds, not {queue.priority}"
    for field in ("wrap_up", "slope", "service_level", "announce_every"):
        value: float = getattr(queue, field)
        if not (isfinite(value) and value >= 0):
            yield f"{place}: {field} must be 0 or more, not {value}"


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


def _skill_faults(place: str, skills: Mapping[str, int]) -> Iterator[str]:
    for skill, level in skills.items():
        if not 1 <= level <= 10:
            yield f"{place}: the level of skill {skill!r} must be 1 to 10, not {level}"
