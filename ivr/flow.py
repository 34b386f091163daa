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
        """The nodes where everybody who begins there is answered at once, whichever way they are
        led, unless a node fails."""
        found = {name for name, node in self.nodes.items() if node.takes_the_call}
        while True:
            more = {
                name
                for name, node in self.nodes.items()
                if node.leads_on and name not in found and found.issuperset(self._next(name))
            }
            if not more:
                return frozenset(found)
            found |= more

    def _next(self, name: str) -> Collection[str]:
        return self.targets[name].values()

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
