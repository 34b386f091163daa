"""A caller in jump time: walks flows without telephony, for tests and at the keyboard.

The clock jumps from one wait to the next: prompts last as long as a voice would need, keys are
pressed half a second apart, stores answer at once with what they were given.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from calls.commands import Prompt, Record
from calls.events import (
    CallerIdentified,
    KnownTicket,
    PromptEnded,
    RecordingEnded,
    RequestFailed,
    ServiceAnswered,
    StoreEvent,
    TicketDrafted,
    TicketFound,
)
from calls.facts import CallTagged, FlowStarted, NodeEntered, NodeLeft
from calls.media import Media, Speech
from calls.requests import AskService, FindTicket, RecordPrompt, Request
from ivr.checking import PER_CHARACTER
from ivr.flow import Flow
from ivr.live import revived_walk
from ivr.messages import Finished, Queued, SessionOutput, Transferred
from ivr.session import Session
from ivr.state import Asked, SessionState
from ivr.surroundings import QueueNow

CALL, LEG = "call", "test/1"

#: Seconds from one key to the next.
BETWEEN_KEYS = 0.5
#: Seconds that a store takes, and that the look-up of the caller takes.
STORE = 0.05


class Unfitting(Exception):
    """The caller cannot do that there."""


Ended: TypeAlias = Queued | Transferred | Finished

#: How a store answers a request of a node; None: it fails.
Stub: TypeAlias = Callable[[str, Request], StoreEvent | None]

_state = msgspec.json.Decoder(SessionState)


class Stage:
    """What is around a flow: other flows, and the figures of queues."""

    def __init__(self, flows: Mapping[str, Flow], queues: Mapping[str, QueueNow]) -> None:
        self._flows = flows
        self._queues = queues

    def newest(self, name: str) -> int | None:
        return 1 if name in self._flows else None

    def flow(self, name: str, version: int) -> Flow:  # noqa: ARG002
        return self._flows[name]

    def queue(self, name: str) -> QueueNow | None:
        return self._queues.get(name, QueueNow())


class Caller:
    """One call. After each step the flow waits for the caller, or has ended."""

    def __init__(
        self,
        flow: Flow,
        stage: Stage,
        *,
        caller: str,
        called: str,
        language: str,
        now: float,
        who: CallerIdentified | None,
        stub: Stub,
        entry: str = "",
    ) -> None:
        self.flow = flow
        self.now = now
        #: All that came out.
        self.all: list[SessionOutput] = []
        #: What is heard at last: since the caller did something.
        self.heard: list[Speech] = []
        #: Where the flow ended; None while it waits for the caller.
        self.ended: Ended | None = None
        #: Edges taken: (flow, node, exit).
        self.taken: list[tuple[str, str, str]] = []
        #: Nodes entered: (flow, node).
        self.passed: list[tuple[str, str]] = []
        self._stage = stage
        self._who = who or CallerIdentified(request="", call=CALL)
        self._stub = stub
        #: The flow that the caller is in: the innermost.
        self._inside = flow.flow
        self._ahead = ""
        self._caller, self._called = caller, called
        self._begin(entry=entry, language=language or flow.languages[0])

    # --- what the caller does

    def press(self, keys: str, after: float = 0.0) -> None:
        """Press keys, the first so many seconds after the prompt began."""
        waits = self.waits_for
        if not isinstance(waits, Prompt) or waits.digits is None:
            self._lead(keys)
            return
        rule, lasts = waits.digits, seconds_of(waits.media)
        self.heard = []
        if after > lasts + rule.first_timeout:
            self.now += lasts + rule.first_timeout
            self._tell(PromptEnded(leg=LEG, prompt=waits.prompt, end="no_input"))
            self.press(keys, after - lasts - rule.first_timeout)
            return
        self.now += after if waits.barge_in else max(after, lasts)
        self._ahead = keys
        self._type_ahead(waits)

    def silence(self) -> None:
        """Do nothing until the flow gives up waiting."""
        waits = self.waits_for
        self.heard = []
        match waits:
            case Prompt(digits=rule) if rule is not None:
                self.now += seconds_of(waits.media) + rule.first_timeout
                self._tell(PromptEnded(leg=LEG, prompt=waits.prompt, end="no_input"))
            case Record():
                self.speak(0.0)

    def speak(self, seconds: float) -> None:
        """Say something into a recording, then be silent or press the terminator."""
        waits = self.waits_for
        if not isinstance(waits, Record):
            raise Unfitting(f"nothing is recorded; {self.where}")
        self.heard = []
        self.now += min(seconds, waits.max_seconds)
        end: Literal["full", "silence"] = "full" if seconds >= waits.max_seconds else "silence"
        self._tell(
            RecordingEnded(
                leg=LEG, recording=waits.recording, end=end, seconds=min(seconds, waits.max_seconds)
            )
        )

    def hang_up(self) -> None:
        self.heard = []
        self.all += self._session.gone(self.now)
        self.ended = self.ended or Finished(outcome="completed")

    def return_by(self, exit: str) -> None:
        """Come back from a queue or another party: by a rule of the queue, or ``after``."""
        ended = self.ended
        if not isinstance(ended, Queued | Transferred):
            raise Unfitting(f"the caller is in no queue; {self.where}")
        exits: dict[str, str] = {str(name): target for name, target in ended.exits.items()}
        if isinstance(ended, Queued):
            exits = {**exits, **ended.keys}
        exits["after"] = ended.after
        target = exits.get(exit) or exits.get("overflow") or exits.get("error") or ""
        if not target or (exit == "after" and not ended.after):
            raise Unfitting(f"nothing follows {exit!r} there; {self.where}")
        self.heard = []
        self.taken.append((self._inside, self.node, exit if exit in exits else "overflow"))
        self.ended = None
        self._begin(
            entry=target,
            language=ended.language,
            variables=ended.variables,
            inside=ended.inside,
            answered=True,
            agent="agent" if exit == "after" else "",
        )

    # --- what is to be seen

    @property
    def waits_for(self) -> Prompt | Record | Asked | None:
        return self._session.waits_for

    @property
    def node(self) -> str:
        return self._session.snapshot().node

    @property
    def where(self) -> str:
        """Where the caller is, in words."""
        match self.ended:
            case Queued(queue=queue):
                return f"the caller is in the queue {queue!r}"
            case Transferred(to=to):
                return f"the caller was put through to {to}"
            case Finished(outcome=outcome):
                return f"the call has {outcome}"
            case _:
                return f"the caller is at {self.node!r}"

    @property
    def variables(self) -> dict[str, Any]:
        return self._session.snapshot().variables

    @property
    def tags(self) -> list[str]:
        return [output.tag for output in self.all if isinstance(output, CallTagged)]

    @property
    def path(self) -> list[str]:
        """The nodes entered, of all flows."""
        return [node for _, node in self.passed]

    # --- inside

    def _begin(self, *, entry: str, language: str, **more: Any) -> None:
        self._session, outputs = Session.start(
            self.flow,
            call=CALL,
            leg=LEG,
            language=language,
            now=self.now,
            entry=entry,
            surroundings=self._stage,
            version=1,
            who=self._who if more else None,
            caller=self._caller,
            called=self._called,
            **more,
        )
        self._take(outputs)

    def _tell(self, event: PromptEnded | RecordingEnded | StoreEvent) -> None:
        """As after a restart: what the session knows goes through JSON."""
        state = _state.decode(msgspec.json.encode(self._session.snapshot()))
        self._session = Session(self.flow, revived_walk(state), self._stage)
        self._take(self._session.handle(event, self.now))

    def _take(self, outputs: list[SessionOutput]) -> None:
        """Note what came out, and go on to where the caller is wanted."""
        self.all += outputs
        request: Request | None = None
        for output in outputs:
            match output:
                case NodeEntered(node=node):
                    self.passed.append((self._inside, node))
                case FlowStarted(flow=flow):
                    self._inside = flow
                case NodeLeft(node=node, exit=exit):
                    self.taken.append((self._inside, node, exit))
                case Prompt():
                    self.heard += [one for one in output.media if isinstance(one, Speech)]
                case Queued() | Transferred() | Finished():
                    self.ended = output
                case _ if isinstance(output, Request):
                    request = output
        if self.ended is None:
            self._settle(request)

    def _settle(self, request: Request | None) -> None:
        waits = self.waits_for
        match waits:
            case Prompt(digits=None):
                self.now += seconds_of(waits.media)
                self._tell(PromptEnded(leg=LEG, prompt=waits.prompt, end="completed"))
            case Prompt() if self._ahead:
                if not waits.type_ahead:
                    self._ahead = ""
                else:
                    self._type_ahead(waits)
            case Asked(request=""):
                self.now += STORE
                self._tell(self._who)
            case Asked():
                assert request is not None  # noqa: S101 - it came with the wait
                self.now += STORE
                failed = RequestFailed(request=waits.request, call=CALL, detail="as the test says")
                self._tell(self._stub(self.node, request) or failed)
            case _:
                pass

    def _type_ahead(self, waits: Prompt) -> None:
        """Let a prompt take what has been pressed, as switches do."""
        rule = waits.digits
        assert rule is not None  # noqa: S101 - only such prompts take keys
        digits, complete = "", False
        while self._ahead and not complete:
            key, self._ahead = self._ahead[0], self._ahead[1:]
            if key in rule.terminators:
                complete = True
            else:
                digits += key
                complete = len(digits) >= rule.max_digits
            self.now += BETWEEN_KEYS
        if not complete:
            self.now += rule.inter_timeout
        self._tell(PromptEnded(leg=LEG, prompt=waits.prompt, end="digits", digits=digits))

    def _lead(self, keys: str) -> None:
        """Keys pressed while the caller waits in a queue."""
        if isinstance(self.ended, Queued) and keys in self.ended.keys:
            self.return_by(keys)
        elif isinstance(self.waits_for, Record) and self.ended is None:
            raise Unfitting(
                f"a key ends the recording: say how long the caller speaks; {self.where}"
            )
        else:
            raise Unfitting(f"no key is waited for; {self.where}")


def seconds_of(media: tuple[Media, ...]) -> float:
    """How long a voice needs."""
    return sum(
        len(one.text) * PER_CHARACTER if isinstance(one, Speech) else one.milliseconds / 1000
        for one in media
    )


def usual(_: str, request: Request) -> StoreEvent | None:
    """What stores say where nothing else is given: no such ticket, no such service; whatever is
    filed has a new ticket."""
    match request:
        case FindTicket():
            return TicketFound(request=request.request, call=request.call)
        case AskService():
            return None
        case RecordPrompt():
            values = {"name": "main.menu", "language": "en", "text": "Welcome"}
            return service(request, 200, values)
        case _:
            ticket = KnownTicket(id=1, number="INC-1001", title="New")
            return TicketDrafted(request=request.request, call=request.call, ticket=ticket)


def service(request: Request, status: int, values: Mapping[str, Any]) -> ServiceAnswered:
    return ServiceAnswered(
        request=request.request, call=request.call, status=status, values=dict(values)
    )
