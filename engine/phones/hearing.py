"""Which prompts were heard in a recording, and when: proof that a caller really heard them.

A prompt is found by its normalised cross-correlation with the recording, computed by FFT. It is
cut into parts of one second; each part that is not mere silence must be found, in order, with a
correlation of at least 0.8. The share of parts found is the prompt's score: 1.0 for all of it,
less where the caller pressed a key in the middle. Line noise, a codec or a lost packet cost one
part, not the prompt; a line that stutters, for `score`, the quarters of a second that it tore.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from engine.phones import wav
from engine.phones.wav import RATE, Sound

#: The least correlation with which a part counts as found.
FOUND = 0.8
#: The least share of a sound's parts that proves that it was heard.
ENOUGH = 0.8
#: Length of a part, samples.
PART = RATE
#: How far a part may be from where the one before it says (lost or repeated packets), samples.
_DRIFT = RATE // 4
#: A part whose root mean square is below this is silence and proves nothing.
_SILENT = 50.0
#: Silence that is longer may be a line that stutters, samples.
_PAUSE = RATE // 4
#: How far a piece of what was heard on such a line may be from where it should be, samples.
_TORN = RATE // 2

Samples: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PromptFile:
    """A prompt as it was played: its name, its language and its WAV file."""

    name: str
    language: str
    path: Path


@dataclass(frozen=True)
class Heard:
    """A prompt found in a recording: `at` and `until` in seconds, `score` the share heard."""

    name: str
    language: str
    at: float
    until: float
    score: float


def correlation(recording: Sound, piece: Sound) -> Samples:
    """Normalised cross-correlation of a piece with each place of a recording.

    Shapes: ``(n,)`` and ``(m,)`` -> ``(n - m + 1,)``, each -1..1 (0 where the recording is
    constant); ``(0,)`` where the piece is longer than the recording.
    """
    x, y = recording.astype(np.float64), piece.astype(np.float64)
    places = len(x) - len(y) + 1
    if places <= 0 or not len(y):
        return np.zeros(0)
    y -= y.mean()
    size = 1 << (len(x) - 1).bit_length()
    # Circular correlation: the places 0 .. n - m do not wrap when size >= n.
    product = np.fft.irfft(np.fft.rfft(x, size) * np.conj(np.fft.rfft(y, size)), size)[:places]
    sums = np.concatenate(([0.0], np.cumsum(x)))
    squares = np.concatenate(([0.0], np.cumsum(x * x)))
    window = len(y)
    total = sums[window:] - sums[:-window]
    energy = np.maximum(squares[window:] - squares[:-window] - total * total / window, 0.0)
    scale = np.sqrt(energy) * np.linalg.norm(y)
    # One unit of 16-bit noise in each sample is less than any real sound.
    return np.where(energy > window, product / np.maximum(scale, 1e-9), 0.0)


def parts(prompt: Sound) -> list[tuple[int, Sound]]:
    """The parts of one second that carry sound: their place in the prompt and their samples.

    Leading silence is skipped; a prompt shorter than a second is one part.
    """
    return _cut(prompt, PART)


def _cut(prompt: Sound, length: int) -> list[tuple[int, Sound]]:
    loud = np.flatnonzero(np.abs(prompt.astype(np.int32)) > _SILENT)
    if not len(loud):
        return []
    first, end = int(loud[0]), int(loud[-1]) + 1
    if end - first < length:
        return [(first, prompt[first:end])]
    pieces = ((at, prompt[at : at + length]) for at in range(first, end - length + 1, length))
    return [(at, piece) for at, piece in pieces if _rms(piece) > _SILENT]


def score(recording: Sound, prompt: Sound) -> float:
    """The share (0..1) of the prompt's parts found in order, each after the one before.

    A machine that cannot keep up sends late what was due, or too late. So where a part was heard,
    the quarters of a second around it count as well, each near where it should be.
    """
    pieces = parts(prompt)
    whole = _in_order(recording, pieces)
    if not pieces or whole == 1.0:
        return whole
    joined = _without_pauses(recording)
    quarters = _cut(prompt, RATE // 4)
    begins = {begin // _TORN * _TORN for begin in _begins(joined, pieces)}
    torn = max((_near(joined, quarters, begin) for begin in begins), default=0.0)
    return max(whole, torn)


def _in_order(recording: Sound, pieces: list[tuple[int, Sound]]) -> float:
    found, after = 0, 0
    for _, piece in pieces:
        # Where it is first, not where it is best: of what is said over and over on a line that
        # stutters, each part may be best far behind, and none of the next be left.
        places = np.flatnonzero(correlation(recording[after:], piece) >= FOUND)
        if len(places):
            found += 1
            after += int(places[0]) + len(piece) - _DRIFT
    return found / len(pieces) if pieces else 0.0


def _begins(recording: Sound, pieces: list[tuple[int, Sound]]) -> list[int]:
    """Where a prompt would have begun by each place where a part of it was heard."""
    return [
        int(place) - at
        for at, piece in pieces
        for place in np.flatnonzero(correlation(recording, piece) >= FOUND)
    ]


def _near(recording: Sound, pieces: list[tuple[int, Sound]], begin: int) -> float:
    """The share of pieces found, each near where the one before says."""
    found = 0
    for at, piece in pieces:
        near = max(0, begin + at - _TORN)
        end = max(near, begin + at + len(piece) + _TORN)
        likeness = correlation(recording[near:end], piece)
        if len(likeness) and likeness.max() >= FOUND:
            found += 1
            begin = near + int(likeness.argmax()) - at
    return found / len(pieces) if pieces else 0.0


def _without_pauses(recording: Sound) -> Sound:
    """Nothing of it where nothing at all came for long; see `media`."""
    loud = np.flatnonzero(recording)
    if not len(loud):
        return recording
    edges = np.concatenate(([-1], loud, [len(recording)]))
    kept = np.ones(len(recording), dtype=np.bool_)
    for before in np.flatnonzero(np.diff(edges) > _PAUSE):
        kept[edges[before] + 1 : edges[before + 1]] = False
    return recording[kept]


def heard(recording: Sound, prompts: list[PromptFile]) -> list[Heard]:
    """Every prompt in a recording, in the order heard, however often.

    Prompts that begin with the same words match at the same place: the one of which most was
    heard is meant.
    """
    found: list[tuple[Heard, float]] = []
    for prompt in prompts:
        pieces = parts(wav.read(prompt.path))
        if pieces:
            found += [
                (Heard(prompt.name, prompt.language, *times), likeness)
                for *times, likeness in _occurrences(recording, pieces)
            ]
    found.sort(key=lambda one: (one[0].score, one[1]), reverse=True)
    kept: list[Heard] = []
    for one, _ in found:
        if all(one.until <= other.at + 0.3 or one.at >= other.until - 0.3 for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.at)


def tone(recording: Sound, frequency: float) -> float:
    """The share (0..1) of a recording's power that lies at a frequency (hertz): Goertzel.

    G. Goertzel, "An Algorithm for the Evaluation of Finite Trigonometric Series", 1958.
    """
    x = recording.astype(np.float64)
    power = float(np.sum(x * x)) * len(x) / 2
    if not power:
        return 0.0
    # The recurrence of the algorithm in closed form: one bin of the Fourier transform.
    turn = np.exp(-2j * np.pi * frequency / RATE * np.arange(len(x)))
    return min(1.0, float(abs(np.sum(x * turn)) ** 2) / power)


class Listening:
    """Listens for a sound while it may come; called with all that was heard so far.

    True once at least the `share` (0..1) of it came, after that many samples. Only what is new is
    looked at each time: to look at all of it again and again takes the time that the sound needs.
    """

    def __init__(self, sound: Sound, share: float = ENOUGH, after: int = 0) -> None:
        self._sound = sound
        self._share = share
        self._after = after
        self._reach = 2 * (len(sound) + RATE)

    def __call__(self, heard: Sound) -> bool:
        recent, self._after = heard[self._after :], max(self._after, len(heard) - self._reach)
        return score(recent, self._sound) >= self._share


class Ears:
    """Notices prompts while they are still being played."""

    def __init__(self, prompts: list[PromptFile]) -> None:
        sounds = [wav.read(prompt.path) for prompt in prompts]
        cut = [(parts(sound), len(sound)) for sound in sounds]
        self._prompts = [(*pieces[0], length) for pieces, length in cut if pieces]

    def first_end(self, recording: Sound, after: float) -> float | None:
        """When the first prompt that began after that time ends; None if none has begun yet.

        Both times are seconds into the recording, and the end may still be to come. Of prompts
        that begin alike the shortest is taken.
        """
        start = max(0, int(after * RATE))
        begun = []
        for origin, piece, length in self._prompts:
            likeness = correlation(recording[start:], piece)
            if len(likeness) and likeness.max() >= FOUND:
                begin = start + int(np.argmax(likeness >= FOUND)) - origin
                begun.append((begin // PART, begin + length))
        return min(begun)[1] / RATE if begun else None


def _occurrences(
    recording: Sound, pieces: list[tuple[int, Sound]]
) -> list[tuple[float, float, float, float]]:
    """Where a prompt begins in a recording: (at, until, score, mean correlation) of each."""
    start, first = pieces[0]
    likeness = correlation(recording, first)
    result = []
    while len(likeness) and likeness.max() >= FOUND:
        place = int(likeness.argmax())
        result.append(_follow(recording, pieces, place, float(likeness[place])))
        likeness[max(0, place - len(first) // 2) : place + len(first) // 2] = 0.0
    return [(max(0.0, at - start / RATE), until, share, mean) for at, until, share, mean in result]


def _follow(
    recording: Sound, pieces: list[tuple[int, Sound]], place: int, likeness: float
) -> tuple[float, float, float, float]:
    """Follow a prompt part by part from where its first part was found."""
    begin, (origin, first) = place, pieces[0]
    found, last = [likeness], place + len(first)
    shift = place - origin
    for at, piece in pieces[1:]:
        near = max(0, at + shift - _DRIFT)
        values = correlation(recording[near : at + shift + len(piece) + _DRIFT], piece)
        if len(values) and values.max() >= FOUND:
            found.append(float(values.max()))
            shift = near + int(values.argmax()) - at
            last = at + shift + len(piece)
    return begin / RATE, last / RATE, len(found) / len(pieces), sum(found) / len(found)


def _rms(sound: Sound) -> float:
    return float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))
