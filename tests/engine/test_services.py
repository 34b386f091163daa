"""HTTP services that flows ask, on a real server."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from calls.events import RequestFailed, ServiceAnswered
from calls.requests import AskService
from engine.services import Services, allowed, taken


class Shop:
    """What it was asked, and what it says."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any, str]] = []
        self.slow = asyncio.Event()
        self.port = 0

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        auth = request.headers.get("Authorization", "")
        self.asked.append((request.method, request.path_qs, body, auth))
        match request.path.rpartition("/")[2]:
            case "slow":
                await self.slow.wait()
                return web.json_response({})
            case "missing":
                return web.json_response({"error": "no"}, status=404)
            case "moved":
                raise web.HTTPFound("/api/orders/1")
            case "huge":
                return web.Response(text=json.dumps("x" * 300_000))
            case "broken":
                return web.Response(text="<html>")
            case _:
                return web.json_response({"order": {"lines": [{"name": "tea"}], "sum": 12.5}})


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    shop = Shop()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", shop.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    shop.port = runner.addresses[0][1]
    yield shop
    shop.slow.set()
    await runner.cleanup()


async def ask(shop: Shop, path: str, **more: Any) -> ServiceAnswered | RequestFailed:
    services = Services([allowed(f"http://shop:key@127.0.0.1:{shop.port}/api")])
    take = {"tea": "order.lines.0.name", "sum": "order.sum", "nothing": "order.lines.7"}
    url = f"http://127.0.0.1:{shop.port}/{path}"
    request = AskService(request="r", call="c", url=url, take=take, **more)
    try:
        return await services.ask(request)
    finally:
        await services.close()


async def test_what_is_wanted_is_taken_from_the_answer(shop: Shop) -> None:
    answer = await ask(shop, "api/orders/A%2F1?x=1")
    assert answer == ServiceAnswered(
        request="r", call="c", status=200, values={"tea": "tea", "sum": 12.5}
    )
    [(method, path, body, auth)] = shop.asked
    assert (method, path, body) == ("GET", "/api/orders/A%2F1?x=1", None)
    assert auth.startswith("Basic ")


async def test_values_are_posted_as_json(shop: Shop) -> None:
    await ask(shop, "api/orders", method="POST", body={"number": "12", "vip": True})
    assert shop.asked[0][0] == "POST"
    assert shop.asked[0][2] == {"number": "12", "vip": True}


async def test_a_status_that_is_no_success_is_an_answer(shop: Shop) -> None:
    answer = await ask(shop, "api/missing")
    assert answer == ServiceAnswered(request="r", call="c", status=404)


@pytest.mark.parametrize("path", ["other", "apis/orders", "api/../other", "api/%2e%2e/other", ""])
async def test_nothing_that_is_not_allowed_is_asked(shop: Shop, path: str) -> None:
    answer = await ask(shop, path)
    assert isinstance(answer, RequestFailed)
    assert "not allowed" in answer.detail
    assert shop.asked == []


async def test_a_redirect_leads_nowhere(shop: Shop) -> None:
    answer = await ask(shop, "api/moved")
    assert answer == ServiceAnswered(request="r", call="c", status=302)
    assert len(shop.asked) == 1


@pytest.mark.parametrize(
    ("path", "said"),
    [("api/slow", "within 0.2 seconds"), ("api/huge", "longer than"), ("api/broken", "Expecting")],
)
async def test_what_goes_wrong_is_said(shop: Shop, path: str, said: str) -> None:
    answer = await ask(shop, path, timeout=0.2 if "slow" in path else 5.0)
    assert isinstance(answer, RequestFailed)
    assert said in answer.detail


async def test_a_service_that_is_not_there() -> None:
    shop = Shop()
    shop.port = 9
    assert isinstance(await ask(shop, "api/x"), RequestFailed)


@pytest.mark.parametrize("text", ["shop.example", "ftp://shop", "https://", "https://a/?q=1"])
def test_what_is_no_address_of_a_service(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        allowed(text)


def test_only_plain_values_are_taken() -> None:
    found: Any = {"a": [1, {"b": True}], "c": None, "d": {}}
    assert taken(found, {"x": "a.1.b", "y": "c", "z": "d", "v": "a.x"}) == {"x": True}
