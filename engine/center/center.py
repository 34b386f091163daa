"""The call center as one pure machine: it routes each message and joins flows with queues.

Theory of operation
-------------------
1. A call is in one of five phases. ``menu``: its flow decides; ``waiting``: the Acd decides;
   ``calling``: an agent waits for a caller who kept the place and is dialled now; ``talking`` and
   ``outside``: its parties decide. A call that has ended is forgotten at once; only its leg stays
   in `closing` until the switch says that it is gone.
2. The flow and the Acd never meet. What one of them puts out that concerns the other passes
   through `engine.center.treatment` and `CallCenter.acd_does`, in the same step. The Acd tells
   all that came of one message before it takes the next: what must be asked of it because of
   what it said is done `soon`, after all of that.
3. Every leg that we count on is in `legs`. An event about any other leg is late: it is counted in
   `late` and dropped. That is how all hang-up races end.
4. Ids are minted from a counter in the state. No clock, no dice: the same messages at the same
   times give the same outputs, so the journal can be replayed.

The class is the machine's hub: its three verbs, who takes which word, and what all need. What is
done with a word is in a module for each matter: `life` (legs come and go), `treatment` (flows and
waits), `ringing`, `seats`, `overflow`, `transfers`, `recalls`, `favours`, `pop`, `reconcile`; what
agents and supervisors do in a conversation is in `talking`, `handover`, `consulting`, `recordings`
and `supervision`.
"""

from collections import Counter, deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Final, TypeAlias

from acd.acd import Acd
from acd.messages import AcdMessage
from acd.state import AcdState
from calls import actions, events, facts
from calls.actions import Refused
from calls.base import CallId, Instant, LegId
from calls.commands import Answer, Command, Hangup
from calls.errors import UnexpectedEvent
from calls.messages import Message, Output
from calls.requests import Request
from calls.views import LiveView
from engine.center import (
    handover,
    life,
    live,
    overflow,
    pop,
    recalls,
    reconcile,
    recordings,
    ringing,
    seats,
    supervision,
    talking,
    transfers,
    treatment,
    view,
)
from engine.center.around import Around
from engine.center.live import Call, Leg
from engine.center.shelf import Shelf
from engine.center.state import CenterState, HangupReason
from ivr.live import revived_wait, revived_walk
from ivr.session import Session
from ivr.waiting import Waiting


class CallCenter:
    """All calls, queues and agents of one center. See the module's theory of operation."""

    def __init__(self, state: CenterState | None = None, *, center: str = "c") -> None:
        record = state or CenterState(center=center, acd=AcdState())
        self.state = live.State(record)
        self.acd = Acd(record.acd)
        self.shelf = Shelf(self.state)
        self.around = Around(self)
        self.late: Counter[str] = Counter()
        #: Those of the state, alive.
        self.calls: dict[CallId, Call] = {}
        self.legs: dict[LegId, Leg] = {}
        self.sessions: dict[CallId, Session] = {}
        self.waits: dict[CallId, Waiting] = {}
        #: What comes out of the message that is being handled.
        self._out: list[Output] = []
        #: Agents who stay on the line, as configured.
        self.persistent = {name for name, agent in self.acd.agents().items() if agent.persistent}
        #: When callers were cut off, the earliest first, and their numbers; stale ones are skipped.
        self.cut_off = sorted((one.at, name) for name, one in self.state.cut_off.items())
        #: Calls that were queued in this step; those who still wait when it is over hear music.
        self.newcomers: list[Call] = []
        #: When each call's flow or wait wants a Tick; the same in order, with stale ones.
        self._due: dict[CallId, Instant] = {}
        self._timers: list[tuple[Instant, CallId]] = []
        self._later: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._revive(record)

    def _revive(self, state: CenterState) -> None:
        """Bring the calls and legs of a snapshot to life."""
        self.legs.update((leg, live.revived_leg(known)) for leg, known in state.legs.items())
        for name, record in state.calls.items():
            call = self.calls[name] = live.revived_call(record)
            if record.session is not None:
                flow = self.shelf.flow(call.flow, call.version)
                self.sessions[name] = Session(flow, revived_walk(record.session), self.around)
            if record.waiting is not None:
                self.waits[name] = Waiting(revived_wait(record.waiting))
            self.watch(call)

    def foreseen(self, message: Message) -> tuple[Command, ...]:
        """What will be told to a switch whatever comes of a message that has not been handled: a
        caller whose flow takes every call is answered."""
        if type(message) is events.LegArrived and life.takes_the_call(self, message):
            return (Answer(leg=message.leg),)
        return ()

    # --- the three verbs of every machine

    def handle(self, message: Message, now: Instant) -> list[Output]:
        """Take one message; what must be journalled, told and asked comes out, in order."""
        out: list[Output] = []
        self._out = out
        self.around.now = now
        try:
            _TAKEN.get(type(message), _TAKEN_BY_ACD)(self, message, now)
        except UnexpectedEvent:  # its text names calls and agents: too many to count by
            self.late[f"unexpected {type(message).__name__}"] += 1
        except BaseException:  # a fault of ours must not reach into the next step
            self._later.clear()
            self.newcomers.clear()
            raise
        if self._later or self.newcomers:
            self._settle(now)
        return out

    def deadline(self) -> Instant | None:
        """When a `Tick` is wanted next; None if nothing is awaited."""
        if not self.connected:
            return None
        acd = self.acd.deadline()
        timers, due = self._timers, self._due
        while timers and due.get(timers[0][1]) != timers[0][0]:
            heappop(timers)
        if not timers:
            return acd
        return timers[0][0] if acd is None else min(acd, timers[0][0])

    def snapshot(self) -> CenterState:
        """The whole state. It shares its parts with the machine: encode it before the next step."""
        state = live.state_record(self.state, self.acd.snapshot())
        state.legs = {name: live.leg_record(leg) for name, leg in self.legs.items()}
        state.calls = {}
        for name, call in self.calls.items():
            record = state.calls[name] = live.call_record(call)
            if (session := self.sessions.get(name)) is not None:
                record.session = session.snapshot()
            if (waiting := self.waits.get(name)) is not None:
                record.waiting = waiting.snapshot()
        return state

    def view(self, now: Instant) -> LiveView:
        """What people look at now; `today` and `journal` are left for the engine to fill."""
        return view.live(self, now)

    @property
    def connected(self) -> bool:
        """While no switch can be told anything, time is held against nobody: neither offers
        against agents nor prompts, whose end nobody reports now, against callers."""
        switches = self.state.switches
        return not switches or True in switches.values()

    # --- messages that are dealt with here

    def _tick(self, tick: events.Tick, now: Instant) -> None:
        if not self.connected:
            return
        while self._timers and self._timers[0][0] <= now:
            at, call_id = heappop(self._timers)
            if self._due.get(call_id) == at:
                del self._due[call_id]
                treatment.wake(self, self.calls[call_id], tick, now)
        if (deadline := self.acd.deadline()) is not None and deadline <= now:
            self.acd_does(tick, now)

    def _configure_number(self, action: actions.ConfigureNumber, _: Instant) -> None:
        self.state.numbers[action.number.number] = action.number
        self.emit(facts.ConfigurationChanged(kind="number", name=action.number.number))

    def _remove_number(self, action: actions.RemoveNumber, _: Instant) -> None:
        name = action.number
        if self.state.numbers.pop(name, None) is None:
            self.emit(Refused(reason="unknown", message=f"there is no number {name!r}"))
        else:
            self.emit(facts.ConfigurationChanged(kind="number", name=name, removed=True))

    def _configured(self, fact: facts.ConfigurationChanged, now: Instant) -> None:
        if fact.kind == "agent":
            seats.configured(self, fact, now)
            supervision.configured(self, fact, now)
        elif fact.kind == "queue":
            treatment.configured(self, fact.name, now)

    def _publish_flow(self, action: actions.PublishFlow, _: Instant) -> None:
        self.emit(self.shelf.publish(action))
        treatment.tidy_flows(self)

    # --- tools for all

    def emit(self, output: Output) -> None:
        """Add to what comes out of the message that is being handled."""
        self._out.append(output)

    def acd_does(self, message: AcdMessage, now: Instant) -> bool:
        """Let the Acd deal with a message, and act on what it says. False if it was refused."""
        done = True
        for output in self.acd.handle(message, now):
            self.emit(output)
            kind = type(output)
            hear = _HEARD.get(kind)
            if hear is not None:
                hear(self, output, now)
            elif kind is Refused:
                done = False
        return done

    def soon(self, deed: Callable[..., None], *arguments: Any) -> None:
        """Do something in this step, when all that the Acd has just said is dealt with. It is
        called with the center first; the world may look different then."""
        self._later.append((deed, arguments))

    def watch(self, call: Call) -> None:
        """Wake a call's flow or wait when it wants to be; to be told after each change of it."""
        at = treatment.wanted(self, call)
        if at is None:
            self._due.pop(call.call, None)
        elif self._due.get(call.call) != at:
            self._due[call.call] = at
            heappush(self._timers, (at, call.call))

    def forget(self, call: Call) -> None:
        """A call is over."""
        name, call.held, call.gives_up = call.call, None, None
        del self.calls[name]
        self.sessions.pop(name, None)
        self.waits.pop(name, None)
        self._due.pop(name, None)

    def hang_up(self, leg: LegId, now: Instant, reason: HangupReason = "normal") -> None:
        """Hang a leg up and stop counting on it. Nothing if we do not count on it any more."""
        if self.legs.pop(leg, None) is not None:
            self.state.closing[leg] = now
            self.emit(Hangup(leg=leg, reason=reason))

    def ask(self, request: Request) -> None:
        """Ask a store, again after a restart if no answer has come by then."""
        self.state.pending[request.request] = request
        self.emit(request)

    def mint(self) -> str:
        self.state.minted += 1
        return f"{self.state.center}-{self.state.minted}"

    def mint_leg(self, switch: str) -> LegId:
        return f"{switch}/{self.mint()}"

    def _settle(self, now: Instant) -> None:
        """Do what was to be done soon, then let those who were queued and still wait hear music."""
        later, newcomers = self._later, self.newcomers
        try:
            while later:
                deed, arguments = later.popleft()
                try:
                    deed(self, *arguments)
                except UnexpectedEvent:
                    self.late[f"unexpected {deed.__name__}"] += 1
            for call in newcomers:
                treatment.begin_wait(self, call, now)
        finally:  # a fault of ours must not reach into the next step
            later.clear()
            newcomers.clear()


def _nothing(_center: CallCenter, _message: Message, _now: Instant) -> None:
    """It changes nothing here."""


def _overflowed(center: CallCenter, fact: facts.CallOverflowed, now: Instant) -> None:
    center.soon(overflow.go_on, fact, now)


_Taken: TypeAlias = Callable[[CallCenter, Any, Instant], object]

#: Who takes which message; all others are for the Acd alone.
_TAKEN_BY_ACD: Final[_Taken] = CallCenter.acd_does
_TAKEN: Final[dict[type, _Taken]] = {
    events.Tick: CallCenter._tick,
    events.LegArrived: life.arrive,
    events.LegAnswered: life.leg_answered,
    events.LegEnded: life.leg_ended,
    events.LegRinging: _nothing,
    events.PromptEnded: treatment.heard,
    events.RecordingEnded: treatment.heard,
    events.BridgeRecorded: recordings.ended,
    events.DigitPressed: treatment.pressed,
    events.SwitchUp: reconcile.switch_up,
    events.SwitchDown: reconcile.switch_down,
    events.SwitchRemoved: reconcile.switch_removed,
    events.Surveyed: reconcile.surveyed,
    events.CommandFailed: reconcile.command_failed,
    events.CallerIdentified: pop.identified,
    events.TicketDrafted: pop.drafted,
    events.TicketFound: pop.answered,
    events.ServiceAnswered: pop.answered,
    events.RequestFailed: pop.failed,
    actions.HangupCall: life.hang_up_call,
    actions.HoldCall: talking.hold,
    actions.MuteAgent: talking.mute,
    actions.TransferCall: handover.transfer,
    actions.CompleteTransfer: handover.complete,
    actions.CancelTransfer: handover.cancel,
    actions.SuperviseAgent: supervision.supervise,
    actions.StopSupervising: supervision.stop,
    actions.RecordCall: recordings.record,
    actions.ConfigureNumber: CallCenter._configure_number,
    actions.RemoveNumber: CallCenter._remove_number,
    actions.PublishFlow: CallCenter._publish_flow,
}

#: Who hears which fact of the Acd.
_HEARD: Final[dict[type, _Taken]] = {
    facts.CallQueued: treatment.queued,
    facts.CallRelaxed: transfers.relaxed,
    facts.CallOverflowed: _overflowed,
    facts.CallLeftQueue: recalls.left_queue,
    facts.OfferMade: ringing.ring,
    facts.OfferEnded: ringing.offer_ended,
    facts.CallConnected: ringing.connect,
    facts.PlaceKept: recalls.kept,
    facts.AgentStateChanged: seats.agent_changed,
    facts.ConfigurationChanged: CallCenter._configured,
}
