"""Queues and agents as they are now, and what may be asked of an agent's state."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import select
from werkzeug.exceptions import Forbidden, NotFound

from calls.actions import DeclineOffer, ExtendWrapUp, FinishWrapUp, SetAgentState
from calls.base import AgentState
from calls.views import AgentView, LiveView, QueueView
from engine import history
from engine.models import User, facts
from web import auth
from web.api.endpoint import SUPERVISORS, api


class QueueList(msgspec.Struct):
    queues: tuple[QueueView, ...]


class AgentList(msgspec.Struct):
    agents: tuple[AgentView, ...]


class Person(msgspec.Struct):
    name: str
    title: str


class Colleague(msgspec.Struct):
    """An agent to whom a caller may be passed on. `reason`: of not being ready."""

    name: str
    title: str
    state: AgentState
    reason: str
    phone_online: bool


class ColleagueList(msgspec.Struct):
    colleagues: list[Colleague]


class StateWanted(msgspec.Struct, forbid_unknown_fields=True):
    """`reason` is required for ``not_ready``."""

    state: Literal["ready", "not_ready", "logged_out"]
    reason: Annotated[str, Meta(max_length=80)] = ""


class WrapUp(msgspec.Struct, forbid_unknown_fields=True):
    """`code`: how the contact ended (disposition). `note` goes to the ticket. `call`: of which
    contact, where the agent has several at once."""

    code: Annotated[str, Meta(max_length=80)] = ""
    note: Annotated[str, Meta(max_length=4000)] = ""
    call: Annotated[str, Meta(max_length=80)] = ""


class WaitingStep(msgspec.Struct):
    """From this moment on so many callers waited."""

    at: float
    waiting: int


class WaitingHistory(msgspec.Struct):
    steps: list[WaitingStep]


class WaitingQuery(msgspec.Struct):
    minutes: Annotated[int, Meta(ge=1, le=240)] = 15


@api.get("/live", SUPERVISORS)
def live() -> LiveView:
    """The whole center as it is now.

    Follow it with the event stream, beginning after its `journal` number.
    """
    return auth.service().live()


@api.get("/queues")
def queues() -> QueueList:
    """All queues with live and today's figures."""
    return QueueList(auth.service().live().queues)


@api.get("/waiting", SUPERVISORS)
def waiting(query: WaitingQuery) -> WaitingHistory:
    """How many callers waited in all queues over the last minutes, where it changed. Agents who
    consult somebody do not count."""
    live = auth.service().live()
    count = sum(queue.waiting for queue in live.queues)
    begin = live.at - query.minutes * 60
    steps = []
    with auth.service().database.session() as session:
        # By number: SQLite would go through the facts of all the years for the time alone.
        last = history.last_before(session, begin)
        changes = (
            select(facts.c.at, facts.c.kind)
            .where(facts.c.kind.in_(("CallQueued", "CallLeftQueue")))
            .where(facts.c.at >= begin, facts.c.seq > last, facts.c.seq <= live.journal)
            .where(~facts.c.body.contains('"asked_by"'))
            .order_by(facts.c.seq.desc())
        )
        for at, kind in session.execute(changes):  # from now, where the count is known, backwards
            steps.append(WaitingStep(at, count))
            count = max(0, count + (-1 if kind == "CallQueued" else 1))
    steps.append(WaitingStep(begin, count))
    return WaitingHistory(steps[::-1])


@api.get("/agents")
def agents() -> AgentList:
    """All agents and their states; an agent sees only themself."""
    known = auth.me()
    return AgentList(
        tuple(
            as_seen(agent)
            for agent in auth.service().live().agents
            if known.may_see_all or agent.name == known.name
        )
    )


@api.post("/agents/<agent>/state")
def set_agent_state(agent: str, body: StateWanted) -> AgentView:
    """Become ready or not ready, or leave.

    During a call it takes effect when the call and its wrap-up are over.
    """
    themself_or_supervisor(agent)
    auth.service().act(SetAgentState(agent=agent, state=body.state, reason=body.reason))
    return agent_view(agent)


@api.post("/agents/<agent>/decline")
def decline_offer(agent: str) -> AgentView:
    """Do not take the call that rings now; the agent becomes not ready."""
    themself_or_supervisor(agent)
    auth.service().act(DeclineOffer(agent=agent))
    return agent_view(agent)


@api.post("/agents/<agent>/wrap-up")
def finish_wrap_up(agent: str, body: WrapUp) -> AgentView:
    """After-call work is done."""
    themself_or_supervisor(agent)
    auth.service().act(FinishWrapUp(agent=agent, code=body.code, note=body.note, call=body.call))
    return agent_view(agent)


@api.post("/agents/<agent>/wrap-up/extend")
def extend_wrap_up(agent: str) -> AgentView:
    """More time for after-call work, as often and as much as the queue allows."""
    themself_or_supervisor(agent)
    auth.service().act(ExtendWrapUp(agent=agent))
    return agent_view(agent)


@api.get("/colleagues")
def colleagues() -> ColleagueList:
    """All agents but me and their states, for passing a caller on."""
    me = auth.me().name
    return ColleagueList(
        [
            Colleague(one.name, one.title or one.name, one.state, one.reason, one.phone_online)
            for one in auth.service().live().agents
            if one.name != me
        ]
    )


@api.get("/colleagues/<name>")
def colleague(name: str) -> Person:
    """What an agent or a supervisor is called."""
    with auth.service().database.session() as session:
        user = session.get(User, name)
        if user is None:
            raise NotFound(f"there is no user {name!r}")
        return Person(user.name, user.title or user.name)


def agent_view(name: str) -> AgentView:
    """As whoever asks may see it. Raises 404 where the machine has no such agent."""
    for agent in auth.service().live().agents:
        if agent.name == name:
            return as_seen(agent)
    raise NotFound(f"there is no agent {name!r}")


def as_seen(agent: AgentView) -> AgentView:
    """Agents are not told who listens to them unheard."""
    if auth.me().may_see_all:
        return agent
    heard = {name: mode for name, mode in agent.supervisors.items() if mode != "monitor"}
    return msgspec.structs.replace(agent, supervisors=heard)


def themself_or_supervisor(agent: str) -> None:
    known = auth.me()
    if not known.may_see_all and agent != known.name:
        raise Forbidden("agents may act for themselves only")
