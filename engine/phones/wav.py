"""Telephone sound: 8 kHz, mono, 16 bit, as a numpy array of int16 and as a WAV file."""

import wave
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calls.errors import RingdeskError

RATE = 8000
Sound: TypeAlias = npt.NDArray[np.int16]
SILENCE: Sound = np.zeros(0, dtype=np.int16)


class SoundUnreadable(RingdeskError):
    """A sound file is missing or is not a 16-bit PCM WAV file. The text names it."""


def read(path: Path) -> Sound:
    """The sound of a WAV file as shape ``(samples,)``; other rates and stereo are converted.

    Raises `SoundUnreadable`.
    """
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise SoundUnreadable(f"cannot read the sound file {path}: {error}") from None
    if width != 2:
        raise SoundUnreadable(f"{path} has {8 * width}-bit samples; convert it to 16-bit PCM")
    samples = np.frombuffer(data, dtype="<i2").reshape(-1, channels)
    mono: Sound = samples.mean(axis=1).astype(np.int16)
    if rate == RATE:
        return mono
    # Linear interpolation is enough for a voice in a test call.
    at = np.arange(int(len(mono) * RATE / rate)) * (rate / RATE)
    resampled: Sound = np.interp(at, np.arange(len(mono)), mono).astype(np.int16)
    return resampled


def write(path: Path, sound: Sound) -> None:
    """Write a telephone WAV file. Raises `SoundUnreadable` where it cannot be written."""
    try:
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(sound.astype("<i2").tobytes())
    except OSError as error:
        raise SoundUnreadable(f"cannot write the sound file {path}: {error}") from None
