"""All scenarios of a run as calls, several at a time."""

import asyncio
import os
from collections.abc import Sequence
from typing import Any

import msgspec

from calls.errors import SwitchUnreachable
from calls.port import Phone as PhoneSetting
from engine.flows import Source
from engine.parts.progress import Progress, Step
from engine.phones.phone import Manner, Phones
from engine.phones.phonecall import PhoneFailed
from engine.settings import Settings
from engine.trials.caller import LiveCaller, left_out
from engine.trials.machine import Machine
from engine.trials.stand import Stand, own_asterisk
from engine.voices import VoiceCache, default_voices
from ivr.caller import Unfitting
from ivr.coverage import Coverage
from ivr.problems import Problem
from ivr.prompts import prompts
from ivr.scenario import Located
from ivr.trial import Outcome, differences

#: Calls at a time for each core: what is heard must be looked for in the sound.
LINES = 3
#: Seconds until Asterisk must be connected, and until an agent's phone must be registered.
CONNECTED_WITHIN, READY_WITHIN = 20.0, 10.0
#: For how long an agent talks, seconds.
TALKS = 1.5
_PASSWORD = "only-for-this-run"  # noqa: S105 - of a phone that lives as long as the scenario


class Called(msgspec.Struct, frozen=True):
    """One scenario to be called."""

    #: Its flow, and those that it may lead into.
    sources: tuple[Source, ...]
    located: Located
    coverage: Coverage


def play(calls: Sequence[Called], settings: Settings, progress: Progress) -> list[Outcome]:
    """Play all scenarios; an outcome for each, in their order.

    Raises `PartMissing` and `SwitchUnreachable` where there is no Asterisk to call.
    """
    voices = default_voices(settings, progress)
    flows = {source.text: source.flow for one in calls for source in one.sources}
    voices.prerender([speech for flow in flows.values() for speech in prompts(flow)], progress)
    with own_asterisk(settings, voices, progress) as (switch, server):
        run = _Run(Stand(switch), server, voices)
        return asyncio.run(run.all(calls, progress))


class _Run:
    """The scenarios of one run, on one switch."""

    def __init__(self, stand: Stand, server: str, voices: VoiceCache) -> None:
        self._stand = stand
        self._server = server
        self._voices = voices
        self._lines = asyncio.Semaphore(LINES * (os.cpu_count() or 1))
        self._done = 0

    async def all(self, calls: Sequence[Called], progress: Progress) -> list[Outcome]:
        serving = asyncio.create_task(self._stand.run())
        try:
            await self._connected(serving)
            async with Phones() as phones:
                with progress.step(f"Calling {len(calls)} scenarios") as step:
                    work = (
                        self._one(phones, number, called, step, 1 / len(calls))
                        for number, called in enumerate(calls, 1)
                    )
                    calling = asyncio.gather(*work)
                    either: set[asyncio.Future[Any]] = {calling, serving}
                    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                    if serving.done():  # it goes on for ever, but for a fault
                        calling.cancel()
                        await serving
                    return list(await calling)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    async def _one(
        self, phones: Phones, number: int, called: Called, step: Step, share: float
    ) -> Outcome:
        async with self._lines:
            outcome = await self._outcome(phones, number, called)
        self._done += 1
        step.advance(self._done * share, outcome.name)
        return outcome

    async def _connected(self, serving: "asyncio.Task[None]") -> None:
        up = asyncio.ensure_future(self._stand.until(lambda: self._stand.up, CONNECTED_WITHIN))
        await asyncio.wait({up, serving}, return_when=asyncio.FIRST_COMPLETED)
        if not self._stand.up:
            up.cancel()
            raise SwitchUnreachable("the Asterisk of this run does not answer")

    async def _outcome(self, phones: Phones, number: int, called: Called) -> Outcome:
        scenario = called.located.scenario
        if why := left_out(scenario):
            return Outcome(scenario.name, (), "", (), left_out=why)
        machine = Machine(f"t{number}", scenario, self._stand.execute)
        try:
            if "leave by after" in scenario.steps:
                await self._agent(phones, machine.name)
            return await self._call(phones, machine, number, called)
        except PhoneFailed as error:
            problem = called.located.problem((), f"the call failed: {error}")
            return Outcome(scenario.name, (problem,), "", ())
        finally:
            machine.close()

    async def _agent(self, phones: Phones, name: str) -> None:
        """A phone that answers and soon hangs up. Raises `PhoneFailed`."""
        await self._stand.provision(PhoneSetting(name=name, password=_PASSWORD, browser=False))
        phone = await phones.add(name, password=_PASSWORD, server=self._server)
        phone.manner = Manner("answer", talk=TALKS)
        await phone.register(within=READY_WITHIN)
        await self._stand.until(lambda: self._stand.online(name), READY_WITHIN)

    async def _call(self, phones: Phones, machine: Machine, number: int, called: Called) -> Outcome:
        located, steps = called.located, called.located.scenario.steps
        machine.furnish(called.sources, self._stand.name)
        dialled = f"9{number:05}"
        self._stand.expect(dialled, machine)
        phone = await phones.add(f"caller{number}", server=self._server)
        line = await phone.dial(dialled)
        caller = LiveCaller(machine, line, self._voices)
        problems: list[Problem] = []
        try:
            await caller.enter()
            for index, step in enumerate(steps):
                try:
                    await caller.take(step)
                except Unfitting as error:
                    problems.append(located.problem(("steps", str(index)), f"{step}: {error}"))
                    break
            heard, missed = await caller.finish(at_rest=not problems)
            if not problems:
                problems = differences(machine.walked(heard, caller.where), located)
                problems += [
                    located.problem((), f"{name} was played, but not heard on the line")
                    for name in missed
                ]
            where = caller.where
        except Unfitting as error:
            return Outcome(located.scenario.name, (located.problem((), str(error)),), "", ())
        finally:
            await line.hang_up()
        called.coverage.add(machine.taken, machine.passed)
        return Outcome(located.scenario.name, tuple(problems), where, tuple(heard))
