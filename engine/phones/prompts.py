"""The prompts that callers of a center can hear, as the files that are played."""

from engine import configuration
from engine.phones.hearing import PromptFile
from engine.prompts import spoken, spoken_while_waiting
from engine.settings import Settings
from engine.storage import Database
from engine.voices.defaults import default_voices, please_hold


def known_prompts(settings: Settings) -> list[PromptFile]:
    """Every prompt of the center's flows and queues, rendered if it was not yet.

    Raises `DatabaseUnreachable`, and `MediaMissing` where no voice can say one.
    """
    with Database(settings.database_url).session() as session:
        known = configuration.read(session)
    voices = default_voices(settings)
    speeches = [*spoken(known), *spoken_while_waiting(known)]
    voices.prerender(speeches)
    files = [PromptFile(speech.name, speech.language, voices.file(speech)) for speech in speeches]
    files += [
        PromptFile("system.please-hold", language, path)
        for language, path in please_hold(voices).items()
    ]
    return files
