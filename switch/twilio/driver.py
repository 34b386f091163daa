"""The `Switch` port over Twilio Programmable Voice, or a server that speaks like it.

Theory of operation
-------------------
1. Twilio asks by webhooks what a call should do; `webhook` waits a moment for the machine to say it
   and answers a TwiML document. What is said at other times goes out as a REST request that lets
   Twilio ask again. The machine sees neither.
2. Who waits with music is in a queue of Twilio's, so that keys count and the place is visible in
   Twilio's own console; who talks is in a conference. Neither decides anything.
3. A leg is in `_legs` from its arrival (or Dial) until its end is told. Webhooks come twice, late
   and in any order: an outcome is taken once, by the number of its document, and a leg ends once,
   by whichever message says so first.
4. Twilio does not say which phones are registered: one is online as long as it is known.
5. Nothing is told from inside `execute`.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import assert_never

import structlog

from calls.base import EndCause
from calls.commands import (
    Answer,
    Beep,
    Command,
    Dial,
    Hangup,
    Hold,
    Join,
    Mute,
    PauseBridgeRecording,
    Prompt,
    Record,
    RecordBridge,
    StartMusic,
    StopBridgeRecording,
    StopMusic,
    StopPrompt,
    StopRecording,
    Supervise,
    Unbridge,
    Unhold,
)
from calls.errors import MediaMissing, SwitchUnreachable
from calls.events import CommandFailed, LegEnded, LiveLeg, SwitchDown, SwitchEvent, SwitchUp
from calls.port import Deliver, Phone
from switch.twilio import codec
from switch.twilio.codec import Place, What
from switch.twilio.conferences import Conferences
from switch.twilio.documents import End, Links, Talk
from switch.twilio.errands import Errands
from switch.twilio.legs import Leg
from switch.twilio.phonebook import PhoneBook, is_number
from switch.twilio.registry import Registry
from switch.twilio.rest import Rest
from switch.twilio.sounds import Sounds
from switch.twilio.survey import Survey
from switch.twilio.tapes import Tapes
from switch.twilio.webhooks import SOON, Webhooks

log = structlog.get_logger()

#: Seconds until the link is tried again: the first time, and at most.
FIRST_RETRY, LAST_RETRY = 0.5, 10.0
#: Seconds that a recording may take to be told after its leg is gone.
LAST_WORDS = 3.0
#: Seconds without a word of a leg that the survey does not find: it is gone.
SILENT = 10.0
#: Surveys running that do not find a silent leg until it counts as gone.
BELIEVED = 2

_OnLeg = (
    Answer | Prompt | StopPrompt | StartMusic | StopMusic | Record | StopRecording | Beep | Hangup
    | Hold | Unhold | Mute | Supervise
)  # fmt: skip
#: Their purpose is met when there is no such leg.
_HARMLESS = StopPrompt | StopMusic | StopRecording | Beep | Hangup | Unhold


class TwilioSwitch:
    """One account. `name` begins all leg ids; `base`: how Twilio reaches our webhooks.

    `numbers` are ours at Twilio: the first is shown to whom we call; empty for all the account's.
    `public`: a national number as it is called from anywhere. `recordings`: where they are kept.
    """

    def __init__(
        self,
        name: str,
        rest: Rest,
        base: str,
        *,
        sounds: Sounds,
        numbers: Sequence[str],
        public: Callable[[str], str],
        recordings: Path,
    ) -> None:
        self.name = name
        self.up = False
        self.links = Links(base)
        self.sounds = sounds
        self.registry = Registry(name)
        self.errands = Errands(self, rest, recordings)
        self.conferences = Conferences(self)
        self.tapes = Tapes(self, rest)
        self.webhooks = Webhooks(self)
        self._rest = rest
        self._numbers = tuple(numbers)
        self._survey = Survey(name, rest)
        self.phones = PhoneBook(self.tell, public)
        self._deliver: Deliver | None = None
        #: Told a moment later, in order.
        self._untold: list[SwitchEvent] = []
        #: Legs whose commands have changed what they should do.
        self._changed: dict[Leg, None] = {}
        self._doubt = asyncio.Event()

    # --- the port

    async def run(self, deliver: Deliver) -> None:
        """See `calls.port.Switch.run`."""
        self._deliver = deliver
        try:
            async with self._rest:
                await self._stay_connected()
        finally:
            self._go_down()
            await self.errands.stop()
            self._tell_rest()
            self._deliver = None

    def execute(self, command: Command) -> None:
        """See `calls.port.Switch.execute`."""
        if not self.up:
            self.fail(command, gone=False, detail="the link to Twilio is down")
            return
        match command:
            case Dial():
                self._dial(command)
            case Join():
                self.conferences.join(command)
            case Unbridge(bridge=bridge):
                self.tapes.remove(_inside(bridge))
                self.conferences.remove(_inside(bridge))
            case RecordBridge() | PauseBridgeRecording() | StopBridgeRecording():
                self.tapes.does(command)
            case _:
                leg = self.registry.get(command.leg)
                if leg is not None:
                    self._on_leg(leg, command)
                    self.change(leg)
                elif not isinstance(command, _HARMLESS):
                    self.fail(command, gone=True, detail="no such leg")

    async def legs(self) -> Sequence[LiveLeg]:
        """See `calls.port.Switch.legs`. A leg that is not there any more is told as lost."""
        if not self.up:
            raise SwitchUnreachable("the link to Twilio is down")
        legs = self.registry
        places = {
            leg.sid: Place(bridge=leg.conference, leg=leg.inside) for leg in legs if leg.conference
        }
        found = await self._survey.legs(legs.known(), self._numbers, self.phones.addresses, places)
        live = {one.leg: one for sid, one in found.items() if not legs.is_over(sid)}
        silent = asyncio.get_running_loop().time() - SILENT
        for leg in legs:
            if not leg.sid:  # not made yet
                live[leg.id] = LiveLeg(leg=leg.id, inbound=False, up=False, called=leg.called)
            leg.missed = 0 if leg.id in live or leg.heard > silent else leg.missed + 1
            if leg.missed >= BELIEVED:
                self.ended(leg, "lost")
        return tuple(live.values())

    async def provision(self, phones: Sequence[Phone], removed: Sequence[str] = ()) -> None:
        """See `calls.port.Switch.provision`. There is nothing to make at Twilio."""
        self.phones.provision(phones, removed)

    async def webhook(
        self, what: What, query: Mapping[str, str], sent: Mapping[str, str]
    ) -> str | None:
        """Answer one of Twilio's webhooks, within a second: a TwiML document, or None where
        nothing is asked. `query`: of its address; `sent`: its parameters."""
        return await self.webhooks.answer(codec.hook(what, query, sent))

    # --- the link

    async def _stay_connected(self) -> None:
        delay = FIRST_RETRY
        while True:
            try:
                await self._come_up()
                delay = FIRST_RETRY
                await self._until_lost()
            except (SwitchUnreachable, MediaMissing) as error:
                log.warning("twilio.link_lost", switch=self.name, detail=str(error))
            self._go_down()
            await asyncio.sleep(delay)
            delay = min(delay * 2, LAST_RETRY)

    async def _come_up(self) -> None:
        """Ask what is there, take it over and tell it."""
        await self.sounds.prepare()
        if not self._numbers:
            self._numbers = tuple(sorted(await self._survey.numbers()))
        known, places = self.registry.known(), await self.places()
        live = await self._survey.legs(known, self._numbers, self.phones.addresses, places)
        live = {sid: leg for sid, leg in live.items() if not self.registry.is_over(sid)}
        self._take_over(live, places)
        self.up = True
        self._doubt.clear()
        legs = tuple(live.values())
        self.tell(SwitchUp(switch=self.name, legs=legs, phones=self.phones.online))
        log.info("twilio.up", switch=self.name, legs=len(live), numbers=len(self._numbers))

    async def places(self) -> Mapping[str, Place]:
        """Which calls talk, and where, by Twilio's names."""
        return await self._survey.places()

    async def _until_lost(self) -> None:
        """Raises `SwitchUnreachable` when Twilio does not answer any more."""
        while True:
            await self._doubt.wait()
            self._doubt.clear()
            await self._survey.legs({}, (), (), {})

    def _go_down(self) -> None:
        if self.up:
            self.up = False
            self.tell(SwitchDown(switch=self.name))

    def _take_over(self, live: Mapping[str, LiveLeg], places: Mapping[str, Place]) -> None:
        """Know exactly the legs that are there. Nobody waits for what they were told before."""
        there = {found.leg for found in live.values()}
        for leg in self.registry:
            if leg.id not in there:
                self.registry.remove(leg)
        for sid, found in live.items():
            leg = self.registry.get(found.leg) or self.registry.add(
                Leg(found.leg, sid, inbound=found.inbound)
            )
            leg.forget()
            leg.up = leg.answered = found.up
            leg.heard = asyncio.get_running_loop().time()
            leg.called = leg.called or found.called
        self.conferences.take_over(places)
        self.tapes.take_over()

    # --- commands

    def _on_leg(self, leg: Leg, command: _OnLeg) -> None:
        now = asyncio.get_running_loop().time()
        match command:
            case Answer():
                leg.answered = True
            case Prompt():
                if leg.play(command):
                    self.errands.prepare(leg, command)
            case StopPrompt(prompt=name) | StopRecording(recording=name):
                leg.stop(name, now)
            case StartMusic(music=name):
                leg.music, leg.last = self.sounds.music(name), command
            case StopMusic():
                leg.music = None
            case Record():
                leg.record(command)
            case Beep():
                self._beep(leg)
            case Hangup(reason=reason):
                leg.ending, leg.withdrawn = leg.ending or reason, True
            case Hold() | Unhold() | Mute() | Supervise():
                self.conferences.control(leg, command)
            case _:
                assert_never(command)

    def _dial(self, command: Dial) -> None:
        if self.registry.get(command.leg) is not None:
            return
        address = self.phones.address(command.to)
        leg = self.registry.add(
            Leg(
                command.leg,
                "",
                inbound=False,
                caller=command.caller,
                called=command.to,
                screened=command.to.startswith("phone:") and is_number(address or ""),
                detects=command.detect and not (address or "").startswith("client:"),
            )
        )
        if address is None or not self._numbers:
            self.ended(leg, "unreachable")
        else:
            if command.auto_answer and address.startswith("client:"):
                address += "?auto_answer=1"  # a parameter of the call, for the page to see
            self.errands.call(leg, address, self._numbers[0], rings=command.timeout)

    def _beep(self, leg: Leg) -> None:
        if leg.room is not None:
            leg.beeps = True
        else:
            leg.before = (self.sounds.beep,)

    # --- carrying out

    def change(self, leg: Leg) -> None:
        """Look in a moment, when all commands of now are there, what a leg should do."""
        if not self._changed:
            asyncio.get_running_loop().call_soon(self._apply_all)
        self._changed[leg] = None

    def change_at(self, leg: Leg, when: float) -> None:
        """Look then (the loop's time) whether a leg does what it should."""
        asyncio.get_running_loop().call_at(when, self.change, leg)

    def _apply_all(self) -> None:
        changed, self._changed = self._changed, {}
        for leg in changed:
            if leg in self.registry and self.up:
                self._apply(leg)

    def _apply(self, leg: Leg) -> None:
        loop = asyncio.get_running_loop()
        leg.settle(loop.time())
        self.tell_of(leg)
        self.conferences.arrange(leg)
        if self.webhooks.asked(leg):
            return
        task = leg.task()
        if task is None or (leg.does(task) and not isinstance(task, End)):
            return
        if loop.time() < leg.expected:
            self.change_at(leg, leg.expected)
        elif isinstance(task, End):
            self.conferences.leaving(leg)
            self.errands.hang_up(leg)
        elif leg.up:
            self.conferences.leaving(leg)
            leg.expected = loop.time() + SOON
            what: What = "join" if isinstance(task, Talk) else leg.place.entry
            self.errands.redirect(leg, what)

    def doubt(self) -> None:
        """Something was not answered: look whether the link is lost."""
        self._doubt.set()

    # --- what is told

    def gone(self, leg: Leg, cause: EndCause) -> None:
        """A leg is over; what it was recorded saying is told first, or soon."""
        if leg.recording is None:
            self.ended(leg, cause)
        elif leg.departing is None:
            leg.departing = cause
            asyncio.get_running_loop().call_later(LAST_WORDS, self.ended, leg, cause)

    def ended(self, leg: Leg, cause: EndCause) -> None:
        """Tell the end of a leg, once."""
        if leg not in self.registry:
            return
        if (job := leg.recording) is not None:
            leg.cut_off(asyncio.get_running_loop().time() - job.since)
        self.tell_of(leg)
        self.registry.remove(leg)
        self.conferences.ended(leg)
        self.tell(LegEnded(leg=leg.id, cause="withdrawn" if leg.withdrawn else cause))
        self.webhooks.wake(leg)

    def tell_of(self, leg: Leg) -> bool:
        """Tell what a leg has to tell; whether there was anything."""
        told, leg.told = leg.told, []
        for event in told:
            self.tell(event)
        return bool(told)

    def tell(self, event: SwitchEvent) -> None:
        """Deliver an event a moment later, in order: never from inside a command.

        While the link is down only that is told, and what cannot be done: `SwitchUp` says the rest.
        """
        if not self.up and not isinstance(event, SwitchDown | CommandFailed):
            return
        if not self._untold:
            asyncio.get_running_loop().call_soon(self._tell_rest)
        self._untold.append(event)

    def _tell_rest(self) -> None:
        untold, self._untold = self._untold, []
        for event in untold:
            if self._deliver is not None:
                self._deliver(event)

    def fail(self, command: Command, *, gone: bool, detail: str) -> None:
        self.tell(CommandFailed(command=command, gone=gone, detail=detail))


def _inside(name: str) -> str:
    """The id of a leg or bridge inside its switch."""
    return name.partition("/")[2]
