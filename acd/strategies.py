"""How one of several idle agents is chosen.

A strategy ranks an idle agent for a need; the lowest rank takes the call, the longest idle among
equals. The agents' queue preference goes before any strategy. A rank must not change while the
agent is open, because it is worked out once, when they become so.

To add one: its name in `calls.config.Strategy`, a function here, a line in `RANKS`.
"""

from collections.abc import Callable, Mapping
from math import inf, log
from typing import TypeAlias

from acd.agents import OCCUPANCY_TAU
from acd.live import Seat
from calls.base import QueueId
from calls.config import Strategy

#: The agent, what the call needs (least proficiency by skill), and its queue.
Rank: TypeAlias = Callable[[Seat, Mapping[str, int], QueueId], float]


def least_occupied(agent: Seat, _needs: Mapping[str, int], _queue: QueueId) -> float:
    """Least busy of late. All idle agents' occupancy fades as exp(-t/tau), so
    ln(occupancy) + t/tau stays what it was when the agent became idle."""
    if agent.occupancy <= 0.0:
        return -inf
    return round(log(agent.occupancy) + agent.since / OCCUPANCY_TAU, 6)


def best_skill(agent: Seat, needs: Mapping[str, int], _queue: QueueId) -> float:
    """Most proficient in what the call needs, summed."""
    have, total = agent.config.skills, 0
    for skill in needs:
        total += have.get(skill, 0)
    return -total


def fewest_calls(agent: Seat, _needs: Mapping[str, int], _queue: QueueId) -> float:
    """Fewest calls taken since signing in."""
    return agent.calls


def round_robin(agent: Seat, _needs: Mapping[str, int], queue: QueueId) -> float:
    """Whose last offer of this queue is longest ago."""
    return agent.offered.get(queue, 0)


def in_order(agent: Seat, _needs: Mapping[str, int], _queue: QueueId) -> float:
    """Who was configured first."""
    return agent.number


#: None where all are alike, and what is left is who has been idle for longest.
RANKS: dict[Strategy, Rank | None] = {
    "longest_idle": None,
    "least_occupied": least_occupied,
    "best_skill": best_skill,
    "fewest_calls": fewest_calls,
    "round_robin": round_robin,
    "in_order": in_order,
    "ring_all": None,
}
