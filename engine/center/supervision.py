"""Supervisors who follow agents: they listen, whisper to the agent, or talk with both.

1. The supervisor's phone is rung, and its leg stays up from one conversation of the agent to the
   next, until the supervisor hangs up or stops. Between two of them it hears nothing.
2. Who follows is in no call; a supervisor who is an agent as well may be offered one: supervision
   gives way to it, before the phone rings.
3. `SupervisionStarted` is said when the phone was answered, and again when agent or mode change;
   each change of the agent ends the one before.
"""

from typing import TYPE_CHECKING

from calls.actions import StopSupervising, SuperviseAgent
from calls.base import AgentId, Instant, LegId
from calls.commands import Dial, Supervise
from calls.facts import ConfigurationChanged, SupervisionEnded, SupervisionStarted
from calls.port import switch_of
from engine.center import talking
from engine.center.live import Call, Leg
from engine.center.state import Supervision

if TYPE_CHECKING:
    from engine.center.center import CallCenter

#: Seconds for which a supervisor's phone rings.
RINGS = 30.0


def supervise(center: "CallCenter", action: SuperviseAgent, now: Instant) -> None:
    """Ring the supervisor's phone; who follows already changes the agent or the mode."""
    if not _may(center, action.by, action.agent):
        return
    known = center.state.supervisions.get(action.by)
    if known is None:
        _dial(center, action, now)
    elif known.since is None:
        known.agent, known.mode = action.agent, action.mode
    elif (known.agent, known.mode) != (action.agent, action.mode):
        if known.agent != action.agent:
            _tell_end(center, action.by, known, now)
            known.since = now
            talking.put_aside(center, [known.leg])
        known.agent, known.mode = action.agent, action.mode
        _tell_start(center, action.by, known)
        _supervise(center, known, conversation(center, known.agent))


def _may(center: "CallCenter", by: AgentId, name: AgentId) -> bool:
    """Refuses where it cannot be."""
    agent = center.acd.agent(by)
    if center.acd.agent(name) is None:
        talking.refuse(center, f"there is no agent {name!r}", "unknown")
    elif by == name:
        talking.refuse(center, f"{by} cannot follow themself", "invalid")
    elif agent is not None and agent.state in ("reserved", "talking"):
        talking.refuse(center, f"{by} is in a call")
    elif by not in center.acd.phones():
        talking.refuse(center, f"{by}'s phone is not registered")
    elif _switch(center, name) is None:
        talking.refuse(center, "no switch can be reached")
    else:
        return True
    return False


def _switch(center: "CallCenter", agent: AgentId) -> str | None:
    """Where the agent talks, or will most likely."""
    call = conversation(center, agent)
    if call is not None:
        return call.switch
    return min((name for name, up in center.state.switches.items() if up), default=None)


def _dial(center: "CallCenter", action: SuperviseAgent, now: Instant) -> None:
    switch = _switch(center, action.agent)
    assert switch is not None  # noqa: S101 - else it was refused
    leg = center.mint_leg(switch)
    center.legs[leg] = Leg(role="supervisor", since=now, agent=action.by)
    center.state.supervisions[action.by] = Supervision(
        agent=action.agent, mode=action.mode, leg=leg
    )
    to = f"phone:{action.by}"
    center.emit(Dial(leg=leg, call="", to=to, caller=action.agent, timeout=RINGS))


def answered(center: "CallCenter", by: AgentId, now: Instant) -> None:
    """The supervisor is on the line."""
    known = center.state.supervisions[by]
    known.since = now
    _tell_start(center, by, known)
    _supervise(center, known, conversation(center, known.agent))


def stop(center: "CallCenter", action: StopSupervising, now: Instant) -> None:
    if action.by in center.state.supervisions:
        end(center, action.by, now)
    else:
        talking.refuse(center, f"{action.by} follows nobody")


def end(center: "CallCenter", by: AgentId, now: Instant) -> None:
    """Let the supervisor's phone go, if they follow anybody or are about to."""
    known = center.state.supervisions.pop(by, None)
    if known is not None:
        if known.since is not None:
            _tell_end(center, by, known, now)
        center.hang_up(known.leg, now)


def configured(center: "CallCenter", fact: ConfigurationChanged, now: Instant) -> None:
    """Nobody follows an agent who is removed."""
    if fact.kind == "agent" and fact.removed:
        for by, known in sorted(center.state.supervisions.items()):
            if known.agent == fact.name:
                end(center, by, now)


def follow(center: "CallCenter", call: Call) -> None:
    """An agent's conversation has begun: who follows the agent hears it."""
    for _, known in sorted(center.state.supervisions.items()):
        if known.agent == call.agent and known.since is not None:
            _supervise(center, known, call)


def switch_up(center: "CallCenter", switch: str) -> None:
    """Tell a switch again who follows whom."""
    for _, known in sorted(center.state.supervisions.items()):
        if known.since is not None and switch_of(known.leg) == switch:
            _supervise(center, known, conversation(center, known.agent))


def followers(center: "CallCenter", agent: AgentId, switch: str) -> list[LegId]:
    """The legs of those who follow an agent on a switch."""
    return [
        known.leg
        for _, known in sorted(center.state.supervisions.items())
        if known.agent == agent and known.since is not None and switch_of(known.leg) == switch
    ]


def conversation(center: "CallCenter", name: AgentId) -> Call | None:
    """The conversation that an agent has, perhaps one in which they are consulted."""
    agent = center.acd.agent(name)
    call = center.calls.get(agent.call or "") if agent is not None else None
    return call if call is not None and call.phase == "talking" and call.agent == name else None


def _supervise(center: "CallCenter", known: Supervision, call: Call | None) -> None:
    """Nothing while the agent talks with nobody, or on another switch."""
    if call is not None and call.other_leg is not None and switch_of(known.leg) == call.switch:
        center.emit(
            Supervise(leg=known.leg, whom=call.other_leg, bridge=call.bridge, mode=known.mode)
        )


def _tell_start(center: "CallCenter", by: AgentId, known: Supervision) -> None:
    call = conversation(center, known.agent)
    about = None if call is None else call.about or call.call
    center.emit(SupervisionStarted(supervisor=by, agent=known.agent, mode=known.mode, call=about))


def _tell_end(center: "CallCenter", by: AgentId, known: Supervision, now: Instant) -> None:
    lasted = now - (now if known.since is None else known.since)
    center.emit(SupervisionEnded(supervisor=by, agent=known.agent, lasted=lasted))
