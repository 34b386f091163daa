"""What the contract tests see of a switch: the port, what it told, and people outside."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeAlias, TypeVar

from calls.commands import Prompt
from calls.events import LegArrived, LegEnded, PhoneChanged, PromptEnded, SwitchEvent, SwitchUp
from calls.media import DigitRule, Speech
from calls.port import Switch

#: ``obeys``: answers at once where the call asks the phone to answer by itself, else rings on;
#: ``machine``: answers as an answering machine does, at length and at once.
Does: TypeAlias = Literal["answers", "ignores", "declines", "busy", "obeys", "machine"]
EventT = TypeVar("EventT")

#: Nothing that a switch tells comes later than this after its cause, seconds.
LIMIT = 15.0


_agents = itertools.count(1)


class Party(Protocol):
    """A person at a phone, in or about to be in a call."""

    async def press(self, digits: str) -> None: ...

    async def speak(self) -> None:
        """Talk from now on; until then, and on every phone that rings, they are silent."""

    async def hears(self, other: "Party") -> bool:
        """Do they hear at this moment what the other one would say? Not music, not their own
        voice. Where that takes a sound, the other one says something short of their own."""

    async def hang_up(self) -> None: ...


class Outside(Protocol):
    """The people around a switch."""

    async def call(self, number: str, caller: str) -> Party:
        """Somebody dials us; returns when they have."""

    async def phone(self, name: str, does: Does = "answers") -> Party:
        """Provision and register the phone of an agent; it does this whenever it rings."""

    async def number(self, number: str, does: Does = "answers") -> Party:
        """Somebody whom ``tel:<number>`` reaches, until the end of the test."""

    async def unregister(self, name: str) -> None: ...


class Rig:
    """A connected switch with all that it has told, in order."""

    def __init__(self, switch: Switch, outside: Outside, *, hears_all_keys: bool = True) -> None:
        self.switch = switch
        self.outside = outside
        #: Keys are told whatever the leg is doing, not only where they are asked for.
        self.hears_all_keys = hears_all_keys
        #: A name that no test before had, because registrations may linger.
        self.agent = f"anna{next(_agents)}"
        self.told: list[SwitchEvent] = []
        self._news = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def connect(self) -> SwitchUp:
        """Run the switch; what was told before is forgotten."""
        self.told.clear()
        self._running = asyncio.create_task(self.switch.run(self._deliver))
        self._running.add_done_callback(lambda _: self._news.set())
        return await self.wait(SwitchUp)

    async def disconnect(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None

    def _deliver(self, event: SwitchEvent) -> None:
        self.told.append(event)
        self._news.set()

    def all(self, kind: type[EventT], **fields: object) -> list[EventT]:
        """What was told of this kind with these values."""
        return [
            event
            for event in self.told
            if isinstance(event, kind)
            and all(getattr(event, name) == value for name, value in fields.items())
        ]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that has been told makes the condition true."""
        async with asyncio.timeout(LIMIT):
            while not condition():
                if self._running is not None and self._running.done():
                    await self._running  # a driver runs until it is cancelled: why did it end?
                self._news.clear()
                await self._news.wait()

    async def wait(self, kind: type[EventT], **fields: object) -> EventT:
        """The first event of this kind with these values, told already or soon."""
        try:
            await self.until(lambda: bool(self.all(kind, **fields)))
        except TimeoutError:
            raise AssertionError(f"no {kind.__name__} with {fields} among {self.told}") from None
        return self.all(kind, **fields)[0]

    async def hear(self, people: Sequence[Party], *expected: tuple[Party, Party]) -> None:
        """Wait until of these people exactly the pairs `expected` (listener, speaker) hear.

        Who is to hear is asked up to three times: on a busy machine what is said may stutter.
        """
        pairs = list(itertools.permutations(people, 2))
        wanted = [pair in expected for pair in pairs]
        heard: list[bool] = []
        try:
            async with asyncio.timeout(4 * LIMIT):
                while heard != wanted:
                    heard = [
                        await _hears(*pair, tries=3 if due else 1)
                        for pair, due in zip(pairs, wanted, strict=True)
                    ]
                    await asyncio.sleep(0.05)
        except TimeoutError:
            number = {person: str(at) for at, person in enumerate(people)}
            found = [
                f"{number[listener]} hears {number[speaker]}: {was}, not {due}"
                for (listener, speaker), was, due in zip(pairs, heard, wanted, strict=False)
                if was != due
            ]
            raise AssertionError(f"after {4 * LIMIT:g} s {found}") from None

    async def caller(self, number: str = "1000", caller: str = "500100200") -> tuple[Party, str]:
        """Somebody who dials us now, and their leg."""
        before = len(self.all(LegArrived))
        party = await self.outside.call(number, caller)
        await self.until(lambda: len(self.all(LegArrived)) > before)
        return party, self.all(LegArrived)[-1].leg

    async def agent_phone(self, does: Does = "answers") -> Party:
        """The agent's phone, registered."""
        party = await self.outside.phone(self.agent, does)
        await self.wait(PhoneChanged, phone=self.agent, online=True)
        return party

    async def settled(self, leg: str) -> None:
        """Return when the switch has carried out and told all that is under way for a leg.

        A last prompt on the leg, told after everything before it, is the proof.
        """
        self.switch.execute(Prompt(leg=leg, prompt=f"settled-{leg}", media=(say("ok"),)))
        await self.wait(PromptEnded, leg=leg, prompt=f"settled-{leg}")

    async def gone(self, leg: str) -> LegEnded:
        return await self.wait(LegEnded, leg=leg)


async def _hears(listener: Party, speaker: Party, tries: int) -> bool:
    for _ in range(tries):
        if await listener.hears(speaker):
            return True
    return False


def say(text: str) -> Speech:
    return Speech(name="contract", language="en", text=text)


def rule(
    max_digits: int = 1, *, first_timeout: float = 10.0, inter_timeout: float = 10.0
) -> DigitRule:
    return DigitRule(
        max_digits=max_digits, first_timeout=first_timeout, inter_timeout=inter_timeout
    )
