"""The flow model: what a flow file holds once it has been read and checked."""

from collections.abc import Collection
from functools import cached_property
from typing import Annotated

import msgspec
from msgspec import Meta

from ivr.expressions import Expressions, TypeName, about_contact, expressions_of
from ivr.fields import LanguageCode, Name, Target, VariableName
from ivr.node import Node
from ivr.nodes import AnyNode
from ivr.templates import slots


class Flow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """One phone menu.

    .. code-block:: yaml

        flow: main
        title: Main menu
        languages: [en, pl]
        start: greeting
        operator: operator
        variables: {account: text}
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
    #: What is collected, looked up and set: empty text, 0 or false at first.
    variables: Annotated[
        dict[VariableName, TypeName],
        Meta(description="a type for each variable: text, number, decimal or truth"),
    ] = {}
    nodes: Annotated[
        dict[Name, AnyNode], Meta(min_length=1, description="the nodes by their names")
    ]

    def node(self, name: str) -> Node:
        return self.nodes[name]

    @cached_property
    def targets(self) -> dict[str, dict[str, str]]:
        """By node: where its exits lead, ``error`` left out; the operator is spelled out."""
        return {
            name: {edge.exit: edge.target or self.operator for edge in node.edges()}
            for name, node in self.nodes.items()
        }

    @cached_property
    def taking_calls(self) -> frozenset[str]:
        """The nodes where everybody who begins there is answered at once: whoever they are, and
        whichever way they are led, also by what a node cannot work out."""
        found: set[str] = set()
        while more := {
            name for name in self.nodes if name not in found and self._takes(name, found)
        }:
            found |= more
        return frozenset(found)

    def _takes(self, name: str, taking: Collection[str]) -> bool:
        """Whether a node is answered at, if those that are `taking` are."""
        node = self.nodes[name]
        if name in self.about_contact:  # it waits for a store first
            return False
        led = node.takes_the_call or (
            node.leads_on and all(target in taking for target in self.targets[name].values())
        )
        rescue = node.error or self.operator
        return led and (not sources(node) or rescue in taking or rescue == name)

    @cached_property
    def expressions(self) -> Expressions:
        return expressions_of(tuple(sorted(self.variables.items())))

    @cached_property
    def about_contact(self) -> frozenset[str]:
        """The nodes that can be entered only once it is known who calls."""
        return frozenset(
            name
            for name, node in self.nodes.items()
            if any(
                about_contact(self.expressions.compile(source).names) for source in sources(node)
            )
        )


def sources(node: Node) -> list[str]:
    """All expressions of a node, those inside of its texts too."""
    found = []
    for formula in node.formulas():
        if formula.template:
            found += [slot.source for slot in slots(formula.source)]
        else:
            found.append(formula.source)
    for spoken in node.texts():
        found += [slot.source for text in spoken.texts.values() for slot in slots(text)]
    return found
