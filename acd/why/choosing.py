"""Why an agent was chosen for a call, and why another call was served first, in plain words."""

from acd.why.onlooker import Onlooker, Visit
from acd.why.telling import clock, lasted
from calls.base import AgentId, Instant
from calls.config import Strategy

#: Is replaced by names.
AGENTS = "{agents}"

_RULES: dict[Strategy, str] = {
    "longest_idle": "longest idle ({idle})",
    "least_occupied": "least occupied",
    "best_skill": "best in the skills needed",
    "fewest_calls": "with the fewest calls taken",
    "round_robin": "next in turn",
    "in_order": "first in the order",
    "ring_all": "longest idle ({idle})",
}


def chosen(floor: Onlooker, visit: Visit, agent: AgentId, now: Instant, *, waited: bool) -> str:
    """Why this agent, at the moment of the offer. `waited`: the call was there before."""
    person = floor.person(agent)
    if visit.only == agent:
        return "for whom it was kept"
    free = {name for name in floor.able(visit) if floor.person(name).state == "ready"} | {agent}
    free -= set(visit.offers.values())
    beside = ""
    if visit.passed_by in free - {agent}:
        free.remove(visit.passed_by)
        beside = f" beside {floor.name(visit.passed_by)}"
    if waited and person.since == now and free == {agent}:
        return _became_free(floor, visit, agent)
    idle = clock(now - person.idle)
    if len(free) == 1:
        return f"the only one free who fitted{beside} (idle {idle})"
    order = {name: floor.preference(name, visit) or (2, 0) for name in free}
    first = [name for name in free if order[name] == order[agent]]
    if len(first) == 1:
        return (
            f"whose preference for it ({order[agent][1]}) was the first of {len(free)} who fitted"
        )
    strategy = floor.queue(visit.fact.queue).strategy
    if strategy == "best_skill" and len({floor.proficiency(name, visit) for name in first}) == 1:
        strategy = "longest_idle"  # which decides among equals
    rule = _RULES[strategy].format(idle=idle)
    if len(first) < len(free):
        return f"{rule} of {len(first)} with preference {order[agent][1]}"
    return f"{rule} of {len(first)} who fitted"


def _became_free(floor: Onlooker, visit: Visit, agent: AgentId) -> str:
    after_work = floor.person(agent).before in ("talking", "wrap_up")
    how = "who was free again" if after_work else "who had just become ready"
    ahead = [
        other
        for other in floor.line.values()
        if other is not visit
        and other.fact.queue == visit.fact.queue
        and other.queued < visit.queued
        and not other.offers
        and agent in floor.able(other)
    ]
    if not ahead:
        return how
    callers = "a caller who came earlier" if len(ahead) == 1 else f"{len(ahead)} who came earlier"
    advantage = _advantage(floor, visit, ahead[0])
    return f"{how}; before {callers}{', thanks to ' if advantage else ''}{advantage}"


def served_first(floor: Onlooker, visit: Visit, other: Visit | None, agent: AgentId) -> str:
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
    if theirs < mine:
        if taken_for != other.fact.queue:
            elsewhere += f"who could be taken for {floor.title(taken_for)} by then "
        return f"{elsewhere}(served first by {AGENTS})"
    if theirs > mine:
        return f"{elsewhere}who had waited too long to be passed over"
    if other.began <= visit.began:
        old = other.queued > visit.queued
        return f"{elsewhere}{'with an old place' if old else 'who came before'}"
    advantage = _advantage(floor, other, visit)
    return f"{elsewhere}{f'with {advantage}' if advantage else 'who came later'}"


def _advantage(floor: Onlooker, first: Visit, then: Visit) -> str:
    """What puts a call that came later before another; nothing where nothing does."""
    if first.fact.credit > 0 and first.began <= then.began:
        return "an old place"
    one, other = floor.queue(first.fact.queue), floor.queue(then.fact.queue)
    start = first.fact.priority + one.priority - then.fact.priority - other.priority
    if start > 0:
        return f"a head start of {lasted(start)}"
    return "waiting that counts for more" if one.slope > other.slope else ""
