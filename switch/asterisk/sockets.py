"""One WebSocket to Asterisk: what is sent leaves at once, what comes is handed over at once.

Through a task for each direction a message costs two turns of the loop more, and a call has four
messages on its way to the agent.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from picows import (
    WSAutoPingStrategy,
    WSError,
    WSFrame,
    WSInvalidStatusError,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,
)

from calls.errors import SwitchUnreachable

Take: TypeAlias = Callable[[bytes], None]

#: Seconds of silence until the other end is asked whether it is there; without an answer in half of
#: it the link is lost.
HEARTBEAT = 10.0


class LinkLost(SwitchUnreachable):
    """A socket to Asterisk could not be opened, or was closed."""


class SocketRefused(Exception):
    """Asterisk answers, but not with a WebSocket: the HTTP `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class Socket(WSListener):
    """Made by `connect`. `lost` fails when it is closed, or when what takes its messages fails."""

    def __init__(self) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: WSTransport
        self._take: Take | None = None
        self._kept: list[bytes] = []
        self._parts: list[bytes] = []

    def send(self, data: bytes) -> None:
        """Send one message; nothing if the link is lost."""
        self._transport.send(WSMsgType.TEXT, data)

    def read(self, take: Take) -> None:
        """Hand over every message from now on, and what has come so far."""
        for data in self._kept:
            take(data)
        self._kept.clear()
        self._take = take

    def fail(self, error: Exception) -> None:
        if not self.lost.done():
            self.lost.set_exception(error)
            self.lost.exception()  # seen: nobody may be waiting any more

    async def close(self) -> None:
        self._take = lambda _: None
        self._transport.disconnect()
        await self._transport.wait_disconnected()

    # --- from picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                data, self._parts = b"".join(self._parts), []
                self._hand_over(data)
        elif frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()

    def on_ws_disconnected(self, _: WSTransport) -> None:
        self.fail(LinkLost("Asterisk closed a socket"))

    def _hand_over(self, data: bytes) -> None:
        if self._take is None:
            self._kept.append(data)
            return
        try:
            self._take(data)
        except Exception as error:
            self.fail(error)


async def connect(url: str, headers: dict[str, str]) -> Socket:
    """Open a WebSocket. Raises `SocketRefused`, `LinkLost`."""
    options: dict[str, Any] = {
        "extra_headers": headers,
        "enable_auto_ping": True,
        "auto_ping_strategy": WSAutoPingStrategy.PING_WHEN_IDLE,
        "auto_ping_idle_timeout": HEARTBEAT,
        "auto_ping_reply_timeout": HEARTBEAT / 2,
        "max_frame_size": 1 << 30,
        "max_redirects": 0,
    }
    try:
        _, socket = await ws_connect(Socket, url, **options)
    except WSInvalidStatusError as error:
        raise SocketRefused(error.response.status if error.response else 0) from None
    except (WSError, OSError, TimeoutError) as error:
        raise LinkLost(str(error) or type(error).__name__) from None
    assert isinstance(socket, Socket)  # noqa: S101
    return socket
