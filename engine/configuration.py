"""Queues, agents, numbers and flows in the database: reading, changing, comparing.

Each change bumps `engine.meta.configuration_version`, by which the running center notices it.
Nothing here commits: that is the session's matter.
"""

import time
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

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
from calls.base import QueueId
from calls.config import Agent, Number, Queue
from calls.errors import FlowInvalid, InputInvalid
from calls.port import Phone
from engine import checking, loops, models, plain, uses
from engine.meta import configuration_changed
from engine.models import FlowVersion, User
from ivr import loading

_Word = TypeVar("_Word", Queue, Agent)

#: Fields that have a table of their own.
_TABLES = ("skills", "queues")
_QUEUE_COLUMNS = frozenset(Queue.__struct_fields__) & set(models.Queue.__table__.columns.keys())
_AGENT_COLUMNS = frozenset(Agent.__struct_fields__) & set(User.__table__.columns.keys())


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
    """Two phones for each user: a plain SIP one, and the one in the browser (``<name>-web``).
    Supervisors listen in by theirs."""
    users = session.scalars(select(User).where(User.active).order_by(User.name))
    return [
        Phone(name=name, password=user.sip_secret, browser=browser, address=agent_word(user).phone)
        for user in users
        for name, browser in ((user.name, False), (f"{user.name}-web", True))
    ]


def save_queue(
    session: Session, queue: Queue, beside: Mapping[QueueId, Queue] = MappingProxyType({})
) -> None:
    """Add a queue or change the one of that name.

    Its rules may name the queues that there are and those that will be saved `beside` it. Raises
    `InputInvalid`, naming the field.
    """
    flows = _newest_flows(session)
    known = {row.name: queue_word(row) for row in session.scalars(select(models.Queue))}
    known |= beside
    checking.check_queue(queue, known, lambda name: flows[name].source if name in flows else None)
    loops.refuse_loop(queue, known)
    row = session.get(models.Queue, queue.name)
    if row is None:
        row = models.Queue(name=queue.name)
        session.add(row)
    _put(row, queue, _QUEUE_COLUMNS)
    _set(row.skills, queue.skills)
    session.flush()
    configuration_changed(session)


def remove_queue(session: Session, name: str) -> None:
    """Remove a queue and its agents' membership.

    Raises `InputInvalid` where there is none, or something still names it.
    """
    if session.get(models.Queue, name) is None:
        raise InputInvalid(f"there is no queue {name!r}")
    refuse_used(read(session), name)
    drop_queue(session, name)


def drop_queue(session: Session, name: str) -> None:
    """As `remove_queue`, for who looks afterwards whether something still names it."""
    session.delete(session.get_one(models.Queue, name))
    session.flush()
    session.expire_all()
    configuration_changed(session)


def uses_of(configuration: Configuration, queue: QueueId) -> list[str]:
    """What in the configuration names this queue, for people."""
    return uses.of_queue(
        queue,
        configuration.queues.values(),
        configuration.numbers.values(),
        {flow.flow: flow.source for flow in configuration.flows.values()},
    )


def refuse_used(configuration: Configuration, queue: QueueId) -> None:
    """Raises `InputInvalid` if something in the configuration names this queue."""
    if found := uses_of(configuration, queue):
        raise InputInvalid(
            f"queue {queue!r} is still named by {', '.join(found)}; change that first"
        )


def save_agent(session: Session, agent: Agent) -> None:
    """Set all that the user of that name is as an agent.

    Raises `InputInvalid` for an unknown user or queue, or a level that is not 1 to 10.
    """
    user = session.get(User, agent.name)
    if user is None:
        raise InputInvalid(f"there is no user {agent.name!r}; add the user first")
    checking.check_agent(agent, set(session.scalars(select(models.Queue.name))))
    _put(user, msgspec.structs.replace(agent, title=agent.title or user.name), _AGENT_COLUMNS)
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
    session: Session,
    flow: str,
    source: str,
    by: str,
    file: str | None = None,
    *,
    comment: str = "",
    scenarios: str | None = None,
) -> int | None:
    """Make `source` (YAML) the newest version of a flow; None if it is that already.

    `scenarios` are kept with it; None: those of the version before. Returns the version. Raises
    `calls.errors.FlowInvalid` as `ivr.loading.load` does.
    """
    newest = newest_version(session, flow)
    kept = newest.scenarios if newest else ""
    if newest and newest.source == source and scenarios in (None, kept):
        return None
    name = loading.load(source, file or f"flow {flow}").flow
    if name != flow:
        raise FlowInvalid(f"{file or flow}: the flow is named {name!r}, not {flow!r}")
    version = newest.version + 1 if newest else 1
    session.add(
        FlowVersion(
            flow=flow,
            version=version,
            source=source,
            scenarios=kept if scenarios is None else scenarios,
            published_at=time.time(),
            published_by=by,
            comment=comment,
        )
    )
    session.flush()
    configuration_changed(session)
    return version


def newest_version(session: Session, flow: str, by: str | None = None) -> FlowVersion | None:
    """The newest version of a flow; with `by`, the newest that this one has published."""
    wanted = select(FlowVersion).where(FlowVersion.flow == flow)
    if by is not None:
        wanted = wanted.where(FlowVersion.published_by == by)
    return session.scalar(wanted.order_by(FlowVersion.version.desc()).limit(1))


def publish_folder(session: Session, folder: Path) -> list[str]:
    """Publish the flows of a folder (``<name>.yaml``) whose file is another than last time. Beside
    them stand their scenarios (``<name>.test.yaml``), which are no flows.

    A flow changed in the database since stays, until its file changes. Returns the flows
    published. Raises `FlowInvalid`.
    """
    if not folder.is_dir():
        raise FlowInvalid(f"there is no folder {folder} to read flows from (setting 'flows')")
    published = []
    flows = [path for path in folder.glob("*.yaml") if not path.name.endswith(".test.yaml")]
    for path in sorted(flows):
        beside = path.with_name(f"{path.stem}.test.yaml")
        source, scenarios = _read(path), _read(beside) if beside.exists() else ""
        mark = f"file:{path.name}"
        last = newest_version(session, path.stem, mark)
        if last is None or last.source != source:
            if publish_flow(session, path.stem, source, mark, str(path), scenarios=scenarios):
                published.append(path.stem)
        elif last is newest_version(session, path.stem):
            last.scenarios = scenarios  # callers walk the same: that is no new version
    return published


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FlowInvalid(f"{path}: {error}") from None


def queue_word(row: models.Queue) -> Queue:
    return _word(row, Queue, _QUEUE_COLUMNS, skills=dict(sorted(row.skills.items())))


def agent_word(row: User) -> Agent:
    return _word(
        row,
        Agent,
        _AGENT_COLUMNS,
        skills=dict(sorted(row.skills.items())),
        queues=dict(sorted(row.queues.items())),
    )


def _put(row: models.Queue | User, word: Queue | Agent, columns: Collection[str]) -> None:
    """What has a column goes there, the rest into `rules`."""
    rest = {}
    for field in word.__struct_fields__:
        if field in columns:
            setattr(row, field, getattr(word, field))
        elif field not in _TABLES:
            rest[field] = plain.plain(getattr(word, field))
    row.rules = msgspec.json.encode(rest).decode()


def _word(
    row: models.Queue | User, word: type[_Word], columns: Collection[str], **given: dict[str, int]
) -> _Word:
    """Raises `InputInvalid` for what an older or newer Ringdesk has left there."""
    fields = {field: getattr(row, field) for field in columns}
    try:
        return msgspec.convert({**msgspec.json.decode(row.rules), **fields, **given}, word)
    except msgspec.ValidationError as error:
        raise InputInvalid(
            f"{word.__name__.lower()} {row.name!r} as kept in the database: "
            f"{plain.explained(error)}"
        ) from None


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


def _set(current: dict[str, int], wanted: dict[str, int]) -> None:
    """Make an association hold `wanted`, touching only the rows that differ."""
    for key in set(current) - set(wanted):
        del current[key]
    for key, value in wanted.items():
        if current.get(key) != value:
            current[key] = value
