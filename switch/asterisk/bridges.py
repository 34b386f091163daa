"""The bridges of one Asterisk, made before they are needed and removed when nobody is inside."""

import zlib
from collections.abc import Callable, Collection, Iterable

from calls.base import BridgeId, LegId
from switch.asterisk import codec
from switch.asterisk.ari import Answer
from switch.asterisk.codec import Request
from switch.asterisk.replies import watch


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
        #: The legs inside, on their way in, or rung for it.
        self._legs: dict[BridgeId, set[LegId]] = {}
        #: On the way out, over that lane: made again, they must come after it.
        self._going: dict[BridgeId, int] = {}

    def lane(self, bridge: BridgeId) -> int | None:
        """Where requests about it go; None for one that may go anywhere."""
        return self._there.get(bridge, self._going.get(bridge))

    def make(self, bridge: BridgeId, lane: int) -> int:
        """Make a bridge unless it is there; gives its lane."""
        if bridge not in self._there:
            self._there[bridge] = lane = self._going.pop(bridge, lane)
            # That it is there after all (409) is as good.
            _forget(self._send(lane, codec.create_bridge(inside(bridge), self._app)))
        return self._there[bridge]

    def add(self, bridge: BridgeId, channels: Iterable[str]) -> Answer:
        return self._send(self._there[bridge], codec.add_to_bridge(inside(bridge), channels))

    def remove(self, bridge: BridgeId) -> Answer:
        """Remove a bridge; nothing if it is not there."""
        self._legs.pop(bridge, None)
        lane = self._there.pop(bridge, lane_of(bridge, self._lanes))
        answer = self._send(lane, codec.remove_bridge(inside(bridge)))
        self._going[bridge] = lane
        answer.add_done_callback(lambda _: self._going.pop(bridge, None))
        _forget(answer)
        return answer

    def legs(self, bridge: BridgeId) -> Collection[LegId]:
        """Who is inside, on the way in, or rung for it."""
        return self._legs.get(bridge, ())

    def entered_by(self, bridge: BridgeId, leg: LegId) -> None:
        self._legs.setdefault(bridge, set()).add(leg)

    def left_by(self, bridge: BridgeId, leg: LegId) -> bool:
        """True if it is known and nobody belongs to it now."""
        legs = self._legs.get(bridge, set())
        legs.discard(leg)
        return not legs and self._legs.pop(bridge, None) is not None

    def take_over(self, found: Iterable[codec.Bridge]) -> None:
        """Know those that are there; remove the empty ones of ours."""
        self._there, self._going, self._legs = {}, {}, {}
        for bridge in found:
            if bridge.name != self._app:
                continue
            name = f"{self._switch}/{bridge.id}"
            self._there[name] = lane_of(name, self._lanes)
            self._legs[name] = {f"{self._switch}/{channel}" for channel in bridge.channels}
            if not bridge.channels:
                self.remove(name)


def inside(name: str) -> str:
    """The id of a leg or bridge inside its switch."""
    return name.partition("/")[2]


def lane_of(name: str, lanes: int) -> int:
    """A lane for a leg or bridge: the same one at every start."""
    return zlib.crc32(name.encode()) % lanes


def _forget(answer: Answer) -> None:
    """Nobody minds how it ends."""
    watch(answer, lambda _: None)
