"""What becomes of legs that are joined: who hears whom, and what is recorded of it."""

from calls.base import BridgeId, LegId
from calls.commands import (
    Hold,
    Join,
    Mute,
    PauseBridgeRecording,
    RecordBridge,
    StopBridgeRecording,
    Supervise,
    Unbridge,
    Unhold,
)
from calls.events import BridgeRecorded
from switch.simulated.board import Board
from switch.simulated.leg import Leg
from switch.simulated.scripts import Answering


class BridgeRecorder:
    """A recording of a conversation that goes on."""

    def __init__(self, now: float) -> None:
        self._seconds = 0.0
        #: Since when it has been running; None while it is paused.
        self._since: float | None = now

    def pause(self, paused: bool, now: float) -> None:
        self._seconds = self.seconds(now)
        self._since = None if paused else now

    def seconds(self, now: float) -> float:
        return self._seconds + (0.0 if self._since is None else now - self._since)


class Conversations(Board):
    """The part of a simulated world that is about legs which are joined.

    `hears` is the sound of it: who would hear another one if they spoke now.
    """

    def __init__(self, name: str, strangers: Answering | None) -> None:
        super().__init__(name, strangers)
        #: What is recorded, by its name, and of which bridge.
        self._recorders: dict[str, tuple[BridgeId, BridgeRecorder]] = {}

    def hears(self, listener: LegId, speaker: LegId) -> bool:
        """Would one hear the other? Nobody hears themselves, nor who is not there."""
        one, other = self._legs.get(listener), self._legs.get(speaker)
        if one is None or other is None or one is other:
            return False
        follows, place = self._followed(other), self._listens_to(one)
        if place is None:
            return False
        if follows is None:
            return other.bridge == place and not (other.held or other.muted)
        return follows.bridge == place and (
            follows.mode == "barge" or (follows.mode == "whisper" and follows.whom == listener)
        )

    def hears_music(self, listener: LegId) -> bool:
        """Is it held in a conversation?"""
        leg = self._legs.get(listener)
        return leg is not None and leg.held and leg.bridge is not None

    def _listens_to(self, leg: Leg) -> BridgeId | None:
        """The bridge that it hears."""
        follows = self._followed(leg)
        if follows is not None:
            return follows.bridge
        return None if leg.held else leg.bridge

    def _followed(self, leg: Leg) -> Supervise | None:
        """The conversation that it follows, if it goes on."""
        follows = leg.supervises
        whom = self._legs.get(follows.whom) if follows is not None else None
        if follows is None or whom is None or whom.bridge != follows.bridge:
            return None
        return follows

    # -- bridges ---------------------------------------------------------------------------

    def _join(self, command: Join, now: float) -> None:
        legs = self._legs
        missing = [leg_id for leg_id in command.legs if leg_id not in legs]
        if missing:
            detail = f"no such leg: {', '.join(missing)}"
            self._fail(command, now, gone=True, detail=detail)
            return
        joined = [legs[leg_id] for leg_id in command.legs]
        for leg in joined:
            leg.supervises = None
        for leg in self._bridges.join(command.bridge, joined):
            self._begin_talk(leg, now)

    def _unbridge(self, command: Unbridge, now: float) -> None:
        self._bridges.remove(command.bridge)
        for recording, (bridge, _) in list(self._recorders.items()):
            if bridge == command.bridge:
                self.at(now, self._bridge_recorded, recording)

    def _begin_talk(self, leg: Leg, now: float) -> None:
        leg.talks += 1
        if leg.person.talks is not None:
            self.at(now + leg.person.talks, self._end_talk, (leg, leg.talks))

    def _end_talk(self, one: tuple[Leg, int], at: float) -> None:
        leg, talk = one
        if leg.id in self._legs and leg.talks == talk and leg.bridge is not None:
            self._end(leg, "hangup", at)

    # -- one leg of a conversation ---------------------------------------------------------

    def _hold(self, command: Hold, now: float) -> None:
        if (leg := self._leg_of(command, now)) is not None:
            leg.held = True

    def _unhold(self, command: Unhold, now: float) -> None:
        if (leg := self._leg_of(command, now)) is not None:
            leg.held = False

    def _mute(self, command: Mute, now: float) -> None:
        if (leg := self._leg_of(command, now)) is not None:
            leg.muted = command.muted

    def _supervise(self, command: Supervise, now: float) -> None:
        leg = self._leg_of(command, now)
        if leg is not None and command.whom not in self._legs:
            self._fail(command, now, gone=False, detail=f"no such leg: {command.whom}")
        elif leg is not None:
            self._bridges.leave(leg)
            leg.supervises = command

    # -- recordings ------------------------------------------------------------------------

    def _record_bridge(self, command: RecordBridge, now: float) -> None:
        if command.bridge not in self._bridges:
            self._fail(command, now, gone=True, detail=f"no such bridge: {command.bridge}")
        elif command.recording not in self._recorders:
            self._recorders[command.recording] = (command.bridge, BridgeRecorder(now))

    def _pause_recording(self, command: PauseBridgeRecording, now: float) -> None:
        if command.recording in self._recorders:
            self._recorders[command.recording][1].pause(command.paused, now)

    def _stop_bridge_recording(self, command: StopBridgeRecording, now: float) -> None:
        self.at(now, self._bridge_recorded, command.recording)

    def _bridge_recorded(self, recording: str, at: float) -> None:
        bridge, recorder = self._recorders.pop(recording, (None, None))
        if bridge is not None and recorder is not None:
            seconds = recorder.seconds(at)
            self._tell(BridgeRecorded(bridge=bridge, recording=recording, seconds=seconds))
