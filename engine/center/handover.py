"""An agent passes a caller on: at once (blind), or after asking (warm, `engine.center.consulting`).

Whatever cannot be is refused before anything has changed. Whoever is passed on keeps the head start
that the flow gave and the language; the place in the queue is at its end. Who is reached by nobody
goes where a queue that gives up would send them.
"""

import re
from typing import TYPE_CHECKING

from acd.live import AT_WORK, present
from calls.actions import CancelTransfer, CompleteTransfer, TransferCall
from calls.base import AgentId, Instant
from calls.facts import CallTransferred
from engine.center import consulting, life, recalls, talking, transfers, treatment
from engine.center.live import Call
from ivr.messages import Queued, Transferred

if TYPE_CHECKING:
    from engine.center.center import CallCenter

_NUMBER = re.compile(r"\+?[0-9]{2,20}")
_EXTENSION = re.compile(r"[\w.-]{1,64}", re.ASCII)


def transfer(center: "CallCenter", action: TransferCall, now: Instant) -> None:
    call = talking.of(center, action.agent)
    if call is None:
        return
    if call.consult:
        talking.refuse(center, f"{action.agent} asks somebody already: complete or cancel that")
        return
    to = _of_agents(center, action.to)
    if not _fit(center, to, action.agent):
        return
    if action.kind == "blind":
        _pass_on(center, call, to, now)
    else:
        consulting.start(center, call, to, _wants(center, call, to), now)


def complete(center: "CallCenter", action: CompleteTransfer, now: Instant) -> None:
    call = _consulted(center, action.agent)
    if call is None:
        return
    if consulting.answered(center, call):
        consulting.complete(center, call, now)
    else:
        talking.refuse(center, f"nobody has answered {action.agent} yet")


def cancel(center: "CallCenter", action: CancelTransfer, now: Instant) -> None:
    call = _consulted(center, action.agent)
    if call is not None:
        consulting.give_up(center, center.calls[call.consult], "cancelled", now)


def _consulted(center: "CallCenter", agent: AgentId) -> Call | None:
    """The conversation about which an agent asks somebody."""
    call = talking.of(center, agent)
    if call is not None and not call.consult:
        talking.refuse(center, f"{agent} asks nobody now")
        return None
    return call


def _of_agents(center: "CallCenter", to: str) -> str:
    """An agent's extension is the agent: nobody is rung behind the Acd's back."""
    scheme, _, name = to.partition(":")
    return f"agent:{name}" if scheme == "ext" and center.acd.agent(name) is not None else to


def _fit(center: "CallCenter", to: str, by: AgentId) -> bool:
    """Can a caller be passed on to there? Refuses where not."""
    scheme, _, name = to.partition(":")
    match scheme:
        case "queue":
            if center.acd.queue(name) is None:
                talking.refuse(center, f"there is no queue {name!r}", "unknown")
                return False
        case "agent":
            return _agent_fits(center, name, by)
        case "tel" if _NUMBER.fullmatch(name):
            pass
        case "ext" if _EXTENSION.fullmatch(name):
            pass
        case _:
            talking.refuse(center, f"{to!r} is no queue:, agent:, tel: or ext:", "invalid")
            return False
    return True


def _agent_fits(center: "CallCenter", name: AgentId, by: AgentId) -> bool:
    agent = center.acd.agent(name)
    if agent is None:
        talking.refuse(center, f"there is no agent {name!r}", "unknown")
    elif name == by:
        talking.refuse(center, f"{name} has the caller already", "invalid")
    elif not agent.config.queues or present(agent) < AT_WORK:
        talking.refuse(center, f"{name} is not at work")
    else:
        return True
    return False


def _wants(center: "CallCenter", call: Call, to: str) -> Queued | None:
    """How the Acd is to be asked; None where it does not know the party. Of what the flow needed
    only the language still counts: the rest was for the first agent."""
    scheme, _, name = to.partition(":")
    before = call.wants or Queued(queue=call.queue)
    wants = Queued(
        queue=name,
        skills={skill: least for skill, least in before.skills.items() if skill[:5] == "lang:"},
        priority=before.priority,
        exits=before.exits,
        after=before.after,
        variables=call.variables,
        inside=call.inside,
    )
    match scheme:
        case "queue":
            return wants
        case "agent" if (agent := center.acd.agent(name)) is not None:
            return transfers.only(agent, wants, consulting.RINGS)
        case _:
            return None


def _pass_on(center: "CallCenter", call: Call, to: str, now: Instant) -> None:
    center.emit(CallTransferred(call=call.call, agent=call.agent, to=to, kind="blind"))
    wants = _wants(center, call, to)
    call.passed_by = call.agent
    recalls.forget(center, call)
    talking.close(center, call, "agent", now)
    life.unbridge(center, call)
    if wants is not None and not wants.agent:
        treatment.enqueue(center, call, wants, now)
        return
    before = call.wants or Queued(queue=call.queue)
    node = before.exits.get("overflow", "")
    party = Transferred(
        to=transfers.address(to),
        timeout=consulting.RINGS,
        exits={"error": node} if node else {},
        after=before.after,
        variables=call.variables,
        inside=call.inside,
    )
    transfers.begin(center, call, party, now)
