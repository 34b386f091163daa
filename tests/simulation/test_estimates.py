"""Figures of many runs, and how sure they are."""

from collections import Counter
from math import exp
from pathlib import Path
from random import Random

import pytest

from engine.simulation.estimates import Estimate, percentile, quotient, student_t
from engine.simulation.figures import shown
from engine.simulation.outcome import Quotient
from engine.simulation.results import compare, simulate
from tests.simulation.scenes import mean, one_queue


def holds(found: Estimate, true: float) -> bool:
    assert found.low is not None
    return found.low <= true and (found.high is None or true <= found.high)


def test_a_share_is_that_of_all_callers() -> None:
    """Not the mean of the runs' shares, which would make callers of a quiet run count for more."""
    runs = [Quotient(1, 10), Quotient(30, 40), Quotient(0, 0)]
    found = quotient(runs).estimate
    assert found.mean == pytest.approx(31 / 50)
    assert found.margin is not None
    assert quotient(runs[:1]).estimate.margin is None
    assert quotient(runs[2:]).estimate.mean is None
    counts = quotient([Quotient(3), Quotient(5), Quotient(10)]).estimate
    assert counts.mean == 6
    assert counts.margin == pytest.approx(4.303 * 13**0.5 / 3**0.5, rel=1e-3)


def test_intervals_hold_what_is_true_as_often_as_they_say() -> None:
    """Runs of few callers each, of whom more wait the more there are; 0.4 of all do."""
    dice, held = Random(1), 0
    for _ in range(1000):
        runs = []
        for _ in range(10):
            busy = dice.random() < 0.5
            callers = dice.randrange(20, 40) if busy else dice.randrange(5, 15)
            runs.append(
                Quotient(sum(dice.random() < 0.2 + 0.3 * busy for _ in range(callers)), callers)
            )
        held += holds(quotient(runs).estimate, (0.5 * 29.5 + 0.2 * 9.5) / 39)
    assert 0.91 <= held / 1000 <= 0.97


def test_a_percentile_is_that_of_all_callers() -> None:
    """Nine of ten of them all; by runs, it would be 1 s in four of five."""
    runs = [*[Counter({10: 10})] * 4, Counter({10: 10, 600: 25, 900: 25})]
    assert percentile(runs, 0.5).estimate.mean == 1.0
    assert percentile(runs, 0.6).estimate.mean == 60.0
    assert percentile(runs, 0.9).estimate.mean == 90.0
    assert percentile(runs[:1], 0.9).estimate == Estimate(mean=1.0)
    assert percentile([Counter(), Counter()], 0.9).estimate == Estimate(mean=None)


@pytest.mark.parametrize("crowd", [1, 10])
def test_intervals_of_percentiles_hold_what_is_true(crowd: int) -> None:
    """Callers of a busy run wait longer, and there are more of them. Some intervals of few
    callers are open."""
    true = 114.48
    assert 2 / 3 * exp(-true / 60) + 1 / 3 * exp(-true / 20) == pytest.approx(0.1, rel=1e-3)
    dice, held, closed = Random(1), 0, 0
    for _ in range(500):
        runs = []
        for _ in range(15):
            callers, tenths = (6, 600) if dice.random() < 0.5 else (3, 200)
            waits = [dice.expovariate(1 / tenths) for _ in range(crowd * callers)]
            runs.append(Counter(int(wait) + 1 for wait in waits))
        found = percentile(runs, 0.9).estimate
        held += holds(found, true)
        closed += found.high is not None
    assert 0.92 <= held / 500 <= 0.99
    assert closed > 400


def test_too_few_callers_tell_no_percentile() -> None:
    """All of ten were there at once: that is no proof that nine of ten always are."""
    few, many = ([Counter({0: callers})] * 5 for callers in (2, 40))
    assert percentile(few, 0.9).estimate == Estimate(mean=0.0, low=0.0)
    assert percentile(many, 0.9).estimate == Estimate(mean=0.0, low=0.0, high=0.0)


def test_percentiles_are_compared_run_by_run() -> None:
    """Everybody waits 5 s longer: that is sure, though the percentiles themselves are not."""
    dice = Random(1)
    ones = [
        Counter(int(dice.expovariate(1 / busy)) for _ in range(100))
        for busy in [100, 200, 300, 400] * 5
    ]
    others = [Counter({at + 50: n for at, n in run.items()}) for run in ones]
    one, other = percentile(ones, 0.9), percentile(others, 0.9)
    assert one.less(one) == Estimate(mean=0.0, low=0.0, high=0.0)
    assert one.estimate.margin is not None
    assert one.estimate.margin > 5
    found = other.less(one)
    assert found.mean == pytest.approx(5.0)
    assert found.low == pytest.approx(5.0)


def test_nine_of_ten_of_the_callers_of_all_runs_are_answered_in(tmp_path: Path) -> None:
    """Twenty minutes from an empty line: in most runs it stays short, in some it grows."""
    scenario = one_queue(
        tmp_path,
        queue="talk: {exponential: 3m}",
        rate="12 per hour",
        agents=1,
        length="20m",
        warm_up="0",
    )
    results = simulate(scenario, runs=200, seed=1)
    waits = sorted(results.waits["line"].answered.elements())
    # These are whole seconds, rounded down.
    assert 0 <= mean(results, "wait_90") - waits[int(0.9 * len(waits))] <= 10
    found = results.figures.queues["line"]["wait_90"]
    assert found.high is not None
    assert holds(found, 447), "of 200,000 callers of the same process"
    again = compare(scenario, scenario, runs=50, seed=1)
    assert again.differences.queues["line"]["wait_90"].mean == 0


def test_how_intervals_are_told() -> None:
    assert shown("seconds", Estimate(mean=80.26, low=79.06, high=81.46)) == "80.3 s ± 1.2"
    assert shown("seconds", Estimate(mean=80.26, low=79.0, high=83.0)) == "80.3 s -1.3 +2.7"
    assert shown("seconds", Estimate(mean=80.26, low=79.0)) == "80.3 s -1.3 +?"
    assert shown("share", Estimate(mean=0.8, low=0.79, high=0.81)) == "80.00 % ± 1.00"
    assert shown("count", Estimate(mean=5.0), signed=True) == "+5.0"
    assert shown("count", Estimate(mean=None)) == "–"


def test_students_t() -> None:
    known = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 7: 2.365, 9: 2.262, 30: 2.042, 1000: 1.962}
    for freedom, quantile in known.items():
        assert student_t(freedom) == pytest.approx(quantile, rel=2e-3)
