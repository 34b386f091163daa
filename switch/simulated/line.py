"""What one simulated leg hears and presses: prompts one after the other, music, digits."""

from collections import deque
from typing import Final

from calls.base import LegId
from calls.commands import Prompt
from calls.events import DigitPressed, PromptEnded
from calls.media import Media, Speech
from switch.collector import Collector

#: Speech is about this fast; a prompt's length follows from its text.
CHARACTERS_PER_SECOND: Final = 15.0


def seconds_of(media: tuple[Media, ...]) -> float:
    """How long a prompt takes to play."""
    seconds = 0.0
    for item in media:
        if isinstance(item, Speech):
            seconds += len(item.text) / CHARACTERS_PER_SECOND
        else:
            seconds += item.milliseconds / 1000
    return seconds


class Line:
    """A small machine: told what to play and what is pressed, it is `advance`d to the time.

    What it has to tell is in `told`, the prompts that have begun to play in `begun`; whoever
    drives it takes both away.
    """

    def __init__(self, leg: LegId) -> None:
        self.told: list[PromptEnded | DigitPressed] = []
        self.begun: list[Prompt] = []
        self._leg = leg
        self._prompt: Prompt | None = None
        self._collector: Collector
        self._behind: deque[Prompt] = deque()
        #: Digits that no prompt has collected yet.
        self._ahead = ""

    def play(self, prompt: Prompt) -> None:
        """After those before it; nothing if it plays or waits already."""
        name, current = prompt.prompt, self._prompt
        if current is not None and current.prompt == name:
            return
        if not self._behind or all(known.prompt != name for known in self._behind):
            self._behind.append(prompt)

    def stop(self, name: str) -> None:
        """End a prompt now; nothing if it has ended."""
        if self._prompt is not None and self._prompt.prompt == name:
            self._prompt = None
        elif waiting := [prompt for prompt in self._behind if prompt.prompt == name]:
            self._behind.remove(waiting[0])
        else:
            return
        self.told.append(PromptEnded(leg=self._leg, prompt=name, end="stopped"))

    def press(self, digit: str, now: float) -> None:
        if self._prompt is None or not self._collector.press(digit, now):
            self._ahead += digit
            self.told.append(DigitPressed(leg=self._leg, digit=digit))
        if self._prompt is not None and self._collector.interrupted:
            self._collector.silent(now)

    def advance(self, now: float) -> None:
        """End what is over by `now` and begin what comes next."""
        while self._prompt is not None or self._behind:
            if self._prompt is None:
                self._begin(self._behind.popleft(), now)
            elif (outcome := self._collector.outcome(now)) is not None:
                name, digits, self._prompt = self._prompt.prompt, self._collector.digits, None
                self.told.append(
                    PromptEnded(leg=self._leg, prompt=name, end=outcome, digits=digits)
                )
            else:
                return

    def deadline(self) -> float | None:
        return self._collector.deadline() if self._prompt is not None else None

    def _begin(self, prompt: Prompt, now: float) -> None:
        self._prompt = prompt
        self._collector = Collector(prompt.digits, barge_in=prompt.barge_in)
        self._collector.silent(now + seconds_of(prompt.media))
        if not prompt.type_ahead:
            self._ahead = ""
        self._ahead = self._collector.type_ahead(self._ahead, now)
        if self._collector.interrupted:
            self._collector.silent(now)
        self.begun.append(prompt)
