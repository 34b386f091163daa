"""Figures of many runs with their confidence intervals.

A share, a mean wait or a percentile is that of the callers of all runs together: a mean of the
runs' own would give a caller of a quiet run more weight than one of a busy run, in which more
callers wait, and longer.

Runs are independent, callers of one run are not: so all intervals are made of how far each run is
off the figure of all, by Student's t.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import fsum, pi, sqrt, tan
from statistics import NormalDist

import msgspec

from engine.simulation.outcome import Quotient

#: Of the confidence intervals.
CONFIDENCE = 0.95
#: What floating point adds to a number of callers, at most.
_NOISE = 1e-6


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A mean over runs, or a figure of the callers of all of them; None where there was nothing to
    divide by. The true one is in `low`..`high` with a probability of `CONFIDENCE`. One run alone
    gives no interval, and a percentile of too few callers has no upper end."""

    mean: float | None
    low: float | None = None
    high: float | None = None

    @property
    def margin(self) -> float | None:
        return None if self.high is None or self.mean is None else self.high - self.mean


class Pooled(msgspec.Struct, frozen=True):
    """A figure of all runs together."""

    estimate: Estimate
    #: How far each run is off it, in units of the figure. None: that cannot be told.
    off: Sequence[float] | None
    #: Runs that had something to count.
    known: int

    def less(self, one: "Pooled") -> Estimate:
        """This figure less one of another scenario, run by run: with the same callers, most of the
        chance is left out."""
        mine, its = self.estimate.mean, one.estimate.mean
        if mine is None or its is None:
            return Estimate(mean=None)
        if self.off is None or one.off is None:
            return Estimate(mean=mine - its)
        off = [a - b for a, b in zip(self.off, one.off, strict=True)]
        return _estimate(mine - its, off, min(self.known, one.known))


def quotient(runs: Sequence[Quotient]) -> Pooled:
    """All parts by all wholes; how far each run is off is linearised (W. G. Cochran, "Sampling
    Techniques", 1977, on the ratio estimator)."""
    whole = fsum(run.whole for run in runs)
    known = sum(run.whole > 0 for run in runs)
    if not whole:
        return Pooled(Estimate(mean=None), None, known)
    mean = fsum(run.part for run in runs) / whole
    off = [(run.part - mean * run.whole) * known / whole for run in runs]
    return Pooled(_estimate(mean, off, known), off, known)


def percentile(runs: Sequence[Mapping[int, int]], share: float) -> Pooled:
    """The least time, in seconds, within which the share of all callers is; each run tells how many
    there are of each time, in tenths of a second.

    By R. S. Woodruff ("Confidence Intervals for Medians and Other Position Measures", Journal of
    the American Statistical Association 47, 1952): how many callers are within that time is a
    quotient, which has an interval; the times within which so few and so many callers are, are the
    ends of the percentile's own. Where the upper one is beyond all callers, they are too few to
    tell it. What is further off is what a run's callers count by in a difference of two scenarios,
    so that it is no surer than it is.
    """
    counts: Counter[int] = Counter()
    for run in runs:
        counts.update(run)
    known = sum(bool(run) for run in runs)
    if not counts:
        return Pooled(Estimate(mean=None), None, known)
    tenths = sorted(counts)
    within = list(accumulate(counts[one] for one in tenths))

    def least(part: float) -> int:
        return tenths[bisect_left(within, part * within[-1] - _NOISE)]

    time = least(share)
    there = quotient([_within(run, time) for run in runs])
    if there.off is None or known < 2:
        return Pooled(Estimate(mean=time / 10), None, known)
    # Callers of one run are much alike; where they seem less so than any callers, that is chance.
    by_callers = student_t(known - 1) * sqrt(share * (1.0 - share) / within[-1])
    margin = max(_margin(there.off, known), by_callers)
    low = least(share - margin)
    if share + margin > 1.0:
        return Pooled(Estimate(mean=time / 10, low=low / 10), None, known)
    high = least(share + margin)
    slope = max(high - time, time - low) / 10 / margin
    estimate = Estimate(mean=time / 10, low=low / 10, high=high / 10)
    return Pooled(estimate, [-one * slope for one in there.off], known)


def _within(run: Mapping[int, int], time: int) -> Quotient:
    return Quotient(sum(n for at, n in run.items() if at <= time), sum(run.values()))


def _estimate(mean: float, off: Sequence[float], known: int) -> Estimate:
    if known < 2:
        return Estimate(mean=mean)
    margin = _margin(off, known)
    return Estimate(mean=mean, low=mean - margin, high=mean + margin)


def _margin(off: Sequence[float], known: int) -> float:
    """Half of the confidence interval of a mean of 0; there are two runs at least."""
    variance = fsum(one * one for one in off) / (known - 1)
    return student_t(known - 1) * sqrt(variance / known)


def student_t(freedom: int) -> float:
    """The two-sided quantile of Student's t at `CONFIDENCE`: exact for 1 and 2 degrees of freedom,
    from 3 on by the series of Abramowitz & Stegun 26.7.5, which is right to 0.5 %."""
    tail = (1.0 + CONFIDENCE) / 2.0
    if freedom == 1:
        return tan(pi * (tail - 0.5))
    if freedom == 2:
        return (2.0 * tail - 1.0) * sqrt(2.0 / (4.0 * tail * (1.0 - tail)))
    z = NormalDist().inv_cdf(tail)
    terms: tuple[float, ...] = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return fsum(term / freedom**power for power, term in enumerate(terms))
