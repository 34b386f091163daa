"""Queues and agents change while callers wait; it counts from the next decision on."""

import msgspec
import pytest

from acd.acd import Acd
from acd.messages import Release
from acd.state import AcdState
from calls.actions import FinishWrapUp, Refused, RemoveAgent, RemoveQueue
from calls.config import Agent, Queue
from calls.facts import (
    AgentStateChanged,
    ConfigurationChanged,
    OfferEnded,
    OfferMade,
    WrapUpEnded,
)
from calls.hours import Hours
from tests.acd.driving import Driven, kinds, one


@pytest.fixture
def acd() -> Driven:
    driven = Driven()
    driven.queue()
    return driven


def test_configuring_is_a_fact(acd: Driven) -> None:
    assert acd.queue("sales") == [
        ConfigurationChanged(kind="queue", name="sales", value=Queue(name="sales"))
    ]
    known = Agent(name="ann", queues={"support": 1})
    assert acd.agent("ann") == [ConfigurationChanged(kind="agent", name="ann", value=known)]
    assert set(acd.acd.queues()) == {"support", "sales"}
    assert acd.acd.agents()["ann"].queues == {"support": 1}


def test_a_lowered_need_lets_a_waiting_caller_through(acd: Driven) -> None:
    acd.queue(skills={"phone": 5})
    acd.ready("ann", skills={"phone": 3})
    acd.call("c1")
    assert acd.rings("c1") is None
    acd.queue(skills={"phone": 3})
    assert acd.rings("c1") == "ann"


def test_a_raised_need_counts_for_who_waits_already(acd: Driven) -> None:
    acd.call("c1")
    acd.queue(skills={"phone": 5})
    acd.ready("ann", skills={"phone": 3})
    assert acd.rings("c1") is None


def test_a_skill_learnt_lets_a_waiting_caller_through(acd: Driven) -> None:
    acd.ready("ann")
    acd.call("c1", skills={"lang:pl": 1})
    said = acd.agent("ann", skills={"lang:pl": 1})
    assert kinds(said) == ["ConfigurationChanged", "OfferMade", "AgentStateChanged"]
    assert acd.rings("c1") == "ann"


def test_an_agent_taken_out_of_a_queue_gets_none_of_its_calls(acd: Driven) -> None:
    acd.ready("ann")
    acd.agent("ann", queues={})
    acd.call("c1")
    assert acd.rings("c1") is None


def test_a_change_leaves_what_rings_and_talks_alone(acd: Driven) -> None:
    acd.ready("ann", skills={"phone": 3})
    acd.call("c1")
    acd.queue(skills={"phone": 9}, offer_timeout=99.0)
    acd.agent("ann")
    assert acd.rings("c1") == "ann"
    assert acd.acd.deadline() == acd.now + 15.0


def test_a_change_keeps_the_line_and_the_idle_time(acd: Driven) -> None:
    acd.ready("ann", queues={"support": 1})
    acd.ready("bob", queues={"support": 1})
    acd.agent("ann", title="Ann", queues={"support": 1})
    acd.queue(title="Help")
    acd.call("c1")
    assert acd.rings("c1") == "ann"
    for call in ("c2", "c3", "c4"):
        acd.call(call, after=1.0)
    acd.queue(slope=2.0)
    assert [acd.acd.position(call) for call in ("c1", "c2", "c3", "c4")] == [1, 2, 3, 4]


def test_an_agent_may_know_a_queue_before_it_is_there() -> None:
    acd = Driven()
    acd.ready("ann", queues={"support": 1})
    acd.queue("support")
    acd.call("c1")
    assert acd.rings("c1") == "ann"


def test_a_queue_is_not_removed_while_callers_wait(acd: Driven) -> None:
    acd.ready("ann")
    acd.call("c1")
    assert acd.do(RemoveQueue(queue="support")) == [
        Refused(reason="wrong_state", message="callers wait in queue 'support': 1")
    ]
    assert acd.do(RemoveQueue(queue="sails")) == [
        Refused(reason="unknown", message="there is no queue 'sails'")
    ]


def test_a_queue_removed_in_a_conversation_has_no_wrap_up(acd: Driven) -> None:
    acd.ready("ann")
    acd.talk("c1")
    assert acd.do(RemoveQueue(queue="support")) == [
        ConfigurationChanged(kind="queue", name="support", removed=True)
    ]
    assert acd.acd.queue_views(acd.now) == ()
    acd.do(Release(call="c1", by="caller"))
    assert acd.state("ann") == ("ready", "")


def test_an_agent_without_a_call_is_removed_at_once(acd: Driven) -> None:
    acd.ready("ann")
    assert acd.do(RemoveAgent(agent="ann")) == [
        AgentStateChanged(agent="ann", state="logged_out"),
        ConfigurationChanged(kind="agent", name="ann", removed=True),
    ]
    assert acd.acd.agent_views() == ()
    acd.call("c1")
    assert acd.rings("c1") is None
    assert acd.do(RemoveAgent(agent="ann")) == [
        Refused(reason="unknown", message="there is no agent 'ann'")
    ]


def test_an_agent_whose_phone_rings_is_removed_and_the_caller_goes_on(acd: Driven) -> None:
    acd.ready("ann")
    acd.ready("bob")
    acd.call("c1")
    said = acd.do(RemoveAgent(agent="ann"))
    assert one(OfferEnded, said).outcome == "rescinded"
    assert one(OfferMade, said).agent == "bob"
    assert [view.name for view in acd.acd.agent_views()] == ["bob"]


def test_an_agent_in_a_call_is_removed_when_it_ends(acd: Driven) -> None:
    acd.ready("ann")
    acd.talk("c1")
    assert acd.do(RemoveAgent(agent="ann")) == []
    assert acd.view("ann").state == "talking"
    assert acd.acd.agents() == {}
    said = acd.do(Release(call="c1", by="caller"))
    assert kinds(said) == [
        "ConversationEnded",
        "WrapUpEnded",
        "AgentStateChanged",
        "ConfigurationChanged",
    ]
    assert acd.acd.agent_views() == ()


def test_an_agent_in_wrap_up_is_removed_at_once(acd: Driven) -> None:
    acd.ready("ann")
    acd.talk("c1")
    acd.do(Release(call="c1", by="caller"))
    said = acd.do(RemoveAgent(agent="ann"), after=3.0)
    assert (one(WrapUpEnded, said).by, one(WrapUpEnded, said).lasted) == ("timeout", 3.0)
    assert acd.acd.agent_views() == ()
    assert acd.acd.deadline() is None


def test_who_is_configured_again_before_the_call_ends_stays(acd: Driven) -> None:
    acd.ready("ann")
    acd.talk("c1")
    acd.do(RemoveAgent(agent="ann"))
    acd.agent("ann")
    acd.do(Release(call="c1", by="caller"))
    assert acd.state("ann") == ("wrap_up", "")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"offer_timeout": 0.0}, "queue 'support': offer_timeout must be 1 to 1000000000, not 0.0"),
        ({"wrap_up": -1.0}, "queue 'support': wrap_up must be 0 to 1000000000, not -1.0"),
        ({"slope": -0.5}, "queue 'support': slope must be 0 to 1000000000, not -0.5"),
        ({"skills": {"phone": 11}}, "queue 'support': the level of skill 'phone' must be 1 to 10"),
        ({"name": ""}, "a queue needs a name"),
        ({"rest": -1.0}, "queue 'support': rest must be 0 to 1000000000, not -1.0"),
        ({"limit": -1}, "queue 'support': limit must be 0 to 1000000000, not -1"),
        ({"ring": -1}, "queue 'support': ring must be 0 to 1000000000, not -1"),
        ({"overdue": -1.0}, "queue 'support': overdue must be 0 to 1000000000, not -1.0"),
        ({"ring_limit": 0}, "queue 'support': ring_limit must be 1 to 1000000000, not 0"),
        (
            {"callback_attempts": 0},
            "queue 'support': callback_attempts must be 1 to 1000000000, not 0",
        ),
        (
            {"callback_retry": -1.0},
            "queue 'support': callback_retry must be 0 to 1000000000, not -1",
        ),
        (
            {"wrap_up_extensions": -1},
            "queue 'support': wrap_up_extensions must be 0 to 1000000000, not -1",
        ),
        (
            {"relaxation": [{"after": 5.0}, {"after": -1.0}]},
            "queue 'support': relaxation 2: after must be 0 to 1000000000, not -1.0",
        ),
        (
            {"relaxation": [{"after": 5.0, "skills": {"phone": 11}}]},
            "queue 'support': relaxation 1: the level of skill 'phone' must be 0 to 10, not 11",
        ),
        (
            {"relaxation": [{"after": 5.0, "ring": -1}]},
            "queue 'support': relaxation 1: ring must be 0 to 1000000000, not -1",
        ),
        (
            {"overflow": [{"when": "waited", "limit": -1.0, "to": "number", "target": "1"}]},
            "queue 'support': overflow 1: limit must be 0 to 1000000000, not -1.0",
        ),
        (
            {"overflow": [{"when": "waited", "to": "flow", "target": ""}]},
            "queue 'support': overflow 1: target must name a flow",
        ),
        (
            {"overflow": [{"when": "waited", "to": "queue", "target": "support"}]},
            "queue 'support': overflow 1: target must be another queue than 'support'",
        ),
        (
            {"hours": {"zone": "Warsaw"}},
            "queue 'support': hours: zone: 'Warsaw' is no time zone",
        ),
    ],
)
def test_a_senseless_queue_is_refused(
    acd: Driven, fields: dict[str, object], complaint: str
) -> None:
    before = acd.acd.snapshot()
    (refused,) = acd.queue(**fields)
    assert isinstance(refused, Refused)
    assert (refused.reason, complaint in refused.message) == ("invalid", True)
    assert acd.acd.snapshot() == before


@pytest.mark.parametrize("field", ["priority", "slope", "wrap_up", "overdue", "offer_timeout"])
@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e300])
def test_a_number_beyond_all_bounds_is_refused(acd: Driven, field: str, value: float) -> None:
    (refused,) = acd.queue(**{field: value})
    assert isinstance(refused, Refused)
    assert f"queue 'support': {field} must be" in refused.message


@pytest.mark.parametrize("day", ["tomorrow", "20261224", "2026-W52-4"])
def test_a_date_that_would_never_be_found_is_refused(acd: Driven, day: str) -> None:
    (refused,) = acd.queue(hours=Hours(exceptions={day: ()}))
    assert isinstance(refused, Refused)
    assert f"exceptions: {day!r} is no date; write one like 2026-12-24" in refused.message


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"skills": {"phone": 0}}, "agent 'ann': the level of skill 'phone' must be 1 to 10"),
        ({"queues": {"support": 0}}, "agent 'ann': the preference of queue 'support'"),
        ({"rona_limit": 0}, "agent 'ann': rona_limit must be 1 to 1000000000, not 0"),
        ({"capacity": {"voice": 2}}, "agent 'ann': capacity is for other channels"),
        (
            {"capacity": {"chat": -1}},
            "agent 'ann': the capacity for chat must be 0 to 1000000000, not -1",
        ),
    ],
)
def test_a_senseless_agent_is_refused(
    acd: Driven, fields: dict[str, object], complaint: str
) -> None:
    (refused,) = acd.agent("ann", **fields)
    assert isinstance(refused, Refused)
    assert (refused.reason, complaint in refused.message) == ("invalid", True)
    assert acd.acd.agent_views() == ()


def test_many_different_needs_are_all_served(acd: Driven) -> None:
    """More than a queue keeps signatures for."""
    acd.now += 1.0
    for number in range(150):
        acd.call(f"c{number}", skills={f"s{number}": 1})
    for number in reversed(range(150)):
        acd.ready(f"a{number}", skills={f"s{number}": 1})
        assert acd.rings(f"c{number}") == f"a{number}"


def test_a_snapshot_from_before_there_was_so_much_to_know_goes_on() -> None:
    """As it was kept by the first version: one ringing, one waiting, one wrapping up."""
    kept = """{
      "queues": {"support": {"type": "Queue", "name": "support", "wrap_up": 30.0}},
      "agents": {
        "ann": {"config": {"type": "Agent", "name": "ann", "queues": {"support": 1}},
                "since": 1700000000.0, "state": "reserved", "until": 1700000015.0,
                "call": "c1", "queue": "support", "offer": "o1", "idle_order": 3},
        "bob": {"config": {"type": "Agent", "name": "bob", "queues": {"support": 1}},
                "since": 1700000000.0, "state": "wrap_up", "until": 1700000020.0,
                "call": "c0", "queue": "support", "idle_order": 2, "calls": 1}},
      "waiting": {
        "c1": {"call": "c1", "queue": "support", "skills": {}, "priority": 0.0, "language": "en",
               "queued": 1700000000.0, "order": 4, "offer": "o1"},
        "c2": {"call": "c2", "queue": "support", "skills": {}, "priority": 0.0, "language": "",
               "queued": 1700000001.0, "order": 5}},
      "offers": {"o1": {"offer": "o1", "call": "c1", "agent": "ann", "queue": "support",
                        "made": 1700000000.0, "until": 1700000015.0}},
      "conversations": {}, "phones": {"ann": 1.0, "bob": 1.0}, "minted": 1, "order": 5,
      "dropped": {}}"""
    acd = Driven()
    acd.acd = Acd(msgspec.json.decode(kept, type=AcdState))
    acd.now += 10.0
    assert (acd.rings("c1"), acd.rings("c2")) == ("ann", None)
    said = acd.do(FinishWrapUp(agent="bob"))
    assert one(OfferMade, said).call == "c2", "c1 rings already"
    acd.tick(after=5.0)
    assert acd.state("ann") == ("not_ready", "no answer")
    assert acd.acd.position("c1") == 1
    assert [agent.number for agent in acd.acd.snapshot().agents.values()] == [1, 2]
