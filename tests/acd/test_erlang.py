"""The Erlang formulas against known values, and against chains of states solved directly."""

from math import exp, log

import pytest

from acd import erlang
from acd.erlang import Overloaded, Service


def test_known_values() -> None:
    assert erlang.erlang_b(2, 1.0) == pytest.approx(0.2)
    assert erlang.erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert erlang.erlang_c(10, 8.0) == pytest.approx(0.4092, abs=5e-5)
    assert erlang.erlang_c(1, 0.7) == pytest.approx(0.7), "one agent: as often as busy"
    assert erlang.erlang_b(0, 3.0) == 1.0
    assert erlang.erlang_b(5, 0.0) == 0.0


def test_b_by_its_definition() -> None:
    terms = [1.0]
    for n in range(1, 21):
        terms.append(terms[-1] * 14.0 / n)
    assert erlang.erlang_b(20, 14.0) == pytest.approx(terms[-1] / sum(terms))


def test_overload_has_no_steady_state() -> None:
    for load in (10.0, 12.5):
        with pytest.raises(Overloaded, match=r"10 agents cannot carry 1.* erlangs: the line grows"):
            erlang.erlang_c(10, load)
    with pytest.raises(Overloaded, match="at least 13 are needed"):
        erlang.patient(10, 12.5 / 60, 60.0, 20.0)


def test_the_textbook_case() -> None:
    """100 calls in half an hour of 3 minutes: 10 erlangs; 14 agents for 80/20."""
    assert erlang.agents_needed(100 / 1800, 180.0, 0.8, 20.0) == 14
    found = erlang.patient(14, 100 / 1800, 180.0, 20.0)
    assert found.waits == pytest.approx(0.17413, abs=1e-5)
    assert found.service_level == pytest.approx(0.88835, abs=1e-5)
    assert found.asa == pytest.approx(0.17413 * 180 / 4, abs=1e-3)
    assert found.occupancy == pytest.approx(10 / 14)


def chain(agents: int, rate: float, handling: float, patience: float) -> tuple[float, float]:
    """Erlang A by the balance of its states: who waits, who gives up."""
    weights = [0.0]
    for k in range(1, agents + 6000):
        leaving = min(k, agents) / handling + max(0, k - agents) / patience
        weights.append(weights[-1] + log(rate / leaving))
    top = max(weights)
    states = [exp(weight - top) for weight in weights]
    whole = sum(states)
    waits = sum(states[agents:]) / whole
    line = sum((k - agents) * state for k, state in enumerate(states) if k > agents) / whole
    return waits, line / patience / rate


@pytest.mark.parametrize(
    ("agents", "load", "handling", "patience"),
    [
        (10, 8.0, 180.0, 60.0),
        (10, 12.0, 180.0, 120.0),
        (3, 1.0, 180.0, 1000.0),
        (5, 10.0, 1.0, 3.0),
        (1, 0.5, 60.0, 1.0),
        (50, 40.0, 200.0, 30.0),
        (100, 300.0, 180.0, 600.0),
        (1000, 5.0, 180.0, 60.0),
        (200, 1000.0, 300.0, 900.0),
    ],
)
def test_erlang_a_against_its_states(
    agents: int, load: float, handling: float, patience: float
) -> None:
    rate = load / handling
    found = erlang.impatient(agents, rate, handling, patience, 20.0)
    waits, gives_up = chain(agents, rate, handling, patience)
    assert found.waits == pytest.approx(waits, abs=1e-7)
    assert found.abandonment == pytest.approx(gives_up, abs=1e-7)
    assert found.occupancy == pytest.approx(load * (1 - gives_up) / agents, abs=1e-7)


def test_erlang_a_nears_c_with_patience() -> None:
    args = (12, 10 / 180, 180.0)
    a = erlang.impatient(*args, 1e7, 20.0)
    c = erlang.patient(*args, 20.0)
    assert a.waits == pytest.approx(c.waits, abs=1e-3)
    assert a.service_level == pytest.approx(c.service_level, abs=1e-3)
    assert a.asa == pytest.approx(c.asa, rel=1e-2)


def test_the_service_level_of_erlang_a() -> None:
    """It begins with those who wait not at all, and ends with all who do not give up."""
    args = (10, 12 / 180, 180.0, 60.0)
    at_once = erlang.impatient(*args, 0.0)
    assert at_once.service_level == pytest.approx(1 - at_once.waits)
    at_last = erlang.impatient(*args, 1e9)
    assert at_last.service_level == pytest.approx(1 - at_last.abandonment)
    levels = [erlang.impatient(*args, float(t)).service_level for t in range(0, 200, 10)]
    assert levels == sorted(levels)


@pytest.mark.parametrize("patience", [None, 60.0])
@pytest.mark.parametrize("load", [0.01, 1.0, 10.0, 500.0, 20_000.0])
def test_the_fewest_agents_that_do(load: float, patience: float | None) -> None:
    rate = load / 180

    def level(agents: int) -> float:
        try:
            return erlang.service(agents, rate, 180.0, 20.0, patience).service_level
        except Overloaded:
            return 0.0

    needed = erlang.agents_needed(rate, 180.0, 0.8, 20.0, patience)
    assert level(needed) >= 0.8
    assert needed == 1 or level(needed - 1) < 0.8


def test_nobody_calls_and_nobody_works() -> None:
    assert erlang.impatient(3, 0.0, 60.0, 60.0, 20.0).service_level == 1.0
    nobody = erlang.impatient(0, 1.0, 60.0, 60.0, 20.0)
    assert (nobody.abandonment, nobody.service_level) == (1.0, 0.0)


@pytest.mark.parametrize(("agents", "load"), [(-1, 1.0), (2, -1.0), (2, float("nan")), (2, 1e9)])
def test_nonsense(agents: int, load: float) -> None:
    with pytest.raises(ValueError, match="agents must be at least 0"):
        erlang.erlang_b(agents, load)


def test_a_service_never_leaves_its_bounds() -> None:
    for agents in (1, 2, 7, 60, 900):
        for load in (0.001, 1.0, 6.9, 59.0, 899.0, 5000.0):
            for patience in (0.1, 30.0, 1e5):
                found = erlang.impatient(agents, load / 100, 100.0, patience, 20.0)
                assert _is_sound(found), (agents, load, patience, found)


def _is_sound(found: Service) -> bool:
    shares = (found.waits, found.service_level, found.abandonment, found.occupancy)
    return all(-1e-6 <= share <= 1 + 1e-6 for share in shares) and found.asa >= 0
