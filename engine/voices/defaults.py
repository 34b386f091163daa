"""The voices of a center, and what it says by itself."""

from collections.abc import Callable
from pathlib import Path

from calls.media import Speech
from engine.parts.progress import Progress
from engine.settings import Settings
from engine.voices.cache import VoiceCache
from engine.voices.engine import Engine
from engine.voices.espeak import Espeak
from engine.voices.hibari import Hibari
from engine.voices.rhvoice import RHVoice

_PROMPTS = Path(__file__).resolve().parents[2] / "dialplans" / "prompts"
_PLEASE_HOLD = {
    "en": "We will be with you in a moment. Please stay on the line.",
    "pl": "Za chwilę odbierzemy. Prosimy pozostać na linii.",
    "uk": "Ми відповімо за мить. Будь ласка, залишайтеся на лінії.",
}


def engines(settings: Settings, progress: Progress | None = None) -> list[Engine]:
    """The text-to-speech engines of this machine that the settings name, best first; with
    `progress`, missing ones that can be are fetched, and the others are told of."""
    find: dict[str, Callable[[], Engine | None]] = {
        "hibari": Hibari.found,
        "rhvoice": lambda: RHVoice.found(settings.parts, progress),
        "espeak-ng": Espeak.found,
    }
    found = {name: find[name]() for name in settings.voices}
    if found.get("hibari", True) is None and progress is not None:
        progress.note("The voice hibari is not installed: pip install hibari-tts")
    return [engine for engine in found.values() if engine is not None]


def default_voices(settings: Settings, progress: Progress | None = None) -> VoiceCache:
    """Recordings in ``<home>/prompts``, then those of the repository, then the engines."""
    folders = (settings.home / "prompts", _PROMPTS)
    return VoiceCache(settings.home / "voices", folders, engines(settings, progress))


def please_hold(voices: VoiceCache) -> dict[str, Path]:
    """What Asterisk says by itself while Ringdesk is down: the file by language."""
    return {
        language: voices.file(Speech(name="system.please-hold", language=language, text=text))
        for language, text in _PLEASE_HOLD.items()
    }
