"""The JSON API: what it answers, what it has the engine do, and what it refuses."""

from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient

from calls.actions import DeclineOffer, FinishWrapUp, HangupCall, SetAgentState
from calls.errors import EngineBusy
from calls.views import LiveView
from tests.parts import effort
from tests.parts.effort import Effort
from tests.web.fake_service import FakeService
from tests.web.program import Program


def test_live_is_all_of_the_center_with_every_field(
    service: FakeService, supervisor: Program
) -> None:
    service.arrive("c-1")
    service.enqueue("c-1", ago=12)
    live = supervisor.get("live")
    assert msgspec.convert(live, LiveView).calls[0].call == "c-1"
    support = next(queue for queue in live["queues"] if queue["name"] == "support")
    assert support["waiting"] == 1
    assert live["at"] - support["longest_since"] == pytest.approx(12, abs=2)
    assert support["today"]["service_level"] is None, "defaults are told too"
    assert support["today"]["offered"] == 0


def test_queues_are_for_everybody(agent: Program) -> None:
    assert [queue["name"] for queue in agent.get("queues")["queues"]] == ["sales", "support"]


def test_an_agent_sees_themself_and_a_supervisor_all(agent: Program, supervisor: Program) -> None:
    assert [one["name"] for one in agent.get("agents")["agents"]] == ["agent1"]
    assert len(supervisor.get("agents")["agents"]) == 5


def test_the_history_of_waiting_goes_back_from_now(
    service: FakeService, supervisor: Program
) -> None:
    service.arrive("c-old", ago=2000)
    service.enqueue("c-old", ago=2000)
    service.arrive("c-1", ago=300)
    service.enqueue("c-1", ago=300)
    service.offer("c-1", "agent1")
    service.connect("c-1")
    steps = supervisor.get("waiting?minutes=15")["steps"]
    assert [step["waiting"] for step in steps] == [1, 2, 1]


def test_the_history_of_waiting_does_not_go_through_earlier_years(
    service: FakeService, supervisor: Program
) -> None:
    effort.fill_with_earlier_years(service.database, first=-effort.OLD)
    service.arrive("c-1", ago=300)
    service.enqueue("c-1", ago=300)
    done = Effort(service.database)
    steps = supervisor.get("waiting?minutes=15")["steps"]
    assert [step["waiting"] for step in steps] == [0, 1]
    assert done.thousands < effort.FEW


# --- what agents do


def test_states_are_asked_of_the_engine(service: FakeService, agent: Program) -> None:
    service.phone("agent1")
    assert agent.post("agents/agent1/state", {"state": "ready"})["state"] == "ready"
    answer = agent.post("agents/agent1/state", {"state": "not_ready", "reason": "lunch"})
    assert (answer["state"], answer["reason"]) == ("not_ready", "lunch")
    assert service.acted == [
        SetAgentState(agent="agent1", state="ready"),
        SetAgentState(agent="agent1", state="not_ready", reason="lunch"),
    ]


def test_a_state_asked_for_in_a_call_is_told(service: FakeService, agent: Program) -> None:
    ring(service)
    service.connect("c-1")
    answer = agent.post("agents/agent1/state", {"state": "not_ready", "reason": "lunch"})
    assert (answer["state"], answer["next_state"]) == ("talking", "not_ready")


def test_agents_act_for_themselves_only(service: FakeService, agent: Program) -> None:
    for path, body in (
        ("agents/agent2/state", {"state": "logged_out"}),
        ("agents/agent2/decline", None),
        ("agents/agent2/wrap-up", {}),
    ):
        agent.post(path, body, 403)
    assert service.acted == []


def test_a_supervisor_acts_for_any_agent(service: FakeService, supervisor: Program) -> None:
    supervisor.post("agents/agent2/state", {"state": "not_ready", "reason": "meeting"})
    assert service.acted == [SetAgentState(agent="agent2", state="not_ready", reason="meeting")]


def test_what_the_engine_refuses_says_why(agent: Program, supervisor: Program) -> None:
    detail = agent.post("agents/agent1/state", {"state": "ready"}, 409)
    assert detail == "agent1's phone is not registered"
    agent.post("agents/agent1/state", {"state": "not_ready"}, 422)
    supervisor.post("agents/nobody/state", {"state": "ready"}, 404)


def test_a_busy_engine_is_503(
    service: FakeService, agent: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(*_: object) -> None:
        raise EngineBusy("no answer within 5 s")

    monkeypatch.setattr(service, "act", act)
    agent.post("agents/agent1/state", {"state": "logged_out"}, 503)


def test_an_offer_is_declined(service: FakeService, agent: Program) -> None:
    agent.post("agents/agent1/decline", status=409)
    ring(service)
    answer = agent.post("agents/agent1/decline")
    assert (answer["state"], answer["reason"]) == ("not_ready", "declined")
    assert service.acted[-1] == DeclineOffer(agent="agent1")


def test_after_call_work_is_finished(service: FakeService, agent: Program) -> None:
    ring(service)
    service.connect("c-1")
    service.end_call("c-1")
    done = {"code": "resolved", "note": "Zażółć", "call": "c-1"}
    answer = agent.post("agents/agent1/wrap-up", done)
    assert answer["state"] == "ready"
    assert service.acted[-1] == FinishWrapUp(agent="agent1", **done)


def test_my_desk_survives_a_reload(service: FakeService, agent: Program) -> None:
    assert agent.get("me")["pop"] is None
    ring(service)
    me = agent.get("me")
    assert me["agent"]["state"] == "reserved"
    assert me["call"]["call"] == "c-1"
    assert me["pop"]["who"]["name"] == "James Carter"
    assert me["pop"]["ticket"]["number"] == "INC-1002"
    service.connect("c-1")
    service.end_call("c-1")
    me = agent.get("me")
    assert me["call"] is None
    assert me["pop"]["who"]["name"] == "James Carter", "still there for the after-call work"


def test_my_phones(service: FakeService, agent: Program, supervisor: Program) -> None:
    phones = agent.get("me/phone")
    assert phones["browser"]["uri"] == "sip:agent1-web@127.0.0.1"
    assert phones["sip"]["user"] == "agent1"
    assert phones["sip"]["server"] == "127.0.0.1:5060"
    assert phones["sip"]["password"] == phones["browser"]["password"] != ""
    assert "there is no user" in supervisor.get("me/phone", 422), "a token is nobody's phone"


# --- calls


def test_a_call_has_a_story(service: FakeService, agent: Program, supervisor: Program) -> None:
    ring(service)
    service.record("c-1", 1_763_700_000.0, name="James Carter", agent="agent1")
    story = supervisor.get("calls/c-1")
    assert story["live"]["phase"] == "ringing"
    assert story["record"]["name"] == "James Carter"
    texts = [entry["text"] for entry in story["timeline"]]
    assert texts[0] == "Call from +48221230102 to 1000"
    assert any(text.startswith("Offered to agent1") for text in texts)
    assert agent.get("calls/c-1") == story, "it was offered to this agent"
    service.arrive("c-2")
    agent.get("calls/c-2", 403)
    supervisor.get("calls/never", 404)


def test_calls_are_listed_newest_first(
    service: FakeService, agent: Program, supervisor: Program
) -> None:
    for number in range(3):
        name = "agent1" if number == 1 else "agent2"
        service.record(f"c-{number}", 1_763_700_000.0 + number, agent=name, caller="+48221230102")
    service.record("c-up", 1_763_700_009.0, ended=None, outcome="")
    service.arrive("c-up")
    listed = supervisor.get("calls")
    assert [call["call"] for call in listed["live"]] == ["c-up"]
    assert [call["call"] for call in listed["recent"]] == ["c-2", "c-1", "c-0"]
    page = supervisor.get("calls?limit=1&before=1763700002")
    assert [call["call"] for call in page["recent"]] == ["c-1"]
    assert [call["call"] for call in agent.get("calls?agent=agent2")["recent"]] == ["c-1"]
    assert supervisor.get("calls?caller=%2B000")["recent"] == []


def test_calls_are_ended_by_their_agent_or_a_supervisor(
    service: FakeService, agent: Program, supervisor: Program
) -> None:
    ring(service)
    service.arrive("c-2")
    agent.post("calls/c-2/hangup", status=403)
    agent.post("calls/c-1/hangup", status=204)
    supervisor.post("calls/c-2/hangup", status=204)
    supervisor.post("calls/c-2/hangup", status=404)
    assert service.acted[:2] == [
        HangupCall(call="c-1", by="agent1"),
        HangupCall(call="c-2", by="supervisor-program"),
    ]


# --- tickets


def test_tickets_are_found_changed_and_written_on(agent: Program) -> None:
    found = agent.get("tickets?q=room+12&open=true")["tickets"]
    assert [ticket["title"] for ticket in found] == ["No sound on the phone in room 12"]
    ticket = found[0]["id"]
    assert found[0]["contact_name"] == "James Carter"
    changed = agent.patch(f"tickets/{ticket}", {"status": "pending", "impact": 1, "urgency": 1})
    assert changed["ticket"]["status"] == "pending"
    assert changed["ticket"]["priority"] == 1
    assert {(one["field"], one["author"]) for one in changed["changes"]} >= {("status", "agent1")}
    note = agent.post(f"tickets/{ticket}/notes", {"text": "Called back"})
    assert (note["author"], note["text"]) == ("agent1", "Called back")
    assert agent.get(f"tickets/{ticket}")["notes"] == [note]
    assert agent.patch(f"tickets/{ticket}", {"contact": None})["ticket"]["contact"] is None


@pytest.mark.parametrize(
    "body",
    [{"status": "lost"}, {"impact": 4}, {"title": ""}, {"number": "INC-1"}, {"contact": 99}, []],
)
def test_tickets_refuse_nonsense(agent: Program, body: Any) -> None:
    agent.patch("tickets/1", body, 422)


def test_a_missing_ticket_is_404(agent: Program) -> None:
    agent.get("tickets/4711", 404)
    agent.get("tickets/99999999999999999999", 404)
    agent.post("tickets/4711/notes", {"text": "?"}, 404)


# --- malformed requests


def test_malformed_requests_name_the_fault(agent: Program, client: FlaskClient) -> None:
    path = "agents/agent1/state"
    assert "$.state" in agent.post(path, {"state": "sleepy"}, 422)
    assert "unknown field `mood`" in agent.post(path, {"state": "ready", "mood": "good"}, 422)
    assert "colour" in agent.get("calls?colour=red", 422)
    assert "limit" in agent.get("calls?limit=many", 422)
    headers = agent._headers
    answer = client.post(
        f"/api/v1/{path}", data="{", headers=headers | {"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert client.post(f"/api/v1/{path}", data="state=ready", headers=headers).status_code == 415
    assert client.delete(f"/api/v1/{path}", headers=headers).status_code == 405


def ring(service: FakeService) -> None:
    service.phone("agent1")
    service.arrive("c-1")
    service.enqueue("c-1")
    service.offer("c-1", "agent1")
