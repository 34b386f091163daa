"""The floor as facts show it: who is configured how and in which state, who waits with what.

For explanations, long after the decisions. Nothing decides here; what the Acd keeps in an index is
looked for from end to end.
"""

from collections.abc import Iterable, Mapping
from math import exp, inf
from operator import itemgetter

import msgspec

from acd.agents import OCCUPANCY_TAU
from acd.relaxation import needs_by_step, ordered
from calls.base import AgentId, AgentState, CallId, Channel, Instant, OfferId, QueueId
from calls.config import Agent, Queue
from calls.facts import (
    AgentStateChanged,
    CallbackTried,
    CallLeftQueue,
    CallQueued,
    CallRelaxed,
    ConfigurationChanged,
    Fact,
    OfferEnded,
    OfferMade,
    WrapUpEnded,
)


class Contact(msgspec.Struct):
    """A contact of another channel than voice, which an agent has beside others: offered, in
    conversation or wrapped up."""

    call: CallId
    channel: Channel
    accepted: bool = False


class Person(msgspec.Struct):
    """An agent's state, and what the strategies go by."""

    state: AgentState = "logged_out"
    since: Instant = 0.0
    reason: str = ""
    #: The state before this one.
    before: AgentState = "logged_out"
    #: Since when without work, as it counts for who is longest idle.
    idle: Instant = 0.0
    #: The last offer to them came to nothing through no doing of theirs.
    excused: bool = False
    #: By the offer that they began with; and when they had fewer of them last.
    contacts: dict[OfferId, Contact] = {}
    eased: Instant = 0.0
    #: Calls taken since signing in.
    calls: int = 0
    #: Smoothed share of busy time, 0..1, as it was at `since`.
    occupancy: float = 0.0
    #: Which of all offers seen was the last one of each queue.
    turns: dict[QueueId, int] = {}
    #: Seen from when they were configured first.
    new: bool = False


class Visit(msgspec.Struct):
    """A call in a queue, and what it needs at the moment."""

    queued: Instant
    fact: CallQueued
    #: What it needs now.
    needs: dict[str, int]
    #: Queues whose agents may take it as well.
    widened: tuple[QueueId, ...] = ()
    ring: int = 0
    #: Only this agent may take it.
    only: AgentId = ""
    #: The phones that ring for it.
    offers: dict[OfferId, AgentId] = {}
    #: Nobody is asked before: an agent has accepted and the caller, who kept the place, is called,
    #: or that is to be tried again.
    asleep: Instant = 0.0
    #: The agent who had the caller or was rung for them just before, and when. At that moment all
    #: others are asked first.
    had: AgentId = ""
    had_at: Instant = 0.0

    @property
    def began(self) -> Instant:
        """From when on its waiting counts."""
        return self.queued - self.fact.credit


class Onlooker:
    """Follows the facts. What was before the first of them is told at the start."""

    def __init__(self, queues: Iterable[Queue], agents: Iterable[Agent]) -> None:
        self.queues = {queue.name: queue for queue in queues}
        #: In the order in which they were configured first.
        self.agents = {agent.name: agent for agent in agents}
        self.people: dict[AgentId, Person] = {}
        #: The calls that wait.
        self.line: dict[CallId, Visit] = {}
        self._offers = 0

    def see(self, fact: Fact, at: Instant) -> None:
        """What has happened."""
        match fact:
            case AgentStateChanged():
                self._state_changed(fact, at)
            case ConfigurationChanged():
                self._configured(fact, at)
            case CallQueued(call=call):
                ring = self.queue(fact.queue).ring
                self.line[call] = Visit(at, fact, fact.skills, ring=ring, only=fact.agent_only)
            case CallRelaxed(call=call, step=0) if call in self.line:
                self.line[call].only = ""
            case CallRelaxed(call=call) if call in self.line:
                visit = self.line[call]
                visit.needs, visit.widened, visit.ring = fact.skills, fact.queues, fact.ring
            case CallLeftQueue(call=call):
                self.line.pop(call, None)
            case OfferMade():
                self._offer_made(fact)
            case OfferEnded():
                self._offer_ended(fact, at)
            case CallbackTried(call=call, retry=retry) if call in self.line:
                self.line[call].asleep = inf if retry is None else retry
            case WrapUpEnded():
                self._wrapped_up(fact, at)
            case _:
                pass

    # Questions

    def queue(self, name: QueueId) -> Queue:
        """As configured; with all defaults where nothing is known of it."""
        return self.queues.get(name) or Queue(name=name)

    def title(self, name: QueueId) -> str:
        return self.queue(name).title or name

    def name(self, agent: AgentId) -> str:
        """What people call an agent."""
        known = self.agents.get(agent)
        return (known.title if known is not None else "") or agent

    def person(self, agent: AgentId) -> Person:
        return self.people.get(agent) or Person()

    def preference(self, agent: AgentId, visit: Visit) -> tuple[int, int] | None:
        """By which agents are preferred, as `_ways` has it; None for who is not in a queue or ring
        at all."""
        return min((way for way, _ in self._ways(agent, visit)), default=None)

    def turn(self, agent: AgentId, visit: Visit) -> tuple[int, QueueId]:
        """How early in their order an agent serves a call, smaller is earlier, and as a call of
        which queue."""
        if visit.only == agent:
            return 0, visit.fact.queue
        turns = ((number, queue) for (_, number), queue in self._ways(agent, visit))
        return min(turns, key=itemgetter(0), default=(10**6, visit.fact.queue))

    def _ways(self, agent: AgentId, visit: Visit) -> list[tuple[tuple[int, int], QueueId]]:
        """The queues for which an agent may take a call, with (0 for its own and 1 for another,
        the agent's preference)."""
        served, own, wider = self._served(agent), visit.fact.queue, visit.widened
        found = []
        if own in served and (visit.ring == 0 or own in wider or served[own] <= visit.ring):
            found.append(((0, served[own]), own))
        return found + [((1, served[q]), q) for q in wider if q in served and q != own]

    def overdue(self, visit: Visit, now: Instant) -> bool:
        """Has a call waited for so long that it goes before what agents prefer?"""
        queue = self.queue(visit.fact.queue)
        score = queue.slope * (now - visit.began) + queue.priority + visit.fact.priority
        return 0 < queue.overdue <= score

    def lacks(self, agent: AgentId, visit: Visit) -> dict[str, int]:
        """The skills that an agent lacks for a call, with the level that is needed."""
        has = self.agents[agent].skills if agent in self.agents else {}
        return {name: level for name, level in visit.needs.items() if has.get(name, 0) < level}

    def proficiency(self, agent: AgentId, visit: Visit) -> int:
        """In all that a call needs together."""
        has = self.agents[agent].skills if agent in self.agents else {}
        return sum(has.get(name, 0) for name in visit.needs)

    def has_room(self, agent: AgentId, channel: Channel) -> bool:
        """Voice takes an agent alone."""
        contacts = self.person(agent).contacts.values()
        if channel == "voice" or agent not in self.agents:
            return not contacts
        taken = sum(contact.channel == channel for contact in contacts)
        return taken < self.agents[agent].capacity.get(channel, 0)

    def able(self, visit: Visit) -> set[AgentId]:
        """All who may take a call, whatever they do at the moment."""
        if visit.only:
            return {visit.only}
        channel = visit.fact.channel
        return {
            name
            for name, agent in self.agents.items()
            if (channel == "voice" or agent.capacity.get(channel, 0) > 0)
            and self.preference(name, visit) is not None
            and not self.lacks(name, visit)
        }

    def nearby(self, visit: Visit) -> set[AgentId]:
        """All of the queues of a call, able or not."""
        queues = {visit.fact.queue, *visit.widened}
        return {name for name, agent in self.agents.items() if queues & agent.queues.keys()}

    def _served(self, agent: AgentId) -> Mapping[QueueId, int]:
        known = self.agents.get(agent)
        return known.queues if known is not None else {}

    # Facts

    def _person(self, agent: AgentId) -> Person:
        """To be changed."""
        return self.people.setdefault(agent, Person())

    def _state_changed(self, fact: AgentStateChanged, at: Instant) -> None:
        """As `acd.agents` has it."""
        person = self._person(fact.agent)
        before = person.state
        if before == "logged_out":
            person.calls, person.occupancy = 0, 0.0
        elif before != "not_ready":
            faded = exp((person.since - at) / OCCUPANCY_TAU)
            free, busy = person.occupancy * faded, 1.0 - (1.0 - person.occupancy) * faded
            person.occupancy = free if before == "ready" else busy
        person.calls += (before, fact.state) == ("reserved", "talking")
        if fact.state == "ready" and not (before == "reserved" and person.excused):
            person.idle = at
        person.state, person.since, person.reason = fact.state, at, fact.reason
        person.before, person.excused = before, False

    def _offer_made(self, fact: OfferMade) -> None:
        self._offers += 1
        person = self._person(fact.agent)
        person.turns[fact.queue] = self._offers
        if fact.channel != "voice":
            person.contacts[fact.offer] = Contact(fact.call, fact.channel)
        visit = self.line.get(fact.call)
        if visit is not None:
            visit.offers = visit.offers | {fact.offer: fact.agent}

    def _offer_ended(self, fact: OfferEnded, at: Instant) -> None:
        visit, person = self.line.get(fact.call), self._person(fact.agent)
        if visit is not None:
            visit.offers = {o: agent for o, agent in visit.offers.items() if o != fact.offer}
            visit.had, visit.had_at = fact.agent, at
            visit.asleep = inf if fact.outcome == "accepted" else 0.0
        contact = person.contacts.get(fact.offer)
        if contact is None:
            person.excused = fact.outcome in ("rescinded", "answered_elsewhere")
        elif fact.outcome == "accepted":
            contact.accepted = True
            person.calls += 1
        else:
            del person.contacts[fact.offer]
            person.eased = at
            if fact.outcome == "timed_out" and person.state == "ready":
                person.idle = at  # asked after all who are idle, if they stay ready at all

    def _wrapped_up(self, fact: WrapUpEnded, at: Instant) -> None:
        person = self.person(fact.agent)
        for offer, contact in person.contacts.items():
            if contact.call == fact.call and contact.accepted:
                del person.contacts[offer]
                person.eased = at
                return

    def _configured(self, fact: ConfigurationChanged, at: Instant) -> None:
        match fact:
            case ConfigurationChanged(kind="agent", removed=True):
                self.agents.pop(fact.name, None)
                self.people.pop(fact.name, None)
            case ConfigurationChanged(value=Agent() as agent):
                if agent.name not in self.agents:
                    self.people[agent.name] = Person(new=True)
                self.agents[agent.name] = agent
            case ConfigurationChanged(value=Queue() as queue):
                self.queues[queue.name] = queue
                for visit in self.line.values():
                    if visit.fact.queue == queue.name:
                        _adapt(visit, queue, at)
            case _:
                pass  # numbers and flows decide nothing here


def _adapt(visit: Visit, queue: Queue, at: Instant) -> None:
    """What a waiting call needs once its queue has been changed: what it needed for the queue's
    sake is what the queue says now, and the steps whose time has come are in force."""
    steps = ordered(queue)
    in_force = sum(visit.queued + step.after <= at for step in steps)
    needed = needs_by_step(queue, steps, visit.fact.own)[in_force]
    visit.needs, visit.widened, visit.ring = needed.skills, needed.queues, needed.ring
