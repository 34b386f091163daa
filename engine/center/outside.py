"""A caller is connected with an outside number: it rings while music plays, and the two talk
until one of them hangs up. Who is not answered there falls back as from a queue."""

from typing import TYPE_CHECKING

from calls.base import EndCause, Instant
from calls.commands import Dial, Join, StartMusic, StopMusic
from calls.facts import OutsideDialled, OutsideEnded, OutsideJoined
from engine.center import life, overflow
from engine.center.state import CallState, LegState

if TYPE_CHECKING:
    from engine.center.center import CallCenter

#: Seconds for which an outside number rings.
RINGS = 45.0


def dial(center: "CallCenter", call: CallState, number: str, now: Instant) -> None:
    """Ring an outside number for a caller who hears nothing just now."""
    leg = center.mint_leg(call.switch)
    center.state.legs[leg] = LegState(role="outside", since=now, call=call.call)
    call.phase, call.since = "outside", now
    call.outside, call.other_leg = number, leg
    call.bridge = f"{call.switch}/b-{call.call}"
    center.emit(OutsideDialled(call=call.call, number=number))
    center.emit(StartMusic(leg=call.leg))
    center.emit(
        Dial(
            leg=leg,
            call=call.call,
            to=f"tel:{number}",
            caller=call.caller,
            caller_name=call.who.name if call.who else "",
            timeout=RINGS,
            bridge=call.bridge,
        )
    )


def answered(center: "CallCenter", call: CallState, now: Instant) -> None:
    assert call.other_leg is not None  # noqa: S101 - it has just been answered
    call.since = now
    center.emit(OutsideJoined(call=call.call, number=call.outside))
    center.emit(StopMusic(leg=call.leg))
    center.emit(Join(bridge=call.bridge, legs=(call.leg, call.other_leg)))


def ended(
    center: "CallCenter", call: CallState, known: LegState, cause: EndCause, now: Instant
) -> None:
    """The outside party, who may have answered, is gone."""
    call.other_leg = None
    _over(center, call, known, cause, now)
    if known.up:
        life.end(center, call, "forwarded", cause, now)
    else:
        center.emit(StopMusic(leg=call.leg))
        overflow.fall_back(center, call, "overflow", now)


def resume(center: "CallCenter", call: CallState) -> None:
    """Music again, after the switch was out of reach, while the number still rings."""
    if call.other_leg is not None and not center.state.legs[call.other_leg].up:
        center.emit(StartMusic(leg=call.leg))


def not_joined(center: "CallCenter", call: CallState, now: Instant) -> None:
    """The switch cannot join the two."""
    assert call.other_leg is not None  # noqa: S101 - there is one in this phase
    leg, call.other_leg = call.other_leg, None
    _over(center, call, center.state.legs[leg], "failed", now)
    center.hang_up(leg, now)
    overflow.fall_back(center, call, "overflow", now)


def caller_gone(center: "CallCenter", call: CallState, cause: EndCause, now: Instant) -> None:
    """The caller left, or a person ended the call."""
    assert call.other_leg is not None  # noqa: S101 - there is one in this phase
    known = center.state.legs[call.other_leg]
    _over(center, call, known, cause, now)
    life.end(center, call, "forwarded" if known.up else "abandoned_queue", cause, now)


def _over(
    center: "CallCenter", call: CallState, known: LegState, cause: EndCause, now: Instant
) -> None:
    talked = now - call.since if known.up else None
    center.emit(OutsideEnded(call=call.call, number=call.outside, cause=cause, talked=talked))
