"""The AMI adapter mends what panoramisk leaves open."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import pytest

from calls.errors import SwitchUnreachable
from switch.asterisk import ami
from switch.asterisk.ami import AmiAddress, ContactWatch

GREETING = b"Asterisk Call Manager/11.0.0\r\n"


Serve: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[AmiAddress]:
    """A server that leaves no connection open."""
    talks: list[asyncio.Task[None]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.append(task)
        try:
            writer.write(GREETING)
            await serve(reader, writer)
            await reader.read()
        finally:
            writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield AmiAddress(host, port, "ringdesk", "secret")
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


def manager_interface(
    *answers: str, events: str = "", when: asyncio.Event | None = None
) -> AbstractAsyncContextManager[AmiAddress]:
    """Something that greets like AMI, answers the first actions so, then tells these events."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reply(reader, writer, answer)
        if when is not None:
            await when.wait()
        writer.write(events.encode())

    return serving(serve)


async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: str) -> None:
    action = (await reader.readuntil(b"\r\n\r\n")).decode()
    number = next(line for line in action.splitlines() if line.startswith("ActionID"))
    writer.write(answer.replace("ActionID", number).encode())


ACCEPTED = "Response: Success\r\nActionID\r\nMessage: Authentication accepted\r\n\r\n"
REFUSED = "Response: Error\r\nActionID\r\nMessage: Authentication failed\r\n\r\n"
EMPTY = "Response: Error\r\nActionID\r\nMessage: No Contacts found\r\n\r\n"
LISTED = (
    "Response: Success\r\nActionID\r\nEventList: start\r\n\r\n"
    "Event: ContactList\r\nActionID\r\n"
    "Endpoint: anna\r\nUri: sip:a@h:1\r\nStatus: NonQualified\r\n\r\n"
    "Event: ContactList\r\nActionID\r\n"
    "Endpoint: bert\r\nUri: sip:b@h:1\r\nStatus: Unreachable\r\n\r\n"
    "Event: ContactListComplete\r\nActionID\r\nEventList: Complete\r\n\r\n"
)


def contact(endpoint: str, uri: str, status: str) -> str:
    return (
        f"Event: ContactStatus\r\nURI: {uri}\r\nContactStatus: {status}\r\nAOR: {endpoint}\r\n"
        f"EndpointName: {endpoint}\r\n\r\n"
    )


def watch(address: AmiAddress) -> ContactWatch:
    return ContactWatch(address, lambda _: None, lambda _, __: None)


async def told(
    address: AmiAddress, count: int, first: asyncio.Event | None = None
) -> list[frozenset[str]]:
    """The first sets of endpoints that can be rung by a watch; `first` is set at the first."""
    seen: asyncio.Queue[frozenset[str]] = asyncio.Queue()
    online: set[str] = set()

    def listed(found: frozenset[str]) -> None:
        online.clear()
        online.update(found)
        seen.put_nowait(found)
        if first is not None:
            first.set()

    def changed(endpoint: str, up: bool) -> None:
        (online.add if up else online.discard)(endpoint)
        seen.put_nowait(frozenset(online))

    running = asyncio.create_task(ContactWatch(address, listed, changed).run())
    try:
        async with asyncio.timeout(5):
            return [await seen.get() for _ in range(count)]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_nobody_is_registered() -> None:
    async with manager_interface(ACCEPTED, EMPTY) as address:
        assert await told(address, 1) == [frozenset()]


async def test_who_can_be_rung_is_listed() -> None:
    async with manager_interface(ACCEPTED, LISTED) as address:
        assert await told(address, 1) == [frozenset({"anna"})]


async def test_an_endpoint_is_gone_when_its_last_contact_is() -> None:
    events = (
        contact("anna", "sip:a@h:2", "NonQualified")
        + contact("anna", "sip:a@h:1", "Removed")
        + contact("anna", "sip:a@h:2", "Unreachable")
        + contact("anna", "sip:a@h:2", "Reachable")
    )
    first = asyncio.Event()
    async with manager_interface(ACCEPTED, LISTED, events=events, when=first) as address:
        assert await told(address, 3, first) == [
            frozenset({"anna"}),
            frozenset(),
            frozenset({"anna"}),
        ]


async def test_after_a_refused_login_it_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami, "RETRY_AFTER", 0.01)
    logins = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal logins
        logins += 1
        for answer in [REFUSED] if logins == 1 else [ACCEPTED, EMPTY]:
            await reply(reader, writer, answer)

    async with serving(serve) as address:
        assert await told(address, 1) == [frozenset()]
    assert logins == 2


@pytest.mark.parametrize("value", ["x\r\nAction: Command", "x\ny", "x\0"])
async def test_a_line_break_is_never_sent(value: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        ami.clean(value)
    with pytest.raises(ValueError, match="line break"):
        await watch(AmiAddress("127.0.0.1", 1, "ringdesk", value)).run()


async def test_an_action_without_an_answer_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami, "ACTION_TIMEOUT", 0.05)
    async with manager_interface(ACCEPTED) as address:
        manager = watch(address)._manager()
        await manager.connect()
        await manager.authenticated_future
        with pytest.raises(SwitchUnreachable, match="PJSIPShowContacts"):
            await ami.act(manager, {"Action": "PJSIPShowContacts"})
        manager.close()
        with pytest.raises(SwitchUnreachable, match="down"):
            await ami.act(manager, {"Action": "Ping"})
