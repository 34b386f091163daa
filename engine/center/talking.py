"""A conversation of a caller with an agent: held, muted, and what is to be undone at its end.

What a leg was told is kept with the leg, so that it can be told again to a switch that was out of
reach; since when the caller is held is kept with the call.
"""

from typing import TYPE_CHECKING, Literal

from acd.messages import Release
from calls.actions import HoldCall, MuteAgent, Refused
from calls.base import AgentId, Instant, LegId
from calls.commands import Hold, Join, Mute, Unbridge, Unhold
from calls.facts import AgentMuted, CallHeld, CallResumed
from calls.port import switch_of
from engine.center import consulting, life, recordings, supervision
from engine.center.live import Call, Leg
from engine.center.state import ReleasedBy

if TYPE_CHECKING:
    from engine.center.center import CallCenter


def of(center: "CallCenter", name: AgentId) -> Call | None:
    """The conversation that an agent has with a caller; refuses where there is none."""
    agent = center.acd.agent(name)
    if agent is None:
        refuse(center, f"there is no agent {name!r}", "unknown")
        return None
    call = center.calls.get(agent.call or "")
    if call is None or call.phase != "talking" or call.agent != name or call.about:
        refuse(center, f"{name} talks with no caller now")
        return None
    return call


def refuse(
    center: "CallCenter",
    message: str,
    reason: Literal["unknown", "wrong_state", "invalid"] = "wrong_state",
) -> None:
    center.emit(Refused(reason=reason, message=message))


# --- hold and mute


def hold(center: "CallCenter", action: HoldCall, now: Instant) -> None:
    """Whether the caller takes part, also in a consultation: held, the agent talks with the other
    side alone; not held, all three talk."""
    call = of(center, action.agent)
    if call is None:
        return
    if action.hold:
        hold_caller(center, call, now)
    else:
        resume_caller(center, call, now)


def hold_caller(center: "CallCenter", call: Call, now: Instant) -> None:
    """The caller hears music; nothing if they do."""
    if call.held_since is not None:
        return
    call.held_since = now
    center.emit(CallHeld(call=call.call, agent=call.agent))
    center.legs[call.leg].held = True
    center.emit(hold_command(center, call.leg))


def resume_caller(center: "CallCenter", call: Call, now: Instant) -> None:
    """The caller takes part again; nothing if they do."""
    if call.held_since is None:
        return
    held, call.held_since = now - call.held_since, None
    call.was_held += held
    center.emit(CallResumed(call=call.call, agent=call.agent, held=held))
    if (known := center.legs.get(call.leg)) is not None:
        known.held = False
        center.emit(Unhold(leg=call.leg))


def hold_command(center: "CallCenter", leg: LegId) -> Hold:
    """With the music of the queue that the caller came from."""
    call = center.calls[center.legs[leg].call]
    queue = center.acd.queue(call.queue)
    if queue is None:
        return Hold(leg=leg)
    return Hold(leg=leg, music=queue.music_by_language.get(call.language, queue.music))


def mute(center: "CallCenter", action: MuteAgent, _: Instant) -> None:
    call = of(center, action.agent)
    if call is not None:
        _mute(center, call, call.other_leg, muted=action.muted)


def _mute(center: "CallCenter", call: Call, leg: LegId | None, *, muted: bool) -> None:
    """Nothing if the agent, whose leg it is, is muted, or heard, already."""
    if call.muted == muted:
        return
    call.muted = muted
    center.emit(AgentMuted(call=call.call, agent=call.agent, muted=muted))
    if leg is not None and (known := center.legs.get(leg)) is not None:
        known.muted = muted
        center.emit(Mute(leg=leg, muted=muted))


def tell_again(center: "CallCenter", leg: LegId, known: Leg) -> None:
    """A leg is still there after its switch was out of reach: perhaps it was not told all."""
    if known.held is not None:
        center.emit(hold_command(center, leg) if known.held else Unhold(leg=leg))
    if known.muted is not None:
        center.emit(Mute(leg=leg, muted=known.muted))


def failed(center: "CallCenter", call: Call, command: Hold | Mute, now: Instant) -> None:
    """A switch does not hold the caller, or mute the agent: nobody may believe that it does."""
    if isinstance(command, Hold):
        resume_caller(center, call, now)
    else:
        _mute(center, call, call.other_leg, muted=False)


# --- the end


def close(center: "CallCenter", call: Call, by: ReleasedBy, now: Instant) -> None:
    """The agent's part in a conversation is over: what was done to it is undone, the phone is free,
    the agent wraps up. The caller, if still there, is alone in the bridge, or with who takes over.

    The phone goes first: an agent who was muted, or had the caller on hold, is not heard once more.
    """
    leg = call.other_leg
    consulting.end(center, call, consulting.LEFT[by], now)
    recordings.stop(center, call, now)
    life.part(center, call, now)  # and before it may ring for the next caller
    _mute(center, call, leg, muted=False)
    resume_caller(center, call, now)
    held, call.was_held = call.was_held, 0.0
    center.acd_does(Release(call=call.call, by=by, held=held), now)


def step_out(center: "CallCenter", agent: AgentId, leg: LegId | None) -> None:
    """An agent who stays on the line leaves a conversation that goes on, with those who follow the
    agent: they are put where nobody is."""
    known = center.legs.get(leg or "")
    if leg is None or known is None or known.role != "seat":
        return
    put_aside(center, [leg, *supervision.followers(center, agent, switch_of(leg))])


def put_aside(center: "CallCenter", legs: list[LegId]) -> None:
    """These legs of one switch hear nobody from now on, and nobody hears them."""
    aside = f"{switch_of(legs[0])}/b-{center.mint()}"
    center.emit(Join(bridge=aside, legs=tuple(legs)))
    center.emit(Unbridge(bridge=aside))
