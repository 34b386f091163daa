"""The switchboard of a simulated world: time, the link, the legs that are up, and what fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, TypeAlias

from calls.base import EndCause, LegId
from calls.commands import (
    Answer,
    Beep,
    Command,
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
from calls.events import (
    CommandFailed,
    LegEnded,
    LiveLeg,
    Surveyed,
    SwitchDown,
    SwitchEvent,
    SwitchUp,
)
from switch.simulated.bridges import Bridges
from switch.simulated.leg import Leg
from switch.simulated.phones import Phones
from switch.simulated.scripts import Answering

#: Something that happens at its time: what it is about, and when.
Happening: TypeAlias = Callable[[Any, float], None]

_OfLeg: TypeAlias = (
    Answer
    | Prompt
    | StopPrompt
    | StartMusic
    | StopMusic
    | Record
    | StopRecording
    | Beep
    | Hold
    | Unhold
    | Mute
    | Supervise
    | Hangup
)
_OfBridge: TypeAlias = Unbridge | RecordBridge | PauseBridgeRecording | StopBridgeRecording
#: Their purpose is met when the leg is gone.
_MET = (StopPrompt, StopMusic, StopRecording, Unhold, Hangup)


@dataclass(slots=True)
class _Failure:
    kind: type[Command]
    gone: bool
    detail: str


class Board:
    """All legs, bridges and phones of a switch called `name`, in the order of time. What commands
    do is up to who fills in `carries_out`."""

    #: What `execute` does with each command while the link is up and nothing is to fail.
    carries_out: Mapping[type[Command], Callable[[Any, float], object]]

    def __init__(self, name: str, strangers: Answering | None) -> None:
        self.name = name
        #: When, in what order, what happens, and what it is about. Typed loosely: compiled code
        #: would take a tuple of known length apart at each look.
        self._heap: list[tuple[Any, ...]] = []
        self._order = 0
        self._told: list[SwitchEvent] = []
        self._passed = 0.0
        self._legs: dict[LegId, Leg] = {}
        self._bridges = Bridges()
        self._phones = Phones(strangers)
        self._connected = False
        self._failures: list[_Failure] = []

    # -- driving ---------------------------------------------------------------------------

    def deadline(self) -> float | None:
        """When there is something to tell next, if nobody interferes."""
        if self._told:
            return self._passed
        return self._heap[0][0] if self._heap else None

    def advance(self, now: float) -> list[SwitchEvent]:
        """Let everything happen that is due by `now`, and tell it in order."""
        self._passed = now
        heap = self._heap
        while heap:
            due: float = heap[0][0]
            if due > now:
                break
            at, _, happen, what = heappop(heap)
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

    def at(self, when: float, happen: Happening, what: Any) -> None:
        """Let something of others' happen in this world; it is called with `what` and the time."""
        self._order += 1
        heappush(self._heap, (when, self._order, happen, what))

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
            SwitchUp(switch=self.name, legs=self._live(), phones=tuple(sorted(self._phones.online)))
        )

    def _disconnect(self, _nothing: None, _at: float) -> None:
        self._tell(SwitchDown(switch=self.name))
        self._connected = False

    # -- failures --------------------------------------------------------------------------

    def fail_next(
        self, kind: type[Command], *, gone: bool = False, detail: str = "refused"
    ) -> None:
        """The next command of this kind is not done; `gone`: its (first) leg hangs up meanwhile."""
        self._failures.append(_Failure(kind, gone, detail))

    def hang_up(self, leg: LegId, at: float) -> None:
        """The party hangs up; a phone that still rings declines."""
        self.at(at, self._hang_up, leg)

    def lose(self, leg_id: LegId, at: float) -> None:
        """A leg vanishes and nobody is told; only a survey or a reconnection shows it."""
        self.at(at, self._lose, leg_id)

    def _hang_up(self, leg_id: LegId, at: float) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._end(leg, "hangup" if leg.inbound or leg.up else "declined", at)

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
        if failure.gone and not isinstance(command, _OfBridge):
            leg = command.legs[0] if isinstance(command, Join) else command.leg
            self.hang_up(leg, now)
        return True

    def _leg_of(self, command: _OfLeg, now: float) -> Leg | None:
        leg = self._legs.get(command.leg)
        if leg is None and not isinstance(command, _MET):
            self._fail(command, now, gone=True, detail="no such leg")
        return leg

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
        self._bridges.leave(leg)
        del self._legs[leg.id]
