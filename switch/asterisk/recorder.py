"""What one leg says, recorded: begun, ended, and its file brought to where ours are kept."""

import asyncio
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import structlog

from calls.base import LegId
from calls.commands import Record
from calls.errors import SwitchUnreachable
from calls.events import RecordingEnded, SwitchEvent
from switch.asterisk import requests
from switch.asterisk.ari import Answer
from switch.asterisk.codec import Reply
from switch.asterisk.recordings import bring_home, is_file_name
from switch.asterisk.replies import describe, watch
from switch.asterisk.requests import Request

log = structlog.get_logger()

End: TypeAlias = Literal["silence", "digits", "full", "stopped", "hangup", "failed"]

#: How often Asterisk is asked, each 0.1 s.
ATTEMPTS = 20


class Line(Protocol):
    """What a recorder needs of its leg."""

    id: LegId

    def tell(self, event: SwitchEvent) -> None: ...

    def send(self, request: Request) -> Answer: ...

    async def download(self, request: Request, path: Path) -> bool:
        """Write a file that Asterisk has to `path`, beside the lanes; False if there is none.

        Raises `SwitchUnreachable`, `OSError`.
        """


class Recorder:
    """One leg's recording: at most one at a time. `folder` is where finished ones are kept."""

    def __init__(self, line: Line, channel: str, folder: Path) -> None:
        self._line = line
        self._channel = channel
        self._name = recording_of(channel)
        self._folder = folder
        self._loop = asyncio.get_running_loop()
        self._running: Record | None = None
        self._begun: float | None = None
        #: How it ended, if we know that already.
        self._end: End | None = None
        self._digits = ""
        self._saving: asyncio.Task[None] | None = None
        self._then: Callable[[], None] | None = None

    @property
    def busy(self) -> bool:
        return self._running is not None

    # --- commands

    def start(self, command: Record) -> None:
        """Record; nothing if that runs already."""
        if self._running is not None and self._running.recording == command.recording:
            return
        if self._running is not None or not is_file_name(command.recording):
            log.error("recording.refused", recording=command.recording, runs=self._running)
            self._tell(command, "failed")
            return
        self._running, self._begun, self._end, self._digits = command, None, None, ""
        if command.beep:
            self._line.send(requests.beep(self._channel))
        self._ask(command, ATTEMPTS)

    def stop(self, recording: str) -> None:
        """End it now; nothing if it has ended."""
        if self._running is not None and self._running.recording == recording:
            self._stop("stopped")

    # --- events

    def press(self, digit: str) -> bool:
        """Take a key; False if it does not end the recording."""
        if self._running is None or self._end or digit not in self._running.terminators:
            return False
        self._digits = digit
        self._stop("digits")
        return True

    def started(self) -> None:
        self._begun = self._loop.time()
        if self._end is not None:  # told before there was anything to stop
            self._line.send(requests.stop_recording(self._name))

    def finished(self, *, hanging_up: bool) -> None:
        """Asterisk has closed the file."""
        if self._running is None or self._begun is None:
            return  # one that was dropped before ours began
        if hanging_up:
            self._end = "hangup"
        elif self._end is None:
            # Asterisk says no reason: what lasted as long as it might was not ended by silence.
            full = self._loop.time() - self._begun >= self._running.max_seconds - 0.25
            self._end = "full" if full else "silence"
        self._save_once(self._end)

    def failed(self) -> None:
        """Asterisk cannot go on: no sound comes, or there is no room for it."""
        self._save_once(self._end or "failed")

    def hung_up(self, then: Callable[[], None]) -> None:
        """The leg is gone: `then` is called when what it said is saved and told."""
        self._then = then
        self._save_once("hangup")

    def forget(self) -> bool:
        """Drop it untold; True if it may still run at Asterisk."""
        running, self._running, self._then = self._running, None, None
        if self._saving is not None:
            self._saving.cancel()
        return running is not None

    # --- inside

    def _stop(self, end: End) -> None:
        if self._end is None:
            self._end = end
            self._line.send(requests.stop_recording(self._name))

    def _ask(self, command: Record, attempts: int) -> None:
        request = requests.record(
            self._channel, self._name, longest=command.max_seconds, silence=command.silence
        )

        def refused(error: Reply | SwitchUnreachable) -> None:
            if self._running is not command or self._saving is not None:
                return
            if not isinstance(error, Reply):
                return  # the link is lost: what is up will be looked at
            if error.status == 409 and attempts:
                # One that was dropped is still being closed.
                self._loop.call_later(0.1, self._ask_again, command, attempts - 1)
                return
            log.error("recording.refused", recording=command.recording, detail=describe(error))
            self._over(command, "failed", 0.0)

        watch(self._line.send(request), refused)

    def _ask_again(self, command: Record, attempts: int) -> None:
        if self._running is command and self._saving is None:
            self._ask(command, attempts)

    def _save_once(self, end: End) -> None:
        if self._running is not None and self._saving is None:
            self._saving = self._loop.create_task(self._save(self._running, end))

    async def _save(self, command: Record, end: End) -> None:
        seconds = 0.0
        try:
            seconds = await bring_home(
                self._line.download, self._name, self._folder, command.recording
            )
        except (SwitchUnreachable, OSError, EOFError, wave.Error) as error:
            log.error("recording.lost", recording=command.recording, detail=str(error))
            end = end if end == "hangup" else "failed"
        self._line.send(requests.remove_recorded(self._name))
        self._over(command, end, seconds)

    def _over(self, command: Record, end: End, seconds: float) -> None:
        self._running = self._saving = None
        self._tell(command, end, seconds)
        then, self._then = self._then, None
        if then is not None:
            then()

    def _tell(self, command: Record, end: End, seconds: float = 0.0) -> None:
        self._line.tell(
            RecordingEnded(
                leg=self._line.id,
                recording=command.recording,
                end=end,
                seconds=seconds,
                digits=self._digits if end == "digits" else "",
            )
        )


def recording_of(channel: str) -> str:
    """The name that a channel's recording has at Asterisk: a driver that finds the channel after
    a crash can end it, and what Asterisk tells of it names the channel."""
    return channel + _SUFFIX


def recorded_channel(name: str) -> str:
    """Whose recording of ours that is; empty for another's."""
    return name.removesuffix(_SUFFIX) if name.endswith(_SUFFIX) else ""


_SUFFIX = "-recording"
