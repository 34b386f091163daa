"""ARI's JSON to our words. Pure: no socket, no clock.

What ARI says was recorded from a real Asterisk into ``tests/switch_asterisk/messages/``.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from calls.base import EndCause, LegId
from calls.events import LiveLeg

__all__ = [
    "DIALLED",
    "Application",
    "Bridge",
    "Channel",
    "Endpoint",
    "Event",
    "Reply",
]

#: The Stasis argument of channels that we dialled ourselves.
DIALLED = "dialed"
#: The Stasis argument of channels that let a supervisor listen.
LISTENING = "listening"

#: Where the held legs of a bridge are, and where a leg that supervises is: bridges of their own,
#: whose ids end so.
HELD, FOLLOWING = "-held", "-following"
#: Between the name of a bridge and the number of its making: each has an id of its own, because
#: Asterisk may still be at the removal of the one before when it has said that it is done.
MAKING = "~"

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
    """A channel; `state` is ``Down``, ``Ring`` (arrived), ``Ringing`` (dialled), ``Up``.

    `name` is Asterisk's own and begins with what drives it: ``PJSIP/...``, ``Snoop/...``.
    """

    id: str
    name: str = ""
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


class Recording(msgspec.Struct, frozen=True):
    """A recording that has begun or is over, or whose file Asterisk still has."""

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
    recording: Recording | None = None
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


def decode_event(data: str | bytes) -> Event:
    """One message of the event socket. Raises `msgspec.DecodeError`."""
    return _event_decoder.decode(data)


def decode_response(data: str | bytes) -> RestResponse:
    """One message of a request socket. Raises `msgspec.DecodeError`."""
    return _response_decoder.decode(data)


# --- the meaning of it


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
    """The legs that are up: the channels of our application, with the bridges they are in.

    A held leg is in the bridge that it is held for, one that supervises is in none. Who or what
    answered is being found out: that leg is not up yet.
    """
    ours = set(application.channel_ids)
    inside = {
        member: making_of(bridge.id)[0]
        for bridge in bridges
        if not bridge.id.endswith(FOLLOWING)
        for member in bridge.channels
    }
    return tuple(
        LiveLeg(
            leg=f"{switch}/{channel.id}",
            inbound=is_inbound(channel),
            up=channel.state == "Up" and channel.dialplan.app_name != "AMD",
            caller=channel.caller.number,
            called=channel.dialplan.exten,
            bridge=f"{switch}/{inside[channel.id]}" if channel.id in inside else None,
        )
        for channel in channels
        if channel.id in ours and not is_listening(channel)
    )


def making_of(bridge: str) -> tuple[str, int]:
    """The name of a bridge, or of that whose held legs are in it, and the number of its making."""
    name, _, number = bridge.removesuffix(HELD).partition(MAKING)
    return name, int(number) if number.isdecimal() else 0


def is_listening(channel: Channel) -> bool:
    """It is no party's: a supervisor listens through it."""
    return channel.name.startswith("Snoop/")


def answered_by(args: Sequence[str]) -> Literal["", "person", "machine"]:
    """What a channel brings back from the dialplan: AMDSTATUS and AMDCAUSE. Who says nothing at
    all may well be a person who waits for us to speak."""
    match args:
        case [_, "HUMAN", *_]:
            return "person"
        case [_, "MACHINE", cause] if not cause.startswith("INITIALSILENCE"):
            return "machine"
        case _:
            return ""


class Survey(msgspec.Struct, frozen=True):
    """What Asterisk has of ours: the legs, which of them are held, the bridges, and the channels
    through which supervisors listen."""

    legs: tuple[LiveLeg, ...]
    held: frozenset[LegId]
    bridges: tuple[Bridge, ...]
    listening: tuple[str, ...]


def survey(
    switch: str,
    application: Application,
    channels: tuple[Channel, ...],
    bridges: tuple[Bridge, ...],
) -> Survey:
    channels = _once(channels)
    held = (bridge.channels for bridge in bridges if bridge.id.endswith(HELD))
    ours = set(application.channel_ids)
    return Survey(
        legs=live_legs(switch, application, channels, bridges),
        held=frozenset(f"{switch}/{channel}" for members in held for channel in members),
        bridges=bridges,
        listening=tuple(one.id for one in channels if is_listening(one) and one.id in ours),
    )


def _once(channels: Iterable[Channel]) -> tuple[Channel, ...]:
    """A channel that changes while Asterisk lists it may come twice; who was up stays up."""
    found: dict[str, Channel] = {}
    for channel in channels:
        if channel.id not in found or found[channel.id].state != "Up":
            found[channel.id] = channel
    return tuple(found.values())


def is_inbound(channel: Channel) -> bool:
    """A channel arrived through the dialplan; those that we dialled show it in its place."""
    plan = channel.dialplan
    return plan.app_name == "Stasis" and DIALLED not in plan.app_data.split(",")
