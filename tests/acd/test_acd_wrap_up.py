"""After the call: wrap-ups that are timed, manual, extended; rest; and what was asked meanwhile."""

import pytest

from acd.messages import Release
from calls.actions import ExtendWrapUp, FinishWrapUp, Refused, RemoveQueue, SetAgentState
from calls.events import PhoneChanged
from calls.facts import AgentStateChanged, NextStateAsked, WrapUpEnded
from tests.acd.driving import Driven, kinds, one, only


def wrapping_up(**queue: object) -> Driven:
    """ann has just talked with c1."""
    acd = Driven()
    acd.queue(**queue)
    acd.ready("ann")
    acd.talk("c1")
    acd.do(Release(call="c1", by="caller"))
    return acd


def refused(acd: Driven) -> str:
    (answer,) = acd.do(ExtendWrapUp(agent="ann"))
    assert isinstance(answer, Refused)
    assert answer.reason == "wrong_state"
    return answer.message


def test_a_manual_wrap_up_lasts_until_the_agent_ends_it() -> None:
    acd = wrapping_up(wrap_up=30.0, wrap_up_manual=True)
    assert (acd.view("ann").state, acd.view("ann").until) == ("wrap_up", None)
    assert acd.acd.deadline() is None
    said = acd.do(FinishWrapUp(agent="ann"), after=7200.0)
    assert one(WrapUpEnded, said).lasted == 7200.0
    assert acd.state("ann") == ("ready", "")


def test_who_needs_more_time_gets_it_so_many_times() -> None:
    acd = wrapping_up(wrap_up=30.0, wrap_up_extension=20.0, wrap_up_extensions=2)
    end = acd.now + 30.0
    assert acd.view("ann").extensions == 2
    said = acd.do(ExtendWrapUp(agent="ann"), after=29.0)
    assert said == [AgentStateChanged(agent="ann", state="wrap_up", call="c1", until=end + 20.0)]
    acd.do(ExtendWrapUp(agent="ann"))
    assert (acd.view("ann").until, acd.view("ann").extensions) == (end + 40.0, 0)
    assert "as often as allowed" in refused(acd)
    assert acd.tick(after=1.0) == []
    assert one(WrapUpEnded, acd.tick(after=40.0)).lasted == 70.0


def test_extensions_are_counted_for_each_call() -> None:
    acd = wrapping_up(wrap_up_extensions=1)
    acd.do(ExtendWrapUp(agent="ann"))
    acd.do(FinishWrapUp(agent="ann"))
    acd.talk("c2")
    acd.do(Release(call="c2", by="caller"))
    assert acd.view("ann").extensions == 1
    assert kinds(acd.do(ExtendWrapUp(agent="ann"))) == ["AgentStateChanged"]


def test_what_cannot_be_extended() -> None:
    assert "no wrap-up" in refused(wrapping_up(wrap_up=0.0))
    assert "no wrap-up" in refused(wrapping_up(wrap_up_manual=True))
    assert refused(wrapping_up(wrap_up_extension=0.0))
    acd = wrapping_up()
    acd.do(RemoveQueue(queue="support"))
    assert "no wrap-up" in refused(acd)
    assert acd.do(ExtendWrapUp(agent="zoe")) == [
        Refused(reason="unknown", message="there is no agent 'zoe'")
    ]


def test_rest_follows_the_wrap_up() -> None:
    acd = wrapping_up(wrap_up=30.0, rest=10.0)
    acd.call("c2")
    said = acd.tick(after=30.0)
    assert kinds(said) == ["WrapUpEnded", "AgentStateChanged"]
    assert one(AgentStateChanged, said) == AgentStateChanged(
        agent="ann", state="not_ready", reason="rest", until=acd.now + 10.0
    )
    assert acd.rings("c2") is None
    acd.tick(after=10.0)
    assert acd.rings("c2") == "ann"


def test_rest_follows_the_call_where_there_is_no_wrap_up() -> None:
    acd = wrapping_up(wrap_up=0.0, rest=10.0)
    assert acd.state("ann") == ("not_ready", "rest")


def test_rest_cannot_be_cut_short_but_a_break_may_follow() -> None:
    acd = wrapping_up(wrap_up=0.0, rest=10.0)
    (answer,) = acd.do(SetAgentState(agent="ann", state="ready"))
    assert answer == Refused(reason="wrong_state", message="ann rests between two calls")
    acd.do(SetAgentState(agent="ann", state="not_ready", reason="lunch"), after=5.0)
    assert acd.state("ann") == ("not_ready", "lunch")
    assert acd.acd.deadline() is None
    assert acd.do(SetAgentState(agent="ann", state="ready"), after=4.0) == [answer]
    acd.do(SetAgentState(agent="ann", state="logged_out"))
    assert acd.do(SetAgentState(agent="ann", state="ready")) == [answer], "nor by logging in anew"
    acd.do(SetAgentState(agent="ann", state="ready"), after=1.0)
    assert acd.state("ann") == ("ready", "")


def test_who_goes_on_break_after_the_call_does_not_rest_first() -> None:
    acd = wrapping_up(wrap_up=30.0, rest=10.0)
    acd.do(SetAgentState(agent="ann", state="not_ready", reason="lunch"))
    acd.tick(after=30.0)
    assert (acd.state("ann"), acd.view("ann").until) == (("not_ready", "lunch"), None)


def test_a_phone_lost_while_resting_is_seen_afterwards() -> None:
    acd = wrapping_up(wrap_up=0.0, rest=10.0)
    assert kinds(acd.do(PhoneChanged(phone="ann", online=False))) == ["AgentPhoneChanged"]
    acd.tick(after=10.0)
    assert acd.state("ann") == ("not_ready", "phone gone")


@pytest.mark.parametrize("during", ["talking", "wrap_up"])
def test_what_is_asked_for_during_a_call_is_told_at_once(during: str) -> None:
    acd = Driven()
    acd.queue()
    acd.ready("ann")
    acd.talk("c1")
    if during == "wrap_up":
        acd.do(Release(call="c1", by="caller"))
    said = acd.do(SetAgentState(agent="ann", state="logged_out"))
    assert said == [NextStateAsked(agent="ann", state="logged_out")]
    assert only(AgentStateChanged, said) == []
