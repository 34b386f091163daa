"""A center of its own for a benchmark: a temporary folder, free ports, ``ringdesk run``."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp

from engine import compiled
from engine import settings as all_settings
from engine.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
RUN = (sys.executable, "-c", "from engine.cli import main; main()", "run")
#: Seconds until a center must be up. Asterisk takes minutes to make thousands of phones.
START_LIMIT = 1200.0


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path) -> dict[str, str]:
    """The settings of a center of its own, as environment variables. It runs the compiled build
    if the benchmark does."""
    if compiled.in_use():
        (home / "compiled").symlink_to(compiled.builds())
    return {
        "RINGDESK_HOME": str(home),
        "RINGDESK_PARTS": os.environ.get("RINGDESK_PARTS", str(ROOT / "var" / "parts")),
        "RINGDESK_HTTP": f"127.0.0.1:{free_port()}",
        "RINGDESK_SIP_PORT": str(free_port(socket.SOCK_DGRAM)),
        "RINGDESK_ASTERISK_HTTP_PORT": str(free_port()),
        "RINGDESK_AMI_PORT": str(free_port()),
        "RINGDESK_RTP_PORTS": "24000-29999",
    }


def settings_of(environ: Mapping[str, str]) -> Settings:
    return all_settings.load(environ, None)


@contextlib.asynccontextmanager
async def running(
    environ: Mapping[str, str], *command: str, folder: Path = ROOT
) -> AsyncIterator[float]:
    """Run a center (``ringdesk run``, or `command`) for the block; gives the seconds it took.

    Its output goes to ``<home>/bench.log``, the end of which is shown if it does not come up.
    """
    log_path = Path(environ["RINGDESK_HOME"]) / "bench.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with log_path.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(command or RUN),
            cwd=folder,
            env={**_without_settings(), **environ},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        await _ready(process, f"http://{environ['RINGDESK_HTTP']}/readyz", log_path)
        yield time.monotonic() - begun
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGINT)
            await process.wait()


def _without_settings() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("RINGDESK_")}


async def _ready(process: asyncio.subprocess.Process, url: str, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline and process.returncode is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.01)
    said = await asyncio.to_thread(log.read_text, errors="replace")
    raise RuntimeError(f"the center did not come up:\n{said[-3000:]}")
