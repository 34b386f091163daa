"""All that callers may hear, known in advance so that it can be rendered before they call."""

from collections.abc import Iterable

from calls.base import Language
from calls.config import Queue
from calls.media import Speech
from ivr import phrases
from ivr.flow import Flow
from ivr.node import speech_name


def prompts(flow: Flow) -> list[Speech]:
    """Every prompt of a flow, in all its languages."""
    return [
        Speech(name=speech_name(flow.flow, name, spoken.part), language=language, text=text)
        for name, node in flow.nodes.items()
        for spoken in node.texts()
        for language, text in spoken.texts.items()
    ]


def waiting_prompts(queue: Queue, languages: Iterable[Language], up_to: int = 10) -> list[Speech]:
    """What callers in a queue hear, up to a position; nothing where none is announced."""
    if not queue.announce_every:
        return []
    return [
        speech
        for language in languages
        for speech in (
            phrases.thanks(language),
            *(phrases.position(place, language) for place in range(1, up_to + 1)),
        )
    ]
