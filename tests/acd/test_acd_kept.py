"""Callers who keep their place without the line are called once, when it is their turn."""

import pytest

from acd.messages import Accept, KeepPlace, Reached, Release, Unreached, Withdraw
from calls.actions import FinishWrapUp, SetAgentState
from calls.base import EndCause
from calls.errors import UnexpectedEvent
from calls.events import PhoneChanged
from calls.facts import (
    AgentStateChanged,
    CallbackTried,
    CallConnected,
    CallLeftQueue,
    ConversationEnded,
    OfferMade,
    PlaceKept,
)
from tests.acd.driving import Driven, kinds, one, only


@pytest.fixture
def acd() -> Driven:
    """c1 and c2 wait; c1 has hung up and keeps the place."""
    driven = Driven()
    driven.queue(callback_attempts=2, callback_retry=120.0)
    driven.call("c1")
    driven.call("c2", after=10.0)
    said = driven.do(KeepPlace(call="c1", number="+48225550100"))
    assert said == [PlaceKept(call="c1", queue="support", number="+48225550100")]
    return driven


@pytest.fixture
def called(acd: Driven) -> Driven:
    """ann has accepted c1, who is being called."""
    offer = one(OfferMade, acd.ready("ann"))
    assert (offer.call, offer.virtual) == ("c1", True)
    said = acd.do(Accept(offer=offer.offer), after=2.0)
    assert kinds(said) == ["OfferEnded", "AgentStateChanged"]
    assert one(AgentStateChanged, said).call == "c1"
    return acd


def test_the_place_counts_as_if_the_caller_were_there(acd: Driven) -> None:
    assert [acd.acd.position(call) for call in ("c1", "c2")] == [1, 2]
    assert (acd.queue_view().waiting, acd.queue_view().virtual) == (2, 1)


def test_a_caller_who_is_reached_is_connected_then(called: Driven) -> None:
    assert called.acd.position("c1") == 1
    assert called.acd.agent_of("c1") is None
    said = called.do(Reached(call="c1"), after=8.0)
    assert kinds(said) == ["CallbackTried", "CallLeftQueue", "CallConnected"]
    tried = one(CallbackTried, said)
    assert (tried.agent, tried.attempt, tried.outcome) == ("ann", 1, "answered")
    left = one(CallLeftQueue, said)
    assert (left.outcome, left.virtual, left.waited) == ("connected", True, 20.0)
    assert one(CallConnected, said).agent == "ann"
    ended = one(ConversationEnded, called.do(Release(call="c1", by="caller"), after=30.0))
    assert ended.talked == 30.0, "the time of calling is no talk"
    assert called.view("ann").state == "wrap_up"


def test_an_attempt_of_which_nothing_is_known_does_not_count(called: Driven) -> None:
    """Perhaps the caller's phone never rang. Nor is it rung again at once: perhaps it did."""
    called.do(Withdraw(call="c2", outcome="abandoned"))
    attempts = []
    outcomes: list[EndCause] = ["lost", "lost", "busy", "lost", "busy"]
    for outcome in outcomes:
        tried = one(CallbackTried, called.do(Unreached(call="c1", outcome=outcome)))
        attempts.append(tried.attempt)
        if tried.retry is not None:
            assert tried.retry == called.now + 120.0
            assert called.rings("c1") is None
            called.tick(after=120.0)
            called.do(Accept(offer=called.offer_for("c1")))
    assert attempts == [1, 1, 1, 2, 2], "two count"
    assert called.acd.position("c1") is None


def test_a_caller_who_is_not_reached_is_tried_again_later(called: Driven) -> None:
    said = called.do(Unreached(call="c1", outcome="busy"), after=8.0)
    assert one(CallbackTried, said) == CallbackTried(
        call="c1",
        queue="support",
        agent="ann",
        attempt=1,
        outcome="busy",
        retry=called.now + 120.0,
    )
    assert [fact.state for fact in only(AgentStateChanged, said)] == ["ready", "reserved"]
    assert called.rings("c2") == "ann", "the agent is free for others at once"
    assert called.acd.position("c1") == 1
    called.ready("bob")
    assert called.rings("c1") is None, "nobody is asked before the time is over"
    called.do(Accept(offer=called.offer_for("c2")))
    called.tick(after=120.0)
    assert called.rings("c1") == "bob"


def test_after_the_last_attempt_the_call_is_over(called: Driven) -> None:
    called.do(Withdraw(call="c2", outcome="abandoned"))
    called.do(Unreached(call="c1", outcome="no_answer"))
    called.tick(after=120.0)
    called.do(Accept(offer=called.offer_for("c1")))
    said = called.do(Unreached(call="c1", outcome="no_answer"))
    tried = one(CallbackTried, said)
    assert (tried.attempt, tried.retry) == (2, None)
    left = one(CallLeftQueue, said)
    assert (left.outcome, left.virtual) == ("unreached", True)
    assert kinds(said)[-1] == "AgentStateChanged"
    assert called.state("ann") == ("ready", "")
    assert called.acd.position("c1") is None


def test_there_is_nothing_to_wrap_up_about_who_was_not_reached(called: Driven) -> None:
    called.do(FinishWrapUp(agent="ann", code="solved"))
    called.do(SetAgentState(agent="ann", state="not_ready", reason="lunch"))
    said = called.do(Unreached(call="c1", outcome="declined"))
    assert kinds(said) == ["CallbackTried", "AgentStateChanged"]
    assert called.state("ann") == ("not_ready", "lunch")


def test_a_phone_lost_meanwhile_is_seen_afterwards(called: Driven) -> None:
    called.do(PhoneChanged(phone="ann", online=False))
    called.do(Unreached(call="c1", outcome="failed"))
    assert called.state("ann") == ("not_ready", "phone gone")


def test_a_caller_is_joined_once(called: Driven) -> None:
    called.do(Reached(call="c1"))
    assert called.do(Reached(call="c1")) == []
    assert called.do(Unreached(call="c1", outcome="lost")) == []
    assert called.acd.agent_of("c1") == "ann"
    assert called.acd.dropped() == {"Reached": 1, "Unreached": 1}


def test_a_place_is_kept_once_and_only_by_who_waits(acd: Driven) -> None:
    acd.do(Withdraw(call="c2", outcome="abandoned"))
    for call in ("c1", "c2", "zoe"):
        assert acd.do(KeepPlace(call=call)) == []
    assert acd.acd.dropped() == {"KeepPlace": 3}
    assert acd.queue_view().virtual == 1


def test_the_place_can_be_kept_while_phones_ring() -> None:
    acd = Driven()
    acd.queue(strategy="ring_all", callback_attempts=2)
    acd.ready("ann")
    acd.ready("bob")
    acd.call("c1")
    first, second = acd.acd.offers_for_call("c1")
    assert kinds(acd.do(KeepPlace(call="c1"))) == ["PlaceKept"]
    acd.ready("cid")
    assert acd.acd.offers_for_call("c1") == (first, second), "nobody else is rung"
    acd.do(Accept(offer=second))
    assert acd.state("bob") == ("talking", "")
    assert acd.view("ann").state == "ready"
    tried = one(CallbackTried, acd.do(Unreached(call="c1", outcome="busy")))
    assert tried.retry is not None, "the first attempt is not the last"
    assert acd.acd.position("c1") == 1


def test_the_promise_can_be_taken_back_until_it_is_kept(acd: Driven) -> None:
    left = one(CallLeftQueue, acd.do(Withdraw(call="c1", outcome="moved")))
    assert (left.outcome, left.virtual) == ("moved", True)
    assert acd.acd.position("c2") == 1


def test_while_the_caller_is_called_the_call_can_only_be_reached_or_not(called: Driven) -> None:
    with pytest.raises(UnexpectedEvent, match="is being called"):
        called.do(Withdraw(call="c1", outcome="abandoned"))
    with pytest.raises(UnexpectedEvent, match="waits"):
        called.do(Release(call="c1", by="agent"))


def test_one_agent_at_a_time_rings_for_a_caller_who_is_not_there() -> None:
    acd = Driven()
    acd.queue(strategy="ring_all")
    acd.call("c1")
    acd.do(KeepPlace(call="c1"))
    acd.ready("ann")
    acd.ready("bob")
    assert len(acd.acd.offers_for_call("c1")) == 1
    assert acd.view("bob").state == "ready"
