"""The shape of a text-to-speech engine. Each one is a module here; `defaults` chooses."""

from typing import Protocol

from engine.voices.sound import Sound


class Engine(Protocol):
    """Speaks texts. A rendered prompt is cached by `name`, `version` and `manner` among others."""

    name: str
    version: str
    #: Speed and whatever else changes the sound.
    manner: str

    def voice(self, language: str) -> str | None:
        """The voice for an ISO 639-1 language; None if it does not speak that."""

    def speak(self, text: str, voice: str) -> Sound:
        """The text spoken, at the engine's own rate. Any thread.

        Raises `calls.errors.MediaMissing` if it cannot.
        """
