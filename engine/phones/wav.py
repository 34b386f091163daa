"""Telephone sound: 8 kHz, mono, 16 bit, as a numpy array of int16 and as a WAV file."""

import wave
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calls.errors import RingdeskError
from engine.voices import sound as voices

RATE = voices.RATE
Sound: TypeAlias = npt.NDArray[np.int16]
SILENCE: Sound = np.zeros(0, dtype=np.int16)


class SoundUnreadable(RingdeskError):
    """A sound file is missing or is not a 16-bit PCM WAV file. The text names it."""


def read(path: Path) -> Sound:
    """The sound of a WAV file as shape ``(samples,)``; other rates and stereo are converted.

    Raises `SoundUnreadable`.
    """
    try:
        sound = voices.resampled(voices.read_wav(path))
    except (OSError, EOFError, wave.Error) as error:
        raise SoundUnreadable(f"cannot read the sound file {path}: {error}") from None
    return (sound.samples * 32768).clip(-32768, 32767).astype(np.int16)


def write(path: Path, sound: Sound) -> None:
    """Write a telephone WAV file. Raises `SoundUnreadable` where it cannot be written."""
    try:
        with path.open("wb") as raw, wave.open(raw, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(sound.astype("<i2").tobytes())
    except OSError as error:
        raise SoundUnreadable(f"cannot write the sound file {path}: {error}") from None
