"""A SIP phone of which every message can be looked at: it rings, and never answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.center.decliner import Decliner, response


class Ringer(Decliner):
    """Registers and rings; keeps what it is sent. `pull_the_plug` and it is dead."""

    def __init__(self, user: str, password: str, server: str) -> None:
        super().__init__(user, password, server)
        self.cancelled: asyncio.Queue[str] = asyncio.Queue()
        self._invite = ""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        text = data.decode(errors="replace")
        if text.startswith("INVITE "):
            self._invite = text
            self._transport.sendto(response("180 Ringing", text), addr)
        elif text.startswith("CANCEL "):
            self._transport.sendto(response("200 OK", text), addr)
            self._transport.sendto(response("487 Request Terminated", self._invite), addr)
            self.cancelled.put_nowait(text)
        else:
            super().datagram_received(data, addr)

    def pull_the_plug(self) -> None:
        self._transport.close()


@asynccontextmanager
async def ringing(user: str, password: str, server: str) -> AsyncIterator[Ringer]:
    """A registered phone that rings, for the length of the block."""
    host, _, port = server.rpartition(":")
    _, ringer = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Ringer(user, password, server), remote_addr=(host, int(port))
    )
    try:
        await asyncio.wait_for(ringer.registered.wait(), 10)
        yield ringer
    finally:
        ringer.pull_the_plug()
