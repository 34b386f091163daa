"""The machine that distributes calls to agents.

Theory of operation
===================

1. `Acd.handle` takes one message and the time, and returns the facts it led to, in order. Only a
   `Tick` makes what is due (`Acd.deadline`) happen: an agent who answers before it has answered,
   and while no switch can be reached nobody is blamed for not answering.
2. A call is *waiting* from `Enqueue` until exactly one `calls.facts.CallLeftQueue`. While an
   agent's phone rings for it, it is still waiting, and keeps its place whatever comes of it.
   Every conversation has one `ConversationEnded`, followed by one `WrapUpEnded` (of no length
   where the queue has no wrap-up).
3. An agent's states and an offer's ends are tables (`acd.agents`, `acd.offers`).
4. Two moves keep everybody served (`acd.floor`): *place* looks for an agent for a call for which
   one is wanted, *seek* looks for a call for an agent who is ready. Each is made when the call or
   the agent becomes available, when the call needs less, or when configuration changed. So between
   two messages no ready agent is beside a waiting call that they fit. When an offer ends, its call
   looks around before its agent does: others are asked first.
5. What a call needs becomes less while it waits (`acd.relaxation`), and the rules of its queue may
   send it elsewhere (`acd.overflow`); a caller may keep the place without the line (`acd.kept`).
   Contacts of other channels than voice are beside an agent's state (`acd.parallel`). An agent who
   consults a colleague is a call like any other, whose conversation the colleague ends by taking
   over the caller, so that both are in one conversation at any time.
6. What is about a call or an offer that is over already comes from a race: dropped and counted.
   What cannot be at all is an `UnexpectedEvent`, raised before anything has changed. What a
   person may not do is `calls.actions.Refused`.
7. An agent, a contact beside others and a waiting call have at most one timer each (`acd.timers`).
"""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from acd import asked, configured, contacts, estimates, kept, overflow, views
from acd.floor import Floor
from acd.live import Seat
from acd.messages import (
    Accept,
    AcdMessage,
    Enqueue,
    KeepPlace,
    Reached,
    Reject,
    Release,
    TakeOver,
    Unreached,
    Withdraw,
)
from acd.state import AcdState, Offer
from calls.actions import (
    ConfigureAgent,
    ConfigureQueue,
    DeclineOffer,
    ExtendWrapUp,
    FinishWrapUp,
    Refused,
    RemoveAgent,
    RemoveQueue,
    SetAgentState,
)
from calls.base import AgentId, CallId, Instant, OfferId, QueueId
from calls.config import Agent, Queue
from calls.events import PhoneChanged, Tick
from calls.facts import Fact
from calls.views import AgentView, QueueView

#: What is done about each kind of message.
HANDLERS: Final[dict[type[AcdMessage], Callable[[Floor, Any], None]]] = {
    Tick: Floor.tick,
    Enqueue: contacts.enqueue,
    Withdraw: contacts.withdraw,
    Accept: contacts.accept,
    Reject: contacts.reject,
    Release: contacts.release,
    TakeOver: contacts.take_over,
    KeepPlace: kept.keep_place,
    Reached: kept.reached,
    Unreached: kept.unreached,
    SetAgentState: asked.set_agent_state,
    FinishWrapUp: asked.finish_wrap_up,
    ExtendWrapUp: asked.extend_wrap_up,
    DeclineOffer: asked.decline_offer,
    PhoneChanged: asked.phone_changed,
    ConfigureQueue: configured.configure_queue,
    RemoveQueue: configured.remove_queue,
    ConfigureAgent: configured.configure_agent,
    RemoveAgent: configured.remove_agent,
}


class Acd:
    """All queues, agents, offers and conversations. The given `state` is copied."""

    def __init__(self, state: AcdState | None = None) -> None:
        self._floor = Floor(AcdState() if state is None else state.copy())

    def handle(self, message: AcdMessage, now: Instant) -> list[Fact | Refused]:
        """Deal with a message at `now` (seconds since the epoch, never less than before).

        Raises `UnexpectedEvent` for what can only be a mistake of who calls this.
        """
        floor = self._floor
        said: list[Fact | Refused] = []
        floor.said, floor.now = said, now
        HANDLERS[type(message)](floor, message)
        floor.settle()
        return said

    def deadline(self) -> Instant | None:
        """When a `Tick` is wanted; None for never."""
        first = self._floor.timers.first()
        return None if first is None else first[0]

    def snapshot(self) -> AcdState:
        """All there is to know; what happens later does not change it."""
        floor = self._floor
        floor.state.minted, floor.state.order = floor.minted, floor.order
        state = floor.state.copy()
        state.agents = {name: agent.record() for name, agent in floor.agents.items()}
        state.waiting = {name: call.record() for name, call in floor.calls.items()}
        return state

    # Questions

    def position(self, call: CallId) -> int | None:
        """A waiting caller's place in the queue, from 1; None if the call does not wait."""
        waiting = self._floor.calls.get(call)
        return None if waiting is None else self._floor.index.position(waiting)

    def estimate(self, call: CallId) -> tuple[float, float] | None:
        """The seconds that a waiting caller still has to wait, as a range; None where the
        estimates of the queue have not been good enough to tell."""
        floor = self._floor
        waiting = floor.calls.get(call)
        load = None if waiting is None else floor.loads.get(waiting.queue)
        if waiting is None or load is None or not estimates.trusted(load):
            return None
        return contacts.expected(floor, waiting, floor.index.position(waiting) - 1)

    def deserted(self, queue: QueueId, now: Instant) -> bool:
        """Does whoever comes to a queue go elsewhere, now or soon, since nobody is there?"""
        lane = self._floor.index.lanes.get(queue)
        return lane is not None and overflow.deserted(lane, now)

    def waits_for(self, call: CallId, now: Instant) -> tuple[AgentId, float]:
        """The only agent who may take a waiting call, and for how many seconds more; nobody
        ("") if there is no such."""
        waiting = self._floor.calls.get(call)
        if waiting is None or not waiting.agent:
            return "", 0.0
        return waiting.agent, waiting.queued + waiting.agent_for - now

    def queue(self, name: QueueId) -> Queue | None:
        """A queue as configured."""
        return self._floor.queues.get(name)

    def queues(self) -> Mapping[QueueId, Queue]:
        """The queues as configured; it changes as they do."""
        return MappingProxyType(self._floor.queues)

    def agents(self) -> dict[AgentId, Agent]:
        """The agents as configured, but for those who leave when their call is over."""
        known = self._floor.agents.items()
        return {name: agent.config for name, agent in known if not agent.leaving}

    def agent(self, name: AgentId) -> Seat | None:
        """An agent as configured, and what they do now; not to be changed."""
        return self._floor.agents.get(name)

    def queue_views(self, now: Instant) -> tuple[QueueView, ...]:
        """All queues, sorted by name; `today` is left at its default."""
        return views.queue_views(self._floor, now)

    def queue_view(self, name: QueueId, now: Instant) -> QueueView | None:
        """One queue, as `queue_views` has it."""
        return views.queue_view(self._floor, name, now)

    def agent_views(self) -> tuple[AgentView, ...]:
        """All agents, sorted by name."""
        return views.agent_views(self._floor)

    def phones(self) -> Collection[str]:
        """The phones registered now, also those that are no agent's."""
        return self._floor.phones.keys()

    def offer(self, offer: OfferId) -> Offer | None:
        """A pending offer."""
        return self._floor.offers.get(offer)

    def offer_of(self, agent: AgentId) -> OfferId | None:
        """The offer that rings at an agent's phone now."""
        record = self._floor.agents.get(agent)
        return None if record is None else record.offer

    def offers_for_call(self, call: CallId) -> tuple[OfferId, ...]:
        """The offers made for a waiting call now, in the order in which they were made."""
        waiting = self._floor.calls.get(call)
        return () if waiting is None else waiting.offers

    def offer_for_call(self, call: CallId) -> OfferId | None:
        """The first of the offers made for a waiting call now."""
        waiting = self._floor.calls.get(call)
        return waiting.offers[0] if waiting is not None and waiting.offers else None

    def agent_of(self, call: CallId) -> AgentId | None:
        """Who talks with this caller now."""
        return self._floor.conversations.get(call)

    def dropped(self) -> dict[str, int]:
        """How many messages came too late to matter, by kind."""
        return self._floor.state.dropped.copy()
