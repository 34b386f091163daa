"""Agents' states: what they ask for, what the work and the phone make of them."""

import pytest

from acd.agents import TRANSITIONS, AgentEvent, step
from acd.live import Seat
from acd.messages import Release
from calls.actions import FinishWrapUp, Refused, SetAgentState
from calls.base import AgentState
from calls.config import Agent
from calls.errors import UnexpectedEvent
from calls.events import PhoneChanged
from calls.facts import (
    AgentPhoneChanged,
    AgentStateChanged,
    ConversationEnded,
    NextStateAsked,
    WrapUpEnded,
)
from tests.acd.driving import Driven, kinds, one

STATES: list[AgentState] = list(TRANSITIONS)
EVENTS: list[AgentEvent] = sorted({event for row in TRANSITIONS.values() for event in row})


@pytest.fixture
def acd() -> Driven:
    driven = Driven()
    driven.queue()
    driven.ready("ann")
    return driven


def ready(agent: str = "ann") -> SetAgentState:
    return SetAgentState(agent=agent, state="ready")


def not_ready(reason: str = "break") -> SetAgentState:
    return SetAgentState(agent="ann", state="not_ready", reason=reason)


LOG_OUT = SetAgentState(agent="ann", state="logged_out")


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", STATES)
def test_a_step_outside_the_table_is_an_error(state: AgentState, event: AgentEvent) -> None:
    agent = Seat(Agent(name="ann"), since=1.0)
    agent.state = state
    before = agent.record()
    if event in TRANSITIONS[state]:
        step(agent, event, 2.0)
        assert (agent.state, agent.since) == (TRANSITIONS[state][event], 2.0)
    else:
        with pytest.raises(UnexpectedEvent, match=f"'ann' is {state}: no {event}"):
            step(agent, event, 2.0)
        assert agent.record() == before


def test_every_state_can_be_reached_and_left() -> None:
    reached = {after for row in TRANSITIONS.values() for after in row.values()}
    assert reached == set(STATES)
    assert all(TRANSITIONS[state] for state in STATES)


def test_a_new_agent_is_logged_out(acd: Driven) -> None:
    acd.agent("bob")
    assert acd.state("bob") == ("logged_out", "")


def test_ready_needs_a_phone(acd: Driven) -> None:
    acd.agent("bob")
    assert acd.do(ready("bob")) == [
        Refused(reason="wrong_state", message="bob's phone is not registered")
    ]
    assert acd.do(PhoneChanged(phone="bob", online=True)) == [
        AgentPhoneChanged(agent="bob", online=True)
    ]
    assert acd.do(ready("bob")) == [AgentStateChanged(agent="bob", state="ready")]


def test_a_break_needs_a_reason(acd: Driven) -> None:
    (refused,) = acd.do(not_ready(" "))
    assert isinstance(refused, Refused)
    assert refused.reason == "invalid"
    assert acd.state("ann") == ("ready", "")


def test_nobody_unknown(acd: Driven) -> None:
    for message in (ready("zoe"), FinishWrapUp(agent="zoe")):
        assert acd.do(message) == [Refused(reason="unknown", message="there is no agent 'zoe'")]


def test_asking_for_what_is_so_already_says_nothing(acd: Driven) -> None:
    since = acd.view("ann").since
    acd.now += 5.0
    assert acd.do(ready()) == []
    assert acd.view("ann").since == since
    assert kinds(acd.do(not_ready("break"))) == ["AgentStateChanged"]
    assert acd.do(not_ready("break")) == []
    assert kinds(acd.do(not_ready("lunch"))) == ["AgentStateChanged"]
    assert acd.state("ann") == ("not_ready", "lunch")
    assert kinds(acd.do(LOG_OUT)) == ["AgentStateChanged"]
    assert acd.do(LOG_OUT) == []


def test_who_is_not_ready_gets_no_call(acd: Driven) -> None:
    acd.do(not_ready())
    acd.call("c1")
    assert acd.rings("c1") is None
    acd.do(ready())
    assert acd.rings("c1") == "ann"


@pytest.mark.parametrize("wrap_up", [0.0, 30.0])
def test_a_state_asked_for_in_a_call_takes_effect_after_it(wrap_up: float) -> None:
    acd = Driven()
    acd.queue(wrap_up=wrap_up)
    acd.ready("ann")
    acd.talk("c1")
    assert acd.do(not_ready("lunch")) == [
        NextStateAsked(agent="ann", state="not_ready", reason="lunch")
    ]
    assert (acd.view("ann").state, acd.view("ann").next_state) == ("talking", "not_ready")
    acd.do(Release(call="c1", by="caller"))
    acd.tick(after=wrap_up)
    assert acd.state("ann") == ("not_ready", "lunch")
    assert acd.view("ann").next_state == ""


def test_what_was_asked_last_counts(acd: Driven) -> None:
    acd.talk("c1")
    acd.do(not_ready())
    acd.do(Release(call="c1", by="caller"))
    acd.do(LOG_OUT)
    assert acd.state("ann") == ("wrap_up", "")
    acd.do(ready())
    acd.do(FinishWrapUp(agent="ann"))
    assert acd.state("ann") == ("ready", "")


def test_a_wrap_up_is_finished_with_a_code(acd: Driven) -> None:
    acd.talk("c1")
    ended = one(ConversationEnded, acd.do(Release(call="c1", by="supervisor"), after=40.0))
    assert (ended.talked, ended.by, ended.agent) == (40.0, "supervisor", "ann")
    said = acd.do(FinishWrapUp(agent="ann", code="solved", note="reset the box"), after=12.0)
    assert one(WrapUpEnded, said) == WrapUpEnded(
        call="c1",
        agent="ann",
        queue="support",
        lasted=12.0,
        by="agent",
        code="solved",
        note="reset the box",
    )
    assert acd.state("ann") == ("ready", "")
    assert acd.acd.deadline() is None


def test_a_code_given_while_talking_is_kept_and_replaces_the_wrap_up(acd: Driven) -> None:
    acd.talk("c1")
    assert acd.do(FinishWrapUp(agent="ann", code="spam")) == []
    assert acd.do(FinishWrapUp(agent="ann", code="solved", note="n")) == []
    said = acd.do(Release(call="c1", by="caller"))
    wrapped = one(WrapUpEnded, said)
    assert (wrapped.code, wrapped.note, wrapped.by, wrapped.lasted) == ("solved", "n", "agent", 0.0)
    assert acd.state("ann") == ("ready", "")
    acd.talk("c2")
    acd.do(Release(call="c2", by="caller"))
    assert acd.state("ann") == ("wrap_up", ""), "it was for that call only"


def test_no_wrap_up_where_the_queue_has_none() -> None:
    acd = Driven()
    acd.queue(wrap_up=0.0)
    acd.ready("ann")
    acd.talk("c1")
    said = acd.do(Release(call="c1", by="caller"))
    assert kinds(said) == ["ConversationEnded", "WrapUpEnded", "AgentStateChanged"]
    assert acd.state("ann") == ("ready", "")


def test_nothing_to_wrap_up(acd: Driven) -> None:
    refused = Refused(reason="wrong_state", message="ann has no call to wrap up")
    assert acd.do(FinishWrapUp(agent="ann")) == [refused]
    acd.call("c1")
    assert acd.do(FinishWrapUp(agent="ann")) == [refused]


def test_a_phone_gone_makes_a_ready_agent_not_ready(acd: Driven) -> None:
    assert acd.do(PhoneChanged(phone="ann", online=False)) == [
        AgentPhoneChanged(agent="ann", online=False),
        AgentStateChanged(agent="ann", state="not_ready", reason="phone gone"),
    ]
    assert acd.do(PhoneChanged(phone="ann", online=False)) == []
    acd.call("c1")
    assert acd.rings("c1") is None


@pytest.mark.parametrize("during", ["talking", "wrap_up"])
def test_a_phone_gone_in_a_call_matters_after_it(acd: Driven, during: str) -> None:
    acd.talk("c1")
    if during == "wrap_up":
        acd.do(Release(call="c1", by="caller"))
    assert kinds(acd.do(PhoneChanged(phone="ann", online=False))) == ["AgentPhoneChanged"]
    assert acd.state("ann") == (during, "")
    if during == "talking":
        acd.do(Release(call="c1", by="caller"))
    acd.tick(after=30.0)
    assert acd.state("ann") == ("not_ready", "phone gone")


def test_a_phone_that_came_back_in_time_does_not_matter(acd: Driven) -> None:
    acd.talk("c1")
    acd.do(PhoneChanged(phone="ann", online=False))
    acd.do(Release(call="c1", by="caller"))
    acd.do(PhoneChanged(phone="ann", online=True))
    acd.tick(after=30.0)
    assert acd.state("ann") == ("ready", "")


def test_phones_of_nobody_yet_are_remembered_in_silence(acd: Driven) -> None:
    assert acd.do(PhoneChanged(phone="bob", online=True)) == []
    acd.agent("bob")
    assert acd.view("bob").phone_online
    assert kinds(acd.do(ready("bob"))) == ["AgentStateChanged"]
