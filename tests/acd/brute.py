"""A router written to be obvious, not fast: whoever must be found is found by looking at all.

It shares no code with the room `acd`; only the words. It says what it does as plain tuples, which
`told` makes of the real facts too.
"""

from dataclasses import dataclass, field
from math import exp, log

from acd.messages import Accept, AcdMessage, Enqueue, Reject, Release, Withdraw
from calls import actions, events, facts
from calls.actions import Refused
from calls.config import Agent, Queue

Told = tuple[object, ...]
TAU = 1800.0


def told(said: list[facts.Fact | Refused]) -> list[Told]:
    """What matters of the facts, to compare with what `Brute` tells."""
    result: list[Told] = []
    for fact in said:
        match fact:
            case facts.OfferMade():
                result.append(("offer", fact.offer, fact.call, fact.agent, fact.waited, fact.until))
            case facts.OfferEnded():
                result.append(("end", fact.offer, fact.outcome, fact.lasted))
            case facts.AgentStateChanged():
                result.append((fact.agent, fact.state, fact.reason, fact.until))
            case facts.CallLeftQueue():
                result.append(("left", fact.call, fact.outcome, fact.waited))
            case facts.CallQueued():
                result.append(("queued", fact.call, fact.position))
            case facts.WrapUpEnded():
                result.append(("wrapped", fact.call, fact.agent, fact.lasted, fact.by, fact.code))
            case Refused():
                result.append(("refused", fact.reason))
            case _:
                pass
    return result


@dataclass
class Person:
    config: Agent
    since: float
    state: str = "logged_out"
    reason: str = ""
    until: float | None = None
    idle: int = 0
    call: str = ""
    queue: str = ""
    offer: str = ""
    wish: tuple[str, str] | None = None
    code: str | None = None
    ronas: int = 0
    taken: int = 0
    leaving: bool = False
    #: (busy, seconds) since signing in.
    past: list[tuple[bool, float]] = field(default_factory=list)

    def occupancy(self, now: float) -> float:
        value = 0.0
        for busy, seconds in [*self.past, (False, now - self.since)]:
            fade = exp(-seconds / TAU)
            value = 1 - (1 - value) * fade if busy else value * fade
        return value


@dataclass
class Caller:
    name: str
    queue: str
    needs: dict[str, int]
    head_start: float
    language: str
    since: float
    order: int
    offer: str = ""


class Brute:
    def __init__(self) -> None:
        self.queues: dict[str, Queue] = {}
        self.people: dict[str, Person] = {}
        self.callers: dict[str, Caller] = {}
        #: offer -> (call, agent, made)
        self.offers: dict[str, tuple[str, str, float]] = {}
        self.phones: set[str] = set()
        self.minted = 0
        self.clock = 0
        self.now = 0.0
        self.out: list[Told] = []

    # Who fits, and who is first

    def fits(self, person: Person, caller: Caller) -> bool:
        have = person.config.skills
        return (
            caller.queue in person.config.queues
            and all(have.get(s, 0) >= n for s, n in self.queues[caller.queue].skills.items())
            and all(have.get(s, 0) >= n for s, n in caller.needs.items())
            and (not caller.language or have.get("lang:" + caller.language, 0) >= 1)
        )

    def score(self, caller: Caller) -> float:
        queue = self.queues[caller.queue]
        return queue.slope * (self.now - caller.since) + queue.priority + caller.head_start

    def line(self, queue: str) -> list[str]:
        there = [caller for caller in self.callers.values() if caller.queue == queue]
        return [c.name for c in sorted(there, key=lambda c: (-self.score(c), c.order))]

    def rank(self, person: Person, caller: Caller) -> tuple[float, float, float]:
        queue = self.queues[caller.queue]
        by = 0.0
        if queue.strategy == "fewest_calls":
            by = person.taken
        elif queue.strategy == "best_skill":
            needed = {*queue.skills, *caller.needs}
            if caller.language:
                needed.add("lang:" + caller.language)
            by = -sum(person.config.skills.get(skill, 0) for skill in needed)
        elif queue.strategy == "least_occupied":
            occupancy = person.occupancy(self.now)
            by = round(log(occupancy), 5) if occupancy > 0 else -1e9
        return person.config.queues[caller.queue], by, person.idle

    def find_person(self, caller: Caller, but: str = "") -> None:
        idle = [
            p
            for p in self.people.values()
            if p.state == "ready" and p.config.name != but and self.fits(p, caller)
        ]
        if idle:
            self.offer(caller, min(idle, key=lambda p: self.rank(p, caller)))

    def find_caller(self, person: Person) -> None:
        there = [c for c in self.callers.values() if not c.offer and self.fits(person, c)]
        if there:
            first = min(
                there, key=lambda c: (person.config.queues[c.queue], -self.score(c), c.order)
            )
            self.offer(first, person)

    def offer(self, caller: Caller, person: Person) -> None:
        self.minted += 1
        caller.offer = person.offer = f"o{self.minted}"
        person.call, person.queue = caller.name, caller.queue
        until = self.now + self.queues[caller.queue].offer_timeout
        self.offers[caller.offer] = (caller.name, person.config.name, self.now)
        waited = self.now - caller.since
        self.out.append(("offer", caller.offer, caller.name, person.config.name, waited, until))
        self.turn(person, "reserved", until=until)

    # What happens to people and offers

    def turn(
        self, person: Person, state: str, reason: str = "", until: float | None = None
    ) -> None:
        busy = person.state in ("reserved", "talking", "wrap_up")
        if busy or person.state == "ready":
            person.past.append((busy, self.now - person.since))
        if person.state == "logged_out":
            person.past, person.taken = [], 0
        person.state, person.reason, person.until = state, reason, until
        person.since = self.now
        if state in ("ready", "not_ready", "logged_out"):
            person.call = person.queue = person.offer = ""
            person.wish = person.code = None
        self.out.append((person.config.name, state, reason, until))

    def tick_order(self) -> int:
        self.clock += 1
        return self.clock

    def get_ready(self, person: Person) -> None:
        person.ronas = 0
        person.idle = self.tick_order()
        self.turn(person, "ready")
        self.find_caller(person)

    def close(self, offer: str, outcome: str) -> tuple[Caller, Person]:
        call, agent, made = self.offers.pop(offer)
        caller, person = self.callers[call], self.people[agent]
        caller.offer = ""
        self.out.append(("end", offer, outcome, self.now - made))
        return caller, person

    def lost(self, offer: str, outcome: str) -> None:
        caller, person = self.close(offer, outcome)
        name = person.config.name
        if outcome == "timed_out":
            person.ronas += 1
            if person.ronas < person.config.rona_limit:
                person.idle = self.tick_order()
                self.turn(person, "ready")
                self.find_person(caller, but=name)
                self.find_caller(person)
                return
        if outcome == "rescinded":
            self.turn(person, "ready")
            self.find_person(caller, but=name)
            self.find_caller(person)
            return
        self.turn(person, "not_ready", "no answer" if outcome == "timed_out" else outcome)
        self.find_person(caller)

    def quit_queue(self, caller: Caller, outcome: str) -> None:
        del self.callers[caller.name]
        self.out.append(("left", caller.name, outcome, self.now - caller.since))

    def done(self, person: Person, by: str, code: str) -> None:
        name = person.config.name
        lasted = self.now - person.since if person.state == "wrap_up" else 0.0
        self.out.append(("wrapped", person.call, name, lasted, by, code))
        if person.leaving:
            self.turn(person, "logged_out")
            del self.people[name]
        elif person.wish and person.wish[0] != "ready":
            self.turn(person, *person.wish)
        elif name not in self.phones:
            self.turn(person, "not_ready", "phone gone")
        else:
            self.get_ready(person)

    # Messages

    def deadline(self) -> float | None:
        return min((p.until for p in self.people.values() if p.until is not None), default=None)

    def handle(self, message: AcdMessage, now: float) -> list[Told]:
        self.now, self.out = now, []
        match message:
            case Enqueue():
                self.enqueue(message)
            case Withdraw(call=call, outcome=outcome):
                self.withdraw(call, outcome)
            case Accept(offer=offer) if offer in self.offers:
                caller, person = self.close(offer, "accepted")
                self.quit_queue(caller, "connected")
                person.taken += 1
                person.ronas = 0
                person.offer = ""
                self.turn(person, "talking")
            case Reject(offer=offer, outcome=outcome) if offer in self.offers:
                self.lost(offer, outcome)
            case Release(call=call):
                self.release(call)
            case events.Tick():
                self.tick()
            case events.PhoneChanged(phone=phone, online=online):
                self.phone(phone, online)
            case actions.ConfigureQueue(queue=queue):
                self.queues[queue.name] = queue
                for name in self.line(queue.name):
                    if not self.callers[name].offer:
                        self.find_person(self.callers[name])
            case actions.RemoveQueue(queue=name):
                if self.line(name):
                    self.out.append(("refused", "wrong_state"))
                else:
                    del self.queues[name]
            case actions.ConfigureAgent(agent=agent):
                person = self.people.setdefault(agent.name, Person(agent, now))
                person.config, person.leaving = agent, False
                if person.state == "ready":
                    self.find_caller(person)
            case _:
                self.asked(message)
        return self.out

    def enqueue(self, message: Enqueue) -> None:
        if message.queue not in self.queues:
            self.out.append(("refused", "unknown"))
            return
        caller = Caller(
            message.call,
            message.queue,
            message.skills,
            message.priority,
            message.language,
            self.now,
            self.tick_order(),
        )
        self.callers[caller.name] = caller
        position = self.line(caller.queue).index(caller.name) + 1
        self.out.append(("queued", caller.name, position))
        self.find_person(caller)

    def withdraw(self, call: str, outcome: str) -> None:
        caller = self.callers.get(call)
        if caller is None:
            return
        person = self.close(caller.offer, "rescinded")[1] if caller.offer else None
        self.quit_queue(caller, outcome)
        if person is not None:
            self.turn(person, "ready")
            self.find_caller(person)

    def release(self, call: str) -> None:
        for person in self.people.values():
            if person.state == "talking" and person.call == call:
                queue = self.queues.get(person.queue)
                if person.code is not None:
                    self.done(person, "agent", person.code)
                elif person.leaving or queue is None or not queue.wrap_up:
                    self.done(person, "timeout", "")
                else:
                    self.turn(person, "wrap_up", until=self.now + queue.wrap_up)
                return

    def tick(self) -> None:
        while True:
            due = [p for p in self.people.values() if p.until is not None and p.until <= self.now]
            if not due:
                return
            person = min(due, key=lambda p: (p.until, p.config.name))
            if person.state == "reserved":
                self.lost(person.offer, "timed_out")
            else:
                self.done(person, "timeout", "")

    def phone(self, phone: str, online: bool) -> None:
        if online:
            self.phones.add(phone)
            return
        self.phones.discard(phone)
        person = self.people.get(phone)
        if person is not None and person.state == "ready":
            self.turn(person, "not_ready", "phone gone")
        elif person is not None and person.state == "reserved":
            caller, _ = self.close(person.offer, "unreachable")
            self.turn(person, "not_ready", "phone gone")
            self.find_person(caller)

    def asked(self, message: AcdMessage) -> None:
        match message:
            case actions.SetAgentState(agent=name):
                self.set_state(self.people[name], message)
            case actions.DeclineOffer(agent=name):
                if self.people[name].state == "reserved":
                    self.lost(self.people[name].offer, "declined")
                else:
                    self.out.append(("refused", "wrong_state"))
            case actions.FinishWrapUp(agent=name, code=code):
                person = self.people[name]
                if person.state == "wrap_up":
                    self.done(person, "agent", code)
                elif person.state == "talking":
                    person.code = code
                else:
                    self.out.append(("refused", "wrong_state"))
            case actions.RemoveAgent(agent=name):
                self.remove(self.people[name])
            case _:
                pass

    def set_state(self, person: Person, message: actions.SetAgentState) -> None:
        wish = (message.state, message.reason)
        if message.state == "ready" and message.agent not in self.phones:
            self.out.append(("refused", "wrong_state"))
        elif person.state in ("talking", "wrap_up"):
            person.wish = wish
        elif message.state == "ready":
            if person.state in ("logged_out", "not_ready"):
                self.get_ready(person)
        elif person.state == "reserved":
            caller, _ = self.close(person.offer, "declined")
            self.turn(person, *wish)
            self.find_person(caller)
        elif (person.state, person.reason) != wish:
            self.turn(person, *wish)

    def remove(self, person: Person) -> None:
        name = person.config.name
        if person.state == "talking":
            person.leaving = True
        elif person.state == "wrap_up":
            person.leaving = True
            self.done(person, "timeout", "")
        else:
            caller = self.close(person.offer, "rescinded")[0] if person.offer else None
            if person.state != "logged_out":
                self.turn(person, "logged_out")
            if caller is not None:
                self.find_person(caller)
            del self.people[name]
