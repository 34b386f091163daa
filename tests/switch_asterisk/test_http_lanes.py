"""Requests over HTTP, as they go to an Asterisk before 22.3."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from switch.asterisk import requests
from switch.asterisk.lanes import HttpLane
from switch.asterisk.sockets import LinkLost


class Slow:
    """An Asterisk that answers when it is told to."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def answer(self, _: web.Request) -> web.Response:
        self.asked.set()
        await self.may_answer.wait()
        return web.Response(text="{}")


@pytest.fixture
async def slow() -> Slow:
    return Slow()


@pytest.fixture
async def lane(slow: Slow) -> AsyncIterator[HttpLane]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", slow.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession() as session:
        lane = HttpLane(session, f"http://{host}:{port}")
        yield lane
        lane.drop()
        await asyncio.sleep(0)
    await runner.cleanup()


async def test_who_gives_up_waiting_does_not_end_the_lane(lane: HttpLane, slow: Slow) -> None:
    given_up = lane.send(requests.PING)
    await asyncio.wait_for(slow.asked.wait(), 10)
    given_up.cancel()
    slow.may_answer.set()
    assert (await asyncio.wait_for(lane.send(requests.PING), 10)).ok


async def test_what_is_dropped_fails_whether_it_was_sent_or_not(lane: HttpLane, slow: Slow) -> None:
    sent, waiting, given_up = (lane.send(requests.PING) for _ in range(3))
    await asyncio.wait_for(slow.asked.wait(), 10)
    given_up.cancel()
    lane.drop()
    for answer in (sent, waiting):
        with pytest.raises(LinkLost):
            await asyncio.wait_for(answer, 10)
