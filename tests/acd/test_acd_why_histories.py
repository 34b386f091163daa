"""What is told of random histories is true as far as it can be checked without telling it again."""

from random import Random

import pytest

from acd.acd import Acd
from acd.why import History, Reason, explain
from acd.why.onlooker import Onlooker
from calls.base import Instant
from calls.events import Tick
from calls.facts import CallLeftQueue, CallQueued, Fact, OfferMade
from tests.acd.brute import Brute
from tests.acd.histories import Maker

START = 1_700_000_000.0
STEPS = 400


def lived(seed: str) -> tuple[list[tuple[Instant, Fact]], Instant]:
    """The facts of a history of voice calls alone, and when it was over."""
    maker, now = Maker(Random(seed)), START
    maker.parallel = False
    real, world = Acd(), Brute()
    facts: list[tuple[Instant, Fact]] = []

    def give(message: object, now: Instant) -> None:
        said = real.handle(message, now)  # type: ignore[arg-type]
        known = [fact for fact in said if isinstance(fact, Fact)]
        facts.extend((now, fact) for fact in known)
        queued = next((fact for fact in known if isinstance(fact, CallQueued)), None)
        world.handle(message, now, queued.expected if queued else None)  # type: ignore[arg-type]

    for message in maker.opening():
        give(message, now)
    for _ in range(STEPS):
        target = now + maker.pause()
        while (due := world.deadline()) is not None and due <= target:
            now = max(now, due)
            give(Tick(), now)
        now = target
        give(maker.next(world), now)
    return facts, now


def waits(facts: list[tuple[Instant, Fact]], call: str) -> list[tuple[Instant, Instant | None]]:
    """From when to when a call was in queues."""
    found: list[tuple[Instant, Instant | None]] = []
    for at, fact in facts:
        if getattr(fact, "call", None) != call:
            continue
        if isinstance(fact, CallQueued):
            found.append((at, None))
        elif isinstance(fact, CallLeftQueue):
            found[-1] = (found[-1][0], at)
    return found


def spans(reasons: list[Reason]) -> list[tuple[Instant, Instant | None]]:
    """The spans that took time, those that touch joined."""
    joined: list[tuple[Instant, Instant | None]] = []
    for reason in reasons:
        if reason.begin == reason.end:
            continue
        if joined and joined[-1][1] == reason.begin:
            joined[-1] = (joined[-1][0], reason.end)
        else:
            joined.append((reason.begin, reason.end))
    return joined


def merged(intervals: list[tuple[Instant, Instant | None]]) -> list[tuple[Instant, Instant | None]]:
    long = [one for one in intervals if one[0] != one[1]]
    joined: list[tuple[Instant, Instant | None]] = []
    for begin, end in long:
        if joined and joined[-1][1] == begin:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return joined


@pytest.mark.parametrize("seed", [f"why {n}" for n in range(30)])
def test_every_second_of_waiting_is_told_and_no_free_agent_who_fits_is_passed_over(
    seed: str,
) -> None:
    facts, now = lived(seed)
    calls = {fact.call for _, fact in facts if isinstance(fact, CallQueued)}
    assert len(calls) > 20
    for call in calls:
        reasons = explain(History(call=call, until=now, facts=facts))
        begins = [reason.begin for reason in reasons]
        assert begins == sorted(begins)
        told = [one for one in spans(reasons) if one[0] < now]
        assert told == [one for one in merged(waits(facts, call)) if one[0] < now], call
        for reason in reasons:
            # An agent who is ready, fits and has no call: the Acd would have offered it.
            assert "busy with other contacts" not in reason.text, (call, reason)


@pytest.mark.parametrize("seed", [f"seen {n}" for n in range(30)])
def test_who_is_offered_a_call_fits_as_it_is_seen(seed: str) -> None:
    facts, _ = lived(seed)
    floor = Onlooker([], [])
    for at, fact in facts:
        if isinstance(fact, OfferMade):
            visit = floor.line[fact.call]
            assert fact.agent in floor.able(visit), (at, fact)
            assert floor.person(fact.agent).state == "ready"
        floor.see(fact, at)
