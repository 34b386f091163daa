"""What a leg has to do, and what it was told."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from calls.base import LegId
from calls.commands import Prompt, Record
from switch.twilio.documents import Task


@dataclass(slots=True, eq=False)
class Job:
    """A prompt or a recording, done one after the other."""

    command: Prompt | Record
    #: Where Twilio gets the sounds; None while they are being made.
    urls: tuple[str, ...] | None = None
    begun: bool = False
    #: Of the prompt's digits, those that were typed before.
    digits: str = ""
    #: When the recording began.
    since: float = 0.0

    @property
    def name(self) -> str:
        command = self.command
        return command.prompt if isinstance(command, Prompt) else command.recording


@dataclass(slots=True, frozen=True)
class Document:
    """What was last answered to a call."""

    task: Task
    number: str
    queued: bool
    text: str


class Following(msgspec.Struct, frozen=True):
    """Whom a supervisor's leg follows, in which bridge (its id inside the switch)."""

    whom: LegId
    bridge: str
    mode: Literal["monitor", "whisper", "barge"]
