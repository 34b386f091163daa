"""A small client of the center's JSON API, for rehearsals and tests."""

import json
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any

import aiohttp

from calls import codec
from calls.errors import RingdeskError
from calls.views import Published


class ApiFailed(RingdeskError):
    """The center refused a request or could not be reached; `status` is 0 for the latter."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Center:
    """The API of one running center, as one token sees it."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        timeout = aiohttp.ClientTimeout(total=30)
        self._http = aiohttp.ClientSession(url, headers=headers, timeout=timeout)

    async def __aenter__(self) -> "Center":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.close()

    async def get(self, path: str) -> Any:
        """The JSON below ``/api/v1``. Raises `ApiFailed`."""
        return await self._ask("GET", path)

    async def post(self, path: str, **body: Any) -> Any:
        return await self._ask("POST", path, body)

    async def facts(self, after: int | None = None) -> AsyncIterator[Published]:
        """The event stream, from now on or after a journal number. Raises `ApiFailed`."""
        headers = {} if after is None else {"Last-Event-ID": str(after)}
        try:
            async with self._http.get(
                "/api/v1/events", headers=headers, timeout=aiohttp.ClientTimeout(total=None)
            ) as response:
                if response.status != 200:
                    raise ApiFailed(response.status, await response.text())
                async for line in response.content:
                    if line.startswith(b"data:"):
                        yield _published(line[5:])
        except aiohttp.ClientError as error:
            raise ApiFailed(0, f"lost the event stream of {self.url}: {error}") from None

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        try:
            async with self._http.request(method, f"/api/v1/{path}", json=body) as response:
                text = await response.text()
                if response.status >= 400:
                    raise ApiFailed(response.status, f"{method} {path}: {_detail(text)}")
                return json.loads(text) if text else None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiFailed(0, f"no answer from {self.url}: {error}") from None


def _published(data: bytes) -> Published:
    event = json.loads(data)
    fact = codec.decode_fact(json.dumps(event["fact"]))
    return Published(seq=event["number"], at=event["at"], fact=fact)


def _detail(text: str) -> str:
    try:
        return str(json.loads(text)["detail"])
    except (ValueError, KeyError, TypeError):
        return text[:200]
