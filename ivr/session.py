"""One caller's walk through a flow, from one wait to the next.

1. A session runs until it waits (for a prompt, a recording, an answer of a store), hands the
   caller over to a queue or another party, or ends the call. What came out on the way is
   returned; the state is JSON between any two steps.
2. A caller is never left in silence. A node that fails (its prompt cannot be played, its end is
   never reported, a value is not there) takes its ``error`` edge, else the flow's operator. When
   even the way to the operator fails, nodes are left by ``next`` so that the queue is still
   reached; where there is no next, the call ends as failed.
3. A flow that runs on and on without a key from the caller is stopped the same way.
4. What is not waited for, and everything after the end, is ignored: hang-ups and restarts make
   such races normal.
5. A node that depends on who calls is entered when that is known, or after a moment without.
6. Flows within flows are one stack (`SessionState.inside`); limits hold across all of it.
"""

from typing import Any, Final, TypeAlias, assert_never

import msgspec

from calls.base import CallId, Instant, Language, LegId
from calls.commands import Answer, Prompt, Record
from calls.events import (
    CallerIdentified,
    PromptEnded,
    RecordingEnded,
    RequestFailed,
    StoreEvent,
    Tick,
    TicketDrafted,
)
from calls.facts import FlowStarted, LanguageChosen, NodeEntered, NodeLeft
from ivr import live, waits
from ivr.flow import Flow
from ivr.live import Walk
from ivr.messages import Finished, Frame, Queued, SessionOutput, Transferred
from ivr.node import Ask, Descend, Leave, Listen, Node, Notes, Play, Return, Step
from ivr.speaking import Value, ValueFailed
from ivr.state import Asked, SessionState
from ivr.surroundings import Alone, Surroundings
from ivr.values import fit, value_of
from ivr.visit import Visit

__all__ = ["Session", "SessionEvent", "SessionState"]

SessionEvent: TypeAlias = PromptEnded | RecordingEnded | StoreEvent | Tick

#: Nodes entered since the caller last pressed a key.
MAX_IDLE_NODES: Final = 50

#: Flows within one another.
MAX_DEPTH: Final = 8

#: Seconds to wait for the look-up of who is calling.
IDENTIFIED_WITHIN: Final = 2.0


class Session:
    """One caller in one flow, and in those that it leads through."""

    def __init__(self, flow: Flow, state: Walk, surroundings: Surroundings | None = None) -> None:
        self._outermost = flow
        self._surroundings = surroundings or Alone()
        self._state = state
        self._flow = self._current()
        self._now: Instant = 0.0
        self._out: list[SessionOutput] = []

    @staticmethod
    def start(
        flow: Flow,
        *,
        call: CallId,
        leg: LegId,
        caller: str,
        called: str,
        language: Language,
        now: Instant,
        entry: str = "",
        variables: dict[str, Any] | None = None,
        inside: tuple[Frame, ...] = (),
        answered: bool = False,
        who: CallerIdentified | None = None,
        agent: str = "",
        surroundings: Surroundings | None = None,
        version: int = 0,
        prompts: int = 0,
    ) -> tuple["Session", list[SessionOutput]]:
        """Begin at `entry`, or at the flow's start if it has no such node.

        A caller who comes back from a queue or an `agent` brings `variables` and what they were
        `inside`, and has been `answered`: keys pressed meanwhile are not taken for answers here.
        `prompts` were played to them in this call already: no name is given twice.
        """
        spoken = language if language in flow.languages else flow.languages[0]
        state = Walk(call, leg, caller, called, spoken)
        state.version, state.inside = version, inside
        state.variables, state.prompts = variables or {}, prompts
        state.answered, state.type_ahead = answered, not answered
        state.who, state.agent = who, agent
        session = Session(flow, state, surroundings)
        session._begin(now)
        begins = session._flow
        session._run(session._enter(entry if entry in begins.nodes else begins.start))
        return session, session._out

    def handle(self, event: SessionEvent, now: Instant) -> list[SessionOutput]:
        """Go on, if this is what the session waits for."""
        state = self._state
        wanted = state.waits_for
        if isinstance(event, CallerIdentified):
            state.who = event
        if wanted is None:
            return []
        self._begin(now)
        if isinstance(event, PromptEnded):
            if isinstance(wanted, Prompt) and event.prompt == wanted.prompt:
                self._run(self._go_on(event))
        elif isinstance(event, Tick):
            if state.overdue is not None and now >= state.overdue:
                self._give_up(wanted)
        elif isinstance(event, RecordingEnded):
            if isinstance(wanted, Record) and event.recording == wanted.recording:
                self._run(self._go_on(event))
        elif isinstance(wanted, Asked):
            if isinstance(event, CallerIdentified):
                if not wanted.request:
                    self._run(self._known_now())
            elif wanted.request and event.request == wanted.request:
                self._run(self._go_on(event))
        return self._out

    def resume(self, now: Instant) -> list[SessionOutput]:
        """After a restart: say or record again what was under way. How far it had come is not
        known. What was asked of a store is asked again by whoever asks."""
        before = self._state.waits_for
        self._begin(now)
        if isinstance(before, Prompt | Record):
            self._out.append(waits.stop(before))
            self._state.answered = False  # an answer on its way may have been lost too
            self._run(waits.again(before, self._state.notes))
        return self._out

    def gone(self, now: Instant) -> list[SessionOutput]:
        """The caller has hung up: what is still to be asked for them. Nothing follows."""
        self._begin(now)
        if self._state.waits_for is not None:
            last = self._flow.node(self._state.node).gone(self._visit())
            self._out += [*last.facts, last.request] if last else []
        self._wait_no_more()
        return self._out

    def deadline(self) -> Instant | None:
        """When something that never ended is given up."""
        return self._state.overdue

    @property
    def waits_for(self) -> Prompt | Record | Asked | None:
        """None once it has ended."""
        return self._state.waits_for

    @property
    def inside(self) -> tuple[Frame, ...]:
        """The flows within its own that the caller is in, the innermost last."""
        return self._state.inside

    @property
    def prompts(self) -> int:
        """How many it has played and recorded so far, those before it included."""
        return self._state.prompts

    def snapshot(self) -> SessionState:
        return live.walk_record(self._state)

    # --- the walk

    def _begin(self, now: Instant) -> None:
        self._now = now
        self._out = []

    def _run(self, step: Step | None) -> None:
        """Walk on to the next wait or end; None: that is there already."""
        while step is not None:
            match step:
                case Play():
                    self._play(step)
                    return
                case Leave():
                    step = self._leave(step)
                case Queued() | Transferred():
                    self._hand_over(step)
                    return
                case Listen():
                    self._listen(step)
                    return
                case Ask():
                    self._ask(step)
                    return
                case Descend():
                    step = self._descend(step)
                case Return():
                    step = self._return()
                case Finished():
                    self._out.append(step)
                    return
                case _:
                    assert_never(step)

    def _enter(self, name: str) -> Step | None:
        state = self._state
        node = self._flow.nodes[name]
        state.node = name
        state.notes = {}
        state.idle_nodes += 1
        self._out.append(NodeEntered(call=state.call, node=name, kind=node.kind, title=node.title))
        if state.who is None and not state.unknown and name in self._flow.about_contact:
            state.waits_for = Asked(request="")
            state.overdue = self._now + IDENTIFIED_WITHIN
            return None
        return self._take_in(node)

    def _take_in(self, node: Node) -> Step:
        try:
            return node.enter(self._visit())
        except ValueFailed:
            return Leave(exit="error")

    def _known_now(self) -> Step:
        """Who calls is known, or will never be: the node can be entered."""
        self._wait_no_more()
        self._state.unknown = self._state.who is None
        return self._take_in(self._flow.node(self._state.node))

    def _go_on(self, event: PromptEnded | RecordingEnded | StoreEvent) -> Step:
        """Let the node take what it waited for."""
        self._wait_no_more()
        try:
            return self._taken(event)
        except ValueFailed:
            return Leave(exit="error")

    def _taken(self, event: PromptEnded | RecordingEnded | StoreEvent) -> Step:
        state = self._state
        node = self._flow.nodes[state.node]
        visit = self._visit()
        match event:
            case PromptEnded(end="failed") | RecordingEnded(end="failed"):
                return Leave(exit="error")
            case PromptEnded():
                if event.digits:
                    state.idle_nodes = 0
                return node.heard(visit, event)
            case RecordingEnded():
                state.idle_nodes = 0
                return node.recorded(visit, event)
            case RequestFailed():
                return node.survives(visit) or Leave(exit="error")
            case TicketDrafted(ticket=ticket):
                state.ticket = ticket
            case _:
                pass
        return node.answered(self._visit(), event)

    def _give_up(self, wanted: Prompt | Record | Asked) -> None:
        """Its end was never reported."""
        if isinstance(wanted, Prompt | Record):
            self._out.append(waits.stop(wanted))
            self._wait_no_more()
            self._run(Leave(exit="error"))
        elif not wanted.request:
            self._run(self._known_now())
        else:
            failed = RequestFailed(
                request=wanted.request, call=self._state.call, detail="no answer in time"
            )
            self._run(self._go_on(failed))

    def _leave(self, leave: Leave) -> Step | None:
        """Follow an exit to the next node."""
        state = self._state
        if leave.exit != "error" and leave.values:
            try:
                state.variables = {**state.variables, **fit(leave.values, self._flow.variables)}
            except ValueFailed:
                leave = Leave(exit="error")
        if state.idle_nodes >= MAX_IDLE_NODES:
            leave = Leave(exit="error")
        state.ticket = leave.ticket or state.ticket
        self._out.append(
            NodeLeft(call=state.call, node=state.node, exit=leave.exit, digits=leave.digits)
        )
        self._out += leave.facts
        if leave.language:
            state.language = leave.language
            self._out.append(LanguageChosen(call=state.call, language=leave.language))
        target = self._rescue() if leave.exit == "error" else self._target(leave.exit)
        return self._enter(target) if target else Finished(outcome="failed")

    def _target(self, exit: str) -> str:
        return self._flow.targets[self._state.node].get(exit, "")

    def _rescue(self) -> str:
        """Where a caller goes whom the node failed; empty when nothing is left to try."""
        state = self._state
        runaway = state.idle_nodes >= MAX_IDLE_NODES
        if (error := self._flow.nodes[state.node].error) and not runaway:
            return error
        if not state.rescued:
            state.rescued = True
            state.idle_nodes = 0
            if state.node != self._flow.operator:
                return self._flow.operator
        return "" if runaway else self._target("next")

    # --- flows within flows

    def _current(self) -> Flow:
        inside = self._state.inside
        if not inside:
            return self._outermost
        return self._surroundings.flow(inside[-1].flow, inside[-1].version)

    def _descend(self, descend: Descend) -> Step | None:
        state = self._state
        version = self._surroundings.newest(descend.flow)
        if version is None or len(state.inside) >= MAX_DEPTH:
            return Leave(exit="error")
        frame = Frame(flow=descend.flow, version=version, below=state.node)
        state.inside = (*state.inside, frame)
        self._flow = flow = self._current()
        self._out.append(FlowStarted(call=state.call, flow=flow.flow, version=version))
        return self._enter(descend.entry if descend.entry in flow.nodes else flow.start)

    def _return(self) -> Step:
        state = self._state
        if not state.inside:
            return Finished(outcome="completed")
        below = state.inside[-1].below
        state.inside = state.inside[:-1]
        self._flow = self._current()
        version = state.inside[-1].version if state.inside else state.version
        self._out.append(FlowStarted(call=state.call, flow=self._flow.flow, version=version))
        state.node = below
        return Leave(exit="next")

    # --- what is waited for, and how it ends

    def _play(self, play: Play) -> None:
        self._answer()
        self._out += play.facts
        self._wait_for(waits.prompt(self._state, play), play.notes)

    def _listen(self, listen: Listen) -> None:
        self._answer()
        self._wait_for(waits.record(self._state, listen), listen.notes)

    def _wait_for(self, command: Prompt | Record, notes: Notes) -> None:
        state = self._state
        state.notes = notes
        state.waits_for = command
        state.overdue = self._now + waits.patience(command)
        self._out.append(command)

    def _ask(self, ask: Ask) -> None:
        state = self._state
        state.notes = ask.notes
        state.waits_for = Asked(request=ask.request.request)
        state.overdue = self._now + ask.timeout
        self._out += ask.facts
        self._out.append(ask.request)

    def _hand_over(self, word: Queued | Transferred) -> None:
        state = self._state
        self._answer()
        node = self._flow.nodes[state.node]
        exits: dict[Any, str] = dict(word.exits)
        if isinstance(word, Transferred) or node.error:
            exits["error"] = node.error or self._flow.operator
        self._out.append(
            msgspec.structs.replace(
                word,
                language=state.language,
                exits=exits,
                variables=state.variables,
                inside=state.inside,
            )
        )

    def _answer(self) -> None:
        if not self._state.answered:
            self._state.answered = True
            self._out.append(Answer(leg=self._state.leg))

    def _wait_no_more(self) -> None:
        self._state.waits_for = None
        self._state.overdue = None

    def _visit(self) -> Visit:
        state, flow = self._state, self._flow
        return Visit(
            call=state.call,
            flow=flow.flow,
            node=state.node,
            language=state.language,
            now=self._now,
            notes=state.notes,
            agent=state.agent,
            who=state.who,
            ticket=state.ticket,
            expressions=flow.expressions,
            value=self._value,
        )

    def _value(self, name: str) -> Value:
        return value_of(name, self._state, self._flow.variables, self._surroundings)
