"""The port: all that a switch driver is."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from calls.base import LegId, Word
from calls.commands import Command
from calls.events import LiveLeg, SwitchEvent
from calls.media import Media

Deliver: TypeAlias = Callable[[SwitchEvent], None]


class Phone(Word):
    """A phone that a switch lets register: `browser` over WebSocket with WebRTC, else plain SIP."""

    name: str
    password: str
    browser: bool
    #: Where else this agent is rung, on a switch that cannot register phones: ``tel:+48221230101``
    #: or ``sip:anna@example.org``; empty for the browser.
    address: str = ""


class Voice(Protocol):
    """Where a driver gets the sound of a prompt from. Injected by the wiring."""

    async def sound(self, media: Media) -> str:
        """The path of a finished 8 kHz mono WAV file, without its suffix.

        Raises `calls.errors.MediaMissing` where no voice can say it.
        """


class Switch(Protocol):
    """Moves media for us. One instance for each real switch; `name` begins all its leg ids."""

    name: str

    async def run(self, deliver: Deliver) -> None:
        """Stay connected until cancelled, reconnecting with back-off.

        Delivers `SwitchUp` with what is really there first, after each (re)connection, then
        everything that happened since, in order; `SwitchDown` when the link is lost.
        """

    def execute(self, command: Command) -> None:
        """Take a command and return at once. Commands on one leg are carried out in this order.

        Never raises for what the switch says: failures come back as `CommandFailed`.
        """

    async def legs(self) -> Sequence[LiveLeg]:
        """What is really up there now. Raises `calls.errors.SwitchUnreachable`."""

    async def provision(self, phones: Sequence[Phone], removed: Sequence[str] = ()) -> None:
        """Make these phones known, and forget the removed ones, without a restart.

        The driver makes them known again whenever the link, or the switch behind it, comes back.
        Raises `calls.errors.SwitchUnreachable`.
        """


def switch_of(leg: LegId) -> str:
    """The name of the switch that a leg (or bridge) lives on."""
    return leg.partition("/")[0]
