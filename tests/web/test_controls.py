"""What is done with conversations through the API: who may, and what the engine is asked for."""

import pytest

from calls import facts
from calls.actions import (
    CancelTransfer,
    CompleteTransfer,
    HangupCall,
    HoldCall,
    MuteAgent,
    RecordCall,
    StopSupervising,
    SuperviseAgent,
    TransferCall,
)
from tests.web import fake_talks
from tests.web.fake_service import FakeService
from tests.web.program import Program


@pytest.fixture(autouse=True)
def talk(service: FakeService) -> None:
    """agent1 talks in call c-1."""
    service.phone("agent1")
    service.arrive("c-1")
    service.enqueue("c-1")
    service.offer("c-1", "agent1")
    service.connect("c-1")
    service.acted.clear()


#: Every operation with a body that it takes.
OPERATIONS: tuple[tuple[str, dict[str, str] | None], ...] = (
    ("hold", {}),
    ("mute", {}),
    ("transfer", {"to": "queue:sales"}),
    ("transfer/complete", None),
    ("transfer/cancel", None),
    ("recording", {"do": "start"}),
)


def test_agents_touch_their_own_conversation_only(service: FakeService, agent: Program) -> None:
    for path, body in OPERATIONS:
        detail = agent.post(f"agents/agent2/{path}", body, 403)
        assert detail == "agents may act for themselves only"
    agent.post("agents/agent1/supervision", {}, 403)
    agent.delete("me/supervision", 403)
    assert service.acted == []


def test_a_caller_is_held_and_brought_back(service: FakeService, agent: Program) -> None:
    assert agent.post("agents/agent1/hold", {})["held"]
    me = agent.get("me")
    assert me["agent"]["held"]
    assert me["held_since"] == pytest.approx(me["at"], abs=2)
    assert not agent.post("agents/agent1/hold", {"hold": False})["held"]
    assert agent.get("me")["held_since"] is None
    assert service.acted == [HoldCall(agent="agent1"), HoldCall(agent="agent1", hold=False)]


def test_muting_is_the_centers(service: FakeService, supervisor: Program) -> None:
    assert supervisor.post("agents/agent1/mute", {})["muted"]
    assert not supervisor.post("agents/agent1/mute", {"muted": False})["muted"]
    assert service.acted[0] == MuteAgent(agent="agent1")


def test_a_caller_is_passed_on_at_once(service: FakeService, agent: Program) -> None:
    answer = agent.post("agents/agent1/transfer", {"to": "queue:sales"})
    assert answer["state"] == "wrap_up"
    assert service.acted == [TransferCall(agent="agent1", to="queue:sales")]


@pytest.mark.parametrize(
    "body",
    [{}, {"to": "sales"}, {"to": "queue:"}, {"to": "tel:1 2"}, {"to": "agent:bob", "kind": "cold"}],
)
def test_nonsense_is_passed_on_nowhere(
    service: FakeService, agent: Program, body: dict[str, str]
) -> None:
    agent.post("agents/agent1/transfer", body, 422)
    assert service.acted == []


def test_what_the_engine_refuses_is_said(agent: Program) -> None:
    detail = agent.post("agents/agent1/transfer", {"to": "queue:nobody"}, 404)
    assert detail == "there is no queue 'nobody'"
    assert "asks nobody" in agent.post("agents/agent1/transfer/complete", status=409)


def test_the_other_side_is_asked_first(service: FakeService, agent: Program) -> None:
    answer = agent.post("agents/agent1/transfer", {"to": "agent:agent2", "kind": "warm"})
    assert (answer["held"], answer["consults"], answer["consult_answered"]) == (
        True,
        "agent:agent2",
        False,
    )
    asked = agent.get("me")["consultation"]
    assert (asked["to"], asked["joined"], asked["other"]) == ("agent:agent2", None, "")
    agent.post("agents/agent1/transfer/complete", status=409)
    fake_talks.join_consultation(service, "agent1", "agent2")
    me = agent.get("me")
    assert me["consultation"]["other"] == "agent2"
    assert me["consultation"]["since"] <= me["consultation"]["joined"] <= me["at"]
    assert agent.post("agents/agent1/transfer/complete")["state"] == "wrap_up"
    assert agent.get("me")["consultation"] is None
    assert service.acted[-1] == CompleteTransfer(agent="agent1")


def test_who_is_asked_may_end_their_part(service: FakeService, agent: Program) -> None:
    """The live view shows no consultation among the calls."""
    service.change_agent("agent1", call="k-1")
    assert "no call 'k-1'" in agent.post("calls/k-1/hangup", status=404), "the engine is asked"
    agent.post("calls/k-2/hangup", status=403)
    assert service.acted == [HangupCall(call="k-1", by="agent1")]


def test_asking_is_given_up(service: FakeService, agent: Program) -> None:
    agent.post("agents/agent1/transfer", {"to": "tel:+48221230101", "kind": "warm"})
    answer = agent.post("agents/agent1/transfer/cancel")
    assert (answer["state"], answer["consults"], answer["held"]) == ("talking", "", False)
    assert service.acted[-1] == CancelTransfer(agent="agent1")


def test_whoever_asks_for_a_recording_is_named(
    service: FakeService, agent: Program, supervisor: Program
) -> None:
    assert agent.post("agents/agent1/recording", {"do": "start"})["recording"] == "on"
    assert supervisor.post("agents/agent1/recording", {"do": "pause"})["recording"] == "paused"
    assert service.acted == [
        RecordCall(agent="agent1", do="start", by="agent1"),
        RecordCall(agent="agent1", do="pause", by="supervisor-program"),
    ]


def test_a_supervisor_follows_and_stops(service: FakeService, supervisor: Program) -> None:
    answer = supervisor.post("agents/agent1/supervision", {"mode": "whisper"})
    assert answer["supervisors"] == {"supervisor-program": "whisper"}
    supervisor.delete("me/supervision")
    assert "you follow nobody" in supervisor.delete("me/supervision", 409)
    assert service.acted[:2] == [
        SuperviseAgent(by="supervisor-program", agent="agent1", mode="whisper"),
        StopSupervising(by="supervisor-program"),
    ]
    supervisor.post("agents/nobody/supervision", {}, 404)


def test_who_listens_unheard_is_not_told_to_the_agent(
    service: FakeService, agent: Program, supervisor: Program
) -> None:
    def seen_by_the_agent() -> list[object]:
        return [
            agent.get("me")["agent"]["supervisors"],
            agent.get("agents")["agents"][0]["supervisors"],
            agent.post("agents/agent1/mute", {})["supervisors"],
        ]

    supervisor.post("agents/agent1/supervision", {"mode": "monitor"})
    assert seen_by_the_agent() == [{}, {}, {}]
    supervisor.post("agents/agent1/supervision", {"mode": "barge"})
    assert seen_by_the_agent() == [{"supervisor-program": "barge"}] * 3


def test_the_story_of_a_call_tells_agents_of_no_silent_listener(
    service: FakeService, agent: Program, supervisor: Program
) -> None:
    for mode in ("monitor", "whisper"):
        of = {"supervisor": "supervisor", "agent": "agent1", "call": "c-1"}
        service.happen(facts.SupervisionStarted(**of, mode=mode))
    heard = "supervisor could be heard by agent1"
    unheard = "supervisor listened unheard to agent1"
    told = {
        program: [entry["text"] for entry in program.get("calls/c-1")["timeline"]]
        for program in (agent, supervisor)
    }
    assert heard in told[agent]
    assert unheard not in told[agent]
    assert {heard, unheard} <= set(told[supervisor])


def test_colleagues_are_those_whom_a_caller_can_be_passed_to(agent: Program) -> None:
    found = agent.get("colleagues")["colleagues"]
    assert [one["name"] for one in found] == ["agent2", "agent3", "agent4", "agent5"]
    assert found[0]["title"] == "Bartosz Lis"
    assert (found[0]["state"], found[0]["phone_online"]) == ("logged_out", False)
    assert agent.get("colleagues/supervisor")["title"]
