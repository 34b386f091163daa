"""How offers end: told apart everywhere, and the caller never loses the place."""

import pytest

from acd.messages import Accept, Reject, Withdraw
from calls.actions import DeclineOffer, Refused, SetAgentState
from calls.base import OfferOutcome
from calls.errors import UnexpectedEvent
from calls.events import PhoneChanged
from calls.facts import AgentStateChanged, CallLeftQueue, OfferEnded, OfferMade
from tests.acd.driving import Driven, kinds, one, only


@pytest.fixture
def acd() -> Driven:
    """ann's phone rings for c1, bob is idle; then c2 rings bob."""
    driven = Driven()
    driven.queue(offer_timeout=10.0)
    driven.ready("ann")
    driven.call("c1")
    return driven


def test_no_answer_is_a_rona_and_the_next_agent_rings(acd: Driven) -> None:
    acd.ready("bob")
    assert acd.acd.deadline() == acd.now + 10.0
    assert acd.tick(after=9.0) == []
    said = acd.tick(after=1.0)
    assert kinds(said) == ["OfferEnded", "AgentStateChanged", "OfferMade", "AgentStateChanged"]
    ended = one(OfferEnded, said)
    assert (ended.outcome, ended.lasted) == ("timed_out", 10.0)
    assert acd.state("ann") == ("not_ready", "no answer")
    assert acd.rings("c1") == "bob"
    assert one(OfferMade, said).waited == 10.0


def test_the_caller_keeps_the_place_before_those_who_came_later(acd: Driven) -> None:
    acd.call("c2", after=1.0)
    acd.call("c3", after=1.0)
    acd.tick(after=8.0)
    assert [acd.acd.position(call) for call in ("c1", "c2", "c3")] == [1, 2, 3]
    acd.ready("bob")
    assert acd.rings("c1") == "bob"


def test_below_the_limit_a_rona_leaves_the_agent_ready_but_last(acd: Driven) -> None:
    acd.agent("ann", rona_limit=2)
    acd.ready("bob")
    acd.tick(after=10.0)
    assert acd.state("ann") == ("ready", "")
    assert acd.rings("c1") == "bob"
    acd.tick(after=10.0)
    assert acd.state("bob") == ("not_ready", "no answer")
    assert acd.rings("c1") == "ann"
    acd.tick(after=10.0)
    assert acd.state("ann") == ("not_ready", "no answer")


def test_ronas_count_only_when_running(acd: Driven) -> None:
    acd.agent("ann", rona_limit=2)
    acd.tick(after=10.0)
    assert acd.rings("c1") == "ann", "there is nobody else"
    acd.do(SetAgentState(agent="ann", state="not_ready", reason="break"))
    acd.do(SetAgentState(agent="ann", state="ready"))
    acd.tick(after=10.0)
    assert acd.state("ann")[0] == "reserved", "coming back from a break begins anew"


@pytest.mark.parametrize("outcome", ["declined", "busy", "unreachable", "failed"])
def test_each_end_has_its_own_reason(acd: Driven, outcome: OfferOutcome) -> None:
    acd.ready("bob")
    said = acd.do(Reject(offer=acd.offer_for("c1"), outcome=outcome), after=2.0)
    ended = one(OfferEnded, said)
    assert (ended.outcome, ended.lasted) == (outcome, 2.0)
    assert acd.state("ann") == ("not_ready", outcome)
    assert acd.rings("c1") == "bob"


def test_the_switch_may_see_the_no_answer_first(acd: Driven) -> None:
    acd.do(Reject(offer=acd.offer_for("c1"), outcome="timed_out"))
    assert acd.state("ann") == ("not_ready", "no answer")


def test_a_rescinded_offer_is_no_fault_of_the_agent(acd: Driven) -> None:
    acd.ready("bob")
    acd.do(Reject(offer=acd.offer_for("c1"), outcome="rescinded"))
    assert acd.rings("c1") == "bob"
    assert acd.state("ann") == ("ready", "")


def test_accepted_is_no_rejection(acd: Driven) -> None:
    with pytest.raises(UnexpectedEvent):
        acd.do(Reject(offer=acd.offer_for("c1"), outcome="accepted"))
    assert acd.rings("c1") == "ann"


def test_the_agent_declines(acd: Driven) -> None:
    said = acd.do(DeclineOffer(agent="ann"))
    assert one(OfferEnded, said).outcome == "declined"
    assert acd.state("ann") == ("not_ready", "declined")
    assert acd.acd.position("c1") == 1
    assert acd.do(DeclineOffer(agent="ann")) == [
        Refused(reason="wrong_state", message="no call rings for ann")
    ]
    assert acd.do(DeclineOffer(agent="zoe")) == [
        Refused(reason="unknown", message="there is no agent 'zoe'")
    ]


def test_the_caller_hangs_up_while_it_rings(acd: Driven) -> None:
    acd.now += 3.0
    acd.ready("bob")
    said = acd.do(Withdraw(call="c1", outcome="abandoned"))
    assert kinds(said) == ["OfferEnded", "CallLeftQueue", "AgentStateChanged"]
    assert one(OfferEnded, said).outcome == "rescinded"
    assert one(CallLeftQueue, said).outcome == "abandoned"
    assert acd.state("ann") == ("ready", "")
    acd.call("c2")
    assert acd.rings("c2") == "ann", "still idle for longer than bob"


def test_the_spared_agent_takes_the_next_caller_at_once(acd: Driven) -> None:
    acd.call("c2")
    said = acd.do(Withdraw(call="c1", outcome="abandoned"))
    assert one(OfferMade, said).call == "c2"
    assert [fact.state for fact in only(AgentStateChanged, said)] == ["ready", "reserved"]


def test_an_answer_after_the_time_is_over_changes_nothing(acd: Driven) -> None:
    late = acd.offer_for("c1")
    acd.tick(after=10.0)
    before = acd.acd.agent_views()
    assert acd.do(Accept(offer=late)) == []
    assert acd.do(Reject(offer=late, outcome="busy")) == []
    assert acd.acd.agent_views() == before
    assert acd.acd.dropped() == {"Accept": 1, "Reject": 1}


def test_an_answer_just_before_the_tick_counts(acd: Driven) -> None:
    acd.do(Accept(offer=acd.offer_for("c1")), after=10.0)
    assert acd.tick() == []
    assert acd.state("ann") == ("talking", "")


def test_the_phone_is_gone_while_it_rings(acd: Driven) -> None:
    acd.ready("bob")
    said = acd.do(PhoneChanged(phone="ann", online=False))
    assert one(OfferEnded, said).outcome == "unreachable"
    assert acd.state("ann") == ("not_ready", "phone gone")
    assert acd.rings("c1") == "bob"


@pytest.mark.parametrize(("state", "reason"), [("not_ready", "lunch"), ("logged_out", "")])
def test_going_away_while_it_rings_declines(acd: Driven, state: str, reason: str) -> None:
    acd.call("c2", after=1.0)
    match state:
        case "not_ready":
            asked = SetAgentState(agent="ann", state="not_ready", reason=reason)
        case _:
            asked = SetAgentState(agent="ann", state="logged_out")
    assert one(OfferEnded, acd.do(asked)).outcome == "declined"
    assert acd.state("ann") == (state, reason)
    assert acd.acd.position("c1") == 1


def test_asking_for_ready_while_it_rings_changes_nothing(acd: Driven) -> None:
    assert acd.do(SetAgentState(agent="ann", state="ready")) == []
    assert acd.rings("c1") == "ann"


def test_several_offers_run_out_in_their_order(acd: Driven) -> None:
    acd.ready("bob")
    acd.call("c2", after=2.0)
    said = acd.tick(after=60.0)
    assert [fact.agent for fact in only(OfferEnded, said)] == ["ann", "bob"]
    assert acd.acd.deadline() is None
