"""Our commands as ARI requests. Pure: no socket, no clock.

Requests are kept as method, path and query, so that they go over a WebSocket (`frame`) or over
HTTP alike.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import quote

import msgspec

from switch.asterisk.codec import DIALLED

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

_encoder = msgspec.json.Encoder()


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


RECORDED = Request("GET", "recordings/stored")


def recording(name: str) -> Request:
    """Is it still going on?"""
    return Request("GET", f"recordings/live/{name}")


def record_bridge(bridge: str, name: str) -> Request:
    """Record all voices of a bridge into one WAV file, for as long as the bridge is there."""
    query = {"name": name, "format": "wav", "ifExists": "overwrite", "terminateOn": "none"}
    return Request("POST", _uri(f"bridges/{bridge}/record", query))


def silence_recording(name: str, *, silent: bool) -> Request:
    """Silence in the place of what is said: what follows keeps its time, as it would not if the
    recording were paused."""
    return Request("POST" if silent else "DELETE", f"recordings/live/{name}/mute")


def mute(channel: str, *, muted: bool) -> Request:
    """Whether what its party says goes anywhere. Twice is once."""
    return Request("POST" if muted else "DELETE", f"channels/{channel}/mute?direction=in")


def listen(channel: str, *, app: str, args: str, whisper: bool) -> Request:
    """Make a channel on which all is heard that `channel` says and hears; what is said on it is
    heard by `channel` alone, or by nobody."""
    query = {"spy": "both", "whisper": "out" if whisper else "none", "app": app, "appArgs": args}
    return Request("POST", _uri(f"channels/{channel}/snoop", query))


def detect(channel: str) -> Request:
    """Find out in the dialplan who answered; the channel comes back with what was found."""
    return Request("POST", f"channels/{channel}/continue?context=detect&extension=s&priority=1")


def start_music(channel: str, music: str) -> Request:
    return Request("POST", _uri(f"channels/{channel}/moh", {"mohClass": music}))


def stop_music(channel: str) -> Request:
    return Request("DELETE", f"channels/{channel}/moh")


def dial(
    channel: str,
    endpoint: str,
    *,
    app: str,
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
    body: dict[str, object] | None = {"variables": _ANSWER_BY_ITSELF} if auto_answer else None
    return Request("POST", _uri("channels", query), body)


#: Desk phones follow the one header or the other; our page reads the first.
_ANSWER_BY_ITSELF = {
    "PJSIP_HEADER(add,Call-Info)": "<sip:ringdesk>;answer-after=0",
    "PJSIP_HEADER(add,Alert-Info)": "<sip:ringdesk>;info=alert-autoanswer;delay=0",
}


def create_bridge(bridge: str, app: str) -> Request:
    """A bridge that tells of keys: without ``dtmf_events`` packets pass by it unseen."""
    return Request("POST", _uri(f"bridges/{bridge}", {"type": "mixing,dtmf_events", "name": app}))


def create_holding_bridge(bridge: str, app: str) -> Request:
    """A bridge whose members do not hear one another."""
    return Request("POST", _uri(f"bridges/{bridge}", {"type": "holding", "name": app}))


def add_to_bridge(bridge: str, channel: str) -> Request:
    return Request("POST", _uri(f"bridges/{bridge}/addChannel", {"channel": channel}))


def remove_from_bridge(bridge: str, channel: str) -> Request:
    return Request("POST", _uri(f"bridges/{bridge}/removeChannel", {"channel": channel}))


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


def caller_id(number: str, name: str) -> str:
    """``"name" <number>``, whatever stands in the two."""
    plain = "".join(c for c in name if c.isprintable() and c not in '"\\<>').strip()
    digits = "".join(c for c in number if c.isalnum() or c in "+*#.-_@")
    return f'"{plain}" <{digits}>' if plain else f"<{digits}>"
