"""The moves of the brute-force router: a call looks for an agent, an agent for a call, an offer
ends, a call overflows."""

from acd.messages import AcdMessage
from calls import facts
from calls.actions import Refused
from calls.base import OfferOutcome, QueueOutcome
from calls.config import Overflow, Relaxation
from calls.facts import Fact
from tests.acd.brute_world import LATER, Bid, Caller, Item, Person, World

#: What an agent who did not take an offer is not ready for.
REASONS = {"timed_out": "no answer"}


class Moves(World):
    """Each move changes who is there, and says so."""

    def __init__(self) -> None:
        super().__init__()
        #: The (rule, queue) that held when the last message was over: nobody there.
        self.deserted: set[tuple[str, str]] = set()
        #: Calls that have just stopped waiting for one agent only.
        self.freed: list[str] = []

    def say(self, fact: Fact) -> None:
        self.out.append(fact)

    def refuse(self, reason: str) -> None:
        self.out.append(Refused(reason=reason, message=""))  # type: ignore[arg-type]

    def drop(self, message: AcdMessage) -> None:
        self.dropped[type(message).__name__] += 1

    def next_order(self) -> int:
        self.clock += 1
        return self.clock

    # Needs

    def steps(self, caller: Caller) -> list[Relaxation]:
        return sorted(self.queues[caller.queue].relaxation, key=lambda step: step.after)

    def relax_to(self, caller: Caller, step: int) -> None:
        """Put so many steps of relaxation in force."""
        queue = self.queues[caller.queue]
        needs = dict(queue.skills)
        for skill, level in caller.skills.items():
            needs[skill] = max(level, needs.get(skill, 0))
        wider: list[str] = []
        ring = queue.ring
        for relaxation in self.steps(caller)[:step]:
            for skill, level in relaxation.skills.items():
                if skill in needs and level < needs[skill]:
                    needs[skill] = level
                    if level == 0:
                        del needs[skill]
            wider += [name for name in relaxation.queues if name not in wider]
            if relaxation.ring is not None and ring and not 0 < relaxation.ring < ring:
                ring = relaxation.ring
        caller.step, caller.needs, caller.wider, caller.ring = step, needs, tuple(wider), ring

    def say_relaxed(self, caller: Caller, step: int) -> None:
        self.say(
            facts.CallRelaxed(
                call=caller.name,
                queue=caller.queue,
                step=step,
                skills=dict(caller.needs),
                queues=caller.wider,
                ring=caller.ring,
            )
        )

    def unbind(self, caller: Caller) -> None:
        caller.bound = ""
        self.say_relaxed(caller, 0)

    def relax_due(self, caller: Caller) -> bool:
        """Take the steps whose time has come; was there any?"""
        steps, before = self.steps(caller), caller.step
        while caller.step < len(steps) and steps[caller.step].after <= self.now - caller.since:
            self.relax_to(caller, caller.step + 1)
            self.say_relaxed(caller, caller.step)
        return caller.step > before

    # Looking around

    def look(self, caller: Caller, but: str = "") -> None:
        """A call looks for an agent, or for several who ring together."""
        while self.matchable(caller):
            takers = self.takers(caller, but)
            if not takers:
                return
            self.offer(caller, min(takers, key=lambda p: self.rank_of_person(p, caller)))

    def seek(self, person: Person) -> None:
        """An agent looks for a call, or for as many contacts as there is room for."""
        while person.state == "ready":
            there = [
                caller
                for caller in self.callers.values()
                if self.matchable(caller)
                and self.has_room(person, caller.channel)
                and self.ways(person, caller)
                and not self.asked(person, caller)
            ]
            if not there:
                return
            self.offer(min(there, key=lambda c: self.rank_of_caller(person, c)), person)

    def offer(self, caller: Caller, person: Person) -> None:
        self.minted += 1
        name, until = f"o{self.minted}", self.now + self.queues[caller.queue].offer_timeout
        bid = Bid(name, caller.name, person.name, caller.queue, caller.channel, self.now, until)
        self.bids[name] = bid
        caller.offers.append(name)
        person.rung[caller.queue] = self.minted
        self.say(
            facts.OfferMade(
                offer=name,
                call=caller.name,
                agent=person.name,
                queue=caller.queue,
                waited=self.now - caller.since,
                until=until,
                channel=caller.channel,  # type: ignore[arg-type]
                virtual=caller.virtual,
            )
        )
        if caller.channel == "voice":
            person.call, person.queue = caller.name, caller.queue
            self.turn(person, "reserved", until=until)
        else:
            person.items[name] = Item(
                name, caller.name, caller.queue, caller.channel, "offered", self.now, until
            )

    # What happens to agents

    def turn(
        self, person: Person, state: str, reason: str = "", until: float | None = None
    ) -> None:
        person.occupancy = person.occupied(self.now)
        if person.state == "logged_out":
            person.occupancy, person.taken = 0.0, 0
        person.state, person.reason, person.until = state, reason, until
        person.since = self.now
        if state in ("ready", "not_ready", "logged_out"):
            person.call = person.queue = ""
            person.wish = person.disposition = None
        self.say(
            facts.AgentStateChanged(
                agent=person.name,
                state=state,  # type: ignore[arg-type]
                reason=reason,
                call=person.call or None,
                until=until,
            )
        )
        if state == "logged_out" or (state == "not_ready" and until is None):
            self.free_bound(person)

    def free_bound(self, person: Person) -> None:
        """Nobody waits any more for this agent only."""
        for caller in sorted(self.callers.values(), key=lambda c: c.order):
            if caller.bound == person.name:
                self.unbind(caller)
                self.freed.append(caller.name)

    def get_ready(self, person: Person) -> None:
        person.ronas = 0
        person.idle = self.next_order()
        self.turn(person, "ready")
        self.seek(person)

    def after_work(self, person: Person, rest: float = 0.0) -> None:
        """What the agent asked for meanwhile takes effect."""
        person.rests = self.now + rest
        if person.leaving:
            self.depart(person)
        elif person.wish and person.wish[0] != "ready":
            state, reason = person.wish
            self.turn(person, state, reason if state == "not_ready" else "")
        elif person.name not in self.phones:
            self.turn(person, "not_ready", "phone gone")
        elif rest > 0:
            self.turn(person, "not_ready", "rest", self.now + rest)
        else:
            self.get_ready(person)

    def done(self, person: Person, by: str, code: str = "", note: str = "") -> None:
        """The wrap-up of a voice call is over, or there is none."""
        lasted = self.now - person.since if person.state == "wrap_up" else 0.0
        self.say_wrapped(person, person.call, person.queue, lasted, by, code, note)
        queue = self.queues.get(person.queue)
        self.after_work(person, queue.rest if queue else 0.0)

    def say_wrapped(
        self,
        person: Person,
        call: str,
        queue: str,
        lasted: float,
        by: str,
        code: str = "",
        note: str = "",
    ) -> None:
        self.say(
            facts.WrapUpEnded(
                call=call,
                agent=person.name,
                queue=queue,
                lasted=lasted,
                by=by,  # type: ignore[arg-type]
                code=code,
                note=note,
            )
        )

    def depart(self, person: Person) -> None:
        if person.state != "logged_out":
            self.turn(person, "logged_out")
        del self.people[person.name]
        self.say(facts.ConfigurationChanged(kind="agent", name=person.name, removed=True))

    def item_gone(self, person: Person, item: Item) -> None:
        del person.items[item.offer]
        if person.leaving and not person.items:
            self.depart(person)
        else:
            self.seek(person)

    # What happens to offers

    def close(self, offer: str, outcome: OfferOutcome) -> Caller:
        bid = self.bids.pop(offer)
        caller = self.callers[bid.call]
        caller.offers.remove(offer)
        if bid.channel != "voice":
            del self.people[bid.agent].items[offer]
        self.say(
            facts.OfferEnded(
                offer=offer,
                call=bid.call,
                agent=bid.agent,
                queue=bid.queue,
                outcome=outcome,
                lasted=self.now - bid.made,
            )
        )
        return caller

    def lost(self, offer: str, outcome: OfferOutcome) -> None:
        """An offer came to nothing."""
        bid = self.bids[offer]
        person, voice = self.people[bid.agent], bid.channel == "voice"
        caller = self.close(offer, outcome)
        person.ronas += outcome == "timed_out"
        if outcome == "timed_out" and person.ronas < person.config.rona_limit:
            if voice or person.state == "ready":
                person.idle = self.next_order()
            if voice:
                self.turn(person, "ready")
        elif outcome in ("rescinded", "answered_elsewhere"):
            if voice:
                self.turn(person, "ready")
        elif voice or person.state == "ready":
            self.turn(person, "not_ready", REASONS.get(outcome, outcome))
        self.again(caller, but=person.name)
        self.seek(person)

    def again(self, caller: Caller, but: str = "") -> None:
        """A call whose offer ended unaccepted goes elsewhere, or looks around."""
        if not self.overflow_later(caller):
            self.look(caller, but)

    def leave_post(self, person: Person, outcome: OfferOutcome, state: str, reason: str) -> None:
        """An agent goes away from whatever rings for them."""
        mine = [offer for offer, bid in self.bids.items() if bid.agent == person.name]
        callers = [self.close(offer, outcome) for offer in mine]
        self.turn(person, state, reason)
        for caller in callers:
            self.again(caller)

    # Overflow

    def overflow_later(self, caller: Caller) -> bool:
        """Try the rules that may hold later; is the call gone?"""
        if caller.offers or caller.virtual:
            return False
        caller.tried = self.now
        for rule in self.queues[caller.queue].overflow:
            due = rule.when in LATER and self.now - caller.since >= rule.limit
            if due and (rule.when == "waited" or self.nobody(rule.when, caller.queue)):
                self.overflow(caller, rule.when, rule)
                return True
        return False

    def overflow(self, caller: Caller, when: str, rule: Overflow | None) -> None:
        self.say(
            facts.CallOverflowed(
                call=caller.name,
                queue=caller.queue,
                when=when,  # type: ignore[arg-type]
                to=rule.to if rule else "",
                target=rule.target if rule else "",
            )
        )
        self.quit_queue(caller, "overflowed")

    def overflow_at_once(
        self,
        caller: Caller,
        position: int,
        expected: tuple[float, float] | None,
        but: str,
        admitted: bool,
    ) -> bool:
        """Try all rules for a call that has just come; is it gone?"""
        queue = self.queues[caller.queue]
        caller.tried = self.now
        bound, caller.bound = caller.bound, ""
        fits = bool(self.takers(caller, but))
        caller.bound = bound
        fits = fits or bool(self.takers(caller, but))
        others = sum(other.queue == queue.name for other in self.callers.values()) - 1
        closed, full = self.closed(queue), not fits and 0 < queue.limit <= others
        if admitted:
            closed = full = False
        for rule in queue.overflow:
            if admitted and rule.when in ("length", "expected_wait"):
                continue
            match rule.when:
                case "closed":
                    holds = closed
                case "full":
                    holds = full
                case "length":
                    holds = not fits and position - 1 >= rule.limit
                case "expected_wait":
                    holds = not fits and expected is not None and sum(expected) / 2 > rule.limit
                case "waited":
                    holds = not fits and rule.limit <= 0
                case nobody:
                    holds = rule.limit <= 0 and self.nobody(nobody, queue.name)
            if holds:
                self.overflow(caller, rule.when, rule)
                return True
        if closed or full:
            self.overflow(caller, "closed" if closed else "full", None)
        return closed or full

    def quit_queue(self, caller: Caller, outcome: QueueOutcome) -> None:
        del self.callers[caller.name]
        self.say(
            facts.CallLeftQueue(
                call=caller.name,
                queue=caller.queue,
                outcome=outcome,
                waited=self.now - caller.since,
                virtual=caller.virtual,
            )
        )
