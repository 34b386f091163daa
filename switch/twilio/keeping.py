"""Recordings, fetched from Twilio once they are there: some seconds after they were made."""

import asyncio
import re
from pathlib import Path

import structlog

from calls.errors import SwitchUnreachable
from switch.twilio import requests
from switch.twilio.rest import Rest

log = structlog.get_logger()

#: Seconds between tries; Twilio may say that a file is ready before all of its servers have it.
TRIES = (0.0, 1.0, 3.0, 10.0, 30.0, 60.0)
_NAME = re.compile(r"\w[\w.-]*")


async def keep(rest: Rest, sid: str, name: str, folder: Path) -> None:
    """Save Twilio's recording `sid` as ``<folder>/<name>.wav``, whole or not at all."""
    if not _NAME.fullmatch(name):
        log.error("twilio.recording_unnamed", name=name)
        return
    path = folder / f"{name}.wav"
    for pause in TRIES:
        await asyncio.sleep(pause)
        try:
            reply = await rest.send(requests.recording(sid))
        except SwitchUnreachable as error:
            log.warning("twilio.recording_not_fetched", recording=name, detail=str(error))
            continue
        if reply.ok:
            await asyncio.to_thread(_write, path, reply.body)
            return
    log.error("twilio.recording_lost", recording=name, sid=sid)


def _write(path: Path, sound: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".part")
    scratch.write_bytes(sound)
    scratch.replace(path)
