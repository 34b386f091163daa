"""An Asterisk that takes requests and does not answer: nobody knows what it did, so it is lost."""

import asyncio
import contextlib

import msgspec
import pytest
from aiohttp import web

from switch.asterisk import ari, codec, lanes
from switch.asterisk.bridges import Bridges
from switch.asterisk.codec import Reply
from switch.asterisk.requests import Request


async def events(request: web.Request) -> web.WebSocketResponse:
    """Answers the first request of each socket, and none after it."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    first = True
    async for message in socket:
        asked = msgspec.json.decode(message.data)
        if first:
            first = False
            await socket.send_json(
                {
                    "type": "RESTResponse",
                    "transaction_id": asked["transaction_id"],
                    "request_id": asked["request_id"],
                    "status_code": 200,
                    "reason_phrase": "OK",
                    "uri": asked["uri"],
                    "message_body": "{}",
                }
            )
    return socket


async def test_a_request_without_a_reply_costs_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "REQUEST_TIMEOUT", 0.5)
    app = web.Application()
    app.router.add_get("/ari/events", events)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    link = ari.AriLink(ari.AriAddress(f"http://{host}:{port}", "user", "secret"), "app", lanes=1)
    try:
        await link.open()
        answer = link.send(0, Request("POST", "channels/1/answer"))
        with pytest.raises(ari.LinkLost, match="no reply to POST channels/1/answer"):
            await asyncio.wait_for(link.pump(lambda _: None), 10)
        assert not answer.done(), "it may have been carried out: the link is what is lost"
    finally:
        await link.close()
        await runner.cleanup()
    with contextlib.suppress(ari.LinkLost):
        await answer


async def test_a_bridge_made_again_comes_after_its_removal() -> None:
    sent: list[tuple[int, str]] = []
    answers: list[ari.Answer] = []

    def send(lane: int, request: Request) -> ari.Answer:
        sent.append((lane, request.method))
        answers.append(asyncio.get_running_loop().create_future())
        return answers[-1]

    bridges = Bridges("a", "app", 6, send)
    bridges.take_over([codec.Bridge(id="b", name="app", channels=())])
    assert not bridges.has("a/b")
    bridges.make("a/b")
    bridges.make("a/b")
    [(removal, _), _] = sent
    assert sent == [(removal, "DELETE"), (removal, "POST")]
    assert bridges.under_way("a/b") == answers
    for answer in answers:
        answer.set_result(Reply(status=204, body=""))
    assert bridges.under_way("a/b") == []
