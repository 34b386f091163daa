"""One leg: its channel, what it hears and says, and the order of what it is told."""

import asyncio
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from calls.base import LegId
from calls.commands import Answer as AnswerCommand
from calls.commands import Command, Hold, Mute, Prompt, StartMusic
from calls.errors import SwitchUnreachable
from calls.events import CommandFailed, SwitchEvent
from calls.port import Voice
from switch.asterisk import requests
from switch.asterisk.ari import Answer
from switch.asterisk.codec import Reply
from switch.asterisk.prompts import Player, playback_ids
from switch.asterisk.recorder import Recorder, recording_of
from switch.asterisk.replies import describe, watch
from switch.asterisk.requests import Request

#: What may be playing on a channel that was there before us, or where music has failed.
UNKNOWN_MUSIC = "?"

#: Seconds until music begins: who is put through at once hears no scrap of it, and whom nobody
#: answers for longer does not miss it.
MUSIC_AFTER = 0.1
#: Music for all who wait takes more of Asterisk than putting them through: while it is behind with
#: that, music is put off so many seconds at a time; but nobody waits in silence for longer.
PUT_OFF, LONGEST_SILENCE = 0.25, 10.0

_Music: TypeAlias = StartMusic | Hold

#: Statuses that say that a channel is gone, or on its way out of our application.
GONE = (404, 409, 412)


class Wire(Protocol):
    """What a leg needs of the driver."""

    voice: Voice
    recordings: Path

    @property
    def behind(self) -> bool: ...

    def send(self, lane: int, request: Request) -> Answer: ...

    async def download(self, request: Request, path: Path) -> bool: ...

    def tell(self, event: SwitchEvent) -> None: ...


class Leg:
    """A channel of ours. `lane`: where its requests go, so that they keep their order."""

    def __init__(
        self, wire: Wire, leg: LegId, channel: str, lane: int, *, inbound: bool, adopted: bool
    ) -> None:
        self.id = leg
        self.channel = channel
        self.lane = lane
        self.inbound = inbound
        self.voice = wire.voice
        self.answered = False
        #: We have told it to answer.
        self.answering: Answer | None = None
        self.rang = False
        #: It is to be found out who answers before that is told.
        self.detect = False
        #: Its party has picked up.
        self.picked_up = False
        #: Its end is near: what still plays is cut off, which is no failure.
        self.hanging_up = False
        #: We have told it to hang up.
        self.withdrawn = False
        #: The bridge that it is in, on its way into, or rung for.
        self.bridge = ""
        #: It has been told to enter that bridge.
        self.joined = False
        #: The place at Asterisk that it was put in last; empty for none.
        self.place = ""
        #: It takes no part in that bridge, or any other, and hears this music.
        self.held: Hold | None = None
        #: Until these are done it can be told nothing but to hang up: it was dialled and is not
        #: under our control yet; it moves, or the bridge that it is in is being removed.
        self.entering: asyncio.Future[None] | None = None
        self.settling: Answer | None = None
        self.player = Player(self, channel)
        self.recorder = Recorder(self, channel, wire.recordings)
        self._wire = wire
        self._music: str | None = UNKNOWN_MUSIC if adopted else None
        self._wanted: _Music | None = None
        self._changing: asyncio.TimerHandle | None = None
        #: The last request about its music.
        self._music_asked: Answer | None = None
        #: To be played when the prompts are over.
        self._music_due: _Music | None = None

    @property
    def under_way(self) -> "list[asyncio.Future[Any]]":
        """What must be done before it can be told anything."""
        all_ = (self.entering, self.settling, self._music_asked)
        return [one for one in all_ if one is not None and not one.done()]

    def enters(self) -> None:
        """It was dialled, and comes under our control when it is answered."""
        self.entering = asyncio.get_running_loop().create_future()

    def entered(self) -> None:
        if self.entering is not None and not self.entering.done():
            self.entering.set_result(None)

    def answer(self, command: AnswerCommand) -> None:
        """Answer it; nothing if it was told to already."""
        if self.answering is None:
            self.answering = self.order(command, requests.answer(self.channel))

    def send(self, request: Request) -> Answer:
        return self._wire.send(self.lane, request)

    def tell(self, event: SwitchEvent) -> None:
        self._wire.tell(event)

    async def download(self, request: Request, path: Path) -> bool:
        return await self._wire.download(request, path)

    def order(self, command: Command, request: Request) -> Answer:
        """Send a request; a refusal is told as the failure of `command`."""
        answer = self.send(request)
        watch(answer, lambda error: self._failed(command, error))
        return answer

    def ask(self, request: Request) -> None:
        """Send a request whose refusal matters to nobody: what it is about has ended."""
        watch(self.send(request), lambda _: None)

    def press(self, digit: str) -> None:
        """A key: for the recording, the prompt or nobody."""
        if not self.recorder.press(digit):
            self.player.press(digit)

    def beep(self) -> None:
        """A tone, once it is where it is being joined."""
        if self.settling is not None and not self.settling.done():
            self.settling.add_done_callback(lambda _: self.beep())
        else:
            self.ask(requests.beep(self.channel))

    # --- hold and mute

    def hold(self, command: Hold) -> None:
        """Its music begins, now or when the prompts are over."""
        self.held = command
        self.stop_music()

    def unhold(self) -> None:
        self.held = None
        self.stop_music()

    def mute(self, command: Mute) -> None:
        self.order(command, requests.mute(self.channel, muted=command.muted))

    # --- music

    def start_music(self, command: StartMusic) -> None:
        """Play it in a moment, or when the prompts are over; nothing if it plays."""
        if self.player.busy:
            self._music_due = command
        else:
            self._want(command, MUSIC_AFTER)

    def stop_music(self) -> None:
        """Silence it soon; who is held goes on hearing music."""
        self._music_due = None
        if self.held is None or not self.player.busy:
            self._want(self.held, 0.0)

    @property
    def has_music(self) -> bool:
        """Music plays, or may play, that it is not to hear for being held."""
        return self.held is None and self._music is not None

    def silence(self, lane: int) -> None:
        """End its music before what goes over that lane next is done, unless it is held.

        For a channel in a bridge Asterisk forgets to end it, if it is just making the next scrap
        of it: the channel would hear music instead of the others for good. So it leaves first.
        """
        self.stop_music()
        if self.has_music:
            if self.place:
                leaving = requests.remove_from_bridge(self.place, self.channel)
                watch(self._wire.send(lane, leaving), lambda _: None)
            self._end_music(lane)

    def _want(self, music: _Music | None, after: float) -> None:
        # After this turn of the loop at the earliest: what is dialled or joined now goes first.
        self._wanted = music
        if self._changing is not None:
            self._changing.cancel()
        loop = asyncio.get_running_loop()
        self._changing = loop.call_later(after, self._change_music)

    def _change_music(self, put_off: float = 0.0) -> None:
        """Bring what plays in line with what is wanted; `put_off`: seconds late already."""
        self._changing = None
        wanted = self._wanted
        if wanted is not None and wanted.music != self._music:
            if self._wire.behind and put_off < LONGEST_SILENCE:
                loop = asyncio.get_running_loop()
                late = put_off + PUT_OFF
                self._changing = loop.call_later(PUT_OFF, self._change_music, late)
                return
            self._play(wanted)
        elif wanted is None and self._music is not None:
            self._end_music(self.lane)

    def _end_music(self, lane: int) -> None:
        self._music = None

        def failed(_: Reply | SwitchUnreachable) -> None:
            self._music = self._music or UNKNOWN_MUSIC  # it may still play

        self._music_asked = self._wire.send(lane, requests.stop_music(self.channel))
        watch(self._music_asked, failed)

    def _play(self, wanted: _Music) -> None:
        self._music = wanted.music

        def refused(error: Reply | SwitchUnreachable) -> None:
            if self._music == wanted.music:
                self._music = UNKNOWN_MUSIC  # asked for again, it is begun again
            self._failed(wanted, error)

        self._music_asked = self.send(requests.start_music(self.channel, wanted.music))
        watch(self._music_asked, refused)

    def _no_music(self) -> None:
        """At once: something else is played."""
        if self._changing is not None:
            self._changing.cancel()
        self._wanted = None
        self._change_music()

    # --- what the player needs

    def start_playback(self, prompt: Prompt, playback: str, sounds: list[str]) -> None:
        self._no_music()
        answer = self.send(requests.play(self.channel, playback, sounds))

        def refused(error: Reply | SwitchUnreachable) -> None:
            self._failed(prompt, error)
            self.player.refused(prompt)

        watch(answer, refused)

    def stop_playback(self, playback: str) -> None:
        self.ask(requests.stop_playback(playback))

    def prompts_over(self) -> None:
        due, self._music_due = self._music_due or self.held, None
        if due is not None:
            self._want(due, MUSIC_AFTER)

    # --- before and after

    def silence_leftovers(self, *, adopted: bool) -> None:
        """After a lost link: nobody waits for what was playing any more."""
        mine = self.player.forget()
        for playback in playback_ids(self.channel) if adopted else [mine]:
            if playback:
                self.stop_playback(playback)
        self._music_due = None
        if self.recorder.forget() or adopted:
            self.ask(requests.discard_recording(recording_of(self.channel)))

    def close(self) -> None:
        if self.entering is not None:
            self.entering.cancel()
        self.player.forget()
        self.recorder.forget()
        if self._changing is not None:
            self._changing.cancel()

    def _failed(self, command: Command, error: Reply | SwitchUnreachable) -> None:
        gone = isinstance(error, Reply) and error.status in GONE
        self.tell(CommandFailed(command=command, gone=gone, detail=describe(error)))
