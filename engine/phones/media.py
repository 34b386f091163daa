"""What a scripted phone hears and says: PCM to and from the SIP stack, on a thread of its own.

The stack's buffers hold two seconds and drop what is read too late, so the asyncio loop, which
a test may keep busy, never touches them.
"""

import contextlib
import threading
import time
from typing import Protocol

import numpy as np
from baresip import AudioNotActive, AudioRestarted

from engine.phones.wav import RATE, Sound

#: How often the buffers are served, seconds.
_TICK = 0.02
#: How far ahead the transmit buffer is filled, bytes of 16-bit samples.
_AHEAD = RATE * 2
#: The far end sends nothing at all while it has nothing to play. A gap longer than this
#: (seconds) is put into the recording as silence, so that positions in it are times.
_GAP = 0.4


class _Info(Protocol):
    tx_buffered: int


class CallAudio(Protocol):
    """The part of baresip's call audio used here."""

    def read(self, max_bytes: int) -> bytes: ...
    def write(self, pcm: bytes) -> int: ...
    def info(self) -> _Info: ...
    def flush_tx(self) -> None: ...


class Media:
    """The sound of one answered call. Its methods may be called from any thread."""

    def __init__(self, audio: CallAudio, *, record: bool) -> None:
        self._audio = audio
        self._record = record
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._heard = bytearray()
        self._said = b""
        self._position = 0
        self._ahead = 0
        self._repeat = False
        #: Ticks to wait before speaking.
        self._hold = 0

    def heard(self) -> Sound:
        """All that was heard since the answer, shape ``(samples,)``: position / 8000 = seconds."""
        with self._lock:
            return np.frombuffer(bytes(self._heard), dtype="<i2").astype(np.int16)

    def say(self, sound: Sound, *, repeat: bool = False) -> None:
        """Speak from now on; what is still being said is cut off."""
        with self._lock:
            if self._said:
                with contextlib.suppress(AudioNotActive, AudioRestarted):
                    self._audio.flush_tx()
                # The stack flushes at its next packet; what is written before is lost with it.
                self._hold = 3
            self._said, self._position, self._repeat = sound.astype("<i2").tobytes(), 0, repeat

    @property
    def speaking(self) -> bool:
        """There is something left to hand to the stack."""
        with self._lock:
            return self._position < len(self._said)

    def serve(self) -> None:
        """PUMP THREAD. Take what has arrived, and fill the transmit buffer."""
        with self._lock, contextlib.suppress(AudioNotActive):
            try:
                self._listen()
                self._speak()
            except AudioRestarted:
                # A re-INVITE replaced the streams and lost what was buffered: say it again.
                self._position = max(0, self._position - self._ahead)
                self._ahead = 0

    def _listen(self) -> None:
        data = self._audio.read(1 << 16)
        if not data or not self._record:
            return
        passed = int((time.monotonic() - self._started) * RATE) * 2
        missing = passed - len(self._heard) - len(data)
        if missing > _GAP * RATE * 2:
            self._heard += bytes(missing)
        self._heard += data

    def _speak(self) -> None:
        if self._hold or not self._said:
            self._hold = max(0, self._hold - 1)
            return
        self._ahead = self._audio.info().tx_buffered
        while self._ahead < _AHEAD:
            if self._position >= len(self._said):
                if not self._repeat:
                    return
                self._position = 0
            end = self._position + _AHEAD - self._ahead
            taken = self._audio.write(self._said[self._position : end])
            if not taken:
                return
            self._position += taken
            self._ahead += taken


class Pump:
    """The thread that serves the sound of every call of this process."""

    def __init__(self) -> None:
        self._medias: set[Media] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="phone-sound", daemon=True)
        self._thread.start()

    def add(self, media: Media) -> None:
        self._medias = self._medias | {media}

    def discard(self, media: Media) -> None:
        media.serve()
        self._medias = self._medias - {media}

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_TICK):
            for media in self._medias:
                media.serve()
