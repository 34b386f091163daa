"""The state of the Acd as people see it."""

from collections import Counter, defaultdict

from acd.state import AcdState
from calls.base import AgentState, Instant, QueueId
from calls.views import AgentView, QueueFigures, QueueView


def queue_views(state: AcdState) -> tuple[QueueView, ...]:
    """All queues, sorted by name; `today` is left at its default. Ringing callers still wait."""
    waiting: Counter[QueueId] = Counter()
    longest: dict[QueueId, Instant] = {}
    for call in state.waiting.values():
        waiting[call.queue] += 1
        longest[call.queue] = min(call.queued, longest.get(call.queue, call.queued))
    agents: defaultdict[QueueId, Counter[AgentState]] = defaultdict(Counter)
    for agent in state.agents.values():
        for queue in agent.config.queues:
            agents[queue][agent.state] += 1
    return tuple(
        QueueView(
            name=name,
            title=queue.title,
            waiting=waiting[name],
            longest_since=longest.get(name),
            ready=agents[name]["ready"],
            reserved=agents[name]["reserved"],
            talking=agents[name]["talking"],
            wrap_up=agents[name]["wrap_up"],
            not_ready=agents[name]["not_ready"],
            service_level_seconds=queue.service_level,
            service_level_variant=queue.service_level_variant,
            today=QueueFigures(),
        )
        for name, queue in sorted(state.queues.items())
    )


def agent_views(state: AcdState) -> tuple[AgentView, ...]:
    """All agents, sorted by name."""
    return tuple(
        AgentView(
            name=name,
            title=agent.config.title,
            state=agent.state,
            reason=agent.reason,
            since=agent.since,
            until=agent.until,
            call=agent.call,
            phone_online=name in state.phones,
            next_state=agent.next_state,
            skills=agent.config.skills,
            queues=agent.config.queues,
        )
        for name, agent in sorted(state.agents.items())
    )
