"""End the call."""

from ivr.messages import Finished
from ivr.node import Node, Step
from ivr.visit import Visit


class HangupNode(Node, frozen=True, kw_only=True):
    """Hang up. What there is to say comes before it, in a ``say`` node.

    .. code-block:: yaml

        goodbye:
          kind: hangup
    """

    ends = True

    def enter(self, visit: Visit) -> Step:  # noqa: ARG002
        return Finished(outcome="completed")
