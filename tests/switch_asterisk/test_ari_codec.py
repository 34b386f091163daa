"""What a real Asterisk 22 said (one message a file in ``messages/``), and what we say to it."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from calls.events import LiveLeg
from calls.port import Phone
from switch.asterisk import codec, provisioning, requests
from switch.asterisk.codec import Channel, Event
from switch.asterisk.requests import Request

MESSAGES = Path(__file__).parent / "messages"


def recorded(name: str) -> str:
    return (MESSAGES / f"{name}.json").read_text()


def event(name: str) -> Event:
    return codec.decode_event(recorded(name))


def channel(name: str) -> Channel:
    found = event(name).channel
    assert found is not None
    return found


def query(request: Request) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(request.uri).query).items()}


# -- events


def test_an_arriving_caller() -> None:
    arrived = channel("stasis_start_arrived")
    assert event("stasis_start_arrived").type == "StasisStart"
    assert (arrived.caller.number, arrived.dialplan.exten, arrived.state) == (
        "500100200",
        "1000",
        "Ring",
    )
    assert event("stasis_start_arrived").args == ()
    assert codec.is_inbound(arrived)


def test_a_leg_that_we_dialled_rings_and_answers() -> None:
    assert channel("ringing").state == "Ringing"
    assert channel("ringing").id == channel("stasis_start_dialled").id == "c7f3-13"
    assert event("stasis_start_dialled").args == (codec.DIALLED,)
    assert not codec.is_inbound(channel("ringing"))
    assert not codec.is_inbound(channel("stasis_start_dialled"))


def test_a_key() -> None:
    assert event("dtmf").digit == "5"


@pytest.mark.parametrize(
    ("name", "state"), [("playback_done", "done"), ("playback_failed", "failed")]
)
def test_a_playback_ends(name: str, state: str) -> None:
    playback = event(name).playback
    assert playback is not None
    assert playback.state == state


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("destroyed_busy", "busy"),
        ("destroyed_declined", "declined"),
        ("destroyed_no_answer", "no_answer"),
        ("destroyed_480", "no_answer"),
        ("destroyed_404", "unreachable"),
    ],
)
def test_why_a_phone_was_not_answered(name: str, cause: str) -> None:
    ended = event(name)
    assert codec.unanswered(ended.cause, ended.tech_cause, rang=True) == cause


def test_a_phone_that_never_rang_in_time_is_unreachable() -> None:
    ended = event("destroyed_no_answer")
    assert codec.unanswered(ended.cause, ended.tech_cause, rang=False) == "unreachable"


@pytest.mark.parametrize("name", requests.EVENTS)
def test_every_event_asked_for_was_recorded(name: str) -> None:
    assert name in {event(file.stem).type for file in MESSAGES.glob("*.json") if _is_event(file)}


def _is_event(file: Path) -> bool:
    message = json.loads(file.read_text())
    return isinstance(message, dict) and "application" in message and "request_id" not in message


def test_an_event_that_we_do_not_know_is_read_without_complaint() -> None:
    assert codec.decode_event('{"type": "Weather", "channel": {"id": "1", "sun": true}}').args == ()


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        codec.decode_event("Bad Gateway")


# -- what is up


def test_the_legs_that_are_up_with_their_bridge() -> None:
    legs = codec.live_legs(
        "asterisk",
        msgspec.json.decode(recorded("application"), type=codec.Application),
        msgspec.json.decode(recorded("channels"), type=tuple[Channel, ...]),
        msgspec.json.decode(recorded("bridges"), type=tuple[codec.Bridge, ...]),
    )
    caller = channel("stasis_start_arrived").id
    assert sorted(legs, key=lambda leg: leg.inbound) == [
        LiveLeg(
            leg="asterisk/c7f3-13",
            inbound=False,
            up=True,
            caller="500100200",
            called="s",
            bridge="asterisk/b-c7f3-12",
        ),
        LiveLeg(
            leg=f"asterisk/{caller}",
            inbound=True,
            up=True,
            caller="500100200",
            called="1000",
            bridge="asterisk/b-c7f3-12",
        ),
    ]


def test_channels_of_others_are_not_ours() -> None:
    channels = msgspec.json.decode(recorded("channels"), type=tuple[Channel, ...])
    assert codec.live_legs("asterisk", codec.Application(), channels, ()) == ()


def test_a_ringing_leg_is_not_up_and_not_inbound() -> None:
    channels = msgspec.json.decode(recorded("channels_while_ringing"), type=tuple[Channel, ...])
    application = codec.Application(channel_ids=tuple(item.id for item in channels))
    legs = {leg.leg: leg for leg in codec.live_legs("a", application, channels, ())}
    assert (legs["a/c7f3-13"].inbound, legs["a/c7f3-13"].up) == (False, False)


# -- requests


def test_a_reply_over_the_websocket() -> None:
    response = codec.decode_response(recorded("pong"))
    assert response.type == "RESTResponse"
    assert response.request_id
    assert response.reply.ok


@pytest.mark.parametrize(
    ("name", "status", "detail"),
    [
        ("refused_duplicate", 409, "Channel with given unique ID already exists"),
        ("refused_unknown_endpoint", 409, "Channel with given unique ID already exists"),
        ("refused_gone", 404, "Channel not found"),
    ],
)
def test_a_refusal_says_why(name: str, status: int, detail: str) -> None:
    reply = codec.decode_response(recorded(name)).reply
    assert not reply.ok
    assert (reply.status, reply.detail) == (status, detail)


def test_a_refusal_without_json_still_says_something() -> None:
    assert codec.Reply(status=502, body="<html>").detail == "status 502"


def test_a_request_goes_over_a_websocket() -> None:
    request = requests.dial(
        "c-13", "PJSIP/anna", app="ringdesk", caller="1", name="", timeout=1, auto_answer=True
    )
    sent = json.loads(requests.frame("7", request))
    assert sent["type"] == "RESTRequest"
    assert sent["request_id"] == sent["transaction_id"] == "7"
    assert sent["method"] == "POST"
    assert "PJSIP_HEADER(add,Call-Info)" in json.loads(sent["message_body"])["variables"]


def test_dialling_gives_our_id_the_caller_and_whole_seconds() -> None:
    request = requests.dial(
        "c-13",
        "PJSIP/anna-web",
        app="ringdesk",
        caller="+48 500&x=1",
        name='Zoë "Zo" O\'Neil\r\n',
        timeout=14.2,
    )
    assert request.uri.startswith("channels?")
    assert query(request) == {
        "endpoint": "PJSIP/anna-web",
        "app": "ringdesk",
        "appArgs": "dialed",
        "channelId": "c-13",
        "callerId": '"Zoë Zo O\'Neil" <+48500x1>',
        "timeout": "15",
    }


def test_a_caller_without_a_name_shows_the_number() -> None:
    assert requests.caller_id("500100200", " ") == "<500100200>"


@pytest.mark.parametrize(
    ("reason", "code"),
    [("normal", "16"), ("busy", "17"), ("declined", "21"), ("answered_elsewhere", "26")],
)
def test_hanging_up_tells_the_phone_why(reason: str, code: str) -> None:
    assert query(requests.hang_up("c-13", reason)) == {"reason_code": code}


def test_several_sounds_are_played_by_one_request() -> None:
    request = requests.play("c-1", "c-1-prompt-1", ["/var/a b", "/var/c"])
    assert query(request) == {"media": "sound:/var/a b,sound:/var/c"}


# -- phones


def fields(request: Request) -> dict[str, str]:
    assert request.body is not None
    listed = msgspec.convert(request.body["fields"], list[dict[str, str]])
    return {field["attribute"]: field["value"] for field in listed}


def test_a_phone_is_made_of_auth_aor_and_endpoint_in_this_order() -> None:
    phone = Phone(name="anna", password="secret", browser=False)
    auth, aor, endpoint = provisioning.make(phone, "127.0.0.1")
    assert [r.uri.split("/")[-2:] for r in (auth, aor, endpoint)] == [
        ["auth", "anna"],
        ["aor", "anna"],
        ["endpoint", "anna"],
    ]
    assert fields(auth) == {"auth_type": "userpass", "username": "anna", "password": "secret"}
    assert fields(aor) == {
        "max_contacts": "1",
        "remove_existing": "yes",
        "qualify_frequency": "60",
    }
    assert fields(endpoint)["context"] == "inbound"
    assert "webrtc" not in fields(endpoint)


@pytest.mark.parametrize("name", ["anna", "anna-web"])
def test_a_browser_phone_is_webrtc_and_its_leg_dies_with_the_browser(name: str) -> None:
    _, aor, endpoint = provisioning.make(Phone(name=name, password="secret", browser=True), "")
    assert "qualify_frequency" not in fields(aor)
    assert endpoint.uri.endswith("/anna-web")
    made = fields(endpoint)
    assert made["webrtc"] == "yes"
    assert made["transport"] == "transport-ws"
    assert made["rtp_timeout"] == "5"
    assert "media_address" not in made


def test_a_phone_is_removed_endpoint_first() -> None:
    removed = provisioning.remove("anna")
    assert {request.method for request in removed} == {"DELETE"}
    assert [request.uri.split("/")[-2] for request in removed] == ["endpoint", "aor", "auth"]


def test_the_browser_rings_before_the_plain_phone() -> None:
    assert provisioning.endpoints_of("anna") == ("anna-web", "anna")
    assert {provisioning.agent_of(name) for name in ("anna", "anna-web")} == {"anna"}


# -- what is done to conversations


def channel_named(id_: str, name: str, app_name: str = "Stasis") -> Channel:
    return Channel(id=id_, name=name, state="Up", dialplan=codec.Dialplan(app_name=app_name))


def test_held_legs_are_in_their_bridge_and_who_only_listens_is_no_leg() -> None:
    channels = (
        channel_named("a", "PJSIP/a"),
        channel_named("b", "PJSIP/b"),
        channel_named("boss", "PJSIP/boss"),
        channel_named("spy", "Snoop/b-0001"),
        channel_named("foreign", "Snoop/x-0002"),
    )
    bridges = (
        codec.Bridge(id="b-1~7", name="ringdesk", channels=("b",)),
        codec.Bridge(id="b-1~7-held", name="ringdesk", channels=("a",)),
        codec.Bridge(id="boss-following", name="ringdesk", channels=("boss", "spy")),
    )
    ours = codec.Application(channel_ids=("a", "b", "boss", "spy"))
    found = codec.survey("asterisk", ours, channels, bridges)
    assert {leg.leg: leg.bridge for leg in found.legs} == {
        "asterisk/a": "asterisk/b-1",
        "asterisk/b": "asterisk/b-1",
        "asterisk/boss": None,
    }
    assert found.held == {"asterisk/a"}
    assert found.listening == ("spy",)


@pytest.mark.parametrize("newer_first", [False, True])
def test_a_channel_that_is_listed_twice_is_one_leg(newer_first: bool) -> None:
    seen = (Channel(id="a", name="PJSIP/a", state="Ringing"), channel_named("a", "PJSIP/a"))
    ours = codec.Application(channel_ids=("a",))
    bridges = (codec.Bridge(id="b-1", name="ringdesk", channels=("a",)),)
    [leg] = codec.survey("asterisk", ours, seen[::-1] if newer_first else seen, bridges).legs
    assert (leg.leg, leg.up, leg.bridge) == ("asterisk/a", True, "asterisk/b-1")


def test_who_answered_is_still_being_found_out() -> None:
    ours = codec.Application(channel_ids=("a",))
    [leg] = codec.live_legs("asterisk", ours, [channel_named("a", "PJSIP/a", "AMD")], ())
    assert (leg.up, leg.inbound) == (False, False)


@pytest.mark.parametrize(
    ("args", "by"),
    [
        (("dialed",), ""),
        (("dialed", "HUMAN", "HUMAN-800-800"), "person"),
        (("dialed", "MACHINE", "LONGGREETING-1500-1500"), "machine"),
        (("dialed", "MACHINE", "INITIALSILENCE-2500-2500"), ""),
        (("dialed", "NOTSURE", "TOOLONG-5000"), ""),
    ],
)
def test_who_answered(args: tuple[str, ...], by: str) -> None:
    assert codec.answered_by(args) == by


def test_only_a_whisper_is_heard_by_who_is_listened_to() -> None:
    heard = {
        whisper: query(requests.listen("b", app="ringdesk", args="x", whisper=whisper))["whisper"]
        for whisper in (False, True)
    }
    assert heard == {False: "none", True: "out"}
