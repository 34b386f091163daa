"""The caller of a scenario on a real line: does what the steps say, and listens.

A caller presses a key when the question has been heard for a moment (`LISTENS`), unless the step
says when. What the caller hears is judged by the sound that came over the line, see
`engine.phones.hearing`: that the switch was told to play something proves nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, get_args

import numpy as np

from calls.base import OverflowWhen
from calls.commands import Prompt, Record
from calls.errors import MediaMissing
from calls.facts import CallOverflowed, NodeLeft
from calls.media import Media, Speech
from engine.phones import hearing, wav
from engine.phones.phonecall import NotAnswered, PhoneCall
from engine.phones.wav import RATE, Sound
from engine.trials.machine import Machine, Said
from engine.voices import VoiceCache
from engine.voices.sound import tone
from ivr.caller import Unfitting
from ivr.messages import Queued, Transferred
from ivr.scenario import STEP, Scenario

#: Seconds that a caller listens to a question before pressing a key.
LISTENS = 1.5
#: Seconds without a change after which a flow is taken to wait for the caller.
CALM = 0.5
#: Seconds that a flow, beyond what it says and waits, may take for anything.
PATIENCE = 30.0
#: Seconds from the begin of a recording until the caller speaks: after the tone.
AFTER_TONE = 0.6
#: How far a prompt may come earlier or later than it was told to, seconds.
EARLY, LATE = 2.0, 8.0

#: Rules of a queue that can be made to hold for one caller.
RULES: tuple[OverflowWhen, ...] = (
    "waited",
    "length",
    "closed",
    "nobody_signed_in",
    "nobody_ready",
)

_Step: TypeAlias = Callable[[str], Awaitable[None]]


def left_out(scenario: Scenario) -> str:
    """Why a scenario cannot be a real call; empty where it can."""
    if scenario.expect.transfer:
        return "it puts the caller through, and a run has no line to the outside"
    for step in scenario.steps:
        found = STEP.fullmatch(step)
        exit = found["exit"] if found else None
        if exit in (None, "after", *RULES):
            continue
        if exit in get_args(OverflowWhen):
            return f"'{step}': that is no rule of a queue that one caller can bring about"
        return f"'{step}' needs a line to the outside"
    return ""


class LiveCaller:
    """One caller in one call. `enter` once it is answered, `take` each step, then `finish`."""

    def __init__(self, machine: Machine, call: PhoneCall, voices: VoiceCache) -> None:
        self._machine = machine
        self._call = call
        self._voices = voices
        self._sounds: dict[Media, Sound] = {}
        #: What was said before the caller's last deed.
        self._before = 0
        self._overflows = 0
        self._rules = [
            found["exit"]
            for step in machine.scenario.steps
            if (found := STEP.fullmatch(step)) and found["exit"]
        ]

    # --- steps

    async def enter(self) -> None:
        """Wait until the call has come and was answered, or is over without. Raises `Unfitting`."""
        self._next_rule()
        machine = self._machine
        if not await machine.until(lambda: machine.came, PATIENCE):
            raise Unfitting(f"the call did not come to Ringdesk: {self._call.story()}")
        try:
            await self._call.answered(PATIENCE)
        except NotAnswered as error:
            if machine.ended is None:
                raise Unfitting(f"{error}; {self.where}") from None

    async def take(self, step: str) -> None:
        """Do what a step says. Raises `Unfitting`."""
        found = STEP.fullmatch(step)
        assert found is not None  # noqa: S101 - it was loaded
        match found.lastgroup or "":
            case "keys" | "after":
                after = found["after"]
                await self._press(found["keys"], None if after is None else float(after))
            case "silence":
                await self._silence()
            case "words":
                await self._hears(found["words"])
            case "speak":
                await self._speak(float(found["speak"]))
            case "exit":
                await self._leave(found["exit"])
            case _:
                await self._settled()
                self._acts()
                await self._call.hang_up()
                await self._machine.until(lambda: self._machine.call is None, PATIENCE)

    async def finish(self, *, at_rest: bool) -> tuple[list[str], list[str]]:
        """The names of the prompts that were heard, in order, and of those that were played long
        enough and not heard; `at_rest`: when nothing more happens."""
        if at_rest:
            await self._settled()
            await self._listen_on()
        now = time.monotonic()
        heard: list[str] = []
        missed: list[str] = []
        for said in self._machine.said:
            for media, due in await self._due(said):
                if not isinstance(media, Speech):
                    continue
                if await self._was_heard(media, due):
                    heard.append(media.name)
                elif (said.ended or now) - due > LISTENS + CALM + 1.0:
                    missed.append(media.name)
        return heard, missed

    @property
    def where(self) -> str:
        """Where the caller is, in words."""
        ended = self._machine.ended
        match ended:
            case None:
                return f"the caller is at {self._machine.node!r}"
            case Queued(queue=queue):
                return f"the caller is in the queue {queue!r}"
            case Transferred(to=to):
                return f"the caller was put through to {to}"
            case _:
                return f"the call has {ended.outcome}"

    async def _press(self, keys: str, after: float | None) -> None:
        await self._settled()
        waits, ended = self._waits, self._machine.ended
        if isinstance(waits, Prompt) and waits.digits is not None:
            said = self._said_of(waits)
            await self._wait_until(
                said.at + after if after is not None else await self._known(said)
            )
        elif not (isinstance(ended, Queued) and keys in ended.keys):
            raise Unfitting(f"no key is waited for; {self.where}")
        self._acts()
        before = self._mark()
        await self._call.press(keys)
        if not await self._machine.until(lambda: self._mark() != before, PATIENCE):
            raise Unfitting(f"nothing follows the key; {self.where}")

    async def _silence(self) -> None:
        await self._settled()
        self._acts()
        waits = self._waits
        if isinstance(waits, Prompt | Record):
            await self._goes_on(await self._lasts(waits) + PATIENCE)

    async def _hears(self, words: str) -> None:
        wanted = words.strip("\"'")
        await self._machine.until(lambda: bool(self._meant(wanted)) or self._rests(), PATIENCE)
        if not self._meant(wanted):
            await self._settled()
        meant = self._meant(wanted)
        if not meant:
            said = " ".join(one.text for _, one in self._new_speeches())
            raise Unfitting(
                f"{said!r} was heard instead" if said else f"nothing was said; {self.where}"
            )
        for prompt, speech in meant:
            [due] = [due for media, due in await self._due(prompt) if media is speech]
            await self._heard_until(speech, due)

    async def _heard_until(self, speech: Speech, due: float) -> None:
        """Wait until a prompt comes over the line. Raises `Unfitting`."""
        until = due + len(await self._sound(speech)) / RATE + LATE
        over = False
        while not await self._was_heard(speech, due):
            if over:
                raise Unfitting(f"{speech.name} was played, but not heard on the line")
            await asyncio.sleep(0.25)
            over = time.monotonic() > until or self._call.state == "ended"

    async def _speak(self, seconds: float) -> None:
        await self._settled()
        waits = self._waits
        if not isinstance(waits, Record):
            raise Unfitting(f"nothing is recorded; {self.where}")
        if not seconds:
            await self._silence()
            return
        self._acts()
        before = self._mark()
        await asyncio.sleep(AFTER_TONE)
        self._call.say(_speech(seconds))
        if await self._machine.until(lambda: self._mark() != before, seconds):
            return  # its time was over
        await self._call.press("#")
        await self._machine.until(lambda: self._mark() != before, PATIENCE)

    async def _leave(self, exit: str) -> None:
        """A rule holds already when the caller comes into the queue; an agent is fetched now."""
        await self._settled()
        machine = self._machine
        if exit == "after":
            if not isinstance(machine.ended, Queued):
                raise Unfitting(f"the caller is in no queue; {self.where}")
            machine.staff()
            self._acts()
            left = await machine.until(lambda: self._left_by("after"), PATIENCE)
        else:
            left = await machine.until(lambda: self._overflowed(exit), PATIENCE)
            self._overflows += 1
        self._next_rule()
        if not left:
            raise Unfitting(f"nothing follows {exit!r} there; {self.where}")

    # --- where the flow is

    async def _settled(self) -> None:
        """Wait until the flow waits for the caller, or has ended."""
        machine, limit = self._machine, time.monotonic() + 120.0
        while time.monotonic() < limit:
            if not await machine.until(self._rests, PATIENCE):
                continue
            if not await self._goes_on(CALM) and self._rests():
                return
        raise Unfitting(f"nothing happens any more; {self.where}")

    def _rests(self) -> bool:
        machine = self._machine
        if machine.fault is not None:
            raise Unfitting(f"a fault of Ringdesk: {machine.fault!r}; {self.where}")
        call, waits = machine.call, self._waits
        if call is None:
            return machine.ended is not None
        if call.phase == "menu":
            return isinstance(waits, Record) or (
                isinstance(waits, Prompt) and waits.digits is not None
            )
        return call.phase == "waiting" and call.held is None

    def _mark(self) -> object:
        """Changes whenever the flow goes on."""
        waits, call = self._waits, self._machine.call
        phase = call.phase if call else "over"
        return phase, getattr(waits, "prompt", getattr(waits, "recording", ""))

    @property
    def _waits(self) -> object:
        session = self._machine.session
        return session.waits_for if session else None

    async def _goes_on(self, within: float) -> bool:
        """Whether the flow goes on within so many seconds; then at once."""
        before = self._mark()
        return await self._machine.until(lambda: self._mark() != before, within)

    def _acts(self) -> None:
        """What is said from now on answers the caller's deed."""
        self._before = len(self._machine.said)

    def _next_rule(self) -> None:
        exit = self._rules.pop(0) if self._rules else None
        rule = next((one for one in RULES if one == exit), None)
        self._machine.rule(rule)

    def _left_by(self, exit: str) -> bool:
        return any(isinstance(one, NodeLeft) and one.exit == exit for one in self._machine.facts)

    def _overflowed(self, when: str) -> bool:
        sent = [one.when for one in self._machine.facts if isinstance(one, CallOverflowed)]
        return when in sent[self._overflows :]

    # --- what is heard

    def _new_speeches(self) -> list[tuple[Said, Speech]]:
        """What was said since the caller's last deed, and may still be to come."""
        return [
            (said, media)
            for said in self._machine.said[self._before :]
            for media in said.media
            if isinstance(media, Speech)
        ]

    def _meant(self, wanted: str) -> Sequence[tuple[Said, Speech]]:
        """The prompt of that name, or those that have these words."""
        new = self._new_speeches()
        named = [pair for pair in new if pair[1].name == wanted]
        if named:
            return named[:1]
        stretches = [
            new[first:last]
            for first in range(len(new))
            for last in range(first + 1, len(new) + 1)
            if wanted in " ".join(speech.text for _, speech in new[first:last])
        ]
        return min(stretches, key=len, default=[])

    def _said_of(self, prompt: Prompt) -> Said:
        return next(said for said in reversed(self._machine.said) if said.prompt == prompt.prompt)

    async def _due(self, said: Said) -> list[tuple[Media, float]]:
        """When each part of a prompt begins, by the monotonic clock."""
        found, at = [], said.at
        for media in said.media:
            found.append((media, at))
            at += len(await self._sound(media)) / RATE
        return found

    async def _known(self, said: Said) -> float:
        """When a caller has heard enough of a question to answer it."""
        media, at = (await self._due(said))[-1]
        return at + min(LISTENS, len(await self._sound(media)) / RATE)

    async def _lasts(self, waits: Prompt | Record) -> float:
        if isinstance(waits, Record):
            return waits.max_seconds
        said = self._said_of(waits)
        media, at = (await self._due(said))[-1]
        return at + len(await self._sound(media)) / RATE - said.at + (said.patience or 0.0)

    async def _listen_on(self) -> None:
        """A caller who is at a question at the end listens to it a moment, too."""
        waits = self._waits
        if isinstance(waits, Prompt):
            await self._wait_until(await self._known(self._said_of(waits)))

    async def _was_heard(self, speech: Speech, due: float) -> bool:
        """It came over the line, or a part of it, at about that time."""
        answered = self._call.at("answered") or 0.0
        start = max(0, int((due - answered - EARLY) * RATE))
        sound = await self._sound(speech)
        heard = self._call.heard[start : int((due - answered + LATE) * RATE) + len(sound)]
        return await asyncio.to_thread(_is_in, heard, sound)

    async def _sound(self, media: Media) -> Sound:
        """What a voice makes of it; empty where none can say it, as the switch then found out."""
        if media not in self._sounds:
            try:
                path = await asyncio.to_thread(self._voices.file, media)
                self._sounds[media] = await asyncio.to_thread(wav.read, path)
            except MediaMissing:
                self._sounds[media] = wav.SILENCE
        return self._sounds[media]

    async def _wait_until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - time.monotonic()))


def _is_in(heard: Sound, sound: Sound) -> bool:
    """Half a second of it is there, the rest may be cut short by a key or torn on the way; of what
    is shorter than a second, all of it, or each half."""
    padded = np.concatenate([heard, np.zeros(RATE // 2, dtype=np.int16)])

    def found(piece: Sound) -> bool:
        return bool(hearing.correlation(padded, piece).max(initial=0.0) >= hearing.FOUND)

    pieces = [piece for _, piece in hearing.parts(sound)]
    if len(pieces) == 1 and len(pieces[0]) < RATE:
        return found(pieces[0]) or all(map(found, _halves(pieces[0])))
    return not pieces or any(found(half) for piece in pieces for half in _halves(piece))


def _halves(piece: Sound) -> list[Sound]:
    return [piece[: len(piece) // 2], piece[len(piece) // 2 :]]


def _speech(seconds: float) -> Sound:
    """Something loud enough to be recorded as speech."""
    sound = tone(300, round(seconds * 1000)).samples
    return np.asarray(sound * 20000).astype(np.int16)
