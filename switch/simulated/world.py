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
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import assert_never

from calls.base import BridgeId, EndCause, LegId
from calls.commands import (
    Answer,
    Command,
    Dial,
    Hangup,
    Join,
    Prompt,
    StartMusic,
    StopMusic,
    StopPrompt,
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
from switch.simulated.line import Line
from switch.simulated.scripts import Answering, Caller

#: From our Dial to the phone's ringing.
RINGING_DELAY = 0.1
#: Between two keys of one `Press`.
KEY_DELAY = 0.25


def _legs_of(command: Command) -> tuple[LegId, ...]:
    match command:
        case Unbridge():
            return ()
        case Join(legs=legs):
            return legs
        case _:
            return (command.leg,)


@dataclass(slots=True)
class _Leg:
    """One party's connection, as the switch sees it."""

    id: LegId
    inbound: bool
    caller: str
    called: str
    person: Caller | Answering
    up: bool = False
    bridge: BridgeId | None = None
    #: Which of the caller's presses are used up.
    pressed: set[int] = field(default_factory=set)
    ringing: bool = False
    talk_begun: bool = False
    line: Line = field(init=False)

    def __post_init__(self) -> None:
        self.line = Line(self.id)


@dataclass(slots=True)
class _Failure:
    kind: type[Command]
    gone: bool
    detail: str


class World:
    """All legs, bridges and phones of one simulated switch called `name`. Phones that it dials
    ring after `ringing_delay` seconds."""

    def __init__(self, name: str = "sim", *, ringing_delay: float = RINGING_DELAY) -> None:
        self.name = name
        self._ringing_delay = ringing_delay
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = itertools.count()
        self._arrivals = itertools.count(1)
        self._told: list[SwitchEvent] = []
        self._passed = 0.0
        self._legs: dict[LegId, _Leg] = {}
        self._bridges: dict[BridgeId, set[LegId]] = {}
        self._connected = False
        self._online: set[str] = set()
        self._answering: dict[str, deque[Answering]] = {}
        self._failures: list[_Failure] = []

    # -- driving ---------------------------------------------------------------------------

    def deadline(self) -> float | None:
        """When there is something to tell next, if nobody interferes."""
        if self._told:
            return self._passed
        return self._heap[0][0] if self._heap else None

    def advance(self, now: float) -> list[SwitchEvent]:
        """Let everything happen that is due by `now`, and tell it in order."""
        self._pass(now)
        told, self._told = self._told, []
        return told

    def execute(self, command: Command, now: float) -> None:
        """Do what we are told. Failures are told as `CommandFailed`, nothing is raised."""
        failure = next((f for f in self._failures if isinstance(command, f.kind)), None)
        if failure is not None:
            self._failures.remove(failure)
            self._fail(command, now, gone=failure.gone, detail=failure.detail)
            if failure.gone and (legs := _legs_of(command)):
                self.hang_up(legs[0], now)
            return
        if not self._connected:
            self._fail(command, now, gone=False, detail="the link to the switch is down")
            return
        match command:
            case Dial():
                self._dial(command, now)
            case Join():
                self._join(command, now)
            case Unbridge(bridge=bridge):
                for leg_id in self._bridges.pop(bridge, set()):
                    self._legs[leg_id].bridge = None
            case Answer() | Prompt() | StopPrompt() | StartMusic() | StopMusic() | Hangup():
                leg = self._legs.get(command.leg)
                if leg is None:
                    if not isinstance(command, StopPrompt | StopMusic | Hangup):
                        self._fail(command, now, gone=True, detail="no such leg")
                    return
                self._on_leg(leg, command, now)
            case _:
                assert_never(command)

    def legs(self, now: float) -> tuple[LiveLeg, ...]:
        """What is really up, in order of arrival."""
        self._pass(now)
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
        self._at(now, self._connect)

    def disconnect(self, now: float) -> None:
        """The link is lost. The legs live on, untold."""
        self._at(now, self._disconnect)

    def survey(self, now: float) -> None:
        """Ask in passing what is up."""
        self._at(now, lambda _: self._tell(Surveyed(switch=self.name, legs=self._live())))

    def _connect(self, _: float) -> None:
        self._connected = True
        self._told = []
        self._tell(
            SwitchUp(switch=self.name, legs=self._live(), phones=tuple(sorted(self._online)))
        )

    def _disconnect(self, _: float) -> None:
        self._tell(SwitchDown(switch=self.name))
        self._connected = False

    # -- people ----------------------------------------------------------------------------

    def call(self, caller: Caller, at: float) -> LegId:
        """Let somebody dial us at a time; gives the id that their leg will have."""
        leg_id = f"{self.name}/in-{next(self._arrivals)}"
        self._at(at, partial(self._arrive, leg_id, caller))
        return leg_id

    def register(self, phone: str, at: float, *answering: Answering) -> None:
        """A phone comes online. It is rung as `answering` says, the last one for ever."""
        self.set_answering(phone, *answering)
        self._at(at, partial(self._phone, phone, True))

    def unregister(self, phone: str, at: float) -> None:
        self._at(at, partial(self._phone, phone, False))

    def set_answering(self, phone: str, *answering: Answering) -> None:
        """How a phone takes its next rings, one after the other; the last one for ever."""
        self._answering[phone] = deque(answering or (Answering(),))

    def answer(self, leg: LegId, at: float) -> None:
        """Pick up a ringing phone by hand."""
        self._at(at, partial(self._answer, leg))

    def press(self, leg: LegId, digits: str, at: float) -> None:
        for index, digit in enumerate(digits):
            self._at(at + index * KEY_DELAY, partial(self._press, leg, digit))

    def hang_up(self, leg: LegId, at: float) -> None:
        """The party hangs up; a phone that still rings declines."""
        self._at(at, partial(self._hang_up, leg))

    def _phone(self, phone: str, online: bool, _: float) -> None:
        if online != (phone in self._online):
            (self._online.add if online else self._online.discard)(phone)
            self._tell(PhoneChanged(phone=phone, online=online))

    def _arrive(self, leg_id: LegId, caller: Caller, at: float) -> None:
        leg = _Leg(leg_id, True, caller.number, caller.dials, caller)
        self._legs[leg_id] = leg
        self._tell(
            LegArrived(leg=leg_id, switch=self.name, caller=caller.number, called=caller.dials)
        )
        if caller.patience is not None:
            self._at(at + caller.patience, partial(self._lose_patience, leg_id))
        self._press_for(leg, {""}, at)

    def _lose_patience(self, leg_id: LegId, _: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and not leg.talk_begun:
            self._end(leg, "hangup")

    def _press_for(self, leg: _Leg, prompts: set[str], at: float) -> None:
        """Press the first unused keys meant for one of these prompts."""
        if not isinstance(leg.person, Caller):
            return
        for index, press in enumerate(leg.person.presses):
            if press.prompt in prompts and index not in leg.pressed:
                leg.pressed.add(index)
                self.press(leg.id, press.digits, at + press.delay)
                if press.prompt:
                    return

    def _hang_up(self, leg_id: LegId, _: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._end(leg, "hangup" if leg.inbound or leg.up else "declined")

    # -- failures --------------------------------------------------------------------------

    def fail_next(
        self, kind: type[Command], *, gone: bool = False, detail: str = "refused"
    ) -> None:
        """The next command of this kind is not done; `gone`: its (first) leg hangs up meanwhile."""
        self._failures.append(_Failure(kind, gone, detail))

    def lose(self, leg_id: LegId, at: float) -> None:
        """A leg vanishes and nobody is told; only a survey or a reconnection shows it."""
        self._at(at, partial(self._lose, leg_id))

    def _lose(self, leg_id: LegId, _: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._forget(leg)

    # -- commands --------------------------------------------------------------------------

    def _on_leg(
        self,
        leg: _Leg,
        command: Answer | Prompt | StopPrompt | StartMusic | StopMusic | Hangup,
        now: float,
    ) -> None:
        match command:
            case Answer():
                leg.up = True
            case Prompt():
                leg.line.play(command)
                self._at(now, partial(self._listen, leg.id))
            case StopPrompt():
                leg.line.stop(command.prompt)
                self._at(now, partial(self._listen, leg.id))
            case StartMusic():
                leg.line.music = command.music
            case StopMusic():
                leg.line.music = None
            case Hangup():
                self._at(now, partial(self._withdraw, leg.id))
            case _:
                assert_never(command)

    def _withdraw(self, leg_id: LegId, _: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._end(leg, "withdrawn")

    def _dial(self, command: Dial, now: float) -> None:
        if command.leg in self._legs:
            return
        phone = command.to.removeprefix("phone:")
        plan = self._answering.get(phone, deque((Answering(),)))
        answering = plan.popleft() if len(plan) > 1 else plan[0]
        leg = _Leg(command.leg, False, command.caller, command.to, answering)
        self._legs[leg.id] = leg
        if answering.does == "unreachable" or (
            command.to.startswith("phone:") and phone not in self._online
        ):
            self._at(now, partial(self._end_unanswered, leg.id, "unreachable"))
        elif answering.does == "busy":
            self._at(now + self._ringing_delay, partial(self._end_unanswered, leg.id, "busy"))
        else:
            self._at(now + self._ringing_delay, partial(self._ring, leg.id))
            self._at(now + command.timeout, partial(self._end_unanswered, leg.id, "no_answer"))

    def _ring(self, leg_id: LegId, at: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is None or not isinstance(leg.person, Answering):
            return
        leg.ringing = True
        self._tell(LegRinging(leg=leg_id))
        if leg.person.does == "answers":
            self._at(at + leg.person.after, partial(self._answer, leg_id))
        elif leg.person.does == "declines":
            self._at(at + leg.person.after, partial(self._end_unanswered, leg_id, "declined"))

    def _answer(self, leg_id: LegId, _: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and leg.ringing and not leg.up:
            leg.up = True
            self._tell(LegAnswered(leg=leg_id))

    def _end_unanswered(self, leg_id: LegId, cause: EndCause, _: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and not leg.up:
            self._end(leg, cause)

    def _join(self, command: Join, now: float) -> None:
        missing = [leg_id for leg_id in command.legs if leg_id not in self._legs]
        if missing:
            detail = f"no such leg: {', '.join(missing)}"
            self._fail(command, now, gone=True, detail=detail)
            return
        members = self._bridges.setdefault(command.bridge, set())
        for leg_id in command.legs:
            leg = self._legs[leg_id]
            if leg.bridge not in (None, command.bridge):
                self._leave_bridge(leg)
            leg.bridge, leg.line.music = command.bridge, None
            members.add(leg_id)
        if len(members) > 1:
            for leg_id in sorted(members):
                self._begin_talk(self._legs[leg_id], now)

    def _begin_talk(self, leg: _Leg, now: float) -> None:
        if not leg.talk_begun:
            leg.talk_begun = True
            if leg.person.talks is not None:
                self._at(now + leg.person.talks, partial(self._hang_up, leg.id))

    # -- prompts and digits ----------------------------------------------------------------

    def _press(self, leg_id: LegId, digit: str, at: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None:
            leg.line.press(digit, at)
            self._listen(leg_id, at)

    def _listen(self, leg_id: LegId, at: float) -> None:
        """Let a leg's line catch up with the time, and look again when it wants to."""
        leg = self._legs.get(leg_id)
        if leg is None:
            return
        leg.line.advance(at)
        told, leg.line.told = leg.line.told, []
        begun, leg.line.begun = leg.line.begun, []
        for event in told:
            self._tell(event)
        for prompt in begun:
            self._press_for(leg, {getattr(item, "name", "") for item in prompt.media} - {""}, at)
        if (deadline := leg.line.deadline()) is not None:
            self._at(deadline, partial(self._listen, leg_id))

    # -- inside ----------------------------------------------------------------------------

    def _pass(self, now: float) -> None:
        self._passed = now
        while self._heap and self._heap[0][0] <= now:
            at, _, happen = heapq.heappop(self._heap)
            happen(at)

    def _at(self, at: float, happen: Callable[[float], None]) -> None:
        heapq.heappush(self._heap, (at, next(self._order), happen))

    def _tell(self, event: SwitchEvent) -> None:
        if self._connected:
            self._told.append(event)

    def _fail(self, command: Command, now: float, *, gone: bool, detail: str) -> None:
        """Told even while the link is down: it is our side that says so."""
        failed = CommandFailed(command=command, gone=gone, detail=detail)
        self._at(now, lambda _: self._told.append(failed))

    def _end(self, leg: _Leg, cause: EndCause) -> None:
        self._forget(leg)
        self._tell(LegEnded(leg=leg.id, cause=cause))

    def _forget(self, leg: _Leg) -> None:
        self._leave_bridge(leg)
        del self._legs[leg.id]

    def _leave_bridge(self, leg: _Leg) -> None:
        if leg.bridge is not None:
            members = self._bridges[leg.bridge]
            members.discard(leg.id)
            if not members:
                del self._bridges[leg.bridge]
            leg.bridge = None
