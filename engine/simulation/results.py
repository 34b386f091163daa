"""Many runs: means with confidence intervals, and two scenarios compared.

A share or a mean wait is that of the callers of all runs together: a mean of the runs' own would
give a caller of a quiet run more weight than one of a busy run, in which more callers wait.

Runs are independent, so what each adds to a figure has the confidence interval of Student's t. Two
scenarios run with the same seeds have the same callers, so their differences are compared run by
run, which leaves out most of the chance.
"""

from collections.abc import Callable, Sequence
from math import fsum, pi, sqrt, tan
from statistics import NormalDist

import msgspec

from calls.base import Instant, QueueId
from calls.config import ServiceLevelVariant
from engine.simulation import many
from engine.simulation.outcome import Figures, Interval, Outcome, Quotient, Waits
from engine.simulation.scenario import Scenario
from engine.simulation.tally import CENTER, interval_length

#: Of the confidence intervals.
CONFIDENCE = 0.95


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A mean over runs, or over the callers of all of them. The true one is in `low`..`high` with a
    probability of `CONFIDENCE`; one run alone gives no interval. `mean` is None where no run had
    anything to divide by."""

    mean: float | None
    low: float | None = None
    high: float | None = None

    @property
    def margin(self) -> float | None:
        return None if self.high is None or self.mean is None else self.high - self.mean


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Figures by their names (see `figures`): of each queue, and of the whole center."""

    queues: dict[QueueId, dict[str, Estimate]]
    center: dict[str, Estimate]


class Results(msgspec.Struct, kw_only=True):
    """What came of a scenario."""

    title: str
    file: str
    seed: int
    runs: int
    #: Seconds; the figures are about the callers who came between the two.
    warm_up: float
    length: float
    #: The service level of each queue counts calls answered within this time.
    service_level_seconds: dict[QueueId, float]
    service_level_variants: dict[QueueId, ServiceLevelVariant]
    figures: Table
    #: When the first interval begins, and the length of each in seconds; the clock is `timezone`'s.
    begins: Instant
    timezone: str
    interval: float
    #: Sums over all runs.
    intervals: dict[QueueId, list[Interval]]
    waits: dict[QueueId, Waits]


class Comparison(msgspec.Struct, kw_only=True):
    """Two scenarios with the same callers, and `other` less `one`, figure by figure."""

    one: Results
    other: Results
    differences: Table


def simulate(
    scenario: Scenario,
    runs: int,
    seed: int,
    tell: Callable[[float], None] = lambda _: None,
    jobs: int = 1,
) -> Results:
    """Run a scenario so many times, in up to `jobs` processes. `tell` is told the share that is
    done."""
    return _results(scenario, many.outcomes(_seeded(scenario, runs, seed), tell, jobs), seed)


def compare(
    one: Scenario,
    other: Scenario,
    runs: int,
    seed: int,
    tell: Callable[[float], None] = lambda _: None,
    jobs: int = 1,
) -> Comparison:
    """Run two scenarios with the same seeds."""
    both = many.outcomes(_seeded(one, runs, seed) + _seeded(other, runs, seed), tell, jobs)
    ones, others = both[:runs], both[runs:]
    return Comparison(
        one=_results(one, ones, seed),
        other=_results(other, others, seed),
        differences=_differences([a.figures for a in ones], [b.figures for b in others]),
    )


class _Pooled:
    """A figure of all runs together, and how far each run is off it: linearised, in units of the
    figure (W. G. Cochran, "Sampling Techniques", 1977, on the ratio estimator)."""

    def __init__(self, runs: Sequence[Quotient]) -> None:
        whole = fsum(run.whole for run in runs)
        #: Runs that had something to divide by.
        self.known = sum(run.whole > 0 for run in runs)
        self.mean = fsum(run.part for run in runs) / whole if whole else None
        self.off = [
            (run.part - self.mean * run.whole) * self.known / whole
            for run in runs
            if self.mean is not None
        ]


def estimate(runs: Sequence[Quotient]) -> Estimate:
    """A figure of all runs together, with its confidence interval."""
    pooled = _Pooled(runs)
    return _estimate(pooled.mean, pooled.off, pooled.known)


def _difference(ones: Sequence[Quotient], others: Sequence[Quotient]) -> Estimate:
    """The others' figure less that of the ones, where both have it."""
    one, other = _Pooled(ones), _Pooled(others)
    if one.mean is None or other.mean is None:
        return Estimate(mean=None)
    off = [b - a for a, b in zip(one.off, other.off, strict=True)]
    return _estimate(other.mean - one.mean, off, min(one.known, other.known))


def _estimate(mean: float | None, off: Sequence[float], known: int) -> Estimate:
    if mean is None or known < 2:
        return Estimate(mean=mean)
    variance = fsum(one * one for one in off) / (known - 1)
    margin = student_t(known - 1) * sqrt(variance / known)
    return Estimate(mean=mean, low=mean - margin, high=mean + margin)


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


def _seeded(scenario: Scenario, runs: int, seed: int) -> list[tuple[Scenario, str]]:
    return [(scenario, f"{seed}/{number}") for number in range(runs)]


def _results(scenario: Scenario, outcomes: list[Outcome], seed: int) -> Results:
    first = outcomes[0]
    for outcome in outcomes[1:]:
        for queue, intervals in outcome.intervals.items():
            for mine, its in zip(first.intervals[queue], intervals, strict=True):
                mine.add(its)
            first.waits[queue].answered.update(outcome.waits[queue].answered)
            first.waits[queue].abandoned.update(outcome.waits[queue].abandoned)
    return Results(
        title=scenario.title,
        file=scenario.file,
        seed=seed,
        runs=len(outcomes),
        warm_up=scenario.warm_up,
        length=scenario.length,
        service_level_seconds={
            name: plan.queue.service_level for name, plan in scenario.queues.items()
        },
        service_level_variants={
            name: plan.queue.service_level_variant for name, plan in scenario.queues.items()
        },
        figures=_table([outcome.figures for outcome in outcomes]),
        begins=scenario.start + scenario.warm_up,
        timezone=scenario.calendar.zone.key,
        interval=interval_length(scenario),
        intervals=first.intervals,
        waits=first.waits,
    )


def _table(runs: Sequence[Figures]) -> Table:
    estimates = {
        queue: {name: estimate([figures[queue][name] for figures in runs]) for name in of_queue}
        for queue, of_queue in runs[0].items()
    }
    return Table(center=estimates.pop(CENTER), queues=estimates)


def _differences(ones: Sequence[Figures], others: Sequence[Figures]) -> Table:
    differences = {
        queue: {
            name: _difference(
                [figures[queue][name] for figures in ones],
                [figures[queue][name] for figures in others],
            )
            for name in of_queue
        }
        for queue, of_queue in ones[0].items()
        if queue in others[0]
    }
    return Table(center=differences.pop(CENTER), queues=differences)
