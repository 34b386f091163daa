"""Agents of a group ring together; one of them wins."""

import pytest

from acd.messages import Accept, Reject, Release, Withdraw
from calls.actions import SetAgentState
from calls.facts import AgentStateChanged, CallConnected, CallLeftQueue, OfferEnded, OfferMade
from tests.acd.driving import Driven, kinds, one, only


@pytest.fixture
def acd() -> Driven:
    """ann, bob and cyd are ready, in this order; c1 rings the three of them."""
    driven = Driven()
    driven.queue(strategy="ring_all", wrap_up=0.0)
    for name in ("ann", "bob", "cyd"):
        driven.ready(name)
    driven.call("c1")
    return driven


def ringing(acd: Driven, call: str) -> list[str]:
    offers = [acd.acd.offer(offer) for offer in acd.acd.offers_for_call(call)]
    return [offer.agent for offer in offers if offer]


def test_all_ring_in_the_order_of_their_preference(acd: Driven) -> None:
    assert ringing(acd, "c1") == ["ann", "bob", "cyd"]
    assert acd.queue_view().reserved == 3


def test_one_wins_and_the_others_are_free_again(acd: Driven) -> None:
    _, bobs, _ = acd.acd.offers_for_call("c1")
    said = acd.do(Accept(offer=bobs), after=2.0)
    assert [(fact.agent, fact.outcome) for fact in only(OfferEnded, said)] == [
        ("bob", "accepted"),
        ("ann", "answered_elsewhere"),
        ("cyd", "answered_elsewhere"),
    ]
    assert len(only(CallLeftQueue, said)) == 1
    assert one(CallConnected, said).agent == "bob"
    assert [acd.view(name).state for name in ("ann", "bob", "cyd")] == ["ready", "talking", "ready"]
    acd.call("c2")
    assert ringing(acd, "c2") == ["ann", "cyd"], "idle as long as before"


def test_the_others_take_who_waits_next(acd: Driven) -> None:
    acd.call("c2")
    assert acd.rings("c2") is None
    said = acd.do(Accept(offer=acd.offer_for("c1")))
    assert [fact.agent for fact in only(OfferMade, said)] == ["bob", "cyd"]
    assert ringing(acd, "c2") == ["bob", "cyd"]


def test_the_caller_goes_and_all_are_free(acd: Driven) -> None:
    said = acd.do(Withdraw(call="c1", outcome="abandoned"))
    assert [fact.outcome for fact in only(OfferEnded, said)] == ["rescinded"] * 3
    assert [fact.state for fact in only(AgentStateChanged, said)] == ["ready"] * 3
    assert len(only(CallLeftQueue, said)) == 1
    acd.call("c2")
    assert ringing(acd, "c2") == ["ann", "bob", "cyd"]


def test_who_does_not_answer_is_out_and_the_others_ring_on(acd: Driven) -> None:
    said = acd.do(Reject(offer=acd.offer_for("c1"), outcome="busy"))
    assert kinds(said) == ["OfferEnded", "AgentStateChanged"]
    assert ringing(acd, "c1") == ["bob", "cyd"]
    said = acd.tick(after=15.0)
    assert [fact.outcome for fact in only(OfferEnded, said)] == ["timed_out", "timed_out"]
    assert acd.acd.position("c1") == 1
    acd.do(SetAgentState(agent="ann", state="ready"))
    assert ringing(acd, "c1") == ["ann"]


def test_who_becomes_ready_rings_too(acd: Driven) -> None:
    acd.ready("dan")
    assert ringing(acd, "c1") == ["ann", "bob", "cyd", "dan"]


def test_so_many_ring_at_most(acd: Driven) -> None:
    acd.do(Accept(offer=acd.offer_for("c1")))
    acd.do(Release(call="c1", by="caller"))
    acd.queue(strategy="ring_all", ring_limit=2)
    acd.call("c2")
    assert ringing(acd, "c2") == ["bob", "cyd"]
    assert acd.view("ann").state == "ready"
    acd.do(Reject(offer=acd.offer_for("c2"), outcome="declined"))
    assert ringing(acd, "c2") == ["cyd", "ann"]


def test_two_callers_share_the_group(acd: Driven) -> None:
    acd.queue(strategy="ring_all", ring_limit=2)
    acd.do(Withdraw(call="c1", outcome="abandoned"))
    acd.call("c2")
    acd.call("c3")
    assert (ringing(acd, "c2"), ringing(acd, "c3")) == (["ann", "bob"], ["cyd"])


def test_an_answer_that_comes_second_is_late(acd: Driven) -> None:
    first, second, _ = acd.acd.offers_for_call("c1")
    acd.do(Accept(offer=first))
    assert acd.do(Accept(offer=second)) == []
    assert acd.acd.agent_of("c1") == "ann"
    assert acd.acd.dropped() == {"Accept": 1}
