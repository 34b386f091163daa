"""Why an agent was chosen for a call, and why another call was served first, in plain words.

Theory of operation
===================

1. Of those who could take the call at that moment, each rule in turn leaves only the best: agents
   of the call's own queue, their preference, how many contacts they have (not for voice, which
   takes an agent alone), the queue's strategy; at last who has been idle for longest.
2. The rule that left one alone has decided, and is told, with how many there were before it and
   what they had in common. A strategy by which all were alike is told as such.
3. What the strategies go by is looked up in the facts, not asked of the Acd: where the facts are
   too few to see why this agent, nothing is made up.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from math import inf, log
from typing import NamedTuple

from acd.agents import OCCUPANCY_TAU
from acd.why.onlooker import Onlooker, Person, Visit
from acd.why.telling import clock, contacts, counted, everybody, lasted, listed
from calls.base import AgentId, Instant

#: Is replaced by names.
AGENTS = "{agents}"

#: Of so many who had no room for a call it is told with what they were busy.
_NAMED = 2


class _Rule(NamedTuple):
    """One of the rules by which agents are chosen: who has the least goes first."""

    by: Callable[[AgentId], float]
    #: What is said of the only one whom it left, and of several whom it left of more.
    decides: str
    left: str
    #: What is said where all were alike.
    alike: str = ""


def chosen(floor: Onlooker, visit: Visit, agent: AgentId, now: Instant, *, waited: bool) -> str:
    """Why this agent, at the moment of the offer. `waited`: the call was there before, and needed
    what it needs now."""
    if visit.only == agent:
        return "for whom it was kept"
    ready = {name for name in floor.able(visit) if floor.person(name).state == "ready"}
    ready -= set(visit.offers.values())
    free = {name for name in ready if floor.has_room(name, visit.fact.channel)} | {agent}
    beside = ""
    if visit.had_at == now and visit.had in free - {agent}:
        free.remove(visit.had)
        beside = f" beside {floor.name(visit.had)}"
    if waited and all(floor.person(one).since == now for one in free):
        return _became_free(floor, visit, agent, now)
    if waited and free == {agent} and floor.person(agent).eased == now:
        return "who had room again"
    told = _decided(floor, visit, agent, free, now, beside)
    return f"{told}{_no_room(floor, sorted(ready - free - {visit.had if beside else ''}))}"


def _decided(
    floor: Onlooker, visit: Visit, agent: AgentId, free: set[AgentId], now: Instant, beside: str
) -> str:
    person = floor.person(agent)
    idle = clock(now - person.idle)
    if len(free) == 1:
        if person.contacts:
            return f"the only one with room who fitted{beside}"
        return f"the only one free who fitted{beside} (idle {idle})"
    common: list[str] = []
    alike = ""
    for rule in _rules(floor, visit, agent):
        least = min(map(rule.by, free))
        best = {one for one in free if rule.by(one) == least}
        if agent not in best:  # of what was long before, not everything is known
            return f"one of {len(free)} who fitted{beside}"
        if len(best) == 1:
            return f"{rule.decides} of {len(free)} {_group(common)}{beside}"
        if best != free:
            common.append(rule.left)
        elif rule.alike:
            alike = f", {everybody(len(free))} {rule.alike}"
        free = best
    longest = "ready for longest" if person.contacts else "longest idle"
    return f"{longest} ({idle}) of {len(free)} {_group(common)}{beside}{alike}"


def _group(common: list[str]) -> str:
    return listed(common) or "who fitted"


def _rules(floor: Onlooker, visit: Visit, agent: AgentId) -> Iterator[_Rule]:
    """In their order. What is said of them has the figures of the agent who was chosen."""
    own = floor.title(visit.fact.queue)
    _, number = floor.preference(agent, visit) or (1, 0)
    yield _Rule(
        lambda one: (floor.preference(one, visit) or (1, 0))[0],
        f"the only one of {own}",
        f"of {own}",
    )
    yield _Rule(
        lambda one: (floor.preference(one, visit) or (1, 0))[1],
        f"whose preference for it ({number}) was the first",
        f"with preference {number}",
    )
    if visit.fact.channel != "voice":
        fewest = f"with the fewest contacts ({len(floor.person(agent).contacts)})"
        yield _Rule(lambda one: len(floor.person(one).contacts), fewest, fewest)
    rule = _strategy(floor, visit, agent)
    if rule is not None:
        yield rule


def _strategy(floor: Onlooker, visit: Visit, agent: AgentId) -> _Rule | None:
    """None where it is only about who has been idle for longest."""
    match floor.queue(visit.fact.queue).strategy:
        case "fewest_calls":
            calls = floor.person(agent).calls
            fewest = f"with the fewest calls taken ({calls})"
            alike = f"with {counted(calls, 'call')} taken"
            return _Rule(lambda one: floor.person(one).calls, fewest, fewest, alike)
        case "least_occupied":
            least = "least occupied"
            return _Rule(lambda one: _occupied(floor.person(one)), least, least, "equally occupied")
        case "best_skill":
            best = "best in the skills needed"
            alike = "as good in the skills needed" if visit.needs else ""
            return _Rule(lambda one: -floor.proficiency(one, visit), best, best, alike)
        case "round_robin":
            return _turn(floor, visit, agent)
        case "in_order":
            numbers = {name: number for number, name in enumerate(floor.agents)}
            first = "first in the order"
            return _Rule(lambda one: numbers.get(one, 0), first, first)
        case "longest_idle" | "ring_all":
            return None


def _turn(floor: Onlooker, visit: Visit, agent: AgentId) -> _Rule:
    """Whose last offer of the queue is longest ago. Who seems to have had none may have had one
    before all that is known of them."""
    turns = {name: floor.person(name).turns.get(visit.fact.queue, 0) for name in floor.able(visit)}
    unsure = any(turn == 0 and not floor.person(name).new for name, turn in turns.items())
    if unsure and turns[agent] == 0:
        return _Rule(lambda one: one != agent, "next in turn", "")
    none = "without a turn before"
    return _Rule(lambda one: turns[one], "next in turn", none, none)


def _occupied(person: Person) -> float:
    """Compares how occupied agents who are ready have been of late, whenever they became so."""
    if person.occupancy <= 0.0:
        return -inf
    return round(log(person.occupancy) + person.since / OCCUPANCY_TAU, 6)


def _no_room(floor: Onlooker, busy: list[AgentId]) -> str:
    """Those who fitted and were ready, but had contacts of other channels."""
    if len(busy) > _NAMED:
        return f", while {len(busy)} others who fitted had other contacts"
    told = [
        f"{floor.name(one)} had "
        + contacts(Counter(contact.channel for contact in floor.person(one).contacts.values()))
        for one in busy
    ]
    return f", while {listed(told)}" if told else ""


def _became_free(floor: Onlooker, visit: Visit, agent: AgentId, now: Instant) -> str:
    after_work = floor.person(agent).before in ("talking", "wrap_up", "reserved")
    how = "who was free again" if after_work else "who had just become ready"
    ahead = [
        other
        for other in floor.line.values()
        if other is not visit
        and other.fact.queue == visit.fact.queue
        and other.queued < visit.queued
        and not other.offers
        and other.asleep < now
        and floor.has_room(agent, other.fact.channel)
        and agent in floor.able(other)
    ]
    if not ahead:
        return how
    callers = "a caller who came earlier" if len(ahead) == 1 else f"{len(ahead)} who came earlier"
    advantages = sorted({_advantage(floor, visit, other) for other in ahead} - {""})
    return f"{how}; before {callers}{', thanks to ' if advantages else ''}{listed(advantages)}"


def served_first(
    floor: Onlooker, visit: Visit, other: Visit | None, agent: AgentId, now: Instant
) -> str:
    """What is said of a call that an agent was offered instead of this one; `AGENTS` stands for
    the agents of all such calls."""
    if other is None:
        return "of whom nothing more is known"
    if other.only == agent:
        return f"kept for {AGENTS} alone"
    elsewhere = ""
    if other.fact.queue != visit.fact.queue:
        elsewhere = f"of {floor.title(other.fact.queue)} "
    (mine, _), (theirs, taken_for) = floor.turn(agent, visit), floor.turn(agent, other)
    late = floor.overdue(other, now) and floor.overdue(visit, now)
    if theirs > mine and not late:
        return f"{elsewhere}who had waited too long to be passed over"
    if theirs < mine and not late:
        if taken_for != other.fact.queue:
            elsewhere += f"who could be taken for {floor.title(taken_for)} by then "
        return f"{elsewhere}(served first by {AGENTS})"
    if other.queued <= visit.queued and other.began <= visit.began:
        return f"{elsewhere}who came before"
    advantage = _advantage(floor, other, visit)
    return f"{elsewhere}{f'with {advantage}' if advantage else 'who came later'}"


def _advantage(floor: Onlooker, first: Visit, then: Visit) -> str:
    """What puts a call that came later before another; nothing where nothing does."""
    one, other = floor.queue(first.fact.queue), floor.queue(then.fact.queue)
    if first.fact.credit > 0 and first.began <= then.began and one.slope > 0:
        return "an old place"
    start = first.fact.priority + one.priority - then.fact.priority - other.priority
    if start > 0:
        return f"a head start of {lasted(start)}"
    return "waiting that counts for more" if one.slope > other.slope else ""
