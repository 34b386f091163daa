"""What the pages of supervisors, administrators and the public show and change."""

import pytest
from flask.testing import FlaskClient

from engine import configuration
from engine.users import verify_password
from tests.web.fake_service import FakeService
from tests.web.panel import log_in


@pytest.fixture
def admin(client: FlaskClient) -> FlaskClient:
    """Logged in; sends the CSRF token with everything."""
    token = log_in(client, "admin")
    client.environ_base["HTTP_X_CSRFTOKEN"] = token
    return client


def test_the_front_door_leads_everybody_on(client: FlaskClient) -> None:
    assert "Call from this page" in client.get("/").text
    log_in(client, "supervisor")
    assert client.get("/").headers["Location"] == "/supervisor"
    assert client.get("/login").headers["Location"] == "/supervisor"


def test_the_public_phone(client: FlaskClient) -> None:
    assert "Call us" in client.get("/call").text
    answer = client.get("/call/phone")
    assert answer.get_json()["uri"] == "sip:caller-web@127.0.0.1"
    assert answer.headers["Cache-Control"] == "no-store"


def test_monitors_learn_what_is_missing(client: FlaskClient, service: FakeService) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").get_json() == {"ready": True, "database": True, "asterisk": True}
    service.ready["asterisk"] = False
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["asterisk"] is False
    assert "ringdesk_calls" in client.get("/metrics").text


def test_files_may_be_kept_because_their_address_changes(client: FlaskClient) -> None:
    page = client.get("/login").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "?v=" in address
    with client.get(address) as answer:
        assert "max-age=31536000" in answer.headers["Cache-Control"]


# --- users


def test_a_new_agent_has_a_phone_at_once(admin: FlaskClient, service: FakeService) -> None:
    form = {"name": "agent6", "title": "Ewa Lis", "role": "agent", "password": "a good password"}
    answer = admin.post("/admin/users/new", data=form)
    assert answer.headers["Location"] == "/admin/users/agent6"
    assert {"agent6", "agent6-web"} <= set(service.phones_provisioned)
    assert "agent6" in {agent.name for agent in service.live().agents}
    with service.database.session() as session:
        assert verify_password(session, "agent6", "a good password")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": "agent1"}, "exists already"),
        ({"name": "Agent 6"}, "small letter"),
        ({"password": "short"}, "at least 8"),
        ({"role": "king"}, "role"),
    ],
)
def test_an_unfit_user_is_not_added(
    admin: FlaskClient, fields: dict[str, str], complaint: str
) -> None:
    form = {"name": "agent6", "title": "Ewa", "role": "agent", "password": "a good password"}
    answer = admin.post("/admin/users/new", data=form | fields)
    assert answer.status_code == 422
    assert complaint in answer.text
    assert 'value="Ewa"' in answer.text, "what was typed is still there"


def test_an_agents_skills_and_queues_are_edited(admin: FlaskClient, service: FakeService) -> None:
    page = admin.get("/admin/users/agent1").text
    assert 'name="skill:lang:en" min="1" max="10" value="10"' in page
    form = {
        "title": "Alice W.",
        "role": "agent",
        "active": "on",
        "rona_limit": "2",
        "skill:lang:en": "9",
        "skill:support": "",
        "new_skill": "lang:de",
        "new_skill_level": "3",
        "queue:sales": "1",
        "queue:support": "",
    }
    answer = admin.post("/admin/users/agent1", data=form)
    assert answer.headers["Location"] == "/admin/users"
    with service.database.session() as session:
        agent = configuration.read(session).agents["agent1"]
    assert agent.skills == {"lang:en": 9, "lang:de": 3}
    assert agent.queues == {"sales": 1}
    assert (agent.title, agent.rona_limit) == ("Alice W.", 2)
    alice = next(one for one in service.live().agents if one.name == "agent1")
    assert alice.queues == {"sales": 1}, "the running center knows"


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"skill:support": "11"}, "1 to 10"),
        ({"skill:support": "much"}, "whole number"),
        ({"queue:support": "0"}, "1 to 99"),
        ({"queue:nowhere": "1"}, "no queue"),
        ({"rona_limit": ""}, "rona_limit"),
        ({"password": "short"}, "at least 8"),
    ],
)
def test_unfit_changes_leave_the_user_as_it_was(
    admin: FlaskClient, service: FakeService, fields: dict[str, str], complaint: str
) -> None:
    with service.database.session() as session:
        before = configuration.read(session).agents["agent1"]
    form = {"title": "Other", "role": "agent", "active": "on", "rona_limit": "1"}
    answer = admin.post("/admin/users/agent1", data=form | fields)
    assert answer.status_code == 422
    assert complaint in answer.text
    with service.database.session() as session:
        assert configuration.read(session).agents["agent1"] == before


def test_a_user_is_deactivated_and_loses_the_phone(
    admin: FlaskClient, service: FakeService
) -> None:
    admin.post("/admin/users/agent5", data={"title": "Taras", "role": "agent"})
    assert "agent5" not in service.phones_provisioned
    assert "inactive" in admin.get("/admin/users").text


def test_admins_do_not_lock_themselves_out(admin: FlaskClient) -> None:
    for form in ({"role": "agent", "active": "on"}, {"role": "admin"}):
        answer = admin.post("/admin/users/admin", data=form)
        assert answer.status_code == 422
        assert "your own rights" in answer.text


def test_unknown_names_are_404(admin: FlaskClient) -> None:
    for path in ("/admin/users/nobody", "/admin/queues/nowhere", "/supervisor/calls/never"):
        assert admin.get(path).status_code == 404
    assert admin.post("/admin/users/nobody", data={"role": "agent"}).status_code == 404


# --- queues

QUEUE = {
    "title": "Returns",
    "strategy": "best_skill",
    "offer_timeout": "12",
    "wrap_up": "0",
    "service_level": "30",
    "announce_every": "45",
    "priority": "0",
    "slope": "1,5",
    "music": "",
    "skill:support": "4",
}


def test_a_queue_is_added_and_edited(admin: FlaskClient, service: FakeService) -> None:
    answer = admin.post("/admin/queues/new", data=QUEUE | {"name": "returns"})
    assert answer.headers["Location"] == "/admin/queues"
    with service.database.session() as session:
        queue = configuration.read(session).queues["returns"]
    assert (queue.offer_timeout, queue.slope, queue.strategy) == (12.0, 1.5, "best_skill")
    assert queue.skills == {"support": 4}
    admin.post("/admin/queues/returns", data=QUEUE | {"title": "Goods back", "wrap_up": "5"})
    assert "Goods back" in admin.get("/admin/queues").text
    assert 'name="wrap_up" value="5"' in admin.get("/admin/queues/returns").text


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": "support"}, "already"),
        ({"name": ""}, "name"),
        ({"offer_timeout": "soon"}, "offer_timeout"),
        ({"offer_timeout": "nan"}, "offer_timeout"),
        ({"title": "Returns", "music": "a\rb"}, "music"),
        ({"name": "x" * 41}, "at most 40"),
        ({"new_skill": "x" * 41, "new_skill_level": "1"}, "at most 40"),
        ({"wrap_up": "-1"}, "wrap_up"),
        ({"strategy": "dice"}, "strategy"),
        ({"skill:support": "40"}, "1 to 10"),
    ],
)
def test_an_unfit_queue_is_not_added(
    admin: FlaskClient, fields: dict[str, str], complaint: str
) -> None:
    answer = admin.post("/admin/queues/new", data=QUEUE | {"name": "returns"} | fields)
    assert answer.status_code == 422
    assert complaint in answer.text
    assert 'value="Returns"' in answer.text


def test_a_queue_whose_form_is_not_whole_is_not_added(admin: FlaskClient) -> None:
    answer = admin.post("/admin/queues/new", data={"name": "returns"})
    assert answer.status_code == 422
    assert "offer_timeout" in answer.text


# --- calls


def test_a_supervisor_reads_what_happened(client: FlaskClient, service: FakeService) -> None:
    for number in range(51):
        service.record(f"c-{number}", 1_763_700_000.0 + number, name=f"Caller {number}")
    service.arrive("c-50")
    log_in(client, "supervisor")
    page = client.get("/supervisor/calls").text
    assert "Caller 50" in page
    assert "Caller 0<" not in page
    older = page.split('class="button" href="')[1].split('"')[0]
    assert "Caller 0<" in client.get(older).text
    story = client.get("/supervisor/calls/c-50").text
    assert "Caller 50" in story
    assert "Call from +48221230102 to 1000" in story
