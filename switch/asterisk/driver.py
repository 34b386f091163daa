"""The `Switch` port over a real Asterisk: ARI for calls, AMI for the phones' registrations.

Theory of operation
-------------------
1. `run` holds one `AriLink` at a time. After each connection Asterisk is asked what is up, that
   is told as `SwitchUp`, and only then the events that came meanwhile are read.
2. Nothing is told from inside `execute`.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from calls.commands import Command
from calls.errors import SwitchUnreachable
from calls.events import CommandFailed, LiveLeg, SwitchDown, SwitchEvent, SwitchUp
from calls.port import Deliver, Phone, Voice
from switch.asterisk import ari, codec, requests
from switch.asterisk.ami import AmiAddress
from switch.asterisk.ari import AriAddress, AriLink, LinkLost, LinkTaken
from switch.asterisk.codec import Channel
from switch.asterisk.exchange import Exchange
from switch.asterisk.phones import PhoneBook
from switch.asterisk.requests import Request
from switch.asterisk.routes import Routes

log = structlog.get_logger()

#: Seconds until the link is tried again: the first time, and at most.
FIRST_RETRY, LAST_RETRY = 0.2, 5.0
#: Unanswered requests, for each lane, that are more than Asterisk does in passing.
BEHIND = 2


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
        self._phones = PhoneBook(self.tell, ami, media_address)
        self._exchange = Exchange(self, Routes(self._phones, trunk), lanes)

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
            if self._link is not None:
                self._exchange.execute(command)
            else:
                detail = "the link to Asterisk is down"
                self.tell(CommandFailed(command=command, gone=False, detail=detail))
        finally:
            self._executing = False

    async def legs(self) -> Sequence[LiveLeg]:
        """See `calls.port.Switch.legs`."""
        link = self._link
        if link is None:
            raise SwitchUnreachable("the link to Asterisk is down")
        return (await self._survey(link)).legs

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
        await link.ask(requests.event_filter(self.app))
        found, online = await asyncio.gather(self._survey(link), self._phones.look(link))
        self._phones.now_online(online)
        self._link = link
        self._exchange.take_over(found)
        phones = tuple(sorted(self._phones.agents))
        self.tell(SwitchUp(switch=self.name, legs=found.legs, phones=phones))
        log.info("asterisk.up", switch=self.name, legs=len(found.legs), phones=len(phones))
        self._phones.connected(link)

    def _go_down(self) -> None:
        self._exchange.hold_back_nothing()
        self._phones.disconnected()
        if self._link is not None:
            self._link = None
            self.tell(SwitchDown(switch=self.name))

    async def _survey(self, link: AriLink) -> codec.Survey:
        application, channels, bridges = await asyncio.gather(
            link.read(requests.application(self.app), codec.Application),
            link.read(requests.CHANNELS, tuple[Channel, ...]),
            link.read(requests.BRIDGES, tuple[codec.Bridge, ...]),
        )
        found = codec.survey(self.name, application, channels, bridges)
        return msgspec.structs.replace(found, legs=self._exchange.seen(found.legs))

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

    def _take(self, data: bytes) -> None:
        try:
            event = codec.decode_event(data)
        except msgspec.DecodeError as error:
            log.error(
                "asterisk.event_unreadable",
                detail=str(error),
                data=data[:200].decode(errors="replace"),
            )
            return
        if event.type == "ApplicationReplaced":
            raise LinkTaken(f"another program has taken over the application {self.app!r}")
        self._exchange.take(event)

    # --- small tools

    @property
    def behind(self) -> bool:
        """Asterisk has been asked for more than it gets done."""
        return self._link is not None and self._link.unanswered > BEHIND * self._lanes

    def send(self, lane: int, request: Request) -> ari.Answer:
        if self._link is None:
            answer: ari.Answer = asyncio.get_running_loop().create_future()
            answer.set_exception(LinkLost("the link to Asterisk is down"))
            return answer
        return self._link.send(lane, request)

    async def download(self, request: Request, path: Path) -> bool:
        if self._link is None:
            raise LinkLost("the link to Asterisk is down")
        return await self._link.download(request, path)
