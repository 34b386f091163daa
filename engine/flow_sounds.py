"""What callers of a flow hear, for those who write it."""

from functools import cached_property
from pathlib import Path

from calls.media import Speech
from engine.settings import Settings
from engine.voices import VoiceCache, default_voices


class FlowSounds:
    """Prompts as files, rendered when they are first asked for. Any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def file(self, name: str, language: str, text: str) -> Path:
        """The recording of that name, else the text as a voice says it. Raises `MediaMissing`."""
        return self._voices.file(Speech(name=name, language=language, text=text))

    def ready(self, prompt: Speech) -> Path | None:
        """Its file, if nothing has to be rendered for it."""
        return self._voices.ready(prompt)

    @cached_property
    def _voices(self) -> VoiceCache:
        return default_voices(self._settings)
