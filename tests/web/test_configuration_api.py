"""Queues and agents configured by programs and supervisors, while the center runs."""

from typing import Any

import pytest

from calls.config import Agent, Overflow, Queue, Relaxation
from calls.hours import Hours
from engine import configuration
from tests.web.fake_service import FakeService
from tests.web.program import Program


def queue_in(service: FakeService, name: str) -> Queue:
    with service.database.session() as session:
        return configuration.read(session).queues[name]


def agent_in(service: FakeService, name: str) -> Agent:
    with service.database.session() as session:
        return configuration.read(session).agents[name]


def test_a_queue_goes_out_and_back_in(service: FakeService, admin: Program) -> None:
    settings = admin.get("queues/support/settings")
    assert settings["relaxation"][0]["after"] == 60
    assert "type" not in settings
    assert "type" not in settings["relaxation"][0]
    before = queue_in(service, "support")
    assert admin.put("queues/support/settings", settings) == settings
    assert queue_in(service, "support") == before


def test_a_queue_is_added_with_all_rules_and_removed(service: FakeService, admin: Program) -> None:
    body = {
        "name": "returns",
        "strategy": "ring_all",
        "relaxation": [{"after": 30, "queues": ["sales"], "ring": 2}],
        "overflow": [{"when": "closed", "to": "flow", "target": "main.menu"}],
        "hours": {"zone": "Europe/Kyiv", "weekly": {"sat": ["10:00-12:00"]}, "country": "UA"},
        "messages": {"en": ["Please wait."]},
    }
    answer = admin.put("queues/returns/settings", body)
    assert answer["callback_attempts"] == 3, "defaults are told too"
    assert queue_in(service, "returns") == Queue(
        name="returns",
        strategy="ring_all",
        relaxation=(Relaxation(after=30, queues=("sales",), ring=2),),
        overflow=(Overflow(when="closed", to="flow", target="main.menu"),),
        hours=Hours(zone="Europe/Kyiv", weekly={"sat": ("10:00-12:00",)}, country="UA"),
        messages={"en": ("Please wait.",)},
    )
    assert "returns" in {queue.name for queue in service.live().queues}
    service.arrive("c-1")
    service.enqueue("c-1", "returns")
    assert "callers wait" in admin.delete("queues/returns", 409)
    service.end_call("c-1")
    admin.delete("queues/returns")
    assert "there is no queue" in admin.delete("queues/returns", 404)
    assert "still named by" in admin.delete("queues/sales", 422)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": "sales"}, "name: the address says 'support'"),
        ({"strategy": "dice"}, "$.strategy"),
        ({"wrapup": 3}, "unknown field `wrapup`"),
        ({"overflow": [{"when": "full", "to": "queue", "target": "support"}]}, "overflow.1.target"),
        ({"overflow": [{"when": "full", "to": "queue", "trget": "sales"}]}, "$.overflow[0]"),
        ({"relaxation": [{"after": 1, "ring": 100}]}, "relaxation.1.ring: must be 0 to 99"),
        ({"hours": {"weekly": {"mo": []}}}, "hours.weekly: 'mo' is no day"),
        ({"rest": -1}, "rest: must be 0 to 3600"),
        ({"messages": {"en": ["a\u0000b"]}}, "messages.en.1"),
    ],
)
def test_a_mistake_is_named_and_nothing_changes(
    service: FakeService, admin: Program, change: dict[str, Any], complaint: str
) -> None:
    before = queue_in(service, "support")
    settings = admin.get("queues/support/settings")
    assert complaint in admin.put("queues/support/settings", settings | change, 422)
    assert queue_in(service, "support") == before


def test_a_supervisor_closes_a_queue_and_opens_it_again(
    service: FakeService, supervisor: Program, agent: Program
) -> None:
    before = queue_in(service, "support")
    closed = supervisor.post("queues/support/close")
    assert closed == {"queue": "support", "closed": True, "by": "hand", "opens": None}
    assert queue_in(service, "support").closed
    opened = supervisor.post("queues/support/open")
    assert opened == {"queue": "support", "closed": False, "by": "", "opens": None}
    assert queue_in(service, "support") == before
    agent.post("queues/support/close", status=403)
    supervisor.post("queues/nowhere/close", status=404)


def test_opening_hours_hold_whatever_is_opened(service: FakeService, supervisor: Program) -> None:
    with service.database.session() as session:
        never = Queue(name="never", closed=True, hours=Hours(weekly={}))
        configuration.save_queue(session, never)
    opened = supervisor.post("queues/never/open")
    assert opened == {"queue": "never", "closed": True, "by": "hours", "opens": None}
    assert not queue_in(service, "never").closed


def test_a_supervisor_moves_an_agent_while_calls_wait(
    service: FakeService, supervisor: Program
) -> None:
    before = agent_in(service, "agent4")
    answer = supervisor.patch("agents/agent4/settings", {"queues": {"support": 2}})
    assert answer["queues"] == {"support": 2}
    assert answer["skills"] == before.skills
    supervisor.patch("agents/agent4/settings", {"skills": {"support": 5, "lang:en": 10}})
    after = agent_in(service, "agent4")
    assert (after.queues, after.skills) == ({"support": 2}, {"support": 5, "lang:en": 10})
    assert after.title == before.title
    shown = next(one for one in service.live().agents if one.name == "agent4")
    assert shown.queues == {"support": 2}, "the running center knows"


@pytest.mark.parametrize(
    ("agent", "change", "status", "complaint"),
    [
        ("agent4", {"queues": {"nowhere": 1}}, 422, "queues: there is no queue 'nowhere'"),
        ("agent4", {"queues": {"support": 0}}, 422, "$.queues"),
        ("agent4", {"skills": {"x": 11}}, 422, "$.skills"),
        ("agent4", {"skill": {}}, 422, "unknown field `skill`"),
        ("nobody", {"skills": {}}, 404, "no agent 'nobody'"),
        ("admin", {"skills": {}}, 404, "no agent 'admin'"),
    ],
)
def test_a_mistake_in_an_agent_is_named(
    service: FakeService,
    supervisor: Program,
    agent: str,
    change: dict[str, Any],
    status: int,
    complaint: str,
) -> None:
    before = agent_in(service, "agent4")
    assert complaint in supervisor.patch(f"agents/{agent}/settings", change, status)
    assert agent_in(service, "agent4") == before


def test_an_agent_is_configured_as_a_whole(
    service: FakeService, admin: Program, supervisor: Program, agent: Program
) -> None:
    body = admin.get("agents/agent1/settings") | {
        "persistent": True,
        "auto_answer": True,
        "capacity": {"chat": 2},
    }
    assert admin.put("agents/agent1/settings", body) == body
    assert agent_in(service, "agent1").capacity == {"chat": 2}
    me = agent.get("me")
    assert (me["auto_answer"], me["persistent"]) == (True, True)
    assert agent.get("agents/agent1/settings") == body
    agent.get("agents/agent2/settings", 403)
    supervisor.put("agents/agent1/settings", body, 403)
    admin.put("agents/agent1/settings", body | {"capacity": {"voice": 1}}, 422)


def test_after_call_work_is_extended(service: FakeService, agent: Program) -> None:
    service.arrive("c-1")
    service.enqueue("c-1")
    service.offer("c-1", "agent1")
    service.connect("c-1")
    agent.post("agents/agent1/wrap-up/extend", status=409)
    service.end_call("c-1", wrap_up=20.0, extensions=1)
    before = service.live().agents[0].until
    assert before is not None
    answer = agent.post("agents/agent1/wrap-up/extend")
    assert (answer["until"], answer["extensions"]) == (before + 30, 0)
    assert "no more time" in agent.post("agents/agent1/wrap-up/extend", status=409)
    agent.post("agents/agent2/wrap-up/extend", status=403)


def test_a_colleague_has_a_name_and_nothing_else(agent: Program) -> None:
    assert agent.get("colleagues/agent2") == {"name": "agent2", "title": "Bartosz Lis"}
    agent.get("colleagues/nobody", 404)


def test_a_user_is_removed(service: FakeService, admin: Program, supervisor: Program) -> None:
    known = {user["name"]: user for user in admin.get("users")["users"]}
    assert (known["agent5"]["role"], known["agent5"]["active"]) == ("agent", True)
    supervisor.delete("users/agent5", 403)
    admin.delete("users/agent5")
    assert "agent5" not in {user["name"] for user in admin.get("users")["users"]}
    assert "agent5" not in service.phones_provisioned
    assert "there is no user" in admin.delete("users/agent5", 404)
    assert "last active admin" in admin.delete("users/admin", 422)
