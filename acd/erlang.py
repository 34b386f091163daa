"""How many agents: the Erlang formulas B, C and A.

Throughout, `agents` is n, `load` is a = rate x handling time in erlangs, `rate` is in calls a
second, and times are seconds. Handling is talk and wrap-up (and ringing): all that keeps an agent.

- B (A. K. Erlang, 1917): a caller who finds all agents busy is lost.
- C (A. K. Erlang, 1917): such a caller waits, however long. With a >= n the line grows without
  end, so there is no steady state to speak of: `Overloaded`.
- A (C. Palm, 1946; "Erlang-A" in O. Garnett, A. Mandelbaum, M. Reiman, "Designing a Call Center
  with Impatient Customers", M&SOM 4(3), 2002): such a caller waits as long as a patience that is
  exponential. There is always a steady state.
"""

from collections.abc import Callable, Iterator
from math import exp, expm1, inf, log

import msgspec

from calls.errors import RingdeskError

#: Loads above this (erlangs) are refused: no center is that large, and sums take their time.
MOST = 100_000.0
#: Steps of Simpson's rule in each panel over the wait's density: errors are far below 1e-7.
_STEPS = 100
_PANELS = 24


class Overloaded(RingdeskError):
    """More work arrives than the agents can do: the line grows without end."""

    def __init__(self, agents: int, load: float) -> None:
        super().__init__(
            f"{agents} agents cannot carry {load:.4g} erlangs: the line grows without end; "
            f"at least {int(load) + 1} are needed"
        )


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What callers meet in the long run. Shares are of all callers, 0..1."""

    agents: int
    #: Callers who find all agents busy.
    waits: float
    #: Callers answered within the asked-for time.
    service_level: float
    #: Mean wait of the answered (average speed of answer).
    asa: float
    #: Callers who give up.
    abandonment: float
    #: Share of their time that agents are busy.
    occupancy: float


def erlang_b(agents: int, load: float) -> float:
    """The share of callers who find all agents busy, where nobody waits."""
    return 1.0 / _inverse_b(agents, load)


def erlang_c(agents: int, load: float) -> float:
    """The share of callers who wait, where nobody gives up: C = B / (1 - (a/n) (1 - B)).

    Raises `Overloaded` if load >= agents.
    """
    blocked = erlang_b(agents, load)
    if load >= agents:
        raise Overloaded(agents, load)
    return blocked / (1.0 - load / agents * (1.0 - blocked))


def patient(agents: int, rate: float, handling: float, within: float) -> Service:
    """Service by Erlang C. The wait of those who wait is exponential, of rate (n - a)/handling.

    Raises `Overloaded`.
    """
    load = rate * handling
    waits = erlang_c(agents, load)
    free = (agents - load) / handling
    return Service(
        agents=agents,
        waits=waits,
        service_level=1.0 - waits * exp(-free * within),
        asa=waits / free,
        abandonment=0.0,
        occupancy=load / agents,
    )


def impatient(agents: int, rate: float, handling: float, patience: float, within: float) -> Service:
    """Service by Erlang A, for exponential patience of mean `patience`.

    The wait that a caller of endless patience would have has the density (F. Baccelli,
    G. Hebuterne, 1981; S. Zeltyn, A. Mandelbaum, "Call Centers with Impatient Customers",
    Queueing Systems 51, 2005)

        v(x) = P(V = 0) B(n-1, a) rate exp(rate H(x) - x n/handling),
        H(x) = patience (1 - exp(-x/patience)),

    and P(V = 0) follows from all adding up to 1. A caller with a wait of x ahead is still there
    then with probability exp(-x/patience).
    """
    if rate == 0:
        return patient(agents, rate, handling, within)
    if agents == 0:
        return Service(
            agents=0, waits=1.0, service_level=0.0, asa=0.0, abandonment=1.0, occupancy=0.0
        )
    served = agents / handling

    def exponent(x: float) -> float:
        return -rate * patience * expm1(-x / patience) - served * x

    # Everything is divided by the density's peak: much load would overflow.
    top = patience * log(rate / served) if rate > served else 0.0
    peak = exponent(top)
    begin = _edge(exponent, peak - 45.0, top, 0.0)
    end = _edge(exponent, peak - 45.0, top, top + 50.0 * (patience + handling))
    idle = _inverse_b(agents - 1, rate * handling) * exp(-peak) / rate

    def sums(until: float) -> tuple[float, float, float]:
        """Over waits up to `until`: of the density, of those still there, of their waits."""
        all_, there, seconds = 0.0, 0.0, 0.0
        for x, weight in _simpson(begin, min(until, end)):
            density = weight * exp(exponent(x) - peak)
            stays = density * exp(-x / patience)
            all_, there, seconds = all_ + density, there + stays, seconds + x * stays
        return all_, there, seconds

    waited, answered, seconds = sums(end)
    whole = idle + waited
    at_once = 1.0 / (1.0 + waited / idle) if idle else 0.0
    abandonment = (waited - answered) / whole
    return Service(
        agents=agents,
        waits=waited / whole,
        service_level=at_once + sums(within)[1] / whole,
        asa=seconds / whole / (1.0 - abandonment),
        abandonment=abandonment,
        occupancy=rate * handling * (1.0 - abandonment) / agents,
    )


def agents_needed(
    rate: float, handling: float, target: float, within: float, patience: float | None = None
) -> int:
    """The fewest agents who answer the share `target` (below 1) within `within` seconds.

    Callers give up after `patience` on average; None: they never do.
    """
    if not 0.0 <= target < 1.0:
        raise ValueError("a target is at least 0 and below 1")

    def enough(agents: int) -> bool:
        try:
            return service(agents, rate, handling, within, patience).service_level >= target
        except Overloaded:
            return False

    low, high = -1, 1
    while not enough(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def service(
    agents: int, rate: float, handling: float, within: float, patience: float | None = None
) -> Service:
    """By Erlang A where callers have a patience, by C where they have none."""
    if patience is None:
        return patient(agents, rate, handling, within)
    return impatient(agents, rate, handling, patience, within)


def _inverse_b(agents: int, load: float) -> float:
    """1/B by the recursion B(0) = 1, 1/B(n) = 1 + (n/a) / B(n-1)."""
    if agents < 0 or not 0.0 <= load <= MOST:
        raise ValueError(f"agents must be at least 0, the load 0 to {MOST:,.0f} erlangs")
    if load == 0.0:
        return inf if agents else 1.0
    inverse = 1.0
    for n in range(1, agents + 1):
        inverse = 1.0 + inverse * n / load
    return inverse


def _edge(function: Callable[[float], float], level: float, top: float, far: float) -> float:
    """Where, between its `top` and a point `far` off, a concave function comes down to `level`."""
    near = top
    for _ in range(50):
        middle = (near + far) / 2.0
        near, far = (middle, far) if function(middle) > level else (near, middle)
    return far


def _simpson(begin: float, end: float) -> Iterator[tuple[float, float]]:
    """Points from `begin` to `end` with their weights; none if the end comes first.

    In panels that are finer towards `begin`, where patience may be short beside handling.
    """
    right = end
    for panel in range(_PANELS if end > begin else 0):
        left = begin if panel == _PANELS - 1 else (begin + right) / 2.0
        step = (right - left) / _STEPS
        for i in range(_STEPS + 1):
            yield left + i * step, step / 3.0 * (1 if i in (0, _STEPS) else 4 if i % 2 else 2)
        right = left
