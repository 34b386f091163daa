"""Music on hold of our own making: a quiet loop of soft chords, the same in every center."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.voices.sound import RATE, Sound, write_wav

#: Seconds for each chord, and for its notes to swell and fade.
_CHORD = 4.0
_SWELL = 1.2
#: One loop: the pitches (MIDI numbers, 69 = 440 Hz) of C major 7, A minor 7, F major 7, G 6.
CHORDS = ((48, 55, 64, 71), (45, 52, 60, 67), (41, 53, 57, 64), (43, 55, 59, 64))
#: What each note is made of: overtone and strength.
_TIMBRE = ((1, 1.0), (2, 0.35), (3, 0.12))


def frequency(pitch: int) -> float:
    """Hertz of a MIDI pitch in equal temperament."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def music() -> Sound:
    """The loop, `_CHORD` seconds a chord; begins and ends in silence, so that it joins itself."""
    samples = np.concatenate([_chord(pitches) for pitches in CHORDS])
    return Sound(samples / np.abs(samples).max() * 0.25, RATE)


def write_music(path: Path) -> None:
    write_wav(path, music())


def _chord(pitches: tuple[int, ...]) -> NDArray[np.float64]:
    at = np.arange(int(_CHORD * RATE)) / RATE
    # Swell and fade by half a cosine: no click, no edge.
    ramp = np.minimum(1.0, np.minimum(at, _CHORD - at) / _SWELL)
    envelope = 0.5 - 0.5 * np.cos(np.pi * ramp)
    waves = [
        strength * np.sin(2 * np.pi * frequency(pitch) * overtone * at)
        for pitch in pitches
        for overtone, strength in _TIMBRE
    ]
    return np.asarray(np.sum(waves, axis=0) * envelope)
