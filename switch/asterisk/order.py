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
    """Holds back commands that must wait, and all that come later for the same things.

    `before` tells what must be done before a command: futures, done ones among them or not.
    """

    def __init__(
        self,
        perform: Callable[[Command], None],
        before: "Callable[[Command], Iterable[asyncio.Future[Any]]]",
    ) -> None:
        self._perform = perform
        self._before = before
        self._last: dict[str, asyncio.Task[None]] = {}
        self._held: set[asyncio.Task[None]] = set()

    def carry_out(self, command: Command) -> None:
        """Perform now, or once all held-back commands before it and what it waits for are done."""
        first = self._unfinished(command)
        if self._last:
            first |= {self._last[thing] for thing in touched(command) if thing in self._last}
        if first:
            self._hold(command, first)
        else:
            self._perform(command)

    def clear(self) -> None:
        """Drop what is held back."""
        for task in self._held:
            task.cancel()
        self._held.clear()
        self._last.clear()

    def _unfinished(self, command: Command) -> "set[asyncio.Future[Any]]":
        return {future for future in self._before(command) if not future.done()}

    def _hold(self, command: Command, first: "set[asyncio.Future[Any]]") -> None:
        things = touched(command)

        async def wait() -> None:
            waiting = first
            while waiting:
                await asyncio.wait(waiting)
                # Those before it may only have been sent now, over other lanes.
                waiting = self._unfinished(command)
            for thing in things:
                if self._last.get(thing) is task:
                    del self._last[thing]
            self._held.discard(task)
            self._perform(command)

        task = asyncio.create_task(wait())
        self._held.add(task)
        for thing in things:
            self._last[thing] = task
