"""A prompt that cannot be prepared ends as failed, whatever the reason: nobody waits in silence."""

import asyncio

import pytest

from calls.commands import Prompt
from calls.errors import MediaMissing
from calls.events import PromptEnded, SwitchEvent
from calls.media import Media, Tone
from calls.port import Voice
from switch.asterisk.prompts import Player


class Broken:
    """A voice that fails, and the line that it fails for."""

    id = "a/1"

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.told: asyncio.Queue[SwitchEvent] = asyncio.Queue()
        self.voice: Voice = self

    async def sound(self, media: Media) -> str:
        raise self.error

    def tell(self, event: SwitchEvent) -> None:
        self.told.put_nowait(event)

    def start_playback(self, prompt: Prompt, playback: str, sounds: list[str]) -> None:
        raise NotImplementedError

    def stop_playback(self, playback: str) -> None:
        raise NotImplementedError

    def prompts_over(self) -> None:
        pass


@pytest.mark.parametrize("error", [MediaMissing("no voice"), OSError(28, "No space left")])
async def test_a_prompt_that_cannot_be_prepared_has_failed(error: Exception) -> None:
    line = Broken(error)
    Player(line, "1").play(Prompt(leg="a/1", prompt="p", media=(Tone(),)))
    told = await asyncio.wait_for(line.told.get(), 5)
    assert told == PromptEnded(leg="a/1", prompt="p", end="failed")
