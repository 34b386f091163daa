"""A thin client of ARI: one socket for events, several for requests.

Requests on one socket run one after another inside Asterisk, and some block there until the
channel has done what it is told. So there are several `lanes`; what belongs to one leg goes over
one lane and keeps its order. Where Asterisk takes no requests over WebSockets (before 22.3), a
lane is a queue of HTTP requests.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

import aiohttp
import msgspec
import structlog
from yarl import URL

from calls.errors import SwitchUnreachable
from switch.asterisk import codec
from switch.asterisk.codec import Reply, Request

log = structlog.get_logger()

Read = TypeVar("Read")
Answer: TypeAlias = "asyncio.Future[Reply]"

#: Seconds until a request that got no reply counts as failed. Over a socket that costs the link:
#: nobody knows whether it was carried out, so what is up must be looked at.
REQUEST_TIMEOUT = 5.0
#: Seconds between pings on every socket; without a pong in half of it the link is lost.
HEARTBEAT = 10.0


class LinkLost(SwitchUnreachable):
    """A socket to Asterisk could not be opened, or was closed."""


class LinkTaken(SwitchUnreachable):
    """Another program has connected under our application's name."""


@dataclass(frozen=True)
class AriAddress:
    """Where ARI is: ``http://host:8088`` and a user of ari.conf."""

    url: str
    user: str
    password: str


class _Lane(Protocol):
    def send(self, request: Request) -> Answer:
        """Put a request in line. Its answer fails with `SwitchUnreachable`."""

    async def run(self) -> None:
        """Carry requests until the link is lost (`LinkLost`)."""

    def drop(self) -> None:
        """Fail all that is unanswered."""


class AriLink:
    """One connection to Asterisk, from `open` to `close`; it does not mend itself."""

    def __init__(self, address: AriAddress, app: str, lanes: int = 6) -> None:
        self.app = app
        self._address = address
        self._count = lanes
        self._lanes: list[_Lane] = []
        self._http: aiohttp.ClientSession | None = None
        self._sockets: list[aiohttp.ClientWebSocketResponse] = []
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def lanes(self) -> int:
        return len(self._lanes)

    async def open(self) -> None:
        """Connect; from now on Asterisk keeps events for us. Raises `LinkLost`."""
        self._http = aiohttp.ClientSession(
            headers={
                "Authorization": aiohttp.encode_basic_auth(
                    self._address.user, self._address.password
                )
            },
            timeout=aiohttp.ClientTimeout(total=REQUEST_TIMEOUT),
            connector=aiohttp.TCPConnector(limit=16),
        )
        try:
            await self._connect(self.app)
            for number in range(self._count):
                await self._connect(f"{self.app}-requests-{number}")
        except aiohttp.WSServerHandshakeError as error:
            raise LinkLost(self._refusal(error.status)) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise LinkLost(f"no Asterisk answers at {self._address.url}: {error}") from None
        self._lanes = [_SocketLane(socket) for socket in self._sockets[1:]]
        self._start([lane.run() for lane in self._lanes])
        await self._fall_back_to_http()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for lane in self._lanes:
            lane.drop()
        await asyncio.gather(*(socket.close() for socket in self._sockets), return_exceptions=True)
        if self._http is not None:
            await self._http.close()
            await asyncio.sleep(0)  # the transports close on the loop's next turn

    def send(self, lane: int, request: Request) -> Answer:
        """Send a request after all earlier ones of its lane; returns at once."""
        return self._lanes[lane].send(request)

    async def ask(self, request: Request) -> Reply:
        """Do a request beside the lanes, over HTTP. Raises `SwitchUnreachable`."""
        assert self._http is not None  # noqa: S101
        return await _over_http(self._http, self._address.url, request)

    async def fetch(self, request: Request) -> bytes:
        """A file that Asterisk has. Raises `SwitchUnreachable`."""
        assert self._http is not None  # noqa: S101
        return await _download(self._http, self._address.url, request)

    async def read(self, request: Request, kind: type[Read]) -> Read:
        """Ask for something and decode it. Raises `SwitchUnreachable`."""
        reply = await self.ask(request)
        if not reply.ok:
            raise SwitchUnreachable(f"Asterisk on {request.uri}: {reply.detail}")
        try:
            return msgspec.json.decode(reply.body, type=kind)
        except msgspec.DecodeError as error:
            raise SwitchUnreachable(f"Asterisk on {request.uri}: {error}") from None

    async def pump(self, take: Callable[[str], None]) -> None:
        """Hand over every event, in order, until the link is lost (`LinkLost`)."""
        self._start([self._read_events(take)])
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _read_events(self, take: Callable[[str], None]) -> None:
        async for message in self._sockets[0]:
            if message.type is aiohttp.WSMsgType.TEXT:
                take(message.data)
        raise LinkLost("Asterisk closed the event socket")

    def _start(self, work: list[Coroutine[Any, Any, None]]) -> None:
        self._tasks += [asyncio.create_task(item) for item in work]

    async def _connect(self, app: str) -> None:
        assert self._http is not None  # noqa: S101
        socket = await self._http.ws_connect(
            f"{self._address.url}/ari/events",
            params={"app": app},
            heartbeat=HEARTBEAT,
            max_msg_size=0,
        )
        self._sockets.append(socket)

    async def _fall_back_to_http(self) -> None:
        """An Asterisk that takes no requests over WebSockets leaves them unanswered."""
        try:
            await asyncio.wait_for(asyncio.shield(self.send(0, codec.PING)), 2.0)
        except TimeoutError:
            log.warning("ari.requests_over_http", reason="no reply over the WebSocket")
            for lane in self._lanes:
                lane.drop()
            assert self._http is not None  # noqa: S101
            self._lanes = [_HttpLane(self._http, self._address.url) for _ in range(self._count)]
            self._start([lane.run() for lane in self._lanes])

    def _refusal(self, status: int) -> str:
        if status == 401:
            return f"Asterisk at {self._address.url} refuses the ARI user {self._address.user!r}"
        return f"{self._address.url}/ari/events answers with status {status}"


class _SocketLane:
    """Requests over a WebSocket (``RESTRequest``)."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._loop = asyncio.get_running_loop()
        self._number = 0
        self._open: dict[str, tuple[Answer, asyncio.TimerHandle]] = {}
        self._outbox: deque[bytes] = deque()
        self._wake = asyncio.Event()
        #: Fails when a reply is overdue.
        self._stuck: asyncio.Future[None] = self._loop.create_future()

    def send(self, request: Request) -> Answer:
        self._number += 1
        number = str(self._number)
        answer: Answer = self._loop.create_future()
        timer = self._loop.call_later(REQUEST_TIMEOUT, self._late, request)
        self._open[number] = (answer, timer)
        self._outbox.append(codec.frame(number, request))
        self._wake.set()
        return answer

    async def run(self) -> None:
        work = [asyncio.ensure_future(part) for part in (self._write(), self._read(), self._stuck)]
        try:
            await asyncio.gather(*work)
        except (aiohttp.ClientError, OSError) as error:
            raise LinkLost(f"a request socket failed: {error}") from None
        finally:
            for part in work:
                part.cancel()

    def drop(self) -> None:
        for answer, timer in self._open.values():
            timer.cancel()
            if not answer.done():
                answer.set_exception(LinkLost("the link to Asterisk was lost"))
                answer.exception()  # seen: not everybody who asked is still there
        self._open.clear()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._outbox:
                await self._socket.send_frame(self._outbox.popleft(), aiohttp.WSMsgType.TEXT)

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            response = codec.decode_response(message.data)
            if response.type == "ApplicationReplaced":
                raise LinkTaken("another program has taken over our request sockets")
            answer, timer = self._open.pop(response.request_id, (None, None))
            if timer is not None:
                timer.cancel()
            if answer is not None and not answer.done():
                answer.set_result(response.reply)
        raise LinkLost("Asterisk closed a request socket")

    def _late(self, request: Request) -> None:
        # Its answer fails with all others when the link is dropped.
        if not self._stuck.done():
            self._stuck.set_exception(
                LinkLost(f"no reply to {request.method} {request.uri} in time")
            )


class _HttpLane:
    """Requests over HTTP, one after another."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._loop = asyncio.get_running_loop()
        self._outbox: asyncio.Queue[tuple[Request, Answer]] = asyncio.Queue()

    def send(self, request: Request) -> Answer:
        answer: Answer = self._loop.create_future()
        self._outbox.put_nowait((request, answer))
        return answer

    async def run(self) -> None:
        while True:
            request, answer = await self._outbox.get()
            try:
                reply = await _over_http(self._session, self._url, request)
            except SwitchUnreachable as error:
                answer.set_exception(error)
            else:
                answer.set_result(reply)

    def drop(self) -> None:
        while not self._outbox.empty():
            _, answer = self._outbox.get_nowait()
            answer.set_exception(LinkLost("the link to Asterisk was lost"))


async def _over_http(session: aiohttp.ClientSession, url: str, request: Request) -> Reply:
    body = None if request.body is None else msgspec.json.encode(request.body)
    headers = {} if body is None else {"Content-Type": "application/json"}
    try:
        async with session.request(
            request.method,
            URL(f"{url}/ari/{request.uri}", encoded=True),
            data=body,
            headers=headers,
        ) as response:
            return Reply(status=response.status, body=await response.text())
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise SwitchUnreachable(
            f"{request.method} {request.uri} at {url}: {error or type(error).__name__}"
        ) from None


async def _download(session: aiohttp.ClientSession, url: str, request: Request) -> bytes:
    try:
        async with session.get(URL(f"{url}/ari/{request.uri}", encoded=True)) as response:
            data = await response.read()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise SwitchUnreachable(
            f"{request.uri} at {url}: {error or type(error).__name__}"
        ) from None
    if response.status != 200:
        raise SwitchUnreachable(f"Asterisk on {request.uri}: status {response.status}")
    return data
