"""A whole center on the stand-in of Twilio: `ringdesk run --demo --switch twilio`."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from calls.facts import CallArrived
from calls.views import LiveView
from engine import settings as settings_module
from engine.journal import Journal
from engine.phones.client import ApiFailed, Center
from tests.center.running import RunningCenter
from tests.switch_twilio.cloud import ACCOUNT, NUMBER, TOKEN, Cloud, Person
from tests.switch_twilio.line import Line

FactT = TypeVar("FactT")

#: Seconds after which something that is awaited will not come.
LIMIT = 15.0


class TwilioCenter(RunningCenter):
    """Its settings name the stand-in at `api`."""

    arguments = ("run", "--demo", "--switch", "twilio")

    def __init__(self, home: Path, api: str) -> None:
        super().__init__(home)
        self.environment |= {
            "RINGDESK_PUBLIC_URL": self.url,
            "RINGDESK_TWILIO_ACCOUNT_SID": ACCOUNT,
            "RINGDESK_TWILIO_AUTH_TOKEN": TOKEN,
            "RINGDESK_TWILIO_API_BASE": api,
            "RINGDESK_TWILIO_NUMBERS": NUMBER,
            "RINGDESK_TWILIO_CALLS_PER_SECOND": "100",
        }
        self.settings = settings_module.load(self.environment)


class Day:
    """One test: the people, the center's API, and what has happened."""

    def __init__(self, cloud: Cloud, center: TwilioCenter, api: Center) -> None:
        self.cloud, self.center, self.api = cloud, center, api

    async def agent(self, name: str, does: str = "answers", address: str = "") -> Person:
        """An agent who is ready; nobody else is."""
        person = Person(does)
        self.cloud.people[address or f"client:{name}"] = person
        await self.api.post(f"agents/{name}/state", state="ready", reason="")
        return person

    def caller(self) -> Line:
        """Somebody who dials the number."""
        number = f"+4870{int(time.time() * 1000) % 10**7:07d}"
        url = self.center.url
        return self.cloud.call(number, NUMBER, f"{url}/twilio/voice", f"{url}/twilio/status")

    async def waiting(self) -> Line:
        """A caller who has chosen English and support, and waits."""
        line = self.caller()
        await line.press("1")
        await self.until(lambda live: self.phase(live, line) == "menu")
        await self.at(line, "menu")
        await line.press("2")
        await self.until(lambda live: self.phase(live, line) in ("waiting", "ringing", "talking"))
        return line

    async def at(self, line: Line, node: str) -> None:
        await self.until(
            lambda live: any(c.caller == line.caller and c.node == node for c in live.calls)
        )

    @staticmethod
    def phase(live: LiveView, line: Line) -> str:
        return next((call.phase for call in live.calls if call.caller == line.caller), "gone")

    @staticmethod
    def state(live: LiveView, agent: str) -> str:
        return next(view.state for view in live.agents if view.name == agent)

    async def live(self) -> LiveView:
        return msgspec.convert(await self.api.get("live"), LiveView)

    async def until(self, true: Callable[[LiveView], bool]) -> LiveView:
        """The live view as soon as it is so."""
        view: LiveView | None = None
        try:
            async with asyncio.timeout(LIMIT):
                while True:
                    try:
                        view = await self.live()
                        if true(view):
                            return view
                    except ApiFailed:
                        pass  # it is being started
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{view}\n{self.cloud.faults}\n{self.center.log()}") from None

    async def gone(self, line: Line) -> None:
        await self.until(lambda live: self.phase(live, line) == "gone")

    async def together(self, *lines: Line) -> None:
        """These are alone in one conference."""
        await self.until(
            lambda _: any(
                set(conference.members) == set(lines)
                for conference in self.cloud.conferences.values()
            )
        )

    async def facts(self, line: Line, kind: type[FactT]) -> list[FactT]:
        """What was journalled of this kind about a caller's call, in order."""
        shown = (await self.live()).journal  # facts are written a moment after they count
        return await asyncio.to_thread(self._facts, line, kind, shown)

    def _facts(self, line: Line, kind: type[FactT], shown: int) -> list[FactT]:
        journal = Journal(self.center.database)
        until = time.monotonic() + LIMIT
        while journal.end().fact < shown:
            assert time.monotonic() < until, f"fact {shown} is not written\n{self.center.log()}"
            time.sleep(0.005)
        arrived = [
            published.fact
            for published in journal.facts_since(0.0)
            if isinstance(published.fact, CallArrived) and published.fact.caller == line.caller
        ]
        return [
            published.fact
            for published in journal.facts_of_call(arrived[-1].call)
            if isinstance(published.fact, kind)
        ]

    async def over(self) -> None:
        """Everybody hangs up and goes."""
        for line in list(self.cloud.lines.values()):
            await line.hang_up()
        await self.until(lambda live: not live.calls)
        for agent in (await self.live()).agents:
            if agent.state == "wrap_up":
                await self.api.post(f"agents/{agent.name}/wrap-up", code="", note="")
            if agent.state != "logged_out":
                await self.api.post(f"agents/{agent.name}/state", state="logged_out", reason="")
        self.cloud.people.clear()
