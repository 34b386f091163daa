"""Who may open what: log-in, roles, forged requests, wrong passwords, headers."""

import flask
import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from engine import users
from tests.web.fake_service import FakeService
from tests.web.panel import PASSWORD, csrf_of, log_in
from web.auth import Throttles

PEOPLE = {"agent": "agent1", "supervisor": "supervisor", "admin": "admin"}

#: Every page that needs a log-in, and who may open it.
PAGES = {
    "/agent": {"agent"},
    "/supervisor": {"supervisor", "admin"},
    "/supervisor/calls": {"supervisor", "admin"},
    "/admin/users": {"admin"},
    "/admin/users/new": {"admin"},
    "/admin/users/agent1": {"admin"},
    "/admin/queues": {"admin"},
    "/admin/queues/new": {"admin"},
    "/admin/queues/support": {"admin"},
    "/admin/queues/support/remove": {"admin"},
    "/admin/users/agent1/remove": {"admin"},
    "/admin/faults": {"supervisor", "admin"},
    "/admin/prompts": {"admin"},
    "/admin/prompts/en/main.menu/sound": {"admin"},
    "/admin/flows": {"supervisor", "admin"},
    "/admin/flows/main": {"supervisor", "admin"},
    "/admin/flows/main/write": {"admin"},
    "/admin/flows/main/diff?before=1&after=1": {"supervisor", "admin"},
}

#: Every operation of the API that reads, and who may use it.
READS = {
    "/api/v1/me": {"agent", "supervisor", "admin"},
    "/api/v1/live": {"supervisor", "admin"},
    "/api/v1/waiting": {"supervisor", "admin"},
    "/api/v1/queues": {"agent", "supervisor", "admin"},
    "/api/v1/agents": {"agent", "supervisor", "admin"},
    "/api/v1/agents/agent1/settings": {"agent", "supervisor", "admin"},
    "/api/v1/agents/agent2/settings": {"supervisor", "admin"},
    "/api/v1/queues/support/settings": {"supervisor", "admin"},
    "/api/v1/colleagues": {"agent", "supervisor", "admin"},
    "/api/v1/users": {"admin"},
    "/api/v1/colleagues/agent2": {"agent", "supervisor", "admin"},
    "/api/v1/calls": {"agent", "supervisor", "admin"},
    "/api/v1/tickets": {"agent", "supervisor", "admin"},
    "/api/v1/flows": {"supervisor", "admin"},
    "/api/v1/flows/main": {"supervisor", "admin"},
    "/api/v1/flows/main/versions/1": {"supervisor", "admin"},
    "/api/v1/flows/main/traffic": {"supervisor", "admin"},
    "/api/v1/tickets/1": {"agent", "supervisor", "admin"},
}


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_opens_its_pages_and_no_other(client: FlaskClient, role: str) -> None:
    log_in(client, PEOPLE[role])
    for path, roles in (PAGES | READS).items():
        answer = client.get(path)
        assert answer.status_code == (200 if role in roles else 403), (path, answer.text)


def test_the_address_of_the_welcome_leads_an_admin_in(client: FlaskClient) -> None:
    assert client.get("/admin").headers["Location"].startswith("/login")
    log_in(client, "admin")
    assert client.get("/admin", follow_redirects=True).request.path == "/admin/users"


def test_nobody_is_sent_to_the_log_in_and_back(client: FlaskClient) -> None:
    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login?next=")
    page = client.get("/supervisor/calls?before=12", follow_redirects=True).text
    form = {"name": "supervisor", "password": PASSWORD, "csrf_token": csrf_of(page)}
    answer = client.post("/login", data=form | {"next": "/supervisor/calls?before=12"})
    assert answer.headers["Location"] == "/supervisor/calls?before=12"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/agent\r\nSet-Cookie: a=b",
    ],
)
def test_the_log_in_leads_nowhere_else(client: FlaskClient, target: str) -> None:
    form = {
        "name": "agent1",
        "password": PASSWORD,
        "csrf_token": csrf_of(client.get("/login").text),
    }
    answer = client.post("/login", data=form | {"next": target})
    assert answer.headers["Location"] == "/agent"


def test_programs_without_a_good_token_get_a_problem(client: FlaskClient) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}):
        answer = client.get("/api/v1/queues", headers=headers)
        assert answer.status_code == 401
        assert answer.content_type == "application/problem+json"
        assert answer.get_json()["status"] == 401


@pytest.mark.parametrize("role", PEOPLE)
def test_tokens_have_the_rights_of_their_role(
    client: FlaskClient, tokens: dict[str, str], role: str
) -> None:
    headers = {"Authorization": f"Bearer {tokens[role]}"}
    for path, roles in READS.items():
        assert client.get(path, headers=headers).status_code == (200 if role in roles else 403)


def test_a_token_opens_no_page(client: FlaskClient, tokens: dict[str, str]) -> None:
    answer = client.get("/admin/users", headers={"Authorization": f"Bearer {tokens['admin']}"})
    assert answer.status_code == 302


def test_a_revoked_token_is_refused(
    client: FlaskClient, service: FakeService, tokens: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {tokens['admin']}"}
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    with service.database.session() as session:
        for token in users.list_tokens(session):
            users.revoke_token(session, token.id)
    assert client.get("/api/v1/me", headers=headers).status_code == 401


# --- forged requests


@pytest.mark.parametrize(
    "path",
    [
        "/login",
        "/logout",
        "/admin/users/new",
        "/admin/users/agent1/remove",
        "/admin/queues/support",
        "/admin/queues/support/remove",
    ],
)
def test_forms_from_elsewhere_are_refused(client: FlaskClient, path: str) -> None:
    log_in(client, "admin")
    for token in ("", "forged"):
        assert client.post(path, data={"csrf_token": token, "name": "x"}).status_code == 400
    assert client.get("/admin/users").status_code == 200, "still logged in"


def test_the_api_asks_a_session_for_the_csrf_token(
    client: FlaskClient, service: FakeService
) -> None:
    token = log_in(client, "agent1")
    body = {"state": "logged_out"}
    path = "/api/v1/agents/agent1/state"
    assert client.post(path, json=body).status_code == 400
    assert client.post(path, json=body, headers={"X-CSRFToken": "forged"}).status_code == 400
    assert service.acted == []
    assert client.post(path, json=body, headers={"X-CSRFToken": token}).status_code == 200


def test_another_sessions_csrf_token_does_not_do(app: flask.Flask) -> None:
    mine, other = app.test_client(), app.test_client()
    log_in(mine, "agent1")
    token = log_in(other, "agent2")
    answer = mine.post("/logout", data={"csrf_token": token})
    assert answer.status_code == 400


def test_a_forged_session_is_nobody(client: FlaskClient, app: flask.Flask) -> None:
    forged = URLSafeTimedSerializer("guessed", salt="cookie-session").dumps({"user": "admin"})
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], forged)
    assert client.get("/admin/users").status_code == 302


def test_a_new_password_ends_the_sessions(client: FlaskClient, service: FakeService) -> None:
    log_in(client, "agent1")
    with service.database.session() as session:
        users.set_password(session, "agent1", "another password")
    assert client.get("/agent").status_code == 302


def test_a_deactivated_user_is_out_at_once(client: FlaskClient, service: FakeService) -> None:
    log_in(client, "agent1")
    with service.database.session() as session:
        users.change_user(session, "agent1", active=False)
    assert client.get("/api/v1/me").status_code == 401


def test_logging_out_ends_the_session(client: FlaskClient) -> None:
    token = log_in(client, "agent1")
    client.post("/logout", data={"csrf_token": token})
    assert client.get("/agent").status_code == 302


# --- wrong passwords


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_wrong_passwords_are_told_and_limited(app: flask.Flask, client: FlaskClient) -> None:
    clock = Clock()
    app.extensions["throttles"] = Throttles(clock)
    form = {"csrf_token": csrf_of(client.get("/login").text)}

    def attempt(name: str, password: str) -> int:
        return client.post("/login", data=form | {"name": name, "password": password}).status_code

    page = client.post("/login", data=form | {"name": "agent1", "password": "wrong"})
    assert page.status_code == 401
    assert "Wrong name or password" in page.text
    assert [attempt("agent1", "wrong") for _ in range(5)] == [401] * 4 + [429]
    locked = client.post("/login", data=form | {"name": "agent1", "password": PASSWORD})
    assert locked.status_code == 429, "not even the right one"
    assert int(locked.headers["Retry-After"]) > 200
    assert "5 minutes" in locked.text
    assert attempt("agent2", "wrong") == 401, "others may still try"
    clock.now += 301
    assert attempt("agent1", PASSWORD) == 302


def test_an_unknown_name_is_told_as_a_wrong_password(client: FlaskClient) -> None:
    form = {"csrf_token": csrf_of(client.get("/login").text), "password": PASSWORD}
    answers = [client.post("/login", data=form | {"name": n}).text for n in ("nobody", "agent1x")]
    assert all("Wrong name or password" in text for text in answers)


# --- malformed requests


def test_no_text_holds_nul(client: FlaskClient, service: FakeService) -> None:
    """PostgreSQL cannot keep it: a note with one would be an error for ever."""
    assert client.get("/login?next=%00").status_code == 400
    form = {"name": "a\0", "password": "x", "csrf_token": csrf_of(client.get("/login").text)}
    assert client.post("/login", data=form).status_code == 400
    headers = {"X-CSRFToken": log_in(client, "agent1")}
    assert client.get("/api/v1/calls/%00").status_code == 400
    assert client.get("/api/v1/tickets?q=%00").status_code == 400
    answer = client.post("/api/v1/agents/agent1/wrap-up", json={"note": "a\0"}, headers=headers)
    assert answer.status_code == 422
    assert "`$.note`" in answer.get_json()["detail"]
    assert service.acted == []


# --- headers and escaping


def test_pages_allow_no_foreign_scripts(client: FlaskClient, service: FakeService) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    websocket = f"ws://127.0.0.1:{service.settings.asterisk_http_port}"
    assert websocket not in policy
    assert websocket in client.get("/call").headers["Content-Security-Policy"]


def test_the_session_cookie_is_out_of_reach(client: FlaskClient) -> None:
    form = {"name": "admin", "password": PASSWORD, "csrf_token": csrf_of(client.get("/login").text)}
    cookie = client.post("/login", data=form).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_what_somebody_saw_is_not_kept(client: FlaskClient) -> None:
    log_in(client, "admin")
    assert client.get("/admin/users").headers["Cache-Control"] == "no-store"
    assert client.get("/api/v1/live").headers["Cache-Control"] == "no-store"


def test_names_are_text_not_markup(client: FlaskClient, service: FakeService) -> None:
    evil = '<script>alert("x")</script>'
    with service.database.session() as session:
        users.change_user(session, "agent1", title=evil)
    service.record("c-evil", 1_763_700_000.0, name=evil, note=evil)
    log_in(client, "admin")
    for path in ("/admin/users", "/admin/users/agent1", "/supervisor/calls"):
        text = client.get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


def test_troubles_are_pages_without_traceback(
    client: FlaskClient, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/nowhere").status_code == 404
    assert "Not Found" in client.get("/nowhere").text
    log_in(client, "supervisor")

    def broken() -> None:
        raise RuntimeError("the inside of the engine")

    monkeypatch.setattr(service, "live", broken)
    answer = client.get("/api/v1/live")
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert "inside" not in answer.text
