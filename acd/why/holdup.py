"""What holds a waiting call up for a while, and how that is told."""

from collections import Counter, defaultdict
from typing import Literal, TypeAlias

from acd.why.choosing import AGENTS
from acd.why.onlooker import Onlooker, Visit
from acd.why.telling import everybody, listed, needs, some, were
from calls.base import AgentId, AgentState, Instant

#: ``kept``: for one agent alone; ``nobody``: no agent fits at all; ``signed_out``: those who fit
#: were not there; ``away``: they were not ready; ``busy``; ``calling``: a caller who kept the place
#: is called; ``held``: until that is tried again; ``unknown``: it is not known who fitted.
Kind: TypeAlias = Literal[
    "kept", "nobody", "signed_out", "away", "busy", "calling", "held", "unknown"
]

#: An agent's state is told alone where it took this share of the time.
_MAINLY = 0.75
#: Who was ready for this share of the time and does not fit is worth a word.
_MOSTLY = 0.5
#: So many are named; of more, the number is told.
_NAMED = 4

_STATES: dict[AgentState, str] = {
    "talking": "talking",
    "wrap_up": "in after-call work",
    "reserved": "rung for another caller",
    "ready": "busy with other contacts",
    "logged_out": "not signed in",
}


class Holdup:
    """From `begin` on. It is told when it is over, by what everybody did meanwhile."""

    def __init__(
        self,
        floor: Onlooker,
        visit: Visit,
        begin: Instant,
        *,
        calling: AgentId,
        held: bool,
        known: bool,
    ) -> None:
        self.begin = begin
        #: What is said of callers whom agents who fitted served meanwhile, and which agents.
        self.served: defaultdict[str, list[AgentId]] = defaultdict(list)
        self._floor = floor
        self._visit = visit
        self._known = known
        self._calling = calling
        self._able = floor.able(visit)
        #: As they are at the moment; the visit's own change before this is told.
        self._needs = (visit.needs, visit.widened, visit.ring)
        #: Seconds by what each agent did, and what they do since when.
        self._spent: defaultdict[AgentId, dict[str, float]] = defaultdict(dict)
        self._doing: dict[AgentId, tuple[str, Instant]] = {}
        #: Why those of the queue who were ready could not take it.
        self._lacks: dict[AgentId, str] = {}
        for agent in floor.nearby(visit) | self._able:
            self._doing[agent] = (self._does(agent), begin)
        self.kind = self._kind(calling, held=held)

    def goes_on(self, calling: AgentId, *, held: bool) -> bool:
        """Is it still the same, for all that agents did?"""
        return self.kind == self._kind(calling, held=held)

    def counts(self, agent: AgentId) -> bool:
        """Could this agent have taken the call, if they were free?"""
        return self.kind in ("kept", "away", "busy", "signed_out") and agent in self._able

    def state_changed(self, agent: AgentId, now: Instant) -> None:
        if agent in self._doing:
            self._spend(agent, now)
            self._doing[agent] = (self._does(agent), now)

    def told(self, now: Instant) -> tuple[str, list[AgentId]]:
        """The sentence, and the agents it is about."""
        for agent in self._doing:
            self._spend(agent, now)
        match self.kind:
            case "calling":
                name = self._floor.name(self._calling)
                return f"{name} was kept free while the caller was called back", [self._calling]
            case "held":
                return "waited for the next attempt to call back", []
            case "unknown":
                return "it is not known who fitted: the settings of that time were not kept", []
            case "nobody":
                return self._nobody(), []
            case "signed_out":
                return self._signed_out()
            case "kept" | "away" | "busy":
                return self._occupied()

    def _kind(self, calling: AgentId, *, held: bool) -> Kind:
        if calling:
            return "calling"
        if held:
            return "held"
        if self._visit.only:
            return "kept"
        if not self._known:
            return "unknown"
        states = {self._floor.person(agent).state for agent in self._able}
        if not states:
            return "nobody"
        if states == {"logged_out"}:
            return "signed_out"
        return "away" if states <= {"logged_out", "not_ready"} else "busy"

    def _does(self, agent: AgentId) -> str:
        person = self._floor.person(agent)
        if person.state == "not_ready":
            return f"not ready ({person.reason})" if person.reason else "not ready"
        if person.state == "ready" and agent not in self._able:
            self._lacks[agent] = self._unfit(agent)
            return "ready"
        return _STATES[person.state]

    def _spend(self, agent: AgentId, now: Instant) -> None:
        what, since = self._doing[agent]
        spent = self._spent[agent]
        spent[what] = spent.get(what, 0.0) + now - since
        self._doing[agent] = (what, now)

    # Sentences

    def _wanted(self) -> str:
        """``agent of Support in ring 1 with Polish >= 5``; the queue where nothing else is said."""
        skills, widened, ring = self._needs
        queues = [self._floor.title(queue) for queue in (self._visit.fact.queue, *widened)]
        rings = f" up to ring {ring}" if ring else ""
        wanted = f" with {needs(skills)}" if skills else ""
        of = f" of {listed(queues, 'or')}" if not skills or widened or ring else ""
        return f"agent{of}{rings}{wanted}"

    def _nobody(self) -> str:
        return f"there was no {self._wanted()}{self._misfits()}"

    def _signed_out(self) -> tuple[str, list[AgentId]]:
        able = sorted(self._able)
        whom = some([self._floor.name(agent) for agent in able])
        return f"no {self._wanted()} was signed in{whom}{self._misfits()}", able

    def _occupied(self) -> tuple[str, list[AgentId]]:
        did = {agent: self._mainly(agent) for agent in sorted(self._able)}
        there = {agent: what for agent, what in did.items() if what != _STATES["logged_out"]}
        there = there or did
        text = self._kept(there) if self.kind == "kept" else self._what(there, len(did))
        served = self._served()
        return f"{text}{self._misfits()}{served}", list(there)

    def _kept(self, there: dict[AgentId, str]) -> str:
        (agent, what), *_ = there.items()
        return f"kept for {self._floor.name(agent)} alone, who was {what}"

    def _what(self, there: dict[AgentId, str], able: int) -> str:
        agents, deeds = list(there), set(there.values())
        names = [self._floor.name(agent) for agent in agents]
        if len(agents) == 1:
            alone = "the only one who fitted" if able == 1 else "the only one there who fitted"
            return f"{names[0]}, {alone}, was {there[agents[0]]}"
        if len(deeds) == 1:
            whom = some(names, _NAMED)
            return f"{everybody(len(agents))} who fitted{whom} were {deeds.pop()}"
        if len(agents) <= _NAMED:
            first, *rest = (
                f"{name} was {what}" for name, what in zip(names, there.values(), strict=True)
            )
            return listed([first, *(part.replace(" was ", " ", 1) for part in rest)])
        counts = Counter(there.values()).most_common()
        parts = [f"{count} {were(count)} {what}" for what, count in counts]
        return f"of {len(agents)} who fitted {listed(parts)}"

    def _mainly(self, agent: AgentId) -> str:
        spent = self._spent[agent]
        total = sum(spent.values())
        if total <= 0:
            return self._doing[agent][0]
        first, *others = sorted(spent, key=lambda what: -spent[what])
        return first if spent[first] >= _MAINLY * total else f"{first} or {others[0]}"

    def _misfits(self) -> str:
        """Others of the queue who had nothing to do."""
        ready = [
            agent
            for agent in sorted(self._doing.keys() - self._able)
            if self._spent[agent].get("ready", 0.0) > _MOSTLY * sum(self._spent[agent].values())
        ]
        if not ready:
            return ""
        if len(ready) > 2:
            return f"; {len(ready)} others were ready but did not fit"
        return "; " + listed(
            f"{self._floor.name(agent)} was ready but {self._lacks[agent]}" for agent in ready
        )

    def _unfit(self, agent: AgentId) -> str:
        if self._visit.only:
            return "was not asked"
        lacks = self._floor.lacks(agent, self._visit)
        if lacks:
            return f"lacked {needs(lacks)}"
        return "was in a later ring"

    def _served(self) -> str:
        parts = []
        for why, agents in sorted(self.served.items(), key=lambda item: -len(item[1])):
            callers = "a caller" if len(agents) == 1 else f"{len(agents)} callers"
            names = [self._floor.name(agent) for agent in dict.fromkeys(agents)]
            whom = listed(names) if len(names) <= _NAMED else f"{len(names)} agents"
            parts.append(f"{callers} {why.replace(AGENTS, whom)}")
        return f"; meanwhile {listed(parts)} went first" if parts else ""
