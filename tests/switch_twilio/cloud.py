"""A strict stand-in of Twilio, in this process: its REST API, and calls that walk our documents.

It takes requests as Twilio documents them and no others, asks our webhooks with signed requests,
checks every document against the SDK's classes, and keeps all that the debugger would show in
`faults`. Callbacks may be shuffled and doubled.
"""

import asyncio
import base64
import io
import itertools
import random
import time
import wave
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import aiohttp
from aiohttp import web
from twilio.request_validator import RequestValidator

from tests.switch_twilio import talks
from tests.switch_twilio.grammar import OVER
from tests.switch_twilio.line import Conference, Line
from tests.switch_twilio.talks import Failure

ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "the-token-of-the-account"
NUMBER = "+48221110000"

_CALL = {
    "To", "From", "Url", "Method", "Timeout", "StatusCallback", "StatusCallbackMethod",
    "StatusCallbackEvent", "MachineDetection", "MachineDetectionTimeout",
}  # fmt: skip
_UPDATE = {"Url", "Method", "Status", "StatusCallback", "StatusCallbackMethod", "Twiml"}
_CALLBACK_EVENTS = {"initiated", "ringing", "answered", "completed"}
_NUMBER = {"VoiceUrl", "VoiceMethod", "StatusCallback", "StatusCallbackMethod"}


@dataclass
class Person:
    """Who answers at an address."""

    does: str = "answers"
    after: float = 0.1
    #: What is found out about who answers, where that is asked; empty: as it is.
    verdict: str = ""
    lines: list[Line] = field(default_factory=list)


class Cloud:
    """The whole of Twilio for one account."""

    def __init__(self, account: str = ACCOUNT, token: str = TOKEN) -> None:
        self.account, self.token = account, token
        self.lines: dict[str, Line] = {}
        self.conferences: dict[str, Conference] = {}
        self.people: dict[str, Person] = {}
        self.numbers: dict[str, dict[str, str]] = {NUMBER: {}}
        self.faults: list[str] = []
        #: Method, path, parameters of each request that came.
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.shuffled = self.doubled = False
        #: How much faster than in reality sounds are played.
        self.speed = 1.0
        #: What the next requests of a kind get instead: (method, path begins with) -> statuses.
        self.failing: dict[tuple[str, str], list[int]] = {}
        self.queue_is_full = self.records_nothing = False
        #: Callbacks that never come.
        self.silent_recordings = self.silent_conferences = False
        self.answer_times: list[float] = []
        #: Requests with wrong credentials.
        self.refused = 0
        self.url = ""
        self._ids = itertools.count(1)
        self._dice = random.Random(4)
        self._recordings: dict[str, bytes] = {}
        self._not_yet: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Cloud":
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._request)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.vanish()
        assert self._http is not None
        assert self._runner is not None
        await self._http.close()
        await self._runner.cleanup()

    async def vanish(self) -> None:
        """All calls are gone, and nobody is told."""
        for line in list(self.lines.values()):
            await line.vanish()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- people

    def call(self, caller: str, to: str, voice_url: str, status_url: str = "") -> Line:
        """Somebody dials a number of ours."""
        line = Line(self, self.new_id("CA"), caller, to, inbound=True)
        line.callback = status_url
        self.lines[line.sid] = line
        line.start(voice_url)
        return line

    # --- what it asks of us

    async def ask(self, url: str, sent: dict[str, str]) -> str:
        """Ask for a document; a fault where that takes too long or is no document."""
        assert self._http is not None
        began = time.monotonic()
        async with self._http.post(url, data=sent, headers=self._signed(url, sent)) as answer:
            text = await answer.text()
            self.answer_times.append(time.monotonic() - began)
            if answer.status != 200:
                self.fault(f"11200 {url} answers {answer.status}: {text[:300]}")
            elif answer.content_type not in ("text/xml", "application/xml"):
                self.fault(f"12300 {url} answers {answer.content_type}")
            elif self.doubled:  # as after a connection that broke
                self.later(self._again(url, sent))
            return text

    async def _again(self, url: str, sent: dict[str, str]) -> None:
        await asyncio.sleep(self._dice.uniform(0.0, 0.3))
        assert self._http is not None
        async with self._http.post(url, data=sent, headers=self._signed(url, sent)) as answer:
            if answer.status != 200:
                self.fault(f"11200 {url} answers {answer.status} the second time")

    def notify(self, url: str, sent: dict[str, str]) -> None:
        """A callback, which steers nothing: in time, or when it pleases."""
        times = 2 if self.doubled else 1
        for _ in range(times):
            self.later(self._notify(url, sent, self._dice.uniform(0, 0.2) if self.shuffled else 0))

    async def _notify(self, url: str, sent: dict[str, str], delay: float) -> None:
        await asyncio.sleep(delay)
        assert self._http is not None
        async with self._http.post(url, data=sent, headers=self._signed(url, sent)) as answer:
            text = await answer.text()
            if answer.status != 204 and not (answer.status == 200 and "<Response" in text):
                self.fault(f"15003 {url} answers {answer.status}: {text[:300]}")

    async def ask_nothing(self, url: str, sent: dict[str, str]) -> None:
        """A callback now."""
        await self._notify(url, sent, 0.0)

    def _signed(self, url: str, sent: dict[str, str]) -> dict[str, str]:
        return {"X-Twilio-Signature": RequestValidator(self.token).compute_signature(url, sent)}

    async def fetch_sound(self, url: str) -> bytes:
        assert self._http is not None
        async with self._http.get(url) as answer:
            body = await answer.read()
            if answer.status != 200 or not answer.content_type.startswith("audio/"):
                self.fault(f"13420 {url} answers {answer.status} {answer.content_type}")
                return _silence(0.1)
            return body

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fault(repr(error))

    def fault(self, what: str) -> None:
        self.faults.append(what)

    # --- what it has

    def conference(self, name: str) -> Conference:
        if name not in self.conferences:
            self.conferences[name] = Conference(self, self.new_id("CF"), name)
        return self.conferences[name]

    def record(self, seconds: float) -> str:
        sid = self.new_id("RE")
        self.keep(seconds, sid)
        return sid

    def keep(self, seconds: float, sid: str) -> None:
        """A recording will be there, after a moment."""
        self._recordings[sid] = _silence(seconds)
        self._not_yet.add(sid)

    def recording_url(self, sid: str) -> str:
        return f"{self.url}/2010-04-01/Accounts/{self.account}/Recordings/{sid}"

    def new_id(self, kind: str) -> str:
        return f"{kind}{next(self._ids):032x}"

    # --- its API

    async def _request(self, request: web.Request) -> web.Response:
        try:
            return await self._answer(request)
        except Failure as failure:
            return web.json_response(
                {"code": failure.code, "message": str(failure), "status": failure.status},
                status=failure.status,
            )

    async def _answer(self, request: web.Request) -> web.Response:
        wanted = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {wanted}":
            self.refused += 1
            raise Failure(401, 20003, "Authenticate")
        prefix = f"/2010-04-01/Accounts/{self.account}"
        if not request.path.startswith(prefix):
            raise Failure(404, 20404, f"there is no {request.path}")
        path = request.path.removeprefix(prefix)
        body = (await request.read()).decode()
        pairs = parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body))
        self.requests.append((request.method, path, dict(pairs)))
        for (method, start), statuses in self.failing.items():
            if request.method == method and path.startswith(start) and statuses:
                status = statuses.pop(0)
                if status != 0:
                    raise Failure(status, 20500, "as the test wants")
                await asyncio.sleep(0.1)
                done = await self._route(request, path, pairs)
                assert request.transport is not None
                request.transport.close()  # nobody is told
                return done
        return await self._route(request, path, pairs)

    async def _route(
        self, request: web.Request, path: str, pairs: list[tuple[str, str]]
    ) -> web.Response:
        form = dict(pairs)
        match (request.method, path.strip("/").split("/")):
            case ("GET", [".json"]):
                return web.json_response({"sid": self.account, "status": "active"})
            case ("POST", ["Calls.json"]):
                return web.json_response(self._make(form, pairs), status=201)
            case ("GET", ["Calls.json"]):
                return self._list_calls(request)
            case ("POST", ["Calls", name]):
                return web.json_response(await self._update(name.removesuffix(".json"), form))
            case ("GET", ["Conferences.json"]):
                found = talks.conferences(self, request.query.get("Status", ""))
                return web.json_response({"conferences": found})
            case ("GET", ["Conferences", sid, "Participants.json"]):
                return web.json_response({"participants": talks.participants(self, sid)})
            case ("POST", ["Conferences", sid, "Participants", name]):
                return web.json_response(
                    await talks.change_participant(self, sid, name.removesuffix(".json"), form)
                )
            case ("POST", ["Calls", sid, "Recordings.json"]):
                return web.json_response(talks.record(self, sid, form, pairs), status=201)
            case ("GET", ["Calls", sid, "Recordings.json"]):
                return web.json_response({"recordings": talks.recordings(self, sid)})
            case ("POST", ["Calls", sid, "Recordings", name]):
                return web.json_response(
                    talks.change_recording(self, sid, name.removesuffix(".json"), form)
                )
            case ("GET", ["Recordings", name]):
                return self._recording(name.removesuffix(".wav"))
            case ("GET", ["IncomingPhoneNumbers.json"]):
                return web.json_response({"incoming_phone_numbers": self._numbers()})
            case ("POST", ["IncomingPhoneNumbers", name]):
                self.only(form, _NUMBER)
                self.numbers[self._number(name)].update(form)
                return web.json_response({})
        raise Failure(404, 20404, f"there is no {request.method} {path}")

    def only(self, form: dict[str, str], allowed: set[str]) -> None:
        for name in form:
            if name not in allowed:
                self.fault(f"the API knows no parameter {name}")

    def _make(self, form: dict[str, str], pairs: list[tuple[str, str]]) -> dict[str, str]:
        self.only(form, _CALL)
        events = {value for name, value in pairs if name == "StatusCallbackEvent"}
        if not events <= _CALLBACK_EVENTS:
            self.fault(f"unknown events {events}")
        if not 1 <= int(form.get("Timeout", "60")) <= 600:
            raise Failure(400, 21208, "invalid timeout")
        if form["From"] not in self.numbers:
            raise Failure(400, 21210, f"{form['From']} is not yours")
        line = Line(self, self.new_id("CA"), form["From"], form["To"], inbound=False)
        line.callback = form.get("StatusCallback", "")
        line.detects = form.get("MachineDetection", "")
        if line.detects not in ("", "Enable", "DetectMessageEnd"):
            raise Failure(400, 21261, "invalid MachineDetection")
        if not 3 <= int(form.get("MachineDetectionTimeout", "30")) <= 59:
            raise Failure(400, 21263, "invalid MachineDetectionTimeout")
        self.lines[line.sid] = line
        self.later(self._ring(line, form["Url"], int(form.get("Timeout", "60"))))
        return {"sid": line.sid, "status": "queued", "direction": "outbound-api"}

    async def _ring(self, line: Line, url: str, seconds: int) -> None:
        address, _, wishes = line.called.partition("?")
        person = self.people.get(address, Person("absent"))
        if person.does == "obeys":
            person = Person("answers" if "auto_answer=1" in wishes else "ignores", 0.0)
        person.lines.append(line)
        line.tell("initiated")
        if person.does == "absent":
            await line.over("failed", "404")
            return
        if person.does == "busy":
            await line.over("busy", "486")
            return
        await asyncio.sleep(0.05)
        if line.status != "queued":
            return
        line.status = "ringing"
        line.tell("ringing")
        if person.does == "ignores":
            await asyncio.sleep(seconds)
            await line.over("no-answer")
            return
        await asyncio.sleep(person.after)
        if line.status != "ringing":
            return
        if person.does == "declines":
            await line.over("busy", "603")
        else:
            await line.answer()
            if line.detects:
                await asyncio.sleep(0.3)
                machine = person.does == "machine"
                line.answered_by = person.verdict or ("machine_start" if machine else "human")
            if line.status == "in-progress":
                line.start(url)

    async def _update(self, sid: str, form: dict[str, str]) -> dict[str, str]:
        self.only(form, _UPDATE)
        line = self.lines.get(sid)
        if line is None:
            raise Failure(404, 20404, "there is no such call")
        if line.status in OVER:
            raise Failure(400, 21220, "Call is not in-progress. Cannot redirect.")
        if form.get("Status") == "completed":
            self.later(line.over("completed"))
        elif "Url" in form and line.status == "in-progress":
            line.redirect(form["Url"])
        else:
            raise Failure(400, 21220, "Call is not in-progress. Cannot redirect.")
        return {"sid": sid, "status": line.status}

    def _list_calls(self, request: web.Request) -> web.Response:
        wanted = {
            line.sid: line
            for line in self.lines.values()
            if request.query.get("Status", line.status) == line.status
            and request.query.get("To", line.called) == line.called
        }
        found = [
            {
                "sid": line.sid,
                "status": line.status,
                "direction": "inbound" if line.inbound else "outbound-api",
                "from": line.caller,
                "to": line.called,
            }
            for line in reversed(wanted.values())
        ]
        first = int(request.query.get("Page", "0")) * 2  # short pages, so that they are turned
        more = {**request.query, "Page": str(first // 2 + 1)}
        link = request.path_qs.partition("?")[0] + "?" + urlencode(more)
        return web.json_response(
            {
                "calls": found[first : first + 2],
                "next_page_uri": link if len(found) > first + 2 else None,
            }
        )

    def _recording(self, sid: str) -> web.Response:
        if sid in self._not_yet:
            self._not_yet.remove(sid)
            raise Failure(404, 20404, "the file is not there yet")
        return web.Response(body=self._recordings[sid], content_type="audio/wav")

    def _numbers(self) -> list[dict[str, str | None]]:
        return [
            {
                "sid": f"PN{index}",
                "phone_number": number,
                "voice_url": fields.get("VoiceUrl", "https://demo.twilio.com/welcome"),
                "voice_method": fields.get("VoiceMethod", "POST"),
                "status_callback": fields.get("StatusCallback", ""),
                "status_callback_method": fields.get("StatusCallbackMethod", "POST"),
            }
            for index, (number, fields) in enumerate(self.numbers.items())
        ]

    def _number(self, name: str) -> str:
        return list(self.numbers)[int(name.removesuffix(".json").removeprefix("PN"))]


def _silence(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * int(8000 * seconds)))
    return file.getvalue()
