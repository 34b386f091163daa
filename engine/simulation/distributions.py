"""How long things take: distributions of times in seconds, as quantile functions.

Everything is drawn as a quantile of an even number from [0, 1) that belongs to the caller. So two
scenarios with the same seed have the same callers, and differ only by what was changed.
"""

from math import hypot, inf, log, sqrt
from statistics import NormalDist
from typing import TypeAlias

import msgspec

_STANDARD = NormalDist()
#: Near enough to 0 for a quantile that does not exist at 0 itself.
_TINY = 1e-12


class Constant(msgspec.Struct, frozen=True):
    """Always the same; `inf` for never."""

    seconds: float

    def at(self, quantile: float) -> float:  # noqa: ARG002
        return self.seconds


class Exponential(msgspec.Struct, frozen=True):
    mean: float

    def at(self, quantile: float) -> float:
        return -self.mean * log(1.0 - quantile)


class Uniform(msgspec.Struct, frozen=True):
    least: float
    most: float

    def at(self, quantile: float) -> float:
        return self.least + (self.most - self.least) * quantile


class Lognormal(msgspec.Struct, frozen=True):
    """By its own mean and standard deviation, not its logarithm's."""

    mean: float
    deviation: float

    def at(self, quantile: float) -> float:
        variance = 2.0 * log(hypot(1.0, self.deviation / self.mean))
        middle = log(self.mean) - variance / 2.0
        normal = _STANDARD.inv_cdf(max(quantile, _TINY)) if variance else 0.0
        return float(2.718281828459045 ** (middle + sqrt(variance) * normal))


Distribution: TypeAlias = Constant | Exponential | Uniform | Lognormal

NEVER = Constant(inf)
AT_ONCE = Constant(0.0)


def share_within(distribution: Distribution, seconds: float) -> float:
    """The share of those times that are at most `seconds`."""
    low, high = 0.0, 1.0 - _TINY
    if distribution.at(high) <= seconds:
        return 1.0
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if distribution.at(middle) <= seconds else (low, middle)
    return high


def longer_than(distribution: Distribution, seconds: float, quantile: float) -> float:
    """A draw from those times that are longer than `seconds`; `seconds` if there are none.

    For a caller of the past who was answered: all that is known of the patience is that it
    had lasted until then.
    """
    shorter = share_within(distribution, seconds)
    if shorter == 1.0:
        return seconds
    return max(seconds, distribution.at(shorter + (1.0 - _TINY - shorter) * quantile))


def among_longer(distribution: Distribution, seconds: float, quantile: float) -> float:
    """Who stands at `quantile` among all, where they stand among those whose times are longer than
    `seconds`: an even number again, of those who have waited so long."""
    shorter = share_within(distribution, seconds)
    if shorter == 1.0:
        return quantile
    return min(max(0.0, (quantile - shorter) / (1.0 - shorter)), 1.0 - _TINY)
