"""Is a queue or an agent configured sensibly? The answers name the thing and the field."""

from collections.abc import Iterator, Mapping

from calls import hours
from calls.config import Agent, Overflow, Queue, Relaxation

#: No time (seconds), head start or number is greater, some thirty years: beyond it moments are not
#: exact any more, and who came first could not be told.
MOST = 1e9
#: A phone that rings for less has not rung, and the offers of one moment would never end.
LEAST_OFFER = 1.0

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
    yield from _number_faults(f"{place}: offer_timeout", queue.offer_timeout, LEAST_OFFER)
    for field in ("priority", "vip_priority"):
        yield from _number_faults(f"{place}: {field}", getattr(queue, field), -MOST)
    for field in _NOT_NEGATIVE:
        yield from _number_faults(f"{place}: {field}", getattr(queue, field))
    for field in ("ring_limit", "callback_attempts"):
        yield from _number_faults(f"{place}: {field}", getattr(queue, field), 1)
    for at, step in enumerate(queue.relaxation, start=1):
        yield from _relaxation_faults(f"{place}: relaxation {at}", step)
    for at, rule in enumerate(queue.overflow, start=1):
        yield from _overflow_faults(f"{place}: overflow {at}", queue, rule)
    if queue.hours is not None and (wrong := hours.fault(queue.hours)) is not None:
        yield f"{place}: hours: {wrong}"


def _relaxation_faults(place: str, step: Relaxation) -> Iterator[str]:
    yield from _number_faults(f"{place}: after", step.after)
    yield from _skill_faults(place, step.skills, least=0)
    if step.ring is not None:
        yield from _number_faults(f"{place}: ring", step.ring)


def _overflow_faults(place: str, queue: Queue, rule: Overflow) -> Iterator[str]:
    yield from _number_faults(f"{place}: limit", rule.limit)
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
        yield from _number_faults(f"{place}: the preference of queue {queue!r}", preference, 1)
    yield from _number_faults(f"{place}: rona_limit", agent.rona_limit, 1)
    for channel, most in agent.capacity.items():
        if channel == "voice":
            yield f"{place}: capacity is for other channels; voice takes an agent alone"
        else:
            yield from _number_faults(f"{place}: the capacity for {channel}", most)


def _skill_faults(place: str, skills: Mapping[str, int], least: int = 1) -> Iterator[str]:
    for skill, level in skills.items():
        if not least <= level <= 10:
            yield f"{place}: the level of skill {skill!r} must be {least} to 10, not {level}"


def _number_faults(what: str, value: float, least: float = 0) -> Iterator[str]:
    if not least <= value <= MOST:
        yield f"{what} must be {least:.0f} to {MOST:.0f}, not {value}"
