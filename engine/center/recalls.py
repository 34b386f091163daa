"""Virtual hold: a waiting caller hangs up and keeps the place. When an agent has accepted the
call, the caller is dialled; the two are joined, or the Acd decides when it is tried again.

1. Between the hang-up and the dialling the call has no leg: nothing of it can be lost.
2. The caller is dialled once for each time that an agent accepts. A dialling that a restart finds
   neither up nor ringing has come to nothing, whatever became of it: it is not repeated at once,
   and not counted either, since it was perhaps never told to the switch.
3. Who was told that they will be called, and hangs up before it was said to the end, has the
   place. While phones ring for them, they may stay on the line.
"""

from typing import TYPE_CHECKING

from acd.messages import KeepPlace, Reached, Unreached
from calls.base import EndCause, Instant
from calls.commands import Dial, Prompt, StartMusic, StopMusic
from calls.events import LegAnswered, PromptEnded, RecordingEnded
from calls.facts import CallLeftQueue, PlaceKept
from calls.media import Tone
from engine.center import life
from engine.center.live import Call, Leg

if TYPE_CHECKING:
    from engine.center.center import CallCenter

#: Seconds for which the caller's phone rings.
RINGS = 40.0


def promised(center: "CallCenter", call: Call) -> bool:
    """The caller has been told that they will be called, or is just being told."""
    waiting = center.waits.get(call.call)
    return bool(call.call_back) or (waiting is not None and waiting.stage == "goodbye")


def keep(center: "CallCenter", call: Call, now: Instant) -> None:
    """The caller wants to keep the place, and has hung up or is about to be."""
    call.call_back = call.call_back or call.caller
    waiting = center.waits.get(call.call)
    if call.ringing and waiting is not None and call.leg in center.legs:
        for command in waiting.resume(now):
            center.emit(command)
    else:
        center.acd_does(KeepPlace(call=call.call, number=call.call_back), now)


def ask_again(center: "CallCenter", call: Call, now: Instant) -> None:
    """Who wants to keep the place stays on the line while a phone rings: perhaps none does now."""
    if call.call_back and not call.virtual and not call.ringing and call.phase == "waiting":
        center.acd_does(KeepPlace(call=call.call, number=call.call_back), now)


def kept(center: "CallCenter", fact: PlaceKept, now: Instant) -> None:
    """The Acd keeps the place: the line is not needed any more."""
    call = center.calls[fact.call]
    call.virtual = True
    center.state.kept[call.call_back] = call.call
    center.waits.pop(call.call, None)
    center.watch(call)
    center.hang_up(call.leg, now)
    call.leg = ""


def dial(center: "CallCenter", call: Call, now: Instant) -> None:
    """An agent has accepted a caller who is not on the line: dial them, once."""
    assert call.other_leg is not None  # noqa: S101 - the agent's
    call.phase, call.since = "calling", now
    call.leg = center.mint_leg(call.switch)
    center.legs[call.leg] = Leg(role="caller", since=now, call=call.call)
    queue = center.acd.queue(call.queue)
    center.emit(
        Dial(
            leg=call.leg,
            call=call.call,
            to=f"tel:{call.call_back}",
            caller=call.called,
            timeout=RINGS,
            bridge=call.bridge,
            detect=queue is not None and queue.callback_detect,
        )
    )
    show_progress(center, call)


def show_progress(center: "CallCenter", call: Call) -> None:
    """Let the agent hear that the caller is being called: a tone, then music."""
    assert call.other_leg is not None  # noqa: S101 - the agent's
    prompt, tone = f"{call.other_leg}.calling", Tone(frequency=425, milliseconds=1000)
    center.emit(Prompt(leg=call.other_leg, prompt=prompt, media=(tone,), barge_in=False))


def agent_heard(center: "CallCenter", known: Leg, event: PromptEnded | RecordingEnded) -> None:
    """The tone is over, or could not be played."""
    call = center.calls.get(known.call)
    if call is not None and call.phase == "calling" and call.other_leg == event.leg:
        center.emit(StartMusic(leg=event.leg))
    else:
        center.late[type(event).__name__] += 1


def answered(center: "CallCenter", call: Call, event: LegAnswered, now: Instant) -> None:
    """The caller is on the line again; a machine that answers for them is not the caller."""
    if event.by == "machine":
        not_reached(center, call, "no_answer", now)
        return
    assert call.other_leg is not None  # noqa: S101 - the agent's
    center.emit(StopMusic(leg=call.other_leg))
    center.acd_does(Reached(call=call.call), now)


def not_reached(center: "CallCenter", call: Call, cause: EndCause, now: Instant) -> None:
    """The caller does not answer, or the agent left before: the agent is free, the caller keeps
    the place until all attempts are used up."""
    center.hang_up(call.leg, now)
    call.leg = ""
    if call.other_leg is not None and call.other_leg in center.legs:
        center.emit(StopMusic(leg=call.other_leg))
    life.part(center, call, now)
    call.agent, call.phase, call.since = "", "waiting", now
    center.acd_does(Unreached(call=call.call, outcome=cause), now)


def forget(center: "CallCenter", call: Call) -> None:
    """The caller is on the line and is passed on: no promise to call them is left."""
    if center.state.kept.get(call.call_back) == call.call:
        del center.state.kept[call.call_back]
    call.call_back, call.virtual = "", False


def left_queue(center: "CallCenter", fact: CallLeftQueue, now: Instant) -> None:
    """All attempts are used up."""
    if fact.outcome == "unreached":
        center.soon(_give_up, fact, now)


def _give_up(center: "CallCenter", fact: CallLeftQueue, now: Instant) -> None:
    if (call := center.calls.get(fact.call)) is not None:
        life.end(center, call, "failed", "no_answer", now)
