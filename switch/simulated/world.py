"""A switch and the people around it, without sockets or clock: a heap of things to come.

Like the machines it stands opposite to, the world is driven: it is told commands and the time,
and gives back events. In real time `switch.simulated.driver` drives it; tests jump from one
`deadline` to the next.

Rules it keeps, the same as every driver:

1. The first event after each connection is `SwitchUp`; nothing that happens while the link is
   down is ever told.
2. What a command sets off is told by a later `advance`, never inside `execute`.
3. A leg that has ended is forgotten at once; commands for it fail as `gone`, except those whose
   purpose is met (`Hangup`, `StopPrompt`, `StopMusic`, `Unbridge`).
4. Digits that no prompt collects are told as `DigitPressed` and kept for the next prompt that has
   a rule. Music and tones are heard by nobody.

What becomes of legs that are joined is in `switch.simulated.conversations`.
"""

from collections.abc import Callable
from typing import Any

from calls.base import EndCause, LegId
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
from calls.events import LegAnswered, LegArrived, LegRinging, PhoneChanged
from switch.simulated.conversations import Conversations
from switch.simulated.leg import Leg, Recorder
from switch.simulated.scripts import Answering, Caller

#: From our Dial to the phone's ringing.
RINGING_DELAY = 0.1
#: Between two keys of one `Press`.
KEY_DELAY = 0.25
#: From an answer until it is known whether a person or a machine answers.
DETECTION_DELAY = 2.0


class World(Conversations):
    """All legs, bridges and phones of one simulated switch called `name`. Phones that it dials ring
    after a moment, which is told; with `quiet`, at once and untold. `strangers`: how numbers
    outside take a call that `set_answering` says nothing about; None: they cannot be reached."""

    def __init__(
        self, name: str = "sim", *, quiet: bool = False, strangers: Answering | None = None
    ) -> None:
        super().__init__(name, strangers)
        self._quiet = quiet
        self._ringing_delay = 0.0 if quiet else RINGING_DELAY
        self._arrivals = 0
        self.carries_out = self._what_is_done()

    def _what_is_done(self) -> dict[type[Command], Callable[[Any, float], object]]:
        return {
            Answer: self._answer_inbound,
            Prompt: self._play,
            StopPrompt: self._stop_prompt,
            StartMusic: self._leg_of,
            StopMusic: self._leg_of,
            Beep: self._leg_of,
            Dial: self._dial,
            Record: self._record,
            StopRecording: self._stop_recording,
            Join: self._join,
            Unbridge: self._unbridge,
            Hold: self._hold,
            Unhold: self._unhold,
            Mute: self._mute,
            Supervise: self._supervise,
            RecordBridge: self._record_bridge,
            PauseBridgeRecording: self._pause_recording,
            StopBridgeRecording: self._stop_bridge_recording,
            Hangup: self._withdraw,
        }

    # -- people ----------------------------------------------------------------------------

    def call(self, caller: Caller, at: float) -> LegId:
        """Let somebody dial us at a time; gives the id that their leg will have."""
        self._arrivals += 1
        leg_id = f"{self.name}/in-{self._arrivals}"
        self.at(at, self._arrive, Leg(leg_id, caller.number, caller.dials, caller, inbound=True))
        return leg_id

    def register(self, phone: str, at: float, *answering: Answering) -> None:
        """A phone comes online. It is rung as `answering` says, the last one for ever."""
        self.set_answering(phone, *answering)
        self.at(at, self._phone, (phone, True))

    def unregister(self, phone: str, at: float) -> None:
        self.at(at, self._phone, (phone, False))

    def set_answering(self, name: str, *answering: Answering) -> None:
        """See `switch.simulated.phones.Phones.set_answering`."""
        self._phones.set_answering(name, *answering)

    def speak(self, leg: LegId, seconds: float) -> None:
        """A party will speak for so long when they are recorded next."""
        self._legs[leg].speaks = seconds

    def answer(self, leg: LegId, at: float) -> None:
        """Pick up a ringing phone by hand."""
        self.at(at, self._answer, leg)

    def press(self, leg: LegId, digits: str, at: float) -> None:
        for index, digit in enumerate(digits):
            self.at(at + index * KEY_DELAY, self._press, (leg, digit))

    def _phone(self, changed: tuple[str, bool], _: float) -> None:
        phone, online = changed
        known = self._phones.online
        if online != (phone in known):
            (known.add if online else known.discard)(phone)
            self._tell(PhoneChanged(phone=phone, online=online))

    def _arrive(self, leg: Leg, at: float) -> None:
        self._legs[leg.id] = leg
        self._tell(LegArrived(leg=leg.id, switch=self.name, caller=leg.caller, called=leg.called))
        person = leg.person
        if isinstance(person, Caller):
            if person.patience is not None:
                self.at(at + person.patience, self._lose_patience, leg.id)
            if leg.presses:
                self._press_for(leg, {""}, at)

    def _lose_patience(self, leg_id: LegId, at: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and not leg.talks:
            self._end(leg, "hangup", at)

    def _press_for(self, leg: Leg, prompts: set[str], at: float) -> None:
        """Press the first unused keys meant for one of these prompts."""
        for press in list(leg.presses):
            if press.prompt in prompts:
                leg.presses.remove(press)
                self.press(leg.id, press.digits, at + press.delay)
                if press.prompt:
                    return

    # -- commands --------------------------------------------------------------------------

    def _answer_inbound(self, command: Answer, now: float) -> None:
        if (leg := self._leg_of(command, now)) is not None:
            leg.up = True

    def _play(self, command: Prompt, now: float) -> None:
        if (leg := self._leg_of(command, now)) is not None:
            leg.line.play(command)
            self._follow(leg, now)

    def _stop_prompt(self, command: StopPrompt, now: float) -> None:
        if (leg := self._leg_of(command, now)) is not None:
            leg.line.stop(command.prompt)
            self._follow(leg, now)

    def _record(self, command: Record, now: float) -> None:
        leg = self._leg_of(command, now)
        if leg is not None and leg.recorder is None:
            leg.recorder = Recorder(command, leg.speaks, now)
            self.at(leg.recorder.deadline(), self._recorded, (leg.id, leg.recorder))

    def _stop_recording(self, command: StopRecording, now: float) -> None:
        leg = self._leg_of(command, now)
        recorder = leg.recorder if leg is not None else None
        if recorder is not None and recorder.record.recording == command.recording:
            self.at(now, self._stop_recorder, (command.leg, recorder))

    def _stop_recorder(self, one: tuple[LegId, Recorder], at: float) -> None:
        leg, recorder = self._legs.get(one[0]), one[1]
        if leg is not None and leg.recorder is recorder:
            leg.recorder = None
            self._tell(recorder.stopped(at))

    def _recorded(self, one: tuple[LegId, Recorder], _: float) -> None:
        leg, recorder = self._legs.get(one[0]), one[1]
        if leg is not None and leg.recorder is recorder:
            leg.recorder = None
            self._tell(recorder.over())

    def _withdraw(self, command: Hangup, now: float) -> None:
        if command.leg in self._legs:
            self.at(now, self._withdrawn, command.leg)

    def _withdrawn(self, leg_id: LegId, at: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._end(leg, "withdrawn", at)

    def _dial(self, command: Dial, now: float) -> None:
        if command.leg in self._legs:
            return
        answering = self._phones.taking(command) or Answering(does="unreachable")
        leg = Leg(command.leg, command.caller, command.to, answering, inbound=False)
        leg.auto_answer, leg.detect = command.auto_answer, command.detect
        self._legs[leg.id] = leg
        rings_at, ends_at = now + self._ringing_delay, now + command.timeout
        if answering.does == "unreachable":
            self.at(now, self._end_unanswered, (leg.id, "unreachable"))
        elif answering.does == "busy":
            self.at(rings_at, self._end_unanswered, (leg.id, "busy"))
        else:
            if self._quiet:
                self._ring((leg, answering), now)
            else:
                self.at(rings_at, self._ring, (leg, answering))
            if answering.does != "answers" or rings_at + answering.after >= ends_at:
                self.at(ends_at, self._end_unanswered, (leg.id, "no_answer"))

    def _ring(self, one: tuple[Leg, Answering], at: float) -> None:
        leg, answering = one
        if leg.id not in self._legs:
            return
        leg.ringing = True
        if not self._quiet:
            self._tell(LegRinging(leg=leg.id))
        if answering.does == "declines":
            self.at(at + answering.after, self._end_unanswered, (leg.id, "declined"))
        elif leg.auto_answer:
            self.at(at, self._answer, leg.id)
        elif answering.does == "answers":
            self.at(at + answering.after, self._answer, leg.id)

    def _answer(self, leg_id: LegId, at: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and leg.ringing and not leg.up:
            leg.up = True
            if leg.detect:
                self.at(at + DETECTION_DELAY, self._detected, leg)
            else:
                self._tell(LegAnswered(leg=leg_id))

    def _detected(self, leg: Leg, _: float) -> None:
        if self._legs.get(leg.id) is leg:
            machine = isinstance(leg.person, Answering) and leg.person.machine
            self._tell(LegAnswered(leg=leg.id, by="machine" if machine else "person"))

    def _end_unanswered(self, one: tuple[LegId, EndCause], at: float) -> None:
        leg = self._legs.get(one[0])
        if leg is not None and not leg.up:
            self._end(leg, one[1], at)

    # -- prompts and digits ----------------------------------------------------------------

    def _press(self, one: tuple[LegId, str], at: float) -> None:
        leg_id, digit = one
        leg = self._legs.get(leg_id)
        if leg is None:
            return
        if leg.recorder is not None and (ended := leg.recorder.pressed(digit, at)) is not None:
            leg.recorder = None
            self._tell(ended)
            return
        leg.line.press(digit, at)
        self._follow(leg, at)

    def _listen(self, leg_id: LegId, at: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and leg.line.deadline() is not None:
            self._follow(leg, at)

    def _follow(self, leg: Leg, at: float) -> None:
        """Let a leg's line catch up with the time, and look again when it wants to."""
        line = leg.line
        line.advance(at)
        if line.told:
            for event in line.told:
                self._tell(event)
            line.told = []
        if line.begun:
            if leg.presses:
                for prompt in line.begun:
                    names = {getattr(item, "name", "") for item in prompt.media} - {""}
                    self._press_for(leg, names, at)
            line.begun = []
        if (deadline := line.deadline()) is not None:
            self.at(deadline, self._listen, leg.id)
