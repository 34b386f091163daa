"""A consulted agent takes over the caller."""

import pytest

from acd.messages import Accept, Enqueue, Release, TakeOver
from acd.statistics import DayFigures
from calls.errors import UnexpectedEvent
from calls.facts import CallConnected, CallQueued, ConversationEnded, OfferMade, WrapUpEnded
from tests.acd.driving import START, Driven, kinds, one


@pytest.fixture
def acd() -> Driven:
    """Ann talks with a caller; she consults bob of sales, who has answered 5 s ago."""
    driven = Driven()
    driven.queue("support", wrap_up=90.0)
    driven.queue("sales", wrap_up=10.0)
    driven.ready("ann", queues={"support": 1})
    driven.ready("bob", queues={"sales": 1})
    for call, queue, asked_by in (("c1", "support", ""), ("c2", "sales", "ann")):
        made = one(OfferMade, driven.do(Enqueue(call=call, queue=queue, asked_by=asked_by)))
        driven.do(Accept(offer=made.offer))
    driven.now += 5.0
    return driven


def test_the_consultation_is_over_and_the_caller_is_theirs(acd: Driven) -> None:
    acd.do(Release(call="c1", by="agent", held=3.0))
    said = acd.do(TakeOver(call="c1", consult="c2"))
    assert kinds(said) == [
        "ConversationEnded",
        "WrapUpEnded",
        "CallQueued",
        "CallLeftQueue",
        "CallConnected",
        "AgentStateChanged",
    ]
    ended = one(ConversationEnded, said)
    assert (ended.call, ended.agent, ended.talked) == ("c2", "bob", 5.0)
    connected = one(CallConnected, said)
    assert (connected.call, connected.agent, connected.queue) == ("c1", "bob", "sales")
    assert not one(CallQueued, said).asked_by
    assert acd.acd.agent_of("c1") == "bob"
    assert acd.acd.agent_of("c2") is None


def test_their_conversation_and_wrap_up_are_their_own(acd: Driven) -> None:
    acd.do(Release(call="c1", by="agent"))
    acd.do(TakeOver(call="c1", consult="c2"))
    ended = one(ConversationEnded, acd.do(Release(call="c1", by="caller", held=7.0), after=20.0))
    assert (ended.agent, ended.queue, ended.talked, ended.held) == ("bob", "sales", 20.0, 7.0)
    worked = one(WrapUpEnded, acd.tick(after=10.0))
    assert (worked.agent, worked.call, worked.queue) == ("bob", "c1", "sales")


def test_nobody_takes_over_who_is_gone(acd: Driven) -> None:
    acd.do(Release(call="c1", by="agent"))
    acd.do(Release(call="c2", by="agent"))
    assert acd.do(TakeOver(call="c1", consult="c2")) == []
    assert acd.acd.dropped() == {"TakeOver": 1}


def test_a_caller_who_talks_cannot_be_taken_over(acd: Driven) -> None:
    with pytest.raises(UnexpectedEvent):
        acd.do(TakeOver(call="c1", consult="c2"))


def test_a_consultation_counts_in_no_figures(acd: Driven) -> None:
    queued = one(CallQueued, acd.do(Enqueue(call="c3", queue="sales", asked_by="ann")))
    figures = DayFigures()
    figures.add(queued, START)
    assert figures.figures("sales").offered == 0
    assert acd.queue_view("sales").waiting == 0
    assert acd.queue_view("sales").longest_since is None
