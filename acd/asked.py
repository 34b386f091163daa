"""What people and the configuration ask of the Acd: agents' own wishes, queues and agents set up.

Each function takes the floor and one action, and refuses what cannot be done. Configuration may
change while callers wait; it takes effect at the next decision, and what it makes possible (a
caller who now fits a ready agent) is decided at once. Offers and conversations that are going on
are left alone.
"""

from msgspec.structs import replace

from acd import checks
from acd.agents import AgentEvent
from acd.floor import PHONE_GONE, Floor
from acd.state import AgentRecord, Disposition
from calls.actions import (
    ConfigureAgent,
    ConfigureQueue,
    DeclineOffer,
    FinishWrapUp,
    RemoveAgent,
    RemoveQueue,
    SetAgentState,
)
from calls.base import AgentId
from calls.events import PhoneChanged
from calls.facts import AgentPhoneChanged, ConfigurationChanged


def set_agent_state(floor: Floor, asked: SetAgentState) -> None:
    """At once where there is no call; after it and its wrap-up where there is one. Asked for
    anything but ready while the phone rings, it declines the call (`acd.agents`, rule 4)."""
    agent = _agent(floor, asked.agent)
    if agent is None:
        return
    if asked.state == "not_ready" and not asked.reason.strip():
        floor.refuse("invalid", f"{asked.agent} cannot be not ready without a reason")
    elif asked.state == "ready" and asked.agent not in floor.state.phones:
        floor.refuse("wrong_state", f"{asked.agent}'s phone is not registered")
    elif agent.state in ("talking", "wrap_up"):
        floor.state.agents[asked.agent] = replace(
            agent, next_state=asked.state, next_reason=asked.reason
        )
    else:
        _set_now(floor, agent, asked)


def _set_now(floor: Floor, agent: AgentRecord, asked: SetAgentState) -> None:
    event = _EVENTS[asked.state]
    reason = asked.reason if asked.state == "not_ready" else ""
    if asked.state == "ready":
        if agent.state not in ("ready", "reserved"):
            floor.seek(floor.become(asked.agent, event))
    elif agent.offer is not None:
        floor.give_back(agent.offer, "declined", event, reason)
    elif (agent.state, agent.reason) != (asked.state, reason):
        floor.become(asked.agent, event, reason=reason)


_EVENTS: dict[str, AgentEvent] = {
    "ready": "ask_ready",
    "not_ready": "ask_not_ready",
    "logged_out": "ask_logged_out",
}


def decline_offer(floor: Floor, asked: DeclineOffer) -> None:
    agent = _agent(floor, asked.agent)
    if agent is None:
        return
    if agent.offer is None:
        floor.refuse("wrong_state", f"no call rings for {asked.agent}")
    else:
        floor.miss(agent.offer, "declined")


def finish_wrap_up(floor: Floor, asked: FinishWrapUp) -> None:
    """Given while the conversation is still on, it is kept, and no wrap-up will follow."""
    agent = _agent(floor, asked.agent)
    if agent is None:
        return
    if agent.state == "wrap_up":
        floor.finish_work(agent, "agent", asked.code, asked.note)
    elif agent.state == "talking":
        given = Disposition(code=asked.code, note=asked.note)
        floor.state.agents[asked.agent] = replace(agent, disposition=given)
    else:
        floor.refuse("wrong_state", f"{asked.agent} has no call to wrap up")


def phone_changed(floor: Floor, event: PhoneChanged) -> None:
    """Phones are known by their agents' names, also before the agent is configured."""
    phones, name = floor.state.phones, event.phone
    if event.online == (name in phones):
        return
    if event.online:
        phones[name] = floor.now
    else:
        del phones[name]
    agent = floor.state.agents.get(name)
    if agent is None:
        return
    floor.say(AgentPhoneChanged(agent=name, online=event.online))
    if event.online:
        return
    if agent.offer is not None:
        floor.give_back(agent.offer, "unreachable", "phone_gone", PHONE_GONE)
    elif agent.state == "ready":
        floor.become(name, "phone_gone", reason=PHONE_GONE)


def configure_queue(floor: Floor, asked: ConfigureQueue) -> None:
    queue = asked.queue
    fault = checks.queue_fault(queue)
    if fault is not None:
        floor.refuse("invalid", fault)
        return
    waiting = floor.index.line(queue.name) if queue.name in floor.state.queues else []
    floor.state.queues[queue.name] = queue
    floor.index.set_queue(queue)
    for call in waiting:
        floor.index.enter(floor.state.waiting[call])
    floor.say(ConfigurationChanged(kind="queue", name=queue.name, value=queue))
    for call in floor.index.line(queue.name):
        if not floor.state.waiting[call].offers:
            floor.place(floor.state.waiting[call])


def remove_queue(floor: Floor, asked: RemoveQueue) -> None:
    if asked.queue not in floor.state.queues:
        floor.refuse("unknown", f"there is no queue {asked.queue!r}")
        return
    waiting = len(floor.index.line(asked.queue))
    if waiting:
        floor.refuse("wrong_state", f"callers wait in queue {asked.queue!r}: {waiting}")
        return
    del floor.state.queues[asked.queue]
    floor.index.remove_queue(asked.queue)
    floor.say(ConfigurationChanged(kind="queue", name=asked.queue, removed=True))


def configure_agent(floor: Floor, asked: ConfigureAgent) -> None:
    config = asked.agent
    fault = checks.agent_fault(config)
    if fault is not None:
        floor.refuse("invalid", fault)
        return
    known = floor.state.agents.get(config.name)
    if known is None:
        agent = AgentRecord(config=config, since=floor.now)
    else:
        agent = replace(known, config=config, leaving=False)
    floor.state.agents[config.name] = agent
    floor.index.set_agent(config)
    floor.say(ConfigurationChanged(kind="agent", name=config.name, value=config))
    if agent.state == "ready":
        floor.seek(agent)


def remove_agent(floor: Floor, asked: RemoveAgent) -> None:
    """Who talks is removed when the conversation ends, without a wrap-up; a wrap-up ends now."""
    agent = _agent(floor, asked.agent)
    if agent is None:
        return
    if agent.offer is not None:
        floor.give_back(agent.offer, "rescinded", "ask_logged_out")
        floor.remove(asked.agent)
    elif agent.call is None:
        floor.remove(asked.agent)
    else:
        leaving = floor.state.agents[asked.agent] = replace(agent, leaving=True)
        if agent.state == "wrap_up":
            floor.finish_work(leaving, "timeout")


def _agent(floor: Floor, name: AgentId) -> AgentRecord | None:
    """The agent; refuses where there is none."""
    agent = floor.state.agents.get(name)
    if agent is None:
        floor.refuse("unknown", f"there is no agent {name!r}")
    return agent
