"""Webhooks of Twilio's: how many a second a center answers, and how long each takes.

A whole center (``ringdesk run --switch twilio``) answers over HTTP, through Flask, with the
signature of each checked. Callers arrive, choose a language and support, wait, press a key over
the music and hang up: seven webhooks each, as Twilio sends them. There is no Twilio: its API is a
server that has no calls.
"""

import asyncio
import itertools
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import aiohttp
from aiohttp import web
from twilio.request_validator import RequestValidator

from bench import center
from bench.results import Result, held_against

NAMES = ("twilio.webhooks_per_s", "twilio.webhook_p99_ms")

ACCOUNT, TOKEN, NUMBER = "AC0bench", "a-token-for-benchmarks", "+48221110000"
#: Callers at once where as many webhooks as possible are wanted, and for how many seconds.
CALLERS, SECONDS = 16, 10.0
#: Webhooks a second where the time of each is wanted, and how many.
RATE, COUNT = 100.0, 2000
#: What they are held against: a voice platform's agreed time, and that rate.
AGREED_MS = 50.0

_ACTION = re.compile(r'action="([^"]+)"')
_REDIRECT = re.compile(r"<Redirect[^>]*>([^<]+)<")
_WAIT = re.compile(r'waitUrl="([^"]+)"')


class Caller:
    """Sends webhooks as Twilio would; `pace` says when the next one may go."""

    def __init__(self, http: aiohttp.ClientSession, base: str, pace: "Pace") -> None:
        self._http = http
        self._base = base
        self._pace = pace
        self._validator = RequestValidator(TOKEN)
        self.took: list[float] = []

    async def call(self, sid: str) -> None:
        """One call, from its arrival to its end."""
        text = await self._ask(sid, f"{self._base}/twilio/voice", "ringing")
        for digits in ("1", "", "2"):
            address = _ACTION if digits else _REDIRECT
            text = await self._ask(sid, _found(address, text), "in-progress", digits)
        text = await self._ask(sid, _found(_WAIT, text), "in-progress")
        await self._ask(sid, _found(_ACTION, text), "in-progress", "5")
        await self._ask(sid, f"{self._base}/twilio/status", "completed")

    async def _ask(self, sid: str, url: str, status: str, digits: str = "") -> str:
        sent = {
            "CallSid": sid,
            "AccountSid": ACCOUNT,
            "From": f"+4860{sid[-7:]}",
            "To": NUMBER,
            "CallStatus": status,
            "Direction": "inbound",
            "FromCity": "",
            "Digits": digits,
        }
        signature = self._validator.compute_signature(url, sent)
        await self._pace.turn()
        began = time.perf_counter()
        async with self._http.post(
            url, data=sent, headers={"X-Twilio-Signature": signature}
        ) as answer:
            text = await answer.text()
            self.took.append(time.perf_counter() - began)
            if answer.status not in (200, 204):
                raise AssertionError(f"{url} answers {answer.status}: {text[:200]}")
        if "<Pause" in text and "<Gather" not in text:  # not decided yet: asked again
            return await self._ask(sid, _found(_REDIRECT, text), status)
        return text


class Pace:
    """Lets so many through in a second; all of them where `rate` is 0."""

    def __init__(self, rate: float) -> None:
        self._gap = 1.0 / rate if rate else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        if self._gap:
            now = time.perf_counter()
            at = max(now, self._next)
            self._next = at + self._gap
            await asyncio.sleep(at - now)


def run() -> list[Result]:
    return asyncio.run(_run())


async def _run() -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        api, url = await _api()
        environ = center.environment(Path(folder) / "home")
        base = f"http://{environ['RINGDESK_HTTP']}"
        environ |= {
            "RINGDESK_PUBLIC_URL": base,
            "RINGDESK_TWILIO_ACCOUNT_SID": ACCOUNT,
            "RINGDESK_TWILIO_AUTH_TOKEN": TOKEN,
            "RINGDESK_TWILIO_API_BASE": url,
            "RINGDESK_TWILIO_NUMBERS": NUMBER,
        }
        command = (*center.RUN, "--demo", "--switch", "twilio")
        try:
            async with center.running(environ, *command), aiohttp.ClientSession() as http:
                sids = (f"CA{number:032d}" for number in itertools.count(1))
                # What callers hear of their place is rendered once, when it is first said.
                await _calls(Caller(http, base, Pace(0)), sids, callers=CALLERS, seconds=SECONDS)
                fast = Caller(http, base, Pace(0))
                began = time.perf_counter()
                await _calls(fast, sids, callers=CALLERS, seconds=SECONDS)
                each_second = len(fast.took) / (time.perf_counter() - began)
                paced = Caller(http, base, Pace(RATE))
                await _calls(paced, sids, callers=CALLERS, seconds=COUNT / RATE)
        finally:
            await api.cleanup()
    p99 = statistics.quantiles(paced.took, n=100)[98] * 1000
    return [
        held_against(
            "twilio.webhooks_per_s", each_second, "1/s", "the rate that is to be held", RATE
        ),
        held_against(
            "twilio.webhook_p99_ms", p99, "ms", f"the aim at {RATE:g} a second", AGREED_MS
        ),
    ]


async def _calls(caller: Caller, sids: Iterator[str], *, callers: int, seconds: float) -> None:
    until = time.perf_counter() + seconds

    async def one() -> None:
        while time.perf_counter() < until:
            await caller.call(next(sids))

    await asyncio.gather(*(one() for _ in range(callers)))


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise AssertionError(f"no {pattern.pattern} in {text}")
    return unescape(found[1])


async def _api() -> tuple[web.AppRunner, str]:
    """An API that has no calls and takes everything."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"calls": [], "conferences": [], "sid": "CA0"})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    return runner, f"http://{host}:{port}"
