"""One call of one scripted phone: what can be awaited, done and heard on it."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import baresip
from baresip import Event, StackEvent

from calls.errors import RingdeskError
from engine.phones import wav
from engine.phones.media import Media, Pump
from engine.phones.wav import Sound


class PhoneFailed(RingdeskError):
    """A scripted phone could not do what was asked. The text says which and why."""


class NotAnswered(PhoneFailed):
    """The call ended, or the time was over, before anybody answered. `reason` says how."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not answered: {reason}")
        self.reason = reason


@dataclass(frozen=True)
class CallEvent:
    """`kind`: ``dialled``, ``rung``, ``ringing``, ``answered``, ``digit``, ``ended``."""

    at: float
    kind: str
    detail: str = ""


class PhoneCall:
    """One call of one phone, in either direction."""

    def __init__(self, pump: Pump, call: Any, phone: str, *, incoming: bool, record: bool) -> None:
        #: The name (or number) of the phone whose call it is.
        self.phone = phone
        self.incoming = incoming
        self.peer: str = call.peer or ""
        #: The INVITE asks the phone to answer by itself.
        self.answers_itself = "answer-after=0" in call.headers.get("Call-Info", "")
        self.events: list[CallEvent] = []
        #: How it ended: ``hung up`` (by us), ``far end hung up``, or the SIP status.
        self.reason = ""
        #: The digits that the far end pressed.
        self.digits = ""
        self._call = call
        self._pump = pump
        self._record = record
        self._media: Media | None = None
        self._changed = asyncio.Event()
        self._hung_up = False
        self._note("rung" if incoming else "dialled", self.peer)

    # --- what is so

    @property
    def state(self) -> Literal["ringing", "talking", "ended"]:
        if self.at("ended") is not None:
            return "ended"
        return "talking" if self.at("answered") is not None else "ringing"

    def at(self, kind: str) -> float | None:
        """When the first event of this kind came."""
        return next((event.at for event in self.events if event.kind == kind), None)

    @property
    def duration(self) -> float:
        """Seconds from the answer to the end, or to now; 0 where it was never answered."""
        answered, ended = self.at("answered"), self.at("ended")
        if answered is None:
            return 0.0
        return (time.monotonic() if ended is None else ended) - answered

    @property
    def heard(self) -> Sound:
        """All that was heard since the answer, 8 kHz."""
        return self._media.heard() if self._media else wav.SILENCE

    def save(self, path: Path) -> None:
        """Write what was heard to a WAV file."""
        wav.write(path, self.heard)

    # --- what can be waited for

    async def wait_for(self, condition: Callable[[], bool], within: float, what: str) -> None:
        """Wait until something is so, looked at after each event. Raises `PhoneFailed`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
                return
        raise PhoneFailed(f"{what} did not happen within {within:g} s; {self.story()}")

    async def answered(self, within: float = 30.0) -> None:
        """Wait for the answer. Raises `NotAnswered` where it ends first or takes too long."""
        try:
            await self.wait_for(lambda: self.state != "ringing", within, "an answer")
        except PhoneFailed:
            raise NotAnswered(f"no answer within {within:g} s") from None
        if self.at("answered") is None:
            raise NotAnswered(self.reason)

    async def ended(self, within: float = 30.0) -> str:
        """Wait for the end and say how it ended."""
        await self.wait_for(lambda: self.state == "ended", within, "the end of the call")
        return self.reason

    async def over(self, within: float) -> bool:
        """Wait for the end; False where the time is over first."""
        with contextlib.suppress(PhoneFailed):
            await self.ended(within)
        return self.state == "ended"

    async def digits_pressed(self, count: int, within: float = 10.0) -> str:
        """Wait until the far end has pressed that many digits."""
        await self.wait_for(lambda: len(self.digits) >= count, within, f"{count} digits")
        return self.digits

    async def hearing(
        self, condition: Callable[[Sound], bool], within: float, what: str = "that sound"
    ) -> Sound:
        """Wait until what was heard so far satisfies a condition; it is looked at each 0.25 s."""
        until = time.monotonic() + within
        over = False
        while not await asyncio.to_thread(condition, heard := self.heard):
            if over:
                raise PhoneFailed(
                    f"{what} was not heard within {within:g} s (heard "
                    f"{len(heard) / wav.RATE:.1f} s of sound); {self.story()}"
                )
            await asyncio.sleep(0.25)
            # What came while it was looked at is looked at as well.
            over = time.monotonic() > until or self.state == "ended"
        return heard

    # --- what can be done

    async def answer(self) -> None:
        # Without video the stack sends a re-INVITE 0.1 s later, which tears the sound apart; the
        # caller offers none, so none is answered.
        await self._command(self._call.answer(video=True))

    async def refuse(self) -> None:
        """Refuse an incoming call: 486 Busy Here."""
        self._hung_up = True
        await self._command(self._call.reject())

    async def hang_up(self) -> None:
        """End the call; nothing if it has ended."""
        self._hung_up = True
        await self._command(self._call.hangup())

    async def press(self, digits: str) -> None:
        """Press keys (RFC 4733), each for 0.1 s."""
        self._note("pressed", digits)
        await self._command(self._call.send_dtmf(digits))

    def say(self, sound: Sound, *, repeat: bool = False) -> None:
        """Speak from now on instead of silence. Raises `PhoneFailed` before the answer."""
        if self._media is None:
            raise PhoneFailed(f"nobody to speak to yet; {self.story()}")
        self._media.say(sound, repeat=repeat)

    def story(self) -> str:
        """What happened on this call, for error messages."""
        start = self.events[0].at
        told = (f"{e.at - start:.2f} {e.kind} {e.detail}".rstrip() for e in self.events)
        return f"{'from' if self.incoming else 'to'} {self.peer}: " + ", ".join(told)

    # --- from the stack

    def take(self, event: StackEvent) -> None:
        """An event of the SIP stack about this call."""
        match event.event:
            case Event.CALL_RINGING:
                self._note("ringing")
            case Event.CALL_ESTABLISHED:
                self._media = Media(self._call.audio, record=self._record)
                self._pump.add(self._media)
                self._note("answered")
            case Event.CALL_DTMF_START:
                self.digits += event.text or ""
                self._note("digit", event.text or "")
            case Event.CALL_CLOSED:
                if self._media:
                    self._pump.discard(self._media)
                self.reason = self._why(event.text or "")
                self._note("ended", self.reason)
            case _:
                return

    def _why(self, text: str) -> str:
        if text[:3].isdigit():
            return text
        if self._hung_up:
            return "hung up"
        return "far end hung up" if text.startswith("Connection reset") else text or "ended"

    def _note(self, kind: str, detail: str = "") -> None:
        self.events.append(CallEvent(time.monotonic(), kind, detail))
        self._changed.set()

    async def _command(self, command: Any) -> None:
        # The far end may have hung up in the same moment: then there is nothing left to do.
        try:
            await command
        except baresip.StaleHandleError:
            return
        except baresip.BaresipError as error:
            if self.state != "ended":
                raise PhoneFailed(f"{error}; {self.story()}") from None
