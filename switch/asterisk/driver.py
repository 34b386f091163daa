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
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, assert_never

import msgspec
import structlog

from calls.base import BridgeId, EndCause, LegId
from calls.commands import (
    Answer,
    Command,
    Dial,
    Hangup,
    Join,
    Prompt,
    StartMusic,
    StopMusic,
    StopPrompt,
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
    PhoneChanged,
    SwitchDown,
    SwitchEvent,
    SwitchUp,
)
from calls.port import Deliver, Phone, Voice
from switch.asterisk import ari, codec, provisioning
from switch.asterisk.ami import AmiAddress, ContactWatch
from switch.asterisk.ari import AriAddress, AriLink, LinkLost, LinkTaken
from switch.asterisk.codec import Channel, Reply, Request
from switch.asterisk.legs import Leg, describe, watch

log = structlog.get_logger()

Read = TypeVar("Read")

#: Seconds until the link is tried again: the first time, and at most.
FIRST_RETRY, LAST_RETRY = 0.2, 5.0
#: Seconds between looks at the phones where there is no AMI to follow them.
PHONES_EVERY = 5.0
#: Phones provisioned at once.
PROVISIONING = 8


class AsteriskSwitch:
    """One Asterisk. `app` is its Stasis application, `name` begins all leg ids.

    `media_address`: where phones send sound to; empty for Asterisk's own choice.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        user: str,
        password: str,
        *,
        voice: Voice,
        ami: AmiAddress | None = None,
        app: str = "ringdesk",
        media_address: str = "127.0.0.1",
        lanes: int = 6,
    ) -> None:
        self.name = name
        self.app = app
        self.voice = voice
        self._address = AriAddress(base_url.rstrip("/"), user, password)
        self._ami = ami
        self._media_address = media_address
        self._lanes = lanes
        self._link: AriLink | None = None
        self._deliver: Deliver | None = None
        #: Told a moment later, in order.
        self._untold: list[SwitchEvent] = []
        self._executing = False
        self._legs: dict[LegId, Leg] = {}
        #: Bridges that exist -> the lane of what is done to them.
        self._bridges: dict[BridgeId, int] = {}
        #: Joins that wait for other lanes; what comes later for the same things waits for them.
        self._gates: dict[str, asyncio.Task[None]] = {}
        self._online: frozenset[str] = frozenset()
        self._phones: dict[str, Phone] = {}
        self._restoring: asyncio.Task[None] | None = None

    # --- the port

    async def run(self, deliver: Deliver) -> None:
        """See `calls.port.Switch.run`. Raises `SwitchUnreachable` if another program takes over."""
        self._deliver = deliver
        phones = asyncio.create_task(self._follow_phones())
        try:
            await self._stay_connected()
        finally:
            self._deliver = None
            phones.cancel()
            await asyncio.gather(phones, return_exceptions=True)

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
        touched = _touched(command)
        before: set[asyncio.Future[Any]] = {
            self._gates[key] for key in touched if key in self._gates
        }
        if isinstance(command, Join):
            before.update(self._under_way_elsewhere(command))
        if before:
            self._later(before, command, touched)
        else:
            self._perform(command)

    async def legs(self) -> Sequence[LiveLeg]:
        """See `calls.port.Switch.legs`."""
        link = self._link
        if link is None:
            raise SwitchUnreachable("the link to Asterisk is down")
        return (await self._survey(link))[0]

    async def provision(self, phones: Sequence[Phone], removed: Sequence[str] = ()) -> None:
        """See `calls.port.Switch.provision`. They are made again whenever the link comes back."""
        for name in removed:
            self._phones.pop(name, None)
        made = {phone.name: phone for phone in phones}
        self._phones |= made
        link = self._link
        if link is None:
            raise SwitchUnreachable("the link to Asterisk is down")
        gone = {name for agent in removed for name in (agent, agent + provisioning.BROWSER_SUFFIX)}
        gone -= {provisioning.endpoint_name(phone) for phone in self._phones.values()}
        await self._all(link, [provisioning.remove(name) for name in gone], (404,))
        await self._all(link, [self._make(phone) for phone in made.values()])

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
        (live, bridges), endpoints = await asyncio.gather(
            self._survey(link), self._read(link, codec.ENDPOINTS, tuple[codec.Endpoint, ...])
        )
        self._link = link
        self._take_over(live)
        self._sweep(bridges)
        self._online = frozenset(item.resource for item in endpoints if item.state == "online")
        self.tell(SwitchUp(switch=self.name, legs=live, phones=tuple(sorted(self._agents_online))))
        log.info("asterisk.up", switch=self.name, legs=len(live), phones=len(self._online))
        self._restoring = asyncio.create_task(self._restore_phones(link))

    async def _restore_phones(self, link: AriLink) -> None:
        """Asterisk may have been set up anew meanwhile."""
        try:
            await self._all(link, [self._make(phone) for phone in self._phones.values()])
        except SwitchUnreachable as error:
            log.warning("asterisk.phones_not_made", detail=str(error))

    def _go_down(self) -> None:
        for task in self._gates.values():
            task.cancel()
        self._gates.clear()
        if self._restoring is not None:
            self._restoring.cancel()
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
            leg.prepared = ""
            leg.last = None
            if found.inbound and found.up and found.bridge is None:
                leg.silence_leftovers(adopted=adopted)
        for leg in before.values():
            leg.close()

    def _sweep(self, bridges: Iterable[codec.Bridge]) -> None:
        """Remove our bridges that nobody is in; one member alone is told by its leg's bridge."""
        self._bridges = {}
        for bridge in bridges:
            if bridge.name != self.app:
                continue
            lane = self._lane(bridge.id)
            if bridge.channels:
                self._bridges[f"{self.name}/{bridge.id}"] = lane
            else:
                self._forget(self.send(lane, codec.remove_bridge(bridge.id)))
            if len(bridge.channels) < 2:
                log.warning("asterisk.orphan_bridge", bridge=bridge.id, members=bridge.channels)

    async def _survey(self, link: AriLink) -> tuple[tuple[LiveLeg, ...], tuple[codec.Bridge, ...]]:
        application, channels, bridges = await asyncio.gather(
            self._read(link, codec.application(self.app), codec.Application),
            self._read(link, codec.CHANNELS, tuple[Channel, ...]),
            self._read(link, codec.BRIDGES, tuple[codec.Bridge, ...]),
        )
        return codec.live_legs(self.name, application, channels, bridges), bridges

    async def _read(self, link: AriLink, request: Request, kind: type[Read]) -> Read:
        reply = await link.ask(request)
        if not reply.ok:
            raise SwitchUnreachable(f"Asterisk on {request.uri}: {reply.detail}")
        return msgspec.json.decode(reply.body, type=kind)

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
        event = codec.decode_event(data)
        match event:
            case codec.Event(type="StasisStart", channel=Channel() as channel):
                self._entered(channel, event.args)
            case codec.Event(type="ChannelStateChange", channel=Channel(id=id_, state="Ringing")):
                self._ringing(id_)
            case codec.Event(type="ChannelDtmfReceived", channel=Channel(id=id_), digit=digit):
                if leg := self._legs.get(self._leg_id(id_)):
                    leg.player.press(digit)
            case codec.Event(type="PlaybackFinished", playback=codec.Playback() as playback):
                channel_id = playback.id.rpartition("-prompt-")[0]
                if leg := self._legs.get(self._leg_id(channel_id)):
                    leg.player.finished(playback.id, failed=playback.state == "failed")
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

    def _destroyed(self, leg: Leg, cause: int, tech_cause: int) -> None:
        if leg.inbound or leg.answered:
            self._ended(leg, "hangup")
        else:
            self._ended(leg, codec.unanswered(cause, tech_cause, rang=leg.rang))

    def _ended(self, leg: Leg, cause: EndCause) -> None:
        """Tell the end of a leg, once."""
        if self._legs.get(leg.id) is not leg:
            return
        del self._legs[leg.id]
        leg.close()
        if leg.prepared:
            self._unbridge(leg.prepared)
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
            case Answer() | Prompt() | StopPrompt() | StartMusic() | StopMusic() | Hangup():
                leg = self._legs.get(command.leg)
                if leg is not None:
                    self._on_leg(leg, command)
                elif not isinstance(command, StopPrompt | StopMusic | Hangup):
                    self._fail(command, gone=True, detail="no such leg")
            case _:
                assert_never(command)

    def _on_leg(
        self, leg: Leg, command: Answer | Prompt | StopPrompt | StartMusic | StopMusic | Hangup
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
            case Hangup(reason=reason):
                leg.withdrawn = True
                leg.ask_to_stop(codec.hang_up(leg.channel, reason))
            case _:
                assert_never(command)

    def _dial(self, command: Dial) -> None:
        if command.leg in self._legs:
            return
        leg = self._new_leg(command.leg, inbound=False, adopted=False)
        kind, _, target = command.to.partition(":")
        if kind != "phone":
            del self._legs[leg.id]
            self._fail(command, gone=True, detail=f"no trunk is configured to dial {command.to}")
            return
        endpoint = next(
            (name for name in provisioning.endpoints_of(target) if name in self._online), None
        )
        if endpoint is None:
            self._ended(leg, "unreachable")
            return
        request = codec.dial(
            leg.channel,
            f"PJSIP/{endpoint}",
            app=self.app,
            call=command.call,
            caller=command.caller,
            name=command.caller_name,
            timeout=command.timeout,
        )
        watch(leg.send(request), lambda error: self._not_dialled(leg, error))
        if command.bridge:
            # While the phone rings there is time to make what the answer will need.
            leg.prepared = command.bridge
            self._make_bridge(command.bridge, leg.lane)

    def _not_dialled(self, leg: Leg, error: Reply | SwitchUnreachable) -> None:
        log.warning("asterisk.not_dialled", leg=leg.id, detail=describe(error))
        if isinstance(error, Reply) and error.status == 409:
            # Either it rings already (a Dial given twice) or the endpoint is not there.
            watch(leg.send(codec.look_up(leg.channel)), lambda _: self._ended(leg, "unreachable"))
        elif isinstance(error, Reply):
            self._ended(leg, "unreachable" if error.status == 500 else "failed")
        else:
            if self._link is not None:  # it may ring all the same
                leg.ask_to_stop(codec.hang_up(leg.channel, "normal"))
            self._ended(leg, "failed")

    def _join(self, command: Join) -> None:
        legs = [self._legs[leg] for leg in command.legs if leg in self._legs]
        if len(legs) < len(command.legs) or not legs:
            missing = ", ".join(leg for leg in command.legs if leg not in self._legs)
            self._fail(command, gone=True, detail=f"no such leg: {missing}")
            return
        lane = self._bridges.get(command.bridge, legs[0].lane)
        for leg in legs:
            leg.player.stop_all()
            leg.stop_music()
            leg.lane = lane
            leg.prepared = ""
        self._make_bridge(command.bridge, lane)
        bridge = _inside(command.bridge)
        answer = self.send(lane, codec.add_to_bridge(bridge, [leg.channel for leg in legs]))
        for leg in legs:
            leg.last = answer

        def failed(error: Reply | SwitchUnreachable) -> None:
            gone = isinstance(error, Reply) and error.status in (400, 404, 422)
            self.tell(CommandFailed(command=command, gone=gone, detail=describe(error)))

        watch(answer, failed)

    def _under_way_elsewhere(self, command: Join) -> list["ari.Answer"]:
        """What the legs of a join have under way on other lanes than it will take."""
        legs = [self._legs[leg] for leg in command.legs if leg in self._legs]
        lane = self._bridges.get(command.bridge, legs[0].lane if legs else 0)
        return [
            leg.last
            for leg in legs
            if leg.lane != lane and leg.last is not None and not leg.last.done()
        ]

    def _later(
        self, before: set["asyncio.Future[Any]"], command: Command, keys: set[str]
    ) -> None:
        async def then() -> None:
            await asyncio.wait(before)
            for key in keys:
                if self._gates.get(key) is task:
                    del self._gates[key]
            self._perform(command)

        task = asyncio.create_task(then())
        for key in keys:
            self._gates[key] = task

    def _make_bridge(self, bridge: BridgeId, lane: int) -> None:
        """Make a bridge unless it is there; that it was there after all (409) is fine."""
        if bridge not in self._bridges:
            self._bridges[bridge] = lane
            self._forget(self.send(lane, codec.create_bridge(_inside(bridge), self.app)))

    def _unbridge(self, bridge: BridgeId) -> None:
        lane = self._bridges.pop(bridge, None)
        if self._link is not None:
            lane = self._lane(bridge) if lane is None else lane
            self._forget(self.send(lane, codec.remove_bridge(_inside(bridge))))

    def _fail(self, command: Command, *, gone: bool, detail: str) -> None:
        self.tell(CommandFailed(command=command, gone=gone, detail=detail))

    # --- phones

    @property
    def _agents_online(self) -> frozenset[str]:
        return frozenset(map(provisioning.agent_of, self._online))

    async def _follow_phones(self) -> None:
        if self._ami is not None:
            await ContactWatch(self._ami, self._phones_are).run()
        while True:
            await asyncio.sleep(PHONES_EVERY)
            if (link := self._link) is None:
                continue
            try:
                found = await self._read(link, codec.ENDPOINTS, tuple[codec.Endpoint, ...])
            except SwitchUnreachable:
                continue
            self._phones_are(frozenset(e.resource for e in found if e.state == "online"))

    def _phones_are(self, online: frozenset[str]) -> None:
        """These endpoints can be rung now."""
        before, self._online = self._agents_online, online
        after = self._agents_online
        if self._link is None:
            return  # SwitchUp will tell
        for phone in sorted(before ^ after):
            self.tell(PhoneChanged(phone=phone, online=phone in after))

    def _make(self, phone: Phone) -> tuple[Request, ...]:
        return provisioning.make(phone, self._media_address)

    async def _all(
        self, link: AriLink, work: Iterable[Sequence[Request]], fine: tuple[int, ...] = ()
    ) -> None:
        """Do groups of requests, each group in its order, several groups at once."""
        limit = asyncio.Semaphore(PROVISIONING)

        async def do(group: Sequence[Request]) -> None:
            async with limit:
                for request in group:
                    reply = await link.ask(request)
                    if not reply.ok and reply.status not in fine:
                        raise SwitchUnreachable(f"Asterisk on {request.uri}: {reply.detail}")

        await asyncio.gather(*map(do, work))

    # --- small tools

    def send(self, lane: int, request: Request) -> ari.Answer:
        if self._link is None:
            answer: ari.Answer = asyncio.get_running_loop().create_future()
            answer.set_exception(LinkLost("the link to Asterisk is down"))
            return answer
        return self._link.send(lane, request)

    def _forget(self, answer: ari.Answer) -> None:
        """Nobody minds how it ends."""
        watch(answer, lambda _: None)

    def _new_leg(self, leg: LegId, *, inbound: bool, adopted: bool) -> Leg:
        made = Leg(self, leg, _inside(leg), self._lane(leg), inbound=inbound, adopted=adopted)
        self._legs[leg] = made
        return made

    def _lane(self, name: str) -> int:
        return zlib.crc32(name.encode()) % self._lanes

    def _leg_id(self, channel: str) -> LegId:
        return f"{self.name}/{channel}"


def _inside(name: str) -> str:
    """The id of a leg or bridge inside its switch."""
    return name.partition("/")[2]


def _touched(command: Command) -> set[str]:
    """The legs and bridges that a command is about."""
    match command:
        case Join(bridge=bridge, legs=legs):
            return {bridge, *legs}
        case Unbridge(bridge=bridge):
            return {bridge}
        case _:
            return {command.leg}
