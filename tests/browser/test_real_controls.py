"""Hold, transfers and listening in from the pages, judged by what all parties hear."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from engine.phones import hearing, wav
from engine.phones.phonecall import PhoneCall
from engine.phones.wav import Sound
from tests.browser.earpiece import share_heard
from tests.browser.real import OURS, THEIRS, Opens, expect_state, log_in, online, page_hears
from tests.center.scene import Scene
from tests.phones.voices import babble

# One after another: two browsers with sound, each with a center, starve each other's phones.
pytestmark = [
    pytest.mark.center,
    pytest.mark.timeout(180),
    pytest.mark.xdist_group("browser-sound"),
]

#: What a third party says.
OTHERS = babble(33, 3)


async def in_a_call(scene: Scene, page: Page) -> PhoneCall:
    """agent1 at the page talks with a caller of support, who says THEIRS."""
    await online(page, "agent1")
    call = await scene.call("1001")
    await expect(page.get_by_role("button", name="Answer")).to_be_enabled(timeout=20_000)
    await page.keyboard.press("a")
    await expect_state(page, "Talking")
    call.say(THEIRS, repeat=True)
    await scene.hears(call, OURS)
    return call


def so_far(call: PhoneCall) -> float:
    """Seconds of sound that a phone has heard."""
    return len(call.heard) / wav.RATE


async def hears_from(call: PhoneCall, sound: Sound, after: float) -> None:
    """Wait until a sound was heard, after that many seconds of what a phone hears."""
    await call.hearing(hearing.Listening(sound, after=int(after * wav.RATE)), 30.0)


async def test_a_held_caller_hears_music_and_nobody_else(scene: Scene, open_page: Opens) -> None:
    page = await open_page("/login")
    call = await in_a_call(scene, page)
    await page.get_by_role("button", name="Hold").click()
    await expect(page.locator("#held")).to_be_visible()
    held = so_far(call) + 0.5
    await scene.hears_music(call, after=held)
    assert hearing.score(call.heard[int(held * wav.RATE) :], OURS) < 0.5
    await page.get_by_role("button", name="Take back").click()
    await expect(page.locator("#held")).to_be_hidden()
    await asyncio.gather(hears_from(call, OURS, so_far(call)), page_hears(page, THEIRS))
    await call.hang_up()
    await expect_state(page, "After-call work")


async def test_a_caller_is_passed_on_to_another_queue(scene: Scene, open_page: Opens) -> None:
    page = await open_page("/login")
    seller = await scene.agent("agent4")
    call = await in_a_call(scene, page)
    await page.keyboard.press("t")
    dialog = page.get_by_role("dialog", name="Pass the caller on")
    await dialog.get_by_role("radio", name="Sales").check()
    await dialog.get_by_role("button", name="Pass on now").click()
    await expect_state(page, "After-call work")
    answered = await seller.rung()
    await answered.answer()
    await answered.answered(within=10)
    assert (await scene.phase(call, "talking")).agent == "agent4"
    answered.say(OTHERS, repeat=True)
    await asyncio.gather(hears_from(call, OTHERS, so_far(call)), hears_from(answered, THEIRS, 0.0))
    await call.hang_up()


async def test_a_colleague_is_asked_first_and_takes_the_caller(
    scene: Scene, open_page: Opens
) -> None:
    page = await open_page("/login")
    call = await in_a_call(scene, page)
    colleague = await scene.agent("agent2")
    await page.keyboard.press("t")
    dialog = page.get_by_role("dialog", name="Pass the caller on")
    await dialog.get_by_role("radio", name="Bartosz Lis").check()
    await dialog.get_by_role("button", name="Ask there first").click()
    answered = await colleague.rung()
    asked = so_far(call) + 0.5
    await answered.answer()
    await answered.answered(within=10)
    await expect(page.locator("#consult-who")).to_have_text("You talk with Bartosz Lis")
    answered.say(OTHERS, repeat=True)
    await asyncio.gather(
        page_hears(page, OTHERS),
        hears_from(answered, OURS, 0.0),
        scene.hears_music(call, after=asked),
    )
    assert hearing.score(answered.heard, THEIRS) < 0.5, "the caller is held"
    done = page.get_by_role("button", name="Pass the caller on")
    await done.click()
    await expect_state(page, "After-call work")
    await expect(page.locator("#notice")).to_have_text("The caller was passed on to Bartosz Lis.")
    await asyncio.gather(
        hears_from(call, OTHERS, so_far(call)), hears_from(answered, THEIRS, so_far(answered))
    )
    assert (await scene.phase(call, "talking")).agent == "agent2"
    await call.hang_up()
    assert (await scene.record(call))["agent"] == "agent2"


async def test_a_muted_agent_is_not_heard_and_the_recording_is(
    scene: Scene, open_page: Opens, tmp_path: Path
) -> None:
    page = await open_page("/login")
    call = await in_a_call(scene, page)
    await page.get_by_role("button", name="Mute").click()
    await expect(page.locator("#muted")).to_be_visible()
    muted = so_far(call) + 1.0
    await page.get_by_role("button", name="Record").click()
    await expect(page.locator("#recording")).to_have_text("recording")
    begun = so_far(call)
    await call.hearing(lambda heard: len(heard) / wav.RATE > begun + 9, 30.0, "nine seconds")
    assert hearing.score(call.heard[int(muted * wav.RATE) :], OURS) < 0.5
    await page.get_by_role("button", name="End recording").click()
    await expect(page.locator("#recording")).to_be_hidden()

    name = (await scene.phase(call, "talking")).call
    address = await recorded(page, name)
    file = tmp_path / "recorded.wav"
    file.write_bytes(await (await page.request.get(address)).body())
    assert share_heard(wav.read(file), THEIRS) >= 0.5, "on a busy machine it may stutter"
    part = await page.request.get(address, headers={"Range": "bytes=0-43"})
    assert (part.status, len(await part.body())) == (206, 44)
    await call.hang_up()


async def recorded(page: Page, call: str) -> str:
    """Where a call's recording can be heard, as soon as the switch has brought it."""
    for _ in range(80):
        found = await page.request.get(f"/api/v1/calls/{call}/recordings")
        (recording,) = (await found.json())["recordings"]
        if recording["address"]:
            return str(recording["address"])
        await asyncio.sleep(0.25)
    raise AssertionError("the recording never came")


async def test_a_supervisor_listens_unheard_then_whispers(scene: Scene, open_page: Opens) -> None:
    phone = await scene.agent("agent2")
    call = await scene.call("1001")
    agent = await phone.rung()
    await agent.answer()
    await scene.phase(call, "talking")

    page = await open_page("/login")
    await log_in(page, "supervisor")
    row = page.locator('[data-agent="agent2"]')
    await row.get_by_role("button", name="Listen").click()
    bar = page.get_by_role("region", name="Listening in")
    await expect(bar).to_contain_text("Nobody hears you.", timeout=20_000)
    call.say(THEIRS, repeat=True)
    await page_hears(page, THEIRS)
    call.say(wav.SILENCE)
    agent.say(OTHERS, repeat=True)
    await page_hears(page, OTHERS)
    agent.say(wav.SILENCE)
    assert not heard(agent, OURS)
    assert not heard(call, OURS)

    await bar.get_by_role("button", name="Whisper").click()
    await expect(bar).to_contain_text("the caller does not")
    await hears_from(agent, OURS, so_far(agent))
    assert not heard(call, OURS), "a whisper is for the agent alone"

    await bar.get_by_role("button", name="Join in").click()
    await hears_from(call, OURS, so_far(call))
    await bar.get_by_role("button", name="Stop").click()
    await expect(bar).to_be_hidden()
    assert (await scene.phase(call, "talking")).agent == "agent2"
    await call.hang_up()


def heard(call: PhoneCall, sound: Sound) -> bool:
    return hearing.score(call.heard, sound) >= 0.5
