"""The moves that all messages are made of: an agent steps, an offer is made or ends, a call or an
agent looks around. `acd.acd` says how they fit together."""

from typing import Final, Literal

from acd import estimates, overflow, parallel, relaxation, restoring
from acd.agents import AgentEvent, step
from acd.index import Index
from acd.live import AT_WORK, Caller, Seat, present
from acd.offers import consequence
from acd.state import AcdState, Load, Offer
from acd.timers import AGENT, CALL, ITEM, Kind, Timers
from calls.actions import Refused
from calls.base import AgentId, CallId, Instant, OfferId, OfferOutcome, QueueOutcome, Word
from calls.events import Tick
from calls.facts import (
    AgentStateChanged,
    CallLeftQueue,
    CallRelaxed,
    ConfigurationChanged,
    Fact,
    OfferEnded,
    OfferMade,
    WrapUpEnded,
)

#: The reason of an agent whose phone is not registered any more.
PHONE_GONE = "phone gone"
#: The reason of an agent who rests between two calls.
REST = "rest"
#: How waits end that tell something about how long others will wait.
_TOLD: Final[tuple[QueueOutcome, ...]] = ("connected", "abandoned", "overflowed", "moved")


class Floor:
    """The state with its index and timers, and the facts of the step that is being made."""

    def __init__(self, state: AcdState) -> None:
        """`state` is taken over, and what is in it brought to life (`acd.restoring`)."""
        self.state = state
        # What the state has, at hand: to ask a struct for it costs more in the compiled build.
        self.queues = state.queues
        self.offers = state.offers
        self.conversations = state.conversations
        self.loads = state.loads
        self.phones = state.phones
        self.items = state.items
        #: Offers minted so far, and the last number given; the state has them in a snapshot.
        self.minted, self.order = state.minted, state.order
        self.agents: dict[AgentId, Seat] = {}
        self.index = Index(self.agents)
        self.calls = self.index.calls
        self.timers = Timers(self)
        self.now: Instant = 0.0
        self.said: list[Fact | Refused] = []
        #: The calls that wait for one agent only, in the order of their arrival.
        self.alone: dict[AgentId, dict[CallId, Caller]] = {}
        #: For the end of the step: the calls that do not wait for one agent only any more.
        self._freed: list[Caller] = []
        restoring.agents(self)
        restoring.calls(self)

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
        self.order += 1
        return self.order

    # Agents

    def become(
        self, agent: Seat, event: AgentEvent, reason: str = "", until: Instant | None = None
    ) -> None:
        """An agent's step by the table. One who is ready then must `seek`."""
        step(agent, event, self.now, reason, until)
        agent.close()
        name = agent.name
        if event == "ask_ready" or event == "pass_over":
            agent.idle_order = self.next_order()
        if until is not None:
            self.timers.set((until, AGENT, name))
        self.said.append(
            AgentStateChanged(
                agent=name, state=agent.state, reason=reason, call=agent.call, until=until
            )
        )
        presence = present(agent)
        if presence != agent.presence:
            self.count(agent)

    def count(self, agent: Seat) -> None:
        """See whether an agent is there. Nobody waits any longer for one who is not."""
        presence = present(agent)
        self.index.count(agent, presence)
        if presence < AT_WORK and agent.name in self.alone:
            for call in list(self.alone[agent.name].values()):
                self._not_alone(call)
                self._freed.append(call)

    def settle(self) -> None:
        """The end of a step: what came of agents who went."""
        if self._freed:
            freed, self._freed = self._freed, []
            for call in sorted(freed, key=self._behind):
                if self.calls.get(call.call) is call:
                    self.place(call)
                    self.time(call)
        if self.index.there:
            there, self.index.there = self.index.there, {}
            overflow.nobody(self, there)

    def _behind(self, call: Caller) -> tuple[float, int]:
        """Sorts calls of any queues by their score now, the highest first."""
        lane = self.index.lanes[call.queue]
        return call.kappa - lane.slope * self.now, call.order

    def seek(self, agent: Seat) -> None:
        """A ready agent takes the waiting call that is best for them, and as many more as they
        have room for beside it; with room left they stay open."""
        while (call := self.index.best_call(agent, self.now)) is not None:
            self._offer(call, agent)
            if agent.state != "ready":
                return
        self.index.open(agent)

    def finish_work(
        self, agent: Seat, by: Literal["agent", "timeout"], code: str = "", note: str = ""
    ) -> None:
        """End a wrap-up, or pass over it when a conversation has just ended."""
        assert agent.call is not None  # noqa: S101 - talking and wrap-up have a call
        lasted = self.now - agent.since if agent.state == "wrap_up" else 0.0
        self.said.append(
            WrapUpEnded(
                call=agent.call,
                agent=agent.name,
                queue=agent.queue,
                lasted=lasted,
                by=by,
                code=code,
                note=note,
            )
        )
        queue = self.queues.get(agent.queue)
        if queue is not None:
            load = self.loads.get(agent.queue) or Load()
            self.loads[agent.queue] = estimates.handled(load, agent.talked + lasted)
        self.free(agent, rest=0.0 if queue is None else queue.rest)

    def free(self, agent: Seat, rest: float = 0.0) -> None:
        """The work is over: what the agent asked for meanwhile takes effect."""
        agent.rests = self.now + rest
        if agent.leaving:
            self.remove(agent)
        elif agent.next_state == "logged_out":
            self.become(agent, "ask_logged_out")
        elif agent.next_state == "not_ready":
            self.become(agent, "ask_not_ready", agent.next_reason)
        elif agent.name not in self.phones:
            self.become(agent, "phone_gone", PHONE_GONE)
        elif rest > 0:
            self.become(agent, "rest", REST, agent.rests)
        else:
            self.become(agent, "ask_ready")
            self.seek(agent)

    def remove(self, agent: Seat) -> None:
        """Forget an agent who has no call."""
        if agent.state != "logged_out":
            self.become(agent, "ask_logged_out")
        name = agent.name
        del self.agents[name]
        self.index.remove_agent(agent)
        self.say(ConfigurationChanged(kind="agent", name=name, removed=True))

    # Time

    def tick(self, _tick: Tick) -> None:
        """Everything whose time is over, the earliest first."""
        while (due := self.timers.first()) is not None and due[0] <= self.now:
            kind, name = due[1], due[-1]
            if kind == AGENT:
                self._agent_due(self.agents[name])
            elif kind == ITEM:
                parallel.due(self, self.items[name])
            else:
                self._call_due(self.calls[name])
            self.settle()

    def time(self, call: Caller) -> None:
        """Set the timer of a waiting call anew."""
        due = self._due_call(call)
        if due is not None:
            self.timers.set((due, CALL, call.call))

    def due(self, kind: Kind, name: str) -> Instant | None:
        """When something is due, if anything is: see `acd.timers`."""
        if kind == CALL:
            call = self.calls.get(name)
            return None if call is None else self._due_call(call)
        one = self.agents.get(name) if kind == AGENT else self.items.get(name)
        return None if one is None else one.until

    def _due_call(self, call: Caller) -> Instant | None:
        """When something about a waiting call changes by itself: it needs less, a rule may send
        it elsewhere, or it is not held any more."""
        lane = self.index.lanes[call.queue]
        if not (lane.timed or call.agent or call.held is not None):
            return None
        times = (
            relaxation.due(lane.steps, call),
            overflow.due(lane.later, call) if lane.later else None,
            call.held,
        )
        return min((time for time in times if time is not None), default=None)

    def _agent_due(self, agent: Seat) -> None:
        if agent.offer is not None:
            self.miss(agent.offer, "timed_out")
        elif agent.state == "wrap_up":
            self.finish_work(agent, "timeout")
        elif agent.name in self.phones:
            self.become(agent, "ask_ready")
            self.seek(agent)
        else:
            self.become(agent, "phone_gone", PHONE_GONE)

    def _call_due(self, call: Caller) -> None:
        again = self.relax(call)
        if call.held is not None and call.held <= self.now:
            call.held, again = None, True
        if again:
            self.place(call)
        if not overflow.later(self, call):
            self.time(call)

    # Calls and offers

    def place(self, call: Caller) -> None:
        """A call for which an agent is wanted gets the best open one, or waits. In a group that
        rings together it gets as many as there are."""
        lane = self.index.lanes[call.queue]
        while lane.wants(call):
            signature = self.index.signature(call)
            agent = signature.first()
            if agent is None:
                self.index.wait(call, signature)
                return
            self._offer(call, agent)
            self.index.tidy(signature)
            if agent.state == "ready":
                self.index.open(agent)

    def again(self, call: Caller) -> None:
        """An offer for a call came to nothing: it goes elsewhere or to the next agent."""
        if self.calls.get(call.call) is call and not overflow.later(self, call):
            self.place(call)
            self.time(call)

    def relax(self, call: Caller) -> bool:
        """What a call does not need any more by now is not asked for. Was there any? Then the
        call must be placed."""
        lane, again = self.index.lanes[call.queue], False
        if call.agent and call.queued + call.agent_for <= self.now:
            self._not_alone(call)
            again = True
        while call.step < len(lane.steps) and call.queued + lane.steps[call.step].after <= self.now:
            self.index.hold(call)
            call.step += 1
            self.say_relaxed(call, call.step)
            again = True
        return again

    def _not_alone(self, call: Caller) -> None:
        """A call does not wait for one agent only any more; it must be placed."""
        self.index.hold(call)
        self._forget_alone(call)
        call.agent = ""
        self.say_relaxed(call, 0)

    def _forget_alone(self, call: Caller) -> None:
        waiting = self.alone[call.agent]
        del waiting[call.call]
        if not waiting:
            del self.alone[call.agent]

    def say_relaxed(self, call: Caller, number: int) -> None:
        """Say what a call needs from a step on; step 0 leads to the step that is in force."""
        demand = self.index.lanes[call.queue].demand(call.channel, call.skills)
        needs = demand.needs[number or call.step]
        self.say(
            CallRelaxed(
                call=call.call,
                queue=call.queue,
                step=number,
                skills=needs.skills,
                queues=needs.queues,
                ring=needs.ring,
            )
        )

    def leave_queue(self, call: Caller, outcome: QueueOutcome) -> None:
        """A call without offers is out of its queue."""
        self.index.leave(call)
        if call.agent:
            self._forget_alone(call)
        waited = self.now - call.queued
        self.said.append(
            CallLeftQueue(
                call=call.call,
                queue=call.queue,
                outcome=outcome,
                waited=waited,
                virtual=call.virtual,
                asked_by=call.asked_by,
            )
        )
        # Who was never let in has not waited.
        tells = outcome in _TOLD and (waited > 0 or outcome != "overflowed")
        if tells and call.channel == "voice" and not call.virtual:
            load = self.loads.get(call.queue) or Load()
            self.loads[call.queue] = estimates.left(load, waited, outcome, call.expected)

    def end_offer(self, offer: OfferId, outcome: OfferOutcome) -> Offer:
        """Only the offer; what it means for its call and its agent is up to who asked."""
        ended = self.offers.pop(offer)
        call = self.calls[ended.call]
        call.offers = tuple([other for other in call.offers if other != offer])
        self.said.append(
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
        agent = self.agents[self.offers[offer].agent]
        event, reason = consequence(outcome, agent)
        self.give_back(offer, outcome, event, reason)

    def give_back(
        self, offer: OfferId, outcome: OfferOutcome, event: AgentEvent, reason: str = ""
    ) -> None:
        """An offer came to nothing: its agent takes a step, its call goes to the next agent."""
        ended = self.end_offer(offer, outcome)
        agent, call = self.agents[ended.agent], self.calls[ended.call]
        agent.ronas += outcome == "timed_out"
        if ended.channel == "voice":
            self.become(agent, event, reason)
        else:
            parallel.missed(self, self.items[offer], event, reason)
        self.again(call)
        if agent.state == "ready":
            self.seek(agent)

    def _offer(self, call: Caller, agent: Seat) -> None:
        name, queue = agent.name, call.queue
        lane = self.index.lanes[queue]
        self.minted += 1
        offer, until = f"o{self.minted}", self.now + lane.queue.offer_timeout
        made = self.offers[offer] = Offer(
            offer=offer,
            call=call.call,
            agent=name,
            queue=queue,
            made=self.now,
            until=until,
            channel=call.channel,
        )
        agent.offered[queue] = self.minted
        call.offers += (offer,)
        if call.signature is not None and not lane.wants(call):
            self.index.hold(call)
        if lane.later:
            self.time(call)
        self.said.append(
            OfferMade(
                offer=offer,
                call=call.call,
                agent=name,
                queue=queue,
                waited=self.now - call.queued,
                until=until,
                channel=call.channel,
                virtual=call.virtual,
            )
        )
        if call.channel == "voice":
            agent.call, agent.queue, agent.offer = call.call, queue, offer
            self.become(agent, "offer", until=until)
        else:
            parallel.reserve(self, made)
