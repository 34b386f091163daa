"""The state of the Acd as people see it."""

from collections import Counter, defaultdict

from acd import estimates, overflow
from acd.floor import Floor
from acd.live import Seat
from acd.signatures import Lane
from acd.state import Load
from calls.base import AgentState, Instant, QueueId
from calls.views import AgentView, QueueFigures, QueueView


def queue_views(floor: Floor, now: Instant) -> tuple[QueueView, ...]:
    """All queues, sorted by name; `today` is left at its default. Ringing callers still wait;
    who consults somebody is no caller."""
    agents: defaultdict[QueueId, Counter[AgentState]] = defaultdict(Counter)
    for agent in floor.agents.values():
        for name in agent.config.queues:
            agents[name][agent.state] += 1
    return tuple(
        _queue_view(floor, lane, agents[name], now)
        for name, lane in sorted(floor.index.lanes.items())
    )


def queue_view(floor: Floor, name: QueueId, now: Instant) -> QueueView | None:
    """One queue; None if there is none of that name."""
    lane = floor.index.lanes.get(name)
    if lane is None:
        return None
    known = floor.agents.values()
    agents = Counter(agent.state for agent in known if name in agent.config.queues)
    return _queue_view(floor, lane, agents, now)


def _queue_view(floor: Floor, lane: Lane, agents: Counter[AgentState], now: Instant) -> QueueView:
    queue, line = lane.queue, floor.index.line(lane.queue.name)
    callers = [call for call in line if not call.asked_by]
    load = floor.loads.get(queue.name)
    return QueueView(
        name=queue.name,
        title=queue.title,
        waiting=len(callers),
        longest_since=min((call.queued for call in callers), default=None),
        ready=agents["ready"],
        reserved=agents["reserved"],
        talking=agents["talking"],
        wrap_up=agents["wrap_up"],
        not_ready=agents["not_ready"],
        service_level_seconds=queue.service_level,
        service_level_variant=queue.service_level_variant,
        today=QueueFigures(),
        virtual=sum(call.virtual for call in line),
        closed=overflow.is_closed(queue, now),
        expected=_expected(load, len(line), lane.able, ready=agents["ready"]),
        estimate_hits=None if load is None else estimates.hits(load),
        estimate_told=load is not None and estimates.trusted(load),
    )


def _expected(
    load: Load | None, waiting: int, able: int, *, ready: int
) -> tuple[float, float] | None:
    """What a caller who came now should expect."""
    if ready and not waiting:
        return 0.0, 0.0
    return None if load is None else estimates.expected(load, waiting, able)


def agent_views(floor: Floor) -> tuple[AgentView, ...]:
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
            phone_online=name in floor.phones,
            next_state=agent.next_state,
            skills=agent.config.skills,
            queues=agent.config.queues,
            contacts=len(agent.items),
            extensions=_extensions(floor, agent),
        )
        for name, agent in sorted(floor.agents.items())
    )


def _extensions(floor: Floor, agent: Seat) -> int:
    """How often the agent may still ask for more time."""
    queue = floor.queues.get(agent.queue)
    if queue is None or agent.state != "wrap_up" or agent.until is None:
        return 0
    return max(0, queue.wrap_up_extensions - agent.extended) if queue.wrap_up_extension else 0
