"""Who waits where, and who gets whom."""

import pytest

from acd.messages import Accept, Enqueue, Release, Withdraw
from calls.actions import FinishWrapUp, Refused, SetAgentState
from calls.errors import UnexpectedEvent
from calls.facts import (
    AgentStateChanged,
    CallConnected,
    CallLeftQueue,
    CallQueued,
    OfferEnded,
    OfferMade,
)
from tests.acd.driving import Driven, kinds, one


@pytest.fixture
def acd() -> Driven:
    driven = Driven()
    driven.queue()
    return driven


def test_a_caller_rings_at_the_idle_agent_and_is_connected(acd: Driven) -> None:
    acd.ready("ann")
    said = acd.call("c1")
    offer = one(OfferMade, said)
    assert said == [
        CallQueued(call="c1", queue="support", position=1),
        OfferMade(
            offer="o1", call="c1", agent="ann", queue="support", waited=0.0, until=acd.now + 15.0
        ),
        AgentStateChanged(agent="ann", state="reserved", call="c1", until=acd.now + 15.0),
    ]
    assert (acd.acd.offer_of("ann"), acd.acd.offer_for_call("c1")) == ("o1", "o1")
    assert acd.do(Accept(offer=offer.offer), after=4.0) == [
        OfferEnded(
            offer="o1", call="c1", agent="ann", queue="support", outcome="accepted", lasted=4.0
        ),
        CallLeftQueue(call="c1", queue="support", outcome="connected", waited=4.0),
        CallConnected(call="c1", agent="ann", queue="support", waited=4.0),
        AgentStateChanged(agent="ann", state="talking", call="c1"),
    ]
    assert acd.acd.agent_of("c1") == "ann"
    assert acd.acd.position("c1") is None


def test_who_becomes_ready_takes_who_waits_longest(acd: Driven) -> None:
    acd.call("c1")
    acd.call("c2", after=1.0)
    said = acd.ready("ann")
    assert kinds(said) == ["AgentStateChanged", "OfferMade", "AgentStateChanged"]
    assert one(OfferMade, said).call == "c1"


def test_an_unknown_queue_is_refused(acd: Driven) -> None:
    assert acd.call("c1", "sails") == [
        Refused(reason="unknown", message="there is no queue 'sails'")
    ]
    assert acd.acd.position("c1") is None


def test_a_call_cannot_be_queued_twice(acd: Driven) -> None:
    acd.call("c1")
    before = acd.acd.snapshot()
    with pytest.raises(UnexpectedEvent, match="c1"):
        acd.call("c1")
    acd.ready("ann")
    acd.do(Accept(offer=acd.offer_for("c1")))
    with pytest.raises(UnexpectedEvent, match="c1"):
        acd.call("c1")
    assert before.waiting["c1"].queue == "support"


def test_what_cannot_be_leaves_the_state_untouched(acd: Driven) -> None:
    acd.ready("ann")
    acd.talk("c1")
    acd.call("c2")
    before = acd.acd.snapshot()
    for message in (
        Withdraw(call="c1", outcome="abandoned"),
        Release(call="c2", by="caller"),
        Enqueue(call="c2", queue="support"),
    ):
        with pytest.raises(UnexpectedEvent):
            acd.do(message)
        assert acd.acd.snapshot() == before


def test_what_is_late_is_dropped_and_counted(acd: Driven) -> None:
    assert acd.do(Accept(offer="o99")) == []
    assert acd.do(Withdraw(call="c99", outcome="abandoned")) == []
    assert acd.do(Withdraw(call="c98", outcome="abandoned")) == []
    assert acd.do(Release(call="c99", by="caller")) == []
    assert acd.acd.dropped() == {"Accept": 1, "Withdraw": 2, "Release": 1}


# What a call needs


def test_an_agent_needs_the_skills_of_the_queue_and_of_the_call(acd: Driven) -> None:
    acd.queue("billing", skills={"invoices": 5})
    acd.ready("low", queues={"billing": 1}, skills={"invoices": 4, "tax": 9})
    acd.ready("none", queues={"billing": 1}, skills={"invoices": 9})
    said = acd.call("c1", "billing", skills={"tax": 2})
    assert kinds(said) == ["CallQueued"]
    assert one(CallQueued, said).skills == {"invoices": 5, "tax": 2}
    assert one(
        OfferMade, acd.ready("both", queues={"billing": 1}, skills={"invoices": 5, "tax": 2})
    )


def test_the_higher_of_two_levels_counts(acd: Driven) -> None:
    acd.queue("billing", skills={"invoices": 5})
    acd.ready("five", queues={"billing": 1}, skills={"invoices": 5})
    assert one(CallQueued, acd.call("c1", "billing", skills={"invoices": 7})).skills == {
        "invoices": 7
    }
    assert acd.rings("c1") is None
    acd.call("c2", "billing", skills={"invoices": 3})
    assert acd.rings("c2") == "five"


def test_a_language_is_for_people_and_needs_no_skill(acd: Driven) -> None:
    acd.ready("ann", skills={"lang:pl": 3})
    said = acd.call("c1", language="uk")
    assert (one(CallQueued, said).language, one(CallQueued, said).skills) == ("uk", {})
    assert acd.rings("c1") == "ann"


def test_agents_take_calls_of_their_queues_only(acd: Driven) -> None:
    acd.queue("sales")
    acd.ready("ann", queues={"sales": 1})
    acd.call("c1", "support")
    assert acd.rings("c1") is None


# Whose turn it is


def test_priority_is_a_head_start_in_seconds(acd: Driven) -> None:
    acd.call("early")
    acd.call("urgent", after=20.0, priority=30.0)
    acd.call("mild", after=20.0, priority=30.0)
    assert [acd.acd.position(call) for call in ("urgent", "early", "mild")] == [1, 2, 3]
    acd.ready("ann")
    assert acd.rings("urgent") == "ann"


def test_first_come_first_served_at_the_same_instant(acd: Driven) -> None:
    for call in ("c3", "c1", "c2"):
        acd.call(call)
    assert [acd.acd.position(call) for call in ("c3", "c1", "c2")] == [1, 2, 3]


def test_positions_close_up_when_somebody_leaves(acd: Driven) -> None:
    for call in ("c1", "c2", "c3"):
        acd.call(call, after=1.0)
    left = one(CallLeftQueue, acd.do(Withdraw(call="c1", outcome="moved"), after=2.0))
    assert (left.outcome, left.waited) == ("moved", 4.0)
    assert [acd.acd.position(call) for call in ("c1", "c2", "c3")] == [None, 1, 2]


def test_a_ringing_call_still_has_its_place_in_the_line(acd: Driven) -> None:
    acd.ready("ann")
    acd.call("c1")
    assert one(CallQueued, acd.call("c2")).position == 2
    assert acd.acd.position("c1") == 1
    assert acd.queue_view().waiting == 2


def test_a_queue_with_a_slope_overtakes_one_without(acd: Driven) -> None:
    """After t seconds gold scores 3 (t - 10), support scores t: gold leads from t = 15 on."""
    for wait, winner in ((13.0, "slow"), (16.0, "fast")):
        acd = Driven()
        acd.queue("support")
        acd.queue("gold", slope=3.0)
        acd.call("slow", "support")
        acd.call("fast", "gold", after=10.0)
        acd.now += wait - 10.0
        acd.ready("ann", queues={"support": 1, "gold": 1})
        assert acd.rings(winner) == "ann"


def test_the_queue_an_agent_prefers_goes_before_longer_waits(acd: Driven) -> None:
    acd.queue("sales")
    acd.call("waits-long", "support")
    acd.call("preferred", "sales", after=60.0)
    acd.ready("ann", queues={"support": 2, "sales": 1})
    assert acd.rings("preferred") == "ann"


def test_an_agent_whose_first_choice_it_is_goes_before_the_longest_idle(acd: Driven) -> None:
    acd.ready("second", queues={"support": 2})
    acd.now += 100.0
    acd.ready("first", queues={"support": 1})
    acd.call("c1")
    assert acd.rings("c1") == "first"


# Strategies


def test_longest_idle() -> None:
    acd = Driven()
    acd.queue(strategy="longest_idle", wrap_up=0.0)
    acd.ready("ann")
    acd.now += 5.0
    acd.ready("bob")
    assert acd.talk("c1") == "ann"
    acd.do(Release(call="c1", by="caller"), after=5.0)
    acd.call("c2")
    assert acd.rings("c2") == "bob"


def test_best_skill_then_longest_idle() -> None:
    acd = Driven()
    acd.queue(strategy="best_skill", skills={"phone": 1})
    acd.ready("fair", skills={"phone": 5, "lang:pl": 2, "chess": 10})
    acd.ready("good", skills={"phone": 5, "lang:pl": 8})
    acd.ready("also", skills={"phone": 5, "lang:pl": 8})
    acd.call("c1", skills={"lang:pl": 1})
    assert acd.rings("c1") == "good"
    acd.call("c2", skills={"lang:pl": 1})
    assert acd.rings("c2") == "also"
    acd.call("c3", skills={"lang:pl": 1})
    assert acd.rings("c3") == "fair"


def test_fewest_calls_since_signing_in() -> None:
    acd = Driven()
    acd.queue(strategy="fewest_calls", wrap_up=0.0)
    acd.ready("ann")
    acd.talk("c1")
    acd.do(Release(call="c1", by="caller"))
    acd.ready("bob")
    assert acd.talk("c2") == "bob"
    acd.do(Release(call="c2", by="caller"))
    assert acd.talk("c3") == "ann"
    acd.do(Release(call="c3", by="caller"))
    acd.do(SetAgentState(agent="ann", state="logged_out"))
    acd.do(SetAgentState(agent="ann", state="ready"))
    acd.call("c4")
    assert acd.rings("c4") == "ann"


def test_round_robin_goes_on_where_it_was_whatever_came_of_the_offer() -> None:
    acd = Driven()
    acd.queue(strategy="round_robin", wrap_up=0.0)
    acd.queue("other", strategy="round_robin", wrap_up=0.0)
    for name in ("ann", "bob", "cyd"):
        acd.ready(name, queues={"support": 1, "other": 1})
    assert acd.talk("c1") == "ann"
    acd.do(Release(call="c1", by="caller"))
    acd.call("c2")
    assert acd.rings("c2") == "bob"
    acd.do(Withdraw(call="c2", outcome="abandoned"))
    assert acd.talk("c3") == "cyd"
    acd.do(Release(call="c3", by="caller"))
    acd.do(SetAgentState(agent="ann", state="logged_out"))
    acd.do(SetAgentState(agent="ann", state="ready"))
    acd.call("c4")
    assert acd.rings("c4") == "ann", "also after signing in again"
    acd.call("c5", "other")
    assert acd.rings("c5") == "bob", "each queue goes its own round"


def test_in_order_of_being_configured() -> None:
    acd = Driven()
    acd.queue(strategy="in_order", wrap_up=0.0)
    for name in ("zoe", "ann", "bob"):
        acd.agent(name)
    for name in ("bob", "ann", "zoe"):
        acd.ready(name, title="again")
    assert [acd.talk(call) for call in ("c1", "c2", "c3")] == ["zoe", "ann", "bob"]
    acd.do(Release(call="c3", by="caller"))
    acd.do(Release(call="c1", by="caller"))
    acd.call("c4")
    assert acd.rings("c4") == "zoe"


def test_least_occupied_remembers_busy_time(least_occupied: Driven) -> None:
    acd = least_occupied
    acd.ready("bob")
    assert acd.talk("short") == "bob"
    acd.do(Release(call="short", by="caller"), after=30.0)
    acd.call("next")
    assert acd.rings("next") == "bob", "10 minutes of talk weigh more than 30 seconds"


def test_least_occupied_forgets_what_is_long_ago(least_occupied: Driven) -> None:
    acd = least_occupied
    acd.now += 4 * 3600.0
    acd.ready("bob")
    assert acd.talk("short") == "bob"
    acd.do(Release(call="short", by="caller"), after=120.0)
    acd.call("next")
    assert acd.rings("next") == "ann"


@pytest.fixture
def least_occupied() -> Driven:
    """ann is ready and has just talked for 10 minutes."""
    acd = Driven()
    acd.queue(strategy="least_occupied", wrap_up=0.0)
    acd.ready("ann")
    acd.talk("long")
    acd.do(Release(call="long", by="caller"), after=600.0)
    return acd


# After the call


def test_wrap_up_then_ready_by_itself(acd: Driven) -> None:
    acd.ready("ann")
    acd.talk("c1")
    said = acd.do(Release(call="c1", by="agent"), after=60.0)
    assert kinds(said) == ["ConversationEnded", "AgentStateChanged"]
    assert acd.view("ann").state == "wrap_up"
    assert acd.acd.deadline() == acd.now + 30.0
    acd.call("c2")
    assert acd.rings("c2") is None
    assert acd.tick(after=29.0) == []
    said = acd.tick(after=1.0)
    assert kinds(said) == ["WrapUpEnded", "AgentStateChanged", "OfferMade", "AgentStateChanged"]
    assert acd.rings("c2") == "ann"


def test_an_agent_in_wrap_up_stays_there_while_only_other_things_happen(acd: Driven) -> None:
    """Only a Tick lets time run out."""
    acd.ready("ann")
    acd.talk("c1")
    acd.do(Release(call="c1", by="caller"))
    acd.call("c2", after=3600.0)
    assert acd.view("ann").state == "wrap_up"
    acd.do(FinishWrapUp(agent="ann"))
    assert acd.rings("c2") == "ann"


def test_views_tell_what_supervisors_look_at(acd: Driven) -> None:
    acd.queue("support", title="Support", service_level=25.0, service_level_variant="answered")
    acd.ready("ann", title="Ann")
    acd.ready("bob")
    acd.agent("cyd")
    acd.talk("c1")
    since = acd.now
    acd.call("c2", priority=100.0)
    acd.call("c3", after=5.0, priority=500.0)
    view = acd.queue_view()
    assert (view.title, view.waiting, view.longest_since) == ("Support", 2, since)
    assert (view.ready, view.reserved, view.talking, view.wrap_up, view.not_ready) == (
        0,
        1,
        1,
        0,
        0,
    )
    assert (view.service_level_seconds, view.service_level_variant) == (25.0, "answered")
    ann = acd.view("ann")
    assert (ann.title, ann.state, ann.call, ann.phone_online) == ("Ann", "talking", "c1", True)
    assert not acd.view("cyd").phone_online


def test_no_wait_is_expected_while_somebody_is_ready(acd: Driven) -> None:
    assert acd.queue_view().expected is None
    acd.ready("ann")
    assert acd.queue_view().expected == (0.0, 0.0)
    for number in range(10):
        acd.talk(f"c{number}")
        acd.do(Release(call=f"c{number}", by="caller"), after=300)
        acd.do(FinishWrapUp(agent="ann"))
    assert acd.queue_view().expected == (0.0, 0.0), "however long conversations are"
    acd.call("c")
    busy = acd.queue_view().expected
    assert busy is not None
    assert busy[1] > 300
    assert not acd.queue_view().estimate_told


def test_the_expected_wait_is_told_once_it_has_been_true() -> None:
    """One agent, a conversation of 100 s each: who comes finds one before them."""
    acd = Driven()
    acd.queue(wrap_up=0.0, offer_timeout=500.0)
    acd.ready("ann")
    acd.talk("c0")
    acd.call("c1")
    for number in range(40):
        acd.call(f"c{number + 2}")
        acd.do(Release(call=f"c{number}", by="caller"), after=100.0)
        acd.do(Accept(offer=acd.offer_for(f"c{number + 1}")))
    view = acd.queue_view()
    assert view.estimate_hits is not None
    assert view.estimate_hits > 0.9
    assert view.estimate_told
    told = acd.acd.estimate("c41")
    assert told is not None
    assert told[0] < 100.0 < told[1]
    assert acd.acd.estimate("c40") is None, "is talking"


def test_whoever_passed_a_call_on_is_asked_last(acd: Driven) -> None:
    """Also where the queue's strategy has them first, and their wrap-up takes no time."""
    acd.queue(strategy="in_order", wrap_up=0.0)
    acd.ready("ann")
    acd.ready("bob")
    acd.call("c1", passed_by="ann")
    assert acd.rings("c1") == "bob"
    acd.call("c2", passed_by="ann")
    assert acd.rings("c2") == "ann", "better than nobody"


def test_whoever_passed_a_call_on_stays_open_for_others(acd: Driven) -> None:
    acd.ready("ann")
    acd.ready("bob")
    acd.call("c1", passed_by="ann")
    acd.call("c2")
    assert acd.rings("c2") == "ann"


def test_who_waits_for_an_agent_who_leaves_is_served_by_score() -> None:
    acd = Driven()
    acd.queue()
    acd.ready("ann")
    acd.talk("c0")
    acd.ready("bob")
    acd.call("c1", agent="ann", agent_for=600.0)
    acd.call("vip", agent="ann", agent_for=600.0, priority=600.0, after=5.0)
    acd.do(Release(call="c0", by="caller"))
    acd.do(SetAgentState(agent="ann", state="not_ready", reason="lunch"))
    acd.do(FinishWrapUp(agent="ann"))
    assert (acd.rings("vip"), acd.rings("c1")) == ("bob", None)
