"""What we ask of Twilio's REST API ``2010-04-01``, as plain values.

Nothing here opens a socket or reads a clock.
"""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

import msgspec

from switch.twilio.codec import Manner

#: Stands for the one recording of a call that runs, where its name is not known.
CURRENT = "Twilio.CURRENT"
#: Seconds in which it must be found out what answered; whoever it is hears nothing until then.
DETECT = 10


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request; `path` is below the account.

    `once`: it must not be repeated where it is not known whether it was done.
    """

    method: Literal["GET", "POST"]
    path: str
    form: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    once: bool = False


def dial(
    to: str, caller: str, url: str, status_url: str, timeout: float, *, detect: bool = False
) -> Request:
    """Call somebody; what they hear when they answer is asked of `url`, with `detect` once it is
    known what answered. Seconds."""
    finding = (("MachineDetection", "Enable"), ("MachineDetectionTimeout", str(DETECT)))
    return Request(
        method="POST",
        path="/Calls.json",
        form=(
            ("To", to),
            ("From", caller),
            ("Url", url),
            ("Method", "POST"),
            ("Timeout", str(min(600, max(1, round(timeout))))),
            ("StatusCallback", status_url),
            ("StatusCallbackMethod", "POST"),
            *(
                ("StatusCallbackEvent", event)
                for event in ("initiated", "ringing", "answered", "completed")
            ),
            *(finding if detect else ()),
        ),
        once=True,
    )


def redirect(sid: str, url: str) -> Request:
    """Let a call ask `url` what to do, now."""
    return Request(
        method="POST", path=f"/Calls/{quote(sid)}.json", form=(("Url", url), ("Method", "POST"))
    )


def complete(sid: str) -> Request:
    """End a call, whatever it is doing."""
    return Request(method="POST", path=f"/Calls/{quote(sid)}.json", form=(("Status", "completed"),))


def calls(status: str) -> Request:
    return Request(
        method="GET", path="/Calls.json", query=(("Status", status), ("PageSize", "1000"))
    )


def calls_to(address: str) -> Request:
    """The newest calls to somebody."""
    return Request(method="GET", path="/Calls.json", query=(("To", address), ("PageSize", "20")))


CONFERENCES = Request(
    method="GET",
    path="/Conferences.json",
    query=(("Status", "in-progress"), ("PageSize", "1000")),
)


def participants(conference: str) -> Request:
    return Request(
        method="GET",
        path=f"/Conferences/{quote(conference)}/Participants.json",
        query=(("PageSize", "100"),),
    )


def announce(conference: str, sid: str, url: str) -> Request:
    """Let one participant hear what the document at `url` plays."""
    return Request(
        method="POST",
        path=_participant(conference, sid),
        form=(("AnnounceUrl", url), ("AnnounceMethod", "POST")),
    )


def participant(conference: str, sid: str, was: Manner, now: Manner, music_url: str) -> Request:
    """Change how a call takes part in a conference."""
    form: list[tuple[str, str]] = []
    if was.hold != now.hold:
        form.append(("Hold", _boolean(bool(now.hold))))
        if now.hold:
            form += [("HoldUrl", music_url), ("HoldMethod", "POST")]
    if was.coach != now.coach:
        form.append(("Coaching", _boolean(bool(now.coach))))
        if now.coach:
            form.append(("CallSidToCoach", now.coach))
    if was.muted != now.muted:
        form.append(("Muted", _boolean(now.muted)))
    if was.ends != now.ends:
        form.append(("EndConferenceOnExit", _boolean(now.ends)))
    return Request(method="POST", path=_participant(conference, sid), form=tuple(form))


def _participant(conference: str, sid: str) -> str:
    return f"/Conferences/{quote(conference)}/Participants/{quote(sid)}.json"


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def record(sid: str, status_url: str) -> Request:
    """Record all that is said and heard on a call, in one channel, from now on."""
    return Request(
        method="POST",
        path=f"/Calls/{quote(sid)}/Recordings.json",
        form=(
            ("RecordingChannels", "mono"),
            ("RecordingTrack", "both"),
            ("RecordingStatusCallback", status_url),
            ("RecordingStatusCallbackMethod", "POST"),
            ("RecordingStatusCallbackEvent", "completed"),
            ("RecordingStatusCallbackEvent", "absent"),
        ),
        once=True,
    )


def recordings_of(sid: str) -> Request:
    return Request(method="GET", path=f"/Calls/{quote(sid)}/Recordings.json")


def change_recording(
    sid: str, recording: str, status: Literal["paused", "in-progress", "stopped"]
) -> Request:
    """Leave out what is said from now on, go on, or end it."""
    leave_out = (("PauseBehavior", "skip"),) if status == "paused" else ()
    return Request(
        method="POST",
        path=f"/Calls/{quote(sid)}/Recordings/{quote(recording)}.json",
        form=(("Status", status), *leave_out),
    )


def recording(sid: str) -> Request:
    return Request(method="GET", path=f"/Recordings/{quote(sid)}.wav")


ACCOUNT = Request(method="GET", path=".json")
NUMBERS = Request(method="GET", path="/IncomingPhoneNumbers.json", query=(("PageSize", "1000"),))


def set_number(sid: str, fields: Mapping[str, str]) -> Request:
    """Change where a number's calls are asked about."""
    return Request(
        method="POST",
        path=f"/IncomingPhoneNumbers/{quote(sid)}.json",
        form=tuple(fields.items()),
    )
