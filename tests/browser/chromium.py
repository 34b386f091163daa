"""A real Chromium with a fake microphone, and the panel served as it is in earnest."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from engine import settings
from engine.parts import find, frontend
from tests.web.fake_service import FakeService
from tests.web.panel import PASSWORD
from web.asgi import create_asgi

#: What a headless Chromium needs to be a phone on this machine, and to talk to nobody else.
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-features=WebRtcHideLocalIpsWithMdns,MediaRouter,OptimizationHints",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)

WIDE = ViewportSize(width=1360, height=850)


@pytest.fixture(scope="session")
def built_scripts() -> None:
    """The page's scripts are up to date."""
    frontend.build()


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    return find("chromium", settings.load().parts).path


# Not for longer than a module: while it runs, no test in this process may run a loop of its own.
@pytest.fixture(scope="module")
def browser(chromium_path: Path, built_scripts: None) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=list(FLAGS), headless=True
        )
        yield browser
        browser.close()


class Panel:
    """The panel on the fake service, at `url`."""

    def __init__(self, url: str, service: FakeService) -> None:
        self.url = url
        self.service = service


@pytest.fixture
def panel(service: FakeService, built_scripts: None) -> Iterator[Panel]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            create_asgi(service), log_level="warning", timeout_graceful_shutdown=1, lifespan="off"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield Panel(f"http://127.0.0.1:{listener.getsockname()[1]}", service)
        server.should_exit = True
        thread.join()


class People:
    """Opens pages of the panel for people, and notes what goes wrong in them."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    def open(self, path: str, **options: object) -> Page:
        """A page of somebody who is not logged in, in a browser of their own."""
        context = self._browser.new_context(
            base_url=self._url,
            viewport=WIDE,
            permissions=["microphone"],
            **options,  # type: ignore[arg-type]
        )
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: (
                self.errors.append(f"{page.url}: {said.text}")
                if "Content Security Policy" in said.text
                else None
            ),
        )
        page.goto(path)
        return page

    def log_in(self, name: str, path: str = "/login", **options: object) -> Page:
        page = self.open(path, **options)
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def people(browser: Browser, panel: Panel) -> Iterator[People]:
    people = People(browser, panel.url)
    yield people
    people.close()
    assert people.errors == []


Picture = Callable[[Page, str], None]


@pytest.fixture(scope="session")
def picture() -> Picture:
    """Keeps a picture for the README when ``RINGDESK_PICTURES`` names a folder."""
    folder = os.environ.get("RINGDESK_PICTURES")

    def take(page: Page, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")

    return take


def until(happens: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    """Wait for something that no page tells of."""
    limit = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < limit, f"never happened: {what}"
        time.sleep(0.02)
