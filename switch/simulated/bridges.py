"""Which simulated legs hear one another."""

from collections.abc import Iterable

from calls.base import BridgeId
from switch.simulated.leg import Leg


class Bridges:
    """A leg is in one bridge at most; a bridge that nobody is left in is gone."""

    def __init__(self) -> None:
        #: Who is in a bridge, in the order of joining, and whether their conversation has begun.
        self._members: dict[BridgeId, dict[str, tuple[Leg, bool]]] = {}

    def __contains__(self, bridge: BridgeId) -> bool:
        return bridge in self._members

    def join(self, bridge: BridgeId, legs: Iterable[Leg]) -> list[Leg]:
        """Put legs into a bridge, out of any other; gives those whose conversation begins now."""
        members = self._members.setdefault(bridge, {})
        for leg in legs:
            if leg.bridge != bridge:
                self.leave(leg)
                leg.bridge = bridge
                members[leg.id] = (leg, False)
        if len(members) < 2:
            return []
        begin = [leg for leg, talks in members.values() if not talks]
        for leg in begin:
            members[leg.id] = (leg, True)
        return begin

    def leave(self, leg: Leg) -> None:
        if leg.bridge is None:
            return
        members = self._members[leg.bridge]
        del members[leg.id]
        if not members:
            del self._members[leg.bridge]
        elif len(members) == 1:  # whoever comes next begins another conversation
            [(last, _)] = members.values()
            members[last.id] = (last, False)
        leg.bridge = None

    def remove(self, bridge: BridgeId) -> None:
        """Its legs, if any are left, are alone."""
        for leg, _ in self._members.pop(bridge, {}).values():
            leg.bridge = None
