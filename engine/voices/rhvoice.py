"""RHVoice: Polish and Ukrainian as people speak them; the program on PATH, or the fetched part.

It runs as a process of its own for each prompt, a fifth of a second: prompts are rendered in
advance, and once.
"""

import io
import re
import subprocess
import wave
from pathlib import Path

import numpy as np

from calls.errors import MediaMissing, PartMissing
from engine.parts.finding import Part, find, is_there
from engine.parts.progress import Progress
from engine.voices.sound import Sound

#: The voice of each language, and its revision: another one sounds otherwise.
_VOICES = {"pl": "magda", "uk": "natalia"}
#: Percent of a voice's own speed: on the telephone a little slower is understood better.
_SPEED = 95
#: Seconds for one prompt.
_LIMIT = 60.0
_REVISION = re.compile(r"^revision=(\d+)", re.MULTILINE)


class RHVoice:
    """One RHVoice and its voices."""

    name = "RHVoice"
    manner = f"speed {_SPEED}"

    def __init__(self, part: Part) -> None:
        self._program = part.path
        self._voices = (part.root or Path("/")) / "usr/share/RHVoice/voices"
        self.version = ", ".join(
            f"{voice} {self._revision(voice)}" for voice in _VOICES.values() if self._has(voice)
        )

    @classmethod
    def found(cls, parts: Path, progress: Progress | None = None) -> "RHVoice | None":
        """The one on this machine; with `progress` it is fetched where there is none."""
        if progress is None and not is_there("rhvoice", parts):
            return None
        try:
            engine = cls(find("rhvoice", parts, progress))
        except PartMissing as error:
            if progress is not None:
                progress.note(f"Polish and Ukrainian are spoken by espeak-ng: {error}")
            return None
        return engine if engine.version else None

    def voice(self, language: str) -> str | None:
        voice = _VOICES.get(language)
        return voice if voice is not None and self._has(voice) else None

    def speak(self, text: str, voice: str) -> Sound:
        try:
            ran = subprocess.run(
                [self._program, "-p", voice, "-r", str(_SPEED), "-o", "-"],
                input=text.encode(),
                capture_output=True,
                check=True,
                timeout=_LIMIT,
            )
            return _heard(ran.stdout)
        except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as error:
            raise MediaMissing(f"RHVoice cannot say {text!r}: {error}") from None

    def _has(self, voice: str) -> bool:
        return (self._voices / voice).is_dir()

    def _revision(self, voice: str) -> str:
        try:
            told = (self._voices / voice / "voice.info").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return "?"
        found = _REVISION.search(told)
        return found[1] if found else "?"


def _heard(data: bytes) -> Sound:
    """The WAV that it wrote to a stream: its sizes are unknown to a stream, its rate is right."""
    with wave.open(io.BytesIO(data), "rb") as file:
        rate = file.getframerate()
    samples = data[data.index(b"data") + 8 :]
    even = samples[: len(samples) // 2 * 2]
    if not even:
        raise EOFError("it said nothing")
    return Sound(np.frombuffer(even, dtype="<i2") / 32768.0, rate)
