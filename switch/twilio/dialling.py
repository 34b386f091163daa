"""Making calls: not faster than agreed, and never twice."""

import asyncio
from collections.abc import Callable

import msgspec
import structlog

from calls.base import EndCause
from calls.errors import SwitchUnreachable
from switch.twilio import requests
from switch.twilio.codec import THERE, Call, Page, Reply
from switch.twilio.registry import Registry
from switch.twilio.rest import Rest, Unsure

log = structlog.get_logger()

#: Seconds until a call that may have been made is looked for.
LOOK_AFTER = 1.0


class Refused(Exception):
    """There is no call; `cause` is how its leg ended."""

    def __init__(self, cause: EndCause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


class _NotMade(Refused):
    """Twilio has failed, or said nothing, and there is no such call."""


class Dialler:
    """Makes calls, one at a time. `registry` knows which calls are somebody's already."""

    def __init__(self, rest: Rest, registry: Registry) -> None:
        self._rest = rest
        self._registry = registry

    async def turn(self) -> None:
        """Wait until another call may be made."""
        await self._rest.call_turn()

    async def call(self, request: requests.Request, wanted: Callable[[], bool]) -> str:
        """Make a call; gives Twilio's name of it. Raises `Refused`.

        Where Twilio has failed it is asked for once more, if it is not there and still `wanted`.
        """
        try:
            return await self._make(request)
        except _NotMade:
            if not wanted():
                raise
            await self.turn()
            return await self._make(request)

    async def _make(self, request: requests.Request) -> str:
        try:
            reply = await self._rest.send(request)
        except Unsure as error:
            log.warning("twilio.call_unsure", detail=str(error))
            return await self._look_for(dict(request.form)["To"])
        except SwitchUnreachable as error:
            raise Refused("failed", str(error)) from None
        if not reply.ok:
            raise Refused("failed" if reply.ours else "unreachable", reply.detail)
        return _sid(reply)

    async def _look_for(self, address: str) -> str:
        """The newest call to an address that belongs to no leg yet."""
        await asyncio.sleep(LOOK_AFTER)
        try:
            reply = await self._rest.send(requests.calls_to(address))
            found = msgspec.json.decode(reply.body, type=Page).calls if reply.ok else ()
        except (SwitchUnreachable, msgspec.DecodeError) as error:
            raise Refused("failed", f"it may have been made: {error}") from None
        taken = self._registry.known()
        for call in found:
            if call.status in THERE and call.sid not in taken:
                return call.sid
        raise _NotMade("failed", "Twilio did not make the call")


def _sid(reply: Reply) -> str:
    try:
        return msgspec.json.decode(reply.body, type=Call).sid
    except msgspec.DecodeError as error:
        raise Refused("failed", f"the answer of Twilio is not as expected: {error}") from None
