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
4. A prompt silences the music; digits that it does not collect are told as `DigitPressed` and
   kept for the next prompt that has a rule.
"""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from calls.base import BridgeId, EndCause, LegId
from calls.commands import (
    Answer,
    Beep,
    Command,
    Dial,
    Hangup,
    Join,
    Prompt,
    Record,
    StartMusic,
    StopMusic,
    StopPrompt,
    StopRecording,
    Unbridge,
)
from calls.events import (
    CommandFailed,
    LegAnswered,
    LegArrived,
    LegEnded,
    LegRinging,
    LiveLeg,
    PhoneChanged,
    Surveyed,
    SwitchDown,
    SwitchEvent,
    SwitchUp,
)
from switch.simulated.leg import Leg, Recorder
from switch.simulated.scripts import Answering, Caller

#: From our Dial to the phone's ringing.
RINGING_DELAY = 0.1
#: Between two keys of one `Press`.
KEY_DELAY = 0.25

#: Something that happens at its time: what it is about, and when.
Happening: TypeAlias = Callable[[Any, float], None]

_OfLeg: TypeAlias = (
    Answer | Prompt | StopPrompt | StartMusic | StopMusic | Record | StopRecording | Beep | Hangup
)
#: Their purpose is met when the leg is gone.
_MET = (StopPrompt, StopMusic, StopRecording, Hangup)


@dataclass(slots=True)
class _Failure:
    kind: type[Command]
    gone: bool
    detail: str


class World:
    """All legs, bridges and phones of one simulated switch called `name`. Phones that it dials ring
    after a moment, which is told; with `quiet`, at once and untold."""

    def __init__(self, name: str = "sim", *, quiet: bool = False) -> None:
        self.name = name
        self._quiet = quiet
        self._ringing_delay = 0.0 if quiet else RINGING_DELAY
        #: When, in what order, what happens, and what it is about.
        self._heap: list[tuple[float, int, Happening, Any]] = []
        self._order = 0
        self._arrivals = 0
        self._told: list[SwitchEvent] = []
        self._passed = 0.0
        self._legs: dict[LegId, Leg] = {}
        #: Who is in a bridge, and whether their conversation has begun.
        self._bridges: dict[BridgeId, dict[LegId, bool]] = {}
        self._connected = False
        self._online: set[str] = set()
        self._answering: dict[str, deque[Answering]] = {}
        self._failures: list[_Failure] = []
        #: What `execute` does with each command while the link is up and nothing is to fail.
        self.carries_out = self._what_is_done()

    # -- driving ---------------------------------------------------------------------------

    def deadline(self) -> float | None:
        """When there is something to tell next, if nobody interferes."""
        if self._told:
            return self._passed
        return self._heap[0][0] if self._heap else None

    def advance(self, now: float) -> list[SwitchEvent]:
        """Let everything happen that is due by `now`, and tell it in order."""
        self._passed = now
        heap, pop = self._heap, heapq.heappop
        while heap and heap[0][0] <= now:
            at, _, happen, what = pop(heap)
            happen(what, at)
        told, self._told = self._told, []
        return told

    def execute(self, command: Command, now: float) -> None:
        """Do what we are told. Failures are told as `CommandFailed`, nothing is raised."""
        if self._failures and self._fails(command, now):
            return
        if not self._connected:
            self._fail(command, now, gone=False, detail="the link to the switch is down")
            return
        self.carries_out[type(command)](command, now)

    def _what_is_done(self) -> dict[type[Command], Callable[[Any, float], None]]:
        return {
            Answer: self._answer_inbound,
            Prompt: self._play,
            StopPrompt: self._stop_prompt,
            StartMusic: self._start_music,
            StopMusic: self._stop_music,
            Dial: self._dial,
            Record: self._record,
            StopRecording: self._stop_recording,
            Beep: self._beep,
            Join: self._join,
            Unbridge: self._unbridge,
            Hangup: self._withdraw,
        }

    def at(self, when: float, happen: Happening, what: Any) -> None:
        """Let something of others' happen in this world; it is called with `what` and the time."""
        self._order += 1
        heapq.heappush(self._heap, (when, self._order, happen, what))

    def legs(self, now: float) -> tuple[LiveLeg, ...]:
        """What is really up, in order of arrival."""
        self._told = self.advance(now)
        return self._live()

    def _live(self) -> tuple[LiveLeg, ...]:
        return tuple(
            LiveLeg(
                leg=leg.id,
                inbound=leg.inbound,
                up=leg.up,
                caller=leg.caller,
                called=leg.called,
                bridge=leg.bridge,
            )
            for leg in self._legs.values()
        )

    # -- the link --------------------------------------------------------------------------

    def connect(self, now: float) -> None:
        """The link comes up; `SwitchUp` says what is there."""
        self.at(now, self._connect, None)

    def disconnect(self, now: float) -> None:
        """The link is lost. The legs live on, untold."""
        self.at(now, self._disconnect, None)

    def survey(self, now: float) -> None:
        """Ask in passing what is up."""
        self.at(now, self._survey, None)

    def _survey(self, _nothing: None, _at: float) -> None:
        self._tell(Surveyed(switch=self.name, legs=self._live()))

    def _connect(self, _nothing: None, _at: float) -> None:
        self._connected = True
        self._told = []
        self._tell(
            SwitchUp(switch=self.name, legs=self._live(), phones=tuple(sorted(self._online)))
        )

    def _disconnect(self, _nothing: None, _at: float) -> None:
        self._tell(SwitchDown(switch=self.name))
        self._connected = False

    # -- people ----------------------------------------------------------------------------

    def call(self, caller: Caller, at: float) -> LegId:
        """Let somebody dial us at a time; gives the id that their leg will have."""
        self._arrivals += 1
        leg_id = f"{self.name}/in-{self._arrivals}"
        self.at(at, self._arrive, Leg(leg_id, True, caller.number, caller.dials, caller))
        return leg_id

    def register(self, phone: str, at: float, *answering: Answering) -> None:
        """A phone comes online. It is rung as `answering` says, the last one for ever."""
        self.set_answering(phone, *answering)
        self.at(at, self._phone, (phone, True))

    def unregister(self, phone: str, at: float) -> None:
        self.at(at, self._phone, (phone, False))

    def set_answering(self, name: str, *answering: Answering) -> None:
        """How a phone, or an outside number, takes its next rings, one after the other; the last
        one for ever."""
        self._answering[name] = deque(answering or (Answering(),))

    def answer(self, leg: LegId, at: float) -> None:
        """Pick up a ringing phone by hand."""
        self.at(at, self._answer, leg)

    def press(self, leg: LegId, digits: str, at: float) -> None:
        for index, digit in enumerate(digits):
            self.at(at + index * KEY_DELAY, self._press, (leg, digit))

    def hang_up(self, leg: LegId, at: float) -> None:
        """The party hangs up; a phone that still rings declines."""
        self.at(at, self._hang_up, leg)

    def _phone(self, changed: tuple[str, bool], _: float) -> None:
        phone, online = changed
        if online != (phone in self._online):
            (self._online.add if online else self._online.discard)(phone)
            self._tell(PhoneChanged(phone=phone, online=online))

    def _arrive(self, leg: Leg, at: float) -> None:
        self._legs[leg.id] = leg
        self._tell(LegArrived(leg=leg.id, switch=self.name, caller=leg.caller, called=leg.called))
        person = leg.person
        if isinstance(person, Caller):
            if person.patience is not None:
                self.at(at + person.patience, self._lose_patience, leg.id)
            if person.presses:
                self._press_for(leg, person, {""}, at)

    def _lose_patience(self, leg_id: LegId, at: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and not leg.talks:
            self._end(leg, "hangup", at)

    def _press_for(self, leg: Leg, person: Caller, prompts: set[str], at: float) -> None:
        """Press the first unused keys meant for one of these prompts."""
        for index, press in enumerate(person.presses):
            if press.prompt in prompts and index not in leg.pressed:
                leg.pressed.add(index)
                self.press(leg.id, press.digits, at + press.delay)
                if press.prompt:
                    return

    def _hang_up(self, leg_id: LegId, at: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._end(leg, "hangup" if leg.inbound or leg.up else "declined", at)

    # -- failures --------------------------------------------------------------------------

    def fail_next(
        self, kind: type[Command], *, gone: bool = False, detail: str = "refused"
    ) -> None:
        """The next command of this kind is not done; `gone`: its (first) leg hangs up meanwhile."""
        self._failures.append(_Failure(kind, gone, detail))

    def lose(self, leg_id: LegId, at: float) -> None:
        """A leg vanishes and nobody is told; only a survey or a reconnection shows it."""
        self.at(at, self._lose, leg_id)

    def _lose(self, leg_id: LegId, _: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._forget(leg)

    def _fails(self, command: Command, now: float) -> bool:
        failure = next((one for one in self._failures if isinstance(command, one.kind)), None)
        if failure is None:
            return False
        self._failures.remove(failure)
        self._fail(command, now, gone=failure.gone, detail=failure.detail)
        if failure.gone and not isinstance(command, Unbridge):
            leg = command.legs[0] if isinstance(command, Join) else command.leg
            self.hang_up(leg, now)
        return True

    # -- commands --------------------------------------------------------------------------

    def _leg_of(self, command: _OfLeg, now: float) -> Leg | None:
        leg = self._legs.get(command.leg)
        if leg is None and not isinstance(command, _MET):
            self._fail(command, now, gone=True, detail="no such leg")
        return leg

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

    def _start_music(self, command: StartMusic, now: float) -> None:
        if (leg := self._leg_of(command, now)) is not None:
            leg.line.music = command.music

    def _stop_music(self, command: StopMusic, now: float) -> None:
        if (leg := self._leg_of(command, now)) is not None:
            leg.line.music = None

    def _beep(self, command: Beep, now: float) -> None:
        self._leg_of(command, now)

    def _record(self, command: Record, now: float) -> None:
        leg = self._leg_of(command, now)
        if leg is not None and leg.recorder is None:
            leg.recorder = Recorder(command, leg.person.speaks, now)
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
        scheme, _, name = command.to.partition(":")
        plan = self._answering.get(name)
        answering = Answering() if plan is None else plan.popleft() if len(plan) > 1 else plan[0]
        leg = Leg(command.leg, False, command.caller, command.to, answering)
        leg.auto_answer = command.auto_answer
        self._legs[leg.id] = leg
        missing = scheme == "phone" and name not in self._online
        rings_at = now + self._ringing_delay
        if missing or answering.does == "unreachable":
            self.at(now, self._end_unanswered, (leg.id, "unreachable"))
        elif answering.does == "busy":
            self.at(rings_at, self._end_unanswered, (leg.id, "busy"))
        else:
            if self._quiet:
                self._ring((leg, answering), now)
            else:
                self.at(rings_at, self._ring, (leg, answering))
            if answering.does != "answers" or rings_at + answering.after >= now + command.timeout:
                self.at(now + command.timeout, self._end_unanswered, (leg.id, "no_answer"))

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

    def _answer(self, leg_id: LegId, _: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and leg.ringing and not leg.up:
            leg.up = True
            self._tell(LegAnswered(leg=leg_id))

    def _end_unanswered(self, one: tuple[LegId, EndCause], at: float) -> None:
        leg = self._legs.get(one[0])
        if leg is not None and not leg.up:
            self._end(leg, one[1], at)

    # -- bridges ---------------------------------------------------------------------------

    def _join(self, command: Join, now: float) -> None:
        legs = self._legs
        missing = [leg_id for leg_id in command.legs if leg_id not in legs]
        if missing:
            detail = f"no such leg: {', '.join(missing)}"
            self._fail(command, now, gone=True, detail=detail)
            return
        members = self._bridges.setdefault(command.bridge, {})
        for leg_id in command.legs:
            leg = legs[leg_id]
            if leg.bridge != command.bridge:
                if leg.bridge is not None:
                    self._leave_bridge(leg, leg.bridge)
                leg.bridge, leg.line.music = command.bridge, None
                members[leg_id] = False
        if len(members) > 1:
            for leg_id, talks in members.items():
                if not talks:
                    members[leg_id] = True
                    self._begin_talk(legs[leg_id], now)

    def _unbridge(self, command: Unbridge, _: float) -> None:
        for leg_id in self._bridges.pop(command.bridge, ()):
            self._legs[leg_id].bridge = None

    def _leave_bridge(self, leg: Leg, bridge: BridgeId) -> None:
        members = self._bridges[bridge]
        del members[leg.id]
        if not members:
            del self._bridges[bridge]
        leg.bridge = None

    def _begin_talk(self, leg: Leg, now: float) -> None:
        leg.talks += 1
        if leg.person.talks is not None:
            self.at(now + leg.person.talks, self._end_talk, (leg, leg.talks))

    def _end_talk(self, one: tuple[Leg, int], at: float) -> None:
        leg, talk = one
        if leg.id in self._legs and leg.talks == talk and leg.bridge is not None:
            self._end(leg, "hangup", at)

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
        line, person = leg.line, leg.person
        line.advance(at)
        if line.told:
            for event in line.told:
                self._tell(event)
            line.told = []
        if line.begun:
            if isinstance(person, Caller) and person.presses:
                for prompt in line.begun:
                    names = {getattr(item, "name", "") for item in prompt.media} - {""}
                    self._press_for(leg, person, names, at)
            line.begun = []
        if (deadline := line.deadline()) is not None:
            self.at(deadline, self._listen, leg.id)

    # -- inside ----------------------------------------------------------------------------

    def _tell(self, event: SwitchEvent) -> None:
        if self._connected:
            self._told.append(event)

    def _fail(self, command: Command, now: float, *, gone: bool, detail: str) -> None:
        failed = CommandFailed(command=command, gone=gone, detail=detail)
        self.at(now, self._failed, failed)

    def _failed(self, failed: CommandFailed, _: float) -> None:
        """Told even while the link is down: it is our side that says so."""
        self._told.append(failed)

    def _end(self, leg: Leg, cause: EndCause, at: float) -> None:
        self._forget(leg)
        if leg.recorder is not None:
            self._tell(leg.recorder.hung_up(at))
        self._tell(LegEnded(leg=leg.id, cause=cause))

    def _forget(self, leg: Leg) -> None:
        if leg.bridge is not None:
            self._leave_bridge(leg, leg.bridge)
        del self._legs[leg.id]
