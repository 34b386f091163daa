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
  exponential patience, where those who were served are censored);
- the *pace*, a factor on the mean: agents who serve other queues as well, or fit only some of the
  callers, make this queue slower than its own figures say. It moves a little up for each wait above
  its range and down for each below, and rests when both come as often as they should.

The hit rate is the share of waits that fell into the range expected when the caller came. Below
`TRUSTED`, or with fewer than `ENOUGH` counted, nothing should be announced. A caller who gives up
before the end of their range tells nothing about it and is not counted.

All are plain sums on immutable records: O(1) for each call, and O(`EXACT`) for an estimate.
"""

from math import exp, log1p, sqrt

import msgspec

#: About so many of the latest callers are remembered.
MEMORY = 100
#: No wait is expected before more conversations than these are over.
KNOWN = 5
#: Waits that must have been compared with what was expected before a hit rate is told.
ENOUGH = 20
#: The least hit rate with which a wait is announced. A perfect range has `HIGH` - `LOW`.
TRUSTED = 0.55
#: The range, as quantiles: who is told the upper end waits longer in one of ten cases.
LOW, HIGH = 0.2, 0.9
#: Their normal deviates.
_Z_LOW, _Z_HIGH = -0.8416, 1.2816
#: Terms of the sum that are added one by one; the rest is an integral.
EXACT = 32
#: The standard error of the rates and the pace themselves, as a share.
DOUBT = 0.2
#: How fast the pace follows, and its limits.
_GAIN = 0.03
_PACE = (0.2, 20.0)


class Load(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one queue has shown. Times are seconds; all counts fade."""

    #: Conversations that are over with their wrap-up, and the seconds that they took.
    handled: float = 0.0
    handling: float = 0.0
    #: Callers who gave up, and the seconds waited by all who left.
    gone: float = 0.0
    waited: float = 0.0
    pace: float = 1.0
    #: Waits compared with their range, and how many of them were inside.
    scored: float = 0.0
    inside: float = 0.0


_KEEP = 1 - 1 / MEMORY


def handled(load: Load, seconds: float) -> Load:
    """A conversation and its wrap-up are over; together they took so long."""
    return msgspec.structs.replace(
        load, handled=load.handled * _KEEP + 1, handling=load.handling * _KEEP + seconds
    )


def left(load: Load, waited: float, connected: bool, predicted: tuple[float, float] | None) -> Load:
    """A caller was connected or gave up after so many seconds. `predicted` is the range expected
    when they came; None where nothing was expected, or an agent was free at once."""
    load = msgspec.structs.replace(
        load,
        gone=load.gone * _KEEP + (not connected),
        waited=load.waited * _KEEP + waited,
    )
    if predicted is None or not (connected or waited > predicted[1]):
        return load
    low, high = predicted
    # Above HIGH come 1 - HIGH of all, below LOW come LOW: the steps balance where that holds.
    drift = LOW if waited > high else HIGH - 1 if waited < low else 0.0
    return msgspec.structs.replace(
        load,
        pace=min(max(load.pace * exp(_GAIN * drift), _PACE[0]), _PACE[1]),
        scored=load.scored * _KEEP + 1,
        inside=load.inside * _KEEP + (low <= waited <= high),
    )


def expected(load: Load, ahead: int, servers: int) -> tuple[float, float] | None:
    """The range of seconds that a caller with `ahead` callers before them will wait while `servers`
    agents are signed in and not on a break. None while nothing is known or nobody is there."""
    if load.handled < KNOWN or servers <= 0 or load.handling <= 0:
        return None
    served = servers * load.handled / load.handling
    patience = load.gone / load.waited if load.waited > 0 else 0.0
    mean, variance = _sums(served, patience, ahead + 1)
    shape = 1 / (variance / mean**2 + DOUBT**2)
    mean *= load.pace
    return mean * _quantile(shape, _Z_LOW), mean * _quantile(shape, _Z_HIGH)


def hits(load: Load) -> float | None:
    """The share of callers whose wait was inside their range; None while too few are counted."""
    return load.inside / load.scored if load.scored >= ENOUGH else None


def trusted(load: Load) -> bool:
    """Whether the expected wait may be told to callers."""
    rate = hits(load)
    return rate is not None and rate >= TRUSTED


def _sums(served: float, patience: float, terms: int) -> tuple[float, float]:
    """Mean and variance of the time until `terms` have left: the rates are served + i patience."""
    mean = variance = 0.0
    for i in range(min(terms, EXACT)):
        each = 1 / (served + i * patience)
        mean += each
        variance += each * each
    rest = terms - EXACT
    if rest > 0:
        # The integral of 1/x and 1/x**2 from half a step before to half a step after.
        first = served + (EXACT - 0.5) * patience
        growth = rest * patience / first
        mean += rest / first * (log1p(growth) / growth if growth > 0 else 1.0)
        variance += rest / first / first / (1 + growth)
    return mean, variance


def _quantile(shape: float, z: float) -> float:
    """A quantile of the gamma distribution with mean 1, by its normal deviate.

    Wilson and Hilferty (1931): the cube root is nearly normal; within 2 % for shapes from 1 on.
    """
    ninth = 1 / (9 * shape)
    return float((1 - ninth + z * sqrt(ninth)) ** 3)
