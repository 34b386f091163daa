"""Conversations: who is in which conference, and how each takes part in it.

Commands change how a leg *should* take part (`Leg.manner`). A call comes into its conference as
near to that as Twilio allows; the rest, and every change, is a REST request once Twilio has said
that it is there, one at a time for each call (`arrange`).
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, assert_never

import structlog

from calls.commands import Hold, Join, Mute, Supervise, Unhold
from switch.twilio.codec import Hook, Manner, Place, bridge_of
from switch.twilio.jobs import Document, Following
from switch.twilio.legs import Leg
from switch.twilio.webhooks import SOON

if TYPE_CHECKING:
    from switch.twilio.driver import TwilioSwitch


log = structlog.get_logger()

#: Seconds until a call that was sent into a conference, and not told there, is looked for.
UNHEARD = 3.0


class Conferences:
    """Those of one switch."""

    def __init__(self, switch: "TwilioSwitch") -> None:
        self._switch = switch

    # --- commands

    def join(self, command: Join) -> None:
        legs = [self._switch.registry.get(leg) for leg in command.legs]
        missing = [name for name, leg in zip(command.legs, legs, strict=True) if leg is None]
        if missing:
            self._switch.fail(command, gone=True, detail=f"no such leg: {', '.join(missing)}")
            return
        bridge = command.bridge.partition("/")[2]
        for leg in legs:
            if leg is not None and leg.bridge != bridge:
                left, leg.last = leg.room, command
                leg.join(bridge, asyncio.get_running_loop().time())
                self._look_at(left)
        self._look_at(bridge)

    def remove(self, bridge: str) -> None:
        """Its legs, and who follows them, hear nothing."""
        for leg in self._switch.registry:
            if leg.room == bridge:
                leg.bridge = leg.follows = None
                self._switch.change(leg)

    def control(self, leg: Leg, command: Hold | Unhold | Mute | Supervise) -> None:
        left = leg.room
        match command:
            case Hold(music=name):
                leg.hold = leg.hold or name
            case Unhold():
                leg.hold = ""
            case Mute(muted=muted):
                leg.muted = muted
            case Supervise():
                if self._switch.registry.get(command.whom) is None:
                    self._switch.fail(command, gone=True, detail=f"no such leg: {command.whom}")
                    return
                leg.follow(command, asyncio.get_running_loop().time())
            case _:
                assert_never(command)
        leg.control = command
        self._look_at(left)
        self._look_at(leg.room)

    # --- what happens

    def leaving(self, leg: Leg) -> None:
        """A leg goes out of its conference. Where that ends it, Twilio puts out all others, who ask
        by themselves what to do next: to tell them by REST as well would come too late for some."""
        if not (leg.conference_sid and leg.shown.ends):
            return
        for other in self._switch.registry:
            if other is not leg and other.conference and other.conference_sid == leg.conference_sid:
                other.expected = asyncio.get_running_loop().time() + SOON

    def ended(self, leg: Leg) -> None:
        """A leg is gone: whoever follows it hears nothing, and who is left may have changed."""
        self.leaving(leg)
        for other in self._switch.registry:
            if other.follows is not None and other.follows.whom == leg.id:
                other.follows = None
                self._switch.change(other)
        self._look_at(leg.room)

    def take_over(self, places: Mapping[str, Place]) -> None:
        """Know how the legs take part at Twilio. Nothing is changed by that."""
        for leg in self._switch.registry:
            self._found(leg, places.get(leg.sid))
        for room in {leg.room for leg in self._switch.registry}:
            self._look_at(room)

    def heard(self, hook: Hook) -> None:
        """What happened in a conference."""
        bridge = bridge_of(hook.conference)
        if bridge is None:
            return
        if hook.event == "conference-end":
            for each in self._switch.registry:
                if each.conference_sid == hook.conference_sid:
                    each.conference = ""
            return
        leg = self._switch.registry.find(hook)
        if leg is None or hook.event not in ("participant-join", "participant-leave"):
            return
        leg.heard = asyncio.get_running_loop().time()
        if hook.event == "participant-leave" and hook.conference_sid == leg.conference_sid:
            self.leaving(leg)
        leg.moved(hook, bridge)
        self._look_at(bridge)
        if hook.event == "participant-leave" and hook.left_because == "participant_hung_up":
            self._switch.gone(leg, "hangup")

    def entering(self, leg: Leg) -> None:
        """A leg was told to come into its conference: if nothing is heard of that, look."""
        asyncio.get_running_loop().call_later(UNHEARD, self._missed, leg, leg.running)

    def _missed(self, leg: Leg, told: Document | None) -> None:
        if leg in self._switch.registry and leg.running is told and not leg.present:
            self._switch.errands.look_for(leg)

    def found(self, leg: Leg, place: Place) -> None:
        """A leg is in a conference, though nobody has said so."""
        if leg.room == place.bridge and not leg.present:
            log.warning("twilio.join_untold", leg=leg.id)
            leg.conference, leg.conference_sid, leg.sequence = place.bridge, place.conference, 0
            self._look_at(place.bridge)

    def arrange(self, leg: Leg) -> None:
        """Tell Twilio how a leg takes part, where that has changed and it is there."""
        if not leg.present:
            return
        if leg.beeps:
            leg.beeps = False
            self._switch.errands.announce(leg)
        if leg.shown != leg.manner and not leg.adapting:
            leg.adapting = True
            self._switch.errands.adapt(leg)

    # --- inside

    def _look_at(self, bridge: str | None) -> None:
        """Somebody of a bridge has come, gone or changed: that may be of concern to all."""
        inside = [leg for leg in self._switch.registry if leg.room == bridge and bridge is not None]
        # Two keep a conversation up together; of more, each may go.
        parties = sum(leg.follows is None for leg in inside)
        for leg in inside:
            leg.manner = self._manner(leg, ends=parties <= 2)
            self._switch.change(leg)
        self._switch.tapes.look_at(bridge)

    def _manner(self, leg: Leg, *, ends: bool) -> Manner:
        follows = leg.follows
        if follows is None:
            return Manner(muted=leg.muted, hold=leg.hold, ends=ends)
        whom = self._switch.registry.get(follows.whom)
        reached = whom is not None and whom.present and whom.conference_sid == leg.conference_sid
        coach = whom.sid if whom is not None and reached and follows.mode == "whisper" else ""
        heard = bool(coach) or follows.mode == "barge"
        return Manner(muted=leg.muted or not heard, hold=leg.hold, coach=coach, ends=False)

    def _found(self, leg: Leg, place: Place | None) -> None:
        followed, leg.bridge, leg.follows = leg.follows, None, None
        leg.conference = leg.conference_sid = ""
        if place is None:
            return
        leg.conference, leg.conference_sid, leg.sequence = place.bridge, place.conference, -1
        found = place.participant
        leg.shown = Manner(
            muted=found.muted,
            hold=(leg.hold or "default") if found.hold else "",
            coach=(found.call_sid_to_coach or "") if found.coaching else "",
            ends=found.end_conference_on_exit,
        )
        leg.hold = leg.shown.hold
        if found.start_conference_on_enter:
            leg.bridge, leg.muted = place.bridge, found.muted
        elif followed is not None and followed.bridge == place.bridge:
            leg.follows = followed
        else:
            leg.follows = self._following(leg.shown, place.bridge)

    def _following(self, shown: Manner, bridge: str) -> Following:
        """Whom a supervisor follows who was there before us; who only listens follows nobody."""
        whom = self._switch.registry.known().get(shown.coach, "")
        if whom:
            return Following(whom, bridge, "whisper")
        return Following("", bridge, "monitor" if shown.muted else "barge")
