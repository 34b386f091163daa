"""Who hears whom: legs that are joined, and those among them that are held.

A held leg is in another bridge at Asterisk, where nobody is heard: whatever else happens to it
there, a tone or its phone's own hold, it never hears the conversation. For us, it is in the bridge.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from calls.base import BridgeId, LegId
from calls.commands import Hold, Join, StopMusic, Unhold
from calls.errors import SwitchUnreachable
from calls.events import CommandFailed
from switch.asterisk import codec, requests
from switch.asterisk.bridges import Bridges
from switch.asterisk.codec import Reply
from switch.asterisk.lanes import Answer
from switch.asterisk.legs import Leg, Wire
from switch.asterisk.replies import describe, watch

#: The status of a leg that is to enter a bridge which is not there.
NO_SUCH_BRIDGE = 404
#: Those of a leg that is gone, or on its way out of our application.
LEG_GONE = (400, 422)
GONE = (NO_SUCH_BRIDGE, *LEG_GONE)


class Conversations:
    """`moved` is called with each leg that comes to a bridge or leaves one while it is up."""

    def __init__(
        self,
        wire: Wire,
        legs: Mapping[LegId, Leg],
        bridges: Bridges,
        moved: Callable[[Leg], None],
    ) -> None:
        self._wire = wire
        self._legs = legs
        self._bridges = bridges
        self._moved = moved

    def take_over(self, found: Iterable[codec.Bridge]) -> None:
        """Know where each leg is."""
        places = {channel: bridge.id for bridge in found for channel in bridge.channels}
        for leg in self._legs.values():
            leg.place = places.get(leg.channel, "")

    def join(self, command: Join) -> None:
        legs = [self._legs[leg] for leg in command.legs if leg in self._legs]
        if len(legs) < len(command.legs) or not legs:
            missing = ", ".join(leg for leg in command.legs if leg not in self._legs)
            detail = f"no such leg: {missing}"
            self._wire.tell(CommandFailed(command=command, gone=True, detail=detail))
            return
        self._bridges.make(command.bridge)
        outside = [leg for leg in legs if not leg.joined or leg.bridge != command.bridge]
        for leg in outside:
            self.expect(leg, command.bridge)
            leg.joined = True
        # If all should be inside already, somebody has seen that one is not.
        self._place(command, outside or legs)

    def unbridge(self, bridge: BridgeId) -> None:
        legs = [self._legs[leg] for leg in self._bridges.legs(bridge) if leg in self._legs]
        answer = self._bridges.remove(bridge)
        for leg in legs:
            leg.bridge, leg.joined, leg.settling, leg.place = "", False, answer, ""
            self._moved(leg)

    def hold(self, leg: Leg, command: Hold) -> None:
        already = leg.held is not None and leg.held.music == command.music
        leg.hold(command)  # told again its music begins, if a lost link kept that away
        if leg.joined and not already:
            self._place(command, [leg])

    def unhold(self, leg: Leg, command: Unhold) -> None:
        if leg.held is not None:
            leg.unhold()
            # Where it could not be held, it may hear the music in the conversation itself.
            if leg.joined or (leg.bridge and leg.place):
                leg.joined = True
                self._place(command, [leg])

    def stop_music(self, leg: Leg, command: StopMusic) -> None:
        """Music in a bridge, as in an agent's line that waits, ends on the way back to it."""
        if leg.joined and leg.has_music:
            self._place(command, [leg])
        else:
            leg.stop_music()

    def expect(self, leg: Leg, bridge: BridgeId) -> None:
        """The leg belongs to that bridge from now on, and to no other."""
        self.leave(leg)
        self._bridges.entered_by(bridge, leg.id)
        leg.bridge = bridge

    def leave(self, leg: Leg) -> bool:
        """The leg belongs to no bridge; True if nobody belongs to that which it was in."""
        deserted = self._bridges.left_by(leg.bridge, leg.id)
        leg.bridge, leg.joined = "", False
        return deserted

    def _place(self, command: Join | Hold | Unhold | StopMusic, legs: Collection[Leg]) -> None:
        """Put legs where they are to be; the first refusal is told."""
        adding = [self._enter(leg) for leg in legs]
        told = False

        def failed(error: Reply | SwitchUnreachable) -> None:
            nonlocal told
            if not told:
                told = True
                gone = isinstance(error, Reply) and error.status in (
                    GONE if isinstance(command, Join) else LEG_GONE
                )
                self._wire.tell(CommandFailed(command=command, gone=gone, detail=describe(error)))

        for answer in adding:
            watch(answer, failed)

    def _enter(self, leg: Leg) -> Answer:
        leg.player.stop_all()
        place = self._bridges.id(leg.bridge)
        if leg.held is not None:
            self._bridges.make_place_to_hold(leg.bridge)
            place = self._bridges.place_to_hold(leg.bridge)
        # Over its own lane, unless the bridge is only just being made, or the leg just answered:
        # that takes Asterisk a millisecond, in which it can read this request as well.
        answering = leg.answering is not None and not leg.answering.done()
        elsewhere = answering or self._bridges.under_way(leg.bridge)
        lane = self._bridges.lane(leg.bridge) if elsewhere else leg.lane
        leg.silence(lane)
        answer = self._wire.send(lane, requests.add_to_bridge(place, leg.channel))
        before, leg.settling, leg.place = leg.place, answer, place
        self._bridges.wait_for(leg.bridge, answer)
        bridge = leg.bridge
        watch(answer, lambda error: self._not_entered(leg, bridge, place, before, error))
        self._moved(leg)
        return answer

    def _not_entered(
        self, leg: Leg, bridge: BridgeId, place: str, before: str, error: Reply | SwitchUnreachable
    ) -> None:
        """Asked for again, the leg is put there again, and the bridge made, if it is not there."""
        if leg.place == place:
            leg.place = before
        if not isinstance(error, Reply):
            return
        if leg.bridge == bridge:
            leg.joined = False
        if error.status == NO_SUCH_BRIDGE and self._bridges.lost(bridge, place):
            for inside in self._bridges.legs(bridge):
                if inside in self._legs:
                    self._legs[inside].joined = False
