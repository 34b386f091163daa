"""Everything that callers may hear, as far as it is known before they call."""

import contextlib

from calls.errors import FlowInvalid
from calls.media import Speech
from engine.configuration import Configuration
from ivr.flow import Flow
from ivr.loading import load
from ivr.prompts import prompts, waiting_prompts


def spoken(known: Configuration) -> list[Speech]:
    """The prompts of the flows in use, in all their languages: the first that callers hear."""
    return list(dict.fromkeys(speech for flow in _flows(known) for speech in prompts(flow)))


def spoken_while_waiting(known: Configuration) -> list[Speech]:
    """What callers in the queues hear, in all the languages of the flows."""
    languages = dict.fromkeys(language for flow in _flows(known) for language in flow.languages)
    found = [
        speech for queue in known.queues.values() for speech in waiting_prompts(queue, languages)
    ]
    return list(dict.fromkeys(found))


def _flows(known: Configuration) -> list[Flow]:
    found = []
    for name, published in known.flows.items():
        with contextlib.suppress(FlowInvalid):  # the running center refuses it, and says why
            found.append(load(published.source, name))
    return found
