"""The floor as facts show it: who is configured how and in which state, who waits with what.

For explanations, long after the decisions. Nothing decides here; what the Acd keeps in an index is
looked for from end to end.
"""

from collections.abc import Iterable, Mapping
from operator import itemgetter

import msgspec

from calls.base import AgentId, AgentState, CallId, Instant, OfferId, QueueId
from calls.config import Agent, Queue, Relaxation
from calls.facts import (
    AgentStateChanged,
    CallLeftQueue,
    CallQueued,
    CallRelaxed,
    ConfigurationChanged,
    Fact,
    OfferEnded,
    OfferMade,
)


class Person(msgspec.Struct):
    """An agent's state."""

    state: AgentState = "logged_out"
    since: Instant = 0.0
    reason: str = ""
    #: The state before this one.
    before: AgentState = "logged_out"
    #: Since when without work.
    idle: Instant = 0.0
    #: The last offer to them came to nothing through no doing of theirs.
    excused: bool = False


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
    #: The agent who passed the caller on, and is asked last.
    passed_by: AgentId = ""

    @property
    def began(self) -> Instant:
        """From when on its waiting counts."""
        return self.queued - self.fact.credit


class Onlooker:
    """Follows the facts. What was before the first of them is told at the start."""

    def __init__(
        self,
        queues: Iterable[Queue],
        agents: Iterable[Agent],
        states: Iterable[tuple[Instant, AgentStateChanged]],
    ) -> None:
        self.queues = {queue.name: queue for queue in queues}
        self.agents = {agent.name: agent for agent in agents}
        self.people: dict[AgentId, Person] = {}
        #: The calls that wait.
        self.line: dict[CallId, Visit] = {}
        for at, fact in states:
            self._state_changed(fact, at)

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
            case OfferMade(call=call, offer=offer, agent=agent) if call in self.line:
                self.line[call].offers = self.line[call].offers | {offer: agent}
            case OfferEnded(agent=agent, outcome=outcome):
                self._offer_ended(fact)
                person = self.people.setdefault(agent, Person())
                person.excused = outcome in ("rescinded", "answered_elsewhere")
            case _:
                pass

    def _offer_ended(self, fact: OfferEnded) -> None:
        visit = self.line.get(fact.call)
        if visit is not None:
            pending = visit.offers.items()
            visit.offers = {offer: agent for offer, agent in pending if offer != fact.offer}

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
        """By which agents are preferred, and who is not in a queue or ring at all: (0 for the
        call's own queue and 1 for another, the agent's preference); None."""
        served = self._served(agent)
        own = visit.fact.queue
        found = []
        if own in served and (visit.ring == 0 or served[own] <= visit.ring):
            found.append((0, served[own]))
        found += [(1, served[queue]) for queue in visit.widened if queue in served]
        return min(found, default=None)

    def turn(self, agent: AgentId, visit: Visit) -> tuple[int, QueueId]:
        """How early in their order an agent serves a call, smaller is earlier, and as a call of
        which queue."""
        if visit.only == agent:
            return 0, visit.fact.queue
        served = self._served(agent)
        wanted = (visit.fact.queue, *visit.widened)
        turns = ((served[queue], queue) for queue in wanted if queue in served)
        return min(turns, key=itemgetter(0), default=(10**6, visit.fact.queue))

    def lacks(self, agent: AgentId, visit: Visit) -> dict[str, int]:
        """The skills that an agent lacks for a call, with the level that is needed."""
        has = self.agents[agent].skills if agent in self.agents else {}
        return {name: level for name, level in visit.needs.items() if has.get(name, 0) < level}

    def proficiency(self, agent: AgentId, visit: Visit) -> int:
        """In all that a call needs together."""
        has = self.agents[agent].skills if agent in self.agents else {}
        return sum(has.get(name, 0) for name in visit.needs)

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

    def _state_changed(self, fact: AgentStateChanged, at: Instant) -> None:
        before = self.people.get(fact.agent) or Person(since=at)
        same = fact.state == "ready" and before.state == "reserved" and before.excused
        idle = before.idle if same else at
        self.people[fact.agent] = Person(
            state=fact.state, since=at, reason=fact.reason, before=before.state, idle=idle
        )

    def _configured(self, fact: ConfigurationChanged, at: Instant) -> None:
        match fact:
            case ConfigurationChanged(kind="agent", removed=True):
                self.agents.pop(fact.name, None)
            case ConfigurationChanged(value=Agent() as agent):
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
    own = visit.fact.own
    visit.needs = own | {name: max(level, own.get(name, 0)) for name, level in queue.skills.items()}
    visit.widened, visit.ring = (), queue.ring
    for step in sorted(queue.relaxation, key=lambda step: step.after):
        if at - visit.queued >= step.after:
            _relax(visit, step)


def _relax(visit: Visit, step: Relaxation) -> None:
    lowered = {name: step.skills.get(name, level) for name, level in visit.needs.items()}
    visit.needs = {name: level for name, level in lowered.items() if level > 0}
    visit.widened = (*visit.widened, *(q for q in step.queues if q not in visit.widened))
    visit.ring = visit.ring if step.ring is None else step.ring
