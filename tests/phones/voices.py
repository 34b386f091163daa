"""Sounds for tests: speech-like noise that is unlike any other of another seed."""

import numpy as np

from engine.phones.wav import RATE, Sound


def babble(seed: int, seconds: float) -> Sound:
    """Band-limited noise whose loudness goes up and down as syllables do."""
    dice = np.random.default_rng(seed)
    count = int(seconds * RATE)
    noise = np.convolve(dice.standard_normal(count + 8), np.hanning(8), "valid")[:count]
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * np.arange(count) / RATE + seed)
    return (noise * syllables * 1500).clip(-30000, 30000).astype(np.int16)


def quiet(seconds: float) -> Sound:
    return np.zeros(int(seconds * RATE), dtype=np.int16)


def beep(frequency: float, seconds: float) -> Sound:
    at = np.arange(int(seconds * RATE)) / RATE
    return (8000 * np.sin(2 * np.pi * frequency * at)).astype(np.int16)
