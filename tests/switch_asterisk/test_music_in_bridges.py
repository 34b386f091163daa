"""Who hears music and who hears people, whatever is told in whatever rhythm.

The Asterisk here keeps order on each lane only, and always does what the real one does now and
then: music is not ended while its channel is in a bridge.
"""

import asyncio
import random
from collections import deque
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from calls.commands import (
    Command,
    Hold,
    Join,
    Prompt,
    StartMusic,
    StopMusic,
    StopPrompt,
    Supervise,
    Unbridge,
    Unhold,
)
from calls.events import LiveLeg, SwitchEvent
from calls.media import Media, Tone
from calls.port import Voice
from switch.asterisk import codec, legs
from switch.asterisk.ari import Answer
from switch.asterisk.bridges import lane_of
from switch.asterisk.codec import Reply
from switch.asterisk.exchange import Exchange
from switch.asterisk.phones import PhoneBook
from switch.asterisk.requests import Request
from switch.asterisk.routes import Routes

LANES = 6


class Beep:
    async def sound(self, media: Media) -> str:
        return "/beep"


class Forgetful:
    """An Asterisk with channels; requests wait on their lanes until they are done."""

    name, app = "a", "ringdesk"
    behind = False

    def __init__(self, *channels: str, seed: int = 0) -> None:
        self.voice: Voice = Beep()
        self.recordings = Path()
        self.dice = random.Random(seed)
        #: Where each channel is, and the music that it hears.
        self.place = dict.fromkeys(channels, "")
        self.music = dict.fromkeys(channels, "")
        #: Requests to channels whose path ends so are refused.
        self.refused = ""
        self._bridges: set[str] = set()
        self._lanes: list[deque[tuple[Request, Answer]]] = [deque() for _ in range(LANES)]
        self.connect()

    def connect(self) -> None:
        """A Ringdesk that has just started takes over what is there."""
        self.exchange = Exchange(self, Routes(PhoneBook(lambda _: None, None, ""), ""), LANES)
        live = (
            LiveLeg(
                leg=f"a/{channel}",
                inbound=True,
                up=True,
                caller="",
                called="",
                bridge=f"a/{codec.making_of(place)[0]}" if place else None,
            )
            for channel, place in self.place.items()
        )
        held = (f"a/{channel}" for channel, at in self.place.items() if at.endswith(codec.HELD))
        bridges = (
            codec.Bridge(
                id=bridge,
                name=self.app,
                channels=tuple(one for one, place in self.place.items() if place == bridge),
            )
            for bridge in self._bridges
        )
        self.exchange.take_over(
            codec.Survey(
                legs=tuple(live), held=frozenset(held), bridges=tuple(bridges), listening=()
            )
        )

    def execute(self, *commands: Command) -> None:
        for command in commands:
            self.exchange.execute(command)

    def hears(self, channel: str) -> tuple[str, str]:
        """The bridge (or the place of those held in it), and the music."""
        return self.place[channel].replace(codec.MAKING, " ").partition(" ")[0] + (
            codec.HELD if self.place[channel].endswith(codec.HELD) else ""
        ), self.music[channel]

    # --- as the exchange sees it

    def send(self, lane: int, request: Request) -> Answer:
        answer: Answer = asyncio.get_running_loop().create_future()
        self._lanes[lane].append((request, answer))
        return answer

    async def download(self, request: Request, path: Path) -> bool:
        raise NotImplementedError

    def tell(self, event: SwitchEvent) -> None:
        """Nobody listens."""

    # --- what it does

    def do(self, lane: int) -> None:
        """Do all that waits on a lane."""
        while self._lanes[lane]:
            request, answer = self._lanes[lane].popleft()
            answer.set_result(Reply(status=self._status(request), body="[]"))

    async def pass_on(self, steps: int) -> None:
        """Let so many moments pass, in each of which something of any lane is done, or nothing."""
        for _ in range(steps):
            waiting = [lane for lane in self._lanes if lane]
            if waiting and self.dice.random() < 0.7:
                request, answer = self.dice.choice(waiting).popleft()
                answer.set_result(Reply(status=self._status(request), body="[]"))
            await asyncio.sleep(0)

    async def settle(self) -> None:
        """Until nothing is left to be done; music begins a moment after it was asked for."""
        for _ in range(3):
            await self.pass_on(100)
            await asyncio.sleep(2 * legs.MUSIC_AFTER)
        assert not any(self._lanes)

    def _status(self, request: Request) -> int:
        path, _, query = request.uri.partition("?")
        words = {name: values[0] for name, values in parse_qs(query).items()}
        match (request.method, *path.split("/")):
            case "POST", "bridges", bridge:
                self._bridges.add(bridge)
            case "DELETE", "bridges", bridge:
                if bridge not in self._bridges:
                    return 404
                self._bridges.discard(bridge)
                for channel, place in self.place.items():
                    self.place[channel] = "" if place == bridge else place
            case "POST", "bridges", bridge, "addChannel":
                if bridge not in self._bridges:
                    return 404
                if self.refused and bridge.endswith(self.refused):
                    return 409
                self.place[words["channel"]] = bridge
            case "POST", "bridges", bridge, "removeChannel":
                if self.place[words["channel"]] != bridge:
                    return 409
                self.place[words["channel"]] = ""
            case "POST", "channels", channel, "moh":
                self.music[channel] = words["mohClass"]
            case "DELETE", "channels", channel, "moh" if not self.place[channel]:
                self.music[channel] = ""
        return 204


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legs, "MUSIC_AFTER", 0.001)


async def test_a_line_that_waits_in_its_bridge_hears_music_and_then_none() -> None:
    """An agent's, while a caller is called back who then does not answer."""
    asterisk = Forgetful("seat", "caller")
    asterisk.execute(Join(bridge="a/b", legs=("a/seat",)))
    await asterisk.settle()
    asterisk.execute(StartMusic(leg="a/seat"))
    await asterisk.settle()
    assert asterisk.hears("seat") == ("b", "default")
    asterisk.execute(StopMusic(leg="a/seat"))
    await asterisk.settle()
    assert asterisk.hears("seat") == ("b", "")
    asterisk.execute(Join(bridge="a/b", legs=("a/caller",)))
    await asterisk.settle()
    assert asterisk.hears("seat") == asterisk.hears("caller") == ("b", "")


async def test_a_stop_that_is_under_way_is_not_overtaken_by_a_new_bridge() -> None:
    asterisk = Forgetful("caller", "agent")
    asterisk.execute(StartMusic(leg="a/caller"))
    await asterisk.settle()
    news = Prompt(leg="a/caller", prompt="p", media=(Tone(frequency=1, milliseconds=1),))
    asterisk.execute(news)
    for _ in range(5):  # the stop is sent, and not done
        await asyncio.sleep(0)
    asterisk.execute(
        StopPrompt(leg="a/caller", prompt="p"),
        StopMusic(leg="a/caller"),
        Join(bridge="a/b", legs=("a/caller", "a/agent")),
    )
    asterisk.do(lane_of("a/b", LANES))
    await asterisk.settle()
    assert asterisk.hears("caller") == asterisk.hears("agent") == ("b", "")


async def test_who_could_not_be_held_talks_on_without_music() -> None:
    asterisk = Forgetful("caller", "agent")
    asterisk.execute(Join(bridge="a/b", legs=("a/caller", "a/agent")))
    await asterisk.settle()
    asterisk.refused = codec.HELD
    asterisk.execute(Hold(leg="a/caller"))
    await asterisk.settle()
    asterisk.execute(Unhold(leg="a/caller"))
    await asterisk.settle()
    assert asterisk.hears("caller") == ("b", "")


async def test_who_was_held_by_a_ringdesk_that_was_killed_talks_on_without_music() -> None:
    asterisk = Forgetful("caller", "agent")
    asterisk.execute(Join(bridge="a/b", legs=("a/caller", "a/agent")), Hold(leg="a/caller"))
    await asterisk.settle()
    asterisk.connect()
    await asterisk.settle()
    assert asterisk.hears("caller") == ("b-held", "default")
    asterisk.execute(Unhold(leg="a/caller"))
    await asterisk.settle()
    assert asterisk.hears("caller") == asterisk.hears("agent") == ("b", "")


async def test_who_barges_into_a_bridge_that_is_being_made_ends_up_in_it() -> None:
    asterisk = Forgetful("agent", "boss")
    asterisk.execute(
        Join(bridge="a/b", legs=("a/agent",)),
        Supervise(leg="a/boss", whom="a/agent", bridge="a/b", mode="barge"),
    )
    asterisk.do(lane_of("a/b", LANES))
    await asterisk.settle()
    assert asterisk.hears("boss") == asterisk.hears("agent") == ("b", "")


class Told:
    """What a caller should hear, by what was told."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._bridges = 0
        self.bridge = self.held = self.music = ""

    def next(self) -> list[Command]:
        """Told one thing more, as the center would; the bridge is another one each time."""
        if not self.bridge:
            if self.music and self._dice.random() < 0.3:
                self.music = ""
                return [StopMusic(leg="a/caller")]
            if self._dice.random() < 0.5:
                self.music = self._dice.choice(("default", "jazz"))
                return [StartMusic(leg="a/caller", music=self.music)]
        elif self._dice.random() < 0.7:
            self.held = "" if self.held else self._dice.choice(("default", "jazz"))
            hold = Hold(leg="a/caller", music=self.held)
            return [hold if self.held else Unhold(leg="a/caller")]
        elif self._dice.random() < 0.5:
            left, self.bridge = self.bridge, ""
            unhold = [Unhold(leg="a/caller")] if self.held else []
            self.held = ""
            return [*unhold, Unbridge(bridge=left)]
        self._bridges += 1
        stop = [StopMusic(leg="a/caller")] if self.music else []
        self.bridge, self.music = f"a/b{self._bridges}", ""
        return [*stop, Join(bridge=self.bridge, legs=("a/caller",))]


@pytest.mark.parametrize("seed", range(60))
async def test_at_the_end_each_hears_what_was_told(seed: int) -> None:
    asterisk = Forgetful("caller", seed=seed)
    told = Told(asterisk.dice)
    for _ in range(30):
        asterisk.execute(*told.next())
        await asterisk.pass_on(asterisk.dice.choice((0, 0, 1, 3, 20)))
        if asterisk.dice.random() < 0.2:
            await asyncio.sleep(2 * legs.MUSIC_AFTER)
    await asterisk.settle()
    bridge = told.bridge.removeprefix("a/") + (codec.HELD if told.held else "")
    assert asterisk.hears("caller") == (bridge, told.held or told.music)
