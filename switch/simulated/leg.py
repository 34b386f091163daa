"""One party's connection, as the simulated switch sees it."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from calls.base import BridgeId, LegId
from calls.commands import Record
from calls.events import RecordingEnded
from switch.simulated.line import Line
from switch.simulated.scripts import Answering, Caller

_End: TypeAlias = Literal["silence", "digits", "full", "stopped", "hangup"]


@dataclass(slots=True)
class Leg:
    id: LegId
    inbound: bool
    caller: str
    called: str
    person: Caller | Answering
    up: bool = False
    ringing: bool = False
    #: The phone answers by itself.
    auto_answer: bool = False
    bridge: BridgeId | None = None
    #: Conversations begun, also that which goes on now.
    talks: int = 0
    #: Which of the caller's presses are used up.
    pressed: set[int] = field(default_factory=set)
    #: How long they speak when they are recorded.
    speaks: float = field(init=False)
    line: Line = field(init=False)
    recorder: "Recorder | None" = None

    def __post_init__(self) -> None:
        self.speaks = self.person.speaks
        self.line = Line(self.id)


class Recorder:
    """A recording that goes on. Whoever is recorded speaks at once, for so many seconds."""

    def __init__(self, record: Record, speaks: float, now: float) -> None:
        self.record = record
        self._begun = now
        self._speaks = speaks

    def deadline(self) -> float:
        """When silence or its length ends it."""
        rule = self.record
        return self._begun + min(rule.max_seconds, self._speaks + rule.silence)

    def over(self) -> RecordingEnded:
        """How it ends by itself."""
        silent = self._speaks + self.record.silence <= self.record.max_seconds
        return self._ended("silence" if silent else "full", self.deadline())

    def stopped(self, now: float) -> RecordingEnded:
        return self._ended("stopped", now)

    def hung_up(self, now: float) -> RecordingEnded:
        return self._ended("hangup", now)

    def pressed(self, digit: str, now: float) -> RecordingEnded | None:
        """How a digit ends it, if it does."""
        return self._ended("digits", now, digit) if digit in self.record.terminators else None

    def _ended(self, end: _End, now: float, digits: str = "") -> RecordingEnded:
        return RecordingEnded(
            leg=self.record.leg,
            recording=self.record.recording,
            end=end,
            seconds=min(now - self._begun, self._speaks),
            digits=digits,
        )
