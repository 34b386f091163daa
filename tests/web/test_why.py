"""Why a call waited, for those who may know."""

from flask.testing import FlaskClient

from calls import facts
from calls.config import Agent, Queue
from tests.web.fake_service import FakeService
from tests.web.panel import log_in


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def story(service: FakeService) -> None:
    """A call that is offered to agent1 after a while."""
    queue = Queue(name="support", title="Support")
    agent = Agent(name="agent1", title="Bea Kowalska", queues={"support": 1})
    service.happen(
        facts.ConfigurationChanged(kind="queue", name="support", value=queue),
        facts.ConfigurationChanged(kind="agent", name="agent1", value=agent),
        at=1000.0,
    )
    service.arrive("c-1", ago=90)
    service.enqueue("c-1", ago=80)
    service.phone("agent1")
    service.state("agent1", "ready")
    service.offer("c-1", "agent1")


def test_a_supervisor_reads_why(
    service: FakeService, client: FlaskClient, tokens: dict[str, str]
) -> None:
    story(service)
    answer = client.get("/api/v1/calls/c-1/why", headers=bearer(tokens["supervisor"]))
    assert answer.status_code == 200
    told = answer.get_json()
    first, second, *_, last = told["reasons"]
    assert (told["call"], first["when"]) == ("c-1", "0:00")
    assert first["text"] == "queued for Support at place 1"
    assert second["text"] == "no agent of Support was signed in (Bea Kowalska)"
    assert (second["when"], second["kind"], second["agents"]) == (
        "0:00-1:20",
        "signed_out",
        ["agent1"],
    )
    assert last["text"].startswith("offered to Bea Kowalska")
    assert last["end"] is None


def test_an_agent_reads_why_of_their_own_calls_only(
    service: FakeService, client: FlaskClient, tokens: dict[str, str]
) -> None:
    story(service)
    service.arrive("c-2")
    service.enqueue("c-2")
    own, other = "/api/v1/calls/c-1/why", "/api/v1/calls/c-2/why"
    assert client.get(own, headers=bearer(tokens["agent"])).status_code == 200
    assert client.get(other, headers=bearer(tokens["agent"])).status_code == 403
    assert client.get(own).status_code == 401


def test_a_call_that_never_was_and_one_that_never_waited(
    service: FakeService, client: FlaskClient, tokens: dict[str, str]
) -> None:
    headers = bearer(tokens["supervisor"])
    assert client.get("/api/v1/calls/nothing/why", headers=headers).status_code == 404
    service.arrive("c-3")
    assert client.get("/api/v1/calls/c-3/why", headers=headers).get_json()["reasons"] == []


def test_the_page_of_a_call_tells_why(service: FakeService, client: FlaskClient) -> None:
    story(service)
    log_in(client, "supervisor")
    page = client.get("/supervisor/calls/c-1").text
    assert "no agent of Support was signed in (Bea Kowalska)" in page
    assert "0:00-1:20" in page
