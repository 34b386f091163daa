"""Why an agent was chosen for a call, and why another call was served first, in plain words."""

from acd.why.onlooker import Onlooker, Visit
from acd.why.telling import clock, lasted
from calls.base import AgentId, Instant
from calls.config import Strategy

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
    rule = _RULES[floor.queue(visit.fact.queue).strategy].format(idle=idle)
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
    return f"{how}; before {callers}, {_advantage(floor, visit, ahead[0])}"


def served_first(floor: Onlooker, visit: Visit, other: Visit | None, agent: AgentId) -> str:
    """What is said of a call that an agent was offered instead of this one."""
    if other is None:
        return "of whom nothing more is known"
    if other.only == agent:
        return f"kept for {floor.name(agent)} alone"
    elsewhere = ""
    if other.fact.queue != visit.fact.queue:
        title = floor.title(other.fact.queue)
        mine, theirs = floor.turn(agent, visit), floor.turn(agent, other)
        if theirs < mine:
            return f"of {title} ({floor.name(agent)} serves that first)"
        if theirs > mine:
            return f"of {title} who had waited too long to be passed over"
        elsewhere = f"of {title} "
    if other.began <= visit.began:
        old = other.queued > visit.queued
        return f"{elsewhere}{'with an old place' if old else 'who came before'}"
    return elsewhere + _advantage(floor, other, visit)


def _advantage(floor: Onlooker, first: Visit, then: Visit) -> str:
    """Why a call that came later is before another."""
    if first.fact.credit > 0 and first.began <= then.began:
        return "with an old place"
    one, other = floor.queue(first.fact.queue), floor.queue(then.fact.queue)
    start = first.fact.priority + one.priority - then.fact.priority - other.priority
    if start > 0:
        return f"with a head start of {lasted(start)}"
    return "whose waiting counts for more" if one.slope > other.slope else "who came later"
