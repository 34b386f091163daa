"""The whole panel: the event stream, native, and Flask behind a thread pool for the rest."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any, cast

import msgspec
from a2wsgi import WSGIMiddleware
from anyio import to_thread
from flask import Flask
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calls.facts import Fact
from calls.views import Published
from web import identity, stream, twilio
from web.app import create_app
from web.errors import PROBLEM_TYPE, problem
from web.identity import CookieReader, Identity
from web.port import Service

#: Flask requests served at the same time.
THREADS = 16
#: A stream ends when its reader is logged out meanwhile; looked at this often, in seconds.
RECHECK = 30.0
#: Seconds that a request's body may take to arrive.
BODY_PATIENCE = 15.0


def create_asgi(service: Service) -> Starlette:
    app = create_app(service)
    events = EventStream(service, app)
    # a2wsgi and Starlette have their own names for the same protocols' types.
    wsgi = cast(ASGIApp, WSGIMiddleware(cast(Any, app), workers=THREADS))
    panel = WholeBody(wsgi, app.config["MAX_CONTENT_LENGTH"])
    routes = [Route("/api/v1/events", events.respond, methods=["GET"]), Mount("/", panel)]
    if service.on_twilio:
        webhooks = WholeBody(twilio.Webhooks(service), twilio.MOST)
        routes.insert(0, Route("/twilio/{what}", webhooks, methods=["POST"]))
    return Starlette(routes=routes)


class WholeBody:
    """Hands a request on when all of it is there: slow senders must not hold Flask's threads.

    A body above `most` bytes is not read: whoever declares it is refused by Flask, others here.
    """

    def __init__(self, app: ASGIApp, most: int, patience: float = BODY_PATIENCE) -> None:
        self._app = app
        self._most = most
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        declared = _number(Headers(scope=scope).get("content-length")) or 0
        if declared <= self._most:
            try:
                async with asyncio.timeout(self._patience):
                    body = await self._read(receive)
            except TimeoutError:
                await _refuse(408, "the request did not come in time")(scope, receive, send)
                return
            if len(body) > self._most:
                await _refuse(413, "the request is too large")(scope, receive, send)
                return
            receive = _replayed(body, receive)
        await self._app(scope, receive, send)

    async def _read(self, receive: Receive) -> bytes:
        body, more = bytearray(), True
        while more and len(body) <= self._most:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)  # none after a disconnect
        return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A request whose body has been read."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


class EventStream:
    """``GET /api/v1/events``: server-sent events whose ids are the journal's numbers."""

    def __init__(self, service: Service, app: Flask) -> None:
        self._service = service
        self._cookie = identity.cookie_name(service.settings)
        self._reader = CookieReader(app)

    async def respond(self, request: Request) -> Response:
        who = await to_thread.run_sync(self._identify, request)
        if who is None:
            return _refuse(401, "log in first")
        resume = request.headers.get("last-event-id") or request.query_params.get("after")
        after = _number(resume)
        if resume and after is None:
            return _refuse(422, f"{resume!r} is not the number of an event")
        return StreamingResponse(
            self._events(who, after, request),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    def _identify(self, request: Request) -> Identity | None:
        authorization = request.headers.get("authorization", "")
        if authorization:
            return identity.of_bearer(self._service, authorization)
        return identity.of_session(
            self._service, self._reader.read(request.cookies.get(self._cookie))
        )

    async def _events(
        self, who: Identity, after: int | None, request: Request
    ) -> AsyncIterator[bytes]:
        seen = await to_thread.run_sync(self._filter, who)
        last = after
        clock = asyncio.get_running_loop().time
        check_at = clock() + RECHECK
        yield b"retry: 1000\n\n"
        source = _with_pauses(self._service.events(after), stream.HEARTBEAT)
        async with contextlib.aclosing(source):
            async for published in source:
                if clock() >= check_at:
                    if await to_thread.run_sync(self._identify, request) is None:
                        return
                    check_at = clock() + RECHECK
                if published is None:
                    yield stream.heartbeat(last)
                    continue
                last = published.seq
                if (fact := seen(published.fact)) is not None:
                    yield stream.event(last, published.at, fact)

    def _filter(self, who: Identity) -> Callable[[Fact], Fact | None]:
        if who.may_see_all:
            return lambda fact: fact
        return stream.AgentFilter(who.name, self._service.live()).seen


async def _with_pauses(
    source: AsyncIterator[Published], pause: float
) -> AsyncGenerator[Published | None, None]:
    """The source's items, and None whenever it was silent for `pause` seconds.

    Closes the source when it is closed itself.
    """
    upcoming: asyncio.Future[Published] | None = None
    try:
        while True:
            upcoming = upcoming or asyncio.ensure_future(anext(source))
            done, _ = await asyncio.wait({upcoming}, timeout=pause)
            if not done:
                yield None
                continue
            finished, upcoming = upcoming, None
            try:
                published = finished.result()
            except StopAsyncIteration:
                return
            yield published
    finally:
        if upcoming is not None:
            upcoming.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
                await upcoming
        if isinstance(source, AsyncGenerator):
            await source.aclose()


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _refuse(status: int, detail: str) -> Response:
    return Response(msgspec.json.encode(problem(status, detail)), status, media_type=PROBLEM_TYPE)
