"""How an offer ends, and what that means.

Theory of operation
===================

1. An offer reserves one agent for one call. It is *pending* from `calls.facts.OfferMade` until
   exactly one `calls.facts.OfferEnded`; then it is forgotten, so whatever still arrives about it
   (a phone answered just after its time was over) is a race: counted and dropped.
2. Whatever the end, the caller has the same place: only ``accepted``, the caller's own going and
   the rules of the queue (`acd.overflow`) take a call out of it.
3. What it means for the agent is the table `CONSEQUENCES`. A RONA that is not yet the last
   allowed one is the single exception (`consequence`).
"""

from acd.agents import AgentEvent
from acd.live import Seat
from calls.base import OfferOutcome

#: What happens to the agent, and the reason for being not ready that people see.
CONSEQUENCES: dict[OfferOutcome, tuple[AgentEvent, str]] = {
    "accepted": ("accept", ""),
    "timed_out": ("miss", "no answer"),
    "declined": ("miss", "declined"),
    "busy": ("miss", "busy"),
    "unreachable": ("miss", "unreachable"),
    "failed": ("miss", "failed"),
    "rescinded": ("rescind", ""),
    "answered_elsewhere": ("rescind", ""),
}


def consequence(outcome: OfferOutcome, agent: Seat) -> tuple[AgentEvent, str]:
    """What the end of an offer does to its agent, whose `ronas` do not count it yet."""
    if outcome == "timed_out" and agent.ronas + 1 < agent.config.rona_limit:
        return "pass_over", ""
    return CONSEQUENCES[outcome]
