"""Random histories of a small center: everything that can happen, often close together."""

from random import Random

from acd.acd import Acd
from acd.messages import Accept, AcdMessage, Enqueue, Reject, Release, Withdraw
from calls import actions, events
from calls.base import OfferOutcome
from calls.config import Agent, Queue, Strategy

QUEUES = ("sales", "support", "vip")
AGENTS = ("ann", "bob", "cyd", "dan", "eve", "fay")
STRATEGIES: tuple[Strategy, ...] = ("longest_idle", "least_occupied", "best_skill", "fewest_calls")
REJECTED: tuple[OfferOutcome, ...] = (
    "declined",
    "busy",
    "unreachable",
    "failed",
    "timed_out",
    "rescinded",
)


def queue(rng: Random, name: str) -> Queue:
    return Queue(
        name=name,
        strategy=rng.choice(STRATEGIES),
        skills={"phone": rng.randint(1, 3)} if rng.random() < 0.5 else {},
        offer_timeout=rng.choice((5.0, 15.0)),
        wrap_up=rng.choice((0.0, 10.0)),
        slope=rng.choice((0.5, 1.0, 2.0)),
        priority=rng.choice((0.0, 0.0, 8.0)),
    )


def agent(rng: Random, name: str) -> Agent:
    return Agent(
        name=name,
        skills={
            skill: rng.randint(1, 10)
            for skill in ("phone", "lang:en", "lang:pl", "billing")
            if rng.random() < 0.8
        },
        queues={name: rng.randint(1, 2) for name in QUEUES if rng.random() < 0.7},
        rona_limit=rng.choice((1, 2, 3)),
    )


def opening(rng: Random) -> list[AcdMessage]:
    """The center set up, most agents at their phones."""
    messages: list[AcdMessage] = [actions.ConfigureQueue(queue=queue(rng, name)) for name in QUEUES]
    for name in AGENTS:
        messages.append(actions.ConfigureAgent(agent=agent(rng, name)))
        messages.append(events.PhoneChanged(phone=name, online=True))
        if rng.random() < 0.7:
            messages.append(actions.SetAgentState(agent=name, state="ready"))
    return messages


def pause(rng: Random) -> float:
    """Seconds until the next thing happens: mostly little, now and then a quiet time."""
    return rng.choice((0.0, 0.0, 0.25, 1.0, 2.0, 3.0, 5.0)) if rng.random() < 0.97 else 300.0


def step(rng: Random, acd: Acd, number: int) -> AcdMessage:
    """Something that can happen next; now and then something that is late. Rushes and quiet
    times take turns."""
    state = acd.snapshot()
    offers, talking, waiting = list(state.offers), list(state.conversations), list(state.waiting)
    if offers and rng.random() < 0.4:
        return Accept(offer=rng.choice(offers))
    if talking and rng.random() < 0.2:
        return Release(call=rng.choice(talking), by="caller")
    if waiting and rng.random() < 0.02 * len(waiting):
        return Withdraw(call=rng.choice(waiting), outcome="abandoned")
    roll = rng.random()
    rush = (number // 40) % 2
    if roll < (0.5 if rush else 0.15):
        return Enqueue(
            call=f"c{number}",
            queue=rng.choice(QUEUES),
            skills={"billing": rng.randint(1, 5)} if rng.random() < 0.3 else {},
            priority=rng.choice((0.0, 0.0, 4.0, 30.0)),
            language=rng.choice(("", "en", "pl")),
        )
    if roll < 0.55 and (offers or rush):
        offer = rng.choice(offers) if offers else "o1"
        return Reject(offer=offer, outcome=rng.choice(REJECTED))
    if roll < 0.95 and state.agents:
        return asked(rng, rng.choice(sorted(state.agents)))
    return configured(rng, acd)


def asked(rng: Random, name: str) -> AcdMessage:
    roll = rng.random()
    if roll < 0.55:
        return actions.SetAgentState(agent=name, state="ready")
    if roll < 0.62:
        return actions.SetAgentState(agent=name, state="not_ready", reason="break")
    if roll < 0.66:
        return actions.SetAgentState(agent=name, state="logged_out")
    if roll < 0.80:
        return actions.FinishWrapUp(agent=name, code="done")
    if roll < 0.85:
        return actions.DeclineOffer(agent=name)
    return events.PhoneChanged(phone=name, online=rng.random() < 0.7)


def configured(rng: Random, acd: Acd) -> AcdMessage:
    state = acd.snapshot()
    roll = rng.random()
    if roll < 0.4:
        return actions.ConfigureAgent(agent=agent(rng, rng.choice(AGENTS)))
    if roll < 0.8:
        return actions.ConfigureQueue(queue=queue(rng, rng.choice(QUEUES)))
    if roll < 0.9 and state.agents:
        return actions.RemoveAgent(agent=rng.choice(sorted(state.agents)))
    if state.queues:
        return actions.RemoveQueue(queue=rng.choice(sorted(state.queues)))
    return events.Tick()
