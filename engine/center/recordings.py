"""Recordings of conversations.

A recording belongs to the conversation of one agent with the caller, whoever else is asked in it,
and ends with it at the latest. Whoever takes the caller over is recorded anew, if the queue that
the caller is from then asks for it. The file is called as the recording is and lies where voice
messages do.

`CenterState.recordings` has those of which no end was told. The end of one that ended while the
switch was out of reach is not told by anybody: then our own times count.
"""

from typing import TYPE_CHECKING

from calls.actions import RecordCall
from calls.base import AgentId, Instant
from calls.commands import PauseBridgeRecording, RecordBridge, StopBridgeRecording
from calls.events import BridgeRecorded
from calls.facts import CommandRefused, ConversationRecorded, RecordingPaused, RecordingStarted
from calls.port import switch_of
from engine.center import talking
from engine.center.live import Call
from engine.center.state import Recording

if TYPE_CHECKING:
    from engine.center.center import CallCenter


def connected(center: "CallCenter", call: Call, now: Instant) -> None:
    """A conversation begins: perhaps its queue wants it recorded."""
    queue = center.acd.queue(call.queue)
    if queue is not None and queue.record:
        _start(center, call, "", now)


def record(center: "CallCenter", action: RecordCall, now: Instant) -> None:
    """Start, pause, resume or stop, as an agent or a supervisor asks for."""
    call = talking.of(center, action.agent)
    if call is None:
        return
    if action.do == "start":
        if call.recording:
            talking.refuse(center, f"{action.agent}'s conversation is recorded already")
        else:
            _start(center, call, action.by, now)
    elif not call.recording:
        talking.refuse(center, f"{action.agent}'s conversation is not recorded")
    elif action.do == "stop":
        stop(center, call, now)
    else:
        _pause(center, call.recording, action.do == "pause", action.by)


def _start(center: "CallCenter", call: Call, by: AgentId, now: Instant) -> None:
    name = call.recording = center.mint()
    center.state.recordings[name] = Recording(
        call=call.call, agent=call.agent, bridge=call.bridge, since=now
    )
    center.emit(RecordingStarted(call=call.call, agent=call.agent, recording=name, by=by))
    center.emit(RecordBridge(bridge=call.bridge, recording=name))


def _pause(center: "CallCenter", name: str, paused: bool, by: AgentId) -> None:
    known = center.state.recordings[name]
    if known.paused != paused:
        known.paused = paused
        _tell_paused(center, name, known, by)
        center.emit(PauseBridgeRecording(bridge=known.bridge, recording=name, paused=paused))


def _tell_paused(center: "CallCenter", name: str, known: Recording, by: AgentId = "") -> None:
    center.emit(
        RecordingPaused(
            call=known.call, agent=known.agent, recording=name, paused=known.paused, by=by
        )
    )


def stop(center: "CallCenter", call: Call, now: Instant) -> None:
    """End the recording of a conversation, if there is one."""
    name, call.recording = call.recording, ""
    known = center.state.recordings.get(name)
    if known is not None:
        known.stopped = now
        center.emit(StopBridgeRecording(bridge=known.bridge, recording=name))


def ended(center: "CallCenter", event: BridgeRecorded, _: Instant) -> None:
    if event.recording in center.state.recordings:
        _over(center, event.recording, event.seconds)
    else:
        center.late["BridgeRecorded"] += 1


def _over(center: "CallCenter", name: str, seconds: float) -> None:
    known = center.state.recordings.pop(name)
    call = center.calls.get(known.call)
    if call is not None and call.recording == name:
        call.recording = ""
    center.emit(
        ConversationRecorded(call=known.call, agent=known.agent, recording=name, seconds=seconds)
    )


# --- mishaps


def failed(
    center: "CallCenter",
    command: RecordBridge | PauseBridgeRecording | StopBridgeRecording,
    detail: str,
    now: Instant,
) -> None:
    """A switch did not do what it was told: what people see says so."""
    name = command.recording
    known = center.state.recordings.get(name)
    if known is None:
        center.late["CommandFailed"] += 1
        return
    told = type(command).__name__
    center.emit(CommandRefused(call=known.call, command=told, detail=detail))
    match command:
        case RecordBridge():
            _over(center, name, 0.0)
        case StopBridgeRecording():
            _over(center, name, _measured(known, now))
        case PauseBridgeRecording(paused=paused):
            if known.paused == paused:
                known.paused = not paused
                _tell_paused(center, name, known)


def switch_up(center: "CallCenter", switch: str, now: Instant) -> None:
    """Tell a switch again what may have been lost; end what it will tell no end of."""
    for name, known in _on(center, switch):
        if known.stopped is None:
            center.emit(RecordBridge(bridge=known.bridge, recording=name))
            if known.paused:
                center.emit(PauseBridgeRecording(bridge=known.bridge, recording=name))
        else:
            center.emit(StopBridgeRecording(bridge=known.bridge, recording=name))
            _over(center, name, _measured(known, now))


def switch_removed(center: "CallCenter", switch: str, now: Instant) -> None:
    for name, known in _on(center, switch):
        _over(center, name, _measured(known, now))


def _on(center: "CallCenter", switch: str) -> list[tuple[str, Recording]]:
    """The oldest first: snapshots do not keep the order of what is by name."""
    ours = center.state.recordings.items()
    found = [(name, known) for name, known in ours if switch_of(known.bridge) == switch]
    return sorted(found, key=lambda one: (one[1].since, one[0]))


def _measured(known: Recording, now: Instant) -> float:
    """Seconds, pauses included."""
    return (now if known.stopped is None else known.stopped) - known.since
