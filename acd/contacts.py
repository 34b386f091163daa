"""Calls come, are answered, talk and go."""

from acd import estimates, overflow, parallel, relaxation
from acd.floor import Floor
from acd.live import AT_WORK, Caller, Seat
from acd.messages import Accept, Enqueue, Reject, Release, Withdraw
from acd.state import Offer
from calls.base import AgentId, OfferId
from calls.errors import UnexpectedEvent
from calls.facts import CallConnected, CallQueued, ConversationEnded


def enqueue(floor: Floor, message: Enqueue) -> None:
    state, name = floor.state, message.call
    if name in floor.calls or name in state.conversations or name in state.items:
        raise UnexpectedEvent(f"call {name!r} waits or talks already")
    lane = floor.index.lanes.get(message.queue)
    if lane is None:
        floor.refuse("unknown", f"there is no queue {message.queue!r}")
        return
    demand = lane.demand(message.channel, message.skills)
    call = Caller(
        name,
        message.queue,
        demand.skills,
        message.priority,
        floor.now,
        floor.next_order(),
        message.channel,
        message.credit,
        demand=demand,
    )
    if message.agent and message.agent_for > 0:
        _wait_alone(floor, call, message)
    call.step = relaxation.in_force(lane.steps, call, floor.now)
    call.tried = floor.now
    position = floor.index.enter(call)
    signature = floor.index.signature(call)
    free = signature.first() is not None
    if not free and call.channel == "voice":
        load = state.loads.get(call.queue)
        if load is not None:
            call.expected = estimates.expected(load, position - 1, lane.able)
    floor.said.append(
        CallQueued(
            call=name,
            queue=call.queue,
            position=position,
            skills=demand.needs[0].skills,
            priority=call.priority,
            language=message.language,
            channel=call.channel,
            agent_only=call.agent,
            agent_for=call.agent_for,
            credit=call.credit,
            expected=call.expected,
        )
    )
    for number in range(call.step):
        floor.say_relaxed(call, number + 1)
    if lane.guarded and overflow.at_entry(floor, call, position=position, fits=free):
        floor.index.tidy(signature)
        return
    if free:
        floor.place(call)
    else:
        floor.index.wait(call, signature)
    if lane.timed or call.agent:
        floor.time(call)


def _wait_alone(floor: Floor, call: Caller, message: Enqueue) -> None:
    """Wait for one agent only (step 0), if they are there or will be soon."""
    agent = floor.agents.get(message.agent)
    if agent is not None and agent.presence == AT_WORK:
        call.agent, call.agent_for = message.agent, message.agent_for
        floor.alone.setdefault(call.agent, {})[call.call] = call


def withdraw(floor: Floor, message: Withdraw) -> None:
    call = floor.calls.get(message.call)
    if call is None:
        if message.call in floor.state.conversations:
            raise UnexpectedEvent(f"call {message.call!r} talks, it does not wait")
        floor.drop(message)
        return
    if call.taken:
        raise UnexpectedEvent(f"call {message.call!r} is being called, it does not wait")
    freed = [_rescinded(floor, offer) for offer in call.offers]
    floor.leave_queue(call, message.outcome)
    for agent in freed:
        if agent.state == "reserved":
            floor.become(agent, "rescind")
        if agent.state == "ready":
            floor.seek(agent)


def _rescinded(floor: Floor, offer: OfferId) -> Seat:
    """The agent of an offer that ends because its caller is gone; they must be ready again."""
    ended = floor.end_offer(offer, "rescinded")
    if ended.channel != "voice":
        parallel.let_go(floor, floor.state.items[offer])
    return floor.agents[ended.agent]


def accept(floor: Floor, message: Accept) -> None:
    offer = floor.state.offers.get(message.offer)
    if offer is None:
        floor.drop(message)
    elif offer.channel == "voice":
        _accept_call(floor, offer)
    else:
        parallel.accept(floor, offer.offer)


def _accept_call(floor: Floor, offer: Offer) -> None:
    call, agent = floor.calls[offer.call], floor.agents[offer.agent]
    floor.end_offer(offer.offer, "accepted")
    losers = [_answered_elsewhere(floor, other) for other in call.offers]
    if call.virtual:
        call.taken = offer.agent
    else:
        floor.leave_queue(call, "connected")
        connect(floor, call, offer.agent)
    floor.become(agent, "accept")
    for loser in losers:
        floor.seek(loser)


def _answered_elsewhere(floor: Floor, offer: OfferId) -> Seat:
    """The agent of an offer that another one has won; they must seek."""
    agent = floor.agents[floor.end_offer(offer, "answered_elsewhere").agent]
    floor.become(agent, "rescind")
    return agent


def connect(floor: Floor, call: Caller, agent: AgentId) -> None:
    """A call that has left its queue talks with an agent."""
    floor.state.conversations[call.call] = agent
    floor.said.append(
        CallConnected(call=call.call, agent=agent, queue=call.queue, waited=floor.now - call.queued)
    )


def reject(floor: Floor, message: Reject) -> None:
    if message.outcome == "accepted":
        raise UnexpectedEvent(f"offer {message.offer!r}: accepted is no way to reject")
    if message.offer in floor.state.offers:
        floor.miss(message.offer, message.outcome)
    else:
        floor.drop(message)


def release(floor: Floor, message: Release) -> None:
    name = message.call
    if name in floor.calls:
        raise UnexpectedEvent(f"call {name!r} waits, it does not talk")
    talks_with = floor.state.conversations.pop(name, None)
    if talks_with is None:
        floor.drop(message)
        return
    agent = floor.agents[talks_with]
    if agent.state != "talking" or agent.call != name:
        parallel.release(floor, agent, message)
        return
    agent.talked = floor.now - (agent.since if agent.joined is None else agent.joined)
    floor.said.append(
        ConversationEnded(
            call=name, agent=talks_with, queue=agent.queue, talked=agent.talked, by=message.by
        )
    )
    queue = floor.state.queues.get(agent.queue)
    if agent.disposition is not None:
        floor.finish_work(agent, "agent", agent.disposition.code, agent.disposition.note)
    elif agent.leaving or queue is None:
        floor.finish_work(agent, "timeout")
    elif queue.wrap_up_manual:
        floor.become(agent, "release")
    elif queue.wrap_up == 0:
        floor.finish_work(agent, "timeout")
    else:
        floor.become(agent, "release", until=floor.now + queue.wrap_up)
