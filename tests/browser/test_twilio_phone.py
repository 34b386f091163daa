"""The agent's page in a center on Twilio: Twilio's own client registers, by our token."""

import json
import re

import msgspec
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from twilio.jwt.access_token import AccessToken

from calls.views import BrowserPhone
from engine.twilio import TwilioPhones
from tests.browser.chromium import Panel, People
from tests.browser.test_agent_page import expect_state
from tests.web.fake_service import FakeService

SECRET = "the-secret-of-the-key-is-long-enough"


@pytest.fixture
def on_twilio(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> Panel:
    """The panel of a center whose agents register at Twilio."""
    settings = msgspec.structs.replace(
        panel.service.settings,
        twilio_account_sid="AC1",
        twilio_api_key_sid="SK1",
        twilio_api_key_secret=SECRET,
    )
    phones = TwilioPhones(settings, panel.service.database)
    monkeypatch.setattr(panel.service, "phone_of", phones.phone_of)
    return panel


class Signalling:
    """Twilio's end of the client's WebSocket, as far as registering goes."""

    def __init__(self, page: Page) -> None:
        self.tokens: list[str] = []
        self._route: WebSocketRoute | None = None
        page.route_web_socket(re.compile(r"wss://[^/]*twilio\.com/"), self._opened)

    def _opened(self, route: WebSocketRoute) -> None:
        self._route = route
        route.on_message(lambda message: self._said(route, str(message)))

    def _said(self, route: WebSocketRoute, message: str) -> None:
        if not message.strip():
            return  # a heartbeat
        said = json.loads(message)
        match said["type"]:
            case "listen":
                self.tokens.append(said["payload"]["token"])
                payload = {"region": "gll", "edge": "ashburn", "token": {"ttl": 3600}}
                route.send(json.dumps({"type": "connected", "payload": payload}))
            case "register":
                route.send(json.dumps({"type": "ready", "payload": {}}))

    def say(self, kind: str, **payload: object) -> None:
        assert self._route is not None
        self._route.send(json.dumps({"type": kind, "payload": payload}))


def test_the_page_registers_at_twilio_by_a_token_that_says_who_it_is(
    people: People, on_twilio: Panel
) -> None:
    page = people.log_in("agent1")
    twilio = Signalling(page)
    on_twilio.service.phone("agent1")
    page.get_by_role("button", name="Go online").click()
    expect_state(page, "Ready")
    claims = AccessToken.from_jwt(twilio.tokens[0], SECRET).payload
    assert claims["grants"] == {"identity": "agent1", "voice": {"incoming": {"allow": True}}}
    twilio.say("offline")
    expect(page.locator("#trouble")).to_contain_text("The phone is signed off")


def test_without_an_api_key_the_page_says_that_it_is_no_phone(
    people: People, panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_: FakeService, user: str) -> BrowserPhone:
        return BrowserPhone(uri=f"client:{user}", password="", websocket="")

    monkeypatch.setattr(FakeService, "phone_of", nobody)
    page = people.log_in("agent1")
    page.get_by_role("button", name="Go online").click()
    expect(page.locator("#trouble")).to_contain_text("no phones in the browser")
