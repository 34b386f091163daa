"""The center as the panel and the API see it: everything here may be called from any thread."""

import asyncio
import hashlib
import hmac
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Any, Protocol, TypeVar

from calls.actions import Action
from calls.errors import DatabaseUnreachable, EngineBusy, InputInvalid
from calls.facts import Fact
from calls.views import BrowserPhone, LiveView, Published
from engine.figures import Today
from engine.journal import Journal
from engine.live import Stream
from engine.loop import Loop
from engine.metrics import Metrics
from engine.settings import Settings
from engine.storage import Database

_T = TypeVar("_T")

#: A live view is shared by all who ask within this time (seconds).
FRESH = 0.1


class Phones(Protocol):
    """Where a user's phones register. Implemented beside the switch that the center runs on."""

    def phone_of(self, user: str) -> BrowserPhone: ...

    def caller_phone(self) -> BrowserPhone: ...


class Webhooks(Protocol):
    """What Twilio may ask for. Implemented beside the driver."""

    async def answer(
        self, what: str, query: Mapping[str, str], sent: Mapping[str, str]
    ) -> str | None: ...

    def sound(self, signature: str, name: str) -> Path | None: ...


class Configured(Protocol):
    """Who brings the machine and the phones in line with the database."""

    @property
    def phones_known(self) -> bool: ...

    async def reload(self) -> None: ...


class Service:
    """One running center."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        loop: Loop,
        *,
        secret: bytes,
        phones: Phones,
        center: Configured,
        twilio: Webhooks | None = None,
    ) -> None:
        self.settings = settings
        self.database = database
        self.journal = Journal(database)
        self.stream = Stream(self.journal)
        self._loop = loop
        self._secret = secret
        self._phones = phones
        self._center = center
        self._twilio = twilio
        self._aio = asyncio.get_running_loop()
        self._today = Today(self.journal, settings.zone, time.time())
        self._seen: LiveView | None = None
        self._seen_at = 0.0
        self._looking = threading.Lock()
        self._metrics = Metrics(self.live)
        loop.listeners += [self._today.add, self._metrics.add, self.stream.publish]

    def act(self, action: Action, timeout: float = 5.0) -> list[Fact]:
        """Do what a person asked; returns when it is committed.

        Raises `ActionRefused` if it cannot be done, `EngineBusy` after `timeout` seconds.
        """
        facts = self._on_loop(self._loop.act(action), timeout)
        self._seen = None  # who acted sees what came of it
        return facts

    def live(self) -> LiveView:
        """Queues, agents and calls as they are, at most `FRESH` seconds old."""
        with self._looking:
            now = time.monotonic()
            if self._seen is None or now - self._seen_at > FRESH:
                self._seen, self._seen_at = self._on_loop(self._look(), 5.0), now
            return self._seen

    def events(self, after: int | None) -> AsyncIterator[Published]:
        """The committed facts after number `after`. On the loop's own thread."""
        return self.stream.events(after)

    def facts_of_call(self, call: str) -> list[Published]:
        return self.journal.facts_of_call(call)

    def readiness(self) -> dict[str, bool]:
        """What must be up for calls to be served, and whether it is."""
        try:
            self.database.ping()
            database = self._loop.healthy
        except DatabaseUnreachable:
            database = False
        switches = self.live().switches
        return {"database": database, "phones": self._center.phones_known, **switches}

    def configuration_changed(self) -> None:
        """Bring queues, agents, numbers, flows and phones in line with the database, now."""
        self._on_loop(self._center.reload(), 10.0)

    def phone_of(self, user: str) -> BrowserPhone:
        """How the page of `user` registers its phone."""
        return self._phones.phone_of(user)

    def caller_phone(self) -> BrowserPhone:
        """How the public page calls in."""
        return self._phones.caller_phone()

    @property
    def on_twilio(self) -> bool:
        """Calls come by Twilio."""
        return self._twilio is not None

    async def twilio_webhook(
        self, what: str, query: Mapping[str, str], sent: Mapping[str, str]
    ) -> str | None:
        """Answer one of Twilio's webhooks: a document, or None where nothing is asked.

        On the loop's own thread. Raises `InputInvalid` for what is no webhook of ours.
        """
        if self._twilio is None:
            raise InputInvalid("this center is not on Twilio")
        return await self._twilio.answer(what, query, sent)

    def twilio_sound(self, signature: str, name: str) -> Path | None:
        """The file of a prompt or of music at an address of ours."""
        return self._twilio.sound(signature, name) if self._twilio else None

    def secret(self, purpose: str) -> bytes:
        """A key for one purpose, the same after every restart."""
        return hmac.new(self._secret, purpose.encode(), hashlib.sha256).digest()

    def metrics(self) -> bytes:
        """Prometheus' text format."""
        return self._metrics.text()

    async def _look(self) -> LiveView:
        return self._today.fill(self._loop.view())

    def _on_loop(self, work: Coroutine[Any, Any, _T], timeout: float) -> _T:
        future = asyncio.run_coroutine_threadsafe(work, self._aio)
        try:
            return future.result(timeout)
        except FutureTimeout:
            raise EngineBusy(f"no answer within {timeout:g} s; look before you repeat it") from None
