"""The panel's part of a webhook: whatever happens behind it, Twilio gets what it can use."""

from collections.abc import Mapping

import msgspec
import pytest
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator

from calls.errors import EngineBusy
from tests.switch_twilio.grammar import faults
from tests.web.fake_service import FakeService
from tests.web.panel import demo_file, service
from web.app import create_app

__all__ = ["demo_file", "service"]

BASE, TOKEN = "https://calls.example.org", "the-token"


@pytest.fixture
def client(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A panel on Twilio, reached by a proxy that asks for a password."""
    service.settings = msgspec.structs.replace(
        service.settings,
        public_url=BASE.replace("//", "//name:password@"),
        twilio_auth_token=TOKEN,
    )
    monkeypatch.setattr(FakeService, "on_twilio", True)
    return create_app(service).test_client()


def answers(client: FlaskClient, path: str, **sent: str) -> tuple[int, str]:
    signature = RequestValidator(TOKEN).compute_signature(BASE + path, sent)
    response = client.post(path, data=sent, headers={"X-Twilio-Signature": signature})
    return response.status_code, response.text


@pytest.mark.parametrize("trouble", [EngineBusy("busy"), RuntimeError("a fault of ours")])
def test_a_fault_of_ours_lets_the_call_ask_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def fails(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(FakeService, "twilio_webhook", fails)
    status, text = answers(client, "/twilio/wait?leg=CA1&d=1.2", CallSid="CA1", Digits="")
    assert status == 200
    assert faults(text) == []
    assert "/twilio/wait?leg=CA1&amp;d=1.2</Redirect>" in text
    assert answers(client, "/twilio/status", CallSid="CA1", CallStatus="completed") == (204, "")


def test_what_is_sent_comes_through_as_it_is(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, dict[str, str], dict[str, str]]] = []

    def takes(_: FakeService, what: str, query: Mapping[str, str], sent: Mapping[str, str]) -> None:
        seen.append((what, dict(query), dict(sent)))

    monkeypatch.setattr(FakeService, "twilio_webhook", takes)
    sent = {"CallSid": "CA1", "FromCity": "", "FromState": "Łódź & co", "SomethingNew": "1"}
    assert answers(client, "/twilio/status?leg=c-1", **sent) == (204, "")
    assert seen == [("status", {"leg": "c-1"}, sent)]


def test_a_center_without_twilio_has_no_webhooks(service: FakeService) -> None:
    client = create_app(service).test_client()
    assert client.post("/twilio/voice", data={}).status_code in (400, 404)
