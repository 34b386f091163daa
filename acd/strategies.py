"""How one of several idle agents is chosen.

A strategy ranks an idle agent for a need; the lowest rank takes the call, the longest idle among
equals. The agents' queue preference goes before any strategy. A rank must not change while the
agent is idle, because it is worked out once, when they become so.

To add one: its name in `calls.config.Strategy`, a function here, a line in `STRATEGIES`.
"""

from collections.abc import Callable
from math import inf, log
from typing import TypeAlias

from acd.agents import OCCUPANCY_TAU
from acd.state import AgentRecord
from calls.config import Strategy

#: The skills that a call needs, with the least proficiency.
Needs: TypeAlias = frozenset[tuple[str, int]]


def longest_idle(_agent: AgentRecord, _needs: Needs) -> float:
    """All alike: what is left is who has been idle for longest."""
    return 0.0


def least_occupied(agent: AgentRecord, _needs: Needs) -> float:
    """Least busy of late. All idle agents' occupancy fades as exp(-t/tau), so
    ln(occupancy) + t/tau stays what it was when the agent became idle."""
    if agent.occupancy <= 0.0:
        return -inf
    return round(log(agent.occupancy) + agent.since / OCCUPANCY_TAU, 6)


def best_skill(agent: AgentRecord, needs: Needs) -> float:
    """Most proficient in what the call needs, summed."""
    return -float(sum(agent.config.skills.get(skill, 0) for skill, _ in needs))


def fewest_calls(agent: AgentRecord, _needs: Needs) -> float:
    """Fewest calls taken since signing in."""
    return float(agent.calls)


STRATEGIES: dict[Strategy, Callable[[AgentRecord, Needs], float]] = {
    "longest_idle": longest_idle,
    "least_occupied": least_occupied,
    "best_skill": best_skill,
    "fewest_calls": fewest_calls,
}
