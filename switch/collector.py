"""The digits of one prompt: when they are complete, and when nothing more is awaited. Pure.

Asterisk reports single keys and does not stop playing for them, and so does the simulated switch; a
switch like Twilio gathers by itself. This makes the first look like the second.
"""

from typing import Literal, TypeAlias

from calls.media import DigitRule

Outcome: TypeAlias = Literal["completed", "digits", "no_input"]


class Collector:
    """A prompt that plays until it is `silent`, and what is pressed meanwhile and after.

    `rule` is None for a prompt that asks nothing. Times are seconds on any clock that does not
    step back.
    """

    def __init__(self, rule: DigitRule | None, *, barge_in: bool) -> None:
        self._rule = rule
        self._barge_in = barge_in
        self._complete = False
        self._last: float | None = None
        self._silent_since: float | None = None
        self.digits = ""
        #: A key was pressed that should stop the playing.
        self.interrupted = False

    def press(self, digit: str, now: float) -> bool:
        """Take a key; False if it is not for this prompt (it may interrupt it all the same)."""
        if self._barge_in and (self._silent_since is None or now < self._silent_since):
            self.interrupted = True
        if self._rule is None or self._complete:
            return False
        self._last = now
        if digit in self._rule.terminators:
            self._complete = True
        else:
            self.digits += digit
            self._complete = len(self.digits) >= self._rule.max_digits
        return True

    def type_ahead(self, keys: str, now: float) -> str:
        """Take keys pressed before this prompt; gives back those that it does not take."""
        while keys and self._rule is not None and not self._complete:
            self.press(keys[0], now)
            keys = keys[1:]
        return keys

    def silent(self, at: float) -> None:
        """The playing is over, or was stopped; or that is to come, where its time is known."""
        if self._silent_since is None or at < self._silent_since:
            self._silent_since = at

    def deadline(self) -> float | None:
        """When it is over if nothing more is pressed; None while nobody knows."""
        if self._silent_since is None:
            return None
        if self._rule is None or self._complete:
            return self._silent_since
        if self._last is None:
            return self._silent_since + self._rule.first_timeout
        return max(self._silent_since, self._last) + self._rule.inter_timeout

    def outcome(self, now: float) -> Outcome | None:
        """How it ended, if it has by now."""
        deadline = self.deadline()
        if deadline is None or now < deadline:
            return None
        if self._rule is None:
            return "completed"
        return "digits" if self.digits or self._complete else "no_input"
