"""Music while Asterisk is behind with the calls themselves."""

import asyncio
from pathlib import Path

import pytest

from calls.commands import Hold, Join, StartMusic, Unhold
from calls.events import CommandFailed, SwitchEvent
from calls.media import Media
from calls.port import Voice
from switch.asterisk import legs
from switch.asterisk.ari import Answer, LinkLost
from switch.asterisk.bridges import Bridges
from switch.asterisk.codec import Reply
from switch.asterisk.conversations import Conversations
from switch.asterisk.legs import Leg
from switch.asterisk.requests import Request


class Voiceless:
    async def sound(self, media: Media) -> str:
        raise NotImplementedError


class Wire:
    """An Asterisk that has more to do than it gets done."""

    def __init__(self) -> None:
        self.voice: Voice = Voiceless()
        self.recordings = Path()
        self.behind = True
        self.lost = False
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self.told: asyncio.Queue[SwitchEvent] = asyncio.Queue()

    def send(self, lane: int, request: Request) -> Answer:
        answer: Answer = asyncio.get_running_loop().create_future()
        if self.lost:
            answer.set_exception(LinkLost("the link to Asterisk is down"))
            return answer
        self.asked.put_nowait(f"{request.method} {request.uri.partition('?')[0]}")
        answer.set_result(Reply(status=204))
        return answer

    async def download(self, request: Request, path: Path) -> bool:
        raise NotImplementedError

    def tell(self, event: SwitchEvent) -> None:
        self.told.put_nowait(event)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def leg(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Leg:
    monkeypatch.setattr(legs, "MUSIC_AFTER", 0.0)
    monkeypatch.setattr(legs, "PUT_OFF", 0.005)
    return Leg(wire, "a/c", "c", 0, inbound=True, adopted=False)


def conversations_of(wire: Wire, leg: Leg) -> Conversations:
    bridges = Bridges("a", "ringdesk", 1, wire.send)
    return Conversations(wire, {leg.id: leg}, bridges, lambda _: None)


async def asked(wire: Wire, count: int) -> list[str]:
    return [await asyncio.wait_for(wire.asked.get(), 5) for _ in range(count)]


async def test_music_waits_until_asterisk_keeps_up(wire: Wire, leg: Leg) -> None:
    leg.start_music(StartMusic(leg="a/c"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wire.asked.get(), 0.05)
    wire.behind = False
    assert await asyncio.wait_for(wire.asked.get(), 5) == "POST channels/c/moh"


async def test_nobody_waits_in_silence_for_long(
    wire: Wire, leg: Leg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(legs, "LONGEST_SILENCE", 0.02)
    leg.start_music(StartMusic(leg="a/c"))
    assert await asyncio.wait_for(wire.asked.get(), 5) == "POST channels/c/moh"


async def test_who_is_put_through_meanwhile_gets_no_music(wire: Wire, leg: Leg) -> None:
    leg.start_music(StartMusic(leg="a/c"))
    await asyncio.sleep(0)
    leg.stop_music()
    wire.behind = False
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wire.asked.get(), 0.05)


async def test_music_that_plays_is_silenced_at_once(wire: Wire, leg: Leg) -> None:
    wire.behind = False
    leg.start_music(StartMusic(leg="a/c"))
    assert await asyncio.wait_for(wire.asked.get(), 5) == "POST channels/c/moh"
    wire.behind = True
    leg.stop_music()
    assert await asyncio.wait_for(wire.asked.get(), 5) == "DELETE channels/c/moh"


async def test_music_is_over_before_who_hears_it_is_in_a_bridge(wire: Wire, leg: Leg) -> None:
    """What ends it there now and then does not: they would hear music instead of the agent."""
    wire.behind = False
    leg.start_music(StartMusic(leg="a/c"))
    assert await asked(wire, 1) == ["POST channels/c/moh"]
    conversations_of(wire, leg).join(Join(bridge="a/b", legs=("a/c",)))
    assert await asked(wire, 3) == [
        "POST bridges/b~1",
        "DELETE channels/c/moh",
        "POST bridges/b~1/addChannel",
    ]


async def test_who_is_held_no_longer_leaves_the_place_and_the_music_first(
    wire: Wire, leg: Leg
) -> None:
    wire.behind = False
    conversations = conversations_of(wire, leg)
    conversations.hold(leg, Hold(leg="a/c"))
    conversations.join(Join(bridge="a/b", legs=("a/c",)))
    assert "POST channels/c/moh" in await asked(wire, 4)
    conversations.unhold(leg, Unhold(leg="a/c"))
    assert await asked(wire, 3) == [
        "POST bridges/b~1-held/removeChannel",
        "DELETE channels/c/moh",
        "POST bridges/b~1/addChannel",
    ]


async def test_music_that_a_lost_link_left_playing_is_ended_when_it_is_back(
    wire: Wire, leg: Leg
) -> None:
    wire.behind = False
    leg.start_music(StartMusic(leg="a/c"))
    assert await asked(wire, 1) == ["POST channels/c/moh"]
    conversations = conversations_of(wire, leg)
    wire.lost = True
    conversations.join(Join(bridge="a/b", legs=("a/c",)))
    await asyncio.wait_for(wire.told.get(), 5)
    wire.lost = False
    conversations.join(Join(bridge="a/b", legs=("a/c",)))
    assert await asked(wire, 2) == ["DELETE channels/c/moh", "POST bridges/b~1/addChannel"]


async def test_music_that_the_lost_link_kept_away_begins_when_it_is_back(
    wire: Wire, leg: Leg
) -> None:
    leg.start_music(StartMusic(leg="a/c"))
    await asyncio.sleep(0)
    wire.behind, wire.lost = False, True
    assert isinstance(await asyncio.wait_for(wire.told.get(), 5), CommandFailed)
    wire.lost = False
    leg.start_music(StartMusic(leg="a/c"))
    assert await asyncio.wait_for(wire.asked.get(), 5) == "POST channels/c/moh"


async def test_who_is_held_while_the_link_is_lost_hears_music_when_it_is_back(
    wire: Wire, leg: Leg
) -> None:
    """It is told again then that they are held."""
    conversations = conversations_of(wire, leg)
    conversations.hold(leg, Hold(leg="a/c"))
    await asyncio.sleep(0)
    wire.behind, wire.lost = False, True
    assert isinstance(await asyncio.wait_for(wire.told.get(), 5), CommandFailed)
    wire.lost = False
    conversations.hold(leg, Hold(leg="a/c"))
    assert await asyncio.wait_for(wire.asked.get(), 5) == "POST channels/c/moh"
    conversations.hold(leg, Hold(leg="a/c"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wire.asked.get(), 0.05)
