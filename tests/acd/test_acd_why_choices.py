"""What is told of every offer of random histories is what decided: beside the brute-force router,
which says who else could have been asked, and what speaks for whom."""

import re
from random import Random

import pytest
from msgspec.structs import replace

from acd.acd import Acd
from acd.messages import AcdMessage, Enqueue
from acd.why import History, explain
from acd.why.telling import clock, lasted, listed
from calls.base import Instant
from calls.config import Agent
from calls.events import Tick
from calls.facts import CallQueued, CallTransferred, Fact, OfferEnded, OfferMade
from tests.acd.brute import Brute, told
from tests.acd.brute_world import Caller, Person, World
from tests.acd.driving import START, through_json
from tests.acd.histories import QUEUES, SKILLS, Maker

STEPS = 500
#: What is said of an agent who looked for a call, not the call for an agent.
LOOKED = (
    "who was free again",
    "who had just become ready",
    "who had room again",
    "the only one free who fitted",
    "the only one with room who fitted",
)
#: What is said of agents who were alike by a strategy.
ALIKE = {
    "fewest_calls": "calls? taken",
    "least_occupied": "least occupied|equally occupied",
    "best_skill": "in the skills needed",
    "round_robin": "without a turn before",
}


class Calm(Maker):
    """Most agents fit, are alike and free: much is to be decided."""

    def agent(self, name: str) -> Agent:
        one = self.one
        queues = {queue: one(1, 1, 1, 2) for queue in QUEUES}
        return replace(super().agent(name), queues=queues, skills=dict.fromkeys(SKILLS, one(5, 7)))

    def next(self, world: World) -> AcdMessage:
        ready = sum(person.state == "ready" for person in world.people.values())
        if ready < 3 and world.people and self.chance(0.8):
            person = world.people[self.one(*world.people)]
            return self.over(world) or self.back_to_work(person, person.name in world.phones)
        return super().next(world)


class Witness(Brute):
    """Notes of each offer how the explanation of it may begin."""

    def __init__(self) -> None:
        super().__init__()
        self.reasons: dict[str, tuple[str, ...]] = {}
        self.alike: dict[str, str] = {}
        self.busy: dict[str, list[str]] = {}
        #: Whom of its queue the call went before.
        self.before: dict[str, str] = {}
        self._since: dict[int, Instant] = {}
        #: The agent not asked, and whether a call looks for an agent now.
        self._but, self._looks = "", False

    def next_order(self) -> int:
        order = super().next_order()
        self._since[order] = self.now
        return order

    def look(self, caller: Caller, but: str = "") -> None:
        self._but, self._looks = but, True
        super().look(caller, but)

    def seek(self, person: Person) -> None:
        self._looks = False
        super().seek(person)

    def offer(self, caller: Caller, person: Person) -> None:
        offer = f"o{self.minted + 1}"
        if caller.bound:
            self.reasons[offer] = ("for whom it was kept",)
        elif self._looks:
            self.reasons[offer] = (self.decided(offer, caller, person),)
            self.busy[offer] = self.without_room(caller)
        else:
            self.reasons[offer] = LOOKED
            self.before[offer] = self.went_before(caller, person)
        super().offer(caller, person)

    def decided(self, offer: str, caller: Caller, person: Person) -> str:
        """The first of the rules by which no rival is as good any more has decided."""
        rivals = [one for one in self.takers(caller, self._but) if one is not person]
        if not rivals:
            room = "free" if not person.items else "with room"
            return f"the only one {room} who fitted"
        mine = self.ranks(person, caller)
        held_out = [
            next((at for at, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b), 4)
            for theirs in (self.ranks(one, caller) for one in rivals)
        ]
        decider = max(held_out)
        count = 1 + held_out.count(decider)
        if decider == 4 and mine[3] is not None:
            self.alike[offer] = ALIKE[self.queues[caller.queue].strategy]
        return f"{self.rule(decider, caller, person)} of {count} "

    def ranks(self, person: Person, caller: Caller) -> tuple[object, ...]:
        own, preference = min(self.ways(person, caller))
        contacts = 0 if caller.channel == "voice" else len(person.items)
        strategy = self.queues[caller.queue].strategy
        plain = strategy in ("longest_idle", "ring_all")
        plain = plain or (strategy == "best_skill" and not caller.needs)
        return own, preference, contacts, None if plain else self.rank_by_strategy(person, caller)

    def rule(self, decider: int, caller: Caller, person: Person) -> str:
        match decider, self.queues[caller.queue].strategy:
            case 0, _:
                return f"the only one of {caller.queue}"
            case 1, _:
                return (
                    f"whose preference for it ({min(self.ways(person, caller))[1]}) was the first"
                )
            case 2, _:
                return f"with the fewest contacts ({len(person.items)})"
            case 3, "fewest_calls":
                return f"with the fewest calls taken ({person.taken})"
            case 3, "least_occupied":
                return "least occupied"
            case 3, "best_skill":
                return "best in the skills needed"
            case 3, "round_robin":
                return "next in turn"
            case 3, "in_order":
                return "first in the order"
            case _:
                how = "ready for longest" if person.items else "longest idle"
                return f"{how} ({clock(self.now - self._since[person.idle])})"

    def went_before(self, caller: Caller, person: Person) -> str:
        """Those who came earlier, whom the agent could have taken instead."""
        passed = [
            self.advantage(caller, other)
            for other in self.callers.values()
            if other.queue == caller.queue
            and other.since < caller.since
            and not other.offers
            and self.matchable(other)
            and self.has_room(person, other.channel)
            and self.ways(person, other)
        ]
        who = f"{len(passed)}" if len(passed) > 1 else "a caller"
        why = listed(sorted(set(passed)))
        return f"before {who} who came earlier, thanks to {why}" if passed else ""

    def advantage(self, caller: Caller, other: Caller) -> str:
        """Waiting brought along, where that is enough; else a head start."""
        waited = self.score(caller) - caller.priority >= self.score(other) - other.priority
        if waited and self.queues[caller.queue].slope > 0:
            return "an old place"
        return f"a head start of {lasted(caller.priority - other.priority)}"

    def without_room(self, caller: Caller) -> list[str]:
        """Who would have been asked, if they had not had contacts beside."""
        return sorted(
            person.name
            for person in self.people.values()
            if person.state == "ready"
            and person.items
            and self.ways(person, caller)
            and (caller.channel == "voice" or caller.channel in self.channels(person))
            and not self.has_room(person, caller.channel)
        )

    def channels(self, person: Person) -> set[str]:
        return {channel for channel, room in person.config.capacity.items() if room > 0}


def lived(maker: Maker) -> tuple[list[tuple[Instant, Fact]], Witness, Instant]:
    """A history with restarts, of which a witness tells too."""
    rng, now = maker.rng, START
    real, witness = Acd(), Witness()
    facts: list[tuple[Instant, Fact]] = []

    def give(message: AcdMessage) -> None:
        nonlocal real
        if isinstance(message, Enqueue) and message.passed_by:
            to = f"queue:{message.queue}"
            passed = CallTransferred(
                call=message.call, agent=message.passed_by, to=to, kind="blind"
            )
            facts.append((now, passed))
        if rng.random() < 0.05:
            real = through_json(real)
        said = told(real.handle(message, now))
        queued = next((fact for fact in said if isinstance(fact, CallQueued)), None)
        assert said == witness.handle(message, now, queued.expected if queued else None)
        facts.extend((now, fact) for fact in said if isinstance(fact, Fact))

    for message in maker.opening():
        give(message)
    for _ in range(STEPS):
        target = now + maker.pause()
        while (due := witness.deadline()) is not None and due <= target:
            now = max(now, due)
            give(Tick())
        now = target
        give(maker.next(witness))
    return facts, witness, now


def rung(facts: list[tuple[Instant, Fact]], call: str) -> list[list[tuple[Instant, OfferMade]]]:
    """The offers of a call, those together that rang at the same time or overlapped."""
    found: list[list[tuple[Instant, OfferMade]]] = []
    ringing = 0
    for at, fact in facts:
        if isinstance(fact, OfferMade) and fact.call == call:
            if not ringing:
                found.append([])
            found[-1].append((at, fact))
            ringing += 1
        elif isinstance(fact, OfferEnded) and fact.call == call:
            ringing -= 1
    return found


def rang(offers: list[tuple[Instant, OfferMade]]) -> str:
    """How it is told of several phones."""
    parts = []
    begin = offers[0][0]
    for at in dict.fromkeys(at for at, _ in offers):
        agents = [made.agent for when, made in offers if when == at]
        if at > begin:
            parts.append(f"after {lasted(at - begin)} for {listed(agents)} too")
        else:
            parts.append(f"rang for {listed(agents)}{' at once' if len(agents) > 1 else ''}")
    return ", ".join(parts)


@pytest.mark.parametrize("seed", [f"choice {n}" for n in range(60)])
def test_what_is_told_of_an_offer_is_what_decided(seed: str) -> None:
    rng = Random(seed)
    facts, witness, now = lived(rng.choice((Maker, Calm, Calm))(rng))
    for call in {fact.call for _, fact in facts if isinstance(fact, OfferMade)}:
        reasons = explain(History(call=call, until=now, facts=facts))
        texts = [reason.text for reason in reasons if reason.kind == "ringing"]
        groups = rung(facts, call)
        assert len(texts) == len(groups)
        for text, offers in zip(texts, groups, strict=True):
            if len(offers) > 1:
                assert text.startswith(f"{rang(offers)}; "), text
                continue
            made = offers[0][1]
            head, _, why = text.partition(", ")
            assert head == f"offered to {made.agent}"
            meant = witness.reasons[made.offer]
            assert why.startswith(meant), (made, why, meant)
            assert re.search(witness.alike.get(made.offer, ""), why), (made, why)
            if why.startswith(("who was free", "who had just")):
                passed = re.search(r"before [^;]*", why)
                assert (passed[0] if passed else "") == witness.before[made.offer]
            busy = witness.busy.get(made.offer, [])
            if 0 < len(busy) <= 2 and "free again" not in why:
                assert listed(re.findall(r"(\w+) had ", why)) == listed(busy), (made, why)
