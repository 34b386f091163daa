"""The `Switch` port over a real Asterisk: ARI for calls, AMI for the phones' registrations.

Theory of operation
-------------------
1. `run` holds one `AriLink` at a time. After each connection Asterisk is asked what is up, that
   is told as `SwitchUp`, and only then the events that came meanwhile are read.
2. A channel that we control is a `Leg`. Its requests go over one lane and keep their order; a
   request is sent the moment it is known and nobody waits for its reply.
3. A `Join` touches several legs. It goes over the first one's lane, and the others follow to that
   lane for good. Only where another leg still has a request under way elsewhere does it wait.
4. A leg is in `_legs` from its arrival (or Dial) until its end is told; that makes `LegEnded` and
   `LegAnswered` come once, whichever of ARI's several events is first.
5. Nothing is told from inside `execute`.
"""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import assert_never

import msgspec
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
    SwitchDown,
    SwitchEvent,
    SwitchUp,
)
from calls.port import Deliver, Phone, Voice
from switch.asterisk import ari, codec
from switch.asterisk.ami import AmiAddress
from switch.asterisk.ari import AriAddress, AriLink, LinkLost, LinkTaken
from switch.asterisk.bridges import Bridges, inside, lane_of
from switch.asterisk.codec import Channel, Reply, Request
from switch.asterisk.legs import Leg
from switch.asterisk.order import Order
from switch.asterisk.phones import PhoneBook
from switch.asterisk.recorder import recorded_channel
from switch.asterisk.replies import describe, watch
from switch.asterisk.routes import Routes

log = structlog.get_logger()

#: Seconds until the link is tried again: the first time, and at most.
FIRST_RETRY, LAST_RETRY = 0.2, 5.0


class AsteriskSwitch:
    """One Asterisk. `app` is its Stasis application, `name` begins all leg ids.

    `recordings`: the folder where finished recordings are kept. `trunk`: the endpoint at that
    Asterisk that reaches outside numbers; empty for none. `media_address`: where phones send sound
    to; empty for Asterisk's own choice.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        user: str,
        password: str,
        *,
        voice: Voice,
        recordings: Path,
        trunk: str = "",
        ami: AmiAddress | None = None,
        app: str = "ringdesk",
        media_address: str = "127.0.0.1",
        lanes: int = 6,
    ) -> None:
        self.name = name
        self.app = app
        self.voice = voice
        self.recordings = recordings
        self._address = AriAddress(base_url.rstrip("/"), user, password)
        self._lanes = lanes
        self._link: AriLink | None = None
        self._deliver: Deliver | None = None
        #: Told a moment later, in order.
        self._untold: list[SwitchEvent] = []
        self._executing = False
        self._legs: dict[LegId, Leg] = {}
        self._bridges = Bridges(name, app, lanes, self.send)
        self._order = Order()
        self._phones = PhoneBook(self.tell, ami, media_address)
        self._routes = Routes(self._phones, trunk)

    # --- the port

    async def run(self, deliver: Deliver) -> None:
        """See `calls.port.Switch.run`. Raises `SwitchUnreachable` if another program takes over."""
        self._deliver = deliver
        work = [
            asyncio.create_task(self._stay_connected()),
            asyncio.create_task(self._phones.follow()),
        ]
        try:
            await asyncio.gather(*work)
        finally:
            for task in work:
                if not task.cancelling():  # else it is closing the link already
                    task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            self._deliver = None

    def execute(self, command: Command) -> None:
        """See `calls.port.Switch.execute`."""
        self._executing = True
        try:
            self._execute(command)
        finally:
            self._executing = False

    def _execute(self, command: Command) -> None:
        if self._link is None:
            self._fail(command, gone=False, detail="the link to Asterisk is down")
            return
        after = self._under_way_elsewhere(command) if isinstance(command, Join) else ()
        self._order.carry_out(command, self._perform, after)

    async def legs(self) -> Sequence[LiveLeg]:
        """See `calls.port.Switch.legs`."""
        link = self._link
        if link is None:
            raise SwitchUnreachable("the link to Asterisk is down")
        return (await self._survey(link))[0]

    async def provision(self, phones: Sequence[Phone], removed: Sequence[str] = ()) -> None:
        """See `calls.port.Switch.provision`. They are made again whenever the link comes back."""
        await self._phones.provision(phones, removed)

    @property
    def phones_online(self) -> frozenset[str]:
        """The agents with a phone that can be rung now."""
        return self._phones.agents

    # --- the link

    async def _stay_connected(self) -> None:
        delay = FIRST_RETRY
        while True:
            link = AriLink(self._address, self.app, self._lanes)
            try:
                await link.open()
                await self._come_up(link)
                delay = FIRST_RETRY
                await link.pump(self._take)
            except LinkTaken:
                log.error("asterisk.taken_over", app=self.app)
                raise
            except (SwitchUnreachable, TimeoutError) as error:
                log.warning("asterisk.link_lost", switch=self.name, detail=str(error))
            finally:
                self._go_down()
                await link.close()
            await asyncio.sleep(delay)
            delay = min(delay * 2, LAST_RETRY)

    async def _come_up(self, link: AriLink) -> None:
        """Ask what is there, take it over and tell it."""
        await link.ask(codec.event_filter(self.app))
        (live, bridges), online = await asyncio.gather(self._survey(link), self._phones.look(link))
        self._phones.now_online(online)
        self._link = link
        self._take_over(live)
        self._bridges.take_over(bridges)
        phones = tuple(sorted(self._phones.agents))
        self.tell(SwitchUp(switch=self.name, legs=live, phones=phones))
        log.info("asterisk.up", switch=self.name, legs=len(live), phones=len(phones))
        self._phones.connected(link)

    def _go_down(self) -> None:
        self._order.clear()
        self._phones.disconnected()
        if self._link is not None:
            self._link = None
            self.tell(SwitchDown(switch=self.name))

    def _take_over(self, live: Iterable[LiveLeg]) -> None:
        """Know exactly the legs that are there; stop what nobody waits for any more."""
        before, self._legs = self._legs, {}
        for found in live:
            adopted = found.leg not in before
            leg = before.pop(found.leg, None) or self._new_leg(
                found.leg, inbound=found.inbound, adopted=True
            )
            self._legs[found.leg] = leg
            leg.answered = found.up
            leg.bridge, leg.joined = found.bridge or "", found.bridge is not None
            leg.last = None
            if found.inbound and found.up and found.bridge is None:
                leg.silence_leftovers(adopted=adopted)
        for leg in before.values():
            leg.close()

    async def _survey(self, link: AriLink) -> tuple[tuple[LiveLeg, ...], tuple[codec.Bridge, ...]]:
        application, channels, bridges = await asyncio.gather(
            link.read(codec.application(self.app), codec.Application),
            link.read(codec.CHANNELS, tuple[Channel, ...]),
            link.read(codec.BRIDGES, tuple[codec.Bridge, ...]),
        )
        return codec.live_legs(self.name, application, channels, bridges), bridges

    # --- events

    def tell(self, event: SwitchEvent) -> None:
        """Deliver an event; one that a command sets off, and what follows it, a moment later."""
        if self._executing or self._untold:
            if not self._untold:
                asyncio.get_running_loop().call_soon(self._tell_rest)
            self._untold.append(event)
        elif self._deliver is not None:
            self._deliver(event)

    def _tell_rest(self) -> None:
        untold, self._untold = self._untold, []
        for event in untold:
            self.tell(event)

    def _take(self, data: str) -> None:
        try:
            event = codec.decode_event(data)
        except msgspec.DecodeError as error:
            log.error("asterisk.event_unreadable", detail=str(error), data=data[:200])
            return
        match event:
            case codec.Event(type="StasisStart", channel=Channel() as channel):
                self._entered(channel, event.args)
            case codec.Event(type="ChannelStateChange", channel=Channel(id=id_, state="Ringing")):
                self._ringing(id_)
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
            case codec.Event(type="ApplicationReplaced"):
                raise LinkTaken(f"another program has taken over the application {self.app!r}")
            case _:
                pass

    def _entered(self, channel: Channel, args: tuple[str, ...]) -> None:
        leg_id = self._leg_id(channel.id)
        leg = self._legs.get(leg_id)
        if codec.DIALLED in args:
            leg = leg or self._new_leg(leg_id, inbound=False, adopted=True)
            if not leg.answered:
                leg.answered = True
                self.tell(LegAnswered(leg=leg_id))
        elif leg is None:
            self._new_leg(leg_id, inbound=True, adopted=False)
            self.tell(
                LegArrived(
                    leg=leg_id,
                    switch=self.name,
                    caller=channel.caller.number,
                    called=channel.dialplan.exten,
                )
            )

    def _ringing(self, channel: str) -> None:
        leg = self._legs.get(self._leg_id(channel))
        if leg is not None and not leg.inbound and not leg.rang:
            leg.rang = True
            self.tell(LegRinging(leg=leg.id))

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
        if self._bridges.left_by(leg.bridge, leg.id) and not leg.joined:
            self._bridges.remove(leg.bridge)  # nobody is rung for it any more
        self.tell(LegEnded(leg=leg.id, cause="withdrawn" if leg.withdrawn else cause))

    # --- commands

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
                leg.order(command, codec.answer(leg.channel))
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
                leg.ask(codec.hang_up(leg.channel, reason))
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
        request = codec.dial(
            leg.channel,
            endpoint,
            app=self.app,
            call=command.call,
            caller=command.caller,
            name=command.caller_name,
            timeout=command.timeout,
            auto_answer=command.auto_answer,
        )
        watch(leg.send(request), lambda error: self._not_dialled(leg, error))
        if command.bridge:
            # While the phone rings there is time to make what the answer will need.
            self._bridges.make(command.bridge, leg.lane)
            self._into(leg, command.bridge)

    def _not_dialled(self, leg: Leg, error: Reply | SwitchUnreachable) -> None:
        log.warning("asterisk.not_dialled", leg=leg.id, detail=describe(error))
        if isinstance(error, Reply) and error.status == 409:
            # Either it rings already (a Dial given twice) or the endpoint is not there.
            watch(leg.send(codec.look_up(leg.channel)), lambda _: self._ended(leg, "unreachable"))
        elif isinstance(error, Reply):
            self._ended(leg, "unreachable" if error.status == 500 else "failed")
        elif self._link is not None:  # it may ring all the same
            leg.ask(codec.hang_up(leg.channel, "normal"))
            self._ended(leg, "failed")
        # Else the next `SwitchUp` says whether it rings.

    def _join(self, command: Join) -> None:
        legs = [self._legs[leg] for leg in command.legs if leg in self._legs]
        if len(legs) < len(command.legs) or not legs:
            missing = ", ".join(leg for leg in command.legs if leg not in self._legs)
            self._fail(command, gone=True, detail=f"no such leg: {missing}")
            return
        lane = self._bridges.make(command.bridge, legs[0].lane)
        # If all should be inside already, somebody has seen that one is not.
        outside = [leg for leg in legs if not leg.joined or leg.bridge != command.bridge] or legs
        for leg in outside:
            leg.lane = lane
            leg.player.stop_all()
            leg.stop_music()
            self._into(leg, command.bridge)
            leg.joined = True
        answer = self._bridges.add(command.bridge, [leg.channel for leg in outside])
        for leg in outside:
            leg.last = answer

        def failed(error: Reply | SwitchUnreachable) -> None:
            gone = isinstance(error, Reply) and error.status in (400, 404, 422)
            self.tell(CommandFailed(command=command, gone=gone, detail=describe(error)))

        watch(answer, failed)

    def _unbridge(self, bridge: BridgeId) -> None:
        inside = [self._legs[leg] for leg in self._bridges.legs(bridge) if leg in self._legs]
        answer = self._bridges.remove(bridge)
        for leg in inside:
            # What joins it next must come after.
            leg.bridge, leg.joined, leg.last = "", False, answer

    def _into(self, leg: Leg, bridge: BridgeId) -> None:
        """The leg belongs to that bridge from now on, and to no other."""
        self._bridges.left_by(leg.bridge, leg.id)
        self._bridges.entered_by(bridge, leg.id)
        leg.bridge, leg.joined = bridge, False

    def _under_way_elsewhere(self, command: Join) -> list["ari.Answer"]:
        """What the legs of a join have under way on other lanes than it will take."""
        legs = [self._legs[leg] for leg in command.legs if leg in self._legs]
        lane = self._bridges.lane(command.bridge)
        if lane is None and legs:
            lane = legs[0].lane
        return [
            leg.last
            for leg in legs
            if leg.lane != lane and leg.last is not None and not leg.last.done()
        ]

    def _fail(self, command: Command, *, gone: bool, detail: str) -> None:
        self.tell(CommandFailed(command=command, gone=gone, detail=detail))

    # --- small tools

    def send(self, lane: int, request: Request) -> ari.Answer:
        if self._link is None:
            answer: ari.Answer = asyncio.get_running_loop().create_future()
            answer.set_exception(LinkLost("the link to Asterisk is down"))
            return answer
        return self._link.send(lane, request)

    async def fetch(self, request: Request) -> bytes:
        if self._link is None:
            raise LinkLost("the link to Asterisk is down")
        return await self._link.fetch(request)

    def _new_leg(self, leg: LegId, *, inbound: bool, adopted: bool) -> Leg:
        lane = lane_of(leg, self._lanes)
        made = Leg(self, leg, inside(leg), lane, inbound=inbound, adopted=adopted)
        self._legs[leg] = made
        return made

    def _leg_id(self, channel: str) -> LegId:
        return f"{self.name}/{channel}"
