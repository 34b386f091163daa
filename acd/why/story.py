"""Why a caller waited, and why that agent, in plain words.

Made from facts alone, when somebody asks: nothing is kept for it while calls are distributed.
`explain` follows the floor through a `History` as it was (who was configured how, and in which
state) and watches one call. While the call waits, something holds it up: nobody who fits is signed
in, all of them talk, a phone rings. That lasts until it is something else, or until the call needs
something else; between two such spans stand the moments at which something happened. What is done
at one instant is one step: what is only there between two facts of a step is not told.

The rules that are told of are those of `acd.acd`. A difference between the two would be a lie, so
the tests tell the stories of a real `Acd`.
"""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Literal, TypeAlias

from acd.why import choosing
from acd.why.holdup import Holdup, Kind
from acd.why.onlooker import Onlooker, Visit
from acd.why.telling import ATTEMPTS, OFFERS, OVERFLOWS, PERSON, clock, lasted, listed, needs, skill
from calls.base import AgentId, CallId, Instant, OfferId, QueueId, Word
from calls.config import Agent, Queue
from calls.facts import (
    AgentStateChanged,
    CallbackTried,
    CallConnected,
    CallLeftQueue,
    CallOverflowed,
    CallQueued,
    CallRelaxed,
    CallTransferred,
    ConfigurationChanged,
    Fact,
    OfferEnded,
    OfferMade,
    PlaceKept,
)

#: Moments, and then what lasts.
ReasonKind: TypeAlias = (
    Literal[
        "queued",
        "relaxed",
        "configured",
        "overflowed",
        "place_kept",
        "callback",
        "connected",
        "passed_on",
        "left",
        "ringing",
    ]
    | Kind
)


class Reason(Word):
    """One line of an explanation. A moment ends when it begins; what still goes on has no end."""

    begin: Instant
    end: Instant | None
    kind: ReasonKind
    text: str
    #: The agents spoken of.
    agents: tuple[AgentId, ...] = ()


class History(Word):
    """What is known of the time in which a call waited, and of a while before it."""

    call: CallId
    #: Up to when all is known.
    until: Instant
    #: In their order: all facts of the call, and of others those that say who was configured how,
    #: in which state, who waited, and who was offered what.
    facts: Sequence[tuple[Instant, Fact]]
    #: As they were before the first of the facts.
    queues: Sequence[Queue] = ()
    agents: Sequence[Agent] = ()
    #: Whether it is known how queues and agents were configured.
    known: bool = True


def explain(history: History) -> list[Reason]:
    """Why it took so long and why that agent, in the order of time; nothing for a call that never
    was in a queue."""
    story = _Story(history)
    for at, facts in groupby(history.facts, key=itemgetter(0)):
        story.step(at, [fact for _, fact in facts])
    return story.end(history.until)


class _Ringing:
    """Phones that ring for the call, until none does."""

    def __init__(self, place: int, begin: Instant) -> None:
        self.place = place
        self.begin = begin
        #: Whose, why theirs, and what came of it.
        self.phones: dict[OfferId, tuple[AgentId, str, str]] = {}
        #: Those that began to ring at the same time.
        self.together: dict[Instant, list[AgentId]] = {}


class _Story:
    """One call, step by step. `reasons` grows; what lasts has its place from when it begins."""

    def __init__(self, history: History) -> None:
        self._call = history.call
        self._known = history.known
        self._floor = Onlooker(history.queues, history.agents)
        self._reasons: list[Reason | None] = []
        self._holdup: tuple[int, Holdup] | None = None
        self._ringing: _Ringing | None = None
        #: The agent for whom a caller who kept the place is called; until when nobody is asked.
        self._calling: AgentId = ""
        self._held: Instant | None = None
        #: The last queue was left by a rule.
        self._overflowed = False
        #: The agent who passed the caller on last.
        self._passer: AgentId = ""
        #: The last queue left for elsewhere, and when.
        self._moved: tuple[QueueId, Instant] | None = None
        #: When whom an agent had asked got the caller.
        self._taken_over: Instant | None = None
        self._now: Instant = 0.0
        #: When the step began, the call waited already and no phone rang for it; and it needs what
        #: it needed then.
        self._waited = False

    @property
    def _visit(self) -> Visit | None:
        return self._floor.line.get(self._call)

    def step(self, at: Instant, facts: Sequence[Fact]) -> None:
        """What happened at one instant."""
        self._let_go(at)
        self._now = at
        self._waited = self._holdup is not None and self._held is None
        for fact in facts:
            if getattr(fact, "call", None) == self._call:
                self._mine(fact)
            else:
                self._others(fact)
        self._settle()

    def end(self, until: Instant) -> list[Reason]:
        """Nothing more is known."""
        self._let_go(until)
        self._now = max(self._now, until)
        self._close_holdup(open_end=True)
        if self._ringing is not None:
            self._close_ringing(open_end=True)
        return [reason for reason in self._reasons if reason is not None]

    # What happened to the call

    def _mine(self, fact: Fact) -> None:
        visit = self._visit
        match fact:
            case OfferMade():
                self._offer_made(fact)
            case OfferEnded():
                self._offer_ended(fact)
            case CallConnected(agent=agent):
                asked = ", who was asked" if self._taken_over == self._now else ""
                self._say("connected", f"connected to {self._name(agent)}{asked}", [agent])
            case CallTransferred():
                self._passed_on(fact)
            case CallOverflowed():
                self._overflowed = True
                self._say("overflowed", self._overflow(fact))
            case PlaceKept(number=number):
                where = f"; to be called at {number}" if number else ""
                self._say("place_kept", f"the caller hung up and kept the place{where}")
            case CallbackTried():
                self._callback(fact)
            case CallRelaxed() if visit is not None:
                before = (visit.needs, visit.widened, visit.ring, visit.only)
                self._floor.see(fact, self._now)
                self._relaxed(fact, *before)
                self._waited = False
                return
            case CallLeftQueue():
                self._left(fact)
            case _:
                pass
        self._floor.see(fact, self._now)
        if isinstance(fact, CallQueued) and self._taken_over != self._now:
            self._say("queued", self._queued(fact))
            self._overflowed = False
            visit = self._floor.line[self._call]
            visit.had, visit.had_at = self._passer, self._now

    def _others(self, fact: Fact) -> None:
        match fact:
            case OfferMade():
                self._went_before(fact)
            case ConfigurationChanged(kind="queue" | "agent") if self._visit is not None:
                self._configured(fact)
                return
            case _:
                pass
        self._floor.see(fact, self._now)
        if isinstance(fact, AgentStateChanged) and self._holdup is not None:
            self._holdup[1].state_changed(fact.agent, self._now)

    def _passed_on(self, fact: CallTransferred) -> None:
        self._passer = fact.agent
        scheme, _, to = fact.to.partition(":")
        agents = [fact.agent]
        if scheme == "agent":
            agents, to = [*agents, to], self._name(to)
        elif scheme == "queue":
            to = self._floor.title(to)
        how = "after asking" if fact.kind == "warm" else "without asking"
        self._say(
            "passed_on", f"{self._name(fact.agent)} passed the caller on to {to}, {how}", agents
        )
        if fact.kind == "warm":
            self._taken_over = self._now

    def _queued(self, fact: CallQueued) -> str:
        place, kept = f"{self._floor.title(fact.queue)} at place {fact.position}", "brought along"
        if fact.credit > 0 and self._moved == (fact.queue, self._now):
            self._reasons.pop()  # it has not gone anywhere
            parts = [f"it became known who calls: now in {place}"]
        else:
            parts = [f"queued for {place}"]
            kept = kept if self._overflowed else "as the old place is given back"
        asked_for = f"{PERSON}{fact.agent_only}" in fact.skills
        if fact.skills and not asked_for:
            parts.append(f"needs {needs(fact.skills)}")
        if fact.priority > 0:
            parts.append(f"a head start of {lasted(fact.priority)}")
        if fact.credit > 0:
            parts.append(f"{clock(fact.credit)} of waiting counted before, {kept}")
        if fact.agent_only:
            name = self._name(fact.agent_only)
            alone = f"kept for {name} alone for up to {lasted(fact.agent_for)}"
            parts.append(f"for {name}, who was asked for" if asked_for else alone)
        return "; ".join(parts)

    def _relaxed(
        self,
        fact: CallRelaxed,
        skills: dict[str, int],
        queues: tuple[str, ...],
        ring: int,
        only: AgentId,
    ) -> None:
        if fact.step == 0:
            self._say("relaxed", f"not kept for {self._name(only)} alone any more", [only])
            return
        lowered = {n: lv for n, lv in fact.skills.items() if lv < skills.get(n, 0)}
        dropped = [skill(name) for name in sorted(skills) if name not in fact.skills]
        added = [self._floor.title(queue) for queue in fact.queues if queue not in queues]
        parts = []
        if lowered:
            parts.append(f"needs lowered to {needs(lowered)}")
        if dropped:
            parts.append(f"{listed(dropped)} not needed any more")
        if added:
            parts.append(f"agents of {listed(added)} may take it as well")
        if fact.ring != ring:
            up_to = f"agents up to ring {fact.ring}" if fact.ring else "agents of all rings"
            parts.append(f"{up_to} may take it")
        self._say("relaxed", "; ".join(parts) or "nothing else is needed than before")

    def _configured(self, fact: ConfigurationChanged) -> None:
        """Told where it makes a difference for the call."""
        visit = self._visit
        if visit is None:
            return
        before, able = visit.needs, self._floor.able(visit)
        name = self._name(fact.name)
        self._floor.see(fact, self._now)
        now = self._floor.able(visit)
        self._waited = self._waited and fact.name != visit.fact.queue
        if fact.kind == "queue" and (visit.needs != before or now != able):
            wanted = f": it needs {needs(visit.needs) or 'no skill'} now"
            self._say("configured", f"{self._floor.title(fact.name)} was changed{wanted}")
        elif fact.name in now - able:
            self._say("configured", f"{name} was changed, and fits now", [fact.name])
        elif fact.name in able - now:
            how = "removed" if fact.removed else "changed, and does not fit any more"
            self._say("configured", f"{name} was {how}", [fact.name])

    def _overflow(self, fact: CallOverflowed) -> str:
        queue = self._floor.queue(fact.queue)
        rules = [r for r in queue.overflow if r.when == fact.when and r.target == fact.target]
        limit = rules[0].limit if rules else 0.0
        why = OVERFLOWS[fact.when].format(
            limit=clock(limit), count=f"{limit:g}", queue=self._floor.title(fact.queue)
        )
        to = {
            "queue": f"sent to {self._floor.title(fact.target)}",
            "number": f"sent to the number {fact.target}",
            "flow": f"sent to the flow {fact.target}",
            "": "not let in",
        }
        return f"{to[fact.to]}, since {why}"

    def _callback(self, fact: CallbackTried) -> None:
        self._calling, self._held, self._waited = "", fact.retry, False
        name = self._name(fact.agent)
        if fact.outcome == "answered":
            self._say("callback", f"the caller was called back for {name}: answered", [fact.agent])
            return
        then = "given up" if fact.retry is None else f"again in {lasted(fact.retry - self._now)}"
        why = ATTEMPTS[fact.outcome]
        if fact.outcome == "lost":
            why += " and nobody knows what came of it, so it does not count"
        text = f"attempt {fact.attempt} to call back for {name}: {why}; {then}"
        self._say("callback", text, [fact.agent])

    def _left(self, fact: CallLeftQueue) -> None:
        told = {
            "abandoned": "the caller gave up",
            "moved": f"left {self._floor.title(fact.queue)} for elsewhere",
            "failed": "the call failed",
            "unreached": "given up: the caller was never reached",
        }
        self._close_holdup()
        if self._ringing is not None:
            self._close_ringing()
        self._calling, self._held = "", None
        if fact.outcome in told:
            self._say("left", told[fact.outcome])
        if fact.outcome == "moved":
            self._moved = (fact.queue, self._now)

    # Offers

    def _offer_made(self, fact: OfferMade) -> None:
        visit = self._visit
        if visit is None:
            return
        self._close_holdup()
        if self._ringing is None:
            self._ringing = _Ringing(self._reserve(), self._now)
        why = ""
        if self._known:
            why = choosing.chosen(self._floor, visit, fact.agent, self._now, waited=self._waited)
        self._ringing.phones[fact.offer] = (fact.agent, why, "")
        self._ringing.together.setdefault(self._now, []).append(fact.agent)
        self._waited = False

    def _offer_ended(self, fact: OfferEnded) -> None:
        visit, ringing = self._visit, self._ringing
        if visit is None or ringing is None:
            return
        agent, why, _ = ringing.phones.get(fact.offer, (fact.agent, "", ""))
        how = OFFERS[fact.outcome].format(lasted(fact.lasted))
        ringing.phones[fact.offer] = (agent, why, how)
        if not visit.offers.keys() - {fact.offer}:
            self._close_ringing()
        if fact.outcome == "accepted":
            self._calling = fact.agent

    def _went_before(self, fact: OfferMade) -> None:
        """An agent who could have taken the call is offered another one."""
        visit, other = self._visit, self._floor.line.get(fact.call)
        if visit is None or self._holdup is None or not self._holdup[1].counts(fact.agent):
            return
        floor, channel = self._floor, visit.fact.channel
        if floor.person(fact.agent).state == "ready" and floor.has_room(fact.agent, channel):
            why = choosing.served_first(floor, visit, other, fact.agent, self._now)
            self._holdup[1].served[why].append(fact.agent)

    # What lasts

    def _settle(self) -> None:
        """After a step: is the call held up by something else than before?"""
        visit = self._visit
        if visit is None or self._ringing is not None:
            return
        held = self._held is not None
        if self._holdup is not None:
            if self._holdup[1].goes_on(self._calling, held=held):
                return
            self._close_holdup()
        found = Holdup(
            self._floor, visit, self._now, calling=self._calling, held=held, known=self._known
        )
        self._holdup = (self._reserve(), found)

    def _let_go(self, until: Instant) -> None:
        """A call that was held until the next attempt is held no more; no fact says so."""
        if self._held is not None and self._held < until:
            self._now, self._held = self._held, None
            self._settle()

    def _close_holdup(self, *, open_end: bool = False) -> None:
        if self._holdup is None:
            return
        (place, holdup), self._holdup = self._holdup, None
        if holdup.begin < self._now or open_end:
            text, agents = holdup.told(self._now)
            self._reasons[place] = Reason(
                begin=holdup.begin,
                end=None if open_end else self._now,
                kind=holdup.kind,
                text=text,
                agents=tuple(agents),
            )

    def _close_ringing(self, *, open_end: bool = False) -> None:
        assert self._ringing is not None  # noqa: S101 - asked before
        ringing, self._ringing = self._ringing, None
        phones = list(ringing.phones.values())
        if len(phones) == 1:
            agent, why, how = phones[0]
            told = f"{self._name(agent)}, {why}" if why else self._name(agent)
            text = f"offered to {told}; {how or 'it still rings'}"
        else:
            took = [
                f"{self._name(agent)} {how}" for agent, _, how in phones if "answered after" in how
            ]
            text = f"rang for {self._rung(ringing)}; {listed(took) or 'nobody took it'}"
        self._reasons[ringing.place] = Reason(
            begin=ringing.begin,
            end=None if open_end else self._now,
            kind="ringing",
            text=text,
            agents=tuple(dict.fromkeys(agent for agent, _, _ in phones)),
        )

    def _rung(self, ringing: _Ringing) -> str:
        """``Ann and Bob at once, after 10 s for Cyd too``."""
        (_, first), *later = ringing.together.items()
        told = [f"{listed(map(self._name, first))}{' at once' if len(first) > 1 else ''}"]
        for at, agents in later:
            names = listed(map(self._name, agents))
            told.append(f"after {lasted(at - ringing.begin)} for {names} too")
        return ", ".join(told)

    # Saying

    def _reserve(self) -> int:
        self._reasons.append(None)
        return len(self._reasons) - 1

    def _say(self, kind: ReasonKind, text: str, agents: Sequence[AgentId] = ()) -> None:
        self._close_holdup()
        self._reasons.append(
            Reason(begin=self._now, end=self._now, kind=kind, text=text, agents=tuple(agents))
        )

    def _name(self, agent: AgentId) -> str:
        return self._floor.name(agent)
