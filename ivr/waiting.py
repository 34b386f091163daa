"""What a caller in a queue hears: music, and now and then how many are ahead.

1. Music plays from the start. The first announcement comes after a moment, so that a caller who is
   connected at once hears none; the others every `announce_every` seconds.
2. An announcement is a prompt; the switch silences the music under it, and the music is asked for
   again when it is over, however it ended. One whose end is never reported is given up.
"""

from typing import TypeAlias, assert_never

import msgspec

from calls.base import CallId, Instant, Language, LegId
from calls.commands import Answer, Command, Prompt, StartMusic, StopMusic, StopPrompt
from calls.config import Queue
from calls.events import PromptEnded, Tick
from ivr import phrases

WaitingEvent: TypeAlias = PromptEnded | Tick

#: Seconds of music before the first announcement.
FIRST_AFTER = 1.5

#: Seconds until it is tried again while the caller has no position.
RETRY_AFTER = 5.0

#: Seconds after which an announcement counts as over.
OVERDUE = 30.0


class WaitingState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that the treatment of one waiting caller knows."""

    call: CallId
    leg: LegId
    language: Language
    music: str
    #: Seconds between announcements; 0 for none.
    announce_every: float
    since: Instant
    #: When to act next: announce, or give up the announcement that runs.
    due: Instant | None
    #: The announcement that runs now.
    prompt: str = ""
    announced: int = 0


class Waiting:
    """The treatment of one caller in one queue."""

    def __init__(self, state: WaitingState) -> None:
        self._state = state

    @classmethod
    def start(
        cls,
        *,
        call: CallId,
        leg: LegId,
        queue: Queue,
        language: Language,
        now: Instant,
    ) -> tuple["Waiting", list[Command]]:
        state = WaitingState(
            call=call,
            leg=leg,
            language=language,
            music=queue.music,
            announce_every=queue.announce_every,
            since=now,
            due=now + min(FIRST_AFTER, queue.announce_every) if queue.announce_every else None,
        )
        return cls(state), [StartMusic(leg=leg, music=queue.music)]

    def handle(self, event: WaitingEvent, now: Instant, position: int | None) -> list[Command]:
        """Announce when it is time; `position` counts from 1, None while the caller has none."""
        match event:
            case PromptEnded(prompt=prompt):
                return self._music_again(now) if prompt == self._state.prompt else []
            case Tick():
                if self._state.due is None or now < self._state.due:
                    return []
                if self._state.prompt:
                    return [*self._stop_prompt(), *self._music_again(now)]
                return self._announce(now, position)
            case _:
                assert_never(event)

    def resume(self, now: Instant) -> list[Command]:
        """After a restart: music again, whatever was playing, on a leg that is surely answered."""
        stop = self._stop_prompt()
        return [Answer(leg=self._state.leg), *stop, *self._music_again(now)]

    def stop(self) -> list[Command]:
        """Before the caller is joined with an agent."""
        stop = self._stop_prompt()
        self._change(prompt="", due=None)
        return [*stop, StopMusic(leg=self._state.leg)]

    def deadline(self) -> Instant | None:
        return self._state.due

    def snapshot(self) -> WaitingState:
        return self._state

    def _announce(self, now: Instant, position: int | None) -> list[Command]:
        state = self._state
        if position is None:
            self._change(due=now + RETRY_AFTER)
            return []
        media = [phrases.position(position, state.language)]
        if state.announced:
            media.append(phrases.thanks(state.language))
        number = state.announced + 1
        prompt = f"{state.call}.wait-{round(state.since * 1000)}-{number}"
        self._change(prompt=prompt, announced=number, due=now + OVERDUE)
        return [Prompt(leg=state.leg, prompt=prompt, media=tuple(media), barge_in=False)]

    def _music_again(self, now: Instant) -> list[Command]:
        state = self._state
        self._change(prompt="", due=now + state.announce_every if state.announce_every else None)
        return [StartMusic(leg=state.leg, music=state.music)]

    def _stop_prompt(self) -> list[Command]:
        state = self._state
        return [StopPrompt(leg=state.leg, prompt=state.prompt)] if state.prompt else []

    def _change(
        self, *, due: Instant | None, prompt: str | None = None, announced: int | None = None
    ) -> None:
        state = self._state
        self._state = msgspec.structs.replace(
            state,
            due=due,
            prompt=state.prompt if prompt is None else prompt,
            announced=state.announced if announced is None else announced,
        )
