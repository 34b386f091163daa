"""The expected wait, on queues whose truth is known: simulated M/M/n, with and without patience."""

import heapq
import random
from collections.abc import Callable
from math import inf, isclose

import pytest

from acd import estimates
from acd.messages import Accept, Release
from acd.state import Load
from calls.actions import SetAgentState
from calls.facts import CallOverflowed, CallQueued
from tests.acd.driving import Driven, one

Service = Callable[[random.Random], float]


class Line:
    """One simulated queue, first come first served; `tell` servers are said to be there."""

    def __init__(self, seed: int, servers: int, gap: float, service: Service, **more: float):
        self.random = random.Random(seed)
        self.servers, self.gap, self.service = servers, gap, service
        self.patience = more.get("patience", inf)
        self.told = int(more.get("tell", servers))
        self.load = Load()
        self.busy: list[tuple[float, float]] = []
        #: When they came, when they give up, what they were told to expect.
        self.line: list[tuple[float, float, tuple[float, float] | None]] = []
        #: Of those who waited until served: inside their range, and whether it was trusted then.
        self.served: list[tuple[bool, bool]] = []

    def run(self, callers: int) -> "Line":
        arrival = 0.0
        while callers:
            given_up = min((call[1] for call in self.line), default=inf)
            freed = self.busy[0][0] if self.busy else inf
            now = min(arrival, given_up, freed)
            if now == arrival:
                callers -= 1
                arrival += self.random.expovariate(1 / self.gap)
                self.arrive(now)
            elif now == given_up:
                call = min(self.line, key=lambda call: call[1])
                self.line.remove(call)
                self.load = estimates.left(self.load, now - call[0], "abandoned", call[2])
            else:
                _, lasted = heapq.heappop(self.busy)
                self.load = estimates.handled(self.load, lasted)
                if self.line:
                    self.connect(now)
        return self

    def arrive(self, now: float) -> None:
        if len(self.busy) < self.servers:
            self.load = estimates.left(self.load, 0.0, "connected", None)
            self.serve(now)
        else:
            patience = self.random.expovariate(1 / self.patience) if self.patience < inf else inf
            told = estimates.expected(self.load, len(self.line), self.told)
            self.line.append((now, now + patience, told))

    def connect(self, now: float) -> None:
        came, _, told = self.line.pop(0)
        if told is not None:
            inside = told[0] <= now - came <= told[1]
            self.served.append((inside, estimates.trusted(self.load)))
        self.load = estimates.left(self.load, now - came, "connected", told)
        self.serve(now)

    def serve(self, now: float) -> None:
        lasted = self.service(self.random)
        heapq.heappush(self.busy, (now + lasted, lasted))

    def share_inside(self) -> float:
        return sum(inside for inside, _ in self.served) / len(self.served)

    def share_announced(self) -> float:
        """Once the queue has been running for a while."""
        later = self.served[len(self.served) // 4 :]
        return sum(trusted for _, trusted in later) / len(later)


def exponential(mean: float) -> Service:
    return lambda rng: rng.expovariate(1 / mean)


@pytest.mark.parametrize(
    ("servers", "load"), [(1, 0.8), (3, 0.9), (10, 0.8), (10, 0.95), (50, 0.95)]
)
def test_two_of_three_waits_are_inside_their_range_without_impatience(
    servers: int, load: float
) -> None:
    line = Line(1, servers, 180 / servers / load, exponential(180)).run(15_000)
    assert line.share_inside() > 0.66
    assert line.share_announced() > 0.85


@pytest.mark.parametrize(
    ("servers", "gap", "patience"), [(3, 60, 200), (10, 15, 120), (50, 3, 120)]
)
def test_two_of_three_waits_are_inside_their_range_when_callers_give_up(
    servers: int, gap: float, patience: float
) -> None:
    line = Line(2, servers, gap, exponential(180), patience=patience).run(15_000)
    assert line.share_inside() > 0.66
    assert line.share_announced() > 0.95


def test_a_queue_with_erratic_service_becomes_silent() -> None:
    """Nineteen calls take five seconds, one an hour: nobody can say how long the next one takes."""
    erratic: Service = lambda rng: 5.0 if rng.random() < 0.95 else 3500.0  # noqa: E731
    line = Line(1, 3, 75, erratic).run(15_000)
    assert line.share_inside() < 0.4
    assert line.share_announced() < 0.1


def test_a_queue_that_has_become_erratic_stops_to_announce() -> None:
    line = Line(3, 10, 22, exponential(180), patience=1800).run(5_000)
    assert line.share_announced() > 0.95
    line.served.clear()
    line.service = lambda rng: 5.0 if rng.random() < 0.97 else 5800.0
    line.run(8_000)
    assert line.share_announced() < 0.1


def test_a_queue_that_was_silent_speaks_again_once_its_ranges_are_good() -> None:
    line = Line(3, 10, 22, lambda rng: 5.0 if rng.random() < 0.97 else 5800.0, patience=1800)
    line.run(8_000)
    assert line.share_announced() < 0.1
    line.served.clear()
    line.service = exponential(180)
    line.run(8_000)
    assert line.share_announced() > 0.95


def test_agents_who_are_busy_elsewhere_as_well_are_learned() -> None:
    """Of eight agents that the queue is said to have, four are always at other queues."""
    line = Line(4, 4, 50, exponential(180), tell=8).run(10_000)
    late = line.served[len(line.served) // 2 :]
    assert sum(inside for inside, _ in late) / len(late) > 0.6
    assert 1.5 < line.load.pace < 2.7


def known(servers_busy_for: float, gave_up: int = 0, waited: float = 0.0) -> Load:
    load = Load()
    for _ in range(20):
        load = estimates.handled(load, servers_busy_for)
    for _ in range(gave_up):
        load = estimates.left(load, waited, "abandoned", None)
    return load


def test_nothing_is_expected_while_nothing_is_known() -> None:
    load = Load()
    for _ in range(estimates.KNOWN):
        load = estimates.handled(load, 100)
    assert estimates.expected(load, 3, 2) is None
    assert estimates.hits(load) is None
    assert not estimates.trusted(load)
    assert estimates.expected(estimates.handled(load, 100), 3, 2) is not None


def test_nothing_is_expected_where_nobody_is_there() -> None:
    assert estimates.expected(known(100), 0, 0) is None


def test_the_range_holds_the_mean_of_the_formula() -> None:
    """Ten agents, 100 s each, 4 ahead: 5 departures at one in ten seconds."""
    low, high = estimates.expected(known(100), 4, 10) or (0, 0)
    assert low < 50 < high
    nearer = estimates.expected(known(100), 3, 10) or (0, 0)
    assert nearer[0] < low
    assert nearer[1] < high


def test_impatience_shortens_the_wait_of_those_behind() -> None:
    patient = estimates.expected(known(100), 20, 2) or (0, 0)
    hasty = estimates.expected(known(100, gave_up=30, waited=60.0), 20, 2) or (0, 0)
    assert hasty[1] < patient[1] / 2


def test_a_long_line_is_summed_as_if_term_by_term() -> None:
    """The integral behind the first terms against the sum itself, by the ratio of two lines."""
    load = known(100, gave_up=50, waited=300.0)
    served, patience = 3 / 100, 1 / 300
    assert isclose(load.gone / load.waited, patience)

    def mean(ahead: int) -> float:
        return sum(1 / (served + i * patience) for i in range(ahead + 1))

    long, longer = estimates.expected(load, 400, 3), estimates.expected(load, 4000, 3)
    assert long is not None
    assert longer is not None
    # Where the doubt outweighs the variance, both ends grow as the mean does.
    assert isclose(longer[1] / long[1], mean(4000) / mean(400), rel_tol=0.02)


def test_who_gives_up_before_the_end_of_the_range_says_nothing_about_it() -> None:
    load = Load(scored=30, inside=30)
    assert estimates.left(load, 50, "abandoned", (20, 60)).scored == 30
    assert estimates.left(load, 61, "abandoned", (20, 60)).inside < 30
    assert estimates.hits(estimates.left(load, 61, "overflowed", (20, 60))) == pytest.approx(
        0.967, 1e-2
    )


def foretelling(**fields: object) -> Driven:
    """ann has served enough callers that waits are foretold; she talks."""
    acd = Driven()
    acd.queue(wrap_up=0.0, **fields)
    acd.ready("ann")
    acd.talk("c0")
    for number in range(40):
        acd.call(f"c{number + 1}", after=20.0)
        acd.do(Release(call=f"c{number}", by="caller"), after=40.0)
        acd.do(Accept(offer=acd.offer_for(f"c{number + 1}")))
    assert acd.queue_view().estimate_told
    return acd


def test_callers_sent_elsewhere_after_the_end_of_their_range_make_a_queue_silent() -> None:
    acd = foretelling(overflow=[{"when": "waited", "limit": 600.0, "to": "number", "target": "1"}])
    for number in range(40):
        acd.call(f"late{number}")
        acd.tick(after=600.0)
        assert acd.acd.position(f"late{number}") is None
    assert not acd.queue_view().estimate_told


def test_callers_who_were_never_let_in_tell_nothing() -> None:
    acd = foretelling(limit=1)
    before = acd.acd.snapshot().loads["support"]
    acd.call("waits")
    assert one(CallOverflowed, acd.call("refused")).when == "full"
    assert acd.acd.snapshot().loads["support"] == before


def test_nothing_is_expected_for_who_waits_for_one_agent_alone() -> None:
    acd = foretelling()
    acd.ready("bob")
    acd.call("alone", agent="ann", agent_for=3600.0)
    assert acd.acd.estimate("alone") is None


def test_nothing_is_expected_while_nobody_at_work_fits() -> None:
    acd = foretelling()
    assert one(CallQueued, acd.call("rare", skills={"klingon": 5})).expected is None
    assert acd.acd.estimate("rare") is None
    acd.ready("kahless", skills={"klingon": 5}, queues={"support": 1, "sales": 1})
    acd.do(Accept(offer=acd.offer_for("rare")))
    acd.call("rarer", skills={"klingon": 5})
    assert acd.acd.estimate("rarer") is not None
    acd.do(SetAgentState(agent="kahless", state="not_ready", reason="home"))
    acd.do(Release(call="rare", by="caller"))
    assert acd.acd.estimate("rarer") is None
