"""What a caller is owed for who they are: a head start, the agent they know, the old place."""

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from acd.messages import Withdraw
from calls.base import AgentId, Instant
from calls.config import Queue
from cti.numbers import withheld
from engine.center import life, recalls, transfers, treatment
from engine.center.live import Call
from engine.center.state import CutOff

if TYPE_CHECKING:
    from engine.center.center import CallCenter

#: Seconds for which a caller is not queued while it is being looked up whom they talked with last.
HELD = 1.0

#: Seconds for which a caller who was cut off waits for the agent who was talking to them, where
#: the queue says nothing about last agents.
SAME_AGENT_FOR = 60.0


class Favour(NamedTuple):
    """To be added to what the flow asks for. Times are seconds."""

    priority: float = 0.0
    agent: AgentId = ""
    agent_for: float = 0.0
    credit: float = 0.0
    #: They have been let in before.
    admitted: bool = False


NOTHING = Favour()


def claim(center: "CallCenter", call: Call, now: Instant) -> Favour:
    """What the caller is owed in the queue that they come to. An old place is given but once, and
    kept for later while nobody is there: they go elsewhere."""
    queue, wants = center.acd.queue(call.queue), call.wants
    if queue is None or wants is None:
        return NOTHING
    credit, agent = _old_place(center, call, queue, now)
    if not (credit or agent or wants.agent or queue.last_agent or (call.who and call.who.vip)):
        return NOTHING
    agent_for = max(queue.last_agent, SAME_AGENT_FOR)
    if wants.agent:
        agent, agent_for = wants.agent, wants.agent_for
    elif not agent and (agent := _last_agent(call, queue, now)):
        agent_for = queue.last_agent
    vip = call.who is not None and call.who.vip
    return Favour(
        priority=queue.vip_priority if vip else 0.0,
        agent=agent,
        agent_for=agent_for if agent else 0.0,
        credit=credit,
        admitted=credit > 0,
    )


def worth_holding(center: "CallCenter", call: Call) -> bool:
    """It is not known yet whom the caller talked with last, and their queue asks for it."""
    queue = center.acd.queue(call.queue)
    return (
        queue is not None
        and queue.last_agent > 0
        and call.who is None
        and not withheld(call.caller)
        and f"{call.call}/who" in center.state.pending
    )


def identified(center: "CallCenter", call: Call, now: Instant) -> None:
    """It is known now who calls. A VIP who waits already is queued again, with the head start and
    the same place."""
    if call.who is None or not call.who.vip or call.ringing or call.virtual:
        return
    queue = center.acd.queue(call.queue)
    if call.phase == "waiting" and call.queued is not None and queue and queue.vip_priority:
        call.credit += now - call.queued
        only = center.acd.waits_for(call.call, now)
        center.acd_does(Withdraw(call=call.call, outcome="moved"), now)
        treatment.enqueue_now(center, call, now, again=only)


# --- the old place


def remember(center: "CallCenter", call: Call, now: Instant) -> None:
    """A caller was cut off while waiting or talking: they may call again.

    Who hangs up while waiting counts as cut off too. A lost line looks just the same, and nobody
    is worse off than if they had stayed: the time away counts as if they had waited.
    """
    queue = center.acd.queue(call.queue)
    if queue is None or queue.reconnect <= 0 or withheld(call.caller) or call.queued is None:
        return
    talking = call.phase == "talking"
    if not talking and call.wants is not None and transfers.alone(call.wants):
        return  # they were in line for one agent, not for the queue
    waited = (call.since if talking else now) - call.queued + call.credit
    _forget(center, now)
    center.state.cut_off[call.caller] = CutOff(
        queue=call.queue, since=now - waited, at=now, agent=call.agent if talking else ""
    )
    heappush(center.cut_off, (now, call.caller))


def _old_place(
    center: "CallCenter", call: Call, queue: Queue, now: Instant
) -> tuple[float, AgentId]:
    """Seconds of waiting that are given back, and the agent who was talking to the caller."""
    state = center.state
    if call.caller not in state.kept and call.caller not in state.cut_off:
        return 0.0, ""
    if center.acd.deserted(call.queue, now):
        return 0.0, ""
    if _kept(center, call) is not None:
        return _take_over(center, call, now), ""
    found = state.cut_off.get(call.caller)
    if found is None or found.queue != call.queue:
        return 0.0, ""
    del state.cut_off[call.caller]
    if now - found.at > queue.reconnect:
        return 0.0, ""
    return now - found.since, found.agent


def served(center: "CallCenter", call: Call, now: Instant) -> None:
    """A caller talks with an agent: no place is kept for them there any more. They have one while
    they wait, if nobody was at work when they came."""
    if _kept(center, call) is not None:
        _take_over(center, call, now)


def _kept(center: "CallCenter", call: Call) -> Call | None:
    """The call by which the same caller keeps a place in the same queue."""
    kept = center.calls.get(center.state.kept.get(call.caller, ""))
    if kept is None or kept is call or kept.queue != call.queue or kept.queued is None:
        return None
    return kept if kept.phase in ("waiting", "calling") else None


def _take_over(center: "CallCenter", call: Call, now: Instant) -> float:
    """End the call that keeps the caller's place; the seconds that it has waited."""
    kept = _kept(center, call)
    assert kept is not None  # noqa: S101 - as its callers have seen
    assert kept.queued is not None  # noqa: S101 - as `_kept` says
    if kept.phase == "calling":  # they call us while we call them
        recalls.not_reached(center, kept, "busy", now)
    credit = kept.credit + now - kept.queued
    center.acd_does(Withdraw(call=kept.call, outcome="moved"), now)
    life.end(center, kept, "moved", "withdrawn", now)
    return credit


def _forget(center: "CallCenter", now: Instant) -> None:
    """Drop who may not come back any more, the oldest first; each queue has its own time."""
    state = center.state
    while center.cut_off:
        at, number = center.cut_off[0]
        oldest = state.cut_off.get(number)
        if oldest is not None and oldest.at == at:
            queue = center.acd.queue(oldest.queue)
            if queue is not None and now - at <= queue.reconnect:
                return
            del state.cut_off[number]
        heappop(center.cut_off)


def _last_agent(call: Call, queue: Queue, now: Instant) -> AgentId:
    """Whom the caller talked with last, if that was not too long ago. Who has talked with an agent
    in this very call is passed on to somebody else."""
    if queue.last_agent <= 0 or call.who is None or withheld(call.caller) or call.passed_by:
        return ""
    last = next((one for one in call.who.calls if one.agent), None)
    if last is None or now - last.at > queue.last_agent_within:
        return ""
    return last.agent
