"""The screen pop: who calls and which ticket it is about, shown while the agent's phone rings."""

from typing import TYPE_CHECKING

from calls.base import AgentId, Instant
from calls.events import (
    CallerIdentified,
    KnownTicket,
    RequestFailed,
    ServiceAnswered,
    TicketDrafted,
    TicketFound,
)
from calls.facts import CallerKnown, TicketAttached, TicketPopped
from calls.requests import DraftTicket, IdentifyCaller
from cti.policy import choose_ticket
from engine.center import favours, treatment
from engine.center.live import Call

if TYPE_CHECKING:
    from engine.center.center import CallCenter


def show(center: "CallCenter", call: Call, agent: AgentId, now: Instant) -> None:
    """Pop the call on the agent's page; as soon as the caller is identified, if that is to come.
    Who is consulted sees whom it is about."""
    if call.about:
        _borrow(call, center.calls[call.about])
    if call.who is None:
        call.pops_due.append(agent)
        return
    if call.ticket is None and (ticket := choose_ticket(call.who)) is not None:
        _attach(center, call, ticket, drafted=False, agent=agent)
    center.emit(
        TicketPopped(
            call=call.call,
            agent=agent,
            queue=call.queue,
            who=call.who,
            ticket=call.ticket,
            path=tuple(call.path),
            waited=call.credit + now - (call.queued or call.arrived),
            earlier=call.who.calls,
            caller=call.caller,
            asked_for=call.wants is not None and call.wants.agent == agent,
            passed_by=call.passed_by,
        )
    )
    if call.about:
        return
    request = f"{call.call}/ticket"
    if call.ticket is None and request not in center.state.pending:
        center.ask(
            DraftTicket(
                request=request,
                call=call.call,
                caller=call.caller,
                contact=call.who.contact,
                queue=call.queue,
                agent=agent,
            )
        )


def _borrow(consult: Call, call: Call) -> None:
    """What is known of a call is known of a consultation about it."""
    consult.who = call.who or CallerIdentified(request="", call=call.call)
    consult.ticket, consult.path = call.ticket, call.path


def identified(center: "CallCenter", who: CallerIdentified, now: Instant) -> None:
    """A store knows who calls, or that nobody has that number."""
    center.state.pending.pop(who.request, None)
    call = center.calls.get(who.call)
    if call is None or call.who is not None:
        return
    call.who = who
    center.emit(CallerKnown(call=call.call, who=who))
    due, call.pops_due = call.pops_due, []
    for agent in due:
        show(center, call, agent, now)
    favours.identified(center, call, now)
    treatment.tell(center, call, who, now)


def drafted(center: "CallCenter", drafted: TicketDrafted, now: Instant) -> None:
    """A store has made the call's ticket."""
    center.state.pending.pop(drafted.request, None)
    call = center.calls.get(drafted.call)
    if call is None:
        return
    if call.ticket is None:
        _attach(center, call, drafted.ticket, drafted=True, agent=call.agent)
    treatment.tell(center, call, drafted, now)


def answered(center: "CallCenter", answer: TicketFound | ServiceAnswered, now: Instant) -> None:
    """What a flow has asked for."""
    center.state.pending.pop(answer.request, None)
    if (call := center.calls.get(answer.call)) is not None:
        treatment.tell(center, call, answer, now)


def failed(center: "CallCenter", failed: RequestFailed, now: Instant) -> None:
    """A store has no answer: the agent sees at least the number, the flow goes on."""
    asked = center.state.pending.pop(failed.request, None)
    if isinstance(asked, IdentifyCaller):
        identified(center, CallerIdentified(request=asked.request, call=asked.call), now)
    elif (call := center.calls.get(failed.call)) is not None:
        treatment.tell(center, call, failed, now)


def _attach(
    center: "CallCenter", call: Call, ticket: KnownTicket, *, drafted: bool, agent: AgentId
) -> None:
    call.ticket = ticket
    center.emit(TicketAttached(call=call.call, ticket=ticket, drafted=drafted, agent=agent))
