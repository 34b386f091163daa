"""What a call is to do now, as TwiML. Each document says by itself where the call goes on.

Every address is absolute, because a call that was redirected by REST has no base for others, and
carries the leg and the number of the document, so that its outcome counts once however often it
comes.
"""

import math
from typing import TypeAlias
from urllib.parse import urlencode

import msgspec
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from calls.media import DigitRule
from switch.twilio.codec import PLAIN, Manner, What, conference_name

#: Seconds that a call waits before it asks again, where nothing is decided yet.
HOLD = 1
#: Seconds that an idle call listens to keys before it asks again.
IDLE = 60
#: Twilio's queue that all who hear music are in; its order means nothing to us.
QUEUE = "ringdesk"
#: Seconds in which an agent at an outside phone may press 1.
SCREEN = 10


class Idle(msgspec.Struct, frozen=True):
    """Answered, and nothing to hear. Keys are told."""


class Play(msgspec.Struct, frozen=True):
    """Sounds, then digits if there is a rule. `taken`: digits of it that were typed before."""

    prompt: str
    urls: tuple[str, ...]
    rule: DigitRule | None
    barge_in: bool
    taken: int = 0


class Music(msgspec.Struct, frozen=True):
    url: str


class Recording(msgspec.Struct, frozen=True):
    """Times in seconds."""

    recording: str
    max_seconds: float
    silence: float
    terminators: str
    beep: bool


class Talk(msgspec.Struct, frozen=True):
    """In the conference of a bridge (its id inside the switch)."""

    bridge: str


class Screen(msgspec.Struct, frozen=True):
    """An outside phone was answered, by an agent or by a machine: who presses 1 is the agent."""


class End(msgspec.Struct, frozen=True):
    reason: str


Task: TypeAlias = Idle | Play | Music | Recording | Talk | Screen | End


class Links(msgspec.Struct, frozen=True):
    """Addresses of our webhooks. `base` is how Twilio reaches us, without a slash at its end."""

    base: str

    def to(self, what: What, **query: str) -> str:
        asked = f"?{urlencode(query)}" if query else ""
        return f"{self.base}/twilio/{what}{asked}"


class Place(msgspec.Struct, frozen=True):
    """Whose document it is. `leg`: its id inside the switch; `queued`: it is asked for by a call
    in a queue of Twilio's, where few verbs are allowed."""

    leg: str
    inbound: bool
    queued: bool
    #: Not answered yet: it can be turned away.
    untouched: bool = False
    #: Calls that cannot be put in a queue of Twilio's hear music without one.
    no_queue: bool = False
    #: How it takes part in its conference, and whether as a supervisor.
    manner: Manner = PLAIN
    supervisor: bool = False

    @property
    def entry(self) -> What:
        """Where a call asks for a document outside of Twilio's queue."""
        return "voice" if self.inbound else "offer"

    @property
    def next(self) -> What:
        """Where this one asks for its next document."""
        return "wait" if self.queued else self.entry


def hold(links: Links, place: Place, number: str = "") -> str:
    """Nothing is decided: ask again in a moment. It does not answer a call."""
    response = VoiceResponse()
    response.pause(length=HOLD)
    response.redirect(links.to(place.next, leg=place.leg, d=number), method="POST")
    return str(response)


def hang_up() -> str:
    response = VoiceResponse()
    response.hangup()
    return str(response)


def leave() -> str:
    """Out of Twilio's queue, which has its own question for what comes next."""
    response = VoiceResponse()
    response.leave()
    return str(response)


def beep(url: str) -> str:
    response = VoiceResponse()
    response.play(url)
    return str(response)


def music_on_hold(url: str, again: str) -> str:
    """For a participant of a conference on hold. Music there is not repeated by itself."""
    response = VoiceResponse()
    response.play(url)
    response.redirect(again, method="POST")
    return str(response)


def document(
    task: Task, number: str, place: Place, links: Links, before: tuple[str, ...] = ()
) -> str:
    """The document with that number for a call to do `task`, after the sounds `before`."""
    response = VoiceResponse()
    for url in () if isinstance(task, End) else before:
        response.play(url)
    after = links.to(place.next, leg=place.leg, d=number)
    match task:
        case Idle():
            response.append(_keys(after, IDLE))
            response.redirect(after, method="POST")
        case Play():
            _play(response, task, after)
        case Music() if place.queued or place.no_queue:
            keys = _keys(after, 1)
            keys.play(task.url, loop=0)
            response.append(keys)
            response.redirect(after, method="POST")
        case Music():
            response.enqueue(
                QUEUE,
                action=links.to("left", leg=place.leg, d=number),
                method="POST",
                wait_url=links.to("wait", leg=place.leg, d=in_queue(number)),
                wait_url_method="POST",
            )
        case Recording():
            _record(response, task, after, links, place)
        case Talk():
            response.append(_talk(task, number, links, place))
        case Screen():
            accept = links.to("accept", leg=place.leg, d=number)
            keys = _keys(accept, SCREEN)
            keys.say("You have a call. To take it, press 1.", language="en-US")
            response.append(keys)
            response.hangup()
        case End(reason=reason):
            if place.untouched and place.inbound:
                response.reject(reason="busy" if reason == "busy" else "rejected")
            else:
                response.hangup()
    return str(response)


def in_queue(number: str) -> str:
    """What the first question from inside Twilio's queue is the outcome of."""
    return f"{number}.queue"


def allowed_in_queue(task: Task) -> bool:
    """A document of a call in a queue of Twilio's may play, gather, pause, hang up, leave."""
    return not isinstance(task, Recording | Talk | Screen)


def _keys(action: str, timeout: int) -> Gather:
    """One key, whichever it is."""
    return Gather(
        input="dtmf", num_digits=1, finish_on_key="", timeout=timeout, action=action, method="POST"
    )


def _play(response: VoiceResponse, task: Play, after: str) -> None:
    rule = task.rule
    if rule is None and not task.barge_in:
        for url in task.urls:
            response.play(url)
        response.redirect(after, method="POST")
        return
    keys = _keys(after, 1) if rule is None else _digits(rule, task.taken, after)
    for url in task.urls:
        (keys if task.barge_in else response).play(url)
    if rule is not None and (more := _longer(rule, task.taken)):
        keys.pause(length=more)
    response.append(keys)
    response.redirect(after, method="POST")


def _digits(rule: DigitRule, taken: int, after: str) -> Gather:
    return Gather(
        input="dtmf",
        num_digits=rule.max_digits - taken,
        # One key ends the digits at Twilio's; others are cut off when they come.
        finish_on_key=rule.terminators[:1],
        timeout=_between(rule),
        action=after,
        method="POST",
    )


def _between(rule: DigitRule) -> int:
    """Twilio has one time for the first digit and between two, in whole seconds from 1."""
    several = rule.max_digits > 1
    return max(1, math.ceil(rule.inter_timeout if several else rule.first_timeout))


def _longer(rule: DigitRule, taken: int) -> int:
    """How much longer the first digit may take: as silence that any digit cuts short."""
    if taken or rule.max_digits == 1:
        return 0
    return max(0, math.ceil(rule.first_timeout) - _between(rule))


def _record(
    response: VoiceResponse, task: Recording, after: str, links: Links, place: Place
) -> None:
    response.record(
        action=after,
        method="POST",
        timeout=max(1, math.ceil(task.silence)),
        max_length=max(1, math.ceil(task.max_seconds)),
        finish_on_key=task.terminators,
        play_beep=task.beep,
        recording_status_callback=links.to("recording", leg=place.leg, recording=task.recording),
        recording_status_callback_method="POST",
        recording_status_callback_event="completed absent",
    )
    response.redirect(after, method="POST")  # where nothing at all was said


def _talk(task: Talk, number: str, links: Links, place: Place) -> Dial:
    done: What = "voice" if place.inbound else "agent-done"
    dial = Dial(action=links.to(done, leg=place.leg, d=number), method="POST")
    dial.conference(
        conference_name(task.bridge),
        beep="false",
        muted=place.manner.at_first.muted,
        start_conference_on_enter=not place.supervisor,
        end_conference_on_exit=place.manner.ends,
        wait_url="",
        participant_label=place.leg,
        status_callback=links.to("status"),
        status_callback_method="POST",
        status_callback_event="start end join leave",
    )
    return dial
