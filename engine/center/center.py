"""The call center as one pure machine: it routes each message and joins flows with queues.

Theory of operation
-------------------
1. A call is in one of three phases. ``menu``: its flow decides; ``waiting``: the Acd decides;
   ``talking``: its parties decide. A call that has ended is forgotten at once; only its leg stays
   in `closing` until the switch says that it is gone.
2. The flow and the Acd never meet. What one of them puts out that concerns the other passes
   through `_flow_says` and `_acd_says`, in the same step.
3. Every leg that we count on is in `legs`. An event about any other leg is late: it is counted in
   `late` and dropped. That is how all hang-up races end.
4. Ids are minted from a counter in the state. No clock, no dice: the same messages at the same
   times give the same outputs, so the journal can be replayed.
"""

import heapq
from collections import Counter
from collections.abc import Sequence
from typing import Literal, TypeAlias

from acd import messages as acd_says
from acd.acd import Acd
from acd.messages import AcdMessage
from acd.state import AcdState
from calls import actions, events, facts
from calls.actions import Action, Refused
from calls.base import AgentId, CallId, CallOutcome, EndCause, Instant, LegId, OfferOutcome
from calls.commands import Dial, Hangup, Join, Unbridge
from calls.errors import UnexpectedEvent
from calls.facts import Fact
from calls.messages import Message, Output
from calls.port import switch_of
from calls.requests import IdentifyCaller, Request
from calls.views import LiveView
from engine.center import pop, reconcile, view
from engine.center.shelf import Shelf
from engine.center.state import CallState, CenterState, LegState
from ivr.messages import Finished, Queued, SessionOutput
from ivr.session import Session
from ivr.waiting import Waiting

#: A phone is asked to ring this much longer than the offer lasts, so that our own timer decides.
RING_MARGIN = 5.0

ReleasedBy: TypeAlias = Literal["caller", "agent", "supervisor", "system"]

_REJECTED: dict[EndCause, OfferOutcome] = {
    "hangup": "declined",
    "declined": "declined",
    "no_answer": "timed_out",
    "busy": "busy",
    "unreachable": "unreachable",
    "withdrawn": "failed",
    "lost": "failed",
    "failed": "failed",
}


class CallCenter:
    """All calls, queues and agents of one center. See the module's theory of operation."""

    def __init__(self, state: CenterState | None = None, *, center: str = "c") -> None:
        self.state = state or CenterState(center=center, acd=AcdState())
        self.acd = Acd(self.state.acd)
        self.late: Counter[str] = Counter()
        self._shelf = Shelf(self.state)
        self._sessions: dict[str, Session] = {}
        self._waits: dict[str, Waiting] = {}
        #: (when, call) for each flow or wait that wants a Tick; stale ones are skipped.
        self._timers: list[tuple[Instant, CallId]] = []
        self._out: list[Output] = []
        for call in self.state.calls.values():
            if call.session is not None:
                self._sessions[call.call] = Session(
                    self._shelf.flow(call.flow, call.version), call.session
                )
            if call.waiting is not None:
                self._waits[call.call] = Waiting(call.waiting)
            self._watch(call.call)

    # --- the three verbs of every machine

    def handle(self, message: Message, now: Instant) -> list[Output]:
        """Take one message; what must be journalled, told and asked comes out, in order."""
        self._out = []
        try:
            self._dispatch(message, now)
        except UnexpectedEvent:  # its text names calls and agents: too many to count by
            self.late[f"unexpected {type(message).__name__}"] += 1
        return self._out

    def deadline(self) -> Instant | None:
        """When a `Tick` is wanted next; None if nothing is awaited."""
        if not self.connected:
            return None
        acd = self.acd.deadline()
        while self._timers and self._wanted(self._timers[0][1]) != self._timers[0][0]:
            heapq.heappop(self._timers)
        if not self._timers:
            return acd
        return self._timers[0][0] if acd is None else min(acd, self._timers[0][0])

    def snapshot(self) -> CenterState:
        """The whole state. It shares its parts with the machine: encode it before the next step."""
        self.state.acd = self.acd.snapshot()
        for call in self.state.calls.values():
            session, waiting = self._sessions.get(call.call), self._waits.get(call.call)
            call.session = session.snapshot() if session else None
            call.waiting = waiting.snapshot() if waiting else None
        return self.state

    def view(self, now: Instant) -> LiveView:
        """What people look at now; `today` and `journal` are left for the engine to fill."""
        return view.live(self.state, self.acd, now)

    @property
    def connected(self) -> bool:
        """While no switch can be told anything, time is held against nobody: neither offers
        against agents nor prompts, whose end nobody reports now, against callers."""
        return not self.state.switches or any(self.state.switches.values())

    # --- messages

    def _dispatch(self, message: Message, now: Instant) -> None:
        match message:
            case events.Tick():
                self._tick(now)
            case events.LegArrived():
                self.arrive(message, now)
            case events.LegAnswered(leg=leg):
                self.answered(leg, now)
            case events.LegEnded(leg=leg, cause=cause):
                self.ended(leg, cause, now)
            case events.PromptEnded():
                self.prompt_ended(message, now)
            case events.LegRinging() | events.DigitPressed():
                pass
            case events.PhoneChanged(phone=phone, online=online):
                self._acd_does(events.PhoneChanged(phone=phone, online=online), now)
            case events.SwitchUp():
                reconcile.switch_up(self, message, now)
            case events.SwitchDown(switch=switch):
                reconcile.switch_down(self, switch)
            case events.SwitchRemoved(switch=switch):
                reconcile.switch_removed(self, switch, now)
            case events.Surveyed():
                reconcile.surveyed(self, message, now)
            case events.CommandFailed():
                reconcile.command_failed(self, message, now)
            case events.CallerIdentified():
                pop.identified(self, message, now)
            case events.TicketDrafted(request=request, call=call_id, ticket=ticket):
                pop.drafted(self, request, call_id, ticket)
            case events.RequestFailed(request=request):
                pop.failed(self, request, now)
            case _:
                self._act(message, now)

    def _act(self, action: Action, now: Instant) -> None:
        match action:
            case actions.HangupCall():
                self._hang_up_call(action, now)
            case actions.ConfigureNumber(number=number):
                self.state.numbers[number.number] = number
                self.emit(facts.ConfigurationChanged(kind="number", name=number.number))
            case actions.RemoveNumber(number=name):
                if self.state.numbers.pop(name, None) is None:
                    self.emit(Refused(reason="unknown", message=f"there is no number {name!r}"))
                else:
                    self.emit(facts.ConfigurationChanged(kind="number", name=name, removed=True))
            case actions.PublishFlow():
                self.emit(self._shelf.publish(action, self.state.calls.values()))
            case _:
                self._acd_does(action, now)

    def _tick(self, now: Instant) -> None:
        if not self.connected:
            return
        while self._timers and self._timers[0][0] <= now:
            wanted, call_id = heapq.heappop(self._timers)
            if self._wanted(call_id) == wanted:
                self._wake(call_id, events.Tick(), now)
        if (deadline := self.acd.deadline()) is not None and deadline <= now:
            self._acd_does(events.Tick(), now)

    # --- a call's life

    def arrive(self, arrived: events.LegArrived, now: Instant) -> None:
        """A leg is new: make its call, ask who it is, and let its number's flow begin."""
        leg = arrived.leg
        if leg in self.state.legs or leg in self.state.closing:
            self.late["LegArrived"] += 1
            return
        number = self.state.numbers.get(arrived.called) or self.state.numbers.get("*")
        call = CallState(
            call=self._mint(),
            leg=leg,
            caller=arrived.caller,
            called=arrived.called,
            arrived=now,
            phase="menu",
            since=now,
            language=number.language if number else "",
        )
        self.state.calls[call.call] = call
        self.state.legs[leg] = LegState(call=call.call, role="caller", since=now)
        self.emit(
            facts.CallArrived(call=call.call, leg=leg, caller=call.caller, called=call.called)
        )
        if number is None or number.flow not in self.state.newest:
            self._end(call, "failed", "failed", now, told="declined")
            return
        self.ask(IdentifyCaller(request=f"{call.call}/who", call=call.call, caller=call.caller))
        call.flow, call.version = number.flow, self.state.newest[number.flow]
        session, outputs = Session.start(
            self._shelf.flow(call.flow, call.version),
            call=call.call,
            leg=leg,
            caller=call.caller,
            called=call.called,
            language=call.language,
            entry=number.entry,
            now=now,
        )
        self._sessions[call.call] = session
        self.emit(facts.FlowStarted(call=call.call, flow=call.flow, version=call.version))
        self._flow_says(call, outputs, now)
        self._watch(call.call)

    def answered(self, leg: LegId, now: Instant) -> None:
        """An agent's phone was answered. Too late, if its offer is over."""
        known = self.state.legs.get(leg)
        if known is None or known.offer is None:
            self.late["LegAnswered"] += 1
            if known is None and leg not in self.state.closing:
                self.emit(Hangup(leg=leg, reason="answered_elsewhere"))
            return
        call = self.state.calls[known.call]
        if call.phase == "waiting":
            self._acd_does(acd_says.Accept(offer=known.offer), now)

    def ended(self, leg: LegId, cause: EndCause, now: Instant) -> None:
        """A leg is gone, whoever ended it."""
        if self.state.closing.pop(leg, None) is not None:
            return
        known = self.state.legs.pop(leg, None)
        if known is None:
            self.late["LegEnded"] += 1
            return
        call = self.state.calls[known.call]
        if known.role == "caller":
            self._caller_gone(call, cause, now)
            return
        call.agent_leg = None
        if call.phase == "talking":
            self.conversation_over(call, "agent" if cause == "hangup" else "system", cause, now)
        elif known.offer is not None:
            self._acd_does(acd_says.Reject(offer=known.offer, outcome=_REJECTED[cause]), now)

    def _caller_gone(self, call: CallState, cause: EndCause, now: Instant) -> None:
        if call.phase == "talking":
            self.conversation_over(call, "caller" if cause == "hangup" else "system", cause, now)
            return
        outcome: CallOutcome = "abandoned_menu"
        if call.phase == "waiting":
            outcome = "abandoned_ringing" if call.agent_leg else "abandoned_queue"
            self._acd_does(acd_says.Withdraw(call=call.call, outcome="abandoned"), now)
        self._end(call, outcome, cause, now)

    def conversation_over(
        self, call: CallState, by: ReleasedBy, cause: EndCause, now: Instant
    ) -> None:
        self._acd_does(acd_says.Release(call=call.call, by=by), now)
        self._end(call, "handled", cause, now)

    def _end(
        self,
        call: CallState,
        outcome: CallOutcome,
        cause: EndCause,
        now: Instant,
        told: str = "normal",
    ) -> None:
        """Forget a call; hang up what is still up of it."""
        for leg in (call.leg, call.agent_leg):
            if leg is not None and leg in self.state.legs:
                self.close(leg, now, "declined" if told == "declined" else "normal")
        if call.bridge:
            self.emit(Unbridge(bridge=call.bridge))
        self._sessions.pop(call.call, None)
        self._waits.pop(call.call, None)
        del self.state.calls[call.call]
        self._shelf.forget(call.flow, call.version, self.state.calls.values())
        self.emit(
            facts.CallEnded(call=call.call, outcome=outcome, cause=cause, lasted=now - call.arrived)
        )

    def _hang_up_call(self, action: actions.HangupCall, now: Instant) -> None:
        call = self.state.calls.get(action.call)
        if call is None:
            self.emit(Refused(reason="unknown", message=f"there is no call {action.call!r} now"))
        elif call.phase == "talking":
            by: ReleasedBy = "agent" if action.by == call.agent else "supervisor"
            self.conversation_over(call, by, "withdrawn", now)
        else:
            if call.phase == "waiting":
                self._acd_does(acd_says.Withdraw(call=call.call, outcome="failed"), now)
            self._end(call, "failed", "withdrawn", now)

    # --- the flow and the wait

    def prompt_ended(self, event: events.PromptEnded, now: Instant) -> None:
        known = self.state.legs.get(event.leg)
        call = self.state.calls.get(known.call) if known else None
        if call is None or known is None or known.role != "caller":
            self.late["PromptEnded"] += 1
        else:
            self._wake(call.call, event, now)

    def _wake(self, call_id: CallId, event: events.PromptEnded | events.Tick, now: Instant) -> None:
        """Let whatever has the caller, its flow or its wait, go on."""
        if (session := self._sessions.get(call_id)) is not None:
            self._flow_says(self.state.calls[call_id], session.handle(event, now), now)
        elif (waiting := self._waits.get(call_id)) is not None:
            self.emit(*waiting.handle(event, now, self.acd.position(call_id)))
        self._watch(call_id)

    def _wanted(self, call_id: CallId) -> Instant | None:
        machine = self._sessions.get(call_id) or self._waits.get(call_id)
        return machine.deadline() if machine else None

    def _watch(self, call_id: CallId) -> None:
        if (wanted := self._wanted(call_id)) is not None:
            heapq.heappush(self._timers, (wanted, call_id))

    def _flow_says(self, call: CallState, outputs: Sequence[SessionOutput], now: Instant) -> None:
        for output in outputs:
            match output:
                case Queued():
                    self._sessions.pop(call.call, None)
                    self._enqueue(call, output, now)
                case Finished(outcome=outcome):
                    ended: CallOutcome = "completed_menu" if outcome == "completed" else "failed"
                    self._end(call, ended, "withdrawn", now)
                case facts.LanguageChosen(language=language):
                    call.language = language
                    self.emit(output)
                case facts.NodeEntered(node=node, title=title):
                    call.node = node
                    if title:
                        call.path.append(title)
                    self.emit(output)
                case _:
                    self.emit(output)

    def _enqueue(self, call: CallState, queued: Queued, now: Instant) -> None:
        call.phase, call.since, call.queue, call.queued = "waiting", now, queued.queue, now
        call.language = queued.language or call.language
        spoken = {f"lang:{call.language}": 1} if call.language else {}
        enqueue = acd_says.Enqueue(
            call=call.call,
            queue=queued.queue,
            skills=spoken | queued.skills,
            priority=queued.priority,
            language=call.language,
        )
        self._acd_does(enqueue, now)
        if self.acd.position(call.call) is None:  # no such queue: nobody would ever come
            self._end(call, "failed", "failed", now)

    # --- the Acd

    def _acd_does(self, message: AcdMessage, now: Instant) -> None:
        for output in self.acd.handle(message, now):
            self.emit(output)
            if not isinstance(output, Refused):
                self._acd_says(output, now)

    def _acd_says(self, fact: Fact, now: Instant) -> None:
        match fact:
            case facts.CallQueued(call=call_id):
                self._start_waiting(self.state.calls[call_id], now)
            case facts.OfferMade():
                self._ring(fact, now)
            case facts.OfferEnded(call=call_id, outcome=outcome) if outcome != "accepted":
                self._stop_ringing(self.state.calls[call_id], outcome, now)
            case facts.CallConnected():
                self._connect(fact, now)
            case _:
                pass

    def _start_waiting(self, call: CallState, now: Instant) -> None:
        waiting, commands = Waiting.start(
            call=call.call,
            leg=call.leg,
            queue=self.acd.queues()[call.queue],
            language=call.language,
            now=now,
        )
        self._waits[call.call] = waiting
        self._watch(call.call)
        self.emit(*commands)

    def _ring(self, offer: facts.OfferMade, now: Instant) -> None:
        call = self.state.calls[offer.call]
        switch = switch_of(call.leg)
        call.agent = offer.agent
        call.agent_leg = leg = f"{switch}/{self._mint()}"
        self.state.legs[leg] = LegState(call=call.call, role="agent", since=now, offer=offer.offer)
        call.bridge = f"{switch}/b-{call.call}"
        self.emit(self.dial(call, offer.until - now))
        pop.show(self, call, offer.agent, now)

    def dial(self, call: CallState, rings: float) -> Dial:
        """Ring the phone of the agent that the call is offered to, for `rings` seconds."""
        assert call.agent_leg is not None  # noqa: S101
        return Dial(
            leg=call.agent_leg,
            call=call.call,
            to=f"phone:{call.agent}",
            caller=call.caller,
            caller_name=call.who.name if call.who else "",
            timeout=rings + RING_MARGIN,
            bridge=call.bridge,
        )

    def _stop_ringing(self, call: CallState, outcome: OfferOutcome, now: Instant) -> None:
        leg, call.agent_leg, call.agent, call.pop_due = call.agent_leg, None, "", ""
        if leg is not None and leg in self.state.legs:
            self.close(leg, now, "answered_elsewhere" if outcome == "rescinded" else "normal")

    def _connect(self, fact: facts.CallConnected, now: Instant) -> None:
        call = self.state.calls[fact.call]
        assert call.agent_leg is not None  # noqa: S101
        self.emit(*self._waits.pop(call.call).stop())
        call.phase, call.since = "talking", now
        self.emit(Join(bridge=call.bridge, legs=(call.leg, call.agent_leg)))

    # --- small tools

    def emit(self, *outputs: Output) -> None:
        self._out.extend(outputs)

    def close(self, leg: LegId, now: Instant, reason: str = "normal") -> None:
        """Hang a leg up and stop counting on it."""
        self.state.legs.pop(leg, None)
        self.state.closing[leg] = now
        match reason:
            case "answered_elsewhere":
                self.emit(Hangup(leg=leg, reason="answered_elsewhere"))
            case "declined":
                self.emit(Hangup(leg=leg, reason="declined"))
            case _:
                self.emit(Hangup(leg=leg))

    def resume(self, call: CallState, now: Instant) -> None:
        """Say again what the caller should be hearing, after the switch was out of reach."""
        if (session := self._sessions.get(call.call)) is not None:
            self._flow_says(call, session.resume(now), now)
        elif (waiting := self._waits.get(call.call)) is not None:
            self.emit(*waiting.resume(now))
        self._watch(call.call)

    def phones(self, phone: AgentId, *, online: bool, now: Instant) -> None:
        self._acd_does(events.PhoneChanged(phone=phone, online=online), now)

    def ask(self, request: Request) -> None:
        """Ask a store, again after a restart if no answer has come by then."""
        self.state.pending[request.request] = request
        self.emit(request)

    def _mint(self) -> str:
        self.state.minted += 1
        return f"{self.state.center}-{self.state.minted}"
