"""Commands that must wait, and what comes after them for the same legs."""

import asyncio
from typing import Any

import pytest

from calls.commands import Command, Hangup, Join, StopMusic, Unbridge
from switch.asterisk.order import Order

JOIN = Join(bridge="a/b", legs=("a/1", "a/2"))


class Place:
    """Performs what it is told; a test says what must be done before."""

    def __init__(self) -> None:
        self.done: list[Command] = []
        self.first: dict[Command, asyncio.Future[Any]] = {}
        #: A command that waits once another is performed, by that other.
        self.sets_off: dict[Command, Command] = {}
        self.order = Order(self._perform, self._before)

    def wait(self, command: Command) -> "asyncio.Future[Any]":
        """The command waits for what is returned."""
        self.first[command] = asyncio.get_running_loop().create_future()
        return self.first[command]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.done) < count:
                await asyncio.sleep(0)

    def _before(self, command: Command) -> "list[asyncio.Future[Any]]":
        return [self.first[command]] if command in self.first else []

    def _perform(self, command: Command) -> None:
        self.done.append(command)
        if command in self.sets_off:
            self.wait(self.sets_off[command])


@pytest.fixture
async def place() -> Place:
    return Place()


async def test_what_need_not_wait_is_done_at_once(place: Place) -> None:
    place.order.carry_out(JOIN)
    assert place.done == [JOIN]


async def test_later_commands_for_the_same_things_wait_and_others_do_not(place: Place) -> None:
    reply = place.wait(JOIN)
    place.order.carry_out(JOIN)
    own: list[Command] = [Hangup(leg="a/2"), Unbridge(bridge="a/b"), StopMusic(leg="a/1")]
    for command in own:
        place.order.carry_out(command)
    other = Hangup(leg="a/3")
    place.order.carry_out(other)
    assert place.done == [other]
    reply.set_result(None)
    await place.until(5)
    assert place.done[1] == JOIN
    assert set(place.done[2:]) == set(own)
    place.order.carry_out(JOIN)
    assert place.done[-1] == JOIN


async def test_who_waited_for_a_command_waits_for_what_that_sets_off(place: Place) -> None:
    """The leg is on its way from the first bridge to the second when the third is its turn."""
    second, third = (Join(bridge=f"a/{n}", legs=(f"a/caller{n}", "a/seat")) for n in (2, 3))
    first = place.wait(second)
    place.sets_off[second] = third
    place.order.carry_out(second)
    place.order.carry_out(third)
    first.set_result(None)
    await place.until(1)
    for _ in range(5):
        await asyncio.sleep(0)
    assert place.done == [second]
    place.first[third].set_result(None)
    await place.until(2)
    assert place.done == [second, third]


async def test_a_reply_that_failed_holds_nothing_up(place: Place) -> None:
    reply = place.wait(JOIN)
    place.order.carry_out(JOIN)
    reply.set_exception(TimeoutError())
    await place.until(1)


async def test_what_is_held_back_is_dropped_with_the_link(place: Place) -> None:
    """Each of them: a later one for the same bridge does not take the place of an earlier one."""
    first, later = JOIN, Unbridge(bridge="a/b")
    replies = [place.wait(first), place.wait(later)]
    place.order.carry_out(first)
    place.order.carry_out(later)
    place.order.carry_out(Hangup(leg="a/1"))
    place.order.carry_out(Hangup(leg="a/2"))
    place.order.clear()
    for reply in replies:
        reply.set_result(None)
    for _ in range(5):
        await asyncio.sleep(0)
    assert place.done == []
    place.order.carry_out(StopMusic(leg="a/1"))
    assert place.done == [StopMusic(leg="a/1")]
