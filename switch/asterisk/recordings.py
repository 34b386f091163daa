"""Finished recordings, brought from Asterisk to where ours are kept."""

import asyncio
import re
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from switch.asterisk import requests
from switch.asterisk.requests import Request

#: Writes a file that Asterisk has; False if there is none.
Download: TypeAlias = Callable[[Request, Path], Awaitable[bool]]

_NAME = re.compile(r"\w[\w.-]*")


def is_file_name(recording: str) -> bool:
    """A recording may be called so, since its file is."""
    return _NAME.fullmatch(recording) is not None


async def bring_home(download: Download, name: str, folder: Path, recording: str) -> float:
    """Keep what Asterisk has under `name` as ``<folder>/<recording>.wav``, whole or not at all.

    Gives its length in seconds. Raises `FileNotFoundError` where Asterisk has nothing, and
    `SwitchUnreachable`, `OSError`, `EOFError`, `wave.Error`.
    """
    path = folder / f"{recording}.wav"
    scratch = folder / f".{path.name}.part"
    await asyncio.to_thread(_make, scratch)
    try:
        if not await download(requests.recorded(name), scratch):
            raise FileNotFoundError(f"Asterisk has no recording {name}")
        return await asyncio.to_thread(_keep, scratch, path)
    finally:
        await asyncio.to_thread(scratch.unlink, missing_ok=True)


def _make(scratch: Path) -> None:
    scratch.parent.mkdir(parents=True, exist_ok=True)
    scratch.touch(mode=0o600)


def _keep(scratch: Path, path: Path) -> float:
    with wave.open(str(scratch), "rb") as sound:
        seconds = sound.getnframes() / sound.getframerate()
    scratch.replace(path)
    return seconds
