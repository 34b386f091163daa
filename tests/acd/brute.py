"""A router written to be obvious, not fast: whoever must be found is found by looking at all.

It shares no code with the room `acd`, only the words, and says the same facts: the texts of
refusals apart, which `told` blanks, and the expected wait, which it is given.
"""

from collections.abc import Sequence

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
from calls import actions, events, facts
from calls.actions import Refused
from calls.facts import Fact
from tests.acd.brute_asked import Asked
from tests.acd.brute_world import Caller, Item, Person


def told(said: Sequence[Fact | Refused]) -> list[Fact | Refused]:
    """The same without what refusals say to people."""
    return [
        Refused(reason=fact.reason, message="") if isinstance(fact, Refused) else fact
        for fact in said
    ]


class Brute(Asked):
    """`handle` says what must be said for a message."""

    # Time

    def tick(self) -> None:
        while True:
            due, kind, name, offer = min(self.timers(), default=(self.now + 1, 0, "", ""))
            if due > self.now:
                return
            if kind == 0:
                self.time_of_person(self.people[name])
            elif kind == 1:
                self.time_of_item(offer)
            else:
                self.time_of_caller(self.callers[name])
            self.settle()

    def time_of_person(self, person: Person) -> None:
        if person.state == "reserved":
            mine = next(offer for offer, bid in self.bids.items() if bid.agent == person.name)
            self.lost(mine, "timed_out")
        elif person.state == "wrap_up":
            self.done(person, "timeout")
        elif person.name in self.phones:
            self.get_ready(person)
        else:
            self.turn(person, "not_ready", "phone gone")

    def time_of_item(self, offer: str) -> None:
        person = next(person for person in self.people.values() if offer in person.items)
        item = person.items[offer]
        if item.phase == "offered":
            self.lost(offer, "timed_out")
        else:
            self.say_wrapped(person, item.call, item.queue, self.now - item.since, "timeout")
            self.item_gone(person, item)

    def time_of_caller(self, caller: Caller) -> None:
        changed = False
        if caller.bound and caller.bound_until <= self.now:
            self.unbind(caller)
            changed = True
        changed |= self.relax_due(caller)
        if caller.held is not None and caller.held <= self.now:
            caller.held = None
            changed = True
        if changed:
            self.look(caller)
        self.overflow_later(caller)

    def settle(self) -> None:
        """What follows at the end of a message, or of one thing that its time has made happen."""
        freed, self.freed = self.freed, []
        there = [self.callers[name] for name in freed if name in self.callers]
        for caller in sorted(there, key=lambda c: (-self.score(c), c.order)):
            self.look(caller)
        deserted = {
            (rule, queue)
            for queue in self.queues
            for rule in ("nobody_signed_in", "nobody_ready")
            if self.nobody(rule, queue)
        }
        fresh, self.deserted = deserted - self.deserted, deserted
        for queue in sorted({queue for _, queue in fresh}):
            for name in self.line(queue):
                self.overflow_later(self.callers[name])

    # Messages

    def handle(
        self,
        message: AcdMessage,
        now: float,
        expected: tuple[float, float] | None = None,
    ) -> list[Fact | Refused]:
        """`expected` is the wait that a call enqueued now should expect."""
        self.now, self.out = now, []
        match message:
            case events.Tick():
                self.tick()
            case Enqueue():
                self.enqueue(message, expected)
            case Withdraw():
                self.withdraw(message)
            case Accept():
                self.accept(message)
            case Reject(offer=offer, outcome=outcome):
                self.lost(offer, outcome) if offer in self.bids else self.drop(message)
            case Release():
                self.release(message)
            case TakeOver():
                self.take_over(message)
            case KeepPlace():
                self.keep_place(message)
            case Reached() | Unreached():
                self.called_back(message)
            case events.PhoneChanged(phone=phone, online=online):
                self.phone(phone, online)
            case actions.ConfigureQueue(queue=queue):
                self.configure_queue(queue)
            case actions.RemoveQueue(queue=name):
                self.remove_queue(name)
            case actions.ConfigureAgent(agent=agent):
                self.configure_agent(agent)
            case _:
                self.asked_by(message)
        self.settle()
        return self.out

    def enqueue(self, message: Enqueue, expected: tuple[float, float] | None) -> None:
        if message.queue not in self.queues:
            self.refuse("unknown")
            return
        caller = Caller(
            message.call,
            message.queue,
            message.skills,
            message.priority,
            message.channel,
            message.credit,
            self.now,
            self.next_order(),
        )
        bound = self.people.get(message.agent)
        if bound and bound.there and message.agent_for > 0:
            caller.bound, caller.bound_until = bound.name, self.now + message.agent_for
        self.callers[caller.name] = caller
        self.relax_to(caller, 0)
        position = self.line(caller.queue).index(caller.name) + 1
        self.say(
            facts.CallQueued(
                call=caller.name,
                queue=caller.queue,
                position=position,
                skills=dict(caller.needs),
                own=message.skills,
                priority=message.priority,
                language=message.language,
                channel=message.channel,
                agent_only=caller.bound,
                agent_for=message.agent_for if caller.bound else 0.0,
                credit=message.credit,
                expected=expected,
            )
        )
        self.relax_due(caller)
        passer = message.passed_by
        if not self.overflow_at_once(caller, position, expected, passer, message.admitted):
            self.look(caller, passer)
        if passer in self.people:
            self.seek(self.people[passer])

    def withdraw(self, message: Withdraw) -> None:
        caller = self.callers.get(message.call)
        if caller is None:
            self.drop(message)
            return
        rang = [self.people[self.bids[offer].agent] for offer in caller.offers]
        for offer in list(caller.offers):
            self.close(offer, "rescinded")
        self.quit_queue(caller, message.outcome)
        for person in rang:
            if caller.channel == "voice":
                self.turn(person, "ready")
            self.seek(person)

    def accept(self, message: Accept) -> None:
        if message.offer not in self.bids:
            self.drop(message)
            return
        winner = self.people[self.bids[message.offer].agent]
        caller = self.close(message.offer, "accepted")
        losers = [self.people[self.bids[offer].agent] for offer in caller.offers]
        for offer, loser in zip(list(caller.offers), losers, strict=True):
            self.close(offer, "answered_elsewhere")
            self.turn(loser, "ready")
        if caller.virtual:
            caller.agent = winner.name
        else:
            self.connect(caller, winner)
        winner.taken += 1
        winner.ronas = 0
        if caller.channel == "voice":
            self.turn(winner, "talking")
        else:
            winner.items[message.offer] = Item(
                message.offer,
                caller.name,
                caller.queue,
                caller.channel,
                "active",
                self.now,
                None,
            )
        for loser in losers:
            self.seek(loser)

    def connect(self, caller: Caller, person: Person) -> None:
        self.quit_queue(caller, "connected")
        person.began = self.now
        waited = self.now - caller.since
        self.say(
            facts.CallConnected(
                call=caller.name, agent=person.name, queue=caller.queue, waited=waited
            )
        )

    def release(self, message: Release) -> None:
        for person in self.people.values():
            if person.state == "talking" and person.call == message.call:
                self.say_ended(person, message, person.queue, person.began)
                self.wrap_up(person)
                return
            for item in person.items.values():
                if item.phase == "active" and item.call == message.call:
                    self.say_ended(person, message, item.queue, item.since)
                    self.wrap_up_item(person, item)
                    return
        self.drop(message)

    def take_over(self, message: TakeOver) -> None:
        talking = (person for person in self.people.values() if person.state == "talking")
        person = next((person for person in talking if person.call == message.consult), None)
        if person is None or message.consult in self.callers:
            self.drop(message)
            return
        over = Release(call=message.consult, by="agent")
        self.say_ended(person, over, person.queue, person.began)
        self.say_wrapped(person, message.consult, person.queue, 0.0, "agent")
        call, name, queue = message.call, person.name, person.queue
        self.say(facts.CallQueued(call=call, queue=queue, position=1))
        self.say(facts.CallLeftQueue(call=call, queue=queue, outcome="connected", waited=0.0))
        self.say(facts.CallConnected(call=call, agent=name, queue=queue, waited=0.0))
        person.call, person.began = call, self.now
        self.turn(person, "talking")

    def say_ended(self, person: Person, message: Release, queue: str, began: float) -> None:
        self.say(
            facts.ConversationEnded(
                call=message.call,
                agent=person.name,
                queue=queue,
                talked=self.now - began,
                by=message.by,
            )
        )

    def wrap_up(self, person: Person) -> None:
        queue = self.queues.get(person.queue)
        if person.disposition is not None:
            self.done(person, "agent", *person.disposition)
        elif person.leaving or queue is None or not (queue.wrap_up or queue.wrap_up_manual):
            self.done(person, "timeout")
        else:
            person.extended = 0
            until = None if queue.wrap_up_manual else self.now + queue.wrap_up
            self.turn(person, "wrap_up", until=until)

    def wrap_up_item(self, person: Person, item: Item) -> None:
        queue = self.queues.get(item.queue)
        if person.leaving or queue is None or queue.wrap_up_manual or not queue.wrap_up:
            self.say_wrapped(person, item.call, item.queue, 0.0, "timeout")
            self.item_gone(person, item)
        else:
            item.phase, item.since, item.until = "wrap_up", self.now, self.now + queue.wrap_up

    def keep_place(self, message: KeepPlace) -> None:
        caller = self.callers.get(message.call)
        if caller is None or caller.virtual or caller.channel != "voice":
            self.drop(message)
            return
        caller.virtual = True
        self.say(facts.PlaceKept(call=caller.name, queue=caller.queue, number=message.number))

    def called_back(self, message: Reached | Unreached) -> None:
        caller = self.callers.get(message.call)
        if caller is None or not caller.agent:
            self.drop(message)
            return
        person = self.people[caller.agent]
        queue = self.queues[caller.queue]
        attempt = caller.attempts + 1
        if isinstance(message, Reached) or message.outcome != "lost":
            caller.attempts = attempt
        retry = None
        if isinstance(message, Unreached) and caller.attempts < queue.callback_attempts:
            retry = self.now + queue.callback_retry
        self.say(
            facts.CallbackTried(
                call=caller.name,
                queue=caller.queue,
                agent=person.name,
                attempt=attempt,
                outcome="answered" if isinstance(message, Reached) else message.outcome,
                retry=retry,
            )
        )
        if isinstance(message, Reached):
            self.connect(caller, person)
            return
        if retry is None:
            self.quit_queue(caller, "unreached")
        else:
            caller.agent, caller.held = "", retry
        self.after_work(person)

    def phone(self, phone: str, online: bool) -> None:
        if online == (phone in self.phones):
            return
        (self.phones.add if online else self.phones.discard)(phone)
        person = self.people.get(phone)
        if person is None:
            return
        self.say(facts.AgentPhoneChanged(agent=phone, online=online))
        if not online and person.state in ("ready", "reserved"):
            self.leave_post(person, "unreachable", "not_ready", "phone gone")
