"""Calls that are up, and the records of those that were."""

from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden, NotFound

from calls.actions import HangupCall
from calls.facts import Fact, SupervisionStarted
from calls.views import CallView
from cti.timeline import Entry, timeline
from engine.models import CallRecord
from engine.why import Because, because
from web import auth
from web.api.endpoint import api


class PastCall(msgspec.Struct):
    """The record of a call, complete when it has `ended`; `outcome` is empty until then."""

    call: str
    arrived: float
    caller: str
    called: str
    contact: int | None
    name: str
    organisation: str
    language: str
    #: The menu nodes walked through: ``Main menu > Support``.
    path: str
    queue: str
    agent: str
    outcome: str
    cause: str
    #: Seconds in queues, with agents, and of after-call work.
    waited: float
    talked: float
    wrapped: float
    offers: int
    #: The caller kept the place without the line and was called back.
    virtual: bool
    ticket: int | None
    #: The wrap-up code (disposition) and note.
    code: str
    note: str
    ended: float | None
    lasted: float | None


class CallsQuery(msgspec.Struct):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    #: Only calls that arrived before this moment: the next page.
    before: Annotated[float, Meta(ge=0)] | None = None
    queue: str = ""
    agent: str = ""
    caller: str = ""


class CallList(msgspec.Struct):
    live: tuple[CallView, ...]
    recent: list[PastCall]


class CallStory(msgspec.Struct):
    """One call: as it is now if it is up, its record, and what happened in plain words."""

    call: str
    live: CallView | None
    record: PastCall | None
    timeline: list[Entry]


class Why(msgspec.Struct):
    """What held a call up, and what happened to it, in the order of time."""

    call: str
    reasons: list[Because]


@api.get("/calls")
def calls(query: CallsQuery) -> CallList:
    """Calls that are up, and recent records, the newest first; an agent sees their own."""
    known = auth.me()
    if not known.may_see_all:
        query = msgspec.structs.replace(query, agent=known.name)
    live = tuple(
        call
        for call in auth.service().live().calls
        if query.agent in ("", call.agent)
        and query.queue in ("", call.queue)
        and query.caller in ("", call.caller)
    )
    with auth.service().database.session() as session:
        return CallList(live, past_calls(session, query))


@api.get("/calls/<call>")
def call_story(call: str) -> CallStory:
    """One call with its timeline."""
    story = story_of(call)
    _may_see(call)
    return story


@api.get("/calls/<call>/why")
def why_call(call: str) -> Why:
    """Why a caller waited, and why they came to that agent.

    Made of what is kept of that time: who was signed in, fitted, talked; whose phone rang; what
    was needed less after a while; who went first. Nothing for a call that never was in a queue.
    """
    story_of(call)
    _may_see(call)
    return Why(call, why_of(call))


@api.post("/calls/<call>/hangup")
def hang_up(call: str) -> None:
    """End a call: by its agent or a supervisor; or by whoever is asked about a caller, their part
    in it."""
    known = auth.me()
    if not known.may_see_all and not _has(known.name, call):
        raise Forbidden("agents may end their own calls only")
    auth.service().act(HangupCall(call=call, by=known.name))


def past_calls(session: Session, query: CallsQuery) -> list[PastCall]:
    """Records of calls that have ended, the newest first."""
    wanted = select(CallRecord).where(CallRecord.ended.is_not(None))
    if query.before is not None:
        wanted = wanted.where(CallRecord.arrived < query.before)
    for column, value in (
        (CallRecord.queue, query.queue),
        (CallRecord.agent, query.agent),
        (CallRecord.caller, query.caller),
    ):
        if value:
            wanted = wanted.where(column == value)
    newest = wanted.order_by(CallRecord.arrived.desc(), CallRecord.call).limit(query.limit)
    return [_past(row) for row in session.scalars(newest)]


def story_of(call: str) -> CallStory:
    """Raises 404 for a call that never was."""
    with auth.service().database.session() as session:
        row = session.get(CallRecord, call)
        record = _past(row) if row else None
    facts = auth.service().facts_of_call(call)
    if record is None and not facts:
        raise NotFound(f"there is no call {call!r}")
    told = (one for one in facts if auth.me().may_see_all or not _unheard(one.fact))
    entries = timeline((published.at, published.fact) for published in told)
    return CallStory(call, _live(call), record, entries)


def _unheard(fact: Fact) -> bool:
    """Agents are not told of it."""
    return isinstance(fact, SupervisionStarted) and fact.mode == "monitor"


def why_of(call: str) -> list[Because]:
    service = auth.service()
    return because(service.database, call, service.live().at)


def _may_see(call: str) -> None:
    known = auth.me()
    if not known.may_see_all and not _was_offered(call, known.name):
        raise Forbidden("agents may look at the calls that were offered to them")


def _live(call: str) -> CallView | None:
    return next((c for c in auth.service().live().calls if c.call == call), None)


def _has(agent: str, call: str) -> bool:
    live = auth.service().live()
    asked = any(one.name == agent and one.call == call for one in live.agents)
    return asked or any(one.agent == agent and one.call == call for one in live.calls)


def _was_offered(call: str, agent: str) -> bool:
    facts = (published.fact for published in auth.service().facts_of_call(call))
    return any(getattr(fact, "agent", None) == agent for fact in facts)


def _past(row: CallRecord) -> PastCall:
    return PastCall(**{name: getattr(row, name) for name in PastCall.__struct_fields__})
