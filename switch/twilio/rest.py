"""Twilio's REST API over HTTP: who asks, how often again, and not too fast."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import msgspec

from calls.errors import SwitchUnreachable
from switch.twilio.codec import Page, Reply
from switch.twilio.requests import Request

VERSION = "2010-04-01"
#: Seconds for one answer, and until a request that failed is made again.
PATIENCE = 10.0
AGAIN_AFTER = (0.25, 1.0)
#: Seconds that a busy API may ask us to wait; longer is no answer at all.
LONGEST_WAIT = 5.0


class Unsure(SwitchUnreachable):
    """No answer came to a request that must not be made twice: it may have been done."""


class NotThere(SwitchUnreachable):
    """What was asked for does not exist, at this server or any more."""


class Rest:
    """One account at Twilio, or at a server that speaks like it. An async context manager.

    `base` may have a path. `calls_per_second`: how fast calls are made; Twilio queues what is
    faster, and then nobody knows when a phone rings.
    """

    def __init__(self, base: str, account: str, token: str, *, calls_per_second: float) -> None:
        self._base = base.rstrip("/")
        self._account = account
        self._headers = {"Authorization": aiohttp.encode_basic_auth(account, token)}
        self._gap = 1.0 / calls_per_second
        self._next_call = 0.0
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Rest":
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=PATIENCE),
            connector=aiohttp.TCPConnector(limit=50),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(self, request: Request) -> Reply:
        """The answer, whatever it says; again where that is safe and may help.

        Raises `SwitchUnreachable`; `Unsure` where a request with `once` may have been done.
        """
        for pause in (*AGAIN_AFTER, None):
            try:
                reply, wait = await self._once(request)
            except aiohttp.ClientConnectorError as error:  # it never went out
                if pause is None:
                    raise SwitchUnreachable(f"Twilio cannot be reached: {error}") from None
            except (aiohttp.ClientError, TimeoutError) as error:
                detail = str(error) or type(error).__name__
                if request.once:
                    raise Unsure(f"Twilio did not answer: {detail}") from None
                if pause is None:
                    raise SwitchUnreachable(f"Twilio did not answer: {detail}") from None
            else:
                busy = reply.status == 429  # not done: may always be made again
                failed = reply.status >= 500
                if failed and request.once:
                    raise Unsure(f"Twilio failed: {reply.detail}")
                if pause is None or not (busy or failed) or wait > LONGEST_WAIT:
                    return reply
                pause = max(pause, wait)
            await asyncio.sleep(pause)
        raise AssertionError("the last try returns or raises")

    async def call_turn(self) -> None:
        """Wait until another call may be made."""
        now = time.monotonic()
        at = max(now, self._next_call)
        self._next_call = at + self._gap
        await asyncio.sleep(at - now)

    async def pages(self, request: Request) -> AsyncIterator[Page]:
        """All pages of a list. Raises `NotThere` or `SwitchUnreachable`."""
        while True:
            reply = await self.send(request)
            if reply.status == 404:
                raise NotThere(f"there is no {request.path}")
            if not reply.ok:
                raise SwitchUnreachable(f"Twilio does not list {request.path}: {reply.detail}")
            try:
                page = msgspec.json.decode(reply.body, type=Page)
            except msgspec.DecodeError as error:
                raise SwitchUnreachable(f"{request.path} is not as expected: {error}") from None
            yield page
            if not page.next_page_uri:
                return
            _, _, path = page.next_page_uri.partition(f"/Accounts/{self._account}")
            request = Request(method="GET", path=path)

    async def _once(self, request: Request) -> tuple[Reply, float]:
        """The answer, and the seconds after which to ask again if it is busy."""
        if self._session is None:
            raise SwitchUnreachable("the link to Twilio is down")
        async with self._session.request(
            request.method,
            f"{self._base}/{VERSION}/Accounts/{self._account}{request.path}",
            params=list(request.query) or None,
            data=list(request.form) or None,
        ) as answer:
            wait = answer.headers.get("Retry-After", "")
            reply = Reply(answer.status, await answer.read())
            return reply, float(wait) if wait.isdecimal() else 0.0
