"""Twilio's wire: webhooks and REST answers as plain values; what we ask is in `requests`.

Nothing here opens a socket or reads a clock. Sources: Twilio's documentation of TwiML, of webhooks
and of the REST API ``2010-04-01``.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal, TypeAlias, get_args

import msgspec

from calls.base import EndCause, LegId
from calls.events import LiveLeg

#: Our webhooks, each ``<public URL>/twilio/<one of these>``. ``voice``, ``offer``, ``accept``,
#: ``join``, ``agent-done``: what a call should do next; ``wait``: the same for one in a queue of
#: Twilio's; ``left``: it left that queue; ``beep``, ``hold``: what one participant of a
#: conference hears.
What: TypeAlias = Literal[
    "voice",
    "offer",
    "accept",
    "join",
    "agent-done",
    "wait",
    "left",
    "status",
    "recording",
    "beep",
    "hold",
]
WEBHOOKS: tuple[What, ...] = get_args(What)

#: A call with one of these is over.
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
#: A call with one of these is there.
THERE = ("queued", "ringing", "in-progress")
#: The call is not in progress, so it cannot be changed: it is gone.
NOT_IN_PROGRESS = 21220

#: Who answered a call that we made.
Answerer: TypeAlias = Literal["", "person", "machine"]

#: What callers without a number have instead: a word, or the same word typed on a phone's keys.
_WITHHELD = frozenset(
    {
        *("anonymous", "unknown", "restricted", "unavailable", "private", "blocked"),
        *("+266696687", "+8656696", "+7378742833", "+86282452253", "+2562533"),
    }
)
#: Begins the names of our conferences, which are one space for a whole account.
_CONFERENCE = "ringdesk-"


# --- webhooks


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """One webhook of Twilio's. Texts that were not sent are empty."""

    what: What
    #: Our name of the leg and of the document that this is the outcome of, from the address.
    leg: str = ""
    document: str = ""
    #: The name of our recording, and the bridge where that is a conversation's, from the address.
    recording: str = ""
    bridge: str = ""
    #: The name of the music that is asked for, from the address.
    music: str = ""
    sid: str = ""
    status: str = ""
    inbound: bool = True
    caller: str = ""
    called: str = ""
    digits: str = ""
    #: What answered, where that was to be found out: ``human``, ``machine_start``, ...
    answered_by: str = ""
    #: The answer of a SIP phone: 486 is busy, 603 is declined.
    sip: str = ""
    #: How the call left a queue of Twilio's.
    queue_result: str = ""
    #: What became of a recording, and its seconds.
    recording_status: str = ""
    recording_sid: str = ""
    recording_seconds: float = 0.0
    #: What happened in a conference: ``participant-join``, ...
    event: str = ""
    conference: str = ""
    conference_sid: str = ""
    #: Why somebody left it.
    left_because: str = ""
    #: The place of this among what is told about one call or conference.
    sequence: int = 0


def hook(what: What, query: Mapping[str, str], sent: Mapping[str, str]) -> Hook:
    """Read a webhook from its address and its parameters; those that are new are passed over."""
    seconds, sequence = sent.get("RecordingDuration", ""), sent.get("SequenceNumber", "")
    return Hook(
        what=what,
        leg=query.get("leg", ""),
        document=query.get("d", ""),
        recording=query.get("recording", ""),
        bridge=query.get("bridge", ""),
        music=query.get("music", ""),
        sid=sent.get("CallSid", ""),
        status=sent.get("CallStatus", ""),
        inbound=not sent.get("Direction", "inbound").startswith("outbound"),
        caller=number_of(sent.get("From", "")),
        called=number_of(sent.get("To", "")),
        digits=sent.get("Digits", ""),
        answered_by=sent.get("AnsweredBy", ""),
        sip=sent.get("SipResponseCode", ""),
        queue_result=sent.get("QueueResult", ""),
        recording_status=sent.get("RecordingStatus", ""),
        recording_sid=sent.get("RecordingSid", ""),
        recording_seconds=float(seconds) if seconds.isdecimal() else 0.0,
        event=sent.get("StatusCallbackEvent", ""),
        conference=sent.get("FriendlyName", ""),
        conference_sid=sent.get("ConferenceSid", ""),
        left_because=sent.get("ReasonParticipantLeft", ""),
        sequence=int(sequence) if sequence.isdecimal() else 0,
    )


def number_of(address: str) -> str:
    """The number in what Twilio has as ``From`` or ``To``; empty where it was withheld.

    >>> number_of("sip:1000@acme.sip.twilio.com"), number_of("+48221230101"), number_of("Anonymous")
    ('1000', '+48221230101', '')
    """
    if address.startswith("sip:"):
        address = address.removeprefix("sip:").partition("@")[0]
    return "" if address.lower() in _WITHHELD else address


def cause_of(status: str, sip: str, *, inbound: bool, answered: bool, to_client: bool) -> EndCause:
    """Why a call is over. A browser that declines is ``busy`` to Twilio, without a SIP answer."""
    if inbound or answered:
        return "hangup"
    match status:
        case "busy":
            return "declined" if sip == "603" or (to_client and not sip) else "busy"
        case "no-answer":
            return "no_answer"
        case "failed":
            return "unreachable"
        case _:
            return "declined"


def who_answered(verdict: str) -> Answerer:
    """Twilio's verdict in our words; nothing where it could not be told.

    >>> who_answered("human"), who_answered("machine_end_beep"), who_answered("unknown")
    ('person', 'machine', '')
    """
    if verdict == "human":
        return "person"
    return "machine" if verdict == "fax" or verdict.startswith("machine") else ""


# --- conferences


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a call takes part in a conference."""

    #: Nobody hears it.
    muted: bool = False
    #: The music that it hears instead of the conference, by name; empty where it is not on hold.
    hold: str = ""
    #: The only call that hears it; empty where all do.
    coach: str = ""
    #: The conference is over when it leaves.
    ends: bool = True

    @property
    def at_first(self) -> "Manner":
        """As far as a call can come in so; the rest is changed once it is there. Until then it
        is not heard."""
        return Manner(muted=self.muted or bool(self.hold or self.coach), ends=self.ends)


PLAIN = Manner()


# --- REST: what it answers


class Reply(msgspec.Struct, frozen=True):
    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> int:
        """Twilio's own number of the trouble; 0 if it says none."""
        return self._trouble().code or 0

    @property
    def gone(self) -> bool:
        """What it was about is not there any more."""
        return self.status == 404 or self.code == NOT_IN_PROGRESS

    @property
    def ours(self) -> bool:
        """The trouble is between us and Twilio, and not who or what was asked for."""
        return self.status in (401, 403, 429) or self.status >= 500

    @property
    def detail(self) -> str:
        trouble = self._trouble()
        code = f" (error {trouble.code})" if trouble.code else ""
        return f"{trouble.message or 'no reason given'}, HTTP {self.status}{code}"

    def _trouble(self) -> "_Trouble":
        try:
            return msgspec.json.decode(self.body, type=_Trouble)
        except msgspec.DecodeError:
            return _Trouble()


class _Trouble(msgspec.Struct, frozen=True):
    code: int | None = None
    message: str = ""


class Call(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    sid: str
    status: str = ""
    direction: str = ""
    from_: str | None = ""
    to: str | None = ""


class Conference(msgspec.Struct, frozen=True):
    sid: str
    friendly_name: str = ""


class Participant(msgspec.Struct, frozen=True):
    call_sid: str
    label: str | None = None
    muted: bool = False
    hold: bool = False
    coaching: bool = False
    call_sid_to_coach: str | None = None
    end_conference_on_exit: bool = True
    start_conference_on_enter: bool = True


class Recording(msgspec.Struct, frozen=True):
    sid: str
    status: str = ""


class Number(msgspec.Struct, frozen=True):
    """A number of the account, and where its calls are asked about."""

    sid: str
    phone_number: str
    voice_url: str | None = ""
    voice_method: str | None = "POST"
    status_callback: str | None = ""
    status_callback_method: str | None = "POST"
    voice_application_sid: str | None = ""
    trunk_sid: str | None = ""


class Page(msgspec.Struct, frozen=True):
    """One page of any list."""

    calls: tuple[Call, ...] = ()
    conferences: tuple[Conference, ...] = ()
    participants: tuple[Participant, ...] = ()
    incoming_phone_numbers: tuple[Number, ...] = ()
    recordings: tuple[Recording, ...] = ()
    next_page_uri: str | None = None


def recording_sid(reply: Reply) -> str:
    """Twilio's name of a recording that was begun; empty where it did not say."""
    try:
        return msgspec.json.decode(reply.body, type=Recording).sid
    except msgspec.DecodeError:
        return ""


class Place(msgspec.Struct, frozen=True):
    """Where a call is talking: our bridge, the name of its leg, Twilio's of the conference, and
    what it is there."""

    bridge: str
    leg: str
    conference: str = ""
    participant: Participant = Participant("")


def conference_name(bridge: str) -> str:
    """`bridge` is its id inside the switch."""
    return _CONFERENCE + bridge


def bridge_of(conference: str) -> str | None:
    """The bridge that a conference is; None for somebody else's."""
    return conference.removeprefix(_CONFERENCE) if conference.startswith(_CONFERENCE) else None


def live_legs(
    switch: str,
    found: Iterable[Call],
    places: Mapping[str, Place],
    known: Mapping[str, LegId],
    ours: Collection[str],
    agents: Collection[str],
) -> dict[str, LiveLeg]:
    """Which calls of the account are legs of ours, by Twilio's names.

    `known` has the legs by call, `places` what is known of calls in conferences. Others are ours
    if they came to one of `ours`, our numbers, or go from one of these to one of the `agents`'
    addresses: an account may have other uses.
    """
    legs: dict[str, LiveLeg] = {}
    for call in found:
        inbound = not call.direction.startswith("outbound")
        caller, called = call.from_ or "", call.to or ""
        place = places.get(call.sid)
        leg = known.get(call.sid)
        if leg is None and place is not None and place.leg and not inbound:
            leg = f"{switch}/{place.leg}"
        if leg is None and (called in ours if inbound else caller in ours and called in agents):
            leg = f"{switch}/{call.sid}"
        if leg is not None:
            legs[call.sid] = LiveLeg(
                leg=leg,
                inbound=inbound,
                up=call.status == "in-progress",
                caller=number_of(caller),
                called=number_of(called),
                bridge=f"{switch}/{place.bridge}" if place else None,
            )
    return legs
