"""One party's connection, as the simulated switch sees it."""

from typing import Literal, TypeAlias

from calls.base import BridgeId, LegId
from calls.commands import Record, Supervise
from calls.events import RecordingEnded
from switch.simulated.line import Line
from switch.simulated.scripts import Answering, Caller, Press

_End: TypeAlias = Literal["silence", "digits", "full", "stopped", "hangup"]


class Leg:
    __slots__ = (
        "_line",
        "auto_answer",
        "bridge",
        "called",
        "caller",
        "detect",
        "held",
        "id",
        "inbound",
        "muted",
        "person",
        "presses",
        "recorder",
        "ringing",
        "speaks",
        "supervises",
        "talks",
        "up",
    )

    def __init__(
        self, leg: LegId, caller: str, called: str, person: Caller | Answering, *, inbound: bool
    ) -> None:
        self.id = leg
        self.inbound = inbound
        self.caller = caller
        self.called = called
        self.person = person
        self.up = self.ringing = False
        #: The phone answers by itself.
        self.auto_answer = False
        #: It is found out whether a machine answers.
        self.detect = False
        self.bridge: BridgeId | None = None
        self.held = self.muted = False
        #: Whose conversation it follows, and how.
        self.supervises: Supervise | None = None
        #: Conversations begun, also that which goes on now.
        self.talks = 0
        #: What the caller is still to press.
        self.presses: list[Press] = []
        if inbound and isinstance(person, Caller) and person.presses:
            self.presses += person.presses
        #: How long they speak when they are recorded.
        self.speaks = person.speaks
        self.recorder: Recorder | None = None
        self._line: Line | None = None

    @property
    def line(self) -> Line:
        """What they hear and press."""
        if self._line is None:
            self._line = Line(self.id)
        return self._line


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
