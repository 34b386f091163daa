"""The prompts of one leg: played one after the other, their digits collected."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import structlog

from calls.base import LegId
from calls.commands import Prompt
from calls.errors import MediaMissing
from calls.events import DigitPressed, PromptEnded, SwitchEvent
from calls.port import Voice
from switch.collector import Collector

log = structlog.get_logger()

#: Keys that nobody collects are kept for the next prompt that asks; more than this is noise.
MAX_AHEAD = 32


End: TypeAlias = Literal["completed", "digits", "no_input", "stopped", "failed"]


class Line(Protocol):
    """What a player needs of its leg."""

    id: LegId
    voice: Voice

    def tell(self, event: SwitchEvent) -> None: ...

    def start_playback(self, prompt: Prompt, playback: str, sounds: list[str]) -> None:
        """Silence the music and play. A refusal comes back through `Player.refused`."""

    def stop_playback(self, playback: str) -> None: ...

    def prompts_over(self) -> None:
        """No prompt is left."""


@dataclass(slots=True, eq=False)
class _Running:
    prompt: Prompt
    collector: Collector
    #: The id of its playback at Asterisk, once it was sent.
    playback: str = ""


class Player:
    """One leg's prompts. Every one ends in exactly one `PromptEnded`, unless the leg ends."""

    def __init__(self, line: Line, channel: str) -> None:
        self._line = line
        self._channel = channel
        self._loop = asyncio.get_running_loop()
        self._running: _Running | None = None
        self._behind: deque[Prompt] = deque()
        self._ahead = ""
        self._played = 0
        self._timer: asyncio.Handle | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        return self._running is not None

    # --- commands

    def play(self, prompt: Prompt) -> None:
        """Play it now or after those before it; nothing if it is known already."""
        current = self._running.prompt.prompt if self._running else None
        if prompt.prompt == current or any(p.prompt == prompt.prompt for p in self._behind):
            return
        self._behind.append(prompt)
        if self._running is None:
            self._next()

    def stop(self, prompt: str) -> None:
        """End a prompt wherever it is; nothing if it has ended."""
        if self._running is not None and self._running.prompt.prompt == prompt:
            self._silence(self._running)
            self._end("stopped")
            return
        for waiting in self._behind:
            if waiting.prompt == prompt:
                self._behind.remove(waiting)
                self._tell(waiting, "stopped")
                return

    def stop_all(self) -> None:
        while self._behind:
            self._tell(self._behind.popleft(), "stopped")
        if self._running is not None:
            self._silence(self._running)
            self._end("stopped")

    def forget(self) -> str:
        """Drop everything untold; gives the id of the playback that may still run, or ``""``."""
        playback = self._running.playback if self._running else ""
        self._running = None
        self._behind.clear()
        self._rest()
        return playback

    # --- events

    def press(self, digit: str) -> None:
        running = self._running
        if running is None or not running.collector.press(digit, self._loop.time()):
            self._ahead = (self._ahead + digit)[-MAX_AHEAD:]
            self._line.tell(DigitPressed(leg=self._line.id, digit=digit))
        if running is not None and running is self._running:
            self._check()

    def finished(self, playback: str, *, failed: bool) -> None:
        """Asterisk says that a playback is over."""
        if self._running is None or self._running.playback != playback:
            return
        if failed:
            self._end("failed")
        else:
            self._running.collector.silent(self._loop.time())
            self._check()

    def refused(self, prompt: Prompt) -> None:
        """Asterisk did not take it (the failure is told by the leg): go on with the next."""
        if self._running is not None and self._running.prompt is prompt:
            self._running = None
            self._rest()
            self._next()

    # --- inside

    def _next(self) -> None:
        if not self._behind:
            self._line.prompts_over()
            return
        prompt = self._behind.popleft()
        self._running = running = _Running(
            prompt, Collector(prompt.digits, barge_in=prompt.barge_in)
        )
        if not prompt.type_ahead:
            self._ahead = ""
        self._ahead = running.collector.type_ahead(self._ahead, self._loop.time())
        if running.collector.interrupted or not prompt.media:
            running.collector.silent(self._loop.time())
            self._timer = self._loop.call_soon(self._check)
        else:
            self._task = self._loop.create_task(self._begin(running))

    async def _begin(self, running: _Running) -> None:
        prompt = running.prompt
        try:
            sounds = [await self._line.voice.sound(media) for media in prompt.media]
        except MediaMissing as error:
            log.warning("prompt.media_missing", prompt=prompt.prompt, detail=str(error))
            self._end("failed")
            return
        except Exception:  # a full disk, say: the caller must not wait for it in silence
            log.exception("prompt.not_prepared", prompt=prompt.prompt)
            self._end("failed")
            return
        # Four names in turn: a driver that finds this channel after a crash can stop them all.
        self._played += 1
        running.playback = playback_ids(self._channel)[self._played % PLAYBACKS]
        self._line.start_playback(prompt, running.playback, sounds)

    def _check(self) -> None:
        running = self._running
        if running is None:
            return
        collector, now = running.collector, self._loop.time()
        if collector.interrupted and collector.deadline() is None:
            self._silence(running)
            collector.silent(now)
        outcome = collector.outcome(now)
        if outcome is not None:
            self._end(outcome, collector.digits)
            return
        if self._timer is not None:
            self._timer.cancel()
        deadline = collector.deadline()
        self._timer = self._loop.call_at(deadline, self._check) if deadline is not None else None

    def _silence(self, running: _Running) -> None:
        """Stop the playing, or what prepares it."""
        if running.playback:
            self._line.stop_playback(running.playback)
            running.playback = ""
        elif self._task is not None:
            self._task.cancel()

    def _end(self, end: End, digits: str = "") -> None:
        running, self._running = self._running, None
        self._rest()
        if running is not None:
            self._tell(running.prompt, end, digits)
        if self._running is None:
            self._next()

    def _tell(self, prompt: Prompt, end: End, digits: str = "") -> None:
        self._line.tell(
            PromptEnded(leg=self._line.id, prompt=prompt.prompt, end=end, digits=digits)
        )

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self._timer = self._task = None


PLAYBACKS = 4


def playback_ids(channel: str) -> list[str]:
    """All the names that playbacks on a channel ever have."""
    return [f"{channel}-prompt-{number}" for number in range(PLAYBACKS)]
