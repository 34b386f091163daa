"""A center on a real database with a switch that only remembers what it was told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from calls.actions import ConfigureAgent, ConfigureNumber, ConfigureQueue, PublishFlow
from calls.commands import Command
from calls.config import Agent, Number, Queue
from calls.events import CallerIdentified, LiveLeg, PhoneChanged, SwitchUp
from calls.messages import Message
from calls.port import Deliver, Phone
from calls.requests import IdentifyCaller, Request
from engine.journal import Journal
from engine.loop import Loop
from engine.storage import Database

FLOW = """\
flow: direct
languages: [en]
start: line
operator: line
nodes:
  line:
    kind: queue
    queue: support
"""


class Told:
    """A switch that remembers; what it was told while nothing was committed is a fault."""

    name = "told"

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.arrived = asyncio.Event()
        #: Looks at the journal each time something is told.
        self.on_execute: Callable[[Command], None] = lambda _: None

    async def run(self, deliver: Deliver) -> None:
        raise NotImplementedError

    def execute(self, command: Command) -> None:
        self.on_execute(command)
        self.commands.append(command)
        self.arrived.set()

    async def legs(self) -> Sequence[LiveLeg]:
        return ()

    async def provision(self, phones: Sequence[Phone], removed: Sequence[str] = ()) -> None:
        return None

    async def wait_for(self, kind: type[Command]) -> Command:
        """The newest command of a kind, once there is one."""
        while True:
            found = [command for command in self.commands if isinstance(command, kind)]
            if found:
                return found[-1]
            self.arrived.clear()
            await asyncio.wait_for(self.arrived.wait(), 10)


def nobody(request: Request, deliver: Callable[[Message], None]) -> None:
    """A store that knows no caller."""
    if isinstance(request, IdentifyCaller):
        deliver(CallerIdentified(request=request.request, call=request.call))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    found = Database(f"sqlite:///{tmp_path / 'center.db'}")
    found.upgrade()
    return found


@pytest.fixture
def told() -> Told:
    return Told()


async def configured(loop: Loop) -> None:
    """One queue, one agent with a phone, one number."""
    for action in (
        ConfigureQueue(queue=Queue(name="support", wrap_up=0.0)),
        ConfigureAgent(agent=Agent(name="ann", queues={"support": 1}, skills={"lang:en": 10})),
        PublishFlow(flow="direct", version=1, source=FLOW),
        ConfigureNumber(number=Number(number="1001", flow="direct")),
    ):
        await loop.act(action)
    loop.deliver(SwitchUp(switch="told"))
    loop.deliver(PhoneChanged(phone="ann", online=True))


@pytest.fixture
async def loop(database: Database, told: Told) -> AsyncIterator[Loop]:
    found = Loop.restore(Journal(database), "t")
    found.start([told], nobody)
    await configured(found)
    yield found
    await found.stop()
