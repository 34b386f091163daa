"""Supervisors who follow a conversation: unheard, heard by one, or by all.

Who listens or whispers is in a bridge of their own, with a channel of Asterisk's that spies on the
leg that they follow: the conversation itself is not touched. Who barges is in the conversation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from calls.base import LegId
from calls.commands import Supervise
from calls.errors import SwitchUnreachable
from calls.events import CommandFailed
from switch.asterisk import codec, requests
from switch.asterisk.bridges import Bridges
from switch.asterisk.codec import Reply
from switch.asterisk.lanes import Answer
from switch.asterisk.legs import Leg, Wire
from switch.asterisk.replies import describe, watch


@dataclass(slots=True, eq=False)
class _Following:
    leg: Leg
    command: Supervise
    #: Which of the spying channels asked for is the one wanted now; each has a number of its own.
    number: int = 0
    #: The channel that spies, once it is there.
    spy: str = ""
    #: What has been arranged: who is in that bridge hears the conversation so.
    arranged: Supervise | None = None


class Supervising:
    """All who follow a conversation at one Asterisk; `app` is our application there."""

    def __init__(self, wire: Wire, app: str, legs: Mapping[LegId, Leg], bridges: Bridges) -> None:
        self._wire = wire
        self._app = app
        self._legs = legs
        self._bridges = bridges
        self._following: dict[LegId, _Following] = {}
        #: The legs that have a bridge of their own.
        self._apart: set[LegId] = set()
        self._numbers = 0

    def __contains__(self, leg: LegId) -> bool:
        return leg in self._following

    # --- commands

    def start(self, leg: Leg, command: Supervise) -> None:
        """Let a leg that is in no bridge of ours follow, or change how it does."""
        if command.whom not in self._legs:
            detail = f"no such leg: {command.whom}"
            self._wire.tell(CommandFailed(command=command, gone=False, detail=detail))
            return
        following = self._following.get(leg.id)
        if following is None:
            leg.player.stop_all()
            leg.stop_music()
            self._make_place(leg)
            following = self._following[leg.id] = _Following(leg, command)
            self._step_aside(following)
        following.command = command
        self._arrange(following)

    def end(self, leg: LegId) -> None:
        """It follows nobody any more, and whoever says so puts it elsewhere."""
        following = self._following.pop(leg, None)
        if following is not None:
            self._dismiss_spy(following)

    # --- events

    def take(self, channel: str, args: tuple[str, ...]) -> None:
        """A channel that spies is there."""
        found = (one for one in self._following.values() if str(one.number) in args[1:])
        following = next(found, None)
        if following is None:
            self._hang_up(channel)
        else:
            following.spy = channel
            following.leg.ask(requests.add_to_bridge(_place(following.leg), channel))

    def moved(self, whom: Leg) -> None:
        """A leg that may be followed has come to a bridge or left one."""
        for following in self._of(whom):
            self._arrange(following)

    def ended(self, leg: Leg) -> None:
        """A leg is gone, and with it what it followed, or who followed it."""
        self.end(leg.id)
        if leg.id in self._apart:
            self._apart.discard(leg.id)
            leg.ask(requests.remove_bridge(_place(leg)))
        for following in self._of(leg):
            self._arrange(following)
            self.end(following.leg.id)

    def take_over(self, spies: Iterable[str], bridges: Iterable[codec.Bridge]) -> None:
        """After a lost link: what is to be followed will be told again. A bridge stays for whose
        leg is still there, also an empty one: who barges in is elsewhere."""
        self._following.clear()
        self._apart.clear()
        for channel in spies:
            self._hang_up(channel)
        legs = {_place(leg): leg.id for leg in self._legs.values()}
        places = (one.id for one in bridges if one.name == self._app)
        for place in (one for one in places if one.endswith(codec.FOLLOWING)):
            if place in legs:
                self._apart.add(legs[place])
            else:
                watch(self._wire.send(0, requests.remove_bridge(place)), lambda _: None)

    # --- inside

    def _make_place(self, leg: Leg) -> None:
        if leg.id not in self._apart:
            self._apart.add(leg.id)
            # That it is there after all (409), since before us, is as good.
            leg.ask(requests.create_bridge(_place(leg), self._app))

    def _of(self, whom: Leg) -> list[_Following]:
        return [one for one in self._following.values() if one.command.whom == whom.id]

    def _arrange(self, following: _Following) -> None:
        """Let it hear what it is to hear now: nothing while whom it follows is elsewhere."""
        command = following.command
        whom = self._legs.get(command.whom)
        there = whom is not None and whom.joined and whom.bridge == command.bridge
        wanted = command if there else None
        if wanted == following.arranged:
            return
        self._dismiss_spy(following)
        if following.arranged is not None and following.arranged.mode == "barge":
            self._step_aside(following)
        following.arranged = wanted
        if wanted is not None and wanted.mode == "barge":
            self._barge(following)
        elif wanted is not None and whom is not None:
            self._listen(following, whom)

    def _listen(self, following: _Following, whom: Leg) -> None:
        self._numbers += 1
        following.number = self._numbers
        whisper = following.command.mode == "whisper"
        args = f"{codec.LISTENING},{following.number}"
        spying = requests.listen(whom.channel, app=self._app, args=args, whisper=whisper)
        self._watch(following, following.leg.send(spying))

    def _barge(self, following: _Following) -> None:
        leg, bridge, settling = following.leg, following.command.bridge, following.leg.settling
        if settling is not None and not settling.done():
            # What moves it now may go over another lane, and come later.
            settling.add_done_callback(lambda _: self._barge_in(following))
            return
        making = self._bridges.under_way(bridge)
        lane = self._bridges.lane(bridge) if making else leg.lane
        answer = self._wire.send(
            lane, requests.add_to_bridge(self._bridges.id(bridge), leg.channel)
        )
        leg.settling, leg.place = answer, self._bridges.id(bridge)
        self._watch(following, answer)

    def _barge_in(self, following: _Following) -> None:
        """It has come to where it was on the way to, and may not be wanted there any more."""
        follows = following is self._following.get(following.leg.id)
        if follows and following.arranged is not None and following.arranged.mode == "barge":
            self._barge(following)

    def _step_aside(self, following: _Following) -> None:
        """Into the bridge of its own, where nothing is heard without a channel that spies."""
        leg = following.leg
        leg.settling = leg.send(requests.add_to_bridge(_place(leg), leg.channel))
        leg.place = _place(leg)
        self._watch(following, leg.settling)

    def _dismiss_spy(self, following: _Following) -> None:
        following.number = 0
        if following.spy:
            self._hang_up(following.spy)
            following.spy = ""

    def _hang_up(self, spy: str) -> None:
        # If it has ended with whom it listened to, that is as good.
        watch(self._wire.send(0, requests.hang_up(spy, "normal")), lambda _: None)

    def _watch(self, following: _Following, answer: Answer) -> None:
        command = following.command

        def failed(error: Reply | SwitchUnreachable) -> None:
            # Whoever is on the way out is told of as ended.
            if following.leg.id in self._legs and command.whom in self._legs:
                self._wire.tell(CommandFailed(command=command, gone=False, detail=describe(error)))

        watch(answer, failed)


def _place(leg: Leg) -> str:
    """The id, at Asterisk, of the bridge in which a leg is while it follows."""
    return leg.channel + codec.FOLLOWING
