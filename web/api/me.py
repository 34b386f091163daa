"""Whoever asks: their name and role, and an agent's own state, call, pop and phone."""

import msgspec

from calls.facts import TicketAttached, TicketPopped
from calls.views import AgentView, BrowserPhone, CallView
from web import auth
from web.api.endpoint import api


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
    agent = next((a for a in live.agents if known.role == "agent" and a.name == known.name), None)
    call = next((c for c in live.calls if agent and c.call == agent.call), None)
    return Me(
        name=known.name,
        title=known.title,
        role=known.role,
        at=live.at,
        journal=live.journal,
        agent=agent,
        call=call,
        pop=last_pop(agent.call, agent.name) if agent and agent.call else None,
    )


@api.get("/me/phone", ("agent",))
def my_phone() -> MyPhones:
    """The log-ins of my phones: the one in the browser and any SIP phone."""
    known, service = auth.me(), auth.service()
    browser = service.phone_of(known.name)
    server = f"{service.settings.http.host}:{service.settings.sip_port}"
    return MyPhones(browser, SipLogin(server, known.name, browser.password))


def last_pop(call: str, agent: str) -> TicketPopped | None:
    """What the agent's page showed for a call, with the ticket attached since."""
    pop: TicketPopped | None = None
    for published in auth.service().facts_of_call(call):
        match published.fact:
            case TicketPopped(agent=popped) if popped == agent:
                pop = published.fact
            case TicketAttached(ticket=ticket) if pop is not None:
                pop = msgspec.structs.replace(pop, ticket=ticket)
            case _:
                pass
    return pop
