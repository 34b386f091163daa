"""What one simulated leg hears and presses: prompts one after the other, music, digits."""

from collections import deque

from calls.base import LegId
from calls.commands import Prompt
from calls.events import DigitPressed, PromptEnded
from calls.media import Media, Tone

#: Speech is about this fast; a prompt's length follows from its text.
CHARACTERS_PER_SECOND = 15.0


def seconds_of(media: tuple[Media, ...]) -> float:
    """How long a prompt takes to play."""
    return sum(
        item.milliseconds / 1000
        if isinstance(item, Tone)
        else len(item.text) / CHARACTERS_PER_SECOND
        for item in media
    )


class Line:
    """A small machine: told what to play and what is pressed, it is `advance`d to the time.

    What it has to tell is in `told`, the prompts that have begun to play in `begun`; whoever
    drives it takes both away.
    """

    def __init__(self, leg: LegId) -> None:
        self.told: list[PromptEnded | DigitPressed] = []
        self.begun: list[Prompt] = []
        self._leg = leg
        self._collector: Collector | None = None
        self._behind: deque[Prompt] = deque()
        #: Digits that no prompt has collected yet.
        self._ahead = ""

    def play(self, prompt: Prompt) -> None:
        """After those before it; nothing if it plays or waits already."""
        current = [self._collector.prompt] if self._collector else []
        if all(known.prompt != prompt.prompt for known in [*current, *self._behind]):
            self._behind.append(prompt)

    def stop(self, name: str) -> None:
        """End a prompt now; nothing if it has ended."""
        if self._collector is not None and self._collector.prompt.prompt == name:
            self._collector = None
        elif waiting := [prompt for prompt in self._behind if prompt.prompt == name]:
            self._behind.remove(waiting[0])
        else:
            return
        self.told.append(PromptEnded(leg=self._leg, prompt=name, end="stopped"))

    def press(self, digit: str, now: float) -> None:
        if self._collector is None or not self._collector.press(digit, now):
            self._ahead += digit
            self.told.append(DigitPressed(leg=self._leg, digit=digit))

    def advance(self, now: float) -> None:
        """End what is over by `now` and begin what comes next."""
        while self._collector is not None or self._behind:
            if self._collector is None:
                self._begin(self._behind.popleft(), now)
            elif (end := self._collector.end(now)) is not None:
                self._collector = None
                self.told.append(end)
            else:
                return

    def deadline(self) -> float | None:
        return self._collector.deadline() if self._collector else None

    def _begin(self, prompt: Prompt, now: float) -> None:
        self._collector = Collector(prompt, now + seconds_of(prompt.media))
        if not prompt.type_ahead:
            self._ahead = ""
        if prompt.digits is not None:
            while self._ahead and not self._collector.complete:
                self._collector.press(self._ahead[0], now)
                self._ahead = self._ahead[1:]
        self.begun.append(prompt)


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
