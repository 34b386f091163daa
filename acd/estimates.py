"""How long a caller will wait, learned from those who were served before, and whether that has
been true so far.

A caller with q others ahead of them and s agents at work waits for q + 1 departures. With i callers
still ahead, somebody is served or gives up at the rate s mu + i theta; so the wait is a sum of
independent exponential times with the mean ``sum(1 / (s mu + i theta) for i = 0..q)`` and the
variance ``sum(1 / (s mu + i theta) ** 2)``. The range told is from the `LOW` to the `HIGH` quantile
of the gamma distribution with that mean and variance.

Three things are learned, each over about the last `MEMORY` callers, the older ones forgotten
little by little:

- mu, one over the mean of conversation and wrap-up;
- theta, those who gave up over all the seconds waited (the maximum-likelihood estimate for
  exponential patience, where those who were served, or sent elsewhere, are censored);
- the *pace*, a factor on the mean: agents who serve other queues as well, or fit only some of the
  callers, make this queue slower than its own figures say. It moves a little up for each wait above
  its range and down for each below, and rests when both come as often as they should.

The hit rate is the share of waits that fell into the range expected when the caller came, to the
second; callers are told both ends rounded up to minutes, in which more waits fall. Below `TRUSTED`,
or with fewer than `ENOUGH` counted, nothing should be announced. It is measured all the same, so a
queue that has become silent speaks again once its ranges are good. A caller who gives up, or goes
elsewhere, before the end of their range tells nothing about it and is not counted; one who does so
later is: their wait was not inside it.

Nothing is expected for a call that waits for one agent alone, or that none of those at work fits.

All are plain sums on immutable records, O(1) for each call and for each estimate.
"""

from math import exp, log1p, sqrt
from typing import Final

from acd.state import Load
from calls.base import QueueOutcome

#: About so many of the latest callers are remembered.
MEMORY: Final = 100
#: No wait is expected before more conversations than these are over.
KNOWN: Final = 5
#: Waits that must have been compared with what was expected before a hit rate is told.
ENOUGH: Final = 20
#: The least hit rate with which a wait is announced. A perfect range has `HIGH` - `LOW`.
TRUSTED: Final = 0.55
#: The range, as quantiles: who is told the upper end waits longer in one of ten cases.
LOW: Final = 0.2
HIGH: Final = 0.9
#: Their normal deviates.
_Z_LOW: Final = -0.8416
_Z_HIGH: Final = 1.2816
#: Terms of the sum that are added one by one; the rest is an integral, as good as they.
EXACT: Final = 4
#: The standard error of the rates and the pace themselves, as a share.
DOUBT: Final = 0.2
#: How fast the pace follows, and its limits.
_GAIN: Final = 0.03
_SLOWEST: Final = 20.0
_FASTEST: Final = 0.2
#: What is kept of the older ones when one more is counted.
_KEEP: Final = 1 - 1 / MEMORY


def handled(load: Load, seconds: float) -> Load:
    """A conversation and its wrap-up are over; together they took so long."""
    # Made anew field by field: `msgspec.structs.replace` takes three times as long.
    return Load(
        load.handled * _KEEP + 1,
        load.handling * _KEEP + seconds,
        load.gone,
        load.waited,
        load.pace,
        load.scored,
        load.inside,
    )


def left(
    load: Load, waited: float, outcome: QueueOutcome, predicted: tuple[float, float] | None
) -> Load:
    """A caller was connected, gave up or went elsewhere after so many seconds. `predicted` is the
    range expected when they came; None where nothing was expected, or an agent was free at once."""
    gone = load.gone * _KEEP + (outcome == "abandoned")
    seconds = load.waited * _KEEP + waited
    pace, scored, inside = load.pace, load.scored, load.inside
    if predicted is not None and (outcome == "connected" or waited > predicted[1]):
        low, high = predicted
        if not low <= waited <= high:
            # Above HIGH come 1 - HIGH of all, below LOW come LOW: the steps balance each other
            # where that holds.
            drift = LOW if waited > high else HIGH - 1
            pace = min(max(pace * exp(_GAIN * drift), _FASTEST), _SLOWEST)
        scored = scored * _KEEP + 1
        inside = inside * _KEEP + (low <= waited <= high)
    return Load(load.handled, load.handling, gone, seconds, pace, scored, inside)


def expected(load: Load, ahead: int, servers: int) -> tuple[float, float] | None:
    """The range of seconds that a caller with `ahead` callers before them will wait while `servers`
    agents are signed in and not on a break. None while nothing is known or nobody is there."""
    if load.handled < KNOWN or servers <= 0 or load.handling <= 0:
        return None
    served = servers * load.handled / load.handling
    patience = load.gone / load.waited if load.waited > 0 else 0.0
    mean, variance = _sums(served, patience, ahead + 1)
    # The shape of the gamma distribution is 1 / 9 `ninth`; its quantiles as Wilson and
    # Hilferty (1931) have them, whose cube root is nearly normal: within 2 % for shapes from 1 on.
    ninth = (variance / (mean * mean) + DOUBT * DOUBT) / 9
    spread = sqrt(ninth)
    low, high = 1 - ninth + _Z_LOW * spread, 1 - ninth + _Z_HIGH * spread
    mean *= load.pace
    return mean * low * low * low, mean * high * high * high


def hits(load: Load) -> float | None:
    """The share of callers whose wait was inside their range; None while too few are counted."""
    return load.inside / load.scored if load.scored >= ENOUGH else None


def trusted(load: Load) -> bool:
    """Whether the expected wait may be told to callers."""
    rate = hits(load)
    return rate is not None and rate >= TRUSTED


def _sums(served: float, patience: float, terms: int) -> tuple[float, float]:
    """Mean and variance of the time until `terms` have left: the rates are served + i patience."""
    if patience == 0.0:
        return terms / served, terms / (served * served)
    mean = variance = 0.0
    rate = served
    for _ in range(min(terms, EXACT)):
        each = 1 / rate
        mean += each
        variance += each * each
        rate += patience
    rest = terms - EXACT
    if rest > 0:
        # The integral of 1/x and 1/x**2 from half a step before to half a step after.
        first = rate - 0.5 * patience
        growth = rest * patience / first
        mean += log1p(growth) / patience
        variance += rest / (first * first * (1 + growth))
    return mean, variance
