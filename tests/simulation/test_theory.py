"""The real center, simulated, against what the theory of queues says."""

from math import log
from pathlib import Path

import pytest

from acd import erlang
from engine.simulation.results import simulate
from tests.simulation.scenes import agrees, mean, one_queue

RATE, TALK = 160 / 3600, 180.0  # 8 erlangs


def test_erlang_c(tmp_path: Path) -> None:
    """M/M/10 with 8 erlangs: a caller waits with probability 0.4092."""
    theory = erlang.patient(10, RATE, TALK, 20.0)
    scenario = one_queue(
        tmp_path, queue="talk: {exponential: 3m}", rate="160 per hour", length="18h"
    )
    found = simulate(scenario, runs=8, seed=1).figures
    line = found.queues["line"]
    assert agrees(line["found_busy"], 0.4092, within=0.05)
    assert agrees(line["service_level"], theory.service_level, within=0.05)
    assert agrees(line["asa"], theory.asa, within=15)
    # Who waits does so exponentially, (10 - 8) / TALK of them a second being served.
    assert agrees(line["wait_90"], log(0.4092 / 0.1) * TALK / 2, within=50)
    assert agrees(line["aht"], TALK, within=4)
    assert agrees(found.center["occupancy"], 0.8, within=0.04)
    assert agrees(found.center["arrived"], 16 * 160, within=100)
    assert line["abandonment"].mean == 0


def test_wrap_up_counts_into_handling(tmp_path: Path) -> None:
    """Agents who only wrap up, for as long as the others talked, keep callers waiting as long."""
    scenario = one_queue(
        tmp_path, queue="talk: 0, wrap_up: {exponential: 3m}", rate="160 per hour", length="10h"
    )
    found = simulate(scenario, runs=8, seed=2).figures
    assert agrees(found.queues["line"]["found_busy"], 0.4092, within=0.08)
    assert agrees(found.queues["line"]["aht"], TALK, within=6)
    assert agrees(found.center["occupancy"], 0.8, within=0.04)


def test_a_line_of_limited_length(tmp_path: Path) -> None:
    """M/M/2/5: whoever finds two talking and three waiting is not let in, and counts once."""
    scenario = one_queue(
        tmp_path, queue="talk: {exponential: 1m}, limit: 3", rate="120 per hour", agents=2
    )
    found = simulate(scenario, runs=6, seed=7).figures
    # Two erlangs: one caller there is twice as likely as none, and all numbers above as one.
    turned_away = 2 / (1 + 2 * 5)
    assert agrees(found.center["ended_in_menu"], turned_away * 120 * 22, within=60)
    line = found.queues["line"]
    assert line["offered"] == found.center["arrived"]
    assert line["overflowed"] == found.center["ended_in_menu"]
    assert agrees(found.center["occupancy"], 1 - turned_away, within=0.03)


def test_erlang_b(tmp_path: Path) -> None:
    """Whoever finds all agents busy goes at once."""
    scenario = one_queue(
        tmp_path, queue="talk: {exponential: 3m}, patience: 0", rate="160 per hour", length="10h"
    )
    found = simulate(scenario, runs=8, seed=6).figures
    blocked = erlang.erlang_b(10, RATE * TALK)
    assert agrees(found.queues["line"]["abandoned_of_all"], blocked, within=0.03)
    assert agrees(found.queues["line"]["found_busy"], blocked, within=0.03)
    assert agrees(found.center["occupancy"], 0.8 * (1 - blocked), within=0.03)


@pytest.mark.parametrize(("per_hour", "patience"), [(160, 60.0), (240, 120.0)])
def test_erlang_a(tmp_path: Path, per_hour: int, patience: float) -> None:
    """Callers who give up; the second case has more work than the agents can do."""
    theory = erlang.impatient(10, per_hour / 3600, TALK, patience, 20.0)
    scenario = one_queue(
        tmp_path,
        queue=f"talk: {{exponential: 3m}}, patience: {{exponential: {patience:g}}}",
        rate=f"{per_hour} per hour",
        length="8h",
        warm_up="1h",
    )
    found = simulate(scenario, runs=8, seed=3).figures
    line = found.queues["line"]
    assert agrees(line["found_busy"], theory.waits, within=0.04)
    assert agrees(line["abandoned_of_all"], theory.abandonment, within=0.025)
    assert agrees(line["in_time_of_all"], theory.service_level, within=0.04)
    assert agrees(line["asa"], theory.asa, within=4)
    # Those who wait give up at the rate 1/patience: so much waiting for so many abandoned.
    assert agrees(line["until_agent"], theory.abandonment * patience, within=4)
    assert agrees(found.center["occupancy"], theory.occupancy, within=0.03)


@pytest.mark.parametrize(
    ("talk", "deviation"), [("{constant: 60}", 0.0), ("{lognormal: 60, deviation: 60}", 60.0)]
)
def test_one_agent_and_any_talk(tmp_path: Path, talk: str, deviation: float) -> None:
    """M/G/1 by Pollaczek and Khinchine: W = rate E[S^2] / (2 (1 - load)); here the load is 0.6."""
    theory = 36 / 3600 * (deviation**2 + 60.0**2) / (2 * (1 - 0.6))
    scenario = one_queue(
        tmp_path, queue=f"talk: {talk}", rate="36 per hour", agents=1, length="30h"
    )
    line = simulate(scenario, runs=8, seed=4).figures.queues["line"]
    assert agrees(line["until_agent"], theory, within=0.35 * theory)
    assert agrees(line["found_busy"], 0.6, within=0.05)


def test_ringing_keeps_agents(tmp_path: Path) -> None:
    """While a phone rings its agent is busy, and the caller still waits in the line."""
    scenario = one_queue(
        tmp_path,
        queue="talk: 0, offer_timeout: 3600",
        agent="answers: {exponential: 3m}",
        rate="160 per hour",
        length="10h",
    )
    results = simulate(scenario, runs=8, seed=5)
    assert agrees(results.figures.queues["line"]["found_busy"], 0.4092, within=0.08)
    assert mean(results, "asa") > 180
    assert mean(results, "aht") == 0
