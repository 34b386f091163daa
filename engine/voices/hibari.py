"""hibari: a small neural voice for English, one that people take for a person's.

Optional: used where the package ``hibari-tts`` is installed and the setting ``voices`` names it.
Its voice is inside the package, nothing is fetched. It runs as a process of its own for each
prompt, about a second: prompts are rendered in advance, and once.
"""

import importlib.metadata
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

from calls.errors import MediaMissing
from engine.voices.sound import Sound, read_wav

_PACKAGE = "hibari-tts"
#: The one voice inside the package; others would be downloaded.
_VOICE = "heart"
#: Else its noise, and with it each rendering, is another.
_SEED = "0"
#: Seconds for one prompt.
_LIMIT = 60.0


class Hibari:
    """The installed one."""

    name = "hibari"
    manner = f"seed {_SEED}"

    def __init__(self, version: str) -> None:
        self.version = version

    @classmethod
    def found(cls) -> "Hibari | None":
        try:
            return cls(importlib.metadata.version(_PACKAGE))
        except importlib.metadata.PackageNotFoundError:
            return None

    def voice(self, language: str) -> str | None:
        return _VOICE if language == "en" else None

    def speak(self, text: str, voice: str) -> Sound:
        with tempfile.TemporaryDirectory(prefix="ringdesk-voice-") as folder:
            path = Path(folder) / "said.wav"
            options = ("--voice", voice, "--seed", _SEED, "--out", str(path), "-")
            try:
                subprocess.run(
                    [sys.executable, "-m", "hibari.cli", *options],
                    input=text.encode(),
                    capture_output=True,
                    check=True,
                    timeout=_LIMIT,
                )
                return read_wav(path)
            except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as error:
                raise MediaMissing(f"hibari cannot say {text!r}: {error}") from None
