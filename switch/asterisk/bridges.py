"""The bridges of one Asterisk, made before they are needed and removed when nobody is inside."""

import zlib
from collections.abc import Callable, Collection, Iterable

from calls.base import BridgeId, LegId
from switch.asterisk import codec, requests
from switch.asterisk.ari import Answer
from switch.asterisk.replies import watch
from switch.asterisk.requests import Request


class Bridges:
    """Which bridges are there, and who belongs to each.

    `send` puts a request on a lane; ours are known by `app`, which they have as their name.
    """

    def __init__(
        self, switch: str, app: str, lanes: int, send: Callable[[int, Request], Answer]
    ) -> None:
        self._switch = switch
        self._app = app
        self._lanes = lanes
        self._send = send
        self._there: set[BridgeId] = set()
        #: Those that have a place for held legs.
        self._holding: set[BridgeId] = set()
        #: Made or removed just now, or with somebody on the way in: not answered yet.
        self._under_way: dict[BridgeId, list[Answer]] = {}
        #: The legs inside, on their way in, or rung for it.
        self._legs: dict[BridgeId, set[LegId]] = {}

    def under_way(self, bridge: BridgeId) -> list[Answer]:
        """What must be done before the bridge is used or removed."""
        return [answer for answer in self._under_way.get(bridge, ()) if not answer.done()]

    def lane(self, bridge: BridgeId) -> int:
        """Where it is made and removed."""
        return lane_of(bridge, self._lanes)

    def has(self, bridge: BridgeId) -> bool:
        """It is there, or being made."""
        return bridge in self._there

    def make(self, bridge: BridgeId) -> None:
        """Make a bridge unless it is there."""
        if bridge not in self._there:
            self._there.add(bridge)
            # That it is there after all (409) is as good.
            self._tell(bridge, requests.create_bridge(inside(bridge), self._app))

    def make_place_to_hold(self, bridge: BridgeId) -> None:
        """Make the place for the legs of a bridge that are held, unless it is there."""
        if bridge not in self._holding:
            self._holding.add(bridge)
            place = place_to_hold(bridge)
            self._tell(bridge, requests.create_holding_bridge(place, self._app))

    def remove(self, bridge: BridgeId) -> Answer:
        """Remove a bridge; nothing if it is not there."""
        self._there.discard(bridge)
        self._legs.pop(bridge, None)
        if bridge in self._holding:
            self._holding.discard(bridge)
            self._tell(bridge, requests.remove_bridge(place_to_hold(bridge)))
        return self._tell(bridge, requests.remove_bridge(inside(bridge)))

    def wait_for(self, bridge: BridgeId, answer: Answer) -> None:
        """The bridge is not removed before this is done."""
        waiting = self._under_way.setdefault(bridge, [])
        waiting.append(answer)
        answer.add_done_callback(lambda _: self._done(bridge, answer))

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
        """Know those that are there, but not where supervisors are; remove the empty ones."""
        self._there, self._holding, self._under_way, self._legs = set(), set(), {}, {}
        ours = (bridge for bridge in found if bridge.name == self._app)
        for bridge in (one for one in ours if not one.id.endswith(codec.FOLLOWING)):
            name = f"{self._switch}/{bridge.id.removesuffix(codec.HELD)}"
            (self._holding if bridge.id.endswith(codec.HELD) else self._there).add(name)
            members = self._legs.setdefault(name, set())
            members |= {f"{self._switch}/{channel}" for channel in bridge.channels}
        for name in [name for name, members in self._legs.items() if not members]:
            self.remove(name)

    def _tell(self, bridge: BridgeId, request: Request) -> Answer:
        answer = self._send(self.lane(bridge), request)
        watch(answer, lambda _: None)
        self.wait_for(bridge, answer)
        return answer

    def _done(self, bridge: BridgeId, answer: Answer) -> None:
        waiting = self._under_way.get(bridge, [])
        if answer in waiting:
            waiting.remove(answer)
        if not waiting:
            self._under_way.pop(bridge, None)


def place_to_hold(bridge: BridgeId) -> str:
    """The id, at Asterisk, of where the held legs of a bridge are."""
    return inside(bridge) + codec.HELD


def inside(name: str) -> str:
    """The id of a leg or bridge inside its switch."""
    return name.partition("/")[2]


def lane_of(name: str, lanes: int) -> int:
    """A lane for a leg or bridge: the same one at every start."""
    return zlib.crc32(name.encode()) % lanes
