"""A queue sends a caller elsewhere: to another queue, a number, a flow, or back where they came
from. Nobody is sent round and round, and nobody is hung up on without a word.

Where no rule says where to, or where it leads nowhere, these are tried in order: the exit of the
node that put the caller into the queue; the flow's operator, once; an apology, and the call ends.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from calls.base import Instant
from calls.facts import CallOverflowed
from engine.center import consulting, life, transfers, treatment
from engine.center.live import Call
from engine.center.shelf import HOUSE_VERSION
from ivr.messages import OverflowExit, Transferred
from ivr.state import Told

if TYPE_CHECKING:
    from engine.center.center import CallCenter

#: Seconds for which an outside number rings.
NUMBER_RINGS = 45.0

#: Who has been sent on this often is not sent round any more.
MOST = 10


def go_on(center: "CallCenter", fact: CallOverflowed, now: Instant) -> None:
    """Carry out what a rule of the queue has decided. The call waits no more."""
    call = center.calls.get(fact.call)
    if call is None:
        return
    if call.about:
        consulting.give_up(center, call, "unreachable", now)
        return
    waiting = center.waits.get(call.call)
    told = waiting.told if waiting is not None else call.told
    call.told = None
    treatment.end_wait(center, call)
    call.overflows += 1
    if call.leg not in center.legs:  # who was promised a call, and has hung up
        life.end(center, call, "failed", "failed", now)
    elif call.transfer is not None:
        transfers.not_reached(center, call, "unreachable", now)
    elif call.overflows > MOST or not _follow(center, call, fact, told, now):
        fall_back(center, call, fact.when, now)


def _follow(
    center: "CallCenter", call: Call, fact: CallOverflowed, told: Told | None, now: Instant
) -> bool:
    """Go where the rule leads. False if it leads nowhere."""
    match fact.to:
        case "queue" if center.acd.queue(fact.target) and call.wants and call.queued is not None:
            wants = replace(call.wants, queue=fact.target, agent="", agent_for=0.0)
            credit = call.credit + now - call.queued
            call.told = told
            treatment.enqueue(center, call, wants, now, credit)
        case "number" if fact.target:
            transfer = Transferred(to=f"tel:{fact.target}", timeout=NUMBER_RINGS)
            transfers.begin(center, call, transfer, now)
        case "flow":
            flow, _, node = fact.target.partition(".")
            if flow not in center.state.newest:
                return False
            treatment.start_flow(center, call, flow, node, now)
        case _:
            return False
    return True


def fall_back(center: "CallCenter", call: Call, when: OverflowExit, now: Instant) -> None:
    """Nothing says where to, or it led nowhere."""
    exits = call.wants.exits if call.wants else {}
    node = exits.get(when) or exits.get("overflow")
    if node and call.overflows <= MOST:
        treatment.enter_flow(center, call, node, now, left_by=when)
    elif not call.rescued:
        call.rescued = True
        call.inside = ()
        operator = center.shelf.flow(call.flow, call.version).operator
        treatment.enter_flow(center, call, operator, now)
    else:
        apologise(center, call, now)


def apologise(center: "CallCenter", call: Call, now: Instant) -> None:
    """Say that nobody can help, and hang up."""
    call.flow, call.version, call.inside = "", HOUSE_VERSION, ()
    treatment.tidy_flows(center)
    treatment.enter_flow(center, call, "", now)
