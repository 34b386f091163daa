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
from collections.abc import Iterable
from typing import Any, Literal, Protocol, TypeAlias, assert_never

import msgspec
import structlog

from calls.base import EndCause, LegId
from calls.commands import (
    Answer,
    Beep,
    Command,
    Dial,
    Hangup,
    Hold,
    Join,
    Mute,
    PauseBridgeRecording,
    Prompt,
    Record,
    RecordBridge,
    StartMusic,
    StopBridgeRecording,
    StopMusic,
    StopPrompt,
    StopRecording,
    Supervise,
    Unbridge,
    Unhold,
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
from switch.asterisk.bridge_recorder import BridgeRecorder
from switch.asterisk.bridges import Bridges, inside, lane_of
from switch.asterisk.codec import Channel, Reply
from switch.asterisk.conversations import Conversations
from switch.asterisk.dials import Dials
from switch.asterisk.legs import Leg, Wire
from switch.asterisk.order import Order
from switch.asterisk.recorder import recorded_channel
from switch.asterisk.replies import describe, watch
from switch.asterisk.requests import Request
from switch.asterisk.routes import Routes
from switch.asterisk.sockets import LinkLost
from switch.asterisk.supervising import Supervising

log = structlog.get_logger()

_OfLeg: TypeAlias = (
    Answer
    | Prompt
    | StopPrompt
    | StartMusic
    | StopMusic
    | Record
    | StopRecording
    | Beep
    | Hold
    | Unhold
    | Mute
    | Supervise
    | Hangup
)


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
        self._supervising = Supervising(line, line.app, self._legs, self._bridges)
        self._conversations = Conversations(
            line, self._legs, self._bridges, self._supervising.moved
        )
        self._recorder = BridgeRecorder(line, line.name, self._bridges)
        self._dials = Dials()
        self._order = Order(self._perform, self._before)

    # --- before and after

    def take_over(self, found: codec.Survey) -> None:
        """Know exactly what is there; stop what nobody waits for any more."""
        before = dict(self._legs)
        self._legs.clear()
        for live in found.legs:
            self._adopt(live, before.pop(live.leg, None), held=live.leg in found.held)
        for leg in before.values():
            leg.close()
        self._bridges.take_over(found.bridges)
        self._conversations.take_over(found.bridges)
        self._supervising.take_over(found.listening, found.bridges)
        self._recorder.take_over()

    def _adopt(self, live: LiveLeg, known: Leg | None, *, held: bool) -> None:
        leg = known or self._new_leg(live.leg, inbound=live.inbound, adopted=True)
        self._legs[live.leg] = leg
        leg.answered = leg.picked_up = live.up
        leg.bridge, leg.joined = live.bridge or "", live.bridge is not None
        leg.settling = leg.answering = None
        if not live.inbound and not live.up:
            leg.enters()
        if leg.joined and held != (leg.held is not None):
            leg.held = Hold(leg=leg.id) if held else None
        if live.inbound and live.up and live.bridge is None:
            leg.silence_leftovers(adopted=known is None)

    def seen(self, live: Iterable[LiveLeg]) -> tuple[LiveLeg, ...]:
        """What was seen of the legs, made right by what only we know."""
        return tuple(self._seen(leg) for leg in live)

    def _seen(self, live: LiveLeg) -> LiveLeg:
        leg = self._legs.get(live.leg)
        if leg is not None and live.up and not (leg.inbound or leg.answered) and leg.detect:
            return msgspec.structs.replace(live, up=False)
        if live.leg in self._supervising:
            return msgspec.structs.replace(live, bridge=None)
        return live

    def hold_back_nothing(self) -> None:
        """The link is lost: what was to be done later is not done."""
        self._order.clear()
        self._dials.clear()
        self._recorder.let_go()

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
                    self._picked_up(leg)
            case codec.Event(type="ChannelDtmfReceived", channel=Channel(id=id_), digit=digit):
                if leg := self._legs.get(self._leg_id(id_)):
                    leg.press(digit)
            case codec.Event(type="PlaybackFinished", playback=codec.Playback() as playback):
                channel_id = playback.id.rpartition("-prompt-")[0]
                leg = self._legs.get(self._leg_id(channel_id))
                if leg is not None and not leg.hanging_up:
                    leg.player.finished(playback.id, failed=playback.state == "failed")
            case codec.Event(type=kind, recording=codec.Recording(name=name)) if "@" in name:
                self._recorder.take(kind, name)
            case codec.Event(type=kind, recording=codec.Recording(name=name)):
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
        if codec.is_listening(channel):
            self._supervising.take(channel.id, args)
        elif codec.DIALLED in args:
            leg = leg or self._new_leg(leg_id, inbound=False, adopted=True)
            if leg.detect and args == (codec.DIALLED,):
                leg.ask(requests.detect(leg.channel))
                return
            leg.entered()
            self._answered(leg, codec.answered_by(args))
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

    def _picked_up(self, leg: Leg) -> None:
        leg.picked_up = True
        if not leg.detect:
            self._answered(leg)

    def _answered(self, leg: Leg, by: Literal["", "person", "machine"] = "") -> None:
        if not leg.answered:
            leg.answered = True
            self._line.tell(LegAnswered(leg=leg.id, by=by))

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
        if leg.inbound or leg.picked_up:
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
        self._supervising.ended(leg)
        bridge, joined = leg.bridge, leg.joined
        deserted = self._conversations.leave(leg)
        if deserted and not joined and self._bridges.has(bridge):
            self._bridges.remove(bridge)  # nobody is rung for it any more
        self._line.tell(LegEnded(leg=leg.id, cause="withdrawn" if leg.withdrawn else cause))

    # --- commands

    def execute(self, command: Command) -> None:
        """Do it now, or behind what must be done first."""
        if isinstance(command, Hangup):
            self._perform(command)  # what is held back for this leg has lost its purpose
        elif isinstance(command, Beep):
            # A moment later: who is joined now must not wait until the tone has been heard.
            asyncio.get_running_loop().call_soon(self._order.carry_out, command)
        else:
            self._order.carry_out(command)

    def _before(self, command: Command) -> list["asyncio.Future[Any]"]:
        """What must be done first."""
        match command:
            case Join(legs=names):
                pass
            case Unbridge(bridge=bridge):
                return [*self._bridges.under_way(bridge), *self._recorder.end(bridge)]
            case RecordBridge(bridge=bridge):
                return [*self._bridges.under_way(bridge), *self._recorder.looking]
            case Dial() | Hangup() | PauseBridgeRecording() | StopBridgeRecording():
                return []
            case _:
                names = (command.leg,)
        legs = (self._legs.get(name) for name in names)
        return [future for leg in legs if leg is not None for future in leg.under_way]

    def _perform(self, command: Command) -> None:
        match command:
            case Dial():
                self._dial(command)
            case Join(legs=names):
                for name in names:
                    self._supervising.end(name)
                self._conversations.join(command)
            case Unbridge(bridge=bridge):
                self._conversations.unbridge(bridge)
            case RecordBridge():
                self._recorder.start(command)
            case PauseBridgeRecording():
                self._recorder.pause(command)
            case StopBridgeRecording():
                self._recorder.stop(command)
            case _:
                leg = self._legs.get(command.leg)
                if leg is not None:
                    self._on_leg(leg, command)
                elif not isinstance(command, StopPrompt | StopMusic | StopRecording | Hangup):
                    self._fail(command, gone=True, detail="no such leg")

    def _on_leg(self, leg: Leg, command: _OfLeg) -> None:
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
                self._conversations.stop_music(leg, command)
            case Record():
                leg.stop_music()
                leg.recorder.start(command)
            case StopRecording(recording=recording):
                leg.recorder.stop(recording)
            case Beep():
                leg.beep()
            case Hold():
                self._conversations.hold(leg, command)
            case Unhold():
                self._conversations.unhold(leg, command)
            case Mute():
                leg.mute(command)
            case Supervise():
                self._conversations.leave(leg)
                self._supervising.start(leg, command)
            case Hangup(reason=reason):
                leg.withdrawn = True
                if self._dials.drop(leg.id):
                    self._ended(leg, "withdrawn")
                else:
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
            caller=command.caller,
            name=command.caller_name,
            timeout=command.timeout,
            auto_answer=command.auto_answer,
        )
        leg.detect = command.detect
        leg.enters()
        if command.bridge:
            self._conversations.expect(leg, command.bridge)
        self._dials.make(leg.id, lambda: self._ring(leg, request))

    def _ring(self, leg: Leg, request: Request) -> "asyncio.Future[Reply]":
        answer = leg.send(request)
        watch(answer, lambda error: self._not_dialled(leg, error))
        answer.add_done_callback(lambda _: self._prepare(leg))
        return answer

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

    def _fail(self, command: Command, *, gone: bool, detail: str) -> None:
        self._line.tell(CommandFailed(command=command, gone=gone, detail=detail))

    def _new_leg(self, leg: LegId, *, inbound: bool, adopted: bool) -> Leg:
        lane = lane_of(leg, self._lanes)
        made = Leg(self._line, leg, inside(leg), lane, inbound=inbound, adopted=adopted)
        self._legs[leg] = made
        return made

    def _leg_id(self, channel: str) -> LegId:
        return f"{self._line.name}/{channel}"
