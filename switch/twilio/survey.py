"""What is really up at Twilio."""

import asyncio
from collections.abc import Collection, Mapping

import structlog

from calls.base import LegId
from calls.events import LiveLeg
from switch.twilio import codec, requests
from switch.twilio.codec import Call, Place
from switch.twilio.rest import NotThere, Rest

log = structlog.get_logger()


class Survey:
    """Asks one account which of its calls are legs of the switch of that name."""

    def __init__(self, switch: str, rest: Rest) -> None:
        self._switch = switch
        self._rest = rest

    async def numbers(self) -> frozenset[str]:
        """The account's numbers. Raises `SwitchUnreachable`."""
        return frozenset(
            [
                number.phone_number
                async for page in self._rest.pages(requests.NUMBERS)
                for number in page.incoming_phone_numbers
            ]
        )

    async def legs(
        self,
        known: Mapping[str, LegId],
        ours: Collection[str],
        agents: Collection[str],
        places: Mapping[str, Place],
    ) -> dict[str, LiveLeg]:
        """See `codec.live_legs`. Raises `SwitchUnreachable`."""
        found = await asyncio.gather(*(self._calls(status) for status in codec.THERE))
        calls = [call for calls in found for call in calls]
        return codec.live_legs(self._switch, calls, places, known, ours, agents)

    async def _calls(self, status: str) -> list[Call]:
        return [
            call async for page in self._rest.pages(requests.calls(status)) for call in page.calls
        ]

    async def places(self) -> Mapping[str, Place]:
        """Which calls talk, and where. Raises `SwitchUnreachable`: without an answer, a pair who
        talk would be taken for two who do not."""
        try:
            conferences = [
                (conference.sid, bridge)
                async for page in self._rest.pages(requests.CONFERENCES)
                for conference in page.conferences
                if (bridge := codec.bridge_of(conference.friendly_name)) is not None
            ]
            members = await asyncio.gather(
                *(self._members(sid, bridge) for sid, bridge in conferences)
            )
        except NotThere as error:  # a server without conferences
            log.warning("twilio.no_conferences", detail=str(error))
            return {}
        return {sid: place for found in members for sid, place in found.items()}

    async def _members(self, conference: str, bridge: str) -> dict[str, Place]:
        try:
            return {
                participant.call_sid: Place(
                    bridge, participant.label or "", conference, participant
                )
                async for page in self._rest.pages(requests.participants(conference))
                for participant in page.participants
            }
        except NotThere:  # it has ended meanwhile
            return {}
