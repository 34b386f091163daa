"""Queues and agents are set up, changed and removed.

Each function takes the floor and one action, and refuses what cannot be done. Configuration may
change while callers wait; it takes effect at the next decision, and what it makes possible (a
caller who now fits a ready agent, a rule that now sends one elsewhere) is decided at once. Offers
and conversations that are going on are left alone.
"""

from acd import checks, overflow, parallel, relaxation
from acd.asked import known_agent
from acd.floor import Floor
from acd.live import Seat
from calls.actions import ConfigureAgent, ConfigureQueue, RemoveAgent, RemoveQueue
from calls.facts import ConfigurationChanged


def configure_queue(floor: Floor, asked: ConfigureQueue) -> None:
    """Who waits needs from now on what is asked for now; steps that are over count in silence."""
    queue, index = asked.queue, floor.index
    fault = checks.queue_fault(queue)
    if fault is not None:
        floor.refuse("invalid", fault)
        return
    waiting = index.line(queue.name) if queue.name in index.lanes else []
    floor.queues[queue.name] = queue
    index.set_queue(queue)
    lane = index.lanes[queue.name]
    for call in waiting:
        call.step = relaxation.in_force(lane.steps, call, floor.now)
        index.enter(call)
    floor.say(ConfigurationChanged(kind="queue", name=queue.name, value=queue))
    for call in index.line(queue.name):
        floor.place(call)
        if not overflow.later(floor, call):
            floor.time(call)


def remove_queue(floor: Floor, asked: RemoveQueue) -> None:
    lane = floor.index.lanes.get(asked.queue)
    if lane is None:
        floor.refuse("unknown", f"there is no queue {asked.queue!r}")
        return
    if lane.line.calls:
        floor.refuse(
            "wrong_state", f"callers wait in queue {asked.queue!r}: {len(lane.line.calls)}"
        )
        return
    del floor.queues[asked.queue]
    floor.loads.pop(asked.queue, None)
    floor.index.remove_queue(asked.queue)
    floor.say(ConfigurationChanged(kind="queue", name=asked.queue, removed=True))


def configure_agent(floor: Floor, asked: ConfigureAgent) -> None:
    config, index = asked.agent, floor.index
    fault = checks.agent_fault(config)
    if fault is not None:
        floor.refuse("invalid", fault)
        return
    agent = floor.agents.get(config.name)
    if agent is None:
        floor.state.numbered += 1
        agent = floor.agents[config.name] = Seat(config, floor.now, floor.state.numbered)
    else:
        index.remove_agent(agent)
        agent.config, agent.leaving = config, False
    index.set_agent(agent)
    floor.say(ConfigurationChanged(kind="agent", name=config.name, value=config))
    floor.count(agent)
    if agent.state == "ready":
        floor.seek(agent)


def remove_agent(floor: Floor, asked: RemoveAgent) -> None:
    """Who talks is removed when the conversation ends, without a wrap-up; a wrap-up ends now."""
    agent = known_agent(floor, asked.agent)
    if agent is None:
        return
    if agent.items:
        parallel.leave(floor, agent)
    elif agent.offer is not None:
        floor.give_back(agent.offer, "rescinded", "ask_logged_out")
        floor.remove(agent)
    elif agent.call is None:
        floor.remove(agent)
    else:
        agent.leaving = True
        if agent.state == "wrap_up":
            floor.finish_work(agent, "timeout")
        else:
            floor.count(agent)
