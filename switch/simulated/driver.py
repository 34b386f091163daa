"""The `Switch` port over a simulated world, in real time."""

import asyncio
import contextlib
import time
import wave
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from calls.commands import Command
from calls.events import BridgeRecorded, LiveLeg, RecordingEnded
from calls.port import Deliver, Phone
from switch.simulated.scripts import Caller
from switch.simulated.traffic import Traffic, answering, callers
from switch.simulated.world import World

Result = TypeVar("Result")

#: Samples a second of recordings.
RATE = 8000


class SimulatedSwitch:
    """A switch whose callers and phones exist only in a `World`.

    With `traffic`, callers arrive by themselves, every provisioned phone is online and answers, and
    so do numbers outside. Without, `act` is the only way to make something happen. Recordings
    are kept as so many seconds of silence in the folder `recordings`. `clock` gives seconds since
    the epoch.
    """

    def __init__(
        self,
        name: str = "sim",
        *,
        traffic: Traffic | None = None,
        recordings: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._world = World(name, strangers=None if traffic is None else answering(traffic))
        self._recordings = recordings
        self._traffic = traffic
        self._clock = clock
        self._changed = asyncio.Event()

    async def run(self, deliver: Deliver) -> None:
        """Deliver what happens until cancelled. See `calls.port.Switch.run`."""
        self.act(World.connect)
        try:
            async with asyncio.TaskGroup() as tasks:
                if self._traffic is not None:
                    tasks.create_task(self._place_callers(self._traffic))
                while True:
                    self._changed.clear()
                    for event in self._world.advance(self._clock()):
                        if isinstance(event, RecordingEnded | BridgeRecorded):
                            self._keep(event)
                        deliver(event)
                    await self._until(self._world.deadline())
        finally:
            self.act(World.disconnect)

    def execute(self, command: Command) -> None:
        self._world.execute(command, self._clock())
        self._changed.set()

    async def legs(self) -> Sequence[LiveLeg]:
        return self._world.legs(self._clock())

    async def provision(self, phones: Sequence[Phone], removed: Sequence[str] = ()) -> None:
        """Plain and browser phones of one agent are one phone here, as everywhere in the core."""
        if self._traffic is None:
            return
        for name in {phone.name.removesuffix("-web") for phone in phones}:
            self._world.register(name, self._clock(), answering(self._traffic))
        for name in {name.removesuffix("-web") for name in removed}:
            self._world.unregister(name, self._clock())
        self._changed.set()

    def act(self, what: Callable[[World, float], Result]) -> Result:
        """Do something to the world now: `switch.act(lambda world, now: world.call(..., now))`."""
        result = what(self._world, self._clock())
        self._changed.set()
        return result

    async def _place_callers(self, traffic: Traffic) -> None:
        for gap, caller in callers(traffic):
            await asyncio.sleep(gap)
            self.act(partial(_arrives, caller))

    def _keep(self, ended: RecordingEnded | BridgeRecorded) -> None:
        if self._recordings is None or ended.seconds == 0:
            return
        self._recordings.mkdir(parents=True, exist_ok=True)
        with wave.open(str(self._recordings / f"{ended.recording}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(bytes(2 * round(ended.seconds * RATE)))

    async def _until(self, deadline: float | None) -> None:
        """Wait for a time or for a change, whichever comes first."""
        timeout = None if deadline is None else max(0.0, deadline - self._clock())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._changed.wait()


def _arrives(caller: Caller, world: World, now: float) -> None:
    world.call(caller, now)
