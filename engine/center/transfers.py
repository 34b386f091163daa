"""A caller is put through to one party, by the flow or by a rule of a queue.

An agent is offered the call as one of their own queue, which nobody else may take. A number or an
extension rings while music plays, and the two talk until one of them hangs up. A caller who is
not answered goes on where the transfer says, else as from a queue that gives up
(`engine.center.overflow`).
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from acd.live import AT_WORK, Seat, present
from acd.messages import Withdraw
from calls.base import AgentId, CallOutcome, EndCause, Instant
from calls.commands import Dial, Join, StartMusic, StopMusic
from calls.facts import CallRelaxed, OutsideDialled, OutsideEnded, OutsideJoined
from engine.center import consulting, life, overflow, treatment
from engine.center.live import Call, Leg
from ivr.messages import Queued, Transferred

if TYPE_CHECKING:
    from engine.center.center import CallCenter

#: The Acd keeps a call for one agent this much longer than we let it wait, so that our timer
#: decides what becomes of it.
MARGIN = 3600.0

#: Why an agent is not reached any more, by the reason for being not ready.
_CAUSES: dict[str, EndCause] = {"no answer": "no_answer", "declined": "declined", "busy": "busy"}


def begin(center: "CallCenter", call: Call, transfer: Transferred, now: Instant) -> None:
    """Put a caller through who hears nothing just now."""
    call.transfer = transfer
    call.language = transfer.language or call.language
    scheme, _, name = transfer.to.partition(":")
    if scheme == "agent":
        _offer_to(center, call, name, transfer, now)
    else:
        _dial(center, call, name, transfer, now)


def not_reached(center: "CallCenter", call: Call, cause: EndCause, now: Instant) -> None:
    """The party does not answer: the caller goes on elsewhere."""
    if call.about:
        consulting.give_up(center, call, cause, now)
        return
    transfer, call.transfer, call.gives_up = call.transfer, None, None
    if transfer is None:
        return
    if call.phase == "waiting":
        treatment.end_wait(center, call)
        center.acd_does(Withdraw(call=call.call, outcome="moved"), now)
    node = transfer.exits.get(cause) or transfer.exits.get("error")
    if node:
        treatment.enter_flow(center, call, node, now, left_by=cause)
    else:
        overflow.fall_back(center, call, "overflow", now)


# --- to an agent


def _offer_to(
    center: "CallCenter", call: Call, name: AgentId, transfer: Transferred, now: Instant
) -> None:
    agent = center.acd.agent(name)
    if agent is None or not agent.config.queues or present(agent) < AT_WORK:
        not_reached(center, call, "unreachable", now)
        return
    wants = Queued(
        queue="",
        priority=call.wants.priority if call.wants else 0.0,
        after=transfer.after,
        variables=transfer.variables,
        inside=transfer.inside,
    )
    call.gives_up = now + transfer.timeout
    treatment.enqueue(center, call, only(agent, wants, transfer.timeout), now)
    center.watch(call)


def only(agent: Seat, wants: Queued, timeout: float) -> Queued:
    """The same of one agent, as one of their own queue."""
    name, queues = agent.config.name, agent.config.queues
    return replace(
        wants,
        queue=min(queues, key=lambda queue: (queues[queue], queue)),
        skills={f"agent:{name}": 10},  # nobody else, also when the Acd waits for them no more
        agent=name,
        agent_for=timeout + MARGIN,
    )


def alone(wants: Queued) -> bool:
    """Are they for one agent and nobody else?"""
    return f"agent:{wants.agent}" in wants.skills


def relaxed(center: "CallCenter", fact: CallRelaxed, now: Instant) -> None:
    """The Acd does not wait for one agent any more."""
    call = center.calls[fact.call]
    if fact.step == 0 and (call.transfer is not None or call.about):
        center.soon(_agent_left, call, now)


def _agent_left(center: "CallCenter", call: Call, now: Instant) -> None:
    to = call.transfer.to if call.transfer is not None else call.asked
    if to and call.phase == "waiting" and call.call in center.calls:
        agent = center.acd.agent(to.partition(":")[2])
        cause = _CAUSES.get(agent.reason, "unreachable") if agent else "unreachable"
        not_reached(center, call, cause, now)


# --- to a number or an extension


def _dial(
    center: "CallCenter", call: Call, number: str, transfer: Transferred, now: Instant
) -> None:
    leg = center.mint_leg(call.switch)
    center.legs[leg] = Leg(role="outside", since=now, call=call.call)
    call.phase, call.since, call.other_leg = "outside", now, leg
    call.bridge = life.new_bridge(call)
    center.emit(OutsideDialled(call=call.call, number=number))
    center.emit(StartMusic(leg=call.leg))
    center.emit(
        Dial(
            leg=leg,
            call=call.call,
            to=transfer.to,
            caller=call.caller,
            caller_name=call.who.name if call.who else "",
            timeout=transfer.timeout,
            bridge=call.bridge,
        )
    )


def answered(center: "CallCenter", call: Call, now: Instant) -> None:
    assert call.other_leg is not None  # noqa: S101 - it has just been answered
    call.since, call.result = now, call.result or "forwarded"
    center.emit(OutsideJoined(call=call.call, number=_number(call)))
    center.emit(StopMusic(leg=call.leg))
    center.emit(Join(bridge=call.bridge, legs=(call.leg, call.other_leg)))


def taken_over(center: "CallCenter", call: Call, to: str, now: Instant) -> None:
    """A party that an agent has consulted has the caller, with whom it is joined already."""
    call.transfer = Transferred(
        to=address(to),
        after=call.wants.after if call.wants else "",
        variables=call.variables,
        inside=call.inside,
    )
    call.phase, call.since = "outside", now
    center.emit(OutsideDialled(call=call.call, number=_number(call)))
    center.emit(OutsideJoined(call=call.call, number=_number(call)))


def ended(center: "CallCenter", call: Call, known: Leg, cause: EndCause, now: Instant) -> None:
    """The party, who may have answered, is gone."""
    call.other_leg = None
    _tell_end(center, call, known, cause, now)
    if not known.up:
        center.emit(StopMusic(leg=call.leg))
        not_reached(center, call, cause, now)
    elif call.transfer is not None and call.transfer.after:
        life.unbridge(center, call)
        treatment.enter_flow(center, call, call.transfer.after, now, left_by="after")
    else:
        life.end(center, call, "forwarded", cause, now)


def caller_gone(center: "CallCenter", call: Call, cause: EndCause, now: Instant) -> None:
    """The caller left, or a person ended the call."""
    assert call.other_leg is not None  # noqa: S101 - there is one in this phase
    _tell_end(center, call, center.legs[call.other_leg], cause, now)
    left: CallOutcome = "abandoned_queue" if call.queued is not None else "abandoned_menu"
    life.end(center, call, left, cause, now)


def not_joined(center: "CallCenter", call: Call, now: Instant) -> None:
    """The switch cannot join the two."""
    assert call.other_leg is not None  # noqa: S101 - there is one in this phase
    _tell_end(center, call, center.legs[call.other_leg], "failed", now)
    call.result = None if call.result == "forwarded" else call.result
    life.part(center, call, now)
    not_reached(center, call, "failed", now)


def resume(center: "CallCenter", call: Call) -> None:
    """Music again, after the switch was out of reach, while the number still rings."""
    if call.other_leg is not None and not center.legs[call.other_leg].up:
        center.emit(StartMusic(leg=call.leg))


def address(to: str) -> str:
    """Whom to dial, or to ask for, where a person wrote `to`: an extension is a phone."""
    scheme, _, name = to.partition(":")
    return f"phone:{name}" if scheme == "ext" else to


def _tell_end(center: "CallCenter", call: Call, known: Leg, cause: EndCause, now: Instant) -> None:
    talked = now - call.since if known.up else None
    center.emit(OutsideEnded(call=call.call, number=_number(call), cause=cause, talked=talked))


def _number(call: Call) -> str:
    assert call.transfer is not None  # noqa: S101 - there is one in this phase
    return call.transfer.to.partition(":")[2]
