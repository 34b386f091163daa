"""How one simulated prompt is played and its digits gathered."""

from calls.commands import Prompt
from calls.events import PromptEnded


class Collector:
    """A `prompt` that plays until `until`, unless a digit barges in."""

    def __init__(self, prompt: Prompt, until: float) -> None:
        self.prompt = prompt
        #: All that is needed was pressed; without barge-in the rest still plays.
        self.complete = False
        self._digits = ""
        self._until = until
        self._last_digit: float | None = None

    def press(self, digit: str, now: float) -> bool:
        """Take a digit, which may stop the playing; False where this prompt does not collect it."""
        if self.prompt.barge_in:
            self._until = min(self._until, now)
        rule = self.prompt.digits
        if rule is None or self.complete:
            return False
        self._last_digit = now
        if digit in rule.terminators:
            self.complete = True
        else:
            self._digits += digit
            self.complete = len(self._digits) >= rule.max_digits
        return True

    def deadline(self) -> float:
        """When it is over if no (further) digit comes."""
        rule = self.prompt.digits
        if rule is None or self.complete:
            return self._until
        if self._last_digit is None:
            return self._until + rule.first_timeout
        return max(self._until, self._last_digit) + rule.inter_timeout

    def end(self, now: float) -> PromptEnded | None:
        """How it ended, if it has by `now`."""
        if now < self.deadline():
            return None
        if self.prompt.digits is None:
            return PromptEnded(leg=self.prompt.leg, prompt=self.prompt.prompt, end="completed")
        return PromptEnded(
            leg=self.prompt.leg,
            prompt=self.prompt.prompt,
            end="digits" if self._digits or self.complete else "no_input",
            digits=self._digits,
        )
