"""The facts of whole calls, to fold and to tell."""

from typing import Any

from calls import facts
from calls.events import CallerIdentified, KnownTicket
from calls.facts import Fact

TICKET = KnownTicket(id=7, number="INC-1007", title="No sound")
ANNA = CallerIdentified(
    request="r1",
    call="c-1",
    contact=3,
    name="Anna Nowak",
    organisation="Northwind Clinic",
    tickets=(TICKET,),
)


def handled(call: str = "c-1", ticket: KnownTicket = TICKET) -> list[tuple[float, Fact]]:
    """Menu, queue, one agent who does not answer, one who does; wrapped up after the end."""
    return [
        (
            100.0,
            facts.CallArrived(call=call, leg="sim/1", caller="+48221230101", called="1000"),
        ),
        (100.0, facts.FlowStarted(call=call, flow="main", version=2)),
        (100.1, facts.CallerKnown(call=call, who=ANNA)),
        (100.2, facts.NodeEntered(call=call, node="menu", kind="menu", title="Main menu")),
        (103.0, facts.NodeLeft(call=call, node="menu", exit="no_input")),
        (103.0, facts.NodeEntered(call=call, node="menu", kind="menu", title="Main menu")),
        (105.0, facts.NodeLeft(call=call, node="menu", exit="2", digits="2")),
        (105.0, facts.LanguageChosen(call=call, language="pl")),
        (105.0, facts.NodeEntered(call=call, node="support", kind="queue", title="Support")),
        (
            105.0,
            facts.CallQueued(
                call=call, queue="support", position=1, skills={"lang:pl": 5}, language="pl"
            ),
        ),
        (
            105.0,
            facts.OfferMade(
                offer="o1", call=call, agent="agent1", queue="support", waited=0.0, until=120.0
            ),
        ),
        (
            120.0,
            facts.OfferEnded(
                offer="o1",
                call=call,
                agent="agent1",
                queue="support",
                outcome="timed_out",
                lasted=15.0,
            ),
        ),
        (120.0, facts.AgentStateChanged(agent="agent1", state="not_ready", call=call)),
        (
            120.0,
            facts.OfferMade(
                offer="o2", call=call, agent="agent2", queue="support", waited=15.0, until=135.0
            ),
        ),
        (120.0, facts.TicketAttached(call=call, ticket=ticket, drafted=False, agent="agent2")),
        (
            120.0,
            facts.TicketPopped(
                call=call,
                agent="agent2",
                queue="support",
                who=ANNA,
                ticket=ticket,
                path=("Main menu", "Support"),
                waited=15.0,
            ),
        ),
        (
            123.0,
            facts.OfferEnded(
                offer="o2",
                call=call,
                agent="agent2",
                queue="support",
                outcome="accepted",
                lasted=3.0,
            ),
        ),
        (
            123.0,
            facts.CallLeftQueue(call=call, queue="support", outcome="connected", waited=18.0),
        ),
        (123.0, facts.CallConnected(call=call, agent="agent2", queue="support", waited=18.0)),
        (
            248.0,
            facts.ConversationEnded(
                call=call, agent="agent2", queue="support", talked=125.0, by="caller"
            ),
        ),
        (248.0, facts.CallEnded(call=call, outcome="handled", cause="hangup", lasted=148.0)),
        (
            258.0,
            facts.WrapUpEnded(
                call=call,
                agent="agent2",
                queue="support",
                lasted=10.0,
                by="agent",
                code="resolved",
                note="Restarted the router.",
            ),
        ),
    ]


def abandoned(call: str = "c-2", caller: str = "anonymous") -> list[tuple[float, Fact]]:
    """The caller hangs up while the first agent's phone rings."""
    return [
        (300.0, facts.CallArrived(call=call, leg="sim/2", caller=caller, called="1001")),
        (300.0, facts.CallQueued(call=call, queue="support", position=1, language="en")),
        (
            300.0,
            facts.OfferMade(
                offer="o3", call=call, agent="agent1", queue="support", waited=0.0, until=315.0
            ),
        ),
        (
            304.0,
            facts.OfferEnded(
                offer="o3",
                call=call,
                agent="agent1",
                queue="support",
                outcome="rescinded",
                lasted=4.0,
            ),
        ),
        (304.0, facts.CallLeftQueue(call=call, queue="support", outcome="abandoned", waited=4.0)),
        (
            304.0,
            facts.CallEnded(call=call, outcome="abandoned_ringing", cause="hangup", lasted=4.0),
        ),
    ]


def kept_place(call: str = "c-3") -> list[tuple[float, Fact]]:
    """Overflows, keeps the place without the line, is busy once, then talks."""
    queued: dict[str, Any] = {"call": call, "queue": "sales"}
    return [
        (0.0, facts.CallArrived(call=call, leg="sim/3", caller="+48221230102", called="1000")),
        (0.0, facts.CallQueued(call=call, queue="support", position=9)),
        (
            0.0,
            facts.CallOverflowed(
                call=call, queue="support", when="length", to="queue", target="sales"
            ),
        ),
        (0.0, facts.CallLeftQueue(call=call, queue="support", outcome="overflowed", waited=0.0)),
        (
            0.0,
            facts.CallQueued(
                position=2, skills={"sales": 5}, agent_only="agent4", agent_for=20.0, **queued
            ),
        ),
        (5.0, facts.WaitAnnounced(position=2, wait=(60.0, 180.0), **queued)),
        (20.0, facts.CallRelaxed(step=0, skills={"sales": 5}, **queued)),
        (30.0, facts.PlaceKept(number="+48221230102", **queued)),
        (
            60.0,
            facts.CallRelaxed(step=1, skills={"sales": 2}, queues=("support",), ring=2, **queued),
        ),
        (
            90.0,
            facts.CallbackTried(agent="agent4", attempt=1, outcome="busy", retry=210.0, **queued),
        ),
        (230.0, facts.CallbackTried(agent="agent4", attempt=2, outcome="answered", **queued)),
        (230.0, facts.CallLeftQueue(outcome="connected", waited=230.0, virtual=True, **queued)),
        (230.0, facts.CallConnected(agent="agent4", waited=230.0, **queued)),
    ]
