"""What happens in a test: scripted phones around a running center, and its live view."""

import asyncio
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from calls.views import AgentView, CallView, LiveView, QueueView
from engine.phones import hearing, wav
from engine.phones.client import ApiFailed, Center
from engine.phones.hearing import PromptFile
from engine.phones.phone import Manner, Phone, Phones
from engine.phones.phonecall import PhoneCall, PhoneFailed
from engine.phones.prompts import known_prompts
from engine.phones.wav import Sound
from engine.service import FRESH
from tests.center.running import RunningCenter
from tests.phones.voices import babble

_numbers = itertools.count(int(time.time()) % 1_000_000)


class Scene:
    """Phones, the API and the prompts of one test. Made by the fixture `scene`."""

    def __init__(self, center: RunningCenter, phones: Phones, api: Center) -> None:
        self.center = center
        self.phones = phones
        self.api = api
        self._prompts: list[PromptFile] = []
        self._agents: dict[str, Phone] = {}

    # --- people

    async def agent(self, name: str, manner: Manner | None = None, *, ready: bool = True) -> Phone:
        """An agent's SIP phone, registered; and the agent ready, unless told otherwise."""
        phone = self._agents.get(name)
        if phone is None:
            secret = self.center.sip_secret(name)
            phone = await self.phones.add(name, password=secret, server=self.center.server)
            self._agents[name] = phone
        phone.manner = manner or Manner()
        if not phone.registered:
            await _register(phone)
        await self.until(
            lambda live: self._agent(live, name).phone_online, f"{name}'s phone online"
        )
        if ready:
            await self.set_state(name, "ready")
        return phone

    async def set_state(self, name: str, state: str, reason: str = "") -> None:
        await self.api.post(f"agents/{name}/state", state=state, reason=reason)

    async def caller(self, number: str = "") -> Phone:
        """A caller's phone; of a number that nobody has called from before, unless given."""
        number = number or f"48700{next(_numbers):06d}"
        return await self.phones.add(number, server=self.center.server)

    async def call(self, dialled: str = "1001", number: str = "") -> PhoneCall:
        """A new caller who dials and is answered."""
        call = await (await self.caller(number)).dial(dialled)
        await call.answered(within=15)
        return call

    async def waiting(self, dialled: str = "1001", number: str = "") -> PhoneCall:
        """A new caller who waits in a queue."""
        call = await self.call(dialled, number)
        await self.phase(call, "waiting")
        return call

    # --- what is so

    async def live(self) -> LiveView:
        return msgspec.convert(await self.api.get("live"), LiveView)

    async def until(
        self, condition: Callable[[LiveView], Any], what: str, within: float = 20.0
    ) -> LiveView:
        """Wait until something is so in the center; fails with the state it was in."""
        until = time.monotonic() + within
        while not condition(live := await self.live()):
            if time.monotonic() > until:
                raise AssertionError(f"{what}: not within {within:g} s\n{_seen(live)}")
            await asyncio.sleep(0.1)
        return live

    async def phase(self, call: PhoneCall, phase: str, within: float = 20.0) -> CallView:
        """Wait until a call is in that phase: menu, waiting, ringing, talking."""
        live = await self.until(
            lambda live: any(c.phase == phase for c in self._calls(live, call)),
            f"{call.phone} {phase}",
            within,
        )
        return self._calls(live, call)[0]

    async def gone(self, call: PhoneCall) -> None:
        """Wait until the center has no such call any more."""
        await self.until(lambda live: not self._calls(live, call), f"{call.phone} gone")

    async def agent_state(
        self, name: str, state: str, reason: str | None = None, within: float = 20.0
    ) -> AgentView:
        """Wait until an agent is in that state."""
        live = await self.until(
            lambda live: (
                self._agent(live, name).state == state
                and reason in (None, self._agent(live, name).reason)
            ),
            f"{name} {state} {reason or ''}",
            within,
        )
        return self._agent(live, name)

    async def queue(self, name: str = "support") -> QueueView:
        """A queue as it is now: what was shown a moment ago is shown again for a while."""
        await asyncio.sleep(FRESH)
        return next(queue for queue in (await self.live()).queues if queue.name == name)

    async def record(
        self, call: PhoneCall, complete: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        """The record of a call that has ended, as soon as it is complete."""
        until = time.monotonic() + 15
        while True:
            past = (await self.api.get(f"calls?caller={call.phone}"))["recent"]
            if past and complete(past[0]):
                return dict(past[0])
            assert time.monotonic() < until, f"no record of {call.story()}\n{self.center.log()}"
            await asyncio.sleep(0.2)

    # --- what is heard

    def prompt(self, name: str, language: str) -> Sound:
        """The file of a prompt, as it is played."""
        self._prompts = self._prompts or known_prompts(self.center.settings)
        found = [p for p in self._prompts if (p.name, p.language) == (name, language)]
        assert found, (
            f"no prompt {name} in {language}; there are {sorted({p.name for p in self._prompts})}"
        )
        return wav.read(found[0].path)

    def music(self) -> Sound:
        return wav.read(_only(self.center.home.glob("asterisk/**/moh/**/*.wav")))

    async def hears(self, call: PhoneCall, sound: Sound, within: float = 30.0) -> None:
        """Wait until at least 0.8 of a sound's parts were heard."""
        await call.hearing(hearing.Listening(sound), within)

    async def hears_music(self, call: PhoneCall, after: float = 0.0, within: float = 30.0) -> None:
        """Wait until two seconds of the music were heard, wherever in its loop, after a time."""
        music = self.music()
        place, found = int(after * wav.RATE), 0

        def two_seconds(heard: Sound) -> bool:
            nonlocal place, found
            while place < len(heard) - wav.RATE:
                likeness = hearing.correlation(music, heard[place : place + wav.RATE])
                found += bool(likeness.max(initial=0.0) >= hearing.FOUND)
                place += wav.RATE
            return found >= 2

        await call.hearing(two_seconds, within, "the music")

    async def talk(self, call: PhoneCall, phone: Phone, seed: int) -> PhoneCall:
        """Let a caller and the agent that they reached speak; each must hear the other."""
        answered = phone.calls[-1]
        ours, theirs = babble(seed, 3), babble(seed + 1000, 3)
        call.say(ours, repeat=True)
        answered.say(theirs, repeat=True)
        await asyncio.gather(self.hears(call, theirs), self.hears(answered, ours))
        return answered

    # --- between tests

    async def reset(self) -> None:
        """End all calls and log all agents out."""
        for call in (await self.live()).calls:
            await self._quietly(f"calls/{call.call}/hangup")
        await self.until(lambda live: not live.calls, "all calls ended")
        for agent in (await self.live()).agents:
            if agent.state == "wrap_up":
                await self._quietly(f"agents/{agent.name}/wrap-up")
            if agent.state != "logged_out":
                await self._quietly(f"agents/{agent.name}/state", state="logged_out")
        await self.until(
            lambda live: all(agent.state == "logged_out" for agent in live.agents),
            "all agents logged out",
        )

    async def _quietly(self, path: str, **body: Any) -> None:
        try:
            await self.api.post(path, **body)
        except ApiFailed as error:
            if error.status not in (404, 409):  # those: it ended meanwhile
                raise

    @staticmethod
    def _agent(live: LiveView, name: str) -> AgentView:
        return next(agent for agent in live.agents if agent.name == name)

    @staticmethod
    def _calls(live: LiveView, call: PhoneCall) -> list[CallView]:
        return [c for c in live.calls if c.caller.lstrip("+") == call.phone]


def _seen(live: LiveView) -> str:
    agents = (
        f"{a.name}: {a.state} {a.reason or a.call or ''} {'online' if a.phone_online else ''}"
        for a in live.agents
        if a.state != "logged_out" or a.phone_online
    )
    calls = (f"{c.call} {c.caller}: {c.phase} {c.queue} {c.agent} {c.position}" for c in live.calls)
    return "\n".join((*agents, *calls, str(live.switches)))


async def _register(phone: Phone) -> None:
    """As phones do, it tries again: a center just started makes its phones known a little later."""
    for attempt in range(10):
        try:
            await phone.register()
            return
        except PhoneFailed:
            if attempt == 9:
                raise
            await asyncio.sleep(0.5)


def _only(paths: Any) -> Path:
    found = list(paths)
    assert len(found) == 1, found
    return Path(found[0])
