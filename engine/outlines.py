"""What an administrator must know of a flow to send callers into it."""

from collections.abc import Iterable

import msgspec

from calls.actions import PublishFlow
from calls.errors import FlowInvalid
from ivr import loading


class Outline(msgspec.Struct, frozen=True):
    flow: str
    title: str
    languages: tuple[str, ...]
    #: Titles by name; a node without one is called by its name.
    nodes: dict[str, str]


def outlines(flows: Iterable[PublishFlow]) -> list[Outline]:
    """One for each flow that can be used."""
    found = []
    for flow in flows:
        try:
            known = loading.load(flow.source, flow.flow)
        except FlowInvalid:
            continue  # of an older Ringdesk: no caller comes into it
        nodes = {name: node.title or name for name, node in known.nodes.items()}
        found.append(Outline(flow.flow, known.title or flow.flow, tuple(known.languages), nodes))
    return found
