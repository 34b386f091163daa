"""What a queue or an agent may be configured to be. Errors name the field first.

Rules, steps and their like are counted from 1: ``overflow.2.target``.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import get_args

from calls import hours
from calls.base import Channel, OverflowWhen, QueueId
from calls.config import Agent, Overflow, Queue, Relaxation, ServiceLevelVariant, Strategy
from calls.errors import FlowInvalid, InputInvalid
from engine.texts import one_line
from ivr import loading

#: An announcement that comes more often (seconds) would leave no music between two.
LEAST_ANNOUNCE_EVERY = 5.0
#: Of preferences, which are rings too.
MOST_PREFERENCE = 99

_DAY = 86400
#: Least and most seconds.
_SECONDS = {
    "offer_timeout": (1, 300),
    "wrap_up": (0, 3600),
    "service_level": (0, 3600),
    "announce_every": (0, 3600),
    "overdue": (0, 10 * _DAY),
    "last_agent": (0, 3600),
    "last_agent_within": (0, 366 * _DAY),
    "reconnect": (0, _DAY),
    "wrap_up_extension": (0, 3600),
    "rest": (0, 3600),
    "callback_retry": (1, _DAY),
}
_COUNTS = {
    "ring": (0, MOST_PREFERENCE),
    "limit": (0, 100_000),
    "wrap_up_extensions": (0, 100),
    "ring_limit": (1, 1000),
    "callback_attempts": (1, 20),
}
_DIALLED = re.compile(r"\+?[0-9*#]{1,20}")
#: A phone outside, for a switch that registers none.
_PHONE = re.compile(r"tel:\+?[0-9]{2,15}|sip:[^\s@]+@[^\s@]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}")

#: The source of the newest version of a flow; None where there is none of that name.
SourceOf = Callable[[str], str | None]


def check_queue(queue: Queue, queues: Collection[QueueId], source_of: SourceOf) -> None:
    """`queues` are all that may be named in rules. Raises `InputInvalid`."""
    if not queue.name or not queue.name.replace("-", "").replace("_", "").isalnum():
        raise InputInvalid(f"name: {queue.name!r} must be letters, digits, - and _")
    one_line("name", queue.name, 40)
    one_line("title", queue.title)
    _one_of("strategy", queue.strategy, get_args(Strategy))
    _one_of("service_level_variant", queue.service_level_variant, get_args(ServiceLevelVariant))
    for field, (least, most) in _SECONDS.items():
        _within(field, getattr(queue, field), least, most, " seconds")
    for field, (least, most) in _COUNTS.items():
        _within(field, getattr(queue, field), least, most)
    if 0 < queue.announce_every < LEAST_ANNOUNCE_EVERY:
        raise InputInvalid(
            f"announce_every: must be 0 (never) or at least {LEAST_ANNOUNCE_EVERY:g} seconds, "
            f"not {queue.announce_every:g}"
        )
    if not 0 < queue.slope <= 1000:
        raise InputInvalid(f"slope: must be above 0 and at most 1000, not {queue.slope:g}")
    for field in ("priority", "vip_priority"):
        if not abs(value := getattr(queue, field)) <= 1e6:
            raise InputInvalid(f"{field}: must be within a million seconds, not {value:g}")
    check_levels("skills", queue.skills)
    _check_heard(queue)
    others = set(queues) - {queue.name}
    for number, step in enumerate(queue.relaxation, 1):
        _check_step(f"relaxation.{number}", step, others)
    for number, rule in enumerate(queue.overflow, 1):
        _check_rule(f"overflow.{number}", rule, others, source_of)
    if queue.hours is not None and (wrong := hours.fault(queue.hours)):
        raise InputInvalid(f"hours.{wrong}")


def check_agent(agent: Agent, queues: Collection[QueueId]) -> None:
    """`queues` are those that there are. Raises `InputInvalid`."""
    one_line("title", agent.title)
    check_levels("skills", agent.skills)
    for queue, preference in agent.queues.items():
        if queue not in queues:
            raise InputInvalid(f"queues: there is no queue {queue!r}")
        if not 1 <= preference <= MOST_PREFERENCE:
            raise InputInvalid(
                f"queues.{queue}: a preference is 1 to {MOST_PREFERENCE}, not {preference}"
            )
    _within("rona_limit", agent.rona_limit, 1, 100)
    for channel, most in agent.capacity.items():
        if channel == "voice":
            raise InputInvalid("capacity.voice: a call takes the agent alone; leave it out")
        _one_of("capacity", channel, get_args(Channel))
        _within(f"capacity.{channel}", most, 0, 50)
    if agent.phone and not _PHONE.fullmatch(agent.phone):
        raise InputInvalid(
            f"phone: {agent.phone!r} is neither like tel:+48221230101 nor like sip:anna@example.org"
        )


def check_levels(field: str, levels: dict[str, int], least: int = 1) -> None:
    """Proficiencies by skill. Raises `InputInvalid`."""
    for skill, level in levels.items():
        if not skill.strip():
            raise InputInvalid(f"{field}: a skill needs a name")
        one_line(field, skill, 40)
        if not least <= level <= 10:
            raise InputInvalid(f"{field}.{skill}: a level is {least} to 10, not {level}")


def _check_heard(queue: Queue) -> None:
    one_line("music", queue.music, 40)
    for language, music in queue.music_by_language.items():
        _check_language("music_by_language", language)
        if not one_line(f"music_by_language.{language}", music, 40):
            raise InputInvalid(f"music_by_language.{language}: name the music, or leave it out")
    for language, texts in queue.messages.items():
        _check_language("messages", language)
        for number, text in enumerate(texts, 1):
            if not one_line(f"messages.{language}.{number}", text, 500):
                raise InputInvalid(f"messages.{language}.{number}: must not be empty")


def _check_language(field: str, language: str) -> None:
    if not _LANGUAGE.fullmatch(language):
        raise InputInvalid(f"{field}: {language!r} is no language code such as en, pl or uk")


def _check_step(place: str, step: Relaxation, others: Collection[QueueId]) -> None:
    _within(f"{place}.after", step.after, 0, _DAY, " seconds")
    check_levels(f"{place}.skills", step.skills, least=0)
    for queue in step.queues:
        if queue not in others:
            raise InputInvalid(f"{place}.queues: there is no other queue {queue!r}")
    if step.ring is not None:
        _within(f"{place}.ring", step.ring, 0, MOST_PREFERENCE)
    if not step.skills and not step.queues and step.ring is None:
        raise InputInvalid(
            f"{place}: it changes nothing; lower a skill, add a queue or widen the ring"
        )


def _check_rule(
    place: str, rule: Overflow, others: Collection[QueueId], source_of: SourceOf
) -> None:
    _one_of(f"{place}.when", rule.when, get_args(OverflowWhen))
    _within(f"{place}.limit", rule.limit, 0, 100_000)
    match rule.to:
        case "queue":
            if rule.target not in others:
                raise InputInvalid(f"{place}.target: there is no other queue {rule.target!r}")
        case "number":
            if not _DIALLED.fullmatch(rule.target):
                raise InputInvalid(
                    f"{place}.target: {rule.target!r} is no number such as +48221230101"
                )
        case "flow":
            _check_flow(f"{place}.target", rule.target, source_of)
        case _:
            _one_of(f"{place}.to", rule.to, ("queue", "number", "flow"))


def _check_flow(place: str, target: str, source_of: SourceOf) -> None:
    flow, _, node = target.partition(".")
    source = source_of(flow)
    if source is None:
        raise InputInvalid(f"{place}: there is no flow {flow!r}")
    try:
        nodes = loading.load(source, flow).nodes
    except FlowInvalid as error:
        raise InputInvalid(f"{place}: flow {flow!r} cannot be used: {error}") from None
    if node and node not in nodes:
        raise InputInvalid(
            f"{place}: flow {flow!r} has no node {node!r}; it has {', '.join(sorted(nodes))}"
        )


def _one_of(field: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise InputInvalid(f"{field}: {value!r} is none of {', '.join(known)}")


def _within(field: str, value: float, least: float, most: float, unit: str = "") -> None:
    if not least <= value <= most:
        raise InputInvalid(f"{field}: must be {least:g} to {most:g}{unit}, not {value:g}")
