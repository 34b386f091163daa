"""A rehearsal: scripted callers and agents fill a running center, so that its queues live.

Callers dial at random moments, walk the menu, wait as long as their patience lasts and talk;
agents answer, now and then miss a call, finish their wrap-up and go on. All is real SIP and RTP.
Every time is drawn from a distribution whose dice are seeded, so a rehearsal can be repeated.
"""

import asyncio
import contextlib
import math
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field

from calls.base import AgentId, CallId
from calls.facts import AgentStateChanged, CallArrived, CallConnected, CallEnded, Fact
from engine.phones.client import ApiFailed, Center
from engine.phones.phone import Manner, Phone, Phones
from engine.phones.phonecall import NotAnswered, PhoneCall, PhoneFailed

#: Mean seconds between a caller's calls, and of patience in the queue (both exponential).
PAUSE, PATIENCE = 20.0, 90.0
#: Median seconds of talk and its spread (log-normal), after which the caller hangs up.
TALK, SPREAD = 25.0, 0.6
#: Seconds from ring to answer, of wrap-up, and until an agent is back from "not ready" (uniform).
ANSWER, WRAP_UP, BACK = (1.0, 5.0), (3.0, 12.0), (5.0, 20.0)
#: The share of offers that an agent lets ring until they count as no answer.
MISSED = 0.04
#: What callers dial, and the keys they press with the seconds to wait before each.
CHOICES = ("1000", "1000", "1001")
CODES = ("solved", "callback", "information")


@dataclass(frozen=True)
class Login:
    """An agent's SIP account."""

    name: str
    password: str


@dataclass
class Tally:
    """What happened so far. Times are seconds."""

    dialled: int = 0
    connected: int = 0
    gave_up: int = 0
    failed: int = 0
    missed: int = 0
    waits: list[float] = field(default_factory=list)
    talks: list[float] = field(default_factory=list)


class Rehearsal:
    """Run with `run`; `tally` may be looked at meanwhile."""

    def __init__(self, phones: Phones, center: Center, server: str, seed: int) -> None:
        self.tally = Tally()
        #: Callers on the line now.
        self.on_line = 0
        self._phones = phones
        self._center = center
        self._server = server
        self._seed = seed
        self._connected: dict[str, asyncio.Event] = {}
        self._numbers: dict[CallId, str] = {}
        self._agents: dict[AgentId, Phone] = {}
        self._dice = random.Random(seed)  # noqa: S311  not for secrets
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, callers: list[str], agents: list[Login], seconds: float) -> Tally:
        """Callers (by number) and agents for that long; then calls under way are ended."""
        watcher = asyncio.create_task(self._watch())
        try:
            for login in agents:
                await self._sign_in(login)
            for number in callers:
                self._start(self._line(number))
            await asyncio.wait({watcher}, timeout=seconds)
            if watcher.done():
                watcher.result()
        finally:
            tasks = [watcher, *self._tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for name in self._agents:
                await self._set_state(name, "logged_out")
        return self.tally

    # --- callers

    async def _line(self, number: str) -> None:
        dice = random.Random(f"{self._seed}:{number}")  # noqa: S311  not for secrets
        phone = await self._phones.add(number, server=self._server)
        while True:
            await asyncio.sleep(dice.expovariate(1 / PAUSE))
            self._connected[number] = asyncio.Event()
            try:
                await self._call(phone, dice)
            except PhoneFailed:
                self.tally.failed += 1

    async def _call(self, phone: Phone, dice: random.Random) -> None:
        self.tally.dialled += 1
        self.on_line += 1
        call = await phone.dial(dice.choice(CHOICES))
        try:
            await call.answered(within=15)
            await self._walk_menu(call, dice)
            await self._wait_and_talk(call, self._connected[phone.name], dice)
        except NotAnswered:
            self.tally.failed += 1
        finally:
            self.on_line -= 1
            await call.hang_up()

    async def _walk_menu(self, call: PhoneCall, dice: random.Random) -> None:
        if "1000" not in call.peer:
            return
        for key in (dice.choice("112233"), dice.choice("1222")):
            if await call.over(within=dice.uniform(2, 5)):
                return
            await call.press(key)

    async def _wait_and_talk(
        self, call: PhoneCall, connected: asyncio.Event, dice: random.Random
    ) -> None:
        began = time.monotonic()
        patience = 10 + dice.expovariate(1 / PATIENCE)
        talk = dice.lognormvariate(math.log(TALK), SPREAD)
        ended = asyncio.create_task(call.over(within=patience))
        joined = asyncio.create_task(connected.wait())
        try:
            await asyncio.wait({ended, joined}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            joined.cancel()
        if not connected.is_set():
            if call.state == "ended":
                self.tally.failed += 1
            else:
                self.tally.gave_up += 1
            return
        self.tally.connected += 1
        self.tally.waits.append(time.monotonic() - began)
        began = time.monotonic()
        await call.over(within=talk)
        self.tally.talks.append(time.monotonic() - began)

    # --- agents

    async def _sign_in(self, login: Login) -> None:
        phone = await self._phones.add(login.name, password=login.password, server=self._server)
        await phone.register()
        self._agents[login.name] = phone
        dice = random.Random(f"{self._seed}:{login.name}")  # noqa: S311  not for secrets
        self._start(self._answer_calls(phone, dice))

    async def _answer_calls(self, phone: Phone, dice: random.Random) -> None:
        # The center hears of the registration from the switch, a little later.
        while not await self._set_state(phone.name, "ready"):  # noqa: ASYNC110
            await asyncio.sleep(1)
        while True:
            missed = dice.random() < MISSED
            phone.manner = (
                Manner("ignore") if missed else Manner("answer", after=dice.uniform(*ANSWER))
            )
            await phone.rung(within=1e9)
            self.tally.missed += missed

    async def _set_state(self, agent: AgentId, state: str) -> bool:
        with contextlib.suppress(ApiFailed):
            await self._center.post(f"agents/{agent}/state", state=state)
            return True
        return False

    async def _finish_wrap_up(self, agent: AgentId) -> None:
        await asyncio.sleep(self._dice.uniform(*WRAP_UP))
        with contextlib.suppress(ApiFailed):  # its time was over meanwhile
            await self._center.post(f"agents/{agent}/wrap-up", code=self._dice.choice(CODES))

    async def _come_back(self, agent: AgentId) -> None:
        await asyncio.sleep(self._dice.uniform(*BACK))
        await self._set_state(agent, "ready")

    # --- the center's facts

    async def _watch(self) -> None:
        async for published in self._center.facts():
            self._take(published.fact)
        raise ApiFailed(0, f"the center at {self._center.url} has ended its event stream")

    def _take(self, fact: Fact) -> None:
        match fact:
            case CallArrived():
                self._numbers[fact.call] = fact.caller
            case CallConnected():
                number = self._numbers.get(fact.call, "")
                if number in self._connected:
                    self._connected[number].set()
            case CallEnded():
                self._numbers.pop(fact.call, None)
            case AgentStateChanged(state="wrap_up") if fact.agent in self._agents:
                self._start(self._finish_wrap_up(fact.agent))
            case AgentStateChanged(state="not_ready") if fact.agent in self._agents:
                self._start(self._come_back(fact.agent))
            case _:
                pass

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
