"""Conversations recorded by a real Asterisk, as the file has them."""

import asyncio
import time

import pytest

from engine.phones import hearing, wav
from engine.phones.phone import Manner
from engine.phones.phonecall import PhoneCall
from engine.phones.wav import Sound
from tests.center.scene import Scene
from tests.phones.voices import babble, quiet

pytestmark = [pytest.mark.center, pytest.mark.timeout(240)]


async def recorded(scene: Scene, call: str) -> Sound:
    """The only recording of a call, as soon as it is complete."""
    until = time.monotonic() + 20
    while True:
        found = (await scene.api.get(f"calls/{call}/recordings"))["recordings"]
        path = scene.center.home / "recordings" / f"{found[0]['recording']}.wav" if found else None
        if path is not None and found[0]["seconds"] and path.is_file():
            return wav.read(path)
        assert time.monotonic() < until, f"not recorded: {found}\n{scene.center.log()}"
        await asyncio.sleep(0.2)


async def says(scene: Scene, speaker: PhoneCall, listener: PhoneCall, seed: int) -> None:
    """One speaks, alone, until the other has heard it."""
    speaker.say(babble(seed, 3), repeat=True)
    await scene.hears(listener, babble(seed, 3))
    speaker.say(quiet(0.1))


async def test_both_voices_are_recorded_and_a_pause_is_not(scene: Scene) -> None:
    agent = await scene.agent("agent1", Manner("answer"))
    call = await scene.call("1001")
    name = (await scene.phase(call, "talking")).call
    await scene.api.post("agents/agent1/recording", do="start")
    there = agent.calls[-1]
    await says(scene, call, there, 41)
    await says(scene, there, call, 42)
    await scene.api.post("agents/agent1/recording", do="pause")
    await says(scene, call, there, 43)
    await call.hang_up()
    sound = await recorded(scene, name)
    assert hearing.score(sound, babble(41, 3)) >= 0.8
    assert hearing.score(sound, babble(42, 3)) >= 0.8
    assert hearing.score(sound, babble(43, 3)) < 0.5


async def test_a_recording_goes_on_when_the_program_is_killed(own_scene: Scene) -> None:
    scene = own_scene
    scene.center.change_queue("support", record=True)
    agent = await scene.agent("agent1", Manner("answer"))
    call = await scene.call("1001")
    name = (await scene.phase(call, "talking")).call
    await says(scene, call, agent.calls[-1], 44)
    await asyncio.to_thread(scene.center.kill)
    await asyncio.to_thread(scene.center.start)
    await scene.phase(call, "talking")
    await says(scene, agent.calls[-1], call, 45)
    await call.hang_up()
    sound = await recorded(scene, name)
    assert hearing.score(sound, babble(44, 3)) >= 0.8
    assert hearing.score(sound, babble(45, 3)) >= 0.8
