"""What has been recorded of conversations while nobody of ours was there."""

import asyncio
import wave
from pathlib import Path

import pytest

from calls.events import BridgeRecorded, SwitchEvent
from calls.media import Media
from calls.port import Voice
from switch.asterisk.ari import Answer
from switch.asterisk.bridge_recorder import BridgeRecorder
from switch.asterisk.bridges import Bridges
from switch.asterisk.codec import Reply
from switch.asterisk.requests import Request


class Voiceless:
    async def sound(self, media: Media) -> str:
        raise NotImplementedError


class Wire:
    """An Asterisk that has one finished recording, of a second; each file is there once."""

    def __init__(self, folder: Path) -> None:
        self.voice: Voice = Voiceless()
        self.recordings = folder
        self.behind = False
        self.told: list[SwitchEvent] = []
        self.asked: list[str] = []
        self.live: Answer = asyncio.get_running_loop().create_future()
        self._there = True

    def send(self, lane: int, request: Request) -> Answer:
        self.asked.append(f"{request.method} {request.uri}")
        if request.uri.startswith("recordings/live/"):
            return self.live
        answer: Answer = asyncio.get_running_loop().create_future()
        answer.set_result(Reply(status=200, body='[{"name": "r1@b"}]'))
        return answer

    async def download(self, request: Request, path: Path) -> bool:
        there, self._there = self._there, False
        if there:
            with wave.open(str(path), "wb") as sound:
                sound.setparams((1, 2, 8000, 0, "NONE", ""))
                sound.writeframes(bytes(16000))
        return there

    def tell(self, event: SwitchEvent) -> None:
        self.told.append(event)


@pytest.mark.parametrize("known", [True, False])
async def test_what_ends_while_it_is_looked_what_there_is_comes_home_once(
    tmp_path: Path, known: bool
) -> None:
    wire = Wire(tmp_path)
    recorder = BridgeRecorder(wire, "a", Bridges("a", "app", 1, wire.send))
    if known:
        recorder.take("RecordingStarted", "r1@b")
    recorder.take_over()
    [looking] = recorder.looking
    while "GET recordings/live/r1@b" not in wire.asked:
        await asyncio.sleep(0)
    recorder.take("RecordingFinished", "r1@b")
    while not wire.told:
        await asyncio.sleep(0.01)
    wire.live.set_result(Reply(status=404, body=""))
    await looking
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others)
    assert wire.told == [BridgeRecorded(bridge="a/b", recording="r1", end="stopped", seconds=1.0)]
    assert (tmp_path / "r1.wav").exists()


async def test_a_bridge_stays_until_the_end_of_its_recording_is_told(tmp_path: Path) -> None:
    wire = Wire(tmp_path)
    recorder = BridgeRecorder(wire, "a", Bridges("a", "app", 1, wire.send))
    recorder.take("RecordingStarted", "r1@b")
    assert recorder.end("a/another") == []
    [over] = recorder.end("a/b")
    assert recorder.end("a/b") == [over]
    assert wire.asked == ["POST recordings/live/r1@b/stop"]
    assert not over.done()
    recorder.take("RecordingFinished", "r1@b")
    assert over.done()
    assert recorder.end("a/b") == [], "it is being brought home"
    while not wire.told:
        await asyncio.sleep(0.01)
    assert wire.told == [BridgeRecorded(bridge="a/b", recording="r1", end="stopped", seconds=1.0)]
