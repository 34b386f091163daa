"""Recordings of calls: who may hear which, in ranges, and nothing else of the disk."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from calls.actions import RecordCall
from calls.facts import VoicemailLeft
from tests.web.fake_service import FakeService
from tests.web.panel import log_in
from tests.web.program import Program


@pytest.fixture
def folder(service: FakeService) -> Path:
    """Has the sound of each recording of call c-1: agent2 talked, and a message for sales."""
    folder = service.settings.home / "recordings"
    folder.mkdir()
    service.phone("agent2")
    service.arrive("c-1")
    service.enqueue("c-1")
    service.offer("c-1", "agent1")
    service.end_offer("agent1", "declined")
    service.offer("c-1", "agent2")
    service.connect("c-1")
    service.act(RecordCall(agent="agent2", do="start", by="agent2"))
    service.act(RecordCall(agent="agent2", do="stop", by="agent2"))
    service.happen(VoicemailLeft(call="c-1", recording="c-1.flow-3", seconds=2.0, queue="sales"))
    for name in ("c-1.talk-1", "c-1.flow-3", "other"):
        (folder / f"{name}.wav").write_bytes(name.encode() * 100)
    (service.settings.home / "secret.wav").write_bytes(b"secret")
    return folder


def ask(client: FlaskClient, address: str, **headers: str) -> Response:
    """The whole answer; the file behind it is closed."""
    with client.get(address, headers=headers, follow_redirects=True) as answer:
        answer.get_data()
        return answer


def names(found: dict[str, list[dict[str, object]]]) -> list[object]:
    return [one["recording"] for one in found["recordings"]]


def test_a_call_lists_what_was_recorded(folder: Path, supervisor: Program) -> None:
    talk, message = supervisor.get("calls/c-1/recordings")["recordings"]
    assert (talk["kind"], talk["agent"], talk["seconds"]) == ("conversation", "agent2", 7.0)
    assert talk["address"] == "/api/v1/calls/c-1/recordings/c-1.talk-1"
    assert (message["kind"], message["queue"], message["seconds"]) == ("voicemail", "sales", 2.0)
    (folder / "c-1.flow-3.wav").unlink()
    assert supervisor.get("calls/c-1/recordings")["recordings"][1]["address"] is None
    supervisor.get("calls/c-9/recordings", 404)


def test_what_is_still_recorded_has_no_length_and_no_sound(
    folder: Path, service: FakeService, supervisor: Program
) -> None:
    service.act(RecordCall(agent="agent2", do="start", by="agent2"))
    talk = supervisor.get("calls/c-1/recordings")["recordings"][0]
    assert (talk["seconds"], talk["address"]) == (None, None)


def test_agents_hear_their_own_talks_and_their_queues_messages(
    folder: Path, agent: Program, client: FlaskClient
) -> None:
    assert names(agent.get("calls/c-1/recordings")) == ["c-1.flow-3"], "it only rang at agent1"
    agent.get("calls/c-1/recordings/c-1.talk-1", 403)
    log_in(client, "agent2")
    found = names(client.get("/api/v1/calls/c-1/recordings").get_json())
    assert found == ["c-1.talk-1"]
    assert ask(client, "/api/v1/calls/c-1/recordings/c-1.flow-3").status_code == 403
    assert ask(client, "/api/v1/calls/c-1/recordings/c-1.talk-1").data == b"c-1.talk-1" * 100


def test_a_queues_agents_hear_its_messages(folder: Path, client: FlaskClient) -> None:
    log_in(client, "agent4")
    assert names(client.get("/api/v1/calls/c-1/recordings").get_json()) == ["c-1.flow-3"]
    assert ask(client, "/recordings/c-1.flow-3").status_code == 200
    assert ask(client, "/recordings/c-1.talk-1").status_code == 403
    assert ask(client, "/recordings/nothing").status_code == 404


def test_nobody_hears_anything(folder: Path, client: FlaskClient) -> None:
    assert client.get("/api/v1/calls/c-1/recordings/c-1.talk-1").status_code == 401
    assert client.get("/recordings/c-1.talk-1").headers["Location"].startswith("/login")


def test_a_player_asks_for_ranges(folder: Path, client: FlaskClient) -> None:
    log_in(client, "supervisor")
    address = "/api/v1/calls/c-1/recordings/c-1.talk-1"
    whole = ask(client, address)
    assert whole.content_type == "audio/wav"
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Cache-Control"] == "no-store"
    part = ask(client, address, Range="bytes=10-19")
    assert (part.status_code, part.data) == (206, b"c-1.talk-1")
    assert part.headers["Content-Range"] == "bytes 10-19/1000"
    assert ask(client, address, Range="bytes=5000-").status_code == 416


@pytest.mark.parametrize(
    "name", ["other", "../secret", "..%2Fsecret", "%2e%2e/secret", "..", ".", "c-1.talk-1.wav"]
)
def test_nothing_but_the_calls_recordings_is_served(
    folder: Path, client: FlaskClient, name: str
) -> None:
    log_in(client, "supervisor")
    answer = ask(client, f"/api/v1/calls/c-1/recordings/{name}")
    assert answer.status_code == 404, answer.data
