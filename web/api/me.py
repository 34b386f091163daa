"""Whoever asks: their name and role, and an agent's own state, call, pop and phone."""

import msgspec

from calls.config import Agent
from calls.facts import (
    CallbackTried,
    CallHeld,
    CallQueued,
    CallResumed,
    ConsultEnded,
    ConsultJoined,
    ConsultStarted,
    ConversationEnded,
    OfferEnded,
    OfferMade,
    TicketAttached,
    TicketPopped,
)
from calls.views import AgentView, BrowserPhone, CallView, Published
from engine import configuration
from engine.models import User
from web import auth
from web.api.center import as_seen
from web.api.endpoint import api


class Consultation(msgspec.Struct):
    """Whom the agent asks before passing the caller on, `to` as asked for, since when; `joined`:
    when they answered; `other`: who it is, where it is an agent."""

    to: str
    since: float
    joined: float | None = None
    other: str = ""


class Me(msgspec.Struct):
    name: str
    title: str
    role: str
    #: The center's clock, and the number of the last fact in this answer.
    at: float
    journal: int
    agent: AgentView | None
    #: The call that rings at this agent, or that they talk or wrap up.
    call: CallView | None
    pop: TicketPopped | None
    #: The offer that rings now.
    offer: OfferMade | None
    #: The caller kept the place without the line and is being called for this agent.
    calling_back: bool
    #: The agent's phone answers by itself; it stays up in one long call.
    auto_answer: bool
    persistent: bool
    #: Since when the caller is held.
    held_since: float | None
    consultation: Consultation | None
    #: The agent who asks me about a caller, in the call that I have.
    asked_by: str


class SipLogin(msgspec.Struct):
    """For a desk phone or a softphone."""

    server: str
    user: str
    password: str


class MyPhones(msgspec.Struct):
    browser: BrowserPhone
    sip: SipLogin


@api.get("/me")
def me() -> Me:
    """Who I am and, for an agent, what happens at my desk now."""
    known, live = auth.me(), auth.service().live()
    mine = (a for a in live.agents if known.role == "agent" and a.name == known.name)
    agent = next(map(as_seen, mine), None)
    call = next((c for c in live.calls if agent and c.call == agent.call), None)
    desk = desk_of(agent.call, agent.name) if agent and agent.call else Desk()
    settings = _settings(known.name) if agent else None
    return Me(
        name=known.name,
        title=known.title,
        role=known.role,
        at=live.at,
        journal=live.journal,
        agent=agent,
        call=call,
        pop=desk.pop,
        offer=desk.offer,
        calling_back=desk.calling_back,
        auto_answer=settings is not None and settings.auto_answer,
        persistent=settings is not None and settings.persistent,
        held_since=desk.held_since,
        consultation=desk.consultation,
        asked_by=desk.asked_by,
    )


@api.get("/me/phone")
def my_phone() -> MyPhones:
    """The log-ins of my phones: the one in the browser and any SIP phone. A supervisor listens in
    by theirs."""
    known, service = auth.me(), auth.service()
    browser = service.phone_of(known.name)
    server = f"{service.settings.http.host}:{service.settings.sip_port}"
    return MyPhones(browser, SipLogin(server, known.name, browser.password))


class Desk(msgspec.Struct):
    """What an agent's page shows for a call."""

    #: With the ticket attached since.
    pop: TicketPopped | None = None
    offer: OfferMade | None = None
    calling_back: bool = False
    held_since: float | None = None
    consultation: Consultation | None = None
    asked_by: str = ""


def desk_of(call: str, agent: str) -> Desk:
    """A fold of the call's facts."""
    desk = Desk()
    for published in auth.service().facts_of_call(call):
        match published.fact:
            case OfferMade(agent=offered) as offer if offered == agent:
                desk = Desk(desk.pop, offer, asked_by=desk.asked_by)
            case OfferEnded(offer=ended, outcome=outcome) if (
                desk.offer and ended == desk.offer.offer
            ):
                calling_back = outcome == "accepted" and desk.offer.virtual
                desk = Desk(desk.pop, None, calling_back, asked_by=desk.asked_by)
            case CallQueued(asked_by=asked_by):
                desk.asked_by = asked_by
            case CallbackTried():
                desk.calling_back = False
            case TicketPopped(agent=popped) as pop if popped == agent:
                desk.pop = pop
            case TicketAttached(ticket=ticket) if desk.pop is not None:
                desk.pop = msgspec.structs.replace(desk.pop, ticket=ticket)
            case _:
                _talk(desk, published, agent)
    return desk


def _talk(desk: Desk, published: Published, agent: str) -> None:
    """What the agent does with the conversation."""
    match published.fact:
        case CallHeld(agent=by) if by == agent:
            desk.held_since = published.at
        case CallResumed(agent=by) if by == agent:
            desk.held_since = None
        case ConsultStarted(agent=by, to=to) if by == agent:
            desk.consultation = Consultation(to, published.at)
        case ConsultJoined(agent=by, other=other) if by == agent and desk.consultation:
            desk.consultation.joined, desk.consultation.other = published.at, other
        case ConsultEnded(agent=by) | ConversationEnded(agent=by) if by == agent:
            desk.consultation = None
        case _:
            pass


def _settings(agent: str) -> Agent | None:
    with auth.service().database.session() as session:
        user = session.get(User, agent)
        return configuration.agent_word(user) if user else None
