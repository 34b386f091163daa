"""A thin client of ARI: one socket for events, several for requests.

Requests on one socket run one after another inside Asterisk, and some block there until the
channel has done what it is told. So there are several `lanes`; what belongs to one leg goes over
one lane and keeps its order. Where Asterisk takes no requests over WebSockets (before 22.3), a
lane is a queue of HTTP requests.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
import structlog

from calls.errors import SwitchUnreachable
from switch.asterisk import lanes, requests
from switch.asterisk.codec import Reply
from switch.asterisk.lanes import Answer, HttpLane, Lane, LinkTaken, SocketLane
from switch.asterisk.requests import Request
from switch.asterisk.sockets import LinkLost, Socket, SocketRefused, connect

__all__ = ["Answer", "AriAddress", "AriLink", "LinkLost", "LinkTaken"]

log = structlog.get_logger()

Read = TypeVar("Read")


@dataclass(frozen=True)
class AriAddress:
    """Where ARI is: ``http://host:8088`` and a user of ari.conf."""

    url: str
    user: str
    password: str

    @property
    def headers(self) -> dict[str, str]:
        login = aiohttp.encode_basic_auth(self.user, self.password)
        return {"Authorization": login}


class AriLink:
    """One connection to Asterisk, from `open` to `close`; it does not mend itself."""

    def __init__(self, address: AriAddress, app: str, lanes: int = 6) -> None:
        self.app = app
        self._address = address
        self._count = lanes
        self._lanes: Sequence[Lane] = []
        self._http: aiohttp.ClientSession | None = None
        self._sockets: list[Socket] = []

    async def open(self) -> None:
        """Connect; from now on no event is lost. Raises `LinkLost`."""
        self._http = aiohttp.ClientSession(
            headers=self._address.headers,
            timeout=aiohttp.ClientTimeout(total=lanes.REQUEST_TIMEOUT),
            connector=aiohttp.TCPConnector(limit=16),
        )
        try:
            await self._connect(self.app)
            for number in range(self._count):
                await self._connect(f"{self.app}-requests-{number}")
        except SocketRefused as error:
            raise LinkLost(self._refusal(error.status)) from None
        except LinkLost as error:
            raise LinkLost(f"no Asterisk answers at {self._address.url}: {error}") from None
        self._lanes = [SocketLane(socket) for socket in self._sockets[1:]]
        await self._fall_back_to_http()

    async def close(self) -> None:
        for lane in self._lanes:
            lane.drop()
        await asyncio.gather(*(socket.close() for socket in self._sockets), return_exceptions=True)
        if self._http is not None:
            await self._http.close()
            await asyncio.sleep(0)  # the transports close on the loop's next turn

    def send(self, lane: int, request: Request) -> Answer:
        """Send a request after all earlier ones of its lane; returns at once."""
        return self._lanes[lane].send(request)

    @property
    def unanswered(self) -> int:
        """How many requests are in line or being done."""
        return sum(lane.unanswered for lane in self._lanes)

    async def ask(self, request: Request) -> Reply:
        """Do a request beside the lanes, over HTTP. Raises `SwitchUnreachable`."""
        assert self._http is not None  # noqa: S101
        return await lanes.over_http(self._http, self._address.url, request)

    async def download(self, request: Request, path: Path) -> bool:
        """Write a file that Asterisk has to `path`; False if there is none.

        Raises `SwitchUnreachable`, `OSError`.
        """
        assert self._http is not None  # noqa: S101
        return await lanes.download(self._http, self._address.url, request, path)

    async def read(self, request: Request, kind: type[Read]) -> Read:
        """Ask for something and decode it. Raises `SwitchUnreachable`."""
        reply = await self.ask(request)
        if not reply.ok:
            raise SwitchUnreachable(f"Asterisk on {request.uri}: {reply.detail}")
        try:
            return msgspec.json.decode(reply.body, type=kind)
        except msgspec.DecodeError as error:
            raise SwitchUnreachable(f"Asterisk on {request.uri}: {error}") from None

    async def pump(self, take: Callable[[bytes], None]) -> None:
        """Hand over every event, in order, until the link is lost.

        Raises `LinkLost`, or whatever `take` raised.
        """
        self._sockets[0].read(take)
        done, _ = await asyncio.wait(
            [socket.lost for socket in self._sockets], return_when=asyncio.FIRST_COMPLETED
        )
        for lost in done:
            lost.result()

    async def _connect(self, app: str) -> None:
        url = f"ws{self._address.url.removeprefix('http')}/ari/events?app={quote(app)}"
        self._sockets.append(await connect(url, self._address.headers))

    async def _fall_back_to_http(self) -> None:
        """An Asterisk that takes no requests over WebSockets leaves them unanswered."""
        try:
            await asyncio.wait_for(asyncio.shield(self.send(0, requests.PING)), 2.0)
        except TimeoutError:
            log.warning("ari.requests_over_http", reason="no reply over the WebSocket")
            for lane in self._lanes:
                lane.drop()
            assert self._http is not None  # noqa: S101
            self._lanes = [HttpLane(self._http, self._address.url) for _ in range(self._count)]

    def _refusal(self, status: int) -> str:
        if status == 401:
            return f"Asterisk at {self._address.url} refuses the ARI user {self._address.user!r}"
        return f"{self._address.url}/ari/events answers with status {status}"
