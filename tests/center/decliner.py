"""A SIP phone that declines every call with 603, which the phones' SIP stack cannot do."""

import asyncio
import hashlib
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

_HEADER = re.compile(r"^([\w-]+)\s*:\s*(.*)$", re.MULTILINE)
_COPIED = ("Via", "From", "Call-ID", "CSeq", "Record-Route")


class Decliner(asyncio.DatagramProtocol):
    """Registers as `user` and answers each INVITE by ``603 Decline``."""

    def __init__(self, user: str, password: str, server: str) -> None:
        self.declined = 0
        self.registered = asyncio.Event()
        self._user, self._password, self._server = user, password, server
        self._sequence = itertools.count(1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        host, port = transport.get_extra_info("sockname")[:2]
        self._here = f"{host}:{port}"
        self._register()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        text = data.decode(errors="replace")
        first = text.partition("\r\n")[0]
        if first.startswith("SIP/2.0 401"):
            self._register(challenge=text)
        elif first.startswith("SIP/2.0 403"):  # the center makes its phones known a little later
            asyncio.get_running_loop().call_later(0.5, self._register)
        elif first.startswith("SIP/2.0 200"):
            self.registered.set()
        elif first.startswith("INVITE "):
            self.declined += 1
            self._transport.sendto(response("603 Decline", text), addr)
        elif first.startswith("OPTIONS "):
            self._transport.sendto(response("200 OK", text), addr)

    def _register(self, challenge: str = "") -> None:
        number = next(self._sequence)
        lines = [
            f"REGISTER sip:{self._server} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._here};branch=z9hG4bK{id(self)}.{number}",
            f"From: <sip:{self._user}@{self._server}>;tag=decliner",
            f"To: <sip:{self._user}@{self._server}>",
            f"Call-ID: decliner-{self._user}-{self._here}",
            f"CSeq: {number} REGISTER",
            f"Contact: <sip:{self._user}@{self._here}>",
            "Max-Forwards: 70",
            "Expires: 120",
            *([self._authorization(challenge)] if challenge else []),
            "Content-Length: 0",
        ]
        self._transport.sendto("\r\n".join([*lines, "", ""]).encode())

    def _authorization(self, challenge: str) -> str:
        """RFC 2617 digest with ``qop=auth``."""
        asked = dict(re.findall(r'(realm|nonce|opaque)="([^"]*)"', challenge))
        uri = f"sip:{self._server}"
        ours = _md5(f"{self._user}:{asked['realm']}:{self._password}")
        proof = _md5(f"{ours}:{asked['nonce']}:00000001:tests:auth:{_md5(f'REGISTER:{uri}')}")
        return (
            f'Authorization: Digest username="{self._user}", realm="{asked["realm"]}", '
            f'nonce="{asked["nonce"]}", uri="{uri}", response="{proof}", algorithm=MD5, '
            f'qop=auth, nc=00000001, cnonce="tests", opaque="{asked.get("opaque", "")}"'
        )


@asynccontextmanager
async def declining(user: str, password: str, server: str) -> AsyncIterator[Decliner]:
    """A registered phone that declines, for the length of the block."""
    host, _, port = server.rpartition(":")
    transport, decliner = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Decliner(user, password, server), remote_addr=(host, int(port))
    )
    try:
        await asyncio.wait_for(decliner.registered.wait(), 10)
        yield decliner
    finally:
        transport.close()


def response(status: str, request: str) -> bytes:
    head = request.partition("\r\n\r\n")[0]
    lines = [f"SIP/2.0 {status}"]
    for name, value in _HEADER.findall(head):
        if name in _COPIED:
            lines.append(f"{name}: {value.rstrip()}")
        elif name == "To":
            lines.append(f"To: {value.rstrip()};tag=declined")
    return "\r\n".join([*lines, "Content-Length: 0", "", ""]).encode()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324  what SIP's digest uses
