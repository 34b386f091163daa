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
        #: Their ids at Asterisk, from when they are first spoken of.
        self._ids: dict[BridgeId, str] = {}
        self._made = 0
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

    def id(self, bridge: BridgeId) -> str:
        """What it is called at Asterisk, from when it is made until it is removed."""
        if bridge not in self._ids:
            self._made += 1
            self._ids[bridge] = f"{inside(bridge)}{codec.MAKING}{self._made}"
        return self._ids[bridge]

    def place_to_hold(self, bridge: BridgeId) -> str:
        """What the place of its held legs is called at Asterisk."""
        return self.id(bridge) + codec.HELD

    def has(self, bridge: BridgeId) -> bool:
        """It is there, or being made."""
        return bridge in self._there

    def make(self, bridge: BridgeId) -> None:
        """Make a bridge unless it is there."""
        if bridge not in self._there:
            self._there.add(bridge)
            # That it is there after all (409) is as good.
            self._tell(bridge, requests.create_bridge(self.id(bridge), self._app))

    def make_place_to_hold(self, bridge: BridgeId) -> None:
        """Make the place for the legs of a bridge that are held, unless it is there."""
        if bridge not in self._holding:
            self._holding.add(bridge)
            place = self.place_to_hold(bridge)
            self._tell(bridge, requests.create_holding_bridge(place, self._app))

    def lost(self, bridge: BridgeId, place: str) -> bool:
        """Asterisk has no such place: it is made again when it is needed.

        True if it is the bridge itself: nobody is inside, and what is made next is another one.
        """
        if self._ids.get(bridge) == place:
            self._forget(bridge)
            return True
        if place == self._ids.get(bridge, "") + codec.HELD:
            self._holding.discard(bridge)
        return False

    def remove(self, bridge: BridgeId) -> Answer:
        """Remove a bridge; one that is not there costs Asterisk a look."""
        self._legs.pop(bridge, None)
        place = self.id(bridge)
        self._forget(bridge)
        return self._tell(bridge, requests.remove_bridge(place))

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
        """Know those that are there, but not where supervisors are; remove the empty ones, and what
        is left over of other makings: who is inside there is in no bridge, and will be seen so."""
        for known in (self._there, self._holding, self._ids, self._under_way, self._legs):
            known.clear()
        ours = [one for one in found if one.name == self._app]
        ours = [one for one in ours if not one.id.endswith(codec.FOLLOWING)]
        # Of several makings, the last one in which somebody is: the others are left over.
        ours.sort(key=lambda one: (bool(one.channels), codec.making_of(one.id)[1]))
        for bridge in ours:
            plain, number = codec.making_of(bridge.id)
            name = f"{self._switch}/{plain}"
            self._made = max(self._made, number)
            self._ids[name] = bridge.id.removesuffix(codec.HELD)
            self._legs.setdefault(name, set()).update(
                f"{self._switch}/{channel}" for channel in bridge.channels
            )
        for bridge in ours:
            name = f"{self._switch}/{codec.making_of(bridge.id)[0]}"
            if bridge.id == self._ids[name]:
                self._there.add(name)
            elif bridge.id == self.place_to_hold(name):
                self._holding.add(name)
            else:
                self._tell(name, requests.remove_bridge(bridge.id))
        for name in [name for name, members in self._legs.items() if not members]:
            self.remove(name)

    def _tell(self, bridge: BridgeId, request: Request) -> Answer:
        answer = self._send(self.lane(bridge), request)
        watch(answer, lambda _: None)
        self.wait_for(bridge, answer)
        return answer

    def _forget(self, bridge: BridgeId) -> None:
        if bridge in self._holding:
            self._holding.discard(bridge)
            self._tell(bridge, requests.remove_bridge(self.place_to_hold(bridge)))
        self._there.discard(bridge)
        self._ids.pop(bridge, None)

    def _done(self, bridge: BridgeId, answer: Answer) -> None:
        waiting = self._under_way.get(bridge, [])
        if answer in waiting:
            waiting.remove(answer)
        if not waiting:
            self._under_way.pop(bridge, None)


def inside(name: str) -> str:
    """The name of a leg or bridge inside its switch."""
    return name.partition("/")[2]


def lane_of(name: str, lanes: int) -> int:
    """A lane for a leg or bridge: the same one at every start."""
    return zlib.crc32(name.encode()) % lanes
