"""Contacts of other channels than voice: several at a time, beside the agent's state."""

import pytest

from acd.messages import Accept, KeepPlace, Reject, Release, Withdraw
from calls.actions import DeclineOffer, FinishWrapUp, Refused, RemoveAgent, SetAgentState
from calls.events import PhoneChanged
from calls.facts import (
    AgentStateChanged,
    CallConnected,
    ConfigurationChanged,
    ConversationEnded,
    OfferEnded,
    OfferMade,
    WrapUpEnded,
)
from tests.acd.driving import Driven, kinds, one, only

CHAT = {"capacity": {"chat": 2, "email": 1}}


@pytest.fixture
def acd() -> Driven:
    driven = Driven()
    driven.queue(wrap_up=30.0)
    return driven


def chat(acd: Driven, name: str, channel: str = "chat") -> str:
    """A contact that is accepted at once; by whom."""
    offer = one(OfferMade, acd.call(name, channel=channel))
    assert offer.channel == channel
    acd.do(Accept(offer=offer.offer))
    return offer.agent


def test_as_many_at_a_time_as_the_agent_can(acd: Driven) -> None:
    acd.ready("ann", **CHAT)
    said = acd.call("c1", channel="chat")
    assert kinds(said) == ["CallQueued", "OfferMade"], "the agent's state is of voice only"
    said = acd.do(Accept(offer=acd.offer_for("c1")), after=2.0)
    assert kinds(said) == ["OfferEnded", "CallLeftQueue", "CallConnected"]
    assert (acd.acd.agent_of("c1"), one(CallConnected, said).waited) == ("ann", 2.0)
    assert (chat(acd, "c2"), chat(acd, "m1", "email")) == ("ann", "ann")
    assert (acd.view("ann").state, acd.view("ann").contacts) == ("ready", 3)
    acd.call("c3", channel="chat")
    assert acd.rings("c3") is None


def test_an_agent_without_capacity_takes_calls_only(acd: Driven) -> None:
    acd.ready("ann")
    acd.call("c1", channel="chat")
    acd.call("c2")
    assert (acd.rings("c1"), acd.rings("c2")) == (None, "ann")


def test_voice_takes_the_agent_alone(acd: Driven) -> None:
    acd.ready("ann", **CHAT)
    chat(acd, "c1")
    acd.call("v1")
    assert acd.rings("v1") is None
    acd.do(Release(call="c1", by="caller"))
    assert acd.rings("v1") is None, "the wrap-up is work too"
    said = acd.tick(after=30.0)
    assert kinds(said) == ["WrapUpEnded", "OfferMade", "AgentStateChanged"]
    assert acd.rings("v1") == "ann"
    acd.call("c2", channel="chat")
    assert acd.rings("c2") is None


def test_who_becomes_ready_takes_as_many_as_there_is_room_for(acd: Driven) -> None:
    for name in ("c1", "c2", "c3"):
        acd.call(name, channel="chat", after=1.0)
    acd.call("v1", after=1.0)
    said = acd.ready("ann", **CHAT)
    assert [fact.call for fact in only(OfferMade, said)] == ["c1", "c2"]
    acd.do(Accept(offer=acd.offer_for("c1")))
    said = acd.do(Release(call="c1", by="agent"), after=60.0)
    assert one(ConversationEnded, said).talked == 60.0
    assert acd.rings("c3") is None
    wrapped = one(WrapUpEnded, acd.tick(after=30.0))
    assert (wrapped.call, wrapped.lasted, wrapped.by) == ("c1", 30.0, "timeout")
    assert acd.rings("c3") is None, "c2's time was over before, and ann is not ready"
    assert acd.state("ann") == ("not_ready", "no answer")


def test_who_has_fewest_is_asked_first(acd: Driven) -> None:
    acd.ready("ann", **CHAT)
    acd.ready("bob", **CHAT)
    assert [chat(acd, name) for name in ("c1", "c2", "c3", "c4")] == ["ann", "bob", "ann", "bob"]
    assert chat(acd, "m1", "email") == "ann"


def test_one_queue_serves_all_channels_in_turn(acd: Driven) -> None:
    acd.call("v1")
    acd.call("c1", channel="chat", after=1.0)
    acd.ready("ann", **CHAT)
    assert (acd.rings("v1"), acd.rings("c1")) == ("ann", None), "first come"
    assert acd.acd.position("c1") == 2


@pytest.mark.parametrize("how", ["timed_out", "declined"])
def test_who_does_not_take_one_is_not_ready_and_goes_on_with_the_others(
    acd: Driven, how: str
) -> None:
    acd.ready("ann", **CHAT)
    chat(acd, "c1")
    acd.call("c2", channel="chat")
    acd.ready("bob", **CHAT)
    said = acd.do(DeclineOffer(agent="ann")) if how == "declined" else acd.tick(after=15.0)
    assert kinds(said) == ["OfferEnded", "AgentStateChanged", "OfferMade"]
    assert one(OfferEnded, said).outcome == how
    assert acd.state("ann")[0] == "not_ready"
    assert acd.rings("c2") == "bob"
    assert acd.acd.agent_of("c1") == "ann"
    assert kinds(acd.do(Release(call="c1", by="caller"))) == ["ConversationEnded"]


def test_below_the_limit_who_misses_one_is_only_behind_the_others(acd: Driven) -> None:
    acd.ready("ann", rona_limit=2, **CHAT)
    acd.ready("bob", **CHAT)
    acd.call("c1", channel="chat")
    assert kinds(acd.tick(after=15.0)) == ["OfferEnded", "OfferMade"]
    assert acd.state("ann") == ("ready", "")
    assert acd.rings("c1") == "bob"


def test_a_break_begins_at_once_and_conversations_go_on(acd: Driven) -> None:
    acd.ready("ann", **CHAT)
    chat(acd, "c1")
    acd.call("c2", channel="chat")
    said = acd.do(SetAgentState(agent="ann", state="not_ready", reason="lunch"))
    assert kinds(said) == ["OfferEnded", "AgentStateChanged"]
    assert one(OfferEnded, said).outcome == "declined"
    assert acd.acd.position("c2") == 1
    acd.do(Release(call="c1", by="agent"))
    acd.tick(after=30.0)
    assert acd.state("ann") == ("not_ready", "lunch")
    acd.do(SetAgentState(agent="ann", state="ready"))
    assert acd.rings("c2") == "ann"


def test_a_phone_gone_gives_back_what_is_offered(acd: Driven) -> None:
    acd.ready("ann", **CHAT)
    acd.call("c1", channel="chat")
    said = acd.do(PhoneChanged(phone="ann", online=False))
    assert one(OfferEnded, said).outcome == "unreachable"
    assert acd.state("ann") == ("not_ready", "phone gone")


def test_a_contact_that_goes_away_makes_room(acd: Driven) -> None:
    acd.ready("ann", **CHAT)
    for name in ("c1", "c2", "c3"):
        acd.call(name, channel="chat")
    said = acd.do(Withdraw(call="c1", outcome="abandoned"))
    assert kinds(said) == ["OfferEnded", "CallLeftQueue", "OfferMade"]
    assert acd.rings("c3") == "ann"


def test_an_agent_is_removed_when_the_last_conversation_is_over(acd: Driven) -> None:
    acd.ready("ann", **CHAT)
    chat(acd, "c1")
    acd.call("c2", channel="chat")
    said = acd.do(RemoveAgent(agent="ann"))
    assert kinds(said) == ["OfferEnded", "AgentStateChanged"]
    assert one(AgentStateChanged, said).state == "logged_out"
    assert acd.acd.agents() == {}
    (refused,) = acd.do(SetAgentState(agent="ann", state="ready"))
    assert isinstance(refused, Refused)
    said = acd.do(Release(call="c1", by="caller"))
    assert one(ConfigurationChanged, said).removed
    assert acd.acd.agent_views() == ()


def test_more_capacity_counts_at_once(acd: Driven) -> None:
    acd.ready("ann", capacity={"chat": 1})
    chat(acd, "c1")
    acd.call("c2", channel="chat")
    assert acd.rings("c2") is None
    acd.agent("ann", **CHAT)
    assert acd.rings("c2") == "ann"


def test_a_group_is_not_rung_together_for_a_chat(acd: Driven) -> None:
    acd.queue(strategy="ring_all")
    acd.ready("ann", **CHAT)
    acd.ready("bob", **CHAT)
    acd.call("c1", channel="chat")
    assert len(acd.acd.offers_for_call("c1")) == 1
    acd.do(Reject(offer=acd.offer_for("c1"), outcome="failed"))
    assert acd.rings("c1") == "bob"


def test_there_is_no_line_to_hang_up(acd: Driven) -> None:
    acd.call("c1", channel="chat")
    assert acd.do(KeepPlace(call="c1")) == []
    assert acd.queue_view().virtual == 0


def test_no_wrap_up_where_the_queue_has_none_or_a_manual_one(acd: Driven) -> None:
    acd.ready("ann", **CHAT)
    for fields in ({"wrap_up": 0.0}, {"wrap_up_manual": True}):
        acd.queue(**fields)
        chat(acd, "c1")
        said = acd.do(Release(call="c1", by="caller"))
        assert kinds(said) == ["ConversationEnded", "WrapUpEnded"]
        assert acd.view("ann").contacts == 0


def test_the_agent_can_end_the_wrap_up_of_one_contact(acd: Driven) -> None:
    acd.ready("ann", **CHAT)
    for name in ("c1", "c2"):
        chat(acd, name)
    (refused,) = acd.do(FinishWrapUp(agent="ann", call="c1"))
    assert isinstance(refused, Refused), "its conversation is still on"
    for name in ("c1", "c2"):
        acd.do(Release(call=name, by="caller"))
    acd.call("c3", channel="chat")
    assert acd.rings("c3") is None
    said = acd.do(FinishWrapUp(agent="ann", call="c2", code="solved", note="Sent"), after=7)
    over = one(WrapUpEnded, said)
    assert (over.call, over.by, over.code, over.note) == ("c2", "agent", "solved", "Sent")
    assert over.lasted == 7
    assert acd.rings("c3") == "ann", "there is room for the next one"
    (refused,) = acd.do(FinishWrapUp(agent="ann", call="c2"))
    assert isinstance(refused, Refused)
