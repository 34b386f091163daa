"""A consultation: an agent asks somebody about a caller, and may pass the caller on (warm).

1. It is a call of its own (`Call.about` says about which), without a leg of a caller. Whoever
   is asked comes into the bridge in which the agent and the caller, who is held, are already. So
   to pass the caller on, the agent leaves; to give it up, the other side does.
2. A queue or an agent is asked through the Acd, which has the consultation wait as any call. A
   number or an extension is dialled.
3. Each `ConsultStarted` has one `ConsultEnded`, from `end` or `complete`. However it ends without
   the caller being passed on, caller and agent talk again. An agent who hangs up once the other
   side has answered has passed the caller on; a caller who hangs up ends it all.
"""

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec.structs import replace

from acd.messages import Enqueue, Release, TakeOver, Withdraw
from calls.base import EndCause, Instant, LegId
from calls.commands import Dial, Join
from calls.facts import CallTransferred, ConsultEnded, ConsultJoined, ConsultStarted
from engine.center import life, pop, ringing, seats, supervision, talking, transfers
from engine.center.live import Call, Leg
from engine.center.state import ReleasedBy
from ivr.messages import Queued

if TYPE_CHECKING:
    from engine.center.center import CallCenter

Outcome: TypeAlias = EndCause | Literal["transferred", "cancelled", "caller_gone", "left"]

#: How a consultation ends with the conversation, by who ended that.
LEFT: dict[ReleasedBy, Outcome] = {
    "caller": "caller_gone",
    "agent": "cancelled",
    "supervisor": "cancelled",
    "system": "failed",
}
#: Seconds for which a number or an extension rings, and an agent who is busy is waited for.
RINGS = 45.0


def start(center: "CallCenter", call: Call, to: str, wants: Queued | None, now: Instant) -> None:
    """Ask somebody: an agent of a queue as it `wants`, else an address that can be dialled."""
    consult = Call(
        call=center.mint(),
        leg="",
        switch=call.switch,
        caller=call.caller,
        called=call.called,
        phase="waiting" if wants else "outside",
        language=call.language,
        now=now,
    )
    if wants is not None:
        consult.queue, consult.wants, consult.queued = wants.queue, wants, now
    consult.who, consult.bridge = call.who, call.bridge
    consult.passed_by, consult.about, consult.asked = call.agent, call.call, to
    center.calls[consult.call] = consult
    call.consult = consult.call
    center.emit(ConsultStarted(call=call.call, agent=call.agent, to=to))
    talking.hold_caller(center, call, now)
    if wants is None:
        _dial(center, consult, now)
    else:
        _enqueue(center, consult, wants, now)


def _dial(center: "CallCenter", consult: Call, now: Instant) -> None:
    leg = consult.other_leg = center.mint_leg(consult.switch)
    center.legs[leg] = Leg(role="consulted", since=now, call=consult.call)
    center.emit(
        Dial(
            leg=leg,
            call=consult.call,
            to=transfers.address(consult.asked),
            caller=consult.caller,
            caller_name=consult.who.name if consult.who else "",
            timeout=RINGS,
            bridge=consult.bridge,
        )
    )


def _enqueue(center: "CallCenter", consult: Call, wants: Queued, now: Instant) -> None:
    if wants.agent:
        consult.gives_up = now + RINGS
        center.watch(consult)
    center.acd_does(
        Enqueue(
            call=consult.call,
            queue=wants.queue,
            skills=wants.skills,
            priority=wants.priority,
            language=consult.language,
            agent=wants.agent,
            agent_for=wants.agent_for,
            asked_by=consult.passed_by,
            admitted=transfers.alone(wants),
        ),
        now,
    )


def joined(center: "CallCenter", consult: Call, now: Instant) -> None:
    """The other side has answered, and talks with the agent."""
    call = center.calls[consult.about]
    leg = consult.other_leg
    assert leg is not None  # noqa: S101 - it has just answered
    consult.phase, consult.since, consult.gives_up = "talking", now, None
    center.watch(consult)
    center.emit(
        ConsultJoined(call=call.call, agent=call.agent, to=consult.asked, other=consult.agent)
    )
    if consult.agent:
        ringing.announce(center, consult.agent, leg)
    call.shared = True
    center.emit(Join(bridge=consult.bridge, legs=pair(center, consult)))
    seats.leave(center, center.legs[leg])
    supervision.follow(center, consult)


def pair(center: "CallCenter", call: Call) -> tuple[LegId, LegId]:
    """The legs that are joined in a call: of a consultation both are on our side."""
    assert call.other_leg is not None  # noqa: S101 - nobody talks alone
    if not call.about:
        return call.leg, call.other_leg
    agent = center.calls[call.about].other_leg
    assert agent is not None  # noqa: S101 - it ends with the conversation
    return agent, call.other_leg


def answered(center: "CallCenter", call: Call) -> bool:
    """Somebody is consulted about a call, and talks."""
    consult = center.calls.get(call.consult)
    return consult is not None and consult.phase == "talking"


def party_gone(center: "CallCenter", consult: Call, cause: EndCause, now: Instant) -> None:
    """The line of the other side is gone."""
    consult.other_leg = None
    give_up(center, consult, "left" if consult.phase == "talking" else cause, now)


def give_up(center: "CallCenter", consult: Call, outcome: Outcome, now: Instant) -> None:
    """It comes to nothing: the caller is back in the conversation."""
    call = center.calls[consult.about]
    end(center, call, outcome, now)
    talking.resume_caller(center, call, now)


def end(center: "CallCenter", call: Call, outcome: Outcome, now: Instant) -> None:
    """End the consultation about a call, if there is one; the other side is let go."""
    consult = center.calls.get(call.consult)
    if consult is None:
        return
    call.consult = ""
    talks = consult.phase == "talking"
    _tell_end(center, call, consult, outcome, now)
    if talks:
        talking.step_out(center, consult.agent, consult.other_leg)
    life.part(center, consult, now)
    seats.freed(center, consult)
    if consult.phase == "waiting":
        center.acd_does(Withdraw(call=consult.call, outcome="moved"), now)
    elif consult.queue:
        center.acd_does(Release(call=consult.call, by="agent"), now)
    center.forget(consult)


def complete(center: "CallCenter", call: Call, now: Instant) -> None:
    """The other side has the caller from now on, the agent leaves."""
    consult = center.calls[call.consult]
    call.consult, leg = "", consult.other_leg
    assert leg is not None  # noqa: S101 - they have answered
    _tell_end(center, call, consult, "transferred", now)
    center.emit(CallTransferred(call=call.call, agent=call.agent, to=consult.asked, kind="warm"))
    call.passed_by = call.agent
    talking.step_out(center, call.agent, call.other_leg)
    talking.close(center, call, "agent", now)
    seats.freed(center, call)
    center.forget(consult)
    known = center.legs[leg]
    known.call, known.offer, call.other_leg = call.call, None, leg
    if consult.queue:
        call.agent, call.queue = consult.agent, consult.queue
        call.queued, call.credit = now, 0.0
        if call.wants is not None:
            call.wants = replace(call.wants, queue=consult.queue)
        center.acd_does(TakeOver(call=call.call, consult=consult.call), now)
        pop.show(center, call, call.agent, now)
    else:
        known.role = "outside"
        transfers.taken_over(center, call, consult.asked, now)


def _tell_end(
    center: "CallCenter", call: Call, consult: Call, outcome: Outcome, now: Instant
) -> None:
    talked = now - consult.since if consult.phase == "talking" else None
    center.emit(
        ConsultEnded(
            call=call.call, agent=call.agent, to=consult.asked, outcome=outcome, talked=talked
        )
    )
