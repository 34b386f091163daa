"""The panel as an administrator uses it: log in, fill in forms."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from tests.center.running import PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Panel:
    """One browser's worth of cookies."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def submit(self, path: str, fields: Mapping[str, str]) -> str:
        """Open a page, fill in its form and send it; the page that follows."""
        async with self._http.get(path) as response:
            page = await response.text()
        found = _TOKEN.search(page)
        assert found, f"no form on {path}: {response.status}"
        async with self._http.post(path, data={"csrf_token": found[1], **fields}) as response:
            page = await response.text()
            assert response.status == 200, f"{path}: {response.status}\n{page}"
            return page


@asynccontextmanager
async def logged_in(url: str, name: str) -> AsyncIterator[Panel]:
    """The panel at `url`, logged in."""
    # The panel's cookies are for 127.0.0.1, which cookie jars refuse unless told otherwise.
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(url, cookie_jar=jar) as http:
        panel = Panel(http)
        await panel.submit("/login", {"name": name, "password": PASSWORD})
        yield panel
