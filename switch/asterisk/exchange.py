"""The legs of one Asterisk: what is told of them, and what they are told.

1. A channel that we control is a `Leg`. Its requests go over one lane and keep their order; a
   request is sent the moment it is known and nobody waits for its reply.
2. A `Join` adds each leg over its own lane, at the same time; over the bridge's lane, if that is
   only just being made. It waits for a leg that has answered but is not under our control yet: the
   center decides what becomes of an answer while Asterisk prepares for it.
3. A leg is known from its arrival (or Dial) until its end is told; that makes `LegEnded` and
   `LegAnswered` come once, whichever of ARI's several events is first.
"""

import asyncio
from collections.abc import Collection, Iterable
from typing import Any, Protocol, assert_never

import structlog

from calls.base import BridgeId, EndCause, LegId
from calls.commands import (
    Answer,
    Beep,
    Command,
    Dial,
    Hangup,
    Join,
    Prompt,
    Record,
    StartMusic,
    StopMusic,
    StopPrompt,
    StopRecording,
    Unbridge,
)
from calls.errors import SwitchUnreachable
from calls.events import (
    CommandFailed,
    LegAnswered,
    LegArrived,
    LegEnded,
    LegRinging,
    LiveLeg,
)
from switch.asterisk import codec, requests
from switch.asterisk.bridges import Bridges, inside, lane_of
from switch.asterisk.codec import Channel, Reply
from switch.asterisk.lanes import Answer as Answered
from switch.asterisk.legs import Leg, Wire
from switch.asterisk.order import Order
from switch.asterisk.recorder import recorded_channel
from switch.asterisk.replies import describe, watch
from switch.asterisk.routes import Routes
from switch.asterisk.sockets import LinkLost

log = structlog.get_logger()


class Line(Wire, Protocol):
    """What an exchange needs. `name` begins all leg ids; `app` is our application."""

    name: str
    app: str


class Exchange:
    """All legs and bridges of one Asterisk. `lanes` is how many lanes requests may go over."""

    def __init__(self, line: Line, routes: Routes, lanes: int) -> None:
        self._line = line
        self._routes = routes
        self._lanes = lanes
        self._legs: dict[LegId, Leg] = {}
        self._bridges = Bridges(line.name, line.app, lanes, line.send)
        self._order = Order()

    # --- before and after

    def take_over(self, live: Iterable[LiveLeg], bridges: Iterable[codec.Bridge]) -> None:
        """Know exactly what is there; stop what nobody waits for any more."""
        before, self._legs = self._legs, {}
        for found in live:
            adopted = found.leg not in before
            leg = before.pop(found.leg, None) or self._new_leg(
                found.leg, inbound=found.inbound, adopted=True
            )
            self._legs[found.leg] = leg
            leg.answered = found.up
            leg.bridge, leg.joined = found.bridge or "", found.bridge is not None
            leg.held = None
            if found.inbound and found.up and found.bridge is None:
                leg.silence_leftovers(adopted=adopted)
        for leg in before.values():
            leg.close()
        self._bridges.take_over(bridges)

    def hold_back_nothing(self) -> None:
        """The link is lost: what was to be done later is not done."""
        self._order.clear()

    # --- events

    def take(self, event: codec.Event) -> None:
        """What Asterisk tells of a leg."""
        match event:
            case codec.Event(type="StasisStart", channel=Channel() as channel):
                self._entered(channel, event.args)
            case codec.Event(type="ChannelStateChange", channel=Channel(id=id_, state="Ringing")):
                self._ringing(id_)
            case codec.Event(type="ChannelStateChange", channel=Channel(id=id_, state="Up")):
                leg = self._legs.get(self._leg_id(id_))
                if leg is not None and not leg.inbound:
                    self._answered(leg)
            case codec.Event(type="ChannelDtmfReceived", channel=Channel(id=id_), digit=digit):
                if leg := self._legs.get(self._leg_id(id_)):
                    leg.press(digit)
            case codec.Event(type="PlaybackFinished", playback=codec.Playback() as playback):
                channel_id = playback.id.rpartition("-prompt-")[0]
                leg = self._legs.get(self._leg_id(channel_id))
                if leg is not None and not leg.hanging_up:
                    leg.player.finished(playback.id, failed=playback.state == "failed")
            case codec.Event(type=kind, recording=codec.LiveRecording(name=name)):
                if leg := self._legs.get(self._leg_id(recorded_channel(name))):
                    self._recording(leg, kind)
            case codec.Event(type="ChannelHangupRequest", channel=Channel(id=id_)):
                if leg := self._legs.get(self._leg_id(id_)):
                    leg.hanging_up = True
            case codec.Event(type="StasisEnd", channel=Channel(id=id_)):
                leg = self._legs.get(self._leg_id(id_))
                if leg is not None and (leg.inbound or leg.answered):
                    self._ended(leg, "hangup")
            case codec.Event(type="ChannelDestroyed", channel=Channel(id=id_)):
                if leg := self._legs.get(self._leg_id(id_)):
                    self._destroyed(leg, event.cause, event.tech_cause)
            case _:
                pass

    def _entered(self, channel: Channel, args: tuple[str, ...]) -> None:
        leg_id = self._leg_id(channel.id)
        leg = self._legs.get(leg_id)
        if codec.DIALLED in args:
            leg = leg or self._new_leg(leg_id, inbound=False, adopted=True)
            if leg.held is not None and not leg.held.done():
                leg.held.set_result(None)
            self._answered(leg)
        elif leg is None:
            self._new_leg(leg_id, inbound=True, adopted=False)
            self._line.tell(
                LegArrived(
                    leg=leg_id,
                    switch=self._line.name,
                    caller=channel.caller.number,
                    called=channel.dialplan.exten,
                )
            )

    def _answered(self, leg: Leg) -> None:
        if not leg.answered:
            leg.answered = True
            self._line.tell(LegAnswered(leg=leg.id))

    def _ringing(self, channel: str) -> None:
        leg = self._legs.get(self._leg_id(channel))
        if leg is not None and not leg.inbound and not leg.rang:
            leg.rang = True
            self._line.tell(LegRinging(leg=leg.id))

    def _recording(self, leg: Leg, kind: str) -> None:
        match kind:
            case "RecordingStarted":
                leg.recorder.started()
            case "RecordingFinished":
                leg.recorder.finished(hanging_up=leg.hanging_up)
            case _:
                leg.recorder.failed()

    def _destroyed(self, leg: Leg, cause: int, tech_cause: int) -> None:
        if leg.inbound or leg.answered:
            self._ended(leg, "hangup")
        else:
            self._ended(leg, codec.unanswered(cause, tech_cause, rang=leg.rang))

    def _ended(self, leg: Leg, cause: EndCause) -> None:
        """Tell the end of a leg, once."""
        if self._legs.get(leg.id) is not leg:
            return
        if leg.recorder.busy:
            leg.hanging_up = True
            leg.recorder.hung_up(lambda: self._ended(leg, cause))
            return
        del self._legs[leg.id]
        leg.close()
        deserted = self._bridges.left_by(leg.bridge, leg.id)
        if deserted and not leg.joined and self._bridges.has(leg.bridge):
            self._bridges.remove(leg.bridge)  # nobody is rung for it any more
        self._line.tell(LegEnded(leg=leg.id, cause="withdrawn" if leg.withdrawn else cause))

    # --- commands

    def execute(self, command: Command) -> None:
        """Do it now, or behind what must be done first."""
        if isinstance(command, Hangup):
            self._perform(command)  # what is held back for this leg has lost its purpose
        elif isinstance(command, Beep):
            # A moment later: who is joined now must not wait until the tone has been heard.
            asyncio.get_running_loop().call_soon(self._carry_out, command)
        else:
            self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        self._order.carry_out(command, self._perform, self._before(command))

    def _before(self, command: Command) -> list["asyncio.Future[Any]"]:
        """What must be done first."""
        match command:
            case Join(legs=names):
                pass
            case Unbridge(bridge=bridge):
                return [*self._bridges.under_way(bridge)]
            case Dial() | Hangup():
                return []
            case _:
                names = (command.leg,)
        legs = (self._legs.get(name) for name in names)
        held = (leg.held for leg in legs if leg is not None)
        return [future for future in held if future is not None and not future.done()]

    def _perform(self, command: Command) -> None:
        match command:
            case Dial():
                self._dial(command)
            case Join():
                self._join(command)
            case Unbridge(bridge=bridge):
                self._unbridge(bridge)
            case _:
                leg = self._legs.get(command.leg)
                if leg is not None:
                    self._on_leg(leg, command)
                elif not isinstance(command, StopPrompt | StopMusic | StopRecording | Hangup):
                    self._fail(command, gone=True, detail="no such leg")

    def _on_leg(
        self,
        leg: Leg,
        command: Answer
        | Prompt
        | StopPrompt
        | StartMusic
        | StopMusic
        | Record
        | StopRecording
        | Beep
        | Hangup,
    ) -> None:
        match command:
            case Answer():
                leg.answer(command)
            case Prompt():
                leg.player.play(command)
            case StopPrompt(prompt=prompt):
                leg.player.stop(prompt)
            case StartMusic():
                leg.start_music(command)
            case StopMusic():
                leg.stop_music()
            case Record():
                leg.stop_music()
                leg.recorder.start(command)
            case StopRecording(recording=recording):
                leg.recorder.stop(recording)
            case Beep():
                leg.beep()
            case Hangup(reason=reason):
                leg.withdrawn = True
                leg.ask(requests.hang_up(leg.channel, reason))
            case _:
                assert_never(command)

    def _dial(self, command: Dial) -> None:
        if command.leg in self._legs:
            return
        leg = self._new_leg(command.leg, inbound=False, adopted=False)
        endpoint = self._routes.endpoint(command.to)
        if endpoint is None:
            self._ended(leg, "unreachable")
            return
        request = requests.dial(
            leg.channel,
            endpoint,
            app=self._line.app,
            call=command.call,
            caller=command.caller,
            name=command.caller_name,
            timeout=command.timeout,
            auto_answer=command.auto_answer,
        )
        leg.held = asyncio.get_running_loop().create_future()
        answer = leg.send(request)
        watch(answer, lambda error: self._not_dialled(leg, error))
        if command.bridge:
            self._into(leg, command.bridge)
            answer.add_done_callback(lambda _: self._prepare(leg))

    def _prepare(self, leg: Leg) -> None:
        """While the phone rings there is time to make what the answer will need."""
        if self._legs.get(leg.id) is leg and leg.bridge and not leg.joined:
            self._bridges.make(leg.bridge)

    def _not_dialled(self, leg: Leg, error: Reply | SwitchUnreachable) -> None:
        log.warning("asterisk.not_dialled", leg=leg.id, detail=describe(error))
        if isinstance(error, Reply) and error.status == 409:
            # Either it rings already (a Dial given twice) or the endpoint is not there.
            watch(
                leg.send(requests.look_up(leg.channel)), lambda _: self._ended(leg, "unreachable")
            )
        elif isinstance(error, Reply):
            self._ended(leg, "unreachable" if error.status == 500 else "failed")
        elif not isinstance(error, LinkLost):  # it may ring all the same
            leg.ask(requests.hang_up(leg.channel, "normal"))
            self._ended(leg, "failed")
        # Else the next `SwitchUp` says whether it rings.

    def _join(self, command: Join) -> None:
        legs = [self._legs[leg] for leg in command.legs if leg in self._legs]
        if len(legs) < len(command.legs) or not legs:
            missing = ", ".join(leg for leg in command.legs if leg not in self._legs)
            self._fail(command, gone=True, detail=f"no such leg: {missing}")
            return
        self._bridges.make(command.bridge)
        outside = [leg for leg in legs if not leg.joined or leg.bridge != command.bridge]
        # If all should be inside already, somebody has seen that one is not.
        making = self._bridges.under_way(command.bridge)
        adding = [self._enter(leg, command.bridge, making) for leg in outside or legs]
        told = False

        def failed(error: Reply | SwitchUnreachable) -> None:
            nonlocal told
            if not told:
                told = True
                gone = isinstance(error, Reply) and error.status in (400, 404, 422)
                self._line.tell(CommandFailed(command=command, gone=gone, detail=describe(error)))

        for answer in adding:
            watch(answer, failed)

    def _enter(self, leg: Leg, bridge: BridgeId, making: Collection[Answered]) -> Answered:
        leg.player.stop_all()
        leg.answer_now()
        # Over its own lane, unless the bridge is only just being made.
        lane = self._bridges.lane(bridge) if making else leg.lane
        answer = self._line.send(lane, requests.add_to_bridge(inside(bridge), leg.channel))
        leg.stop_music()
        self._into(leg, bridge)
        leg.joined, leg.held = True, answer
        self._bridges.wait_for(bridge, answer)
        return answer

    def _unbridge(self, bridge: BridgeId) -> None:
        inside = [self._legs[leg] for leg in self._bridges.legs(bridge) if leg in self._legs]
        answer = self._bridges.remove(bridge)
        for leg in inside:
            leg.bridge, leg.joined, leg.held = "", False, answer

    def _into(self, leg: Leg, bridge: BridgeId) -> None:
        """The leg belongs to that bridge from now on, and to no other."""
        self._bridges.left_by(leg.bridge, leg.id)
        self._bridges.entered_by(bridge, leg.id)
        leg.bridge, leg.joined = bridge, False

    def _fail(self, command: Command, *, gone: bool, detail: str) -> None:
        self._line.tell(CommandFailed(command=command, gone=gone, detail=detail))

    def _new_leg(self, leg: LegId, *, inbound: bool, adopted: bool) -> Leg:
        lane = lane_of(leg, self._lanes)
        made = Leg(self._line, leg, inside(leg), lane, inbound=inbound, adopted=adopted)
        self._legs[leg] = made
        return made

    def _leg_id(self, channel: str) -> LegId:
        return f"{self._line.name}/{channel}"
