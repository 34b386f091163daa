"""Everything that callers may hear, as far as it is known before they call."""

import contextlib

from calls.errors import FlowInvalid
from calls.media import Speech
from engine.configuration import Configuration
from ivr.loading import load
from ivr.prompts import prompts, waiting_prompts


def spoken(known: Configuration) -> list[Speech]:
    """The prompts of the flows in use and of the queues, in all the languages of the flows."""
    flows = []
    for name, published in known.flows.items():
        with contextlib.suppress(FlowInvalid):  # the running center refuses it, and says why
            flows.append(load(published.source, name))
    languages = dict.fromkeys(language for flow in flows for language in flow.languages)
    found = [speech for flow in flows for speech in prompts(flow)]
    for queue in known.queues.values():
        found += waiting_prompts(queue, languages)
    return list(dict.fromkeys(found))
