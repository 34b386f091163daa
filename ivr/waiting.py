"""What a caller in a queue hears: music, how many are ahead, how long it may still take, messages.

1. Music plays from the start. The first announcement comes after a moment, so that a caller who is
   connected at once hears none; the others every `announce_every` seconds, with the queue's
   messages in turn halfway between them.
2. An announcement is a prompt; the switch silences the music under it, and the music is asked for
   again when it is over, however it ended. One whose end is never reported is given up.
3. Nobody is told that they have fallen back: a position is never larger than the last one told,
   and the moment by which an agent was promised never moves away, also for who is sent on to
   another queue (`Told`). What would be worse than that is left out, in silence.
4. Keys are taken at any time. One of the flow's leads out of the queue; the callback's key offers
   to keep the place without the line, which has to be confirmed: a goodbye, then `KeepThePlace`.
"""

from collections.abc import Iterable
from typing import Final, TypeAlias, assert_never

from calls.base import CallId, Instant, Language, LegId
from calls.commands import Answer, Command, Prompt, StartMusic, StopMusic, StopPrompt
from calls.config import Queue
from calls.events import DigitPressed, PromptEnded, Tick
from calls.facts import WaitAnnounced
from calls.media import DigitRule, Media, Speech
from ivr import phrases
from ivr.live import Wait, wait_record
from ivr.messages import KeepThePlace, LeaveQueue, WaitingOutput
from ivr.state import Stage, Told, WaitingState

WaitingEvent: TypeAlias = PromptEnded | DigitPressed | Tick

#: Seconds of music before the first announcement.
FIRST_AFTER: Final = 1.5

#: Seconds until it is tried again while the caller has no position.
RETRY_AFTER: Final = 5.0

#: Seconds after which an announcement counts as over.
OVERDUE: Final = 30.0

#: Seconds for the answer to the offer, from its end.
CONFIRM_WITHIN: Final = 5.0

#: What of a wait is the queue's.
_OF_QUEUE = ("music", "announce_every", "announce_position", "announce_wait", "messages")


class Waiting:
    """The treatment of one caller in one queue."""

    def __init__(self, state: Wait) -> None:
        self._state = state

    @staticmethod
    def start(
        *,
        call: CallId,
        leg: LegId,
        queue: Queue,
        language: Language,
        now: Instant,
        callback_key: str = "",
        keys: Iterable[str] = (),
        told: Told | None = None,
    ) -> tuple["Waiting", list[Command]]:
        """`callback_key` is only for callers whose number is known. `told`: by the queue that has
        sent them here."""
        state = Wait(call, leg, queue, language, now)
        state.callback_key, state.keys = callback_key, "".join(keys) if keys else ""
        if told is not None:
            state.position, state.promised = told.position, told.promised
        if queue.announce_every:
            state.due = now + min(FIRST_AFTER, queue.announce_every)
        return Waiting(state), [StartMusic(leg=leg, music=state.music)]

    def reconfigure(self, queue: Queue, now: Instant) -> list[Command]:
        """The queue is configured anew; what is being said is said to the end."""
        state = self._state
        fresh = Wait(state.call, state.leg, queue, state.language, now)
        changed = [name for name in _OF_QUEUE if getattr(fresh, name) != getattr(state, name)]
        for name in changed:
            setattr(state, name, getattr(fresh, name))
        state.message_next = state.message_next and bool(state.messages)
        if not changed or state.stage != "music":
            return []
        music = self._music_again(now)
        return music if "music" in changed else []

    def handle(
        self,
        event: WaitingEvent,
        now: Instant,
        position: int | None,
        wait: tuple[float, float] | None = None,
    ) -> list[WaitingOutput]:
        """Go on. `position` counts from 1, None while the caller has none; `wait` is the range of
        seconds still to be expected, None where nothing can be said."""
        state = self._state
        match event:
            case PromptEnded():
                return self._heard(event, now) if event.prompt == state.prompt else []
            case DigitPressed(digit=digit):
                return self._pressed(digit, now)
            case Tick():
                if state.due is None or now < state.due:
                    return []
                if state.prompt:  # its end was never reported
                    return [*self._stop_prompt(), *self._after_prompt(now)]
                return self._news(now, position, wait)
            case _:
                assert_never(event)

    def resume(self, now: Instant) -> list[Command]:
        """After a restart: music again, whatever was playing, on a leg that is surely answered."""
        before = [Answer(leg=self._state.leg), *self._stop_prompt()]
        if self._state.stage == "goodbye":
            return [*before, self._goodbye(now)]
        return [*before, *self._music_again(now)]

    def stop(self) -> list[Command]:
        """Before the caller is joined with an agent, or goes elsewhere."""
        stop = self._stop_prompt()
        self._over()
        return [*stop, StopMusic(leg=self._state.leg)]

    def deadline(self) -> Instant | None:
        return self._state.due

    @property
    def told(self) -> Told:
        return Told(position=self._state.position, promised=self._state.promised)

    @property
    def stage(self) -> Stage:
        return self._state.stage

    def snapshot(self) -> WaitingState:
        return wait_record(self._state)

    # --- keys

    def _pressed(self, digit: str, now: Instant) -> list[WaitingOutput]:
        state = self._state
        if state.stage not in ("music", "news"):
            return []
        if digit in state.keys:
            return [*self.stop(), LeaveQueue(digit=digit)]
        if digit == state.callback_key:
            rule = DigitRule(max_digits=1, terminators="", first_timeout=CONFIRM_WITHIN)
            offer = phrases.callback_offer(state.language)
            return [*self._stop_prompt(), self._say("offer", now, offer, digits=rule)]
        return []

    def _heard(self, end: PromptEnded, now: Instant) -> list[WaitingOutput]:
        if self._state.stage == "offer" and end.digits == phrases.CONFIRM:
            return [self._goodbye(now)]
        return self._after_prompt(now)

    def _after_prompt(self, now: Instant) -> list[WaitingOutput]:
        if self._state.stage == "goodbye":
            self._over()
            return [KeepThePlace()]
        return [*self._music_again(now)]

    def _goodbye(self, now: Instant) -> Prompt:
        return self._say("goodbye", now, phrases.callback_goodbye(self._state.language))

    # --- news

    def _news(
        self, now: Instant, position: int | None, wait: tuple[float, float] | None
    ) -> list[WaitingOutput]:
        state = self._state
        if state.message_next:
            message = state.messages[state.messages_said % len(state.messages)]
            state.messages_said, state.message_next = state.messages_said + 1, False
            return [self._say("news", now, message)]
        told = WaitAnnounced(
            call=state.call,
            queue=state.queue,
            position=self._better_position(position),
            wait=self._better_wait(now, wait),
        )
        media = self._announcement(told)
        if not media:
            retry = RETRY_AFTER if position is None else self._pause()
            state.due, state.message_next = now + retry, bool(state.messages)
            return []
        state.announced += 1
        state.message_next = bool(state.messages)
        state.position = told.position or state.position
        state.promised = now + told.wait[1] if told.wait else state.promised
        news = [told] if told.position or told.wait else []
        return [*news, self._say("news", now, *media)]

    def _better_position(self, position: int | None) -> int | None:
        """The position, if the caller is to hear it."""
        last = self._state.position
        if position is None or not self._state.announce_position:
            return None
        return position if last is None or position <= last else None

    def _better_wait(
        self, now: Instant, wait: tuple[float, float] | None
    ) -> tuple[float, float] | None:
        """The wait as it is said, in whole minutes, if the caller is to hear it."""
        promised = self._state.promised
        if wait is None or not self._state.announce_wait:
            return None
        least, most = (60.0 * phrases.minutes(seconds) for seconds in wait)
        return (least, most) if promised is None or now + most <= promised else None

    def _announcement(self, told: WaitAnnounced) -> list[Speech]:
        state = self._state
        media = []
        if told.position is not None:
            media.append(phrases.position(told.position, state.language))
        if told.wait is not None:
            least, most = (round(seconds / 60) for seconds in told.wait)
            media.append(phrases.wait(least, most, state.language))
        if media and state.announced:
            media.append(phrases.thanks(state.language))
        if state.callback_key and state.announced % 2 == 0:
            media.append(phrases.callback_invitation(state.callback_key, state.language))
        return media

    # --- prompts and music

    def _say(
        self, stage: Stage, now: Instant, *media: Media, digits: DigitRule | None = None
    ) -> Prompt:
        state = self._state
        number = state.prompts + 1
        prompt = f"{state.call}.wait-{round(state.since * 1000)}-{number}"
        state.stage, state.prompt = stage, prompt
        state.prompts, state.due = number, now + OVERDUE
        if digits is None:
            return Prompt(leg=state.leg, prompt=prompt, media=media, barge_in=False)
        # The key that led here was told while music played; it must not count as the answer.
        return Prompt(leg=state.leg, prompt=prompt, media=media, digits=digits, type_ahead=False)

    def _music_again(self, now: Instant) -> list[Command]:
        state = self._state
        state.stage, state.prompt = "music", ""
        state.due = now + self._pause() if state.announce_every else None
        return [StartMusic(leg=state.leg, music=state.music)]

    def _pause(self) -> float:
        """Seconds of music from one thing that is said to the next."""
        every = self._state.announce_every
        return every / 2 if self._state.messages else every

    def _stop_prompt(self) -> list[Command]:
        state = self._state
        return [StopPrompt(leg=state.leg, prompt=state.prompt)] if state.prompt else []

    def _over(self) -> None:
        state = self._state
        state.stage, state.prompt, state.due = "over", "", None
