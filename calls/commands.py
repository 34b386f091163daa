"""What we tell a switch. Each is safe to give twice; a failure comes back as `CommandFailed`."""

from typing import Literal, TypeAlias

from calls.base import BridgeId, CallId, LegId, Word
from calls.media import DigitRule, Media


class Answer(Word):
    """Answer an inbound leg."""

    leg: LegId


class Prompt(Word):
    """Play `media` to one leg, then wait for digits if a rule is given.

    Ends in exactly one `PromptEnded` with the same `prompt` id, unless the leg ends first.
    With `barge_in` the first digit stops the playing. Digits typed ahead since the last prompt
    on this leg count as typed into this one, if it has a rule; without `type_ahead` they are
    dropped instead.
    """

    leg: LegId
    prompt: str
    media: tuple[Media, ...]
    digits: DigitRule | None = None
    barge_in: bool = True
    type_ahead: bool = True


class StopPrompt(Word):
    """End a running prompt now; nothing if it has ended."""

    leg: LegId
    prompt: str


class StartMusic(Word):
    """Play music to a waiting leg until told otherwise; nothing if it plays already."""

    leg: LegId
    music: str = "default"


class StopMusic(Word):
    """Stop the music; nothing if none plays."""

    leg: LegId


class Dial(Word):
    """Ring a party. Answered by LegRinging, then LegAnswered or LegEnded.

    `to` is ``phone:<name>`` (an agent's phone, whichever of theirs is registered),
    ``tel:<number>`` or ``sip:<address>``. `timeout` (seconds) is a safety net above our own.
    """

    leg: LegId
    call: CallId
    to: str
    caller: str
    caller_name: str = ""
    timeout: float = 30.0
    #: The bridge of the `Join` that follows an answer: a driver may make it while the phone rings.
    bridge: BridgeId = ""
    #: The phone is asked to answer by itself.
    auto_answer: bool = False


class Record(Word):
    """Record what one leg says, from now until silence, a terminator or the time is over.

    Ends in exactly one `RecordingEnded` with the same `recording` id, unless the leg ends first:
    then what was said is kept, and `RecordingEnded` comes before `LegEnded`. Times are seconds.
    """

    leg: LegId
    recording: str
    max_seconds: float = 120.0
    silence: float = 5.0
    terminators: str = "#"
    beep: bool = True


class StopRecording(Word):
    """End a running recording now; nothing if it has ended."""

    leg: LegId
    recording: str


class Beep(Word):
    """Let one leg hear a short tone, also in a conversation, without delaying anything."""

    leg: LegId


class Join(Word):
    """Let these legs hear one another, in the bridge of that name, made when it is missing."""

    bridge: BridgeId
    legs: tuple[LegId, ...]


class Unbridge(Word):
    """Remove a bridge; its legs, if any are left, hear nothing."""

    bridge: BridgeId


class Hangup(Word):
    """End a leg. `reason` is what the phone is told: ``answered_elsewhere``: not a missed call."""

    leg: LegId
    reason: Literal["normal", "busy", "answered_elsewhere", "declined"] = "normal"


Command: TypeAlias = (
    Answer
    | Prompt
    | StopPrompt
    | StartMusic
    | StopMusic
    | Dial
    | Record
    | StopRecording
    | Beep
    | Join
    | Unbridge
    | Hangup
)
