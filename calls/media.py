"""What a caller hears, described so that any switch can play it."""

from typing import TypeAlias

from calls.base import Language, Word


class Speech(Word):
    """A text spoken in a language.

    `name` says which prompt of which flow it is (``"main.menu"``); a recording of that name and
    language wins over the rendered voice.
    """

    name: str
    language: Language
    text: str


class Tone(Word):
    """A beep of `frequency` hertz for `milliseconds`."""

    frequency: int = 440
    milliseconds: int = 200


Media: TypeAlias = Speech | Tone


class DigitRule(Word):
    """When the digits pressed during and after a prompt are complete.

    The times are seconds; `first_timeout` runs from the end of the prompt.
    """

    max_digits: int = 1
    terminators: str = "#"
    first_timeout: float = 5.0
    inter_timeout: float = 3.0
