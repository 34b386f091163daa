"""Lanes: requests that keep their order, over a WebSocket or, before Asterisk 22.3, over HTTP."""

import asyncio
from pathlib import Path
from typing import Protocol, TypeAlias

import aiohttp
import msgspec
from yarl import URL

from calls.errors import SwitchUnreachable
from switch.asterisk import codec, requests
from switch.asterisk.codec import Reply
from switch.asterisk.requests import Request
from switch.asterisk.sockets import LinkLost, Socket

Answer: TypeAlias = "asyncio.Future[Reply]"

#: Seconds until a request that got no reply counts as failed. Over a socket that costs the link:
#: nobody knows whether it was carried out, so what is up must be looked at.
REQUEST_TIMEOUT = 5.0


class LinkTaken(SwitchUnreachable):
    """Another program has connected under our application's name."""


class Lane(Protocol):
    """One request after another."""

    @property
    def unanswered(self) -> int:
        """How many are in line or being done."""

    def send(self, request: Request) -> Answer:
        """Put a request in line. Its answer fails with `SwitchUnreachable`."""

    def drop(self) -> None:
        """Fail all that is unanswered."""


class SocketLane:
    """Requests over a WebSocket (``RESTRequest``)."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._loop = asyncio.get_running_loop()
        self._number = 0
        self._open: dict[str, tuple[Answer, asyncio.TimerHandle]] = {}
        socket.read(self._take)

    @property
    def unanswered(self) -> int:
        return len(self._open)

    def send(self, request: Request) -> Answer:
        self._number += 1
        number = str(self._number)
        answer: Answer = self._loop.create_future()
        timer = self._loop.call_later(REQUEST_TIMEOUT, self._late, request)
        self._open[number] = (answer, timer)
        self._socket.send(requests.frame(number, request))
        return answer

    def drop(self) -> None:
        for answer, timer in self._open.values():
            timer.cancel()
            _fail(answer, LinkLost("the link to Asterisk was lost"))
        self._open.clear()

    def _take(self, data: bytes) -> None:
        response = codec.decode_response(data)
        if response.type == "ApplicationReplaced":
            raise LinkTaken("another program has taken over our request sockets")
        answer, timer = self._open.pop(response.request_id, (None, None))
        if timer is not None:
            timer.cancel()
        if answer is not None and not answer.done():
            answer.set_result(response.reply)

    def _late(self, request: Request) -> None:
        # Its answer fails with all others when the link is dropped.
        self._socket.fail(LinkLost(f"no reply to {request.method} {request.uri} in time"))


class HttpLane:
    """Requests over HTTP, one after another."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._loop = asyncio.get_running_loop()
        self._outbox: asyncio.Queue[tuple[Request, Answer]] = asyncio.Queue()
        self._running = self._loop.create_task(self._run())

    @property
    def unanswered(self) -> int:
        return self._outbox.qsize()

    def send(self, request: Request) -> Answer:
        answer: Answer = self._loop.create_future()
        self._outbox.put_nowait((request, answer))
        return answer

    def drop(self) -> None:
        self._running.cancel()
        while not self._outbox.empty():
            _, answer = self._outbox.get_nowait()
            _fail(answer, LinkLost("the link to Asterisk was lost"))

    async def _run(self) -> None:
        while True:
            request, answer = await self._outbox.get()
            try:
                reply = await over_http(self._session, self._url, request)
            except SwitchUnreachable as error:
                _fail(answer, error)
            except asyncio.CancelledError:
                _fail(answer, LinkLost("the link to Asterisk was lost"))
                raise
            else:
                if not answer.done():
                    answer.set_result(reply)


def _fail(answer: Answer, error: SwitchUnreachable) -> None:
    """Unless whoever asked has given up, or has been answered."""
    if not answer.done():
        answer.set_exception(error)
        answer.exception()  # seen: not everybody who asked is still there


async def over_http(session: aiohttp.ClientSession, url: str, request: Request) -> Reply:
    """One request beside all lanes. Raises `SwitchUnreachable`."""
    body = None if request.body is None else msgspec.json.encode(request.body)
    headers = {} if body is None else {"Content-Type": "application/json"}
    where = URL(f"{url}/ari/{request.uri}", encoded=True)
    try:
        async with session.request(request.method, where, data=body, headers=headers) as response:
            return Reply(status=response.status, body=await response.text(errors="replace"))
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise _unreachable(request, url, error) from None


async def download(session: aiohttp.ClientSession, url: str, request: Request, path: Path) -> bool:
    """Write a file that Asterisk has to `path`, however long that takes as long as it goes on;
    False if there is none. Raises `SwitchUnreachable`, and `OSError` where it cannot be written."""
    patience = aiohttp.ClientTimeout(total=None, sock_read=REQUEST_TIMEOUT)
    where = URL(f"{url}/ari/{request.uri}", encoded=True)
    with path.open("wb") as file:
        try:
            async with session.get(where, timeout=patience) as response:
                async for part in response.content.iter_any():
                    file.write(part)
                return response.status == 200
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            raise _unreachable(request, url, error) from None


def _unreachable(request: Request, url: str, error: Exception) -> SwitchUnreachable:
    reason = str(error) or type(error).__name__
    return SwitchUnreachable(f"{request.method} {request.uri} at {url}: {reason}")
