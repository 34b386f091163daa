"""Webhooks and REST answers, as Twilio documents them and as they really come."""

from pathlib import Path

import pytest

from calls.base import EndCause
from switch.twilio import codec
from switch.twilio.codec import Call, Place, Reply
from switch.twilio.media import MediaShelf


def test_a_webhook_with_blank_and_unknown_parameters_is_read() -> None:
    hook = codec.hook(
        "voice",
        {"leg": "CA1", "d": "1.2", "new": "x"},
        {
            "CallSid": "CA1",
            "From": "",
            "FromCity": "",
            "RecordingDuration": "",
            "SequenceNumber": "oops",
            "StirVerstat": "TN-Validation-Passed-A",
        },
    )
    assert (hook.leg, hook.document, hook.sid, hook.caller) == ("CA1", "1.2", "CA1", "")
    assert hook.inbound


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("+48221230101", "+48221230101"),
        ("anonymous", ""),
        ("+266696687", ""),  # the same on a phone's keys
        ("+7378742833", ""),
        ("Restricted", ""),
        ("sip:1000@acme.sip.twilio.com", "1000"),
        ("client:bea", "client:bea"),
    ],
)
def test_addresses_are_numbers_where_they_can_be(address: str, number: str) -> None:
    assert codec.number_of(address) == number


@pytest.mark.parametrize(
    ("status", "sip", "to_client", "cause"),
    [
        ("busy", "", True, "declined"),
        ("busy", "486", True, "busy"),
        ("busy", "603", False, "declined"),
        ("busy", "", False, "busy"),
        ("no-answer", "", True, "no_answer"),
        ("failed", "404", True, "unreachable"),
        ("completed", "", False, "declined"),
    ],
)
def test_why_nobody_answered(status: str, sip: str, to_client: bool, cause: EndCause) -> None:
    found = codec.cause_of(status, sip, inbound=False, answered=False, to_client=to_client)
    assert found == cause
    answered = codec.cause_of(status, sip, inbound=False, answered=True, to_client=to_client)
    assert answered == "hangup"


@pytest.mark.parametrize(
    ("status", "body", "gone"),
    [
        (404, b"", True),
        (400, b'{"code": 21220, "message": "Call is not in-progress"}', True),
        (400, b'{"code": 21205, "message": "Invalid URL"}', False),
        (500, b"<html>", False),
    ],
)
def test_an_answer_that_says_that_the_call_is_gone(status: int, body: bytes, gone: bool) -> None:
    assert Reply(status, body).gone == gone
    assert str(status) in Reply(status, body).detail


def test_of_an_accounts_calls_only_ours_are_legs() -> None:
    ours, agents = {"+481"}, {"client:bea"}
    found = [
        Call("CA1", "in-progress", "inbound", "+489", "+481"),
        Call("CA2", "in-progress", "inbound", "+489", "+482"),
        Call("CA3", "ringing", "outbound-api", "+481", "client:bea"),
        Call("CA4", "in-progress", "outbound-api", "+481", "+489"),
        Call("CA5", "in-progress", "outbound-api", "+481", "client:bea"),
        Call("CA6", "in-progress", "inbound", None, "sip:1@x"),
    ]
    places = {"CA1": Place("b-1", "CA1"), "CA5": Place("b-1", "c-7"), "CA2": Place("b-9", "CA2")}
    legs = codec.live_legs("twilio", found, places, {"CA6": "twilio/CA6"}, ours, agents)
    assert {sid: (leg.leg, leg.up, leg.bridge) for sid, leg in legs.items()} == {
        "CA1": ("twilio/CA1", True, "twilio/b-1"),
        "CA3": ("twilio/CA3", False, None),
        "CA5": ("twilio/c-7", True, "twilio/b-1"),
        "CA6": ("twilio/CA6", True, None),
    }


# -- sounds --------------------------------------------------------------------------------------


def test_a_sound_is_found_at_its_address_and_nothing_else_is(tmp_path: Path) -> None:
    folder = tmp_path / "voices"
    (folder / "en").mkdir(parents=True)
    sound, other = folder / "en" / "a b.wav", tmp_path / "secret.wav"
    sound.write_bytes(b"RIFF")
    other.write_bytes(b"RIFF")
    shelf = MediaShelf("https://x.example", b"key", [tmp_path / "music", folder])
    address = shelf.url(sound)
    assert address.startswith("https://x.example/twilio/media/")
    signature = address.split("/")[5]
    assert shelf.file(signature, "1/en/a b.wav") == sound
    assert shelf.file(signature, "1/en/b.wav") is None
    assert shelf.file(signature, "1/../secret.wav") is None
    assert shelf.file("", "nonsense") is None
    assert MediaShelf("https://x.example", b"other", [folder]).file(signature, "0/a b.wav") is None
    with pytest.raises(ValueError, match="in no folder"):
        shelf.url(other)
