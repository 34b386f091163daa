"""One real switch under many machines, and our own Asterisk for the length of a run."""

import contextlib
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from calls.commands import Command, Hangup, Join, Unbridge
from calls.errors import RingdeskError
from calls.events import CommandFailed, LegArrived, PhoneChanged, SwitchDown, SwitchEvent, SwitchUp
from calls.port import Phone, Switch
from engine import ports, wiring
from engine.asterisk_server import AsteriskServer
from engine.parts.progress import Progress
from engine.settings import Address, PortRange, Settings
from engine.trials.changing import Changing
from engine.trials.machine import Machine
from engine.voices import VoiceCache, please_hold


class Stand(Changing):
    """Gives each event to the machine whose leg it is about. On the loop's thread."""

    def __init__(self, switch: Switch) -> None:
        super().__init__()
        self._switch = switch
        #: By the number that their caller dials.
        self._expected: dict[str, Machine] = {}
        #: By leg, and by bridge.
        self._owners: dict[str, Machine] = {}
        self._online: set[str] = set()
        self.up = False

    @property
    def name(self) -> str:
        return self._switch.name

    async def run(self) -> None:
        """See `calls.port.Switch.run`."""
        await self._switch.run(self._take)

    def expect(self, dialled: str, machine: Machine) -> None:
        """The call that comes to this number is that machine's."""
        self._expected[dialled] = machine

    async def provision(self, phone: Phone) -> None:
        """See `calls.port.Switch.provision`. Raises `SwitchUnreachable`."""
        await self._switch.provision([phone])

    def online(self, phone: str) -> bool:
        """An agent's phone can be rung."""
        return phone in self._online

    def execute(self, machine: Machine, command: Command) -> None:
        self._owners[_place(command)] = machine
        self._switch.execute(command)

    def _take(self, event: SwitchEvent) -> None:
        match event:
            case SwitchUp():
                self.up = True
                self._online = set(event.phones)
                for machine in set(self._owners.values()):
                    legs = tuple(one for one in event.legs if self._owners.get(one.leg) is machine)
                    machine.tell(msgspec.structs.replace(event, legs=legs, phones=()))
            case SwitchDown():
                self.up = False
                for machine in set(self._owners.values()):
                    machine.tell(event)
            case PhoneChanged():
                (self._online.add if event.online else self._online.discard)(event.phone)
            case LegArrived():
                self._arrived(event)
            case CommandFailed():
                self._give(_place(event.command), event)
            case _:
                place = getattr(event, "leg", "") or getattr(event, "bridge", "")
                self._give(place, event)
        self.has_changed()

    def _arrived(self, arrived: LegArrived) -> None:
        machine = self._expected.pop(arrived.called, None)
        if machine is None:
            self._switch.execute(Hangup(leg=arrived.leg))
            return
        self._owners[arrived.leg] = machine
        meant = machine.scenario
        machine.tell(msgspec.structs.replace(arrived, caller=meant.caller, called=meant.called))

    def _give(self, place: str, event: SwitchEvent) -> None:
        machine = self._owners.get(place)
        if machine is not None:
            machine.tell(event)


@contextlib.contextmanager
def own_asterisk(
    settings: Settings, voices: VoiceCache, progress: Progress
) -> Iterator[tuple[Switch, str]]:
    """An Asterisk in a temporary folder on free ports, ended with the block: the switch, and where
    phones reach it. Raises `PartMissing`, `SwitchUnreachable`."""
    with tempfile.TemporaryDirectory(prefix="ringdesk-flow-") as folder:
        own = _elsewhere(settings, Path(folder))
        server = AsteriskServer(own, announcements=please_hold(voices), progress=progress)
        endpoint = server.ensure()
        try:
            yield wiring.asterisk(endpoint, voices, own), f"127.0.0.1:{own.sip_port}"
        finally:
            server.stop()


def _elsewhere(settings: Settings, home: Path) -> Settings:
    """The same settings, but for a center beside those that run."""
    http, sip, ari, ami, rtp = _free_ports(5)
    return msgspec.structs.replace(
        settings,
        home=home,
        http=Address("127.0.0.1", http),
        sip_port=sip,
        asterisk_http_port=ari,
        ami_port=ami,
        rtp_ports=PortRange(rtp, min(rtp + 199, 65535)),
        asterisk_url="",
        trunk=None,
    )


def _free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody has, for TCP and UDP. Raises `RingdeskError`."""
    found: list[int] = []
    for _ in range(1000):
        port = random.randint(40000, 59000)  # noqa: S311 - no secret
        if all(ports.is_free("127.0.0.1", port, kind) for kind in ("tcp", "udp")):
            found.append(port)
        if len(found) == count:
            return found
    raise RingdeskError("no free ports on 127.0.0.1")


def _place(command: Command) -> str:
    """The leg that a command is about; the bridge where that is more."""
    match command:
        case Join(bridge=bridge) | Unbridge(bridge=bridge):
            return bridge
        case _:
            return getattr(command, "leg", "") or getattr(command, "bridge", "")
