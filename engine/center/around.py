"""What flows see of the center around them: other flows, and the queues' live figures."""

from typing import TYPE_CHECKING

from calls.base import Instant, QueueId
from ivr.flow import Flow
from ivr.surroundings import QueueNow

if TYPE_CHECKING:
    from engine.center.center import CallCenter


class Around:
    """The `ivr.surroundings.Surroundings` of all sessions of a center."""

    def __init__(self, center: "CallCenter") -> None:
        self._center = center
        #: The time of the step that is being made.
        self.now: Instant = 0.0

    def newest(self, name: str) -> int | None:
        return self._center.state.newest.get(name)

    def flow(self, name: str, version: int) -> Flow:
        return self._center.shelf.flow(name, version)

    def queue(self, name: QueueId) -> QueueNow | None:
        view = self._center.acd.queue_view(name, self.now)
        if view is None:
            return None
        since = self.now if view.longest_since is None else view.longest_since
        busy = view.reserved + view.talking + view.wrap_up + view.not_ready
        return QueueNow(
            waiting=view.waiting,
            longest=int(self.now - since),
            expected=-1 if view.expected is None else int(view.expected[1]),
            ready=view.ready,
            signed_in=view.ready + busy,
            open=not view.closed,
        )
