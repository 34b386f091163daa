"""The little of Asterisk's manager interface that measuring takes."""

import asyncio

from engine.asterisk_server import AsteriskEndpoint

Block = dict[str, str]


class Ami:
    """A connection that keeps every ``BridgeEnter`` event."""

    def __init__(self) -> None:
        self.entered: list[Block] = []
        self._answers: asyncio.Queue[Block] = asyncio.Queue()
        self._writer: asyncio.StreamWriter
        self._reading: asyncio.Task[None]

    async def connect(self, endpoint: AsteriskEndpoint) -> None:
        reader, self._writer = await asyncio.open_connection(endpoint.ami_host, endpoint.ami_port)
        await reader.readline()  # the banner
        self._reading = asyncio.create_task(self._read(reader))
        # No event but those that are kept: reading the rest would take more than what is measured.
        await self.act(
            "Login", Username=endpoint.ami_user, Secret=endpoint.ami_password, Events="off"
        )
        await self.act("Filter", Operation="Add", Filter="Event: BridgeEnter")
        await self.act("Events", EventMask="call")

    async def act(self, action: str, **fields: str) -> None:
        """One action, waited for. Raises `RuntimeError` with Asterisk's own words."""
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in fields.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = await asyncio.wait_for(self._answers.get(), 10)
        if answer["Response"] != "Success":
            raise RuntimeError(f"{action} {fields}: {answer.get('Message')}")

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._writer.close()
        await self._writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            data = await reader.readuntil(b"\r\n\r\n")
            pairs = (line.partition(": ") for line in data.decode(errors="replace").splitlines())
            block = {name: value for name, colon, value in pairs if colon}
            if "Response" in block:
                self._answers.put_nowait(block)
            elif block.get("Event") == "BridgeEnter":
                self.entered.append(block)
