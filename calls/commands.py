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
    #: Find out whether a person or a machine answers: `LegAnswered` comes later and says which.
    detect: bool = False


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


class Hold(Word):
    """One leg of a conversation hears music and is heard by nobody until `Unhold`. It stays in its
    bridge, and is held there from the beginning when it is joined later. Nothing if it is held."""

    leg: LegId
    music: str = "default"


class Unhold(Word):
    """The leg is part of its conversation again; nothing if it is not held."""

    leg: LegId


class Mute(Word):
    """Nobody hears this leg until told otherwise, it still hears the others. Lasts over `Hold` and
    over a change of the bridge."""

    leg: LegId
    muted: bool = True


class Supervise(Word):
    """Let `leg` follow the conversation that `whom` has in `bridge`, as it is at any moment.

    ``monitor``: it hears all and nobody hears it; ``whisper``: `whom` hears it as well, the others
    do not; ``barge``: all hear it. Given again it changes the mode. It ends when either of the two
    ends (`leg` is then up and hears nothing), or when `leg` is joined elsewhere.
    """

    leg: LegId
    whom: LegId
    bridge: BridgeId
    mode: Literal["monitor", "whisper", "barge"] = "monitor"


class RecordBridge(Word):
    """Record a conversation, all voices in one file, until it is stopped or the bridge is removed.

    Ends in exactly one `BridgeRecorded` with the same `recording` id. The bridge is there already.
    """

    bridge: BridgeId
    recording: str


class PauseBridgeRecording(Word):
    """What is said from now on is not recorded (a card number), until told otherwise."""

    bridge: BridgeId
    recording: str
    paused: bool = True


class StopBridgeRecording(Word):
    """End the recording of a conversation now; nothing if it has ended."""

    bridge: BridgeId
    recording: str


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
    | Hold
    | Unhold
    | Mute
    | Supervise
    | RecordBridge
    | PauseBridgeRecording
    | StopBridgeRecording
    | Hangup
)


def place_of(command: Command) -> LegId | BridgeId:
    """The bridge, or else the leg, that a command is about: its switch is to be told."""
    return command.leg if hasattr(command, "leg") else command.bridge
