"""What agents ask for themselves, and what their phones do.

Each function takes the floor and one action, and refuses what cannot be done.
"""

from acd import parallel
from acd.agents import AgentEvent
from acd.floor import PHONE_GONE, Floor
from acd.live import Seat, resting
from acd.state import Disposition
from acd.timers import AGENT
from calls.actions import DeclineOffer, ExtendWrapUp, FinishWrapUp, SetAgentState
from calls.base import AgentId
from calls.events import PhoneChanged
from calls.facts import AgentPhoneChanged, AgentStateChanged, NextStateAsked


def set_agent_state(floor: Floor, asked: SetAgentState) -> None:
    """At once where there is no call; after it and its wrap-up where there is one. Asked for
    anything but ready while the phone rings, it declines the call (`acd.agents`, rule 4)."""
    agent = known_agent(floor, asked.agent)
    if agent is None:
        return
    if asked.state == "not_ready" and not asked.reason.strip():
        floor.refuse("invalid", f"{asked.agent} cannot be not ready without a reason")
    elif asked.state == "ready" and asked.agent not in floor.phones:
        floor.refuse("wrong_state", f"{asked.agent}'s phone is not registered")
    elif agent.state in ("talking", "wrap_up"):
        agent.next_state, agent.next_reason = asked.state, asked.reason
        floor.say(NextStateAsked(agent=asked.agent, state=asked.state, reason=asked.reason))
    elif agent.leaving:
        floor.refuse("wrong_state", f"{asked.agent} is to be removed when all is done")
    elif asked.state == "ready" and agent.rests > floor.now:
        floor.refuse("wrong_state", f"{asked.agent} rests between two calls")
    else:
        _set_now(floor, agent, asked)


def _set_now(floor: Floor, agent: Seat, asked: SetAgentState) -> None:
    event = _EVENTS[asked.state]
    reason = asked.reason if asked.state == "not_ready" else ""
    if asked.state == "ready":
        if agent.state not in ("ready", "reserved"):
            floor.become(agent, event)
            floor.seek(agent)
    elif agent.offer is not None:
        floor.give_back(agent.offer, "declined", event, reason)
    elif (agent.state, agent.reason) != (asked.state, reason) or resting(agent):
        parallel.go_away(floor, agent, "declined", event, reason)


_EVENTS: dict[str, AgentEvent] = {
    "ready": "ask_ready",
    "not_ready": "ask_not_ready",
    "logged_out": "ask_logged_out",
}


def decline_offer(floor: Floor, asked: DeclineOffer) -> None:
    """The call that rings, or the contact beside others that was offered first."""
    agent = known_agent(floor, asked.agent)
    if agent is None:
        return
    items = (item.offer for item in agent.items.values() if item.state == "reserved")
    offer = agent.offer or next(items, None)
    if offer is None:
        floor.refuse("wrong_state", f"no call rings for {asked.agent}")
    else:
        floor.miss(offer, "declined")


def finish_wrap_up(floor: Floor, asked: FinishWrapUp) -> None:
    """Given while the conversation is still on, it is kept, and no wrap-up will follow. A contact
    beside others is named."""
    agent = known_agent(floor, asked.agent)
    if agent is None:
        return
    items = (item for item in agent.items.values() if item.call == asked.call)
    item = next((item for item in items if item.state == "wrap_up"), None)
    if item is not None:
        parallel.finish(floor, item, "agent", asked.code, asked.note)
    elif asked.call and asked.call != agent.call:
        floor.refuse("wrong_state", f"{asked.agent} does not wrap up {asked.call!r}")
    elif agent.state == "wrap_up":
        floor.finish_work(agent, "agent", asked.code, asked.note)
    elif agent.state == "talking":
        agent.disposition = Disposition(code=asked.code, note=asked.note)
    else:
        floor.refuse("wrong_state", f"{asked.agent} has no call to wrap up")


def extend_wrap_up(floor: Floor, asked: ExtendWrapUp) -> None:
    agent = known_agent(floor, asked.agent)
    if agent is None:
        return
    queue = floor.queues.get(agent.queue)
    if agent.state != "wrap_up" or agent.until is None or queue is None:
        floor.refuse("wrong_state", f"{asked.agent} has no wrap-up that ends by itself")
    elif agent.extended >= queue.wrap_up_extensions or queue.wrap_up_extension <= 0:
        floor.refuse("wrong_state", f"{asked.agent}'s wrap-up was extended as often as allowed")
    else:
        agent.extended += 1
        agent.until += queue.wrap_up_extension
        floor.timers.set((agent.until, AGENT, asked.agent))
        floor.say(
            AgentStateChanged(
                agent=asked.agent, state="wrap_up", call=agent.call, until=agent.until
            )
        )


def phone_changed(floor: Floor, event: PhoneChanged) -> None:
    """Phones are known by their agents' names, also before the agent is configured."""
    phones, name = floor.phones, event.phone
    if event.online == (name in phones):
        return
    if event.online:
        phones[name] = floor.now
    else:
        del phones[name]
    agent = floor.agents.get(name)
    if agent is None:
        return
    floor.say(AgentPhoneChanged(agent=name, online=event.online))
    if event.online:
        return
    if agent.offer is not None:
        floor.give_back(agent.offer, "unreachable", "phone_gone", PHONE_GONE)
    elif agent.state == "ready":
        parallel.go_away(floor, agent, "unreachable", "phone_gone", PHONE_GONE)


def known_agent(floor: Floor, name: AgentId) -> Seat | None:
    """The agent; refuses where there is none."""
    agent = floor.agents.get(name)
    if agent is None:
        floor.refuse("unknown", f"there is no agent {name!r}")
    return agent
