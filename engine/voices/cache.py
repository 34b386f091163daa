"""Finished WAV files for what callers hear, rendered once.

The name of a rendered file is the hash of all that its sound depends on: engine, its version, the
voice, its manner, the rate and the text. Nothing is ever rendered anew or needs to be invalidated.
"""

import asyncio
import contextlib
import hashlib
import os
import re
import threading
import wave
import weakref
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import assert_never

from calls.errors import MediaMissing
from calls.media import Media, Speech, Tone
from engine.parts.progress import Progress, Silent
from engine.voices.engine import Engine
from engine.voices.sound import RATE, Sound, for_telephone, read_wav, resampled, tone, write_wav

#: Changed when the finishing of a sound changes.
_FORM = f"1 {RATE}"
_SAFE = re.compile(r"\w[\w.-]*")


class VoiceCache:
    """Implements `calls.port.Voice`.

    `recordings` are folders with ``<language>/<name>.wav``, the first that has one wins over
    everything; `engines` are tried in order.
    """

    def __init__(self, folder: Path, recordings: Sequence[Path], engines: Sequence[Engine]) -> None:
        self._folder = folder
        self._recordings = recordings
        self._engines = engines
        self._locks: weakref.WeakValueDictionary[Path, threading.Lock] = (
            weakref.WeakValueDictionary()
        )
        self._guard = threading.Lock()
        self._later: threading.Thread | None = None
        self._closed = threading.Event()

    @property
    def folders(self) -> list[Path]:
        """All that `sound` may name lies below one of these."""
        return [self._folder, *self._recordings]

    async def sound(self, media: Media) -> str:
        """The path without its suffix; see `calls.port.Voice`."""
        path = self._finished(media)
        if path is None:
            path = await asyncio.to_thread(self.file, media)
        return str(path.with_suffix(""))

    def file(self, media: Media) -> Path:
        """The finished file, rendered now if need be. Any thread. Raises `MediaMissing`."""
        found = self._finished(media)
        if found is not None:
            return found
        match media:
            case Speech():
                return self._spoken(media)
            case Tone():
                return self._kept(
                    self._tone_path(media), partial(tone, media.frequency, media.milliseconds)
                )
            case _:
                assert_never(media)

    def prerender(self, media: Iterable[Media], progress: Progress | None = None) -> None:
        """Render whatever of these is not there yet, so that no caller waits for it.

        Raises `MediaMissing` for the first that cannot be.
        """
        missing = [one for one in dict.fromkeys(media) if self._finished(one) is None]
        if not missing:
            return
        with (
            (progress or Silent()).step(f"Rendering {len(missing)} prompts") as step,
            ThreadPoolExecutor(os.cpu_count() or 2) as workers,
        ):
            for done, _ in enumerate(workers.map(self.file, missing), 1):
                step.advance(done / len(missing))

    def render_later(self, media: Iterable[Media]) -> None:
        """Render whatever of these is not there yet, one by one, beside everything else. Nobody
        waits for it; what cannot be spoken is told when it is wanted. `close` ends it."""
        missing = [one for one in dict.fromkeys(media) if self._finished(one) is None]
        before = self._later

        def render() -> None:
            if before is not None:
                before.join()
            for one in missing:
                if self._closed.is_set():
                    return
                with contextlib.suppress(MediaMissing, OSError):
                    self.file(one)

        if missing:
            self._later = threading.Thread(target=render, name="voices", daemon=True)
            self._later.start()

    def close(self) -> None:
        """Leave no voice engine running: waits for the prompt that is being rendered."""
        self._closed.set()
        if self._later is not None:
            self._later.join()

    # --- what is there

    def ready(self, media: Media) -> Path | None:
        """The finished file, if nothing has to be rendered for it; None, too, for a recording that
        cannot be played."""
        with contextlib.suppress(MediaMissing):
            return self._finished(media)
        return None

    def _finished(self, media: Media) -> Path | None:
        """The file if nothing has to be rendered: of the best engine, though another one may have
        spoken it before."""
        match media:
            case Speech():
                recorded = self._recorded(media)
                if recorded is not None:
                    return recorded
                best = next(iter(self._choices(media)), None)
                path = self._speech_path(media, *best) if best else None
            case Tone():
                path = self._tone_path(media)
            case _:
                assert_never(media)
        return path if path is not None and path.exists() else None

    def _recorded(self, speech: Speech) -> Path | None:
        """The recording of that name, converted if it is not as telephones need it."""
        if not (_SAFE.fullmatch(speech.name) and _SAFE.fullmatch(speech.language)):
            return None
        for folder in self._recordings:
            path = folder / speech.language / f"{speech.name}.wav"
            if path.exists():
                return self._telephone_form(path)
        return None

    def _telephone_form(self, path: Path) -> Path:
        """A copy under a name that changes with the recording: who plays the old one, or keeps it
        for a while as Twilio does, is not disturbed, and nobody takes one for the other."""
        at = path.stat()
        kept = self._path("recorded", str(path), str(at.st_mtime_ns), str(at.st_size))
        try:
            return self._kept(kept, lambda: resampled(read_wav(path)))
        except (wave.Error, EOFError) as error:
            raise MediaMissing(
                f"the recording {path} is no WAV file that can be played ({error}).\n"
                "Remedy: save it as 16-bit PCM WAV, or remove it."
            ) from None

    # --- what is made

    def _spoken(self, speech: Speech) -> Path:
        failure = MediaMissing(
            f"no voice speaks {speech.language!r}, and there is no recording "
            f"{speech.language}/{speech.name}.wav.\nRemedy: record it, or use another language."
        )
        for engine, voice in self._choices(speech):
            try:
                path = self._speech_path(speech, engine, voice)
                return self._kept(path, partial(_speak, engine, speech.text, voice))
            except MediaMissing as error:
                failure = error
        raise failure

    def _choices(self, speech: Speech) -> list[tuple[Engine, str]]:
        found = ((engine, engine.voice(speech.language)) for engine in self._engines)
        return [(engine, voice) for engine, voice in found if voice is not None]

    def _speech_path(self, speech: Speech, engine: Engine, voice: str) -> Path:
        how = (engine.name, engine.version, engine.manner, voice)
        return self._path(speech.language, *how, speech.text)

    def _tone_path(self, media: Tone) -> Path:
        return self._path("tones", str(media.frequency), str(media.milliseconds))

    def _path(self, folder: str, *identity: str) -> Path:
        digest = hashlib.sha256("\0".join((_FORM, *identity)).encode()).hexdigest()
        return self._folder / folder / f"{digest[:32]}.wav"

    def _kept(self, path: Path, make: Callable[[], Sound]) -> Path:
        """`path`, made by one thread only if it is not there."""
        with self._guard:
            lock = self._locks.setdefault(path, threading.Lock())
        with lock:
            if not path.exists():
                write_wav(path, make())
        return path


def _speak(engine: Engine, text: str, voice: str) -> Sound:
    return for_telephone(engine.speak(text, voice))
