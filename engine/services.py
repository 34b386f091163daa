"""HTTP services outside that flows may ask.

Only addresses below one that the setting ``flow_services`` names are asked, without following
redirects: a flow, or what a caller enters, cannot reach anything else.
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import aiohttp
import msgspec
import structlog
from yarl import URL

from calls.events import RequestFailed, ServiceAnswered
from calls.requests import AskService

#: Bytes of an answer that are read; more is a fault.
LONGEST = 256 * 1024

log = structlog.get_logger(__name__)


class Allowed(msgspec.Struct, frozen=True):
    """A service that may be asked: everything below `url`, with these credentials."""

    url: URL
    user: str = ""
    password: str = ""

    def covers(self, url: URL) -> bool:
        """Whether `url` is below it."""
        base = self.url.path.rstrip("/")
        inside = url.path == base or url.path.startswith(f"{base}/")
        return url.origin() == self.url.origin() and inside and ".." not in url.path.split("/")

    @property
    def headers(self) -> dict[str, str]:
        if not self.user:
            return {}
        return {"Authorization": aiohttp.encode_basic_auth(self.user, self.password)}


def allowed(text: str) -> Allowed:
    """``https://user:token@shop.example/api``. Raises ValueError."""
    url = URL(text.strip())
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
        raise ValueError(f"{text!r} is not an address like https://shop.example/api")
    return Allowed(url.with_user(None), url.user or "", url.password or "")


class Services:
    """Asks; belongs to the loop's thread."""

    def __init__(self, services: Sequence[Allowed]) -> None:
        self._services = services
        self._client: aiohttp.ClientSession | None = None

    async def ask(self, request: AskService) -> ServiceAnswered | RequestFailed:
        """The answer; whatever goes wrong is one as well."""
        try:
            async with asyncio.timeout(request.timeout):
                status, found = await self._exchange(request)
        except TimeoutError:
            return self._failed(request, f"no answer within {request.timeout:g} seconds")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return self._failed(request, str(error) or type(error).__name__)
        return ServiceAnswered(
            request=request.request,
            call=request.call,
            status=status,
            values=taken(found, request.take),
        )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def _exchange(self, request: AskService) -> tuple[int, Any]:
        """Status and JSON; None for an answer without."""
        url = URL(request.url, encoded=True)
        service = next((one for one in self._services if one.covers(url)), None)
        if service is None:
            raise ValueError(f"{url.origin()} is not allowed; add it to the setting flow_services")
        if self._client is None:
            self._client = aiohttp.ClientSession(
                headers={"Accept": "application/json", "User-Agent": "ringdesk"}
            )
        async with self._client.request(
            request.method,
            url,
            json=request.body if request.method == "POST" else None,
            headers=service.headers,
            allow_redirects=False,
        ) as answer:
            body = await answer.content.read(LONGEST + 1)
            while not answer.content.at_eof() and len(body) <= LONGEST:
                body += await answer.content.read(LONGEST + 1 - len(body))
            if len(body) > LONGEST:
                raise ValueError(f"its answer is longer than {LONGEST} bytes")
            good = answer.status // 100 == 2
            return answer.status, json.loads(body) if good and body else None

    def _failed(self, request: AskService, detail: str) -> RequestFailed:
        log.warning("service.failed", call=request.call, detail=detail)
        return RequestFailed(request=request.request, call=request.call, detail=detail)


def taken(found: Any, take: dict[str, str]) -> dict[str, str | int | float | bool]:
    """What is wanted of an answer, as far as it is there and a plain value."""
    values = {}
    for name, path in take.items():
        part = found
        for step in path.split("."):
            match part:
                case dict() if step in part:
                    part = part[step]
                case list() if step.isdecimal() and int(step) < len(part):
                    part = part[int(step)]
                case _:
                    part = None
        if isinstance(part, str | int | float | bool):
            values[name] = part
    return values
