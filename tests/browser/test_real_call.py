"""Agents and callers with a phone in the browser, on a real center with a real Asterisk."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import pytest
from playwright.async_api import expect

from desk import tickets
from engine import configuration
from tests.browser.real import OURS, THEIRS, Opens, expect_state, online, page_hears
from tests.center.scene import Scene

# One after another: two browsers with sound, each with a center, starve each other's phones.
pytestmark = [
    pytest.mark.center,
    pytest.mark.timeout(180),
    pytest.mark.xdist_group("browser-sound"),
]


async def test_an_agent_in_the_browser_talks_wraps_up_and_takes_the_next(
    scene: Scene, open_page: Opens
) -> None:
    page = await open_page("/login")
    await online(page, "agent1")
    assert (await scene.agent_state("agent1", "ready")).phone_online

    call = await scene.call("1000", number="48221230102")
    await call.press("1")
    await scene.hears(call, scene.prompt("main.greeting", "en"))
    await call.press("2")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("James Carter", timeout=20_000)
    pop = page.locator("#pop")
    for text in ("James Carter", "Northwind Clinic", "VIP", "No sound on the phone in room 12"):
        await expect(pop).to_contain_text(text)
    await expect(pop.locator("#pop-path")).to_contain_text("Support")
    await expect(pop.locator("#pop-waited")).to_contain_text("0:0")
    await expect(page.get_by_role("button", name="Answer")).to_be_enabled()

    await page.keyboard.press("a")
    await expect_state(page, "Talking")
    call.say(THEIRS, repeat=True)
    await asyncio.gather(page_hears(page, THEIRS), scene.hears(call, OURS))

    await page.get_by_label("Note for the ticket").fill("It was the cable.")
    following = await scene.waiting("1001")
    await page.get_by_role("button", name="Hang up").click()
    await expect_state(page, "After-call work")
    assert await call.ended(10) == "far end hung up"
    await page.get_by_label("Resolved").check()
    await page.get_by_role("button", name="Done").click()

    await expect(dialog).to_be_visible(timeout=20_000)
    await expect(page.get_by_role("button", name="Answer")).to_be_enabled()
    await page.get_by_role("button", name="Answer").click()
    await expect_state(page, "Talking")
    await scene.phase(following, "talking")
    await following.hang_up()
    await expect_state(page, "After-call work")

    record = await scene.record(call, complete=lambda record: bool(record["code"]))
    assert (record["agent"], record["outcome"], record["code"]) == ("agent1", "handled", "resolved")
    with scene.center.database.session() as session:
        notes = tickets.notes(session, record["ticket"])
    assert any("It was the cable." in note.text for note in notes)


async def test_an_agent_declines_and_later_misses_a_call(scene: Scene, open_page: Opens) -> None:
    page = await open_page("/login")
    await online(page, "agent1")
    call = await scene.call("1001")
    await expect(page.get_by_role("dialog")).to_be_visible(timeout=20_000)
    await page.keyboard.press("d")
    await expect_state(page, "Not ready")
    await expect(page.locator("#state-hint")).to_contain_text("You declined")
    assert (await scene.phase(call, "waiting")).agent == ""
    await page.get_by_role("button", name="Ready").click()
    await expect(page.get_by_role("dialog")).to_be_visible(timeout=20_000)
    await expect(page.locator("#state-hint")).to_contain_text("did not answer", timeout=20_000)
    await expect(page.get_by_role("dialog")).to_be_hidden()
    assert (await scene.phase(call, "waiting")).agent == ""


@pytest.fixture
async def configured(scene: Scene) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Configures agent1 as an administrator does; afterwards they are as before."""
    database = scene.center.database
    with database.session() as session:
        before = configuration.read(session).agents["agent1"]

    async def configure(**fields: object) -> None:
        changed = msgspec.structs.replace(before, title=f"Alice {sorted(fields)}", **fields)
        with database.session() as session:
            configuration.save_agent(session, changed)
        await scene.until(
            lambda live: any(agent.title == changed.title for agent in live.agents),
            "the center knows of the change",
        )

    yield configure
    with database.session() as session:
        configuration.save_agent(session, before)


async def test_a_phone_that_answers_by_itself_needs_no_key(
    scene: Scene, open_page: Opens, configured: Callable[..., Awaitable[None]]
) -> None:
    await configured(auto_answer=True)
    page = await open_page("/login")
    await online(page, "agent1")
    await expect(page.locator("#phone-state")).to_contain_text("answers by itself")
    call = await scene.call("1001")
    await expect_state(page, "Talking")
    call.say(THEIRS, repeat=True)
    await asyncio.gather(page_hears(page, THEIRS), scene.hears(call, OURS))
    await call.hang_up()
    await expect_state(page, "After-call work")


async def test_a_line_that_stays_open_takes_one_caller_after_another(
    scene: Scene, open_page: Opens, configured: Callable[..., Awaitable[None]]
) -> None:
    await configured(persistent=True)
    page = await open_page("/login")
    await online(page, "agent1")
    await expect(page.locator("#phone-state")).to_contain_text("the line stays open")
    first = await scene.call("1001")
    await expect_state(page, "Talking")
    first.say(THEIRS, repeat=True)
    await asyncio.gather(page_hears(page, THEIRS), scene.hears(first, OURS))
    await page.get_by_role("button", name="Hang up").click()
    await expect_state(page, "After-call work")
    assert await first.ended(10) == "far end hung up"
    await expect(page.locator("#phone-state")).to_contain_text("the line stays open")
    await page.get_by_role("button", name="Done").click()
    second = await scene.call("1001")
    await expect_state(page, "Talking")
    await second.hang_up()
    await expect_state(page, "After-call work")


async def test_of_two_who_ring_one_answers_and_the_other_missed_nothing(
    scene: Scene, open_page: Opens
) -> None:
    scene.center.change_queue("support", strategy="ring_all")
    try:
        page = await open_page("/login")
        await online(page, "agent1")
        colleague = await scene.agent("agent2")
        call = await scene.call("1001")
        await expect(page.get_by_role("button", name="Answer")).to_be_enabled(timeout=20_000)
        answered = await colleague.rung()
        await answered.answer()
        await expect(page.locator("#notice")).to_have_text("Answered by Bartosz Lis.")
        await expect_state(page, "Ready")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        assert (await scene.phase(call, "talking")).agent == "agent2"
        await call.hang_up()
    finally:
        scene.center.change_queue("support", strategy="longest_idle")


async def test_after_call_work_is_made_longer(scene: Scene, open_page: Opens) -> None:
    page = await open_page("/login")
    await online(page, "agent1")
    call = await scene.call("1001")
    await expect(page.get_by_role("button", name="Answer")).to_be_enabled(timeout=20_000)
    await page.keyboard.press("a")
    await expect_state(page, "Talking")
    await call.hang_up()
    await expect_state(page, "After-call work")
    until = (await scene.agent_state("agent1", "wrap_up")).until
    assert until is not None
    await page.get_by_role("button", name="More time (3 left)").click()
    await expect(page.get_by_role("button", name="More time (2 left)")).to_be_visible()
    assert (await scene.agent_state("agent1", "wrap_up")).until == until + 30


async def test_only_one_page_has_the_phone(scene: Scene, open_page: Opens) -> None:
    page = await open_page("/login")
    await online(page, "agent1")
    other = await page.context.new_page()
    await other.goto("/agent")
    await other.get_by_role("button", name="Go online").click()
    await expect(other.get_by_role("alert")).to_contain_text("online in another tab")
    await page.get_by_role("button", name="Go offline").click()
    await expect_state(page, "Offline")
    await other.get_by_role("button", name="Go online").click()
    await expect_state(other, "Ready")


async def test_a_closed_page_takes_its_phone_along(scene: Scene, open_page: Opens) -> None:
    page = await open_page("/login")
    await online(page, "agent1")
    await page.close(run_before_unload=True)
    assert (await scene.agent_state("agent1", "not_ready")).reason == "phone gone"


async def test_a_caller_in_the_browser_walks_the_menu_and_talks(
    scene: Scene, open_page: Opens
) -> None:
    agent = await scene.agent("agent2")
    page = await open_page("/call")
    await page.get_by_role("button", name="Call", exact=True).click()
    await expect(page.locator("#state")).to_have_text("Connected", timeout=20_000)
    await page_hears(page, scene.prompt("main.language.en", "en"))
    await page.get_by_role("button", name="1", exact=True).click()
    await page_hears(page, scene.prompt("main.greeting", "en"))
    await page.get_by_role("button", name="2 ABC").click()
    answered = await agent.rung()
    await answered.answer()
    await answered.answered(within=10)
    answered.say(THEIRS, repeat=True)
    await asyncio.gather(page_hears(page, THEIRS), scene.hears(answered, OURS))
    await page.get_by_role("button", name="Hang up").click()
    assert await answered.ended(10) == "far end hung up"
    await expect(page.locator("#state")).to_have_text("The call has ended")
