"""The day's figures against the formulas, worked out by hand."""

import msgspec
import pytest
from msgspec.structs import replace

from acd.messages import Accept, Reject, Release, Withdraw
from acd.statistics import Counting, DayFigures
from calls.actions import DeclineOffer, FinishWrapUp, SetAgentState
from calls.config import ServiceLevelVariant
from calls.facts import (
    CallLeftQueue,
    CallOverflowed,
    CallQueued,
    CallTransferred,
    Fact,
    PlaceKept,
)
from calls.views import QueueFigures
from tests.acd.driving import START, Driven


class Counted(Driven):
    """Its facts go into the figures."""

    def __init__(self) -> None:
        super().__init__()
        self.figures = DayFigures()

    def do(self, message: object, after: float = 0.0) -> list[Fact]:  # type: ignore[override]
        said = [one for one in super().do(message, after) if isinstance(one, Fact)]  # type: ignore[arg-type]
        for fact in said:
            self.figures.add(fact, self.now)
        return said


def left(figures: DayFigures, outcome: str, waited: float) -> None:
    """One caller through queue ``support``."""
    figures.add(CallQueued(call="c", queue="support", position=1), START)
    message = {"type": "CallLeftQueue", "call": "c", "queue": "support"}
    fact = msgspec.convert(message | {"outcome": outcome, "waited": waited}, CallLeftQueue)
    figures.add(fact, START + waited)


def test_nothing_yet() -> None:
    assert DayFigures().figures("support") == QueueFigures()


def test_service_level_asa_and_abandonment() -> None:
    """N / (A + B - Bs), Bs within 5 s; a caller moved elsewhere is in none of them."""
    figures = DayFigures()
    for waited in (2.0, 20.0, 20.01, 58.0):
        left(figures, "connected", waited)
    for waited in (1.0, 5.0, 5.1, 90.0):
        left(figures, "abandoned", waited)
    left(figures, "moved", 10.0)
    left(figures, "failed", 10.0)
    seen = figures.figures("support", 20.0)
    assert (seen.offered, seen.answered, seen.answered_in_time) == (10, 4, 2)
    assert (seen.abandoned, seen.short_abandoned) == (4, 2)
    assert seen.service_level == pytest.approx(2 / (4 + 4 - 2))
    assert seen.asa == pytest.approx((2.0 + 20.0 + 20.01 + 58.0) / 4)
    assert seen.abandonment == pytest.approx(2 / 6)
    assert seen.aht is None
    assert figures.figures("sales") == QueueFigures()


def test_the_service_level_can_be_told_for_any_time() -> None:
    figures = DayFigures()
    for waited in (0.0, 1.1, 2.3, 2.35, 30.0):
        left(figures, "connected", waited)
    seen = {x: figures.figures("support", x).answered_in_time for x in (0, 1, 1.1, 2.3, 2.4, 30)}
    assert seen == {0: 1, 1: 1, 1.1: 2, 2.3: 3, 2.4: 4, 30: 5}


def test_only_short_abandons_leave_the_service_level_unknown() -> None:
    figures = DayFigures()
    left(figures, "abandoned", 3.0)
    assert figures.figures("support").service_level is None


@pytest.fixture
def center() -> Counted:
    counted = Counted()
    counted.queue(wrap_up=30.0, offer_timeout=10.0)
    counted.ready("ann")
    return counted


def test_handle_time_is_talk_and_wrap_up_of_finished_calls(center: Counted) -> None:
    center.talk("c1")
    center.do(Release(call="c1", by="caller"), after=100.0)
    assert center.figures.figures("support").aht is None
    center.do(FinishWrapUp(agent="ann"), after=20.0)
    center.talk("c2")
    center.do(Release(call="c2", by="caller"), after=50.0)
    center.tick(after=30.0)
    assert center.figures.figures("support").aht == pytest.approx((120.0 + 80.0) / 2)
    assert center.figures.agent_figures("ann", center.now).aht == pytest.approx(100.0)


def test_holds_are_talk_and_transfers_are_the_agents(center: Counted) -> None:
    center.talk("c1")
    center.figures.add(
        CallTransferred(call="c1", agent="ann", to="queue:b", kind="warm"), center.now
    )
    center.do(Release(call="c1", by="agent", held=30.0), after=100.0)
    assert center.figures.line("support").work.hold_time is None, "not handled yet"
    center.do(FinishWrapUp(agent="ann"), after=20.0)
    center.talk("c2")
    center.do(Release(call="c2", by="caller", held=10.0), after=50.0)
    center.do(FinishWrapUp(agent="ann"), after=10.0)
    work = center.figures.line("support").work
    assert (work.talked, work.held, work.wrapped) == (150.0, 40.0, 30.0)
    assert work.aht == pytest.approx((100 + 20 + 50 + 10) / 2)
    assert work.hold_time == pytest.approx(20.0)
    assert work.transferred == {"warm": 1}
    assert work.transfer_rate == pytest.approx(1 / 2)


def test_rona_declined_and_caller_gone_are_counted_apart(center: Counted) -> None:
    center.call("c1")
    center.tick(after=10.0)
    center.do(SetAgentState(agent="ann", state="ready"))
    center.do(DeclineOffer(agent="ann"))
    center.do(SetAgentState(agent="ann", state="ready"))
    center.do(Reject(offer=center.offer_for("c1"), outcome="busy"))
    center.do(SetAgentState(agent="ann", state="ready"))
    center.do(Withdraw(call="c1", outcome="abandoned"))
    center.call("c2")
    center.do(Accept(offer=center.offer_for("c2")))
    queue = center.figures.figures("support")
    assert (queue.rona, queue.declined, queue.abandoned, queue.answered) == (1, 1, 1, 1)
    agent = center.figures.agent_figures("ann", center.now)
    assert (agent.offers, agent.answered, agent.rona, agent.declined) == (5, 1, 1, 1)
    assert agent.rona_rate == pytest.approx(1 / 5)


def test_occupancy_leaves_breaks_out(center: Counted) -> None:
    """(ring + talk + wrap-up) / (that + available)."""
    center.call("c1", after=40.0)
    center.do(Accept(offer=center.offer_for("c1")), after=5.0)
    center.do(Release(call="c1", by="caller"), after=60.0)
    center.tick(after=30.0)
    center.do(SetAgentState(agent="ann", state="not_ready", reason="lunch"), after=10.0)
    center.now += 1000.0
    seen = center.figures.agent_figures("ann", center.now)
    assert seen.occupancy == pytest.approx((5 + 60 + 30) / (5 + 60 + 30 + 40 + 10))
    assert seen.seconds["not_ready"] == pytest.approx(1000.0)
    assert center.figures.agent_figures("nobody", center.now).occupancy is None


def test_midnight_starts_anew_but_carries_who_is_busy(center: Counted) -> None:
    """The call of yesterday stays yesterday's; the time of today is today's."""
    center.talk("c1")
    center.now += 50.0
    center.figures.new_day(center.now)
    assert center.figures.figures("support") == QueueFigures()
    center.do(Release(call="c1", by="caller"), after=10.0)
    center.do(FinishWrapUp(agent="ann"), after=5.0)
    seen = center.figures.agent_figures("ann", center.now)
    assert (seen.seconds["talking"], seen.seconds["wrap_up"]) == (10.0, 5.0)
    assert center.figures.figures("support") == QueueFigures()
    center.talk("c2")
    assert center.figures.figures("support").offered == 1


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("standard", 2 / (3 + 4 - 1)),
        ("answered", 2 / 3),
        ("offered", 2 / (3 + 4)),
        ("abandoned_late", 2 / (3 + 4 - 3)),
        ("abandoned_well", (2 + 3) / (3 + 4)),
    ],
)
def test_variants_of_the_service_level(variant: ServiceLevelVariant, expected: float) -> None:
    """N = 2, A = 3, B = 4, Bs = 1, Bx = 3 for X = 20 s."""
    figures = DayFigures()
    for waited in (2.0, 20.0, 21.0):
        left(figures, "connected", waited)
    for waited in (1.0, 6.0, 20.0, 90.0):
        left(figures, "abandoned", waited)
    seen = figures.figures("support", 20.0, variant)
    assert seen.service_level == pytest.approx(expected)
    assert seen.service_level_variant == variant


def test_who_keeps_the_place_or_goes_elsewhere_did_not_abandon() -> None:
    figures = DayFigures()
    for number, outcome in enumerate(("connected", "unreached", "moved")):
        call = f"v{number}"
        figures.add(CallQueued(call=call, queue="support", position=1), START)
        figures.add(PlaceKept(call=call, queue="support", number="+48"), START + 30)
        fact = {"type": "CallLeftQueue", "call": call, "queue": "support", "virtual": True}
        fact |= {"outcome": outcome, "waited": 900.0}
        figures.add(msgspec.convert(fact, CallLeftQueue), START + 900)
    figures.add(CallQueued(call="f", queue="support", position=1), START)
    figures.add(CallOverflowed(call="f", queue="support", when="full"), START)
    figures.add(CallLeftQueue(call="f", queue="support", outcome="overflowed", waited=0.0), START)
    left(figures, "connected", 4.0)
    seen, line = figures.figures("support"), figures.line("support")
    assert (seen.offered, seen.answered, seen.abandoned) == (5, 1, 0)
    assert (seen.callbacks, line.reached, line.unreached) == (3, 1, 1), "one called in"
    assert (seen.overflowed, line.overflowed) == (1, {"full": 1})
    assert (seen.service_level, seen.abandonment, seen.asa) == (1.0, 0.0, 4.0)


def test_who_is_queued_again_for_who_they_are_is_on_the_same_visit() -> None:
    figures = DayFigures()
    coming = CallQueued(call="c", queue="support", position=1)
    moved = CallLeftQueue(call="c", queue="support", outcome="moved", waited=4.0)
    known = replace(coming, credit=4.0)
    connected = replace(moved, outcome="connected", waited=5.0)
    for fact, at in ((coming, 0.0), (moved, 4.0), (known, 4.0), (connected, 9.0)):
        figures.add(fact, START + at)
    line = figures.line("support")
    assert (line.offered, line.moved, line.answered, line.waited) == (1, 0, 1, 9.0)


@pytest.mark.parametrize(("queue", "credit", "later"), [("s", 4, 1), ("s", 0, 0), ("t", 4, 0)])
def test_who_comes_again_in_any_other_way_is_on_a_new_visit(
    queue: str, credit: float, later: float
) -> None:
    figures = DayFigures()
    coming = CallQueued(call="c", queue="s", position=1)
    figures.add(coming, START)
    figures.add(CallLeftQueue(call="c", queue="s", outcome="moved", waited=4.0), START + 4)
    figures.add(replace(coming, queue=queue, credit=credit), START + 4 + later)
    assert figures.line("s").moved == 1
    assert figures.line("s").offered + figures.line("t").offered == 2


def test_a_call_counts_for_each_of_its_skills() -> None:
    counting = Counting[str](lambda fact, _: fact.skills, lambda *_: None)
    for call, skills in (("a", {"tax": 3}), ("b", {"tax": 1, "lang:pl": 5}), ("c", {})):
        counting.add(CallQueued(call=call, queue="support", position=1, skills=skills), START)
        gone = CallLeftQueue(call=call, queue="support", outcome="abandoned", waited=9.0)
        counting.add(gone, START + 9)
    assert {skill: line.abandoned for skill, line in counting.lines.items()} == {
        "tax": 2,
        "lang:pl": 1,
    }
    assert counting.open == set()


def test_what_began_before_the_period_counts_nowhere() -> None:
    counting = Counting[str](lambda fact, _: (fact.queue,), lambda *_: None)
    counting.add(CallLeftQueue(call="a", queue="q", outcome="connected", waited=9.0), START)
    counting.add(PlaceKept(call="b", queue="q"), START)
    assert counting.lines == {}
