"""A flow changed on a Friday, on a running center with a caller inside."""

import asyncio
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import uvicorn
from playwright.sync_api import expect

from calls.facts import AnswerMissed, CallQueued, Fact, FlowStarted
from calls.views import BrowserPhone
from engine import configuration, settings
from engine.running import running
from engine.storage import Database
from switch.simulated.driver import SimulatedSwitch
from switch.simulated.scripts import Caller
from switch.simulated.world import World
from tests.browser.chromium import People, until
from tests.browser.test_flow_pages import MAIN, replace
from web.asgi import create_asgi

_T = TypeVar("_T")

#: The first question waits long enough for all that people do meanwhile.
PATIENT = MAIN.replace("    kind: language\n", "    kind: language\n    timeout: 60\n", 1)


class NoPhones:
    """Nobody registers here."""

    def phone_of(self, user: str) -> BrowserPhone:
        raise NotImplementedError

    def caller_phone(self) -> BrowserPhone:
        raise NotImplementedError


class Center:
    """A center on a simulated switch, in a thread of its own."""

    def __init__(self, home: Path) -> None:
        self._settings = settings.load({"RINGDESK_HOME": str(home)})
        self.database = Database(self._settings.database_url)
        with self.database.session() as session:
            configuration.publish_flow(session, "main", PATIENT, "somebody")
        self._switch = SimulatedSwitch()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> "Center":
        self._thread.start()
        assert self._up.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()
        self.database.close()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        phones = NoPhones()
        async with running(
            self._settings, self.database, [self._switch], phones, b"secret"
        ) as self.service:
            config = uvicorn.Config(
                create_asgi(self.service), log_level="warning", timeout_graceful_shutdown=1,
                lifespan="off",
            )  # fmt: skip
            self._server = uvicorn.Server(config)
            self._up.set()
            await self._server.serve(sockets=[self._listener])

    def call(self) -> str:
        """Somebody dials the main menu; gives their call when it is there."""
        known = {call.call for call in self.service.live().calls}
        caller = Caller(number="+48221230102", dials="1000")
        leg = self._act(lambda world, now: world.call(caller, now))
        until(lambda: len(self.service.live().calls) > len(known), "the call arrives")
        call = next(one.call for one in self.service.live().calls if one.call not in known)
        self._legs = {**getattr(self, "_legs", {}), call: leg}
        return call

    def press(self, call: str, keys: str) -> None:
        self._act(lambda world, now: world.press(self._legs[call], keys, now))

    def facts(self, call: str) -> list[Fact]:
        return [published.fact for published in self.service.facts_of_call(call)]

    def _act(self, what: Callable[[World, float], _T]) -> _T:
        async def act() -> _T:
            return self._switch.act(what)

        return asyncio.run_coroutine_threadsafe(act(), self._loop).result(10)


@pytest.fixture
def running_center(demo_file: Path, tmp_path: Path, built_scripts: None) -> Iterator[Center]:
    shutil.copy(demo_file, tmp_path / "ringdesk.db")
    with Center(tmp_path) as center:
        yield center


@pytest.fixture
def panel(running_center: Center) -> Center:
    """What `people` opens pages of."""
    return running_center


def test_a_flow_is_changed_on_a_friday(people: People, panel: Center) -> None:
    center = panel
    page = people.log_in("admin", "/login?next=/admin/flows/main/write")
    verdict = page.locator("#verdict")
    expect(verdict).to_have_text("sound; 11 scenarios passed")

    # A slip is found, with its place, and mended.
    replace(page, "Flow", "      1: sales\n", "      1: sales\n      3: sails\n")
    finding = page.locator("#findings li")
    expect(finding).to_contain_text("did you mean 'sales'?")
    page.get_by_role("button", name="Publish…").click()
    expect(page.get_by_role("dialog")).to_contain_text("It has 1 error: mend that first.")
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Cancel").click()
    finding.get_by_role("button").click()
    assert page.evaluate("getSelection().toString()") == "sails"
    page.keyboard.insert_text("sales")
    expect(verdict).to_have_text("sound; 11 scenarios passed")
    expect(page.locator("#covered")).to_contain_text("Nobody takes menu.3.")

    # It is walked before anybody else does.
    keypad = page.locator("#keypad")
    transcript = page.get_by_role("log")
    keypad.get_by_role("button", name="1", exact=True).click()
    expect(transcript).to_contain_text("Welcome to Ringdesk")
    expect(page.locator("#picture g.here")).to_have_attribute("data-node", "menu")
    keypad.get_by_role("button", name="3", exact=True).click()
    expect(transcript).to_contain_text("the caller is in the queue 'sales'")

    # Published while somebody is inside, who finishes on what they began with.
    early = center.call()
    page.get_by_role("button", name="Publish…").click()
    page.get_by_label("Why").fill("Three leads to sales too")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("version 3, in use")
    expect(page.locator("#inside")).to_have_text("0")
    expect(page.locator("#elsewhere")).to_have_text(", 1 on version 2")
    late = center.call()
    expect(page.locator('#picture [data-node="language"] .callers')).to_have_text("1")
    for call in (early, late):
        center.press(call, "13")
    until(lambda: CallQueued in map(type, center.facts(late)), "the late caller is queued")
    assert versions(center, early) == [2]
    assert versions(center, late) == [3]
    queued = next(fact for fact in center.facts(late) if isinstance(fact, CallQueued))
    assert queued.queue == "sales"
    until(lambda: AnswerMissed in map(type, center.facts(early)), "three means nothing yet")
    menu = page.locator('#nodes [data-node="menu"]')
    page.get_by_text("The same as a table").click()
    expect(menu).to_contain_text("3: 1 (100 %)")

    # And taken back with one click.
    page.get_by_role("button", name="Roll back to 2").click()
    expect(page.get_by_role("status").filter(has_text="is back")).to_contain_text(
        "Version 2 is back, as version 4."
    )
    newest, changed = page.get_by_role("row").filter(has_text="admin").all()
    expect(newest).to_contain_text("Back to version 2")
    expect(changed).to_contain_text("Three leads to sales too")
    with center.database.session() as session:
        assert configuration.read(session).flows["main"].source == PATIENT
    assert versions(center, center.call()) == [4]


def versions(center: Center, call: str) -> list[int]:
    """Those that a caller has walked."""
    return [fact.version for fact in center.facts(call) if isinstance(fact, FlowStarted)]
