"""The flow model: what a flow file holds once it has been read and checked."""

from typing import Annotated

import msgspec
from msgspec import Meta

from ivr.fields import LanguageCode, Name, Target
from ivr.node import Node
from ivr.nodes import AnyNode


class Flow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One phone menu.

    .. code-block:: yaml

        flow: main
        title: Main menu
        languages: [en, pl]
        start: greeting
        operator: operator
        nodes:
          greeting: {kind: say, text: {en: Hello., pl: Dzień dobry.}, next: operator}
          operator: {kind: queue, queue: support}
    """

    #: The flow's name: what numbers refer to and what its prompts' names begin with.
    flow: Name
    title: str = ""
    #: Every text is there in all of these. A caller with another language gets the first.
    languages: Annotated[
        tuple[LanguageCode, ...], Meta(min_length=1, description="a list of language codes")
    ]
    #: The node where callers begin.
    start: Target
    #: Other nodes where a number may let its callers begin.
    entries: Annotated[tuple[Target, ...], Meta(description="a list of nodes")] = ()
    #: Where callers go who cannot be served otherwise: a queue or the way to one.
    operator: Target
    nodes: Annotated[
        dict[Name, AnyNode], Meta(min_length=1, description="the nodes by their names")
    ]

    def node(self, name: str) -> Node:
        return self.nodes[name]

    def targets(self, name: str) -> dict[str, str]:
        """Where the exits of a node lead, ``error`` left out; the operator is spelled out."""
        return {edge.exit: edge.target or self.operator for edge in self.nodes[name].edges()}
