"""What the pages of supervisors, administrators and the public show and change."""

import re

import msgspec
import pytest
from flask.testing import FlaskClient

from calls.config import Number, Overflow, Queue, Relaxation
from calls.facts import RecordingStarted, VoicemailLeft
from calls.hours import Hours
from calls.views import BrowserPhone
from desk import tickets
from engine import configuration
from engine.users import verify_password
from tests.web.fake_service import FakeService
from tests.web.panel import log_in
from web.admin.queue_form import queue_of, shown


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


def test_where_no_page_can_call_it_says_what_to_do_instead(
    client: FlaskClient, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = BrowserPhone(uri="", password="", websocket="")
    monkeypatch.setattr(FakeService, "caller_phone", lambda _: nowhere)
    assert "exist only inside it" in client.get("/call").text
    monkeypatch.setattr(FakeService, "on_twilio", True)
    assert "one of the numbers of its Twilio account" in client.get("/call").text
    with service.database.session() as session:
        configuration.save_number(session, Number(number="+48221230100", flow="main"))
    assert 'href="tel:+48221230100"' in client.get("/call").text
    numbers = msgspec.structs.replace(service.settings, twilio_numbers=("+48221230777",))
    monkeypatch.setattr(service, "settings", numbers)
    page = client.get("/call").text
    assert "+48221230777" in page
    assert "+48221230100" not in page
    assert "sip:" not in page
    assert "How to call" in client.get("/").text


def test_a_call_page_plays_what_was_recorded(client: FlaskClient, service: FakeService) -> None:
    service.arrive("c-1")
    left = VoicemailLeft(call="c-1", recording="c-1.flow-3", seconds=12.0, queue="sales")
    service.happen(left, RecordingStarted(call="c-1", agent="agent1", recording="r-9"))
    log_in(client, "supervisor")
    page = client.get("/supervisor/calls/c-1").text
    assert "Message for sales" in page
    assert "The sound is not here." in page
    assert "is being recorded" in page
    folder = service.settings.home / "recordings"
    folder.mkdir()
    (folder / "c-1.flow-3.wav").write_bytes(b"RIFF")
    page = client.get("/supervisor/calls/c-1").text
    assert 'src="/api/v1/calls/c-1/recordings/c-1.flow-3"' in page
    assert page.count("<audio") == 1


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
        "auto_answer": "on",
        "capacity:chat": "3",
        "capacity:sms": "",
        "phone": "tel:+48221230199",
    }
    answer = admin.post("/admin/users/agent1", data=form)
    assert answer.headers["Location"] == "/admin/users"
    with service.database.session() as session:
        agent = configuration.read(session).agents["agent1"]
    assert agent.skills == {"lang:en": 9, "lang:de": 3}
    assert agent.queues == {"sales": 1}
    assert (agent.title, agent.rona_limit) == ("Alice W.", 2)
    assert (agent.auto_answer, agent.persistent, agent.capacity) == (True, False, {"chat": 3})
    assert agent.phone == "tel:+48221230199"
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
        ({"capacity:chat": "99"}, "capacity.chat"),
        ({"capacity:voice": "2"}, "capacity.voice"),
        ({"phone": "mum"}, "phone: &#39;mum&#39; is neither like tel:"),
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
    "service_level_variant": "standard",
    "announce_every": "45",
    "priority": "0",
    "vip_priority": "60",
    "slope": "1,5",
    "overdue": "300",
    "music": "",
    "skill:support": "4",
    "ring": "0",
    "ring_limit": "20",
    "limit": "0",
    "last_agent": "0",
    "last_agent_within": "7",
    "reconnect": "5",
    "wrap_up_extension": "30",
    "wrap_up_extensions": "3",
    "rest": "0",
    "callback_attempts": "3",
    "callback_retry": "2",
    "opening": "always",
}

#: As a browser sends rows that were added, moved and removed.
RULES = {
    "step:0:after": "60",
    "step:0:skill": ["support", "lang:pl"],
    "step:0:level": ["1", "0"],
    "step:0:ring": "",
    "step:new1:after": "120",
    "step:new1:skill": "",
    "step:new1:level": "",
    "step:new1:queue": ["support", "sales"],
    "step:new1:ring": "2",
    "rule:new2:when": "closed",
    "rule:new2:limit": "",
    "rule:new2:to": "flow:main.to_operator",
    "rule:new2:number": "",
    "rule:0:when": "waited",
    "rule:0:limit": "240",
    "rule:0:to": "queue:sales",
    "rule:0:number": "",
    "rule:1:when": "length",
    "rule:1:limit": "9",
    "rule:1:to": "number",
    "rule:1:number": "+48221230199",
    "opening": "limited",
    "day:mon": "09:00-12:30, 13:00-17:00",
    "day:tue": "",
    "zone": "Europe/Warsaw",
    "country": "PL",
    "date:0:day": "2026-12-24",
    "date:0:spans": "",
    "message:pl": "Dziękujemy.\n\nJeszcze chwila.",
    "message:en": "",
    "music:pl": "spokój",
    "announce_wait": "on",
    "wrap_up_manual": "on",
    "reconnect": "10",
    "last_agent_within": "1,5",
}


def test_all_rules_of_a_queue_are_edited(admin: FlaskClient, service: FakeService) -> None:
    answer = admin.post("/admin/queues/new", data=QUEUE | RULES | {"name": "returns"})
    assert answer.headers["Location"] == "/admin/queues", answer.text
    with service.database.session() as session:
        saved = configuration.read(session).queues["returns"]
    assert saved.relaxation == (
        Relaxation(after=60.0, skills={"support": 1, "lang:pl": 0}),
        Relaxation(after=120.0, queues=("support", "sales"), ring=2),
    )
    assert saved.overflow == (
        Overflow(when="closed", to="flow", target="main.to_operator"),
        Overflow(when="waited", limit=240.0, to="queue", target="sales"),
        Overflow(when="length", limit=9.0, to="number", target="+48221230199"),
    )
    assert saved.hours == Hours(
        zone="Europe/Warsaw",
        weekly={"mon": ("09:00-12:30", "13:00-17:00")},
        country="PL",
        exceptions={"2026-12-24": ()},
    )
    assert saved.messages == {"pl": ("Dziękujemy.", "Jeszcze chwila.")}
    assert saved.music_by_language == {"pl": "spokój"}
    assert (saved.announce_position, saved.announce_wait) == (False, True)
    assert saved.wrap_up_manual
    assert (saved.reconnect, saved.last_agent_within) == (600.0, 129600.0)
    # What the page shows is what was saved, field by field.
    page = admin.get("/admin/queues/returns").text
    assert queue_of(Queue(name="returns"), shown(saved, "UTC")) == saved
    for shown_there in ("240", "+48221230199", "09:00-12:30, 13:00-17:00", "Jeszcze chwila."):
        assert shown_there in page
    listed = admin.get("/admin/queues").text
    assert all(words in listed for words in ("opening hours", "2 relaxation", "3 overflow rules"))


@pytest.mark.parametrize(
    ("fields", "complaint", "group"),
    [
        ({"rule:0:to": "queue:nowhere"}, "overflow.2.target: there is no other", "overflow"),
        ({"rule:0:limit": "long"}, "overflow.2.limit: &#39;long&#39; is not a number", "overflow"),
        ({"rule:1:number": "mum"}, "overflow.3.target: &#39;mum&#39; is no number", "overflow"),
        ({"rule:1:when": "never"}, "overflow.3.when: invalid enum value", "overflow"),
        ({"step:0:after": ""}, "relaxation.1.after: &#39;&#39; is not a number", "relaxation"),
        ({"step:0:level": "a"}, "relaxation.1.skills.support: &#39;a&#39; is not", "relaxation"),
        ({"zone": "Mars"}, "hours.zone: &#39;Mars&#39; is no time zone", "hours"),
        ({"day:mon": "9 to 5"}, "hours.weekly.mon: &#39;9 to 5&#39; is no span", "hours"),
        ({"date:0:day": ""}, "", ""),
        ({"rest": "1e9"}, "rest: must be 0 to 3600 seconds", "after"),
        ({"ring_limit": "-1"}, "ring_limit: &#39;-1&#39; is not a whole number", "choosing"),
        ({"callback_attempts": "0"}, "callback_attempts: must be 1 to 20", "back"),
        ({"service_level_variant": "x"}, "service_level_variant: invalid enum", "level"),
    ],
)
def test_a_mistake_in_a_rule_is_named_where_it_is(
    admin: FlaskClient, fields: dict[str, str], complaint: str, group: str
) -> None:
    answer = admin.post("/admin/queues/new", data=QUEUE | RULES | {"name": "returns"} | fields)
    if not complaint:
        assert answer.status_code == 302, "an empty row of dates is nothing"
        return
    assert answer.status_code == 422
    assert complaint in answer.text
    assert re.search(rf'<details class="card fold" id="{group}" open>', answer.text)
    assert "Jeszcze chwila." in answer.text, "what was typed is still there"


def test_a_queue_that_is_still_needed_is_not_removed(
    admin: FlaskClient, service: FakeService
) -> None:
    page = admin.get("/admin/queues/sales/remove").text
    assert "flow main (node sales)" in page
    assert "Oksana Melnyk" in page
    assert admin.post("/admin/queues/sales/remove").status_code == 409
    admin.post("/admin/queues/new", data=QUEUE | {"name": "returns"})
    service.arrive("c-1")
    service.enqueue("c-1", "returns")
    answer = admin.post("/admin/queues/returns/remove")
    assert answer.status_code == 409
    assert "1 caller waits in it now" in answer.text
    service.end_call("c-1")
    assert admin.post("/admin/queues/returns/remove").headers["Location"] == "/admin/queues"
    with service.database.session() as session:
        assert list(configuration.read(session).queues) == ["sales", "support"]
    assert admin.get("/admin/queues/returns/remove").status_code == 404


def test_a_user_is_removed_with_what_hangs_on_them_named(
    admin: FlaskClient, service: FakeService
) -> None:
    with service.database.session() as session:
        tickets.create(session, "A screen", author="test", assignee="agent4")
    page = admin.get("/admin/users/agent4/remove").text
    assert "Queue sales then has 3 agents" in page
    assert "1 open ticket stays assigned to the name agent4" in page
    assert admin.post("/admin/users/agent4/remove").headers["Location"] == "/admin/users"
    assert "agent4" not in {agent.name for agent in service.live().agents}
    assert "agent4" not in service.phones_provisioned
    assert admin.post("/admin/users/agent4/remove").status_code == 404
    answer = admin.post("/admin/users/admin/remove")
    assert answer.status_code == 409
    assert "cannot remove yourself" in answer.text


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
        service.record(
            f"c-{number}",
            1_763_700_000.0 + number,
            name=f"Caller {number}",
            queue="support",
            virtual=number == 50,
        )
    service.arrive("c-50")
    log_in(client, "supervisor")
    page = client.get("/supervisor/calls").text
    assert "Caller 50" in page
    assert page.count("kept the place") == 1
    assert "Caller 0<" not in page
    older = page.split('class="button" href="')[1].split('"')[0]
    assert "Caller 0<" in client.get(older).text
    story = client.get("/supervisor/calls/c-50").text
    assert "Caller 50" in story
    assert "Call from +48221230102 to 1000" in story
