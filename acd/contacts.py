"""Calls come, are answered, talk and go."""

from acd import estimates, overflow, parallel, relaxation
from acd.floor import Floor
from acd.live import AT_WORK, Caller, Seat
from acd.messages import Accept, Enqueue, Reject, Release, TakeOver, Withdraw
from acd.signatures import Lane
from acd.state import Offer
from calls.base import AgentId, Language, OfferId
from calls.errors import UnexpectedEvent
from calls.facts import (
    CallConnected,
    CallLeftQueue,
    CallQueued,
    ConversationEnded,
    WrapUpEnded,
)


def enqueue(floor: Floor, message: Enqueue) -> None:
    name = message.call
    if name in floor.calls or name in floor.conversations:
        raise UnexpectedEvent(f"call {name!r} waits or talks already")
    lane = floor.index.lanes.get(message.queue)
    if lane is None:
        floor.refuse("unknown", f"there is no queue {message.queue!r}")
        return
    passer = floor.agents.get(message.passed_by) if message.passed_by else None
    if passer is None or passer.opened is None:
        _enter(floor, lane, message)
        return
    passer.close()  # not open for a moment: all others come first
    _enter(floor, lane, message)
    floor.seek(passer)


def _enter(floor: Floor, lane: Lane, message: Enqueue) -> None:
    call = _caller(floor, lane, message)
    position = floor.index.enter(call)
    # Looked at first: to make one signature may drop another that nobody waits in.
    others = bool(call.agent) and lane.guarded and floor.index.common(call).first() is not None
    signature = floor.index.signature(call)
    free = signature.first() is not None
    if not free:
        call.expected = expected(floor, call, position - 1)
    _say_queued(floor, call, position, message.language)
    if lane.guarded and overflow.at_entry(
        floor, call, position=position, fits=free or others, admitted=message.admitted
    ):
        floor.index.tidy(signature)
        return
    if free:
        floor.place(call)
    else:
        floor.index.wait(call, signature)
    if lane.timed or call.agent:
        floor.time(call)


def _caller(floor: Floor, lane: Lane, message: Enqueue) -> Caller:
    """The call, with what it needs at first: step 0, and the steps whose time is over at once."""
    demand = lane.demand(message.channel, message.skills)
    call = Caller(
        message.call,
        message.queue,
        demand.skills,
        message.priority,
        floor.now,
        floor.next_order(),
        message.channel,
        message.credit,
        message.asked_by,
    )
    call.demand = demand
    if lane.steps:
        call.step = relaxation.in_force(lane.steps, call, floor.now)
    if message.agent and message.agent_for > 0:
        agent = floor.agents.get(message.agent)
        if agent is not None and agent.presence == AT_WORK:
            call.agent, call.agent_for = message.agent, message.agent_for
            floor.alone.setdefault(call.agent, {})[call.call] = call
    return call


def expected(floor: Floor, call: Caller, ahead: int) -> tuple[float, float] | None:
    """How long a call that no agent is free for will wait, where that is known. Contacts that
    agents have beside others are too unlike calls; a call for one agent alone, or that none of
    those at work fits, is not served as the others are."""
    load = floor.loads.get(call.queue)
    if load is None or call.channel != "voice" or call.agent:
        return None
    if not floor.index.signature(call).able:
        return None
    return estimates.expected(load, ahead, floor.index.lanes[call.queue].able)


def _say_queued(floor: Floor, call: Caller, position: int, language: Language) -> None:
    assert call.demand is not None  # noqa: S101 - as made
    floor.said.append(
        CallQueued(
            call=call.call,
            queue=call.queue,
            position=position,
            skills=call.demand.needs[0].skills,
            own=call.skills,
            priority=call.priority,
            language=language,
            channel=call.channel,
            agent_only=call.agent,
            agent_for=call.agent_for,
            credit=call.credit,
            expected=call.expected,
            asked_by=call.asked_by,
        )
    )
    for number in range(call.step):
        floor.say_relaxed(call, number + 1)


def withdraw(floor: Floor, message: Withdraw) -> None:
    call = floor.calls.get(message.call)
    if call is None:
        if message.call in floor.conversations:
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
        parallel.let_go(floor, floor.items[offer])
    return floor.agents[ended.agent]


def accept(floor: Floor, message: Accept) -> None:
    offer = floor.offers.get(message.offer)
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
    floor.conversations[call.call] = agent
    floor.said.append(
        CallConnected(call=call.call, agent=agent, queue=call.queue, waited=floor.now - call.queued)
    )


def reject(floor: Floor, message: Reject) -> None:
    if message.outcome == "accepted":
        raise UnexpectedEvent(f"offer {message.offer!r}: accepted is no way to reject")
    if message.offer in floor.offers:
        floor.miss(message.offer, message.outcome)
    else:
        floor.drop(message)


def release(floor: Floor, message: Release) -> None:
    name = message.call
    if name in floor.calls:
        raise UnexpectedEvent(f"call {name!r} waits, it does not talk")
    talks_with = floor.conversations.pop(name, None)
    if talks_with is None:
        floor.drop(message)
        return
    agent = floor.agents[talks_with]
    if agent.state != "talking" or agent.call != name:
        parallel.release(floor, agent, message)
        return
    agent.talked = _talked(floor, agent)
    floor.said.append(
        ConversationEnded(
            call=name,
            agent=talks_with,
            queue=agent.queue,
            talked=agent.talked,
            by=message.by,
            held=message.held,
        )
    )
    queue = floor.queues.get(agent.queue)
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


def take_over(floor: Floor, message: TakeOver) -> None:
    """A consulted agent takes the caller, who is with nobody just now. For the caller's sake that
    is a call of the queue in which the agent was found, answered at once."""
    conversations, name = floor.conversations, message.call
    if name in floor.calls or name in conversations:
        raise UnexpectedEvent(f"call {name!r} waits or talks already")
    talks_with = conversations.get(message.consult)
    if talks_with is None:
        floor.drop(message)
        return
    agent = floor.agents[talks_with]
    if agent.state != "talking" or agent.call != message.consult:
        raise UnexpectedEvent(f"{message.consult!r} is no conversation by voice")
    del conversations[message.consult]
    queue, talked = agent.queue, _talked(floor, agent)
    conversations[name] = talks_with
    floor.said += (
        ConversationEnded(
            call=message.consult, agent=talks_with, queue=queue, talked=talked, by="agent"
        ),
        WrapUpEnded(call=message.consult, agent=talks_with, queue=queue, lasted=0.0, by="agent"),
        CallQueued(call=name, queue=queue, position=1),
        CallLeftQueue(call=name, queue=queue, outcome="connected", waited=0.0),
        CallConnected(call=name, agent=talks_with, queue=queue, waited=0.0),
    )
    agent.call, agent.joined = name, None
    floor.become(agent, "take_over")


def _talked(floor: Floor, agent: Seat) -> float:
    """Seconds of the conversation that an agent is in."""
    return floor.now - (agent.since if agent.joined is None else agent.joined)
