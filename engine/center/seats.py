"""Seats: agents whose phones stay up in one long call while they are signed in. Callers are joined
to them without ringing.

A seat is dialled when its agent becomes ready. It is kept through conversations and breaks, and
hung up when the agent logs out or is no longer configured so. A seat that is lost, or cannot be
set up, makes its agent not ready, with the reason; the next ``ready`` dials it again. A call that
is offered while the seat is being dialled is accepted by its answer.

A seat waits alone in a bridge, at first in one of its own and then in that of the last caller, who
has left it; the next caller comes to it. So a call is set up by one move, that of the caller.
"""

from typing import TYPE_CHECKING

from acd.messages import Reject
from calls.actions import SetAgentState
from calls.base import AgentId, EndCause, Instant, LegId
from calls.commands import Dial, Join, Unbridge
from calls.events import LiveLeg
from calls.facts import AgentStateChanged, ConfigurationChanged
from calls.port import switch_of
from engine.center import life, supervision
from engine.center.live import Call, Leg

if TYPE_CHECKING:
    from engine.center.center import CallCenter

#: Seconds for which a seat's phone rings, if it does not answer by itself.
RINGS = 30.0

#: Why an agent is not ready whose seat could not be set up, by how the phone's leg ended.
_REASONS: dict[EndCause, str] = {
    "no_answer": "no answer",
    "busy": "busy",
    "declined": "declined",
    "hangup": "declined",
    "unreachable": "unreachable",
}
#: Why, if a seat that was up is lost.
GONE = "phone gone"


def of(center: "CallCenter", agent: AgentId, switch: str) -> LegId | None:
    """The agent's seat, also while it is dialled; None for none on that switch."""
    leg = center.state.seats.get(agent)
    return leg if leg is not None and switch_of(leg) == switch else None


def agent_changed(center: "CallCenter", fact: AgentStateChanged, now: Instant) -> None:
    """An agent signed in or out, perhaps one with a seat."""
    name = fact.agent
    if name in center.persistent or name in center.state.seats:
        center.soon(look, name, now)


def configured(center: "CallCenter", fact: ConfigurationChanged, now: Instant) -> None:
    """An agent was configured or removed."""
    agent = center.acd.agent(fact.name)
    if agent is not None and agent.config.persistent:
        center.persistent.add(fact.name)
    else:
        center.persistent.discard(fact.name)
    if fact.name in center.persistent or fact.name in center.state.seats:
        center.soon(look, fact.name, now)


def look(center: "CallCenter", name: AgentId, now: Instant) -> None:
    """Make or remove a seat, as the agent's state asks for."""
    agent = center.acd.agent(name)
    leg = center.state.seats.get(name)
    wanted = agent is not None and agent.config.persistent and agent.state != "logged_out"
    if leg is None:
        if wanted and agent is not None and agent.state == "ready":
            _dial(center, name, now)
    elif not wanted and not center.legs[leg].call:
        remove(center, name, now)


def remove(center: "CallCenter", name: AgentId, now: Instant) -> None:
    leg = center.state.seats.pop(name)
    leave(center, center.legs[leg])
    center.hang_up(leg, now)


def stay(center: "CallCenter", call: Call) -> bool:
    """A call is over: may the bridge be left to the seat that was in it, for the next caller, who
    may be chosen already? Nobody else must be there any more: neither the caller, nor who was
    consulted, listens or records."""
    if call.phase != "talking" or call.about or call.shared or call.leg in center.state.closing:
        return False
    leg = center.state.seats.get(call.agent, "")
    known = center.legs.get(leg)
    if known is None or not known.up or known.bridge or switch_of(leg) != call.switch:
        return False
    if supervision.followers(center, call.agent, switch_of(leg)):
        return False
    if any(one.bridge == call.bridge for one in center.state.recordings.values()):
        return False
    known.bridge = call.bridge
    return True


def settle(center: "CallCenter", leg: LegId) -> None:
    """Who stays on the line and is in no bridge waits in a new one."""
    known = center.legs[leg]
    if not known.bridge:
        known.bridge = f"{switch_of(leg)}/b-{center.mint()}"
        center.emit(Join(bridge=known.bridge, legs=(leg,)))


def freed(center: "CallCenter", call: Call) -> None:
    """A conversation is over: if the seat that was in it is free, it gets another bridge."""
    leg = center.state.seats.get(call.agent, "")
    known = center.legs.get(leg)
    if known is not None and known.up and not known.call and switch_of(leg) == call.switch:
        settle(center, leg)


def welcome(center: "CallCenter", call: Call, leg: LegId) -> None:
    """A caller comes to who stays on the line, if that is somewhere."""
    known = center.legs[leg]
    if known.bridge and not call.virtual:  # who was called back is rung for another
        call.bridge, known.bridge = known.bridge, ""


def leave(center: "CallCenter", known: Leg) -> None:
    """A seat waits nowhere any more: it has gone, or has been joined elsewhere."""
    if known.bridge:
        center.emit(Unbridge(bridge=known.bridge))
        known.bridge = ""


def astray(center: "CallCenter", found: LiveLeg) -> None:
    """A free seat is not where it should wait: it waits in a new bridge."""
    known = center.legs[found.leg]
    if known.role == "seat" and known.up and not known.call and found.bridge != known.bridge:
        leave(center, known)
        settle(center, found.leg)


def _dial(center: "CallCenter", name: AgentId, now: Instant) -> None:
    switch = min((one for one, up in center.state.switches.items() if up), default=None)
    if switch is None:
        return
    leg = center.state.seats[name] = center.mint_leg(switch)
    center.legs[leg] = Leg(role="seat", since=now, agent=name)
    center.emit(dial(leg, name))


def dial(leg: LegId, name: AgentId) -> Dial:
    return Dial(leg=leg, call="", to=f"phone:{name}", caller="", timeout=RINGS, auto_answer=True)


def ended(center: "CallCenter", known: Leg, cause: EndCause, now: Instant) -> None:
    """A seat is lost, or could not be set up."""
    del center.state.seats[known.agent]
    leave(center, known)
    call = center.calls.get(known.call)
    if call is not None and known.offer is not None and not known.up:
        center.acd_does(Reject(offer=known.offer, outcome=life.REJECTED[cause]), now)
        return
    if call is not None:
        life.agent_gone(center, call, known, cause, now)
        return
    agent = center.acd.agent(known.agent)
    if agent is not None and agent.state == "ready":
        reason = GONE if known.up else _REASONS.get(cause, "failed")
        center.acd_does(SetAgentState(agent=known.agent, state="not_ready", reason=reason), now)
