"""Queues, agents, numbers and flows in the database: reading, changing, comparing.

Each change bumps `engine.meta.configuration_version`, by which the running center notices it.
Nothing here commits: that is the session's matter.
"""

import time
from pathlib import Path
from typing import get_args

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calls.actions import (
    Action,
    ConfigureAgent,
    ConfigureNumber,
    ConfigureQueue,
    PublishFlow,
    RemoveAgent,
    RemoveNumber,
    RemoveQueue,
)
from calls.config import Agent, Number, Queue, Strategy
from calls.errors import FlowInvalid, InputInvalid
from calls.port import Phone
from engine import models
from engine.meta import configuration_changed
from engine.models import FlowVersion, User
from engine.texts import one_line
from ivr import loading

_STRATEGIES = get_args(Strategy)

#: An announcement that comes more often (seconds) would leave no music between two.
LEAST_ANNOUNCE_EVERY = 5.0


class Configuration(msgspec.Struct, frozen=True):
    """All that the machine is configured with, each by its name."""

    queues: dict[str, Queue] = {}
    agents: dict[str, Agent] = {}
    numbers: dict[str, Number] = {}
    #: The newest version of each flow.
    flows: dict[str, PublishFlow] = {}


def read(session: Session) -> Configuration:
    """The configuration as it is in the database. Agents are the active users of that role."""
    queues = session.scalars(select(models.Queue).order_by(models.Queue.name))
    users = session.scalars(
        select(User).where(User.role == "agent", User.active).order_by(User.name)
    )
    numbers = session.scalars(select(models.Number).order_by(models.Number.number))
    return Configuration(
        queues={row.name: queue_word(row) for row in queues},
        agents={row.name: agent_word(row) for row in users},
        numbers={row.number: _number_word(row) for row in numbers},
        flows=_newest_flows(session),
    )


def actions(old: Configuration | None, new: Configuration) -> list[Action]:
    """What to tell the machine so that it goes from `old` (None: from nothing) to `new`.

    In an order that never names what is not there: queues before agents, flows before numbers,
    removals last.
    """
    old = old or Configuration()
    found: list[Action] = []
    found += [
        ConfigureQueue(queue=word)
        for name, word in new.queues.items()
        if old.queues.get(name) != word
    ]
    found += [
        ConfigureAgent(agent=word)
        for name, word in new.agents.items()
        if old.agents.get(name) != word
    ]
    found += [word for name, word in new.flows.items() if old.flows.get(name) != word]
    found += [
        ConfigureNumber(number=word)
        for name, word in new.numbers.items()
        if old.numbers.get(name) != word
    ]
    found += [RemoveNumber(number=name) for name in old.numbers if name not in new.numbers]
    found += [RemoveAgent(agent=name) for name in old.agents if name not in new.agents]
    found += [RemoveQueue(queue=name) for name in old.queues if name not in new.queues]
    return found


def phones(session: Session) -> list[Phone]:
    """Two phones for each agent: a plain SIP one, and the one in the browser (``<name>-web``)."""
    users = session.scalars(
        select(User).where(User.role == "agent", User.active).order_by(User.name)
    )
    return [
        Phone(name=name, password=user.sip_secret, browser=browser)
        for user in users
        for name, browser in ((user.name, False), (f"{user.name}-web", True))
    ]


def save_queue(session: Session, queue: Queue) -> None:
    """Add a queue or change the one of that name. Raises `InputInvalid`, naming the field."""
    _check_queue(queue)
    fields = {name: getattr(queue, name) for name in queue.__struct_fields__ if name != "skills"}
    row = session.get(models.Queue, queue.name)
    if row is None:
        row = models.Queue(**fields)
        session.add(row)
    else:
        for name, value in fields.items():
            setattr(row, name, value)
    _set(row.skills, queue.skills)
    session.flush()
    configuration_changed(session)


def remove_queue(session: Session, name: str) -> None:
    """Remove a queue and its agents' membership. Raises `InputInvalid` where there is none."""
    row = session.get(models.Queue, name)
    if row is None:
        raise InputInvalid(f"there is no queue {name!r}")
    session.delete(row)
    session.flush()
    session.expire_all()
    configuration_changed(session)


def save_agent(session: Session, agent: Agent) -> None:
    """Set the title, skills, queues and RONA limit of the user of that name.

    Raises `InputInvalid` for an unknown user or queue, or a level that is not 1 to 10.
    """
    user = session.get(User, agent.name)
    if user is None:
        raise InputInvalid(f"there is no user {agent.name!r}; add the user first")
    one_line("title", agent.title)
    _check_levels("skills", agent.skills)
    known = set(session.scalars(select(models.Queue.name)))
    for queue, preference in agent.queues.items():
        if queue not in known:
            raise InputInvalid(f"queues: there is no queue {queue!r}")
        if not 1 <= preference <= 99:
            raise InputInvalid(f"queues.{queue}: a preference is 1 to 99, not {preference}")
    if not 1 <= agent.rona_limit <= 100:
        raise InputInvalid(f"rona_limit: must be 1 to 100, not {agent.rona_limit}")
    user.title, user.rona_limit = agent.title or user.name, agent.rona_limit
    _set(user.skills, agent.skills)
    _set(user.queues, agent.queues)
    session.flush()
    configuration_changed(session)


def save_number(session: Session, number: Number) -> None:
    """Let a flow answer a number. Raises `InputInvalid` for an unknown flow or entry."""
    if not number.number or number.number != number.number.strip():
        raise InputInvalid(f"number: {number.number!r} is not what a caller can dial")
    if not number.language:
        raise InputInvalid("language: must not be empty")
    flow = _newest_flows(session).get(number.flow)
    if flow is None:
        raise InputInvalid(f"flow: there is no flow {number.flow!r}")
    if number.entry and number.entry not in loading.load(flow.source, flow.flow).entries:
        raise InputInvalid(f"entry: flow {number.flow!r} has no entry {number.entry!r}")
    fields = {name: getattr(number, name) for name in number.__struct_fields__}
    session.merge(models.Number(**fields))
    session.flush()
    configuration_changed(session)


def remove_number(session: Session, number: str) -> None:
    """Raises `InputInvalid` where there is none."""
    row = session.get(models.Number, number)
    if row is None:
        raise InputInvalid(f"there is no number {number!r}")
    session.delete(row)
    session.flush()
    configuration_changed(session)


def publish_flow(
    session: Session, flow: str, source: str, by: str, file: str | None = None
) -> int | None:
    """Make `source` (YAML) the newest version of a flow; None if it is that already.

    Returns the version. Raises `calls.errors.FlowInvalid` as `ivr.loading.load` does.
    """
    newest = _newest_flows(session).get(flow)
    if newest is not None and newest.source == source:
        return None
    name = loading.load(source, file or f"flow {flow}").flow
    if name != flow:
        raise FlowInvalid(f"{file or flow}: the flow is named {name!r}, not {flow!r}")
    version = newest.version + 1 if newest else 1
    session.add(
        FlowVersion(
            flow=flow, version=version, source=source, published_at=time.time(), published_by=by
        )
    )
    session.flush()
    configuration_changed(session)
    return version


def publish_folder(session: Session, folder: Path) -> list[str]:
    """Publish the flows of a folder (``<name>.yaml``) whose file is another than last time.

    A flow changed in the database since stays, until its file changes. Returns the flows
    published. Raises `FlowInvalid`.
    """
    if not folder.is_dir():
        raise FlowInvalid(f"there is no folder {folder} to read flows from (setting 'flows')")
    published = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            source = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FlowInvalid(f"{path}: {error}") from None
        mark = f"file:{path.name}"
        last = session.scalar(
            select(FlowVersion.source)
            .where(FlowVersion.flow == path.stem, FlowVersion.published_by == mark)
            .order_by(FlowVersion.version.desc())
            .limit(1)
        )
        if last != source and publish_flow(session, path.stem, source, mark, str(path)):
            published.append(path.stem)
    return published


def queue_word(row: models.Queue) -> Queue:
    fields = {name: getattr(row, name) for name in Queue.__struct_fields__ if name != "skills"}
    return Queue(**fields, skills=dict(sorted(row.skills.items())))


def agent_word(row: User) -> Agent:
    return Agent(
        name=row.name,
        title=row.title,
        skills=dict(sorted(row.skills.items())),
        queues=dict(sorted(row.queues.items())),
        rona_limit=row.rona_limit,
    )


def _number_word(row: models.Number) -> Number:
    return Number(number=row.number, flow=row.flow, language=row.language, entry=row.entry)


def _newest_flows(session: Session) -> dict[str, PublishFlow]:
    newest = (
        select(FlowVersion.flow, func.max(FlowVersion.version).label("version"))
        .group_by(FlowVersion.flow)
        .subquery()
    )
    rows = session.scalars(
        select(FlowVersion)
        .join(
            newest,
            (FlowVersion.flow == newest.c.flow) & (FlowVersion.version == newest.c.version),
        )
        .order_by(FlowVersion.flow)
    )
    return {
        row.flow: PublishFlow(flow=row.flow, version=row.version, source=row.source) for row in rows
    }


def _check_queue(queue: Queue) -> None:
    if not queue.name or not queue.name.replace("-", "").replace("_", "").isalnum():
        raise InputInvalid(f"name: {queue.name!r} must be letters, digits, - and _")
    one_line("name", queue.name, 40)
    one_line("title", queue.title)
    one_line("music", queue.music, 40)
    if queue.strategy not in _STRATEGIES:
        raise InputInvalid(f"strategy: {queue.strategy!r} is none of {', '.join(_STRATEGIES)}")
    if not 1 <= queue.offer_timeout <= 300:
        raise InputInvalid(f"offer_timeout: must be 1 to 300 seconds, not {queue.offer_timeout:g}")
    for field, most in (("wrap_up", 3600), ("service_level", 3600), ("announce_every", 3600)):
        value = getattr(queue, field)
        if not 0 <= value <= most:
            raise InputInvalid(f"{field}: must be 0 to {most} seconds, not {value:g}")
    if 0 < queue.announce_every < LEAST_ANNOUNCE_EVERY:
        raise InputInvalid(
            f"announce_every: must be 0 (never) or at least {LEAST_ANNOUNCE_EVERY:g} seconds, "
            f"not {queue.announce_every:g}"
        )
    if not 0 < queue.slope <= 1000:
        raise InputInvalid(f"slope: must be above 0 and at most 1000, not {queue.slope:g}")
    if not abs(queue.priority) <= 1e6:
        raise InputInvalid(f"priority: must be within a million seconds, not {queue.priority:g}")
    _check_levels("skills", queue.skills)


def _check_levels(field: str, levels: dict[str, int]) -> None:
    for skill, level in levels.items():
        if not skill.strip():
            raise InputInvalid(f"{field}: a skill needs a name")
        one_line(field, skill, 40)
        if not 1 <= level <= 10:
            raise InputInvalid(f"{field}.{skill}: a level is 1 to 10, not {level}")


def _set(current: dict[str, int], wanted: dict[str, int]) -> None:
    """Make an association hold `wanted`, touching only the rows that differ."""
    for key in set(current) - set(wanted):
        del current[key]
    for key, value in wanted.items():
        if current.get(key) != value:
            current[key] = value
