"""A call's life: its legs come, are answered and go, until it ends."""

from typing import TYPE_CHECKING

from acd.messages import Accept, Reject, Withdraw
from calls.actions import HangupCall, Refused
from calls.base import BridgeId, CallOutcome, EndCause, Instant, OfferOutcome
from calls.commands import Hangup, Unbridge
from calls.events import LegAnswered, LegArrived, LegEnded
from calls.facts import CallArrived, CallEnded
from calls.requests import IdentifyCaller
from engine.center import (
    consulting,
    favours,
    recalls,
    seats,
    supervision,
    talking,
    transfers,
    treatment,
)
from engine.center.live import Call, Leg
from engine.center.state import HangupReason, ReleasedBy

if TYPE_CHECKING:
    from engine.center.center import CallCenter

#: How an offer ends when the phone that was sought for it is gone.
REJECTED: dict[EndCause, OfferOutcome] = {
    "hangup": "declined",
    "declined": "declined",
    "no_answer": "timed_out",
    "busy": "busy",
    "unreachable": "unreachable",
    "withdrawn": "failed",
    "lost": "failed",
    "failed": "failed",
}


def takes_the_call(center: "CallCenter", arrived: LegArrived) -> bool:
    """Whoever it is, they are answered at once: so begins the flow of the number."""
    state = center.state
    if arrived.leg in center.legs or arrived.leg in state.closing:
        return False
    number = state.numbers.get(arrived.called) or state.numbers.get("*")
    if number is None or number.flow not in state.newest:
        return False
    flow = center.shelf.flow(number.flow, state.newest[number.flow])
    return (number.entry if number.entry in flow.nodes else flow.start) in flow.taking_calls


def arrive(center: "CallCenter", arrived: LegArrived, now: Instant) -> None:
    """A leg is new: make its call, ask who it is, and let its number's flow begin."""
    state, leg = center.state, arrived.leg
    if leg in center.legs or leg in state.closing:
        center.late["LegArrived"] += 1
        return
    number = state.numbers.get(arrived.called) or state.numbers.get("*")
    call = Call(
        call=center.mint(),
        leg=leg,
        switch=arrived.switch,
        caller=arrived.caller,
        called=arrived.called,
        phase="menu",
        language=number.language if number else "",
        now=now,
    )
    center.calls[call.call] = call
    center.legs[leg] = Leg(role="caller", since=now, call=call.call)
    center.emit(CallArrived(call=call.call, leg=leg, caller=call.caller, called=call.called))
    if number is None or number.flow not in state.newest:
        end(center, call, "failed", "failed", now, told="declined")
        return
    center.ask(IdentifyCaller(request=f"{call.call}/who", call=call.call, caller=call.caller))
    treatment.start_flow(center, call, number.flow, number.entry, now)


def leg_answered(center: "CallCenter", event: LegAnswered, now: Instant) -> None:
    """A party that we dialled has answered. Too late, if nobody waits for that any more."""
    known = center.legs.get(event.leg)
    if known is None:
        center.late["LegAnswered"] += 1
        if event.leg not in center.state.closing:
            center.emit(Hangup(leg=event.leg, reason="answered_elsewhere"))
        return
    if known.up:
        center.late["LegAnswered"] += 1
        return
    known.up = True
    match known.role:
        case "caller":
            recalls.answered(center, center.calls[known.call], event, now)
        case "outside":
            transfers.answered(center, center.calls[known.call], now)
        case "consulted":
            consulting.joined(center, center.calls[known.call], now)
        case "supervisor":
            supervision.answered(center, known.agent, now)
        case "agent" | "seat":
            if known.offer is not None:
                center.acd_does(Accept(offer=known.offer), now)
            elif known.role == "seat":
                seats.settle(center, event.leg)


def leg_ended(center: "CallCenter", event: LegEnded, now: Instant) -> None:
    """A leg is gone, whoever ended it."""
    if center.state.closing.pop(event.leg, None) is not None:
        return
    known = center.legs.pop(event.leg, None)
    if known is None:
        center.late["LegEnded"] += 1
        return
    if known.role == "seat":
        seats.ended(center, known, event.cause, now)
        return
    if known.role == "supervisor":
        supervision.end(center, known.agent, now)
        return
    call = center.calls[known.call]
    match known.role:
        case "caller":
            _caller_gone(center, call, event.cause, now)
        case "outside":
            transfers.ended(center, call, known, event.cause, now)
        case "consulted":
            consulting.party_gone(center, call, event.cause, now)
        case "agent":
            agent_gone(center, call, known, event.cause, now)


def _caller_gone(center: "CallCenter", call: Call, cause: EndCause, now: Instant) -> None:
    match call.phase:
        case "talking":
            by: ReleasedBy = "caller" if cause == "hangup" else "system"
            conversation_over(center, call, by, cause, now)
        case "calling":
            recalls.not_reached(center, call, cause, now)
        case "outside":
            transfers.caller_gone(center, call, cause, now)
        case "waiting" | "menu" if recalls.promised(center, call):
            recalls.keep(center, call, now)
        case "waiting":
            outcome: CallOutcome = "abandoned_ringing" if call.ringing else "abandoned_queue"
            favours.remember(center, call, now)
            center.acd_does(Withdraw(call=call.call, outcome="abandoned"), now)
            end(center, call, outcome, cause, now)
        case "menu":
            treatment.caller_gone(center, call, now)
            end(center, call, "abandoned_menu", cause, now)


def agent_gone(center: "CallCenter", call: Call, known: Leg, cause: EndCause, now: Instant) -> None:
    """An agent's line is gone: amid the conversation, or while the phone was sought or rang."""
    match call.phase:
        case "talking" if call.about:
            consulting.party_gone(center, call, cause, now)
        case "talking" if consulting.answered(center, call):
            consulting.complete(center, call, now)
        case "talking":
            by: ReleasedBy = "agent" if cause == "hangup" else "system"
            conversation_over(center, call, by, cause, now)
        case "calling":
            tried: EndCause = "lost" if cause == "lost" else "withdrawn"
            recalls.not_reached(center, call, tried, now)
        case _:
            assert known.offer is not None  # noqa: S101 - why else was it dialled
            center.acd_does(Reject(offer=known.offer, outcome=REJECTED[cause]), now)


def conversation_over(
    center: "CallCenter", call: Call, by: ReleasedBy, cause: EndCause, now: Instant
) -> None:
    """Caller and agent part. The call ends, unless the flow goes on after the agent."""
    if cause in ("lost", "failed"):
        favours.remember(center, call, now)
    talking.close(center, call, by, now)
    after = call.wants.after if call.wants else ""
    if by == "agent" and after and call.leg in center.legs:
        unbridge(center, call)
        treatment.enter_flow(center, call, after, now, left_by="after")
    else:
        end(center, call, "handled", cause, now)


def part(center: "CallCenter", call: Call, now: Instant) -> None:
    """Let go of whom the caller is joined with, or shall be. Who stays on the line, stays."""
    leg, call.other_leg = call.other_leg, None
    if leg is None or (known := center.legs.get(leg)) is None:
        return
    if known.role == "seat":
        known.call, known.offer = "", None
    else:
        center.hang_up(leg, now)


def unbridge(center: "CallCenter", call: Call) -> None:
    if call.bridge:
        center.emit(Unbridge(bridge=call.bridge))
        call.bridge = ""
        call.bridges += 1
        seats.freed(center, call)


def new_bridge(call: Call) -> BridgeId:
    """What the bridge of a call's next conversation is called."""
    which = f"-{call.bridges}" if call.bridges else ""
    return f"{call.switch}/b-{call.call}{which}"


def end(
    center: "CallCenter",
    call: Call,
    outcome: CallOutcome,
    cause: EndCause,
    now: Instant,
    told: HangupReason = "normal",
) -> None:
    """Forget a call; hang up what is still up of it. `outcome` is that of a call in which nobody
    has talked with the caller."""
    state = center.state
    center.hang_up(call.leg, now, told)
    part(center, call, now)
    if not seats.stay(center, call):
        unbridge(center, call)
    center.forget(call)
    if call.call_back and state.kept.get(call.call_back) == call.call:
        del state.kept[call.call_back]
    treatment.tidy_flows(center)
    if outcome != "moved" and call.result is not None:
        outcome = call.result
    lasted = now - call.arrived
    center.emit(CallEnded(call=call.call, outcome=outcome, cause=cause, lasted=lasted))


def hang_up_call(center: "CallCenter", action: HangupCall, now: Instant) -> None:
    """A person ends a call."""
    call = center.calls.get(action.call)
    if call is None:
        center.emit(Refused(reason="unknown", message=f"there is no call {action.call!r} now"))
        return
    match call.phase:
        case _ if call.about:
            outcome: consulting.Outcome = "left" if call.phase == "talking" else "cancelled"
            consulting.give_up(center, call, outcome, now)
        case "talking":
            by: ReleasedBy = "agent" if action.by == call.agent else "supervisor"
            conversation_over(center, call, by, "withdrawn", now)
        case "outside":
            transfers.caller_gone(center, call, "withdrawn", now)
        case _:
            give_up(center, call, "withdrawn", now)


def give_up(center: "CallCenter", call: Call, cause: EndCause, now: Instant) -> None:
    """End a call that nobody talks in."""
    if call.phase == "calling":
        recalls.not_reached(center, call, cause, now)
    if call.phase == "waiting":
        center.acd_does(Withdraw(call=call.call, outcome="failed"), now)
    end(center, call, "failed", cause, now)
