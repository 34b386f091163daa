"""Many runs: figures with confidence intervals (`estimates`), and two scenarios compared.

Two scenarios run with the same seeds have the same callers, so that they are compared run by run.
"""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from calls.base import Instant, QueueId
from calls.config import ServiceLevelVariant
from engine.simulation import many
from engine.simulation.estimates import Estimate, Pooled, percentile, quotient
from engine.simulation.outcome import Interval, Outcome, Waits
from engine.simulation.scenario import Scenario
from engine.simulation.tally import CENTER, interval_length

#: Figures of all runs, by queue; of the whole center under `CENTER`.
_Pools: TypeAlias = dict[QueueId, dict[str, Pooled]]


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
        differences=_differences(_pools(ones), _pools(others)),
    )


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
        figures=_table(_pools(outcomes)),
        begins=scenario.start + scenario.warm_up,
        timezone=scenario.calendar.zone.key,
        interval=interval_length(scenario),
        intervals=first.intervals,
        waits=first.waits,
    )


def _pools(outcomes: list[Outcome]) -> _Pools:
    pools = {
        queue: {name: quotient([one.figures[queue][name] for one in outcomes]) for name in of_queue}
        for queue, of_queue in outcomes[0].figures.items()
    }
    for queue in outcomes[0].answered_after:
        waits = [one.answered_after[queue] for one in outcomes]
        pools[queue]["wait_90"] = percentile(waits, 0.9)
    return pools


def _table(pools: _Pools) -> Table:
    estimates = {
        queue: {name: pooled.estimate for name, pooled in of_queue.items()}
        for queue, of_queue in pools.items()
    }
    return Table(center=estimates.pop(CENTER), queues=estimates)


def _differences(ones: _Pools, others: _Pools) -> Table:
    differences = {
        queue: {name: others[queue][name].less(pooled) for name, pooled in of_queue.items()}
        for queue, of_queue in ones.items()
        if queue in others
    }
    return Table(center=differences.pop(CENTER), queues=differences)
