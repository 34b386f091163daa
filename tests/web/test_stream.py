"""The event stream over a real connection: numbers, resuming, who sees what."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

import aiohttp
import msgspec
import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from calls import facts
from engine import users
from tests.web.fake_service import TICKET, FakeService
from tests.web.panel import PASSWORD, csrf_of
from web import asgi, stream
from web.asgi import THREADS, WholeBody, create_asgi
from web.stream import StreamEvent


@pytest.fixture
def url(service: FakeService) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            create_asgi(service), log_level="warning", timeout_graceful_shutdown=1, lifespan="off"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
async def http(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)  # it would keep no cookies of an address
    async with aiohttp.ClientSession(url, cookie_jar=jar) as session:
        yield session


class Reader:
    """One open stream."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def block(self) -> dict[str, str]:
        """The next fields up to an empty line."""
        found: dict[str, str] = {}
        while line := (await asyncio.wait_for(self._response.content.readline(), 10)).decode():
            if line == "\n":
                return found
            name, _, value = line.rstrip("\n").partition(":")
            found[name] = value.removeprefix(" ")
        raise EOFError

    async def event(self) -> StreamEvent:
        """The next event; its id is its number."""
        while "data" not in (block := await self.block()):
            pass
        event = msgspec.json.decode(block["data"], type=StreamEvent)
        assert int(block["id"]) == event.number
        return event

    async def numbers(self, count: int) -> list[int]:
        return [(await self.event()).number for _ in range(count)]


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **more}


async def test_numbers_resume_after_the_last_one(
    service: FakeService, http: aiohttp.ClientSession, tokens: dict[str, str]
) -> None:
    service.happen(*(facts.SwitchChanged(switch=f"s{n}", up=True) for n in range(1, 6)))
    events = "/api/v1/events"
    async with http.get(f"{events}?after=2", headers=bearer(tokens["supervisor"])) as response:
        assert response.content_type == "text/event-stream"
        reader = Reader(response)
        assert await reader.numbers(3) == [3, 4, 5]
        service.happen(facts.SwitchChanged(switch="s6", up=False))
        event = await reader.event()
        assert event.fact == facts.SwitchChanged(switch="s6", up=False)
        assert event.number == 6
    headers = bearer(tokens["supervisor"], **{"Last-Event-ID": "4"})
    async with http.get(f"{events}?after=1", headers=headers) as response:
        assert await Reader(response).numbers(2) == [5, 6], "the header wins"


async def test_without_a_number_it_begins_now(
    service: FakeService, http: aiohttp.ClientSession, tokens: dict[str, str]
) -> None:
    service.happen(facts.SwitchChanged(switch="old", up=True))
    async with http.get("/api/v1/events", headers=bearer(tokens["admin"])) as response:
        reader = Reader(response)
        assert await asyncio.to_thread(service.followed.wait, 10)
        service.happen(facts.SwitchChanged(switch="new", up=True))
        assert (await reader.event()).number == 2


async def test_an_agent_sees_themself_and_their_calls(
    service: FakeService, http: aiohttp.ClientSession, tokens: dict[str, str]
) -> None:
    async with http.get("/api/v1/events?after=0", headers=bearer(tokens["agent"])) as response:
        reader = Reader(response)
        service.phone("agent1")
        service.phone("agent2")
        for call, agent in (("c-2", "agent2"), ("c-1", "agent1")):
            service.arrive(call)
            service.enqueue(call)
            service.offer(call, agent)
            service.connect(call)
            service.end_call(call)
        service.happen(
            facts.WrapUpEnded(
                call="c-1", agent="agent1", queue="support", lasted=1.0, by="timeout"
            ),
            facts.TicketAttached(call="c-1", ticket=TICKET, drafted=False),
            facts.SwitchChanged(switch="asterisk", up=False),
            facts.AgentPhoneChanged(agent="agent1", online=False),
        )
        seen: list[Any] = []
        while not (seen and seen[-1] == facts.AgentPhoneChanged(agent="agent1", online=False)):
            seen.append((await reader.event()).fact)
    assert {getattr(fact, "call", None) for fact in seen} == {"c-1", None}
    assert {getattr(fact, "agent", "") for fact in seen} == {"agent1", ""}
    kinds = [type(fact).__name__ for fact in seen]
    for kind in ("OfferMade", "TicketPopped", "CallLeftQueue", "ConversationEnded", "CallEnded"):
        assert kinds.count(kind) == 1, kind
    assert "SwitchChanged" not in kinds


async def test_an_agent_is_told_who_took_a_call_that_rang_at_several(
    service: FakeService, http: aiohttp.ClientSession, tokens: dict[str, str]
) -> None:
    async with http.get("/api/v1/events?after=0", headers=bearer(tokens["agent"])) as response:
        reader = Reader(response)
        service.arrive("c-1")
        service.enqueue("c-1")
        service.offer("c-1", "agent1")
        service.offer("c-1", "agent2")
        service.connect("c-1", "agent2")
        service.end_call("c-1")
        service.happen(facts.AgentPhoneChanged(agent="agent1", online=False))
        seen: list[Any] = []
        while not (seen and isinstance(seen[-1], facts.AgentPhoneChanged)):
            seen.append((await reader.event()).fact)
    lost = facts.CallConnected(call="c-1", agent="agent2", queue="support", waited=8.0)
    others = [fact for fact in seen if getattr(fact, "agent", "agent1") == "agent2"]
    assert others == [lost]
    after = seen[seen.index(lost) + 1 :]
    assert not any(getattr(fact, "call", None) == "c-1" for fact in after), "it is not theirs"


async def test_an_agent_hears_of_those_who_can_be_heard(
    service: FakeService, http: aiohttp.ClientSession, tokens: dict[str, str]
) -> None:
    def follow(mode: Literal["monitor", "whisper", "barge"]) -> None:
        service.happen(facts.SupervisionStarted(supervisor="eva", agent="agent1", mode=mode))

    stopped = facts.SupervisionEnded(supervisor="eva", agent="agent1", lasted=9.0)
    async with http.get("/api/v1/events?after=0", headers=bearer(tokens["agent"])) as response:
        reader = Reader(response)
        follow("monitor")
        follow("whisper")
        follow("monitor")
        service.happen(stopped)
        follow("barge")
        service.happen(stopped)
        events = [await reader.event() for _ in range(4)]
    assert [type(event.fact).__name__ for event in events] == [
        "SupervisionStarted",
        "SupervisionEnded",
    ] * 2
    assert [event.number for event in events] == [2, 3, 5, 6]
    assert [getattr(event.fact, "mode", "") for event in events] == ["whisper", "", "barge", ""]


async def test_an_agent_who_resumes_in_a_call_sees_its_end(
    service: FakeService, http: aiohttp.ClientSession, tokens: dict[str, str]
) -> None:
    service.phone("agent1")
    service.arrive("c-1")
    service.enqueue("c-1")
    service.offer("c-1", "agent1")
    service.connect("c-1")
    after = service.live().journal
    headers = bearer(tokens["agent"], **{"Last-Event-ID": str(after)})
    async with http.get("/api/v1/events", headers=headers) as response:
        reader = Reader(response)
        assert await asyncio.to_thread(service.followed.wait, 10)
        service.end_call("c-1")
        kinds = [type((await reader.event()).fact).__name__ for _ in range(3)]
    assert kinds == ["ConversationEnded", "AgentStateChanged", "CallEnded"]


async def test_silence_is_broken_by_a_heartbeat(
    service: FakeService,
    http: aiohttp.ClientSession,
    tokens: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 0.05)
    service.happen(facts.SwitchChanged(switch="s", up=True))
    async with http.get("/api/v1/events?after=0", headers=bearer(tokens["agent"])) as response:
        reader = Reader(response)
        while "id" not in (block := await reader.block()):
            pass
        assert block == {"": "still here", "id": "1"}, "what was not theirs is passed over"


async def test_strangers_and_nonsense_are_refused(
    http: aiohttp.ClientSession, tokens: dict[str, str]
) -> None:
    for headers in ({}, bearer("wrong")):
        async with http.get("/api/v1/events", headers=headers) as response:
            assert response.status == 401
            assert response.content_type == "application/problem+json"
    for number in ("x", "-1", "1.5", "9" * 30):
        url = f"/api/v1/events?after={number}"
        async with http.get(url, headers=bearer(tokens["admin"])) as response:
            assert response.status == 422
            assert number in (await response.json(content_type=None))["detail"]


async def test_a_page_streams_with_its_session_until_it_is_ended(
    service: FakeService, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 0.05)
    monkeypatch.setattr(asgi, "RECHECK", 0.0)
    async with http.get("/login") as response:
        token = csrf_of(await response.text())
    form = {"name": "agent1", "password": PASSWORD, "csrf_token": token}
    async with http.post("/login", data=form) as response:
        assert response.url.path == "/agent"
    async with http.get("/api/v1/events?after=0") as response:
        reader = Reader(response)
        service.phone("agent1")
        assert (await reader.event()).fact == facts.AgentPhoneChanged(agent="agent1", online=True)
        with service.database.session() as session:
            users.change_user(session, "agent1", active=False)
        await asyncio.wait_for(response.read(), 10)
        assert response.content.at_eof()
    assert not service.listening


# --- slow and endless requests


async def test_slow_senders_hold_nobody_up(url: str, http: aiohttp.ClientSession) -> None:
    port = int(url.rpartition(":")[2])
    head = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
    writers = []
    for _ in range(2 * THREADS):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname=")
        await writer.drain()
        writers.append(writer)
    async with http.get("/healthz", timeout=aiohttp.ClientTimeout(5)) as response:
        assert response.status == 200
    for writer in writers:
        writer.close()


async def answered(app: WholeBody, receive: Receive) -> int:
    """The status that a request is answered with."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/login", "headers": []}
    await app(scope, receive, send)
    return int(sent[0]["status"])


async def never(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError("handed on")


async def test_a_request_that_does_not_come_is_given_up() -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    assert await answered(WholeBody(never, most=10, patience=0.01), receive) == 408


async def test_a_body_without_end_is_refused() -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"x" * 6, "more_body": True}

    assert await answered(WholeBody(never, most=10), receive) == 413
