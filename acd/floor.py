"""The moves that all messages are made of: an agent steps, an offer is made or ends, a call or an
agent looks around. `acd.acd` says how they fit together."""

from typing import Any, Literal

from msgspec.structs import replace

from acd.agents import AgentEvent, step
from acd.heap import Heap
from acd.index import Index
from acd.offers import consequence
from acd.state import AcdState, AgentRecord, Offer, WaitingCall
from calls.actions import Refused
from calls.base import AgentId, Instant, OfferId, OfferOutcome, Word
from calls.facts import (
    AgentStateChanged,
    CallLeftQueue,
    ConfigurationChanged,
    Fact,
    OfferEnded,
    OfferMade,
    WrapUpEnded,
)

#: The reason of an agent whose phone is not registered any more.
PHONE_GONE = "phone gone"


class Floor:
    """The state with its index and timers, and the facts of the step that is being made."""

    def __init__(self, state: AcdState) -> None:
        self.state = state
        self.index = Index()
        #: Agents by the end of their reservation or wrap-up.
        self.timers: Heap[tuple[Instant, AgentId], AgentId] = Heap()
        self.now: Instant = 0.0
        self.said: list[Fact | Refused] = []
        for agent in state.agents.values():
            self.index.set_agent(agent.config)
            self._set_timer(agent)
        for queue in state.queues.values():
            self.index.set_queue(queue)
        for call in state.waiting.values():
            self.index.enter(call)
            if not call.offers:
                self.index.wait(call)
        for agent in state.agents.values():
            if agent.state == "ready":
                self.index.open(agent)

    # What is said

    def say(self, fact: Fact) -> None:
        self.said.append(fact)

    def refuse(self, reason: Literal["unknown", "wrong_state", "invalid"], message: str) -> None:
        self.said.append(Refused(reason=reason, message=message))

    def drop(self, message: Word) -> None:
        """Count a message about something that is over already."""
        kind = type(message).__name__
        self.state.dropped[kind] = self.state.dropped.get(kind, 0) + 1

    def next_order(self) -> int:
        self.state.order += 1
        return self.state.order

    # Agents

    def become(
        self, name: AgentId, event: AgentEvent, *, reason: str = "", **changes: Any
    ) -> AgentRecord:
        """An agent's step by the table. One who is ready then must `seek`."""
        if event in ("ask_ready", "pass_over"):
            changes["idle_order"] = self.next_order()
        agent = step(self.state.agents[name], event, self.now, reason=reason, **changes)
        self.state.agents[name] = agent
        self.index.close(name)
        self._set_timer(agent)
        self.say(
            AgentStateChanged(
                agent=name, state=agent.state, reason=reason, call=agent.call, until=agent.until
            )
        )
        return agent

    def seek(self, agent: AgentRecord) -> None:
        """A ready agent takes the waiting call that is best for them, or stays open."""
        call = self.index.best_call(agent.config.name, self.now)
        if call is None:
            self.index.open(agent)
        else:
            self._offer(self.state.waiting[call], agent.config.name)

    def finish_work(
        self, agent: AgentRecord, by: Literal["agent", "timeout"], code: str = "", note: str = ""
    ) -> None:
        """End a wrap-up, or pass over it when a conversation has just ended; what the agent
        asked for meanwhile takes effect."""
        assert agent.call is not None  # noqa: S101 - talking and wrap-up have a call
        self.say(
            WrapUpEnded(
                call=agent.call,
                agent=agent.config.name,
                queue=agent.queue,
                lasted=self.now - agent.since if agent.state == "wrap_up" else 0.0,
                by=by,
                code=code,
                note=note,
            )
        )
        name = agent.config.name
        if agent.leaving:
            self.remove(name)
        elif agent.next_state == "logged_out":
            self.become(name, "ask_logged_out")
        elif agent.next_state == "not_ready":
            self.become(name, "ask_not_ready", reason=agent.next_reason)
        elif name not in self.state.phones:
            self.become(name, "phone_gone", reason=PHONE_GONE)
        else:
            self.seek(self.become(name, "ask_ready"))

    def remove(self, name: AgentId) -> None:
        """Forget an agent who has no call."""
        if self.state.agents[name].state != "logged_out":
            self.become(name, "ask_logged_out")
        del self.state.agents[name]
        self.index.remove_agent(name)
        self.say(ConfigurationChanged(kind="agent", name=name, removed=True))

    def tick(self) -> None:
        """Reservations and wrap-ups whose time is over, the earliest first."""
        while (due := self.timers.first()) is not None and due[0][0] <= self.now:
            agent = self.state.agents[due[1]]
            if agent.offer is not None:
                self.miss(agent.offer, "timed_out")
            else:
                self.finish_work(agent, "timeout")

    def _set_timer(self, agent: AgentRecord) -> None:
        name = agent.config.name
        if agent.until is None:
            self.timers.discard(name)
        else:
            self.timers.push((agent.until, name), name)

    # Calls and offers

    def place(self, call: WaitingCall) -> None:
        """A call that has no agent gets the best open one, or waits."""
        name = self.index.best_agent(call)
        if name is None:
            self.index.wait(call)
        else:
            self._offer(call, name)

    def leave_queue(
        self, call: WaitingCall, outcome: Literal["connected", "abandoned", "failed", "moved"]
    ) -> None:
        del self.state.waiting[call.call]
        self.index.leave(call)
        waited = self.now - call.queued
        self.say(CallLeftQueue(call=call.call, queue=call.queue, outcome=outcome, waited=waited))

    def end_offer(self, offer: OfferId, outcome: OfferOutcome) -> Offer:
        """Only the offer; what it means for its call and its agent is up to who asked."""
        ended = self.state.offers.pop(offer)
        call = self.state.waiting[ended.call]
        self.state.waiting[ended.call] = replace(call, offers=())
        self.say(
            OfferEnded(
                offer=offer,
                call=ended.call,
                agent=ended.agent,
                queue=ended.queue,
                outcome=outcome,
                lasted=self.now - ended.made,
            )
        )
        return ended

    def miss(self, offer: OfferId, outcome: OfferOutcome) -> None:
        """An offer came to nothing; its agent goes where the table says."""
        agent = self.state.agents[self.state.offers[offer].agent]
        event, reason = consequence(outcome, agent)
        self.give_back(offer, outcome, event, reason)

    def give_back(
        self, offer: OfferId, outcome: OfferOutcome, event: AgentEvent, reason: str = ""
    ) -> None:
        """An offer came to nothing: its agent takes a step, its call goes to the next agent."""
        ended = self.end_offer(offer, outcome)
        ronas = self.state.agents[ended.agent].ronas + (outcome == "timed_out")
        agent = self.become(ended.agent, event, reason=reason, ronas=ronas)
        self.place(self.state.waiting[ended.call])
        if agent.state == "ready":
            self.seek(agent)

    def _offer(self, call: WaitingCall, name: AgentId) -> None:
        self.state.minted += 1
        offer = Offer(
            offer=f"o{self.state.minted}",
            call=call.call,
            agent=name,
            queue=call.queue,
            made=self.now,
            until=self.now + self.state.queues[call.queue].offer_timeout,
        )
        self.state.offers[offer.offer] = offer
        self.state.waiting[call.call] = replace(call, offers=(offer.offer,))
        self.index.hold(call)
        self.say(
            OfferMade(
                offer=offer.offer,
                call=call.call,
                agent=name,
                queue=call.queue,
                waited=self.now - call.queued,
                until=offer.until,
            )
        )
        self.become(
            name, "offer", call=call.call, queue=call.queue, offer=offer.offer, until=offer.until
        )
