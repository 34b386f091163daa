"""What a flow may see of the center around it, while a caller walks through it."""

from typing import TYPE_CHECKING, Protocol

import msgspec

from calls.base import QueueId

if TYPE_CHECKING:
    from ivr.flow import Flow


class QueueNow(msgspec.Struct, frozen=True, kw_only=True):
    """A queue's live figures; times are seconds. See `ivr.expressions.FIGURES`."""

    waiting: int = 0
    #: How long the caller at its head has waited.
    longest: int = 0
    #: The longest wait that a caller who came now should expect; -1 where nobody can say.
    expected: int = -1
    #: Agents who could take a call at once; agents who are signed in.
    ready: int = 0
    signed_in: int = 0
    #: Callers are let in.
    open: bool = True


class Surroundings(Protocol):
    def newest(self, name: str) -> int | None:
        """The version of a flow that callers who come to it now walk; None for no such flow."""

    def flow(self, name: str, version: int) -> "Flow":
        """A flow that `newest` has named, for as long as a caller is in it."""

    def queue(self, name: QueueId) -> QueueNow | None:
        """None for no such queue."""


class Alone:
    """No other flows, no queues."""

    def newest(self, name: str) -> int | None:  # noqa: ARG002
        return None

    def flow(self, name: str, version: int) -> "Flow":
        raise LookupError(f"{name}@{version}")

    def queue(self, name: QueueId) -> QueueNow | None:  # noqa: ARG002
        return None
