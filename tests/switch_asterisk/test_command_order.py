"""Commands that must wait, and what comes after them for the same legs."""

import asyncio

from calls.commands import Command, Hangup, Join, StopMusic, Unbridge
from switch.asterisk.order import Order

JOIN = Join(bridge="a/b", legs=("a/1", "a/2"))


async def test_what_need_not_wait_is_done_at_once() -> None:
    done: list[Command] = []
    Order().carry_out(JOIN, done.append)
    assert done == [JOIN]


async def test_later_commands_for_the_same_things_wait_and_others_do_not() -> None:
    done: list[Command] = []
    order = Order()
    reply = asyncio.get_running_loop().create_future()
    order.carry_out(JOIN, done.append, [reply])
    own: list[Command] = [Hangup(leg="a/2"), Unbridge(bridge="a/b"), StopMusic(leg="a/1")]
    for command in own:
        order.carry_out(command, done.append)
    other = Hangup(leg="a/3")
    order.carry_out(other, done.append)
    assert done == [other]
    reply.set_result(None)
    async with asyncio.timeout(5):
        while len(done) < 5:
            await asyncio.sleep(0)
    assert done[1] == JOIN
    assert set(done[2:]) == set(own)
    order.carry_out(JOIN, done.append)
    assert done[-1] == JOIN


async def test_a_reply_that_failed_holds_nothing_up() -> None:
    done: list[Command] = []
    order = Order()
    reply = asyncio.get_running_loop().create_future()
    order.carry_out(JOIN, done.append, [reply])
    reply.set_exception(TimeoutError())
    async with asyncio.timeout(5):
        while not done:
            await asyncio.sleep(0)


async def test_what_is_held_back_is_dropped_with_the_link() -> None:
    done: list[Command] = []
    order = Order()
    reply = asyncio.get_running_loop().create_future()
    order.carry_out(JOIN, done.append, [reply])
    order.clear()
    reply.set_result(None)
    await asyncio.sleep(0)
    order.carry_out(Unbridge(bridge="a/b"), done.append)
    assert done == [Unbridge(bridge="a/b")]
