"""Scripted SIP phones: real SIP and RTP, driven from asyncio.

    async with Phones() as phones:
        agent = await phones.add("agent1", password="...", server="127.0.0.1:5060")
        await agent.register()
        agent.manner = Manner("answer", after=1.0)
        caller = await phones.add("48221234567", server="127.0.0.1:5060")
        call = await caller.dial("1000")
        await call.answered(within=10)
        await call.press("2")

The SIP stack (baresip) lives once in a process, so one `Phones` is open at a time and holds as
many phones as are wanted. Times are seconds of `time.monotonic`.
"""

import asyncio
import contextlib
import random
import re
import socket
from collections.abc import Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

import baresip
from baresip import Event, StackEvent

from engine.phones.media import Pump
from engine.phones.phonecall import NotAnswered, PhoneCall, PhoneFailed
from engine.phones.wav import Sound

#: Where the phones take RTP ports from; the stack picks free ones at random.
_RTP_PORTS = (20000, 32000)
#: What a SIP address may hold before its @ without more ado.
_DIALLED = re.compile(r"[A-Za-z0-9._+*#~!-]+")


@dataclass(frozen=True)
class Manner:
    """What a phone does when it rings: after `after` seconds answer, refuse as busy, or nothing.

    ``obey`` answers where the call asks the phone to answer by itself, and rings on elsewhere.
    After the answer it speaks `say`, over and over, and hangs up after `talk` seconds if given.
    """

    action: Literal["answer", "obey", "busy", "ignore"] = "ignore"
    after: float = 0.0
    say: Sound | None = None
    talk: float | None = None


class Phone:
    """One SIP phone. Made by `Phones.add`."""

    def __init__(self, phones: "Phones", agent: Any, name: str, server: str) -> None:
        self.name = name
        self.server = server
        self.manner = Manner()
        self.registered = False
        #: Every call of this phone, oldest first.
        self.calls: list[PhoneCall] = []
        self._phones = phones
        self._agent = agent
        self._incoming: asyncio.Queue[PhoneCall] = asyncio.Queue()
        agent.on_incoming(self._rung)

    @property
    def address(self) -> str:
        """Where this phone can be dialled directly."""
        return f"sip:{self.name}@{self._phones.address}"

    async def register(self, within: float = 10.0) -> None:
        """Register at the server. Raises `PhoneFailed`, whose text has the server's answer."""
        try:
            await self._agent.register(timeout=within)
        except baresip.BaresipError as error:
            raise PhoneFailed(f"phone {self.name} at {self.server}: {error}") from None
        self.registered = True

    async def unregister(self) -> None:
        """Take the phone off the server. Raises `PhoneFailed`."""
        try:
            await self._agent.unregister()
        except baresip.BaresipError as error:
            raise PhoneFailed(f"phone {self.name} at {self.server}: {error}") from None
        self.registered = False

    async def dial(self, number: str) -> PhoneCall:
        """Dial a number at the server, or a whole ``sip:`` address; returns before any answer.

        Raises `PhoneFailed`.
        """
        if not number.startswith("sip:") and not _DIALLED.fullmatch(number):
            raise PhoneFailed(f"cannot dial {number!r}: write digits, letters and . _ + - * # ~ !")
        uri = number if number.startswith("sip:") else f"sip:{number}@{self.server}"
        call = await self._phones.place(self._agent, self.name, uri)
        self.calls.append(call)
        return call

    async def rung(self, within: float = 30.0) -> PhoneCall:
        """The next incoming call that was not asked for yet. Raises `PhoneFailed`."""
        try:
            return await asyncio.wait_for(self._incoming.get(), within)
        except TimeoutError:
            raise PhoneFailed(f"phone {self.name} did not ring within {within:g} s") from None

    def _rung(self, native: Any) -> None:
        call = self._phones.adopt(native, self.name, incoming=True)
        self.calls.append(call)
        self._incoming.put_nowait(call)
        self._phones.spawn(self._behave(call, self.manner))

    async def _behave(self, call: PhoneCall, manner: Manner) -> None:
        if manner.action == "ignore" or (manner.action == "obey" and not call.answers_itself):
            return
        await asyncio.sleep(manner.after)
        if call.state != "ringing":
            return
        if manner.action == "busy":
            await call.refuse()
            return
        await call.answer()
        with contextlib.suppress(NotAnswered):
            await call.answered(within=10)
            if manner.say is not None:
                call.say(manner.say, repeat=True)
            if manner.talk is not None:
                await asyncio.sleep(manner.talk)
                await call.hang_up()


class Phones:
    """All scripted phones of this process; an async context manager that hangs everything up.

    `host` is the address of this machine that they use. `record=False` keeps nothing of what is
    heard (16 kB a second otherwise). `port` is where they can be dialled; any free one without.
    """

    def __init__(self, host: str = "127.0.0.1", *, record: bool = True, port: int = 0) -> None:
        self._host = host
        self._record = record
        self._port = port or _free_udp_port(host)
        self._runtime = baresip.Runtime(native_log_level="error")
        self._pump = Pump()
        self._phones: list[Phone] = []
        self._calls: dict[int, PhoneCall] = {}
        #: Events of calls that `dial` has not returned yet: the answer may overtake it.
        self._early: dict[int, list[StackEvent]] = {}
        self._dialling = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        return f"{self._host}:{self._port}"

    async def __aenter__(self) -> "Phones":
        config = baresip.Config(
            net_interface=self._host,
            max_concurrent_calls=None,
            expose_headers=("Call-Info", "Reason"),
            extra_config_text=(
                f"sip_listen {self._host}:{self._port}\n"
                "sip_transports udp\n"
                "audio_jitter_buffer_type off\n"
                # Else the stack holds every other phone's call when one is answered.
                "call_hold_other_calls no\n"
                f"rtp_ports {_RTP_PORTS[0]}-{_RTP_PORTS[1]}\n"
            ),
        )
        self._runtime.subscribe(self._take)
        try:
            await self._runtime.start(config)
        except baresip.BaresipError as error:
            self._pump.close()
            raise PhoneFailed(f"the scripted phones cannot start: {error}") from None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        live = [call for call in self._calls.values() if call.state != "ended"]
        for call in live:
            await call.hang_up()
        for phone in self._phones:
            if phone.registered:
                with contextlib.suppress(PhoneFailed):
                    await phone.unregister()
        self._pump.close()
        await self._runtime.close()

    async def add(self, name: str, *, password: str = "", server: str = "") -> Phone:
        """A phone of that user name at a server (``host:port``); without one, dialled directly."""
        server = server or self.address
        try:
            account = baresip.Account(
                user=name, domain=server, password=password, reg_interval=300 if password else 0
            )
            agent = await baresip.UserAgent.create(self._runtime, account)
        except (baresip.BaresipError, ValueError) as error:
            raise PhoneFailed(f"phone {name!r}: {error}") from None
        phone = Phone(self, agent, name, server)
        self._phones.append(phone)
        return phone

    async def place(self, agent: Any, name: str, uri: str) -> PhoneCall:
        """Dial, losing no event that comes before the stack has named the call."""
        self._dialling += 1
        try:
            native = await agent.dial(uri)
        except (baresip.BaresipError, ValueError) as error:
            raise PhoneFailed(f"cannot dial {uri}: {error}") from None
        finally:
            self._dialling -= 1
        call = self.adopt(native, name, incoming=False)
        if not self._dialling:
            self._early.clear()
        return call

    def adopt(self, native: Any, name: str, *, incoming: bool) -> PhoneCall:
        call = PhoneCall(self._pump, native, name, incoming=incoming, record=self._record)
        self._calls[native.handle] = call
        for event in self._early.pop(native.handle, []):
            self._take(event)
        return call

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _take(self, event: StackEvent) -> None:
        call = self._calls.get(event.call)
        if call is not None:
            call.take(event)
            if event.event is Event.CALL_CLOSED:
                del self._calls[event.call]
        elif event.call and self._dialling:
            self._early.setdefault(event.call, []).append(event)


def local_host(server: str) -> str:
    """The address of this machine from which a server (``host:port``) is reached."""
    host, _, port = server.rpartition(":")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((host, int(port)))
            return str(probe.getsockname()[0])
    except OSError as error:
        raise PhoneFailed(f"cannot reach {server}: {error}") from None


def listens(server: str) -> bool:
    """Whether anything listens at a UDP address of this machine; True where that is unknown."""
    host, _, port = server.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.2)
        try:
            probe.connect((host, int(port)))
            probe.send(b"\r\n\r\n")  # a keep-alive of RFC 5626, ignored by who is there
            probe.recv(64)
        except TimeoutError:
            return True
        except OSError:
            return False
    return True


def _free_udp_port(host: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _ in range(50):
            port = random.randint(32002, 60000)  # noqa: S311  not for secrets
            with contextlib.suppress(OSError):
                probe.bind((host, port))
                return port
    raise PhoneFailed(f"no free UDP port on {host}")
