"""SIPp: many scripted SIP phones, and the times of what they sent and received."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.parts import find
from engine.settings import Settings

SCENARIOS = Path(__file__).parent / "scenarios"
#: A line of dashes with the local time, then what happened, an empty line and the message.
_HEAD = re.compile(rb"^-{10,} (\d{4}-\d\d-\d\d[ \t]\d\d:\d\d:\d\d\.\d+)", re.MULTILINE)


class SippFailed(Exception):
    """SIPp ended with calls that failed (`failed` of them); the text is what it printed last."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        found = re.findall(r"Failed call\s*\|\s*\d+\s*\|\s*(\d+)", said)
        self.failed = int(found[-1]) if found else 0


@dataclass(frozen=True)
class Seen:
    """One SIP message as SIPp logged it. `at`: seconds since the epoch."""

    at: float
    sent: bool
    text: bytes

    def header(self, name: bytes) -> bytes:
        found = re.search(rb"^" + name + rb":[ \t]*(.*?)\r?$", self.text, re.MULTILINE)
        return found[1] if found else b""


class Sipp:
    """One run of SIPp with a scenario of ``bench/scenarios`` against an Asterisk here."""

    def __init__(self, settings: Settings, scenario: str, folder: Path, port: int) -> None:
        self._settings = settings
        self._scenario = scenario
        self.port = port
        self._folder = folder
        self._log = folder / f"{scenario}-{port}.log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *options: str, keys: Mapping[str, str | int] | None = None) -> None:
        """Start it; `keys` are the scenario's own words in square brackets."""
        program = await asyncio.to_thread(find, "sipp", self._settings.parts)
        named = [word for key, value in (keys or {}).items() for word in ("-key", key, str(value))]
        self._process = await asyncio.create_subprocess_exec(
            str(program.path),
            f"127.0.0.1:{self._settings.sip_port}",
            *("-sf", str(SCENARIOS / f"{self._scenario}.xml")),
            *("-i", "127.0.0.1", "-p", str(self.port), "-nostdin"),
            *("-trace_msg", "-message_file", str(self._log), "-message_overwrite", "true"),
            *named,
            *options,
            cwd=self._folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def finish(self) -> None:
        """Wait until all its calls are over. Raises `SippFailed` if one was not as scripted."""
        assert self._process is not None
        output, _ = await self._process.communicate()
        if self._process.returncode:
            raise SippFailed(output.decode(errors="replace")[-3000:])

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.communicate()

    def seen(self) -> Iterator[Seen]:
        """All messages so far, in order."""
        data = self._log.read_bytes()
        heads = list(_HEAD.finditer(data))
        ends = [head.start() for head in heads[1:]] + [len(data)]
        for head, end in zip(heads, ends, strict=True):
            stamp = head[1].decode().replace("\t", " ")
            at = datetime.fromisoformat(stamp).astimezone().timestamp()
            body = data[head.end() : end].lstrip()
            what, _, text = body.partition(b"\n\n")
            if not text:
                what, _, text = body.partition(b"\r\n\r\n")
            yield Seen(at, b"sent" in what, text)


def user(header: bytes) -> str:
    """The user part of a ``<sip:user@host>``."""
    return header.partition(b"sip:")[2].partition(b"@")[0].decode()
