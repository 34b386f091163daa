"""A prompt recorded by phone: with the panel's code, heard back, kept, and in use at once."""

import asyncio

from engine.phones import hearing, wav
from engine.phones.wav import Sound
from engine.prompt_recordings import PromptRecordings
from tests.center.scene import Scene
from tests.phones.voices import babble

SPOKEN = babble(1900, 4.0)


def beeped(heard: Sound) -> bool:
    """The last half second has a tone in it."""
    step = wav.RATE // 20
    last = heard[-10 * step :]
    return any(hearing.tone(last[at : at + step], 1000) > 0.8 for at in range(0, len(last), step))


async def test_a_prompt_recorded_by_phone_is_heard_by_the_next_caller_and_not_by_this_one(
    scene: Scene,
) -> None:
    center = scene.center
    recordings = PromptRecordings(center.home, center.database)
    greeting = recordings.find("support.greeting", "en")
    assert greeting is not None
    old = scene.prompt("support.greeting", "en")
    code = recordings.code(greeting, "admin").code
    try:
        call = await scene.call("1900")
        await scene.hears(call, scene.prompt("prompts.record", "en"))
        await call.press(f"{code}#")
        await scene.hears(call, scene.prompt("prompts.record.speak", "en"))
        await scene.hears(call, old)
        await call.hearing(beeped, 10, "the tone")
        call.say(SPOKEN)
        await asyncio.sleep(len(SPOKEN) / wav.RATE)  # as long as it takes to say
        await call.press("#")
        await scene.hears(call, SPOKEN[wav.RATE :])
        before = await scene.call("1001")
        await scene.hears(before, old)
        await call.press("1")
        await scene.hears(call, scene.prompt("prompts.kept", "en"))
        await call.ended()
        after = await scene.call("1001")
        await scene.hears(after, SPOKEN[wav.RATE :])
        assert hearing.score(after.heard, old) < 0.3
        made = recordings.made("support.greeting", "en")
        assert made is not None
        assert (made.by, made.how) == ("admin", "phone")
    finally:
        recordings.remove("support.greeting", "en")
