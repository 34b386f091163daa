"""One caller's walk through a flow, from one wait to the next.

1. A session runs until it waits for a prompt, hands the caller to a queue or ends the call.
   What came out on the way is returned; the state is JSON between any two steps.
2. A caller is never left in silence. A node that fails (its prompt cannot be played, or its end
   is never reported) takes its ``error`` edge, else the flow's operator. When even the way to the
   operator fails, nodes are left by ``next`` so that the queue is still reached; where there is
   no next, the call ends as failed.
3. A flow that runs on and on without a key from the caller is stopped the same way.
4. Prompts that are not the one waited for, and everything after the end, are ignored: hang-ups
   and restarts make such races normal.
"""

from typing import Any, TypeAlias, assert_never

import msgspec

from calls.base import CallId, Instant, Language, LegId
from calls.commands import Answer, Prompt, StopPrompt
from calls.events import CallerIdentified, PromptEnded, Tick
from calls.facts import LanguageChosen, NodeEntered, NodeLeft
from calls.media import DigitRule, Media, Speech
from ivr.flow import Flow
from ivr.messages import Finished, Queued, SessionOutput
from ivr.node import End, Enqueue, Leave, Play, Step, Visit

SessionEvent: TypeAlias = PromptEnded | CallerIdentified | Tick

#: Nodes entered since the caller last pressed a key.
MAX_IDLE_NODES = 50

#: A prompt that has not ended after its expected time and this margin (seconds) is given up.
OVERDUE = 60.0

#: A slow voice, seconds for each character.
PER_CHARACTER = 0.2


class SessionState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that a session knows, beside its flow."""

    call: CallId
    leg: LegId
    caller: str
    called: str
    language: Language
    #: Where the caller is.
    node: str
    #: What the node keeps until it is left.
    notes: dict[str, int] = {}
    #: The prompt that the session waits for; None when it has ended.
    waits_for: Prompt | None = None
    #: When that prompt is given up.
    overdue: Instant | None = None
    #: Prompts played so far: the next one's number.
    prompts: int = 0
    idle_nodes: int = 0
    answered: bool = False
    #: Keys pressed before the next prompt count for it.
    type_ahead: bool = True
    #: What the flow has collected and set.
    variables: dict[str, Any] = {}
    #: The flow has failed once and is on its way to the operator.
    rescued: bool = False


class Session:
    """One caller in one flow."""

    def __init__(self, flow: Flow, state: SessionState) -> None:
        self._flow = flow
        self._state = state

    @classmethod
    def start(
        cls,
        flow: Flow,
        *,
        call: CallId,
        leg: LegId,
        caller: str,
        called: str,
        language: Language,
        entry: str = "",
        now: Instant,
        variables: dict[str, Any] | None = None,
        answered: bool = False,
    ) -> tuple["Session", list[SessionOutput]]:
        """Begin at `entry`, or at the flow's start if it has no such node.

        A caller who comes back from a queue brings `variables`, and has been `answered`: keys
        pressed while waiting are not taken for answers here.
        """
        session = cls(
            flow,
            SessionState(
                call=call,
                leg=leg,
                caller=caller,
                called=called,
                language=language if language in flow.languages else flow.languages[0],
                node=entry if entry in flow.nodes else flow.start,
                variables=variables or {},
                answered=answered,
                type_ahead=not answered,
            ),
        )
        outputs: list[SessionOutput] = []
        session._run(session._enter(session._state.node, outputs), now, outputs)
        return session, outputs

    def handle(self, event: SessionEvent, now: Instant) -> list[SessionOutput]:
        """Go on, if this is what the session waits for."""
        waits_for = self._state.waits_for
        if waits_for is None:
            return []
        outputs: list[SessionOutput] = []
        match event:
            case PromptEnded():
                if event.prompt != waits_for.prompt:
                    return []
                end = event
            case Tick():
                if self._state.overdue is None or now < self._state.overdue:
                    return []
                outputs.append(StopPrompt(leg=self._state.leg, prompt=waits_for.prompt))
                end = PromptEnded(leg=waits_for.leg, prompt=waits_for.prompt, end="failed")
            case CallerIdentified():
                return []
            case _:
                assert_never(event)
        self._run(self._heard(end), now, outputs)
        return outputs

    def resume(self, now: Instant) -> list[SessionOutput]:
        """After a restart: say again what was being said. How far it had come is not known."""
        before = self._state.waits_for
        if before is None:
            return []
        outputs: list[SessionOutput] = [StopPrompt(leg=before.leg, prompt=before.prompt)]
        self._change(answered=False)  # an answer on its way may have been lost too
        self._play(before.media, before.digits, now, outputs)
        return outputs

    def deadline(self) -> Instant | None:
        """When a prompt that never ended is given up."""
        return self._state.overdue

    def snapshot(self) -> SessionState:
        return self._state

    # --- the walk

    def _run(self, step: Step, now: Instant, outputs: list[SessionOutput]) -> None:
        while True:
            match step:
                case Play():
                    self._change(notes=step.notes)
                    self._play(step.media, step.digits, now, outputs)
                    return
                case Leave():
                    step = self._leave(step, outputs)
                case Enqueue():
                    self._queue(step, outputs)
                    return
                case End():
                    outputs.append(Finished(outcome=step.outcome))
                    return
                case _:
                    assert_never(step)

    def _enter(self, name: str, outputs: list[SessionOutput]) -> Step:
        node = self._flow.node(name)
        self._change(node=name, notes={}, idle_nodes=self._state.idle_nodes + 1)
        outputs.append(
            NodeEntered(call=self._state.call, node=name, kind=node.kind, title=node.title)
        )
        return node.enter(self._visit())

    def _heard(self, end: PromptEnded) -> Step:
        self._change(waits_for=None, overdue=None)
        if end.end == "failed":
            return Leave(exit="error")
        if end.digits:
            self._change(idle_nodes=0)
        return self._flow.node(self._state.node).heard(self._visit(), end)

    def _leave(self, leave: Leave, outputs: list[SessionOutput]) -> Step:
        """Follow an exit to the next node."""
        state = self._state
        if state.idle_nodes >= MAX_IDLE_NODES:
            leave = Leave(exit="error")
        outputs.append(
            NodeLeft(call=state.call, node=state.node, exit=leave.exit, digits=leave.digits)
        )
        if leave.language:
            self._change(language=leave.language)
            outputs.append(LanguageChosen(call=state.call, language=leave.language))
        target = self._rescue() if leave.exit == "error" else self._target(leave.exit)
        return self._enter(target, outputs) if target else End(outcome="failed")

    def _target(self, exit: str) -> str:
        return self._flow.targets(self._state.node).get(exit, "")

    def _rescue(self) -> str:
        """Where a caller goes whom the node failed; empty when nothing is left to try."""
        state = self._state
        runaway = state.idle_nodes >= MAX_IDLE_NODES
        if (error := self._flow.node(state.node).error) and not runaway:
            return error
        if not state.rescued:
            self._change(rescued=True, idle_nodes=0)
            if state.node != self._flow.operator:
                return self._flow.operator
        return "" if runaway else self._target("next")

    def _play(
        self,
        media: tuple[Media, ...],
        digits: DigitRule | None,
        now: Instant,
        outputs: list[SessionOutput],
    ) -> None:
        self._answer(outputs)
        number = self._state.prompts + 1
        prompt = Prompt(
            leg=self._state.leg,
            prompt=f"{self._state.call}.flow-{number}",
            media=media,
            digits=digits,
            type_ahead=self._state.type_ahead,
        )
        self._change(
            waits_for=prompt, overdue=now + _patience(prompt), prompts=number, type_ahead=True
        )
        outputs.append(prompt)

    def _queue(self, enqueue: Enqueue, outputs: list[SessionOutput]) -> None:
        self._answer(outputs)
        outputs.append(
            Queued(
                queue=enqueue.queue,
                skills=enqueue.skills,
                priority=enqueue.priority,
                language=self._state.language,
                keys=enqueue.keys,
                callback_key=enqueue.callback_key,
                exits=enqueue.exits,
                agent=enqueue.agent,
                agent_for=enqueue.agent_for,
                variables=self._state.variables,
            )
        )

    def _answer(self, outputs: list[SessionOutput]) -> None:
        if not self._state.answered:
            self._change(answered=True)
            outputs.append(Answer(leg=self._state.leg))

    def _visit(self) -> Visit:
        state = self._state
        return Visit(self._flow.flow, state.node, state.language, state.notes)

    def _change(self, **fields: Any) -> None:
        self._state = msgspec.structs.replace(self._state, **fields)


def _patience(prompt: Prompt) -> float:
    """Seconds after which the end of a prompt must have been reported: generous."""
    playing = sum(
        len(media.text) * PER_CHARACTER if isinstance(media, Speech) else media.milliseconds / 1000
        for media in prompt.media
    )
    rule = prompt.digits
    keying = rule.first_timeout + rule.max_digits * rule.inter_timeout if rule else 0.0
    return playing + keying + OVERDUE
