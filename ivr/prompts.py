"""All that callers may hear, known in advance so that it can be rendered before they call."""

from collections.abc import Iterable

from calls.base import Language
from calls.config import Queue
from calls.media import Speech
from ivr import phrases
from ivr.flow import Flow
from ivr.live import messages
from ivr.nodes.queue import QueueNode
from ivr.visit import fixed_speech

#: Minutes up to which every wait is rendered in advance.
_WAITS_UP_TO = 5


def prompts(flow: Flow) -> list[Speech]:
    """Every prompt of a flow, in all its languages; of texts with values, what is around them."""
    said = [
        speech
        for name, node in flow.nodes.items()
        for spoken in node.texts()
        for language, text in spoken.texts.items()
        for speech in fixed_speech(flow.flow, name, spoken.part, language, text)
    ]
    return said + callback_prompts(flow)


def waiting_prompts(queue: Queue, languages: Iterable[Language], up_to: int = 10) -> list[Speech]:
    """What callers in a queue hear: its messages, positions up to `up_to`, short waits. What is
    said more rarely is rendered when it is."""
    if not queue.announce_every:
        return []
    found = []
    for language in languages:
        found.append(phrases.thanks(language))
        found += messages(queue, language)
        if queue.announce_position:
            found += [phrases.position(place, language) for place in range(1, up_to + 1)]
        if queue.announce_wait:
            found += [
                phrases.wait(least, most, language)
                for most in range(1, _WAITS_UP_TO + 1)
                for least in range(1, most + 1)
            ]
    return found


def callback_prompts(flow: Flow) -> list[Speech]:
    """What callers hear who may keep their place, as far as queues of this flow let them."""
    keys = {node.callback for node in flow.nodes.values() if isinstance(node, QueueNode)} - {""}
    return [
        speech
        for language in (flow.languages if keys else ())
        for speech in (
            *(phrases.callback_invitation(key, language) for key in sorted(keys)),
            phrases.callback_offer(language),
            phrases.callback_goodbye(language),
        )
    ]
