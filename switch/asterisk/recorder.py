"""What one leg says, recorded: begun, ended, and its file brought to where ours are kept."""

import asyncio
import io
import re
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import structlog

from calls.base import LegId
from calls.commands import Record
from calls.errors import SwitchUnreachable
from calls.events import RecordingEnded, SwitchEvent
from switch.asterisk import codec
from switch.asterisk.ari import Answer
from switch.asterisk.codec import Reply, Request

log = structlog.get_logger()

End: TypeAlias = Literal["silence", "digits", "full", "stopped", "hangup", "failed"]

#: What a recording may be called, since a file is called so.
_NAME = re.compile(r"\w[\w.-]*")


class Line(Protocol):
    """What a recorder needs of its leg."""

    id: LegId

    def tell(self, event: SwitchEvent) -> None: ...

    def send(self, request: Request) -> Answer: ...

    async def fetch(self, request: Request) -> bytes:
        """A file that Asterisk has, beside the lanes. Raises `SwitchUnreachable`."""


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
        if self._running is not None or not _NAME.fullmatch(command.recording):
            log.error("recording.refused", recording=command.recording, runs=self._running)
            self._tell(command, "failed")
            return
        self._running, self._begun, self._end, self._digits = command, None, None, ""
        if command.beep:
            self._line.send(codec.beep(self._channel))
        request = codec.record(
            self._channel, self._name, longest=command.max_seconds, silence=command.silence
        )
        self._line.send(request).add_done_callback(self._answered)

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
            self._line.send(codec.stop_recording(self._name))

    def finished(self, *, hanging_up: bool) -> None:
        """Asterisk has closed the file."""
        if self._running is None or self._saving is not None:
            return
        if hanging_up:
            self._end = "hangup"
        elif self._end is None:
            lasted = self._loop.time() - (self._begun or self._loop.time())
            # Asterisk says no reason: what lasted as long as it might was not ended by silence.
            self._end = "full" if lasted >= self._running.max_seconds - 0.25 else "silence"
        self._saving = self._loop.create_task(self._save(self._running, self._end))

    def hung_up(self, then: Callable[[], None]) -> None:
        """The leg is gone: `then` is called when what it said is saved and told."""
        self._then = then
        self.finished(hanging_up=True)

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
            self._line.send(codec.stop_recording(self._name))

    def _answered(self, answer: Answer) -> None:
        if (refusal := _refusal(answer)) and self._running is not None and self._saving is None:
            log.error("recording.refused", recording=self._running.recording, detail=refusal)
            command, self._running = self._running, None
            self._tell(command, "failed")
            self._go_on()

    async def _save(self, command: Record, end: End) -> None:
        seconds = 0.0
        try:
            data = await self._line.fetch(codec.recorded(self._name))
            seconds = await asyncio.to_thread(self._keep, command.recording, data)
        except (SwitchUnreachable, OSError, EOFError, wave.Error) as error:
            log.error("recording.lost", recording=command.recording, detail=str(error))
            end = end if end == "hangup" else "failed"
        self._line.send(codec.remove_recorded(self._name))
        self._running = self._saving = None
        self._tell(command, end, seconds)
        self._go_on()

    def _keep(self, recording: str, data: bytes) -> float:
        """Write the file, whole or not at all; gives its length in seconds."""
        with wave.open(io.BytesIO(data), "rb") as sound:
            seconds = sound.getnframes() / sound.getframerate()
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{recording}.wav"
        scratch = path.with_name(f".{path.name}.part")
        scratch.touch(mode=0o600)
        scratch.write_bytes(data)
        scratch.replace(path)
        return seconds

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

    def _go_on(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()


def recording_of(channel: str) -> str:
    """The name that a channel's recording has at Asterisk: a driver that finds the channel after
    a crash can end it, and what Asterisk tells of it names the channel."""
    return channel + _SUFFIX


def recorded_channel(name: str) -> str:
    """Whose recording of ours that is; empty for another's."""
    return name.removesuffix(_SUFFIX) if name.endswith(_SUFFIX) else ""


_SUFFIX = "-recording"


def _refusal(answer: Answer) -> str:
    """What Asterisk said against it; empty if it did as it was asked, or the link is lost."""
    if answer.cancelled() or answer.exception() is not None:
        return ""
    reply: Reply = answer.result()
    return "" if reply.ok else reply.detail
