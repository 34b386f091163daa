"""The voices of a center, and what it says by itself."""

from pathlib import Path

from calls.media import Speech
from engine.settings import Settings
from engine.voices.cache import VoiceCache
from engine.voices.engine import Engine
from engine.voices.espeak import Espeak

_PROMPTS = Path(__file__).resolve().parents[2] / "dialplans" / "prompts"
_PLEASE_HOLD = {
    "en": "We will be with you in a moment. Please stay on the line.",
    "pl": "Za chwilę odbierzemy. Prosimy pozostać na linii.",
    "uk": "Ми відповімо за мить. Будь ласка, залишайтеся на лінії.",
}


def engines() -> list[Engine]:
    """The text-to-speech engines of this machine, best first."""
    espeak = Espeak.found()
    return [espeak] if espeak else []


def default_voices(settings: Settings) -> VoiceCache:
    """Recordings in ``<home>/prompts``, then those of the repository, then the engines."""
    folders = (settings.home / "prompts", _PROMPTS)
    return VoiceCache(settings.home / "voices", folders, engines())


def please_hold(voices: VoiceCache) -> dict[str, Path]:
    """What Asterisk says by itself while Ringdesk is down: the file by language."""
    return {
        language: voices.file(Speech(name="system.please-hold", language=language, text=text))
        for language, text in _PLEASE_HOLD.items()
    }
