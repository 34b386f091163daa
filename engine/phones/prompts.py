"""The prompts that callers of a center can hear, as the files that are played."""

import contextlib

from calls.errors import FlowInvalid
from calls.media import Speech
from engine import configuration
from engine.phones.hearing import PromptFile
from engine.settings import Settings
from engine.storage import Database
from engine.voices.defaults import default_voices, please_hold
from ivr.loading import load
from ivr.prompts import prompts, waiting_prompts


def known_prompts(settings: Settings) -> list[PromptFile]:
    """Every prompt of the center's flows and queues, rendered if it was not yet.

    Raises `DatabaseUnreachable`, and `MediaMissing` where no voice can say one.
    """
    voices = default_voices(settings)
    files = [
        PromptFile(speech.name, speech.language, voices.file(speech))
        for speech in dict.fromkeys(_speeches(settings))
    ]
    files += [
        PromptFile("system.please-hold", language, path)
        for language, path in please_hold(voices).items()
    ]
    return files


def _speeches(settings: Settings) -> list[Speech]:
    with Database(settings.database_url).session() as session:
        center = configuration.read(session)
    flows = []
    for name, published in center.flows.items():
        with contextlib.suppress(FlowInvalid):  # the running center refuses it, and says why
            flows.append(load(published.source, name))
    languages = dict.fromkeys(language for flow in flows for language in flow.languages)
    spoken = [speech for flow in flows for speech in prompts(flow)]
    for queue in center.queues.values():
        spoken += waiting_prompts(queue, languages)
    return spoken
