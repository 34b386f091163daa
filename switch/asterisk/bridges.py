"""The bridges of one Asterisk, made before they are needed and removed when nobody is inside."""

import zlib
from collections.abc import Callable, Iterable

import structlog

from calls.base import BridgeId
from switch.asterisk import codec
from switch.asterisk.ari import Answer
from switch.asterisk.codec import Request
from switch.asterisk.legs import watch

log = structlog.get_logger()


class Bridges:
    """Which bridges are there, and the lane over which each is told what to do.

    `send` puts a request on a lane; ours are known by `app`, which they have as their name.
    """

    def __init__(
        self, switch: str, app: str, lanes: int, send: Callable[[int, Request], Answer]
    ) -> None:
        self._switch = switch
        self._app = app
        self._lanes = lanes
        self._send = send
        self._there: dict[BridgeId, int] = {}
        #: Found empty, and the lane on which their removal is: made again, they must come after it.
        self._emptied: dict[BridgeId, int] = {}

    def lane(self, bridge: BridgeId) -> int | None:
        """Where requests about it go; None for one that may go anywhere."""
        return self._there.get(bridge, self._emptied.get(bridge))

    def make(self, bridge: BridgeId, lane: int) -> int:
        """Make a bridge unless it is there; gives its lane."""
        if bridge not in self._there:
            self._there[bridge] = lane = self._emptied.pop(bridge, lane)
            # That it is there after all (409) is as good.
            _forget(self._send(lane, codec.create_bridge(inside(bridge), self._app)))
        return self._there[bridge]

    def add(self, bridge: BridgeId, channels: Iterable[str]) -> Answer:
        return self._send(self._there[bridge], codec.add_to_bridge(inside(bridge), channels))

    def remove(self, bridge: BridgeId) -> None:
        """Remove a bridge; nothing if it is not there."""
        lane = self._there.pop(bridge, lane_of(bridge, self._lanes))
        _forget(self._send(lane, codec.remove_bridge(inside(bridge))))

    def take_over(self, found: Iterable[codec.Bridge]) -> None:
        """Know those that are there; remove the empty ones of ours."""
        self._there, self._emptied = {}, {}
        for bridge in found:
            if bridge.name != self._app:
                continue
            name = f"{self._switch}/{bridge.id}"
            self._there[name] = lane_of(name, self._lanes)
            if len(bridge.channels) < 2:
                log.warning("asterisk.orphan_bridge", bridge=name, members=bridge.channels)
            if not bridge.channels:
                self.remove(name)
                self._emptied[name] = lane_of(name, self._lanes)


def inside(name: str) -> str:
    """The id of a leg or bridge inside its switch."""
    return name.partition("/")[2]


def lane_of(name: str, lanes: int) -> int:
    """A lane for a leg or bridge: the same one at every start."""
    return zlib.crc32(name.encode()) % lanes


def _forget(answer: Answer) -> None:
    """Nobody minds how it ends."""
    watch(answer, lambda _: None)
