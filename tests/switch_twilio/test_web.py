"""The panel's part of a webhook: who may ask, and whatever happens behind it, Twilio gets what it
can use."""

import asyncio
import hashlib
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
import pytest
from starlette.applications import Starlette
from twilio.request_validator import RequestValidator

from calls.errors import InputInvalid
from tests.switch_twilio.grammar import faults
from tests.web.fake_service import FakeService
from tests.web.panel import demo_file, service
from web.asgi import create_asgi
from web.twilio import MOST

__all__ = ["demo_file", "service"]

BASE, TOKEN = "https://calls.example.org", "the-token"
FORM = "application/x-www-form-urlencoded"


class Panel:
    """A panel on Twilio, reached by a proxy that asks for a password."""

    def __init__(self, service: FakeService) -> None:
        service.settings = msgspec.structs.replace(
            service.settings,
            public_url=BASE.replace("//", "//name:password@"),
            twilio_auth_token=TOKEN,
        )
        self.app: Starlette = create_asgi(service)

    async def send(
        self, path: str, body: bytes, kind: str, signature: str | None, method: str = "POST"
    ) -> tuple[int, str, str]:
        """Status, type of content, body. The proxy has asked with its own host and port."""
        url = urlsplit(path)
        headers = {"host": "127.0.0.1:8080", "content-type": kind, "content-length": str(len(body))}
        if signature is not None:
            headers["x-twilio-signature"] = signature
        scope = {
            "type": "http", "method": method, "path": url.path, "raw_path": url.path.encode(),
            "query_string": url.query.encode(), "http_version": "1.1", "scheme": "http",
            "root_path": "", "server": ("127.0.0.1", 8080), "client": ("127.0.0.1", 1),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        said: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        await self.app(scope, receive, send)
        found = dict(said[0]["headers"])
        text = b"".join(message.get("body", b"") for message in said[1:]).decode()
        return said[0]["status"], found.get(b"content-type", b"").decode(), text

    async def ask(self, path: str, *, base: str = BASE, **sent: str) -> tuple[int, str]:
        """As Twilio does."""
        signature = RequestValidator(TOKEN).compute_signature(base + path, sent)
        status, _, text = await self.send(path, urlencode(sent).encode(), FORM, signature)
        return status, text


class Seen(list[tuple[str, dict[str, list[str]], dict[str, list[str]]]]):
    """What came through to the machine."""


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    seen = Seen()

    async def takes(_: FakeService, what: str, query: Any, sent: Any) -> str | None:
        if what == "nonsense":
            raise InputInvalid("there is no webhook 'nonsense'")
        seen.append((what, query.to_dict(flat=False), sent.to_dict(flat=False)))
        return "<Response/>" if what == "voice" else None

    monkeypatch.setattr(FakeService, "twilio_webhook", takes)
    return seen


@pytest.fixture
def panel(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> Panel:
    monkeypatch.setattr(FakeService, "on_twilio", True)
    return Panel(service)


@pytest.mark.parametrize("trouble", ["a fault of ours", "nobody decides"])
async def test_a_bad_moment_of_ours_lets_the_call_ask_again(
    panel: Panel, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    async def fails(*_: object) -> None:
        if trouble == "nobody decides":
            await asyncio.sleep(3600)
        raise RuntimeError(trouble)

    monkeypatch.setattr(FakeService, "twilio_webhook", fails)
    status, text = await panel.ask("/twilio/wait?leg=CA1&d=1.2", CallSid="CA1", Digits="")
    assert status == 200
    assert faults(text) == []
    assert f"{BASE}/twilio/wait?leg=CA1&amp;d=1.2</Redirect>" in text
    told = {"CallSid": "CA1", "CallStatus": "completed"}
    assert await panel.ask("/twilio/status", **told) == (204, "")


async def test_what_is_sent_comes_through_as_it_is(panel: Panel, seen: Seen) -> None:
    sent = {"CallSid": "CA1", "FromCity": "", "FromState": "Łódź & co", "SomethingNew": "1"}
    assert await panel.ask("/twilio/status?leg=c-1", **sent) == (204, "")
    assert seen == [("status", {"leg": ["c-1"]}, {name: [value] for name, value in sent.items()})]


async def test_documents_are_xml_and_nothing_else(panel: Panel, seen: Seen) -> None:
    signature = RequestValidator(TOKEN).compute_signature(f"{BASE}/twilio/voice", {"CallSid": "1"})
    status, kind, text = await panel.send("/twilio/voice", b"CallSid=1", FORM, signature)
    assert (status, kind.partition(";")[0], text) == (200, "text/xml", "<Response/>")


# -- signatures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signature", [None, "", "AAAA", "not base64 at all!", "łódź".encode().decode("latin-1")]
)
async def test_what_is_not_signed_is_refused(
    panel: Panel, seen: Seen, signature: str | None
) -> None:
    status, _, _ = await panel.send("/twilio/voice", b"CallSid=CA1", FORM, signature)
    assert status == 403
    assert not seen


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/twilio/voice?leg=CA2", b"CallSid=CA1"),
        ("/twilio/status?leg=CA1", b"CallSid=CA1"),
        ("/twilio/voice?leg=CA1", b"CallSid=CA2"),
        ("/twilio/voice?leg=CA1", b"CallSid=CA1&Digits=1"),
        ("/twilio/voice?leg=CA1", b""),
    ],
)
async def test_what_was_changed_after_it_was_signed_is_refused(
    panel: Panel, seen: Seen, path: str, body: bytes
) -> None:
    signature = RequestValidator(TOKEN).compute_signature(
        f"{BASE}/twilio/voice?leg=CA1", {"CallSid": "CA1"}
    )
    assert (await panel.send("/twilio/voice?leg=CA1", b"CallSid=CA1", FORM, signature))[0] == 200
    assert (await panel.send(path, body, FORM, signature))[0] == 403
    assert len(seen) == 1


@pytest.mark.parametrize("base", [BASE, f"{BASE}:443"])
async def test_the_usual_port_may_be_signed_or_not(panel: Panel, seen: Seen, base: str) -> None:
    assert (await panel.ask("/twilio/status?leg=a%2Fb", base=base, CallSid="CA1"))[0] == 204
    assert seen[0][1] == {"leg": ["a/b"]}


async def test_another_host_is_not_ours_whatever_the_request_says(panel: Panel, seen: Seen) -> None:
    assert (await panel.ask("/twilio/voice", base="http://127.0.0.1:8080", CallSid="1"))[0] == 403
    assert not seen


async def test_repeated_parameters_are_signed_each_once_and_in_order(
    panel: Panel, seen: Seen
) -> None:
    url = f"{BASE}/twilio/status"
    body = b"CallSid=CA1&Extra=b&Extra=a&Extra=b"
    signature = RequestValidator(TOKEN).compute_signature(url + "CallSidCA1ExtraaExtrab", {})
    assert (await panel.send("/twilio/status", body, FORM, signature))[0] == 204
    assert seen[0][2]["Extra"] == ["b", "a", "b"]


async def test_a_body_that_is_json_is_signed_by_its_hash(panel: Panel, seen: Seen) -> None:
    body = json.dumps({"CallSid": "CA1", "Digits": "1", "Nested": {"a": 1}, "Old": None}).encode()
    path = f"/twilio/status?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = RequestValidator(TOKEN).compute_signature(BASE + path, {})
    kind = "application/json"
    assert (await panel.send(path, body, kind, signature))[0] == 204
    assert seen[0][2] == {"CallSid": ["CA1"], "Digits": ["1"]}
    assert (await panel.send(path, body.replace(b"CA1", b"CA2"), kind, signature))[0] == 403
    bare = RequestValidator(TOKEN).compute_signature(f"{BASE}/twilio/status", {})
    assert (await panel.send("/twilio/status", body, kind, bare))[0] == 403
    assert len(seen) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"x"', b"\xff\xfe"])
async def test_json_that_says_nothing_is_no_fault(panel: Panel, seen: Seen, body: bytes) -> None:
    path = f"/twilio/status?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = RequestValidator(TOKEN).compute_signature(BASE + path, {})
    assert (await panel.send(path, body, "application/json", signature))[0] == 204
    assert seen[0][2] == {}


async def test_a_body_larger_than_any_webhook_is_not_read(panel: Panel, seen: Seen) -> None:
    status, _, _ = await panel.send("/twilio/voice", b"a=" + b"x" * MOST, FORM, "AAAA")
    assert status == 413
    assert not seen


async def test_what_is_no_webhook_is_not_found(panel: Panel, seen: Seen) -> None:
    assert (await panel.ask("/twilio/nonsense", CallSid="CA1"))[0] == 404
    status, _, _ = await panel.send("/twilio/voice", b"", FORM, None, method="GET")
    assert status in (404, 405)


async def test_a_center_without_twilio_has_no_webhooks(service: FakeService) -> None:
    status, _ = await Panel(service).ask("/twilio/voice", CallSid="CA1")
    assert status in (400, 404, 405)
