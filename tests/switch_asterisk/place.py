"""A driver on a real Asterisk, with a voice of beeps, and people with SIP phones around it."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import numpy as np

from calls.commands import Answer, Dial, Hangup, Join
from calls.errors import MediaMissing
from calls.events import LegAnswered, LegArrived, PhoneChanged
from calls.media import Media, Speech
from calls.port import Phone as Account
from engine.asterisk_server import AsteriskEndpoint
from engine.phones import wav
from engine.phones.phone import Manner, Phone, Phones
from engine.phones.phonecall import PhoneCall
from engine.settings import Settings
from switch.asterisk.ami import AmiAddress
from switch.asterisk.driver import AsteriskSwitch
from tests.contract.rig import Outside, Rig
from tests.phones.voices import babble, quiet

PASSWORD = "a-password"


class Beeps:
    """Says each text as many seconds long as it has letters; knows no text ``missing``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def sound(self, media: Media) -> str:
        text = media.text if isinstance(media, Speech) else "a"
        if text == "missing":
            raise MediaMissing("nobody can say 'missing'")
        path = self._folder / f"beep-{text}.wav"
        if not path.exists():
            await asyncio.to_thread(wav.write, path, np.concatenate([beep(text), quiet(0.3)]))
        return str(path.with_suffix(""))


def beep(text: str) -> wav.Sound:
    """A sound of its own for each text, one second a letter."""
    return babble(sum(text.encode()), len(text))


def say(text: str) -> Speech:
    return Speech(name=text, language="en", text=text)


def driver(endpoint: AsteriskEndpoint, folder: Path, *, with_ami: bool = True) -> AsteriskSwitch:
    """A driver that is not connected yet."""
    ami = AmiAddress(endpoint.ami_host, endpoint.ami_port, endpoint.ami_user, endpoint.ami_password)
    return AsteriskSwitch(
        "asterisk",
        endpoint.ari_url,
        endpoint.ari_user,
        endpoint.ari_password,
        voice=Beeps(folder),
        recordings=folder / "recordings",
        trunk="_trunk",
        ami=ami if with_ami else None,
    )


class Place(Rig):
    """A driver, what it told (`tests.contract.rig.Rig`), and the phones around."""

    def __init__(
        self, center: Settings, endpoint: AsteriskEndpoint, folder: Path, tag: str
    ) -> None:
        assert center.trunk is not None
        self._carrier = center.trunk.port
        self.endpoint = endpoint
        self.folder = folder
        self.driver = driver(endpoint, folder)
        super().__init__(self.driver, cast(Outside, None))  # the people are ours, see below
        self.server = f"127.0.0.1:{center.sip_port}"
        self._stack = AsyncExitStack()
        self._phones: Phones | None = None
        self._tag = tag
        self._legs = 0

    async def new_driver(self, *, with_ami: bool = True) -> None:
        """The old one is gone with all that it knew; another one begins."""
        await self.disconnect()
        self.switch = self.driver = driver(self.endpoint, self.folder, with_ami=with_ami)
        await self.connect()

    async def calling(self, number: str = "1000") -> tuple[PhoneCall, str]:
        """Somebody who dials us, and their leg, which we have answered."""
        seen = {event.leg for event in self._arrivals()}
        phone = await (await self.phones()).add("500100200", server=self.server)
        call = await phone.dial(number)
        await self.until(lambda: len(self._arrivals()) > len(seen))
        leg = self._arrivals()[-1].leg
        self.driver.execute(Answer(leg=leg))
        await call.answered(within=10)
        return call, leg

    async def registered(self, name: str, manner: Manner = Manner("answer")) -> Phone:  # noqa: B008
        """An agent whose phone is provisioned and registered."""
        name = self.named(name)
        await self.driver.provision([Account(name=name, password=PASSWORD, browser=False)])
        phone = await (await self.phones()).add(name, password=PASSWORD, server=self.server)
        phone.manner = manner
        await phone.register()
        await self.wait(PhoneChanged, phone=name, online=True)
        return phone

    async def phones(self) -> Phones:
        """The SIP stack, started when it is first needed; it is what the trunk leads to as well."""
        if self._phones is None:
            self._phones = await self._stack.enter_async_context(Phones(port=self._carrier))
        return self._phones

    def named(self, name: str) -> str:
        """A name that no other test has."""
        return f"{name}-{self._tag}"

    def dial(self, to: str, timeout: float = 30.0, bridge: str = "") -> str:
        self._legs += 1
        leg = f"asterisk/{self._tag}-{self._legs}"
        self.driver.execute(
            Dial(leg=leg, call=self._tag, to=to, caller="500", timeout=timeout, bridge=bridge)
        )
        return leg

    async def talking(self) -> tuple[PhoneCall, str, PhoneCall, str]:
        """A caller and an agent, joined, and their legs."""
        caller, inbound = await self.calling()
        agent = await self.registered("anna")
        bridge = f"asterisk/b-{self._tag}"
        leg = self.dial(f"phone:{agent.name}", bridge=bridge)
        await self.wait(LegAnswered, leg=leg)
        self.driver.execute(Join(bridge=bridge, legs=(inbound, leg)))
        call = await agent.rung()
        await call.answered(within=10)
        async with asyncio.timeout(10):
            while {item.bridge for item in await self.driver.legs()} != {bridge}:
                await asyncio.sleep(0.02)
        return caller, inbound, call, leg

    async def close(self) -> None:
        """Leave nothing behind for the next test."""
        for leg in await self.driver.legs():
            self.driver.execute(Hangup(leg=leg.leg))
        async with asyncio.timeout(10):
            while await self.driver.legs():
                await asyncio.sleep(0.02)
        await self._stack.aclose()

    def _arrivals(self) -> list[LegArrived]:
        return self.all(LegArrived)
