"""Pages with a phone in them, on a real center: what people at them say and hear."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from engine.phones.wav import RATE, Sound
from tests.browser.chromium import FLAGS, WIDE
from tests.browser.earpiece import CAPTURE_FLAG, SCRIPT, Earpiece, share_heard, write_for_microphone
from tests.center.running import PASSWORD
from tests.center.scene import Scene
from tests.phones.voices import babble

#: What the person at the browser says, and what the far end says, over and over.
OURS, THEIRS = babble(31, 3), babble(32, 3)
#: The share of a sound that proves it was heard.
ENOUGH = 0.8

Opens = Callable[[str], Awaitable[Page]]


@pytest.fixture
async def chromium(
    chromium_path: Path, built_scripts: None, tmp_path: Path
) -> AsyncIterator[Browser]:
    """A browser whose microphone hears `OURS`."""
    voice = tmp_path / "voice.wav"
    write_for_microphone(voice, OURS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path, args=[*FLAGS, CAPTURE_FLAG.format(voice)], headless=True
        )
        yield browser
        await browser.close()


@pytest.fixture
def open_page(chromium: Browser, scene: Scene) -> Opens:
    async def open_page(path: str) -> Page:
        context = await chromium.new_context(
            base_url=scene.center.url, viewport=WIDE, permissions=["microphone"]
        )
        await context.add_init_script(SCRIPT)
        page = await context.new_page()
        page.set_default_timeout(20_000)
        await page.goto(path)
        return page

    return open_page


async def log_in(page: Page, name: str) -> None:
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()


async def online(page: Page, name: str) -> None:
    """Log in and go online with the phone of the page."""
    await log_in(page, name)
    await page.get_by_role("button", name="Go online").click()
    await expect_state(page, "Ready")


async def expect_state(page: Page, name: str) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(name, timeout=20_000)


async def page_hears(page: Page, sound: Sound) -> None:
    ear, share = Earpiece(page, keeps=2 * (len(sound) / RATE + 1)), 0.0
    for _ in range(80):
        share = share_heard(await ear.heard(), sound)
        if share >= ENOUGH:
            return
        await asyncio.sleep(0.25)
    raise AssertionError(f"heard only {share:.2f} of it")
