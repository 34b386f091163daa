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
4. Two moves keep everybody served (`acd.floor`): *place* looks for an agent for a call that has
   nobody, *seek* looks for a call for an agent who is ready. Each is made when the call or the
   agent becomes available, or when configuration changed. So between two messages no ready agent
   is beside a waiting call that they fit. When an offer ends, its call looks around before its
   agent does: others are asked first.
5. What is about a call or an offer that is over already comes from a race: dropped and counted.
   What cannot be at all is an `UnexpectedEvent`, raised before anything has changed. What a
   person may not do is `calls.actions.Refused`.
6. Every agent has at most one timer: the end of the reservation or of the wrap-up.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from acd import asked, views
from acd.floor import Floor
from acd.index import needs_of
from acd.messages import Accept, AcdMessage, Enqueue, Reject, Release, Withdraw
from acd.state import AcdState, AgentRecord, Offer, WaitingCall
from calls.actions import (
    ConfigureAgent,
    ConfigureQueue,
    DeclineOffer,
    FinishWrapUp,
    Refused,
    RemoveAgent,
    RemoveQueue,
    SetAgentState,
)
from calls.base import AgentId, CallId, Instant, OfferId, QueueId
from calls.config import Agent, Queue
from calls.errors import UnexpectedEvent
from calls.events import PhoneChanged, Tick
from calls.facts import CallConnected, CallQueued, ConversationEnded, Fact
from calls.views import AgentView, QueueView


class Acd:
    """All queues, agents, offers and conversations. The given `state` is copied."""

    def __init__(self, state: AcdState | None = None) -> None:
        self._floor = Floor(AcdState() if state is None else state.copy())

    def handle(self, message: AcdMessage, now: Instant) -> list[Fact | Refused]:
        """Deal with a message at `now` (seconds since the epoch, never less than before).

        Raises `UnexpectedEvent` for what can only be a mistake of who calls this.
        """
        floor = self._floor
        floor.said, floor.now = [], now
        self._dispatch(message)
        return floor.said

    def deadline(self) -> Instant | None:
        """When a `Tick` is wanted; None for never."""
        first = self._floor.timers.first()
        return None if first is None else first[0][0]

    def snapshot(self) -> AcdState:
        """All there is to know; what happens later does not change it."""
        return self._floor.state.copy()

    # Questions

    def position(self, call: CallId) -> int | None:
        """A waiting caller's place in the queue, from 1; None if the call does not wait."""
        waiting = self._floor.state.waiting.get(call)
        return None if waiting is None else self._floor.index.position(waiting)

    def queue(self, name: QueueId) -> Queue | None:
        """A queue as configured."""
        return self._floor.state.queues.get(name)

    def queues(self) -> Mapping[QueueId, Queue]:
        """The queues as configured; it changes as they do."""
        return MappingProxyType(self._floor.state.queues)

    def agents(self) -> dict[AgentId, Agent]:
        """The agents as configured, but for those who leave when their call is over."""
        known = self._floor.state.agents.items()
        return {name: agent.config for name, agent in known if not agent.leaving}

    def agent(self, name: AgentId) -> AgentRecord | None:
        """An agent as configured, and what they do now; not to be changed."""
        return self._floor.state.agents.get(name)

    def queue_views(self) -> tuple[QueueView, ...]:
        """All queues, sorted by name; `today` is left at its default."""
        return views.queue_views(self._floor.state)

    def agent_views(self) -> tuple[AgentView, ...]:
        """All agents, sorted by name."""
        return views.agent_views(self._floor.state)

    def offer(self, offer: OfferId) -> Offer | None:
        """A pending offer."""
        return self._floor.state.offers.get(offer)

    def offer_of(self, agent: AgentId) -> OfferId | None:
        """The offer that rings at an agent's phone now."""
        record = self._floor.state.agents.get(agent)
        return None if record is None else record.offer

    def offers_for_call(self, call: CallId) -> tuple[OfferId, ...]:
        """The offers made for a waiting call now, in the order in which they were made."""
        waiting = self._floor.state.waiting.get(call)
        return () if waiting is None else waiting.offers

    def offer_for_call(self, call: CallId) -> OfferId | None:
        """The first of the offers made for a waiting call now."""
        waiting = self._floor.state.waiting.get(call)
        return waiting.offers[0] if waiting is not None and waiting.offers else None

    def agent_of(self, call: CallId) -> AgentId | None:
        """Who talks with this caller now."""
        return self._floor.state.conversations.get(call)

    def dropped(self) -> dict[str, int]:
        """How many messages came too late to matter, by kind."""
        return self._floor.state.dropped.copy()

    # Messages

    def _dispatch(self, message: AcdMessage) -> None:
        match message:
            case Tick():
                self._floor.tick()
            case Enqueue():
                self._enqueue(message)
            case Withdraw():
                self._withdraw(message)
            case Accept():
                self._accept(message)
            case Reject():
                self._reject(message)
            case Release():
                self._release(message)
            case SetAgentState():
                asked.set_agent_state(self._floor, message)
            case FinishWrapUp():
                asked.finish_wrap_up(self._floor, message)
            case DeclineOffer():
                asked.decline_offer(self._floor, message)
            case PhoneChanged():
                asked.phone_changed(self._floor, message)
            case ConfigureQueue():
                asked.configure_queue(self._floor, message)
            case RemoveQueue():
                asked.remove_queue(self._floor, message)
            case ConfigureAgent():
                asked.configure_agent(self._floor, message)
            case RemoveAgent():
                asked.remove_agent(self._floor, message)
            case _:
                assert_never(message)

    def _enqueue(self, message: Enqueue) -> None:
        floor = self._floor
        state = floor.state
        if message.call in state.waiting or message.call in state.conversations:
            raise UnexpectedEvent(f"call {message.call!r} waits or talks already")
        queue = state.queues.get(message.queue)
        if queue is None:
            floor.refuse("unknown", f"there is no queue {message.queue!r}")
            return
        call = WaitingCall(
            call=message.call,
            queue=message.queue,
            skills=message.skills,
            priority=message.priority,
            language=message.language,
            queued=floor.now,
            order=floor.next_order(),
        )
        state.waiting[call.call] = call
        floor.index.enter(call)
        floor.say(
            CallQueued(
                call=call.call,
                queue=call.queue,
                position=floor.index.position(call),
                skills=needs_of(queue, call.skills),
                priority=call.priority,
                language=call.language,
            )
        )
        floor.place(call)

    def _withdraw(self, message: Withdraw) -> None:
        floor = self._floor
        call = floor.state.waiting.get(message.call)
        if call is None:
            if message.call in floor.state.conversations:
                raise UnexpectedEvent(f"call {message.call!r} talks, it does not wait")
            floor.drop(message)
        elif not call.offers:
            floor.leave_queue(call, message.outcome)
        else:
            agent = floor.end_offer(call.offers[0], "rescinded").agent
            floor.leave_queue(call, message.outcome)
            floor.seek(floor.become(agent, "rescind"))

    def _accept(self, message: Accept) -> None:
        floor = self._floor
        if message.offer not in floor.state.offers:
            floor.drop(message)
            return
        offer = floor.end_offer(message.offer, "accepted")
        call = floor.state.waiting[offer.call]
        floor.leave_queue(call, "connected")
        floor.state.conversations[call.call] = offer.agent
        waited = floor.now - call.queued
        floor.say(CallConnected(call=call.call, agent=offer.agent, queue=call.queue, waited=waited))
        floor.become(offer.agent, "accept")

    def _reject(self, message: Reject) -> None:
        if message.outcome == "accepted":
            raise UnexpectedEvent(f"offer {message.offer!r}: accepted is no way to reject")
        if message.offer in self._floor.state.offers:
            self._floor.miss(message.offer, message.outcome)
        else:
            self._floor.drop(message)

    def _release(self, message: Release) -> None:
        floor = self._floor
        if message.call in floor.state.waiting:
            raise UnexpectedEvent(f"call {message.call!r} waits, it does not talk")
        name = floor.state.conversations.pop(message.call, None)
        if name is None:
            floor.drop(message)
            return
        agent = floor.state.agents[name]
        floor.say(
            ConversationEnded(
                call=message.call,
                agent=name,
                queue=agent.queue,
                talked=floor.now - agent.since,
                by=message.by,
            )
        )
        queue = floor.state.queues.get(agent.queue)
        if agent.disposition is not None:
            floor.finish_work(agent, "agent", agent.disposition.code, agent.disposition.note)
        elif agent.leaving or queue is None or queue.wrap_up == 0:
            floor.finish_work(agent, "timeout")
        else:
            floor.become(name, "release", until=floor.now + queue.wrap_up)
