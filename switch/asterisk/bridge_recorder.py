"""Conversations recorded: all voices of a bridge in one file, brought home when it is over.

At Asterisk a recording is called ``<recording>@<bridge>``. So a driver that finds one after a crash
knows whose it is, and none is lost: what is found there, finished, is kept and told.
"""

import asyncio
import wave
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import structlog

from calls.base import BridgeId
from calls.commands import PauseBridgeRecording, RecordBridge, StopBridgeRecording
from calls.errors import SwitchUnreachable
from calls.events import BridgeRecorded, CommandFailed
from switch.asterisk import codec, requests
from switch.asterisk.bridges import Bridges, inside
from switch.asterisk.codec import Reply
from switch.asterisk.lanes import Answer
from switch.asterisk.legs import Wire
from switch.asterisk.recordings import bring_home, is_file_name
from switch.asterisk.replies import describe, watch
from switch.asterisk.requests import Request

log = structlog.get_logger()

_End: TypeAlias = Literal["stopped", "failed"]

#: Seconds until it is tried again to bring home what could not be.
RETRY = 1.0
#: Seconds that a bridge stays for the end of its recording to be told.
PATIENCE = 2.0


@dataclass(slots=True, eq=False)
class _Recording:
    """One that runs, as far as we know, until its file is here."""

    name: str
    begun: bool = False
    paused: bool = False
    stopped: bool = False
    saving: asyncio.Task[None] | None = None
    #: Done once Asterisk has told its end, where somebody waits for that.
    over: asyncio.Future[None] | None = None

    def is_over(self) -> None:
        if self.over is not None and not self.over.done():
            self.over.set_result(None)


class BridgeRecorder:
    """What is recorded of the bridges of one Asterisk, the switch called `switch`."""

    def __init__(self, wire: Wire, switch: str, bridges: Bridges) -> None:
        self._wire = wire
        self._switch = switch
        self._bridges = bridges
        self._recordings: dict[str, _Recording] = {}
        self._looking: asyncio.Task[None] | None = None
        #: Brought home while it was looked what there is.
        self._brought: set[str] = set()

    # --- commands

    def start(self, command: RecordBridge) -> None:
        """Record; nothing if that runs already."""
        name = _name(command)
        if name in self._recordings:
            return
        if not self._bridges.has(command.bridge):
            self._fail(command, "no such bridge", gone=True)
            return
        recording = _Recording(name)
        if not is_file_name(command.recording):
            log.error("recording.refused", recording=command.recording, detail="no file name")
            self._tell(recording, "failed")
            return
        self._recordings[name] = recording
        request = requests.record_bridge(self._bridges.id(command.bridge), name)
        watch(self._send(request, command.bridge), partial(self._refused, recording, command))

    def pause(self, command: PauseBridgeRecording) -> None:
        recording = self._recordings.get(_name(command))
        if recording is not None and not recording.begun:
            recording.paused = command.paused
            return

        def failed(error: Reply | SwitchUnreachable) -> None:
            # If it is over nothing is recorded; else somebody must know that all still is.
            if not (isinstance(error, Reply) and error.status == 404):
                self._fail(command, describe(error))

        request = requests.silence_recording(_name(command), silent=command.paused)
        watch(self._send(request, command.bridge), failed)

    def stop(self, command: StopBridgeRecording) -> None:
        """End it, also one that was begun before us; nothing if it has ended."""
        recording = self._recordings.get(_name(command))
        if recording is not None:
            recording.stopped = True
        if recording is None or recording.begun:
            self._quietly(requests.stop_recording(_name(command)), command.bridge)

    def end(self, bridge: BridgeId) -> list[asyncio.Future[None]]:
        """End what is recorded of a bridge; what must be done before that is removed: of one that
        is gone, Asterisk may not tell that its recording has ended."""
        loop = asyncio.get_running_loop()
        ending = []
        for recording in self._recordings.values():
            if self._bridge(recording) != bridge or recording.saving is not None:
                continue
            if recording.over is None:
                recording.over = loop.create_future()
                recording.stopped = True
                loop.call_later(PATIENCE, recording.is_over)
                if recording.begun:
                    self._quietly(requests.stop_recording(recording.name), bridge)
            ending.append(recording.over)
        return ending

    @property
    def looking(self) -> list[asyncio.Task[None]]:
        """What must be done before it is known whether a recording given again has ended."""
        return [task for task in (self._looking,) if task is not None and not task.done()]

    # --- events

    def take(self, kind: str, name: str) -> None:
        """What Asterisk tells of a recording of a bridge."""
        recording = self._recordings.setdefault(name, _Recording(name))
        if kind == "RecordingStarted":
            self._begun(recording)
        else:
            self._save(recording, "stopped" if kind == "RecordingFinished" else "failed")

    def take_over(self) -> None:
        """Find out what goes on; bring home what is over."""
        self._brought.clear()
        self._looking = asyncio.create_task(self._look(set(self._recordings)))

    def let_go(self) -> None:
        """The link is lost: nothing can be brought home over it."""
        if self._looking is not None:
            self._looking.cancel()
        for recording in self._recordings.values():
            if recording.saving is not None:
                recording.saving.cancel()
                recording.saving = None

    # --- inside

    def _begun(self, recording: _Recording) -> None:
        recording.begun = True
        if recording.paused:
            request = requests.silence_recording(recording.name, silent=True)
            self._quietly(request, self._bridge(recording))
        if recording.stopped:
            self._quietly(requests.stop_recording(recording.name), self._bridge(recording))

    def _refused(
        self, recording: _Recording, command: RecordBridge, error: Reply | SwitchUnreachable
    ) -> None:
        if not isinstance(error, Reply):
            return  # the link is lost: what goes on will be looked at
        if error.status == 409:
            self._begun(recording)  # it runs since before us
            return
        del self._recordings[recording.name]
        recording.is_over()
        if error.status == 404:
            self._fail(command, "no such bridge", gone=True)
        else:
            log.error("recording.refused", recording=command.recording, detail=describe(error))
            self._tell(recording, "failed")

    async def _look(self, before: set[str]) -> None:
        try:
            reply = await self._wire.send(0, requests.RECORDED)
            found = msgspec.json.decode(reply.body, type=list[codec.Recording])
            names = {one.name for one in found if "@" in one.name}
            for name in names:
                runs = (await self._wire.send(0, requests.recording(name))).ok
                if name in self._brought:
                    continue
                recording = self._recordings.setdefault(name, _Recording(name))
                recording.begun = recording.begun or runs
                if not runs:
                    self._save(recording, "stopped")
        except SwitchUnreachable:
            return  # the next link will be asked
        for name in before - names - self._brought:
            self._save(self._recordings[name], "failed")

    def _save(self, recording: _Recording, end: _End) -> None:
        recording.is_over()
        if recording.saving is None:
            recording.saving = asyncio.create_task(self._bring_home(recording, end))

    async def _bring_home(self, recording: _Recording, end: _End) -> None:
        name = recording.name
        seconds = 0.0
        try:
            file, _, _ = name.partition("@")
            seconds = await bring_home(self._download, name, self._wire.recordings, file)
        except (OSError, EOFError, wave.Error) as error:
            log.error("recording.lost", recording=name, detail=str(error))
            end = "failed"
        self._quietly(requests.remove_recorded(name), self._bridge(recording))
        del self._recordings[name]
        if self.looking:
            self._brought.add(name)
        self._tell(recording, end, seconds)

    async def _download(self, request: Request, path: Path) -> bool:
        """As long as the link is there, that it fails is a matter of the moment."""
        while True:
            try:
                return await self._wire.download(request, path)
            except SwitchUnreachable as error:
                log.warning("recording.not_brought", detail=str(error), again_in=RETRY)
                await asyncio.sleep(RETRY)

    def _quietly(self, request: Request, bridge: BridgeId) -> None:
        """A request whose refusal matters to nobody: what it is about has ended."""
        watch(self._send(request, bridge), lambda _: None)

    def _send(self, request: Request, bridge: BridgeId) -> Answer:
        return self._wire.send(self._bridges.lane(bridge), request)

    def _bridge(self, recording: _Recording) -> BridgeId:
        return f"{self._switch}/{recording.name.partition('@')[2]}"

    def _tell(self, recording: _Recording, end: _End, seconds: float = 0.0) -> None:
        name = recording.name.partition("@")[0]
        bridge = self._bridge(recording)
        self._wire.tell(BridgeRecorded(bridge=bridge, recording=name, end=end, seconds=seconds))

    def _fail(
        self,
        command: RecordBridge | PauseBridgeRecording,
        detail: str,
        *,
        gone: bool = False,
    ) -> None:
        self._wire.tell(CommandFailed(command=command, gone=gone, detail=detail))


def _name(command: RecordBridge | PauseBridgeRecording | StopBridgeRecording) -> str:
    return f"{command.recording}@{inside(command.bridge)}"
