"""ARI's JSON to our words and our commands to ARI requests. Pure: no socket, no clock.

What ARI says was recorded from a real Asterisk into ``tests/switch_asterisk/messages/``.
Requests are kept as method, path and query, so that they go over a WebSocket (`frame`) or over
HTTP alike.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from urllib.parse import quote

import msgspec

from calls.base import EndCause
from calls.events import LiveLeg

__all__ = [
    "DIALLED",
    "Application",
    "Bridge",
    "Channel",
    "Endpoint",
    "Event",
    "Reply",
    "Request",
]

#: The Stasis argument of channels that we dialled ourselves.
DIALLED = "dialed"

#: The events that the driver reads; Asterisk is told to send no others.
EVENTS = (
    "ApplicationReplaced",
    "ChannelDestroyed",
    "ChannelDtmfReceived",
    "ChannelHangupRequest",
    "ChannelStateChange",
    "PlaybackFinished",
    "RecordingFailed",
    "RecordingFinished",
    "RecordingStarted",
    "StasisEnd",
    "StasisStart",
)


# --- what ARI says


class Party(msgspec.Struct, frozen=True):
    """A caller id."""

    number: str = ""
    name: str = ""


class Dialplan(msgspec.Struct, frozen=True):
    """Where a channel is in the dialplan; `app_data` are the arguments of its application."""

    exten: str = ""
    app_name: str = ""
    app_data: str = ""


class Channel(msgspec.Struct, frozen=True):
    """A channel; `state` is ``Down``, ``Ring`` (arrived), ``Ringing`` (dialled), ``Up``."""

    id: str
    state: str = ""
    caller: Party = Party()
    dialplan: Dialplan = Dialplan()


class Bridge(msgspec.Struct, frozen=True):
    """A bridge; `channels` are the ids of its members. Ours have our application as `name`."""

    id: str
    name: str = ""
    channels: tuple[str, ...] = ()


class Playback(msgspec.Struct, frozen=True):
    """`state` is ``done`` after a natural end or a stop, ``failed`` if the file was not there."""

    id: str
    state: str = ""


class LiveRecording(msgspec.Struct, frozen=True):
    """A recording that has begun or is over."""

    name: str


class Endpoint(msgspec.Struct, frozen=True):
    """A provisioned phone; `state` is ``online`` while it has a contact."""

    resource: str
    state: str = ""


class Application(msgspec.Struct, frozen=True):
    """Our Stasis application; `channel_ids` are the channels that it controls."""

    channel_ids: tuple[str, ...] = ()


class Event(msgspec.Struct, frozen=True):
    """Any event of ARI, as far as we read it; what one kind does not carry is left default.

    `cause` is a Q.850 code, `tech_cause` a SIP status; both of ``ChannelDestroyed``.
    """

    type: str
    channel: Channel | None = None
    playback: Playback | None = None
    recording: LiveRecording | None = None
    args: tuple[str, ...] = ()
    digit: str = ""
    cause: int = 0
    tech_cause: int = 0


class Reply(msgspec.Struct, frozen=True):
    """The answer to a request: an HTTP status and a body."""

    status: int
    body: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def detail(self) -> str:
        """What ARI says about it, for people."""
        try:
            error = msgspec.json.decode(self.body, type=_Complaint)
        except msgspec.DecodeError:
            return f"status {self.status}"
        return error.message or error.error or f"status {self.status}"


class _Complaint(msgspec.Struct, frozen=True):
    message: str = ""
    error: str = ""


class RestResponse(msgspec.Struct, frozen=True):
    """How a reply comes over a WebSocket."""

    type: str
    request_id: str = ""
    status_code: int = 0
    message_body: str = ""

    @property
    def reply(self) -> Reply:
        return Reply(status=self.status_code, body=self.message_body)


_event_decoder = msgspec.json.Decoder(Event)
_response_decoder = msgspec.json.Decoder(RestResponse)
_encoder = msgspec.json.Encoder()


def decode_event(data: str | bytes) -> Event:
    """One message of the event socket. Raises `msgspec.DecodeError`."""
    return _event_decoder.decode(data)


def decode_response(data: str | bytes) -> RestResponse:
    """One message of a request socket. Raises `msgspec.DecodeError`."""
    return _response_decoder.decode(data)


# --- what we ask of ARI


class Request(msgspec.Struct, frozen=True):
    """One request; `uri` is the path below ``/ari/`` with its query, escaped."""

    method: str
    uri: str
    body: dict[str, object] | None = None


class _Frame(msgspec.Struct, omit_defaults=True, tag_field="type", tag="RESTRequest"):
    transaction_id: str
    request_id: str
    method: str
    uri: str
    content_type: str = ""
    message_body: str = ""


def frame(request_id: str, request: Request) -> bytes:
    """A request as it goes over a WebSocket."""
    content_type = body = ""
    if request.body is not None:
        content_type, body = "application/json", _encoder.encode(request.body).decode()
    return _encoder.encode(
        _Frame(request_id, request_id, request.method, request.uri, content_type, body)
    )


def _uri(path: str, query: Mapping[str, str]) -> str:
    return path + "?" + "&".join(f"{key}={_quoted(value)}" for key, value in query.items())


@lru_cache(maxsize=8192)
def _quoted(value: str) -> str:
    return quote(value, safe="/:")


def _whole(seconds: float) -> str:
    """Asterisk takes whole seconds: rounded up, at least one."""
    return str(max(1, math.ceil(seconds)))


def answer(channel: str) -> Request:
    return Request("POST", f"channels/{channel}/answer")


def hang_up(channel: str, reason: str) -> Request:
    """`reason` is one of `calls.commands.Hangup`'s."""
    return Request("DELETE", f"channels/{channel}?reason_code={_HANGUP_CODES[reason]}")


_HANGUP_CODES = {"normal": 16, "busy": 17, "declined": 21, "answered_elsewhere": 26}


def look_up(channel: str) -> Request:
    return Request("GET", f"channels/{channel}")


def play(channel: str, playback: str, sounds: Sequence[str]) -> Request:
    """Play WAV files one after the other; `sounds` are absolute paths without suffix."""
    media = ",".join(f"sound:{sound}" for sound in sounds)
    return Request("POST", _uri(f"channels/{channel}/play/{playback}", {"media": media}))


def stop_playback(playback: str) -> Request:
    return Request("DELETE", f"playbacks/{playback}")


def beep(channel: str) -> Request:
    """A short tone for this channel alone, also in a bridge."""
    return Request("POST", _uri(f"channels/{channel}/play", {"media": "sound:beep"}))


def record(channel: str, name: str, *, longest: float, silence: float) -> Request:
    """Record into a WAV file until silence; times (seconds) are rounded up to whole ones.

    Keys do not end it: Asterisk knows one terminator only. Its own tone before a recording would
    swallow a stop that comes meanwhile.
    """
    query = {
        "name": name,
        "format": "wav",
        "maxDurationSeconds": _whole(longest),
        "maxSilenceSeconds": _whole(silence),
        "ifExists": "overwrite",
        "terminateOn": "none",
    }
    return Request("POST", _uri(f"channels/{channel}/record", query))


def stop_recording(name: str) -> Request:
    return Request("POST", f"recordings/live/{name}/stop")


def discard_recording(name: str) -> Request:
    """End one that runs and keep nothing of it."""
    return Request("DELETE", f"recordings/live/{name}")


def recorded(name: str) -> Request:
    """The WAV file of one that is over."""
    return Request("GET", f"recordings/stored/{name}/file")


def remove_recorded(name: str) -> Request:
    return Request("DELETE", f"recordings/stored/{name}")


def start_music(channel: str, music: str) -> Request:
    return Request("POST", _uri(f"channels/{channel}/moh", {"mohClass": music}))


def stop_music(channel: str) -> Request:
    return Request("DELETE", f"channels/{channel}/moh")


def dial(
    channel: str,
    endpoint: str,
    *,
    app: str,
    call: str,
    caller: str,
    name: str,
    timeout: float,
    auto_answer: bool = False,
) -> Request:
    """Ring an endpoint; the channel enters our application when it is answered.

    `timeout` (seconds) is rounded up: Asterisk takes whole ones.
    """
    query = {
        "endpoint": endpoint,
        "app": app,
        "appArgs": DIALLED,
        "channelId": channel,
        "callerId": caller_id(caller, name),
        "timeout": _whole(timeout),
    }
    variables = {"RINGDESK": call, **(_ANSWER_BY_ITSELF if auto_answer else {})}
    return Request("POST", _uri("channels", query), {"variables": variables})


#: Desk phones follow the one header or the other; our page reads the first.
_ANSWER_BY_ITSELF = {
    "PJSIP_HEADER(add,Call-Info)": "<sip:ringdesk>;answer-after=0",
    "PJSIP_HEADER(add,Alert-Info)": "<sip:ringdesk>;info=alert-autoanswer;delay=0",
}


def create_bridge(bridge: str, app: str) -> Request:
    """A bridge that tells of keys: without ``dtmf_events`` packets pass by it unseen."""
    return Request("POST", _uri(f"bridges/{bridge}", {"type": "mixing,dtmf_events", "name": app}))


def add_to_bridge(bridge: str, channel: str) -> Request:
    return Request("POST", _uri(f"bridges/{bridge}/addChannel", {"channel": channel}))


def remove_bridge(bridge: str) -> Request:
    return Request("DELETE", f"bridges/{bridge}")


def event_filter(app: str) -> Request:
    """Send no events but those that are read here: a call makes 55 otherwise."""
    allowed = [{"type": kind} for kind in EVENTS]
    return Request("PUT", f"applications/{app}/eventFilter", {"allowed": allowed})


PING = Request("GET", "asterisk/ping")
CHANNELS = Request("GET", "channels")
BRIDGES = Request("GET", "bridges")
ENDPOINTS = Request("GET", "endpoints/PJSIP")


def application(app: str) -> Request:
    return Request("GET", f"applications/{app}")


# --- the meaning of it


def caller_id(number: str, name: str) -> str:
    """``"name" <number>``, whatever stands in the two."""
    plain = "".join(c for c in name if c.isprintable() and c not in '"\\<>').strip()
    digits = "".join(c for c in number if c.isalnum() or c in "+*#.-_@")
    return f'"{plain}" <{digits}>' if plain else f"<{digits}>"


def unanswered(cause: int, tech_cause: int, *, rang: bool) -> EndCause:
    """Why a leg that we dialled ended before it was answered.

    `cause` is Asterisk's (Q.850); `tech_cause` is the SIP status, 0 where there is none. A phone
    that never rang within the time allowed could not be reached.
    """
    match cause:
        case 17:
            return "busy"
        case 21:
            return "declined"
        case 16 | 19 if rang:
            return "no_answer"
        case 1 | 3 | 16 | 18 | 19 | 20 | 27 | 34 | 38 | 41 | 44:
            return "unreachable"
        case _ if tech_cause in (404, 408, 410, 503):
            return "unreachable"
        case _:
            return "failed"


def live_legs(
    switch: str, application: Application, channels: Iterable[Channel], bridges: Iterable[Bridge]
) -> tuple[LiveLeg, ...]:
    """The legs that are up: the channels of our application, with the bridges they are in."""
    ours = set(application.channel_ids)
    inside = {member: bridge.id for bridge in bridges for member in bridge.channels}
    return tuple(
        LiveLeg(
            leg=f"{switch}/{channel.id}",
            inbound=is_inbound(channel),
            up=channel.state == "Up",
            caller=channel.caller.number,
            called=channel.dialplan.exten,
            bridge=f"{switch}/{inside[channel.id]}" if channel.id in inside else None,
        )
        for channel in channels
        if channel.id in ours
    )


def is_inbound(channel: Channel) -> bool:
    """A channel arrived through the dialplan; those that we dialled show it in its place."""
    plan = channel.dialplan
    return plan.app_name == "Stasis" and DIALLED not in plan.app_data.split(",")
