"""Random histories of a small center: everything that can happen, often close together.

What can happen next depends on how things stand, so a history is made while it is lived: `Maker`
looks at the brute-force router, which takes every message too. All times are multiples of a
quarter of a second, which floating point adds and compares exactly.
"""

from random import Random
from typing import TypeVar

from msgspec.structs import replace

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
from calls import actions, events
from calls.base import Channel, EndCause, OfferOutcome, OverflowWhen
from calls.config import Agent, Overflow, Queue, Relaxation, Strategy
from calls.hours import Hours
from tests.acd.brute_world import Caller, Person, World

Thing = TypeVar("Thing")

QUEUES = ("sales", "support", "vip", "web")
AGENTS = ("ann", "bob", "cyd", "dan", "eve", "fay")
SKILLS = ("phone", "billing", "lang:pl")
STRATEGIES: tuple[Strategy, ...] = (
    "longest_idle",
    "least_occupied",
    "best_skill",
    "fewest_calls",
    "round_robin",
    "in_order",
    "ring_all",
    "ring_all",
)
REJECTED: tuple[OfferOutcome, ...] = (
    "declined",
    "busy",
    "unreachable",
    "failed",
    "timed_out",
    "timed_out",
    "rescinded",
    "answered_elsewhere",
)
RULES: tuple[OverflowWhen, ...] = (
    "waited",
    "waited",
    "length",
    "expected_wait",
    "nobody_signed_in",
    "nobody_ready",
    "nobody_ready",
    "closed",
    "full",
)
CHANNELS: tuple[Channel, ...] = ("voice", "voice", "voice", "voice", "chat", "email")
UNREACHED: tuple[EndCause, ...] = ("no_answer", "busy", "unreachable")
#: Around the time at which the histories begin, 22:13:20 in UTC.
HOURS = Hours(zone="UTC", weekly={"tue": ("22:00-22:30", "23:00-23:20"), "wed": ("00:00-12:00",)})
#: As many callers as wait at once, more or less.
CROWD = 12


class Maker:
    """Makes one history; what is likely in it differs from history to history."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.number = 0
        #: How likely a queue has these, in this history.
        self.relaxing = rng.choice((0.0, 0.5, 0.9))
        self.overflowing = rng.choice((0.0, 0.2, 0.6))
        self.ringing = rng.choice((0.0, 0.5))
        self.parallel = rng.choice((False, True))
        self.strategies: tuple[Strategy, ...] = rng.choice((STRATEGIES, (rng.choice(STRATEGIES),)))
        self.agents = AGENTS[: self.one(2, 4, 6, 6)]
        #: The calls enqueued of late.
        self.late_calls: list[Enqueue] = []

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def one(self, *these: Thing) -> Thing:
        return these[int(self.rng.random() * len(these))]

    # Configuration

    def queue(self, name: str) -> Queue:
        one, chance = self.one, self.chance
        return Queue(
            name=name,
            strategy=one(*self.strategies),
            skills={skill: one(1, 2, 3) for skill in SKILLS[:2] if chance(0.3)},
            offer_timeout=one(5.0, 15.0),
            wrap_up=one(0.0, 10.0),
            slope=one(0.0, 0.5, 1.0, 1.0, 2.0),
            priority=one(0.0, 0.0, 8.0),
            relaxation=self.relaxation(name) if chance(self.relaxing) else (),
            ring=one(0, 1, 1, 2) if chance(self.ringing) else 0,
            overflow=tuple(self.overflow() for _ in range(one(1, 2, 3)))
            if chance(self.overflowing)
            else (),
            limit=one(1, 3, 5) if chance(self.overflowing / 3) else 0,
            closed=chance(0.03),
            hours=HOURS if chance(0.05) else None,
            overdue=one(0.0, 6.0, 30.0, 300.0),
            wrap_up_manual=chance(0.15),
            wrap_up_extension=one(0.0, 5.0, 5.0),
            wrap_up_extensions=one(0, 1, 2),
            rest=one(0.0, 0.0, 0.0, 4.0),
            ring_limit=one(1, 2, 3, 20),
            callback_attempts=one(1, 2, 3),
            callback_retry=one(0.0, 8.0, 20.0),
        )

    def relaxation(self, name: str) -> tuple[Relaxation, ...]:
        one, chance = self.one, self.chance
        return tuple(
            Relaxation(
                after=one(0.0, 3.0, 5.0, 10.0, 10.0, 20.0),
                skills={skill: one(0, 0, 1, 2, 5) for skill in SKILLS if chance(0.4)},
                queues=tuple(queue for queue in QUEUES if queue != name and chance(0.25)),
                ring=one(None, None, 0, 1, 2),
            )
            for _ in range(one(1, 2, 3))
        )

    def overflow(self) -> Overflow:
        when = self.one(*RULES)
        limits = (0.0, 2.0, 4.0) if when == "length" else (0.0, 5.0, 10.0, 20.0, 40.0)
        return Overflow(
            when=when,
            limit=self.one(*limits),
            to=self.one("queue", "number", "flow"),
            target=self.one("night", "later"),
        )

    def agent(self, name: str) -> Agent:
        one, chance = self.one, self.chance
        return Agent(
            name=name,
            skills={skill: one(1, 2, 3, 5, 10) for skill in SKILLS if chance(0.8)},
            queues={queue: one(1, 1, 2, 3) for queue in QUEUES if chance(0.6)},
            rona_limit=one(1, 2, 3),
            capacity={"chat": one(1, 2, 3), "email": one(0, 1)}
            if self.parallel and chance(0.7)
            else {},
        )

    def opening(self) -> list[AcdMessage]:
        """The center set up, most agents at their phones."""
        messages: list[AcdMessage] = [
            actions.ConfigureQueue(queue=self.queue(name)) for name in QUEUES
        ]
        for name in self.agents:
            messages.append(actions.ConfigureAgent(agent=self.agent(name)))
            messages.append(events.PhoneChanged(phone=name, online=True))
            if self.chance(0.7):
                messages.append(actions.SetAgentState(agent=name, state="ready"))
        return messages

    # What happens

    def pause(self) -> float:
        """Seconds until the next thing happens: mostly little, now and then a quiet time."""
        if self.chance(0.98):
            return self.one(0.0, 0.0, 0.25, 1.0, 2.0, 3.0, 5.0)
        return self.one(30.0, 300.0, 1800.0)

    def next(self, world: World) -> AcdMessage:
        """Something that can happen next; now and then something that is late. Rushes, in which
        calls wait for agents, and lulls, in which agents wait for calls, take turns."""
        self.number += 1
        rush = (self.number // 40) % 2
        if world.bids and self.chance(0.35):
            return Accept(offer=self.one(*world.bids))
        if self.chance(0.2 if rush else 0.3) and (message := self.over(world)):
            return message
        waiting = list(world.callers.values())
        if waiting and self.chance((0.02 if rush else 0.05) * len(waiting)):
            return self.about(self.one(*waiting))
        roll = self.rng.random()
        if roll < (0.5 if rush else 0.2) and len(waiting) < CROWD:
            return self.again(world) or self.enqueue()
        if roll < (0.55 if rush else 0.25) and (world.bids or rush):
            offer = self.one(*world.bids) if world.bids else "o1"
            return Reject(offer=offer, outcome=self.one(*REJECTED))
        if roll < 0.95 and world.people:
            person = world.people[self.one(*world.people)]
            if not rush and self.chance(0.6):
                return self.back_to_work(person, person.name in world.phones)
            if self.chance(0.5):
                return self.sensible(person, person.name in world.phones)
            return self.asked(person.name)
        return self.configured(world)

    def back_to_work(self, person: Person, online: bool) -> AcdMessage:
        """What makes an agent ready, if anything does."""
        if person.state == "wrap_up":
            return actions.FinishWrapUp(agent=person.name, code="done")
        wraps = [item.call for item in person.items.values() if item.phase != "offered"]
        if wraps and self.chance(0.5):
            return actions.FinishWrapUp(agent=person.name, call=self.one(*wraps))
        if person.state in ("logged_out", "not_ready") and not person.resting and online:
            return actions.SetAgentState(agent=person.name, state="ready")
        return events.PhoneChanged(phone=person.name, online=True)

    def over(self, world: World) -> AcdMessage | None:
        """A conversation ends, or a caller who is being called answers or does not."""
        called = [caller for caller in world.callers.values() if caller.agent]
        if called:
            call = self.one(*called).name
            if self.chance(0.5):
                return Reached(call=call)
            return Unreached(call=call, outcome=self.one(*UNREACHED))
        talking = [person.call for person in world.people.values() if person.state == "talking"]
        if talking and self.chance(0.1):
            self.number += 1
            return TakeOver(call=f"c{self.number}", consult=self.one(*talking, "gone"))
        for person in world.people.values():
            talking += [item.call for item in person.items.values() if item.phase == "active"]
        return Release(call=self.one(*talking), by=self.one("caller", "agent")) if talking else None

    def about(self, caller: Caller) -> AcdMessage:
        """Something about a call that waits."""
        if self.chance(0.3):
            return KeepPlace(call=caller.name, number=self.one("", "+48221234567"))
        if caller.agent or self.chance(0.05):
            return Reached(call=caller.name)
        return Withdraw(call=caller.name, outcome=self.one("abandoned", "failed", "moved"))

    def again(self, world: World) -> Enqueue | None:
        """A call comes (back) to another queue: it was transferred, overflowed, or cut off."""
        if not self.late_calls or self.chance(0.8):
            return None
        one = self.one(*self.late_calls)
        busy = {person.call for person in world.people.values() if person.state == "talking"}
        for person in world.people.values():
            busy |= {item.call for item in person.items.values() if item.phase == "active"}
        return None if one.call in world.callers or one.call in busy else one

    def enqueue(self) -> Enqueue:
        one, chance = self.one, self.chance
        direct = chance(0.2)
        message = Enqueue(
            call=f"c{self.number}",
            queue=one(*QUEUES),
            skills={"billing": one(1, 3, 5)} if chance(0.3) else {},
            priority=one(0.0, 0.0, 4.0, 30.0),
            language=one("", "en", "pl"),
            channel=one(*CHANNELS) if self.parallel else "voice",
            agent=one(*self.agents, "nobody") if direct else "",
            agent_for=one(0.0, 5.0, 20.0) if direct else 0.0,
            credit=one(0.0, 0.0, 0.0, 12.5, 400.0),
            passed_by=one("", "", *self.agents),
            admitted=chance(0.15),
        )
        self.late_calls = [*self.late_calls[-9:], replace(message, queue=one(*QUEUES))]
        return message

    def sensible(self, person: Person, online: bool) -> AcdMessage:
        """What an agent would ask for, as things stand."""
        name = person.name
        leave: AcdMessage = actions.SetAgentState(agent=name, state="not_ready", reason="break")
        ready: AcdMessage = actions.SetAgentState(agent=name, state="ready")
        finish: AcdMessage = actions.FinishWrapUp(agent=name, code="done")
        match person.state:
            case "wrap_up":
                extend = actions.ExtendWrapUp(agent=name)
                return self.one(extend, extend, extend, finish, leave)
            case "talking":
                return self.one(finish, leave, ready)
            case "reserved":
                return self.one(leave, actions.DeclineOffer(agent=name))
            case "ready" if self.chance(0.3):
                return self.one(leave, actions.SetAgentState(agent=name, state="logged_out"))
            case _ if online:
                return ready
            case _:
                return events.PhoneChanged(phone=name, online=True)

    def asked(self, name: str) -> AcdMessage:
        roll = self.rng.random()
        if roll < 0.48:
            return actions.SetAgentState(agent=name, state="ready")
        if roll < 0.55:
            reason = self.one("break", "break", "rest")
            return actions.SetAgentState(agent=name, state="not_ready", reason=reason)
        if roll < 0.60:
            return actions.SetAgentState(agent=name, state="logged_out")
        if roll < 0.75:
            return actions.FinishWrapUp(agent=name, code="done", note="well")
        if roll < 0.82:
            return actions.ExtendWrapUp(agent=name)
        if roll < 0.87:
            return actions.DeclineOffer(agent=name)
        return events.PhoneChanged(phone=name, online=self.chance(0.7))

    def configured(self, world: World) -> AcdMessage:
        roll = self.rng.random()
        if roll < 0.4:
            return actions.ConfigureAgent(agent=self.agent(self.one(*self.agents)))
        if roll < 0.8:
            return actions.ConfigureQueue(queue=self.queue(self.one(*QUEUES)))
        if roll < 0.9:
            return actions.RemoveAgent(agent=self.one(*self.agents))
        if roll < 0.95:
            return actions.RemoveQueue(queue=self.one(*QUEUES))
        return self.late()

    def late(self) -> AcdMessage:
        """Something about what is over or never was."""
        late: list[AcdMessage] = [
            events.Tick(),
            Release(call="gone", by="caller"),
            Withdraw(call="gone", outcome="abandoned"),
            KeepPlace(call="gone"),
            Reached(call="gone"),
            Unreached(call="gone", outcome="busy"),
            Accept(offer="gone"),
            Enqueue(call="gone", queue="nowhere"),
            actions.SetAgentState(agent="nobody", state="ready"),
            actions.SetAgentState(agent=self.one(*self.agents), state="not_ready", reason=" "),
        ]
        return self.one(*late)
