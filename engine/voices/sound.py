"""Sound as arrays: samples from -1 to 1, and what a telephone needs of them."""

import os
import wave
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
from numpy.typing import NDArray

#: What telephones carry: 8000 samples a second, one channel, 16 bits.
RATE = 8000
#: Silence in front, in seconds: the first milliseconds of a call's media are often lost.
LEAD = 0.2
#: The loudest sample of spoken prompts: -3 dB of full scale.
PEAK = 10 ** (-3 / 20)
#: What is quieter than this (-50 dB) at either end of speech counts as silence.
_FLOOR = 10 ** (-50 / 20)

Samples = NDArray[np.float64]


class Sound(msgspec.Struct, frozen=True):
    """Mono samples and how many there are in a second."""

    samples: Samples
    rate: int


def resampled(sound: Sound, rate: int = RATE) -> Sound:
    """The same sound at another rate, band-limited, by way of its spectrum."""
    if sound.rate == rate or not len(sound.samples):
        return Sound(sound.samples, rate)
    before = len(sound.samples)
    after = round(before * rate / sound.rate)
    spectrum = np.fft.rfft(sound.samples)[: after // 2 + 1]
    return Sound(np.fft.irfft(spectrum, after) * (after / before), rate)


def for_telephone(sound: Sound) -> Sound:
    """A prompt as callers hear it: trimmed, at one loudness, `LEAD` seconds of silence in front."""
    samples = resampled(sound).samples
    loud = np.flatnonzero(np.abs(samples) > _FLOOR)
    if len(loud):
        samples = samples[loud[0] : loud[-1] + 1]
        samples = samples / np.abs(samples).max() * PEAK
    return Sound(np.concatenate([np.zeros(int(LEAD * RATE)), samples]), RATE)


def tone(frequency: int, milliseconds: int) -> Sound:
    """A sine at half of full scale, without clicks."""
    at = np.arange(RATE * milliseconds // 1000) / RATE
    edge = np.minimum(1.0, np.minimum(at, at[::-1]) / 0.005)
    return Sound(0.5 * edge * np.sin(2 * np.pi * frequency * at), RATE)


def read_wav(file: Path | BinaryIO) -> Sound:
    """A WAV file of 8, 16, 24 or 32 bits; several channels become one. Raises `wave.Error`,
    `EOFError`, `OSError`."""
    with wave.open(str(file) if isinstance(file, Path) else file, "rb") as opened:
        width, channels = opened.getsampwidth(), opened.getnchannels()
        data = opened.readframes(opened.getnframes())
        whole = data[: len(data) // (width * channels) * width * channels]
        samples = _samples(whole, width).reshape(-1, channels)
        return Sound(samples.mean(axis=1), opened.getframerate())


def _samples(data: bytes, width: int) -> Samples:
    """Little-endian numbers of so many bytes; those of one byte have no sign."""
    if width == 1:
        return (np.frombuffer(data, dtype=np.uint8).astype(np.float64) - 128.0) / 128.0
    padded = np.zeros((len(data) // width, 4), dtype=np.uint8)
    padded[:, 4 - width :] = np.frombuffer(data, dtype=np.uint8).reshape(-1, width)
    return padded.view("<i4")[:, 0].astype(np.float64) / 2147483648.0


def write_wav(path: Path, sound: Sound) -> None:
    """16 bits, mono; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    # As `read_wav` reads it: a file that is copied stays the same.
    data = np.clip(np.round(sound.samples * 32768.0), -32768, 32767).astype("<i2")
    with wave.open(str(scratch), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        file.writeframes(data.tobytes())
    scratch.replace(path)
