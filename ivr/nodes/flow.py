"""Walk through another flow, and come back."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from ivr.fields import Name, Next
from ivr.node import Descend, Edge, Node, Reference, Return, Step
from ivr.visit import Visit


class FlowNode(Node, frozen=True, kw_only=True):
    """Let another flow do a part that several need; it ends with a ``return`` node. Variables of
    the same name are the same in both. Its newest version is taken when the caller comes here.

    .. code-block:: yaml

        identify:
          kind: flow
          flow: identify
          entry: ""       # its own start when empty
          next: menu
    """

    flow: Name
    entry: Annotated[str, Meta(description="the name of a node of that flow")] = ""
    next: Next

    def enter(self, visit: Visit) -> Step:  # noqa: ARG002
        return Descend(flow=self.flow, entry=self.entry)

    def edges(self) -> Sequence[Edge]:
        return (Edge(exit="next", target=self.next, path=("next",)),)

    def names(self) -> Sequence[Reference]:
        return (Reference(what="flow", name=self.flow, path=("flow",)),)


class ReturnNode(Node, frozen=True, kw_only=True):
    """Go back to the flow that this one was entered from; the end of the call where there is none.

    .. code-block:: yaml

        done:
          kind: return
    """

    ends = True

    def enter(self, visit: Visit) -> Step:  # noqa: ARG002
        return Return()
