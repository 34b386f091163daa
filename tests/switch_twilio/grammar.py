"""What Twilio's debugger would say about a document: by the SDK's own classes and the documents of
each verb. Anything but an empty answer is a fault of ours."""

import inspect
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from twilio.twiml import lower_camel
from twilio.twiml import voice_response as sdk

#: Verbs that a document may have that a call in a queue of Twilio's asks for.
IN_QUEUE = frozenset({"Play", "Say", "Pause", "Hangup", "Redirect", "Leave", "Gather"})
#: What a participant of a conference may be announced.
ANNOUNCED = frozenset({"Play", "Say", "Pause", "Redirect"})
#: Statuses of a call that has ended.
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
#: Verbs after which no verb of the same document is ever run.
LAST = frozenset({"Redirect", "Hangup", "Reject", "Leave"})


def _whole(least: int, most: int) -> Callable[[str], bool]:
    return lambda text: text.isdecimal() and least <= int(text) <= most


def _one_of(*values: str) -> Callable[[str], bool]:
    return lambda text: text in values


def _address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in parts.netloc


def _events(*known: str) -> Callable[[str], bool]:
    return lambda text: bool(text) and set(text.split()) <= set(known)


_BOOLEAN = _one_of("true", "false")
_METHOD = _one_of("GET", "POST")
_VALUES: dict[tuple[str, str], Callable[[str], bool]] = {
    ("Gather", "input"): _one_of("dtmf", "speech", "dtmf speech"),
    ("Gather", "timeout"): _whole(1, 600),
    ("Gather", "numDigits"): _whole(1, 1000),
    ("Gather", "finishOnKey"): lambda text: len(text) <= 1 and text in "0123456789*#",
    ("Gather", "action"): _address,
    ("Pause", "length"): _whole(1, 600),
    ("Play", "loop"): _whole(0, 1000),
    ("Record", "timeout"): _whole(0, 600),
    ("Record", "maxLength"): _whole(1, 14400),
    ("Record", "finishOnKey"): lambda text: set(text) <= set("0123456789*#"),
    ("Record", "playBeep"): _BOOLEAN,
    ("Record", "action"): _address,
    ("Record", "recordingStatusCallback"): _address,
    ("Record", "recordingStatusCallbackEvent"): _events("in-progress", "completed", "absent"),
    ("Enqueue", "action"): _address,
    ("Enqueue", "waitUrl"): _address,
    ("Dial", "action"): _address,
    ("Conference", "beep"): _one_of("true", "false", "onEnter", "onExit"),
    ("Conference", "muted"): _BOOLEAN,
    ("Conference", "startConferenceOnEnter"): _BOOLEAN,
    ("Conference", "endConferenceOnExit"): _BOOLEAN,
    ("Conference", "waitUrl"): lambda text: not text or _address(text),
    ("Conference", "participantLabel"): lambda text: 0 < len(text) <= 128,
    ("Conference", "statusCallback"): _address,
    ("Conference", "statusCallbackEvent"): _events(
        "start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"
    ),
    ("Reject", "reason"): _one_of("rejected", "busy"),
    ("Say", "language"): lambda text: len(text) in (5, 6),
}
_TEXT_IS_ADDRESS = frozenset({"Play", "Redirect"})


def faults(text: str, allowed: frozenset[str] | None = None) -> list[str]:
    """What is wrong with a document; `allowed`: the verbs that it may have, where not all."""
    if not text.startswith("<?xml"):
        return ["12100 document parse failure"]
    try:
        root = ET.fromstring(text)  # noqa: S314 - our own
    except ET.ParseError as error:
        return [f"12100 {error}"]
    if root.tag != "Response":
        return [f"12102 the root is {root.tag}"]
    found = list(_children(root, sdk.VoiceResponse))
    for number, verb in enumerate(root):
        if allowed is not None and verb.tag not in allowed:
            found.append(f"13xxx {verb.tag} is not allowed here")
        if verb.tag in LAST and number + 1 < len(root):
            found.append(f"verbs after {verb.tag} are never reached")
        if verb.tag == "Reject" and number > 0:
            found.append("Reject must come first")
    if not len(root):
        found.append("an empty document ends the call")
    return found


def _children(element: ET.Element, kind: type) -> Iterator[str]:
    for child in element:
        method = getattr(kind, _snake(child.tag), None)
        known = getattr(sdk, child.tag, None)
        if method is None or known is None:
            yield f"12200 {child.tag} is not allowed in {element.tag}"
            continue
        attributes = {lower_camel(name) for name in inspect.signature(method).parameters}
        for name, value in child.attrib.items():
            check = _METHOD if name.lower().endswith("method") else _VALUES.get((child.tag, name))
            if name not in attributes:
                yield f"12200 {child.tag} has no attribute {name}"
            elif check is None:
                yield f"{child.tag} {name}={value!r}: nobody has looked up what this may be"
            elif not check(value):
                yield f"{child.tag} {name}={value!r} is not allowed"
        if child.tag in _TEXT_IS_ADDRESS and not _address(child.text or ""):
            yield f"{child.tag} {child.text!r} is no absolute address"
        yield from _children(child, known)


def _snake(tag: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in tag)[1:]
