"""espeak-ng: small, fast, many languages. The program on PATH, or the library in its wheel.

Ukrainian is bearable from 1.52 on, so an older program is used only where the wheel does not work.
Either runs as a process of its own: what goes wrong inside it does not touch calls.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import espeakng_loader
import numpy as np

from calls.errors import MediaMissing
from engine.voices.sound import Sound

#: Words a minute.
_SPEED = 150
#: Seconds for one prompt; it takes milliseconds.
_LIMIT = 30.0
_VOICES = {"en": "en", "pl": "pl", "uk": "uk", "de": "de", "fr": "fr", "es": "es", "it": "it"}
#: A WAV header as espeak-ng writes it: its sizes are unknown to a stream, its rate is right.
_HEADER = 44
#: Without site packages it starts faster.
_WHEEL = (
    *(sys.executable, "-I", "-S", str(Path(__file__).with_name("espeak_wheel.py"))),
    espeakng_loader.get_library_path(),
    espeakng_loader.get_data_path(),
)
_GOOD = (1, 52)


class Espeak:
    """One espeak-ng. `command` is how it is started; all options are the program's own."""

    name = "espeak-ng"
    manner = f"speed {_SPEED}"

    def __init__(self, command: tuple[str, ...], version: str) -> None:
        self.version = version
        self._command = command

    @classmethod
    def found(cls) -> "Espeak | None":
        """The one on this machine, if any works."""
        program = shutil.which("espeak-ng")
        own = cls._at((program,)) if program else None
        if own is not None and tuple(map(int, own.version.split(".")[:2])) >= _GOOD:
            return own
        return cls._at(_WHEEL) or own

    @classmethod
    def _at(cls, command: tuple[str, ...]) -> "Espeak | None":
        version = _version(command)
        return cls(command, version) if version else None

    @property
    def command(self) -> tuple[str, ...]:
        return self._command

    def voice(self, language: str) -> str | None:
        return _VOICES.get(language)

    def speak(self, text: str, voice: str) -> Sound:
        options = ("-v", voice, "-s", str(_SPEED), "-b", "1", "--stdin", "--stdout")
        try:
            ran = subprocess.run(
                [*self._command, *options],
                input=text.encode(),
                capture_output=True,
                check=True,
                timeout=_LIMIT,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise MediaMissing(f"espeak-ng cannot say {text!r}: {error}") from None
        rate = int.from_bytes(ran.stdout[24:28], "little")
        if not rate:
            raise MediaMissing(f"espeak-ng said nothing for {text!r}")
        samples = np.frombuffer(ran.stdout[_HEADER:], dtype="<i2") / 32768.0
        return Sound(samples, rate)


def _version(command: tuple[str, ...]) -> str | None:
    try:
        said = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, check=False, timeout=_LIMIT
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"eSpeak NG text-to-speech: ([\d.]+)", said.stdout)
    return found[1] if found else None
