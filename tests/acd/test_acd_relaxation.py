"""What a waiting call needs becomes less; its place stays."""

import pytest

from acd.messages import Accept, Reject, Release
from calls.actions import DeclineOffer, FinishWrapUp, RemoveAgent, SetAgentState
from calls.events import PhoneChanged
from calls.facts import CallQueued, CallRelaxed, OfferMade
from tests.acd.driving import Driven, kinds, one, only


def relaxed(acd: Driven, **step: object) -> Driven:
    acd.queue(skills={"lang:pl": 5, "billing": 1}, relaxation=[{"after": 60.0} | step])
    return acd


@pytest.fixture
def acd() -> Driven:
    return Driven()


def test_a_lowered_level_lets_a_less_skilled_agent_take_the_call(acd: Driven) -> None:
    relaxed(acd, skills={"lang:pl": 3})
    acd.ready("ann", skills={"lang:pl": 4, "billing": 1})
    acd.call("c1")
    assert acd.acd.deadline() == acd.now + 60.0
    assert acd.tick(after=59.0) == []
    said = acd.tick(after=1.0)
    assert one(CallRelaxed, said) == CallRelaxed(
        call="c1", queue="support", step=1, skills={"lang:pl": 3, "billing": 1}
    )
    assert acd.rings("c1") == "ann"
    assert acd.acd.deadline() == acd.now + 15.0


def test_a_dropped_skill_is_not_needed_any_more(acd: Driven) -> None:
    relaxed(acd, skills={"lang:pl": 0, "chess": 0})
    acd.ready("ann", skills={"billing": 1})
    acd.call("c1")
    assert one(CallRelaxed, acd.tick(after=60.0)).skills == {"billing": 1}
    assert acd.rings("c1") == "ann"


def test_agents_of_another_queue_come_after_those_of_its_own(acd: Driven) -> None:
    acd.queue("support", relaxation=[{"after": 60.0, "queues": ["sales"]}])
    acd.queue("sales")
    acd.ready("stranger", queues={"sales": 1})
    acd.call("c1")
    assert acd.rings("c1") is None
    acd.call("c2", after=1.0)
    said = acd.tick(after=59.0)
    assert one(CallRelaxed, said).queues == ("sales",)
    assert acd.rings("c1") == "stranger"
    acd.agent("own", queues={"support": 3})
    acd.ready("sold", queues={"sales": 1})
    acd.do(PhoneChanged(phone="own", online=True))
    acd.do(SetAgentState(agent="own", state="ready"))
    assert acd.rings("c2") == "own", "c2 needs its own queue's agents for another second"
    acd.do(DeclineOffer(agent="stranger"))
    acd.call("c3")
    acd.ready("mine", queues={"support": 3})
    assert acd.rings("c1") == "sold"
    assert acd.rings("c3") == "mine"


def test_the_inner_ring_is_asked_first(acd: Driven) -> None:
    acd.queue(ring=1, relaxation=[{"after": 10.0, "ring": 2}, {"after": 20.0, "ring": 0}])
    for name, preference in (("third", 3), ("second", 2)):
        acd.ready(name, queues={"support": preference})
    acd.call("c1")
    assert acd.rings("c1") is None
    assert one(CallRelaxed, acd.tick(after=10.0)).ring == 2
    assert acd.rings("c1") == "second"
    acd.ready("first", queues={"support": 1})
    acd.call("c2")
    assert acd.rings("c2") == "first"


def test_steps_come_in_their_time_and_add_up(acd: Driven) -> None:
    steps = [{"after": 60.0, "skills": {"b": 1}}, {"after": 30.0, "skills": {"a": 1}}]
    acd.queue(skills={"a": 9, "b": 9}, relaxation=steps)
    acd.call("c1")
    said = acd.tick(after=30.0) + acd.tick(after=30.0)
    assert [(fact.step, fact.skills) for fact in only(CallRelaxed, said)] == [
        (1, {"a": 1, "b": 9}),
        (2, {"a": 1, "b": 1}),
    ]
    assert acd.acd.deadline() is None


def test_a_step_that_is_over_at_once_is_told_after_the_queueing(acd: Driven) -> None:
    acd.queue(skills={"a": 9}, relaxation=[{"after": 0.0, "skills": {"a": 1}}])
    acd.ready("ann", skills={"a": 1})
    said = acd.call("c1")
    assert kinds(said)[:3] == ["CallQueued", "CallRelaxed", "OfferMade"]
    assert one(CallQueued, said).skills == {"a": 9}


def test_the_place_is_kept_before_those_who_came_later(acd: Driven) -> None:
    relaxed(acd, skills={"lang:pl": 3})
    for call in ("c1", "c2"):
        acd.call(call, after=1.0)
    acd.tick(after=61.0)
    assert [acd.acd.position(call) for call in ("c1", "c2")] == [1, 2]
    acd.ready("ann", skills={"lang:pl": 9, "billing": 9})
    assert acd.rings("c1") == "ann"


def test_a_call_relaxes_while_it_rings(acd: Driven) -> None:
    relaxed(acd, skills={"lang:pl": 3})
    acd.ready("pro", skills={"lang:pl": 9, "billing": 9})
    acd.call("c1")
    acd.queue(skills={"lang:pl": 5}, offer_timeout=15.0, relaxation=[{"after": 10.0, "ring": 1}])
    assert kinds(acd.tick(after=10.0)) == ["CallRelaxed"]
    assert acd.rings("c1") == "pro"


def test_a_changed_queue_asks_for_what_it_asks_for_now_in_silence(acd: Driven) -> None:
    relaxed(acd, skills={"lang:pl": 3})
    acd.call("c1")
    acd.tick(after=100.0)
    acd.ready("ann", skills={"lang:pl": 2})
    assert acd.rings("c1") is None
    steps = [{"after": 90.0, "skills": {"lang:pl": 2}}, {"after": 200.0, "skills": {"lang:pl": 1}}]
    said = acd.queue(skills={"lang:pl": 5}, relaxation=steps)
    assert kinds(said) == ["ConfigurationChanged", "OfferMade", "AgentStateChanged"]
    acd.do(Reject(offer=acd.offer_for("c1"), outcome="busy"))
    assert one(CallRelaxed, acd.tick(after=100.0)).step == 2


# Credit, and who is overdue


def test_credit_counts_for_the_place_and_for_nothing_else(acd: Driven) -> None:
    relaxed(acd, skills={"lang:pl": 3})
    acd.call("early")
    said = acd.call("late", after=30.0, credit=40.0)
    assert (one(CallQueued, said).position, one(CallQueued, said).credit) == (1, 40.0)
    assert [fact.call for fact in only(CallRelaxed, acd.tick(after=30.0))] == ["early"]


def test_an_overdue_call_goes_before_the_queue_that_an_agent_prefers(acd: Driven) -> None:
    for wait, winner in ((119.0, "preferred"), (120.0, "starving")):
        acd = Driven()
        acd.queue("support", overdue=120.0)
        acd.queue("sales", overdue=0.0)
        acd.call("starving", "support")
        acd.call("preferred", "sales", after=wait)
        acd.ready("ann", queues={"sales": 1, "support": 2})
        assert acd.rings(winner) == "ann"


# One agent only


@pytest.fixture
def alone(acd: Driven) -> Driven:
    """c1 waits for ann, who talks with c0; bob is ready."""
    acd.queue()
    acd.ready("ann")
    acd.talk("c0")
    acd.ready("bob")
    said = acd.call("c1", agent="ann", agent_for=30.0)
    assert (one(CallQueued, said).agent_only, one(CallQueued, said).agent_for) == ("ann", 30.0)
    return acd


def test_a_call_waits_for_one_agent_for_some_time(alone: Driven) -> None:
    assert alone.rings("c1") is None
    assert alone.acd.deadline() == alone.now + 30.0
    said = alone.tick(after=30.0)
    assert kinds(said)[:2] == ["CallRelaxed", "OfferMade"]
    assert one(CallRelaxed, said).step == 0
    assert alone.rings("c1") == "bob"


def test_others_go_on_being_served_meanwhile(alone: Driven) -> None:
    alone.call("c2")
    assert alone.rings("c2") == "bob"


def test_that_agent_needs_neither_the_queue_nor_its_skills(acd: Driven) -> None:
    acd.queue(skills={"chess": 10}, ring=1)
    acd.ready("ann", queues={"sales": 1})
    acd.call("c1", agent="ann", agent_for=30.0)
    assert acd.rings("c1") == "ann"


def test_nobody_waits_for_an_agent_who_is_away(alone: Driven) -> None:
    alone.do(SetAgentState(agent="bob", state="not_ready", reason="lunch"))
    assert one(CallQueued, alone.call("c2", agent="bob", agent_for=30.0)).agent_only == ""


@pytest.mark.parametrize("how", ["not_ready", "logged_out", "removed"])
def test_nobody_waits_for_an_agent_who_goes(alone: Driven, how: str) -> None:
    match how:
        case "not_ready":
            alone.do(SetAgentState(agent="ann", state="not_ready", reason="break"))
        case "logged_out":
            alone.do(SetAgentState(agent="ann", state="logged_out"))
        case _:
            assert kinds(alone.do(RemoveAgent(agent="ann")))[:2] == ["CallRelaxed", "OfferMade"]
            return
    assert alone.rings("c1") is None, "ann still talks"
    alone.do(FinishWrapUp(agent="ann"))
    said = alone.do(Release(call="c0", by="caller"))
    assert one(CallRelaxed, said).step == 0
    assert alone.rings("c1") == "bob"


def test_an_agent_who_does_not_take_it_ends_the_wait_for_them(acd: Driven) -> None:
    acd.queue()
    acd.ready("ann")
    acd.ready("bob")
    acd.call("c1", agent="bob", agent_for=30.0)
    assert acd.rings("c1") == "bob"
    said = acd.do(DeclineOffer(agent="bob"))
    assert kinds(said)[:4] == ["OfferEnded", "AgentStateChanged", "CallRelaxed", "OfferMade"]
    assert acd.rings("c1") == "ann"


def test_an_agent_who_rests_is_waited_for(acd: Driven) -> None:
    acd.queue(wrap_up=0.0, rest=10.0)
    acd.ready("ann")
    acd.talk("c0")
    acd.ready("bob")
    acd.call("c1", agent="ann", agent_for=30.0)
    acd.do(SetAgentState(agent="ann", state="ready"))
    acd.do(Release(call="c0", by="caller"))
    assert acd.state("ann") == ("not_ready", "rest")
    assert acd.rings("c1") is None
    acd.tick(after=10.0)
    assert acd.rings("c1") == "ann"


def test_nobody_waits_for_somebody_unknown(acd: Driven) -> None:
    acd.queue()
    acd.ready("ann")
    said = acd.call("c1", agent="zoe", agent_for=30.0)
    assert one(CallQueued, said).agent_only == ""
    offer = one(OfferMade, said)
    acd.do(Accept(offer=offer.offer))
    assert acd.acd.agent_of("c1") == "ann"


def test_a_step_never_asks_for_more_than_a_call_needed_before(acd: Driven) -> None:
    """Support lowers Polish from 8 to 5; this caller would have been content with 3."""
    acd.queue(relaxation=[{"after": 20.0, "skills": {"lang:pl": 5}, "ring": 1}])
    acd.ready("ann", skills={"lang:pl": 4}, queues={"support": 2})
    acd.talk("c0")
    acd.call("c1", skills={"lang:pl": 3})
    assert one(CallRelaxed, acd.tick(after=20.0)) == CallRelaxed(
        call="c1", queue="support", step=1, skills={"lang:pl": 3}
    )
    acd.do(Release(call="c0", by="caller"))
    acd.do(FinishWrapUp(agent="ann"))
    assert acd.rings("c1") == "ann"


def test_a_ring_only_gets_wider(acd: Driven) -> None:
    acd.queue(ring=2, relaxation=[{"after": 20.0, "ring": 1}, {"after": 40.0, "ring": 3}])
    acd.call("c1")
    rings = [one(CallRelaxed, acd.tick(after=20.0)).ring for _ in range(2)]
    assert rings == [2, 3]
