"""What the panel needs of the engine. `engine.service.Service` is this; so is the tests' fake."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Protocol

from calls.actions import Action
from calls.facts import Fact
from calls.views import BrowserPhone, LiveView, Published
from engine.settings import Settings
from engine.storage import Database


class Service(Protocol):
    """The running center, as seen from any thread of the panel."""

    @property
    def settings(self) -> Settings: ...

    @property
    def database(self) -> Database: ...

    def act(self, action: Action, timeout: float = 5.0) -> list[Fact]:
        """Have an action done. Raises `calls.errors.ActionRefused` and `EngineBusy`."""

    def live(self) -> LiveView:
        """The center as it is now."""

    def events(self, after: int | None) -> AsyncIterator[Published]:
        """The facts after that number, then those to come; from now on when it is None.

        Only on the loop's thread.
        """

    def facts_of_call(self, call: str) -> list[Published]:
        """All facts about a call, oldest first."""

    def readiness(self) -> dict[str, bool]:
        """What must be there for calls to be served, and whether it is."""

    def configuration_changed(self) -> None:
        """Users, queues or numbers were edited in the database: tell the machine and the phones."""

    def phone_of(self, user: str) -> BrowserPhone:
        """The browser phone of an agent."""

    def caller_phone(self) -> BrowserPhone:
        """The phone that the public page calls from."""

    @property
    def on_twilio(self) -> bool:
        """Calls come by Twilio, which asks by webhooks what to do with them."""

    async def twilio_webhook(
        self, what: str, query: Mapping[str, str], sent: Mapping[str, str]
    ) -> str | None:
        """Answer a webhook, on the loop's own thread: a document, or None where nothing is asked.

        Raises `InputInvalid` for what is no webhook of ours.
        """

    def twilio_sound(self, signature: str, name: str) -> Path | None:
        """The file of a prompt or of music that Twilio plays; None for no address of ours."""

    def secret(self, name: str) -> bytes:
        """A key that is generated once and kept in the state folder."""

    def metrics(self) -> bytes:
        """The Prometheus text."""
