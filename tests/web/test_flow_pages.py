"""The pages of flows: who sees and does what, escaping, prompts to listen to."""

import wave
from io import BytesIO
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from engine import configuration, flow_versions
from engine.flow_versions import FlowText, Seen
from tests.web.fake_service import FakeService
from tests.web.panel import log_in
from tests.web.test_flows_api import CHANGED, MAIN


@pytest.fixture
def admin(client: FlaskClient) -> FlaskClient:
    client.environ_base["HTTP_X_CSRFTOKEN"] = log_in(client, "admin")
    return client


@pytest.fixture
def changed(service: FakeService) -> FakeService:
    """Version 2 of the main menu is in use."""
    with service.database.session() as session:
        flow_versions.publish(
            session, "main", FlowText(CHANGED), Seen(1, 0.0), by="eve", comment="<b>Sales</b>"
        )
    return service


def back(service: FakeService) -> bool:
    with service.database.session() as session:
        return configuration.read(session).flows["main"].source == MAIN


def test_supervisors_see_flows_and_cannot_write(client: FlaskClient, changed: FakeService) -> None:
    client.environ_base["HTTP_X_CSRFTOKEN"] = log_in(client, "supervisor")
    assert "A new flow" not in client.get("/admin/flows").text
    page = client.get("/admin/flows/main").text
    assert "version 2, in use" in page
    assert "Roll back" not in page
    assert "3: sales" in client.get("/admin/flows/main/diff?before=1&after=2").text
    assert client.get("/admin/flows/main/write").status_code == 403
    form = {"version": "1", "seen_version": "2"}
    assert client.post("/admin/flows/main/rollback", data=form).status_code == 403
    assert client.post("/admin/flows", data={"name": "mine"}).status_code == 403


def test_a_way_back_is_one_click_and_says_who_finishes(
    admin: FlaskClient, changed: FakeService
) -> None:
    changed.arrive("c-1", version=2)
    form = {"version": "1", "seen_version": "2"}
    page = admin.post("/admin/flows/main/rollback", data=form, follow_redirects=True).text
    assert "Version 1 is back, as version 3. 1 caller finishes on an older one." in page
    assert "Back to version 1" in page
    assert back(changed)


def test_a_way_back_over_a_newer_version_is_refused(
    admin: FlaskClient, changed: FakeService
) -> None:
    form = {"version": "1", "seen_version": "1"}
    page = admin.post("/admin/flows/main/rollback", data=form, follow_redirects=True).text
    assert "Version 1 is not back: eve has published version 2 meanwhile" in page
    assert not back(changed)


def test_a_way_back_needs_the_page_s_token(client: FlaskClient, changed: FakeService) -> None:
    log_in(client, "admin")
    form = {"version": "1", "seen_version": "2"}
    assert client.post("/admin/flows/main/rollback", data=form).status_code == 400
    assert not back(changed)


def test_what_people_write_is_escaped(admin: FlaskClient, changed: FakeService) -> None:
    text = FlowText("</textarea><script>alert(1)</script>")
    with changed.database.session() as session:
        flow_versions.save_draft(session, "main", text, Seen(2, 0.0), "eve")
    for path in ("", "/write", "/diff?before=2&after=0"):
        page = admin.get(f"/admin/flows/main{path}").text
        assert "<script>alert" not in page
        assert "<b>Sales</b>" not in page
    assert "&lt;b&gt;Sales&lt;/b&gt;" in admin.get("/admin/flows/main").text


def test_an_older_draft_is_told(admin: FlaskClient, changed: FakeService) -> None:
    with changed.database.session() as session:
        flow_versions.save_draft(session, "main", FlowText(MAIN), Seen(2, 0.0), "eve")
        flow_versions.roll_back(session, "main", 1, newest=2, by="ann")
    page = admin.get("/admin/flows/main/write").text
    assert "begun from version 2; version 3 is in use" in page


def test_an_unfit_name_is_told(admin: FlaskClient) -> None:
    answer = admin.post("/admin/flows", data={"name": "Main Menu"})
    assert answer.status_code == 422
    assert "small letters" in answer.text
    assert 'value="Main Menu"' in answer.text


def test_flows_and_versions_that_are_not_there(admin: FlaskClient) -> None:
    for path in ("none", "none/write", "main?version=9", "main/diff?before=1&after=9"):
        assert admin.get(f"/admin/flows/{path}").status_code == 404, path


def test_a_prompt_is_heard_as_callers_hear_it(admin: FlaskClient) -> None:
    query = urlencode({"name": "main.new", "language": "en", "text": "Good evening."})
    with admin.get(f"/admin/flows/main/sound?{query}") as answer:
        assert answer.mimetype == "audio/wav"
        heard = answer.data
    with wave.open(BytesIO(heard)) as sound:
        assert sound.getframerate() == 8000
        assert sound.getnframes() > 4000
    assert admin.get("/admin/flows/main/sound?language=en&text=+").status_code == 422
    unknown = urlencode({"name": "x", "language": "xx", "text": "?"})
    assert admin.get(f"/admin/flows/main/sound?{unknown}").status_code == 404
