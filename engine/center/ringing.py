"""Offers at the phones: an agent's phone rings, and stops ringing; whoever answers is joined.

Several phones may ring for one call; `Call.ringing` has the leg of each offer. An agent who
stays on the line (`engine.center.seats`) is not rung: the offer is accepted in the same step.
"""

from typing import TYPE_CHECKING

from acd.messages import Accept
from calls.base import AgentId, Instant, LegId
from calls.commands import Beep, Dial, Join
from calls.facts import CallConnected, OfferEnded, OfferMade
from engine.center import (
    consulting,
    favours,
    life,
    pop,
    recalls,
    recordings,
    seats,
    supervision,
    treatment,
)
from engine.center.live import Call, Leg

if TYPE_CHECKING:
    from engine.center.center import CallCenter

#: A phone is asked to ring this much longer than the offer lasts, so that our own timer decides.
MARGIN = 5.0


def ring(center: "CallCenter", offer: OfferMade, now: Instant) -> None:
    """Let an agent's phone ring for a call, and pop the call on their page."""
    call = center.calls[offer.call]
    call.agent = call.agent or offer.agent
    if not call.about:
        call.bridge = life.new_bridge(call)
    supervision.end(center, offer.agent, now)
    seat = seats.of(center, offer.agent, call.switch)
    if seat is None:
        leg = center.mint_leg(call.switch)
        known = Leg(role="agent", since=now, agent=offer.agent)
        center.legs[leg] = known
        center.emit(dial(center, call, leg, offer.agent, offer.until - now))
    else:
        leg, known = seat, center.legs[seat]
        if known.up:
            center.soon(_accept, Accept(offer=offer.offer), now)
    known.call, known.offer = call.call, offer.offer
    call.ringing[offer.offer] = leg
    pop.show(center, call, offer.agent, now)


def dial(center: "CallCenter", call: Call, leg: LegId, agent: AgentId, rings: float) -> Dial:
    """Ring an agent's phone for `rings` seconds."""
    known = center.acd.agent(agent)
    return Dial(
        leg=leg,
        call=call.call,
        to=f"phone:{agent}",
        caller=call.caller,
        caller_name=call.who.name if call.who else "",
        timeout=rings + MARGIN,
        bridge=call.bridge,
        auto_answer=known is not None and known.config.auto_answer,
    )


def offer_ended(center: "CallCenter", fact: OfferEnded, now: Instant) -> None:
    """A phone was answered, or need not ring any more."""
    call = center.calls[fact.call]
    leg = call.ringing.pop(fact.offer)
    if fact.outcome == "accepted":
        call.agent, call.other_leg = fact.agent, leg
        call.pops_due = [agent for agent in call.pops_due if agent == fact.agent]
        if call.virtual:
            recalls.dial(center, call, now)
        return
    if fact.agent in call.pops_due:
        call.pops_due.remove(fact.agent)
    if call.agent == fact.agent:
        pending = center.acd.offers_for_call(call.call)
        rings = next((call.ringing[offer] for offer in pending if offer in call.ringing), "")
        call.agent = center.legs[rings].agent if rings in center.legs else ""
    _stop_ringing(center, leg, fact, now)
    if call.call_back:
        center.soon(recalls.ask_again, call, now)


def _stop_ringing(center: "CallCenter", leg: LegId, fact: OfferEnded, now: Instant) -> None:
    known = center.legs.get(leg)
    if known is None:
        return
    if known.role == "seat":
        known.call, known.offer = "", None
        if fact.outcome == "timed_out":
            seats.remove(center, fact.agent, now)
    elif fact.outcome in ("rescinded", "answered_elsewhere"):
        center.hang_up(leg, now, "answered_elsewhere")
    else:
        center.hang_up(leg, now)


def connect(center: "CallCenter", fact: CallConnected, now: Instant) -> None:
    """Caller and agent are to talk."""
    call = center.calls[fact.call]
    if call.about:
        consulting.joined(center, call, now)
        return
    treatment.end_wait(center, call)
    assert call.other_leg is not None  # noqa: S101 - the accepted offer had a leg
    call.told, taken_over = None, call.phase == "talking"
    call.phase, call.since, call.result = "talking", now, "handled"
    if call.transfer is not None:
        call.transfer = call.gives_up = None
        center.watch(call)
    announce(center, call.agent, call.other_leg)
    if not taken_over:
        call.shared = False
        seats.welcome(center, call, call.other_leg)
        center.soon(favours.served, call, now)
    center.emit(Join(bridge=call.bridge, legs=(call.leg, call.other_leg)))
    seats.leave(center, center.legs[call.other_leg])
    recordings.connected(center, call, now)
    supervision.follow(center, call)


def announce(center: "CallCenter", agent: AgentId, leg: LegId) -> None:
    """A phone that answers by itself says that somebody is there now."""
    known = center.acd.agent(agent)
    seat = center.legs[leg].role == "seat"
    if seat or (known is not None and known.config.auto_answer):
        center.emit(Beep(leg=leg))


def _accept(center: "CallCenter", accept: Accept, now: Instant) -> None:
    center.acd_does(accept, now)
