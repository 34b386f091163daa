"""How queues and agents are configured; what supervisors may change while calls wait."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy.orm import Session
from werkzeug.exceptions import Conflict, Forbidden, NotFound

from calls import hours
from calls.config import Agent, Overflow, Queue, Relaxation
from calls.errors import InputInvalid
from calls.hours import Hours
from engine import configuration, models, plain
from web import auth
from web.api.endpoint import SUPERVISORS, api

_Preferences = dict[str, Annotated[int, Meta(ge=1, le=99)]]
_Levels = dict[str, Annotated[int, Meta(ge=1, le=10)]]


class RelaxationSettings(Relaxation, frozen=True, tag=False, forbid_unknown_fields=True):
    """From `after` seconds of waiting on, less is enough. Steps add up."""


class OverflowSettings(Overflow, frozen=True, tag=False, forbid_unknown_fields=True):
    """Where callers go instead of waiting (on). The first rule that holds is taken."""


class HoursSettings(Hours, frozen=True, tag=False, forbid_unknown_fields=True):
    """When it is open: spans of each day, `exceptions` by date, closed on holidays of `country`."""


class QueueSettings(Queue, frozen=True, tag=False, forbid_unknown_fields=True):
    """All that a queue is configured as. Times are seconds."""

    relaxation: tuple[RelaxationSettings, ...] = ()
    overflow: tuple[OverflowSettings, ...] = ()
    hours: HoursSettings | None = None


class AgentSettings(Agent, frozen=True, tag=False, forbid_unknown_fields=True):
    """All that an agent is configured as. In `queues` the number is the preference: 1 before 2."""


class AgentPatch(msgspec.Struct, forbid_unknown_fields=True):
    """Only what is given is changed, and that as a whole."""

    skills: _Levels | UnsetType = UNSET
    queues: _Preferences | UnsetType = UNSET


class Opening(msgspec.Struct):
    """`by`: it is closed by ``hand``, or by its ``hours`` and opens by itself at `opens`."""

    queue: str
    closed: bool
    by: Literal["hand", "hours", ""] = ""
    opens: float | None = None


@api.get("/queues/<queue>/settings", SUPERVISORS)
def queue_settings(queue: str) -> QueueSettings:
    """What a queue is configured as."""
    with auth.service().database.session() as session:
        return _settings_of_queue(_queue(session, queue))


@api.put("/queues/<queue>/settings", ("admin",))
def put_queue_settings(queue: str, body: QueueSettings) -> QueueSettings:
    """Configure a queue, or add one.

    What is left out gets its default. It takes effect at once, also for callers who wait.
    """
    if body.name != queue:
        raise InputInvalid(f"name: the address says {queue!r}, the body {body.name!r}")
    with auth.service().database.session() as session:
        configuration.save_queue(session, plain.word(plain.plain(body), Queue))
        saved = _settings_of_queue(_queue(session, queue))
    auth.service().configuration_changed()
    return saved


@api.delete("/queues/<queue>", ("admin",))
def remove_queue(queue: str) -> None:
    """Remove a queue.

    Refused while callers wait in it, or flows that are in use or other queues lead to it.
    """
    with auth.service().database.session() as session:
        _queue(session, queue)
        if any(view.name == queue and view.waiting for view in auth.service().live().queues):
            raise Conflict(
                f"callers wait in {queue!r}; close it, and remove it when they are served"
            )
        configuration.remove_queue(session, queue)
    auth.service().configuration_changed()


@api.post("/queues/<queue>/close", SUPERVISORS)
def close_queue(queue: str) -> Opening:
    """Let nobody new in; who waits is served."""
    return _set_closed(queue, True)


@api.post("/queues/<queue>/open", SUPERVISORS)
def open_queue(queue: str) -> Opening:
    """Let callers in again. Opening hours still hold."""
    return _set_closed(queue, False)


@api.get("/agents/<agent>/settings")
def agent_settings(agent: str) -> AgentSettings:
    """What an agent is configured as; agents see their own."""
    known = auth.me()
    if not known.may_see_all and agent != known.name:
        raise Forbidden("agents may look at their own settings only")
    with auth.service().database.session() as session:
        return _settings_of_agent(_agent(session, agent))


@api.put("/agents/<agent>/settings", ("admin",))
def put_agent_settings(agent: str, body: AgentSettings) -> AgentSettings:
    """Configure the agent whose log-in has that name; what is left out gets its default."""
    if body.name != agent:
        raise InputInvalid(f"name: the address says {agent!r}, the body {body.name!r}")
    with auth.service().database.session() as session:
        _agent(session, agent)
        configuration.save_agent(session, plain.word(plain.plain(body), Agent))
        saved = _settings_of_agent(_agent(session, agent))
    auth.service().configuration_changed()
    return saved


@api.patch("/agents/<agent>/settings", SUPERVISORS)
def change_agent_settings(agent: str, body: AgentPatch) -> AgentSettings:
    """Change the skills or queues of an agent, also while calls wait."""
    given = {
        name: value for name, value in msgspec.structs.asdict(body).items() if value is not UNSET
    }
    with auth.service().database.session() as session:
        before = configuration.agent_word(_agent(session, agent))
        configuration.save_agent(session, msgspec.structs.replace(before, **given))
        saved = _settings_of_agent(_agent(session, agent))
    auth.service().configuration_changed()
    return saved


def _set_closed(name: str, closed: bool) -> Opening:
    with auth.service().database.session() as session:
        before = configuration.queue_word(_queue(session, name))
        configuration.save_queue(session, msgspec.structs.replace(before, closed=closed))
    auth.service().configuration_changed()
    if closed:
        return Opening(name, True, "hand")
    now = auth.service().live().at
    if before.hours is None or hours.is_open(before.hours, now):
        return Opening(name, False)
    return Opening(name, True, "hours", hours.next_open(before.hours, now))


def _queue(session: Session, name: str) -> models.Queue:
    row = session.get(models.Queue, name)
    if row is None:
        raise NotFound(f"there is no queue {name!r}")
    return row


def _agent(session: Session, name: str) -> models.User:
    row = session.get(models.User, name)
    if row is None or row.role != "agent":
        raise NotFound(f"there is no agent {name!r}")
    return row


def _settings_of_queue(row: models.Queue) -> QueueSettings:
    return plain.word(plain.plain(configuration.queue_word(row)), QueueSettings)


def _settings_of_agent(row: models.User) -> AgentSettings:
    return plain.word(plain.plain(configuration.agent_word(row)), AgentSettings)
