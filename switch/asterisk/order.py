"""Commands that touch several lanes, carried out in the order in which they were given."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from calls.commands import Command, Join, place_of


def touched(command: Command) -> frozenset[str]:
    """The legs and bridges that a command is about."""
    match command:
        case Join(bridge=bridge, legs=legs):
            return frozenset((bridge, *legs))
        case _:
            return frozenset((place_of(command),))


class Order:
    """Holds back commands that must wait, and all that come later for the same things."""

    def __init__(self) -> None:
        self._last: dict[str, asyncio.Task[None]] = {}

    def carry_out(
        self,
        command: Command,
        perform: Callable[[Command], None],
        after: "Iterable[asyncio.Future[Any]]" = (),
    ) -> None:
        """Perform now, or once these futures and all held-back commands before it are done."""
        things = touched(command)
        before: set[asyncio.Future[Any]] = {
            self._last[thing] for thing in things if thing in self._last
        }
        before.update(after)
        if before:
            self._hold(command, perform, before, things)
        else:
            perform(command)

    def clear(self) -> None:
        """Drop what is held back."""
        for task in self._last.values():
            task.cancel()
        self._last.clear()

    def _hold(
        self,
        command: Command,
        perform: Callable[[Command], None],
        before: "set[asyncio.Future[Any]]",
        things: frozenset[str],
    ) -> None:
        async def wait() -> None:
            await asyncio.wait(before)
            for thing in things:
                if self._last.get(thing) is task:
                    del self._last[thing]
            perform(command)

        task = asyncio.create_task(wait())
        for thing in things:
            self._last[thing] = task
