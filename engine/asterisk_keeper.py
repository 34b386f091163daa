"""Our own Asterisk, started again when it has died: nobody else would, and nobody could call."""

import asyncio

import structlog

from engine.asterisk_server import AsteriskServer

log = structlog.get_logger()

#: Seconds between two looks at the process; and, after starts that failed, at most.
LOOK_EVERY, LAST_RETRY = 0.5, 30.0


async def keep(server: AsteriskServer) -> None:
    """Start it again whenever it is gone, until cancelled; later and later while that fails.

    Calls end with an Asterisk that dies. The driver connects to the new one by itself.
    """
    delay = LOOK_EVERY
    while True:
        await asyncio.sleep(delay)
        if server.running() is not None:
            delay = LOOK_EVERY
            continue
        log.error("asterisk.died", log=str(server.log_file()), remedy="it is started again")
        try:
            await asyncio.to_thread(server.ensure)
        except Exception as error:  # whatever it was: without Asterisk nobody can call
            delay = min(delay * 2, LAST_RETRY)
            log.error("asterisk.not_started", error=str(error), again_in=delay)
