"""One scenario's center: the machine that decides in every center, on a switch that it shares.

Nothing is journalled, the clock begins at the scenario's time, and in the place of the stores the
scenario answers.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import cast, get_args

import msgspec

from calls.actions import (
    Action,
    ConfigureAgent,
    ConfigureNumber,
    ConfigureQueue,
    PublishFlow,
    Refused,
    SetAgentState,
)
from calls.base import Instant, OverflowWhen
from calls.commands import Command, Prompt
from calls.config import Agent, Number, Overflow, Queue
from calls.errors import RingdeskError
from calls.events import CallerIdentified, PhoneChanged, PromptEnded, RequestFailed, SwitchUp, Tick
from calls.facts import CallArrived, CallEnded, CallTagged, Fact, FlowStarted, NodeEntered, NodeLeft
from calls.media import Media
from calls.messages import Message
from calls.requests import IdentifyCaller, Request
from engine.center import CallCenter
from engine.center.around import Around
from engine.center.live import Call
from engine.flows import Source
from engine.trials.changing import Changing
from ivr import trial
from ivr.caller import Ended
from ivr.messages import Finished
from ivr.scenario import Scenario
from ivr.session import SessionState
from ivr.surroundings import QueueNow
from ivr.trial import Walked

#: Seconds of music before a wait is over.
WAIT = 2.0

_COMMANDS, _REQUESTS = get_args(Command), get_args(Request)


class Said(msgspec.Struct):
    """A prompt that the switch was told to play; the time is of `time.monotonic`."""

    prompt: str
    media: tuple[Media, ...]
    at: float
    #: Seconds until it counts as not answered, from its end; None where no key is asked for.
    patience: float | None
    #: When it was over; None while it plays.
    ended: float | None = None


class _Around(Around):
    """Flows see the figures that the scenario gives."""

    def __init__(self, center: CallCenter, queues: Mapping[str, QueueNow]) -> None:
        super().__init__(center)
        self._queues = queues

    def queue(self, name: str) -> QueueNow | None:
        return self._queues.get(name, QueueNow())


class Machine(Changing):
    """One center for one call. On the loop's thread."""

    def __init__(
        self, name: str, scenario: Scenario, execute: Callable[["Machine", Command], None]
    ) -> None:
        super().__init__()
        self.name = name
        self.scenario = scenario
        self.center = CallCenter(center=name)
        self.center.around = _Around(self.center, trial.queues_of(scenario))
        self.facts: list[Fact] = []
        self.said: list[Said] = []
        #: A fault of ours that ended the handling of a message.
        self.fault: Exception | None = None
        self._execute = execute
        self._ahead = trial.begins(scenario) - time.time()
        self._timer: asyncio.TimerHandle | None = None
        self._state: SessionState | None = None

    # --- before the call

    def furnish(self, sources: Sequence[Source], switch: str) -> None:
        """Make known the flows, of which the number leads into the first, and all queues, which are
        open and empty."""
        flow = sources[0].flow
        scenario = self.scenario
        queues = dict.fromkeys(
            one.name
            for source in sources
            for node in source.flow.nodes.values()
            for one in node.names()
            if one.what == "queue"
        )
        self.tell(SwitchUp(switch=switch))
        for name in queues:
            self.tell(ConfigureQueue(queue=Queue(name=name)))
        for source in reversed(sources):
            self.tell(PublishFlow(flow=source.flow.flow, version=1, source=source.text))
        number = Number(
            number=scenario.called,
            flow=flow.flow,
            language=scenario.language or flow.languages[0],
            entry=scenario.entry,
        )
        self.tell(ConfigureNumber(number=number))

    def rule(self, when: OverflowWhen | None) -> None:
        """From now on all queues send their callers away by this rule; None: by none."""
        rules: tuple[Overflow, ...] = ()
        if when is not None:  # it leads nowhere, so that the flow's own exit is taken
            limit = WAIT if when == "waited" else 0.0
            rules = (Overflow(when=when, to="flow", target="-", limit=limit),)
        for queue in list(self.center.acd.queues().values()):
            changed = msgspec.structs.replace(queue, closed=when == "closed", overflow=rules)
            self.tell(ConfigureQueue(queue=changed))

    def staff(self) -> None:
        """An agent who can take the waiting caller is there from now on."""
        call = self.call
        skills = dict.fromkeys(call.wants.skills if call and call.wants else (), 10)
        queues = dict.fromkeys(self.center.acd.queues(), 1)
        self.tell(ConfigureAgent(agent=Agent(name=self.name, skills=skills, queues=queues)))
        self.tell(PhoneChanged(phone=self.name, online=True))
        self.tell(SetAgentState(agent=self.name, state="ready"))

    # --- messages

    def tell(self, message: Message | Action) -> None:
        """Let the machine handle a message now."""
        now = self._now()
        if isinstance(message, PromptEnded):
            for said in self.said:
                if said.prompt == message.prompt:
                    said.ended = time.monotonic()
        try:
            outputs = self.center.handle(message, now)
        except Exception as error:  # the scenario fails with it, the others go on
            self.fault = error
            outputs = []
        self._remember()
        for output in outputs:
            if isinstance(output, Refused):
                self.fault = RingdeskError(output.message)
            elif isinstance(output, _COMMANDS):
                self._command(output)
            elif isinstance(output, _REQUESTS):
                asyncio.get_running_loop().call_soon(self._answer, self.node, output)
            else:
                self.facts.append(cast(Fact, output))
        self._set_timer()
        self.has_changed()

    def close(self) -> None:
        """Wake no more."""
        if self._timer is not None:
            self._timer.cancel()

    # --- what is so

    @property
    def call(self) -> Call | None:
        """The call, until it is over."""
        return next(iter(self.center.calls.values()), None)

    @property
    def came(self) -> bool:
        """The call has come."""
        return any(isinstance(one, CallArrived) for one in self.facts)

    @property
    def session(self) -> SessionState | None:
        """While the flow has the caller."""
        call = self.call
        session = self.center.sessions.get(call.call) if call else None
        return session.snapshot() if session else None

    @property
    def node(self) -> str:
        return next((one.node for one in reversed(self.facts) if isinstance(one, NodeEntered)), "")

    @property
    def ended(self) -> Ended | None:
        """How the flow ended, as in jump time."""
        if any(isinstance(one, CallEnded) for one in self.facts):
            failed = any(isinstance(f, CallEnded) and f.outcome == "failed" for f in self.facts)
            return Finished(outcome="failed" if failed else "completed")
        call = self.call
        if call is None or call.phase == "menu":
            return None
        return call.transfer or call.wants

    def walked(self, spoken: list[str], where: str) -> Walked:
        """What has come of the call, with the prompts that the caller heard."""
        state = self._state
        return Walked(
            ended=self.ended,
            node=self.node,
            where=where,
            path=[node for _, node in self.passed],
            spoken=spoken,
            tags=[one.tag for one in self.facts if isinstance(one, CallTagged)],
            variables=state.variables if state else {},
        )

    @property
    def passed(self) -> list[tuple[str, str]]:
        """The nodes entered, with their flows."""
        return [(flow, one.node) for flow, one in self._steps() if isinstance(one, NodeEntered)]

    @property
    def taken(self) -> list[tuple[str, str, str]]:
        """The exits taken: flow, node, exit."""
        return [
            (flow, one.node, one.exit) for flow, one in self._steps() if isinstance(one, NodeLeft)
        ]

    # --- inside

    def _steps(self) -> list[tuple[str, NodeEntered | NodeLeft]]:
        flow, found = "", []
        for one in self.facts:
            if isinstance(one, FlowStarted):
                flow = one.flow
            elif isinstance(one, NodeEntered | NodeLeft):
                found.append((flow, one))
        return found

    def _now(self) -> Instant:
        return time.time() + self._ahead

    def _remember(self) -> None:
        """What the flow knew at last: the call may be forgotten in the same step."""
        self._state = self.session or self._state

    def _command(self, command: Command) -> None:
        if isinstance(command, Prompt):
            rule = command.digits
            patience = rule.first_timeout if rule else None
            said = Said(command.prompt, command.media, time.monotonic(), patience)
            self.said.append(said)
        self._execute(self, command)

    def _answer(self, node: str, request: Request) -> None:
        if isinstance(request, IdentifyCaller):
            who = trial.who_of(self.scenario) or CallerIdentified(request="", call="")
            self.tell(msgspec.structs.replace(who, request=request.request, call=request.call))
            return
        failed = RequestFailed(request=request.request, call=request.call, detail="as given")
        self.tell(trial.answer_of(self.scenario, node, request) or failed)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.center.deadline()
        if deadline is not None:
            delay = max(0.0, deadline - self._now())
            self._timer = asyncio.get_running_loop().call_later(delay, self.tell, Tick())
