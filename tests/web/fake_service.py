"""A center for the panel's tests: a real database with the demo center in it, and a stage.

Nothing decides here: a test says what happens (`offer`, `connect`, ...), the fake keeps the views
in line and publishes the facts, as the engine does.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import insert

from calls import facts
from calls.actions import (
    Action,
    CancelTransfer,
    CompleteTransfer,
    DeclineOffer,
    ExtendWrapUp,
    FinishWrapUp,
    HangupCall,
    HoldCall,
    MuteAgent,
    RecordCall,
    Refused,
    SetAgentState,
    StopSupervising,
    SuperviseAgent,
    TransferCall,
)
from calls.base import AgentState
from calls.codec import encode
from calls.errors import ActionRefused, InputInvalid
from calls.events import CallerIdentified, KnownCall, KnownTicket
from calls.facts import Fact
from calls.views import (
    AgentView,
    BrowserPhone,
    CallView,
    LiveView,
    Published,
    QueueFigures,
    QueueView,
)
from engine import configuration, models
from engine.models import CallRecord, User
from engine.settings import Settings
from engine.storage import Database
from tests.web import fake_talks

_Listener: TypeAlias = tuple[asyncio.AbstractEventLoop, asyncio.Queue[Published | None]]

_BUSY = ("reserved", "talking", "wrap_up")


class FakeService:
    """Satisfies `web.port.Service`. `acted` are the actions that were asked for, in order."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.acted: list[Action] = []
        self.phones_provisioned: list[str] = []
        self.ready = {"database": True, "asterisk": True}
        self.figures: dict[str, QueueFigures] = {}
        #: `expected` and `estimate_hits` of a queue, by its name.
        self.estimates: dict[str, dict[str, Any]] = {}
        self._agents: dict[str, AgentView] = {}
        self._calls: dict[str, CallView] = {}
        self._published: list[Published] = []
        self._listeners: list[_Listener] = []
        #: Why the next action is refused; empty: it is done.
        self.refusal = ""
        #: Set when a stream has begun to listen.
        self.followed = threading.Event()
        self._lock = threading.RLock()
        self.configuration_changed()

    # --- what the panel calls

    def act(self, action: Action, timeout: float = 5.0) -> list[Fact]:
        with self._lock:
            self.acted.append(action)
            if message := self.refusal:
                self.refusal = ""
                raise ActionRefused(Refused(reason="wrong_state", message=message))
            before = len(self._published)
            match action:
                case SetAgentState():
                    self._set_state(action)
                case DeclineOffer(agent=agent):
                    self._must_be(agent, "reserved", "no call rings at {}")
                    self.end_offer(agent, "declined")
                case FinishWrapUp():
                    self._finish_wrap_up(action)
                case ExtendWrapUp(agent=agent):
                    self._extend_wrap_up(agent)
                case HangupCall(call=call, by=by):
                    if call not in self._calls:
                        raise ActionRefused(Refused(reason="unknown", message=f"no call {call!r}"))
                    self.end_call(call, "agent" if by in self._agents else "supervisor")
                case (
                    HoldCall()
                    | MuteAgent()
                    | TransferCall()
                    | CompleteTransfer()
                    | CancelTransfer()
                    | RecordCall()
                    | SuperviseAgent()
                    | StopSupervising()
                ):
                    fake_talks.act(self, action)
                case _:
                    raise AssertionError(f"the panel does not ask for {action}")
            return [published.fact for published in self._published[before:]]

    def live(self) -> LiveView:
        with self._lock:
            with self.database.session() as session:
                queues = configuration.read(session).queues
            return LiveView(
                at=time.time(),
                journal=len(self._published),
                queues=tuple(self._queue_view(name, q.title, q) for name, q in queues.items()),
                agents=tuple(self._agents.values()),
                calls=tuple(self._calls.values()),
                switches={"asterisk": True},
            )

    async def events(self, after: int | None) -> AsyncIterator[Published]:
        queue: asyncio.Queue[Published | None] = asyncio.Queue()
        listener = (asyncio.get_running_loop(), queue)
        with self._lock:
            known = self._published[after:] if after is not None else []
            self._listeners.append(listener)
            self.followed.set()
        try:
            for published in known:
                yield published
            while (upcoming := await queue.get()) is not None:
                yield upcoming
        finally:
            with self._lock:
                self._listeners.remove(listener)

    def facts_of_call(self, call: str) -> list[Published]:
        with self._lock:
            return [p for p in self._published if getattr(p.fact, "call", None) == call]

    def readiness(self) -> dict[str, bool]:
        return self.ready

    def configuration_changed(self) -> None:
        with self._lock, self.database.session() as session:
            agents = configuration.read(session).agents
            self.phones_provisioned = [p.name for p in configuration.phones(session)]
            for name in set(self._agents) - set(agents):
                del self._agents[name]
            for name, agent in agents.items():
                old = self._agents.get(name) or AgentView(
                    name=name,
                    title=agent.title,
                    state="logged_out",
                    reason="",
                    since=time.time(),
                    until=None,
                    call=None,
                    phone_online=False,
                    next_state="",
                    skills={},
                    queues={},
                )
                self._agents[name] = msgspec.structs.replace(
                    old, title=agent.title, skills=agent.skills, queues=agent.queues
                )

    def phone_of(self, user: str) -> BrowserPhone:
        with self.database.session() as session:
            found = session.get(User, user)
        if found is None:
            raise InputInvalid(f"there is no user {user!r}")
        return BrowserPhone(
            uri=f"sip:{user}-web@127.0.0.1",
            password=found.sip_secret,
            websocket=f"ws://127.0.0.1:{self.settings.asterisk_http_port}/ws",
            display=found.title,
        )

    def caller_phone(self) -> BrowserPhone:
        return BrowserPhone(
            uri="sip:caller-web@127.0.0.1",
            password="open",
            websocket=f"ws://127.0.0.1:{self.settings.asterisk_http_port}/ws",
        )

    @property
    def on_twilio(self) -> bool:
        return False

    async def twilio_webhook(
        self, what: str, query: Mapping[str, str], sent: Mapping[str, str]
    ) -> str | None:
        raise AssertionError("this center is not on Twilio")

    def twilio_sound(self, signature: str, name: str) -> Path | None:
        raise AssertionError("this center is not on Twilio")

    def secret(self, purpose: str) -> bytes:
        return purpose.encode() * 8

    def metrics(self) -> bytes:
        return b"ringdesk_calls 0\n"

    # --- what a test lets happen

    @property
    def listening(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    def happen(self, *happened: Fact, at: float | None = None) -> None:
        """Publish facts as they are; the views stay."""
        with self._lock:
            for fact in happened:
                published = Published(seq=len(self._published) + 1, at=at or time.time(), fact=fact)
                self._published.append(published)
                self._write(published)
                for loop, queue in self._listeners:
                    loop.call_soon_threadsafe(queue.put_nowait, published)

    def cut_streams(self) -> None:
        """End all streams that are open."""
        with self._lock:
            for loop, queue in self._listeners:
                loop.call_soon_threadsafe(queue.put_nowait, None)

    def phone(self, agent: str, online: bool = True) -> None:
        with self._lock:
            self._agents[agent] = msgspec.structs.replace(self._agents[agent], phone_online=online)
            self.happen(facts.AgentPhoneChanged(agent=agent, online=online))
            if not online:
                self.state(agent, "not_ready", "phone gone")

    def state(
        self,
        agent: str,
        state: AgentState,
        reason: str = "",
        call: str | None = None,
        until: float | None = None,
        ago: float = 0.0,
    ) -> None:
        now = time.time()
        with self._lock:
            old = self._agents[agent]
            self._agents[agent] = msgspec.structs.replace(
                old,
                state=state,
                reason=reason,
                call=call,
                until=until,
                since=now - ago,
                next_state=old.next_state if state in _BUSY else "",
                held=old.held and state == "talking",
                muted=old.muted and state == "talking",
                recording=old.recording if state == "talking" else "",
            )
            self.happen(
                facts.AgentStateChanged(
                    agent=agent, state=state, reason=reason, call=call, until=until
                ),
                at=now,
            )

    def arrive(
        self, call: str, caller: str = "+48221230102", ago: float = 0.0, version: int = 1
    ) -> None:
        """A caller comes and is in the menu of the flow ``main``."""
        now = time.time() - ago
        with self._lock:
            self._calls[call] = CallView(
                call=call,
                caller=caller,
                caller_name="James Carter" if caller == "+48221230102" else "",
                called="1000",
                phase="menu",
                arrived=now,
                since=now,
                queued=None,
                queue="",
                agent="",
                language="en",
                flow="main",
                version=version,
                node="menu",
            )
            self.happen(
                facts.CallArrived(call=call, leg=f"fake/{call}", caller=caller, called="1000"),
                facts.FlowStarted(call=call, flow="main", version=version),
                facts.NodeEntered(call=call, node="menu", kind="menu", title="Main menu"),
                at=now,
            )

    def enqueue(self, call: str, queue: str = "support", ago: float = 0.0) -> None:
        now = time.time() - ago
        with self._lock:
            place = 1 + sum(c.phase == "waiting" for c in self._calls.values())
            self._change(
                call,
                phase="waiting",
                since=now,
                queued=now,
                queue=queue,
                position=place,
                flow="",
                version=0,
                node="",
            )
            self.happen(facts.CallQueued(call=call, queue=queue, position=place), at=now)

    def keep_place(self, call: str) -> None:
        """The caller hangs up and is to be called back."""
        with self._lock:
            view = self._change(call, virtual=True)
            self.happen(facts.PlaceKept(call=call, queue=view.queue, number=view.caller))

    def offer(self, call: str, agent: str, pop: dict[str, Any] | None = None) -> None:
        """The call is offered to an agent, whose page pops; to one more if it rings already."""
        now = time.time()
        with self._lock:
            view = self._calls[call]
            waited = now - (view.queued or now)
            self._change(call, phase="ringing", agent=view.agent or agent)
            self.state(agent, "reserved", call=call, until=now + 15)
            self.happen(
                facts.OfferMade(
                    offer=f"o-{call}-{agent}",
                    call=call,
                    agent=agent,
                    queue=view.queue,
                    waited=waited,
                    until=now + 15,
                    virtual=view.virtual,
                ),
                facts.TicketPopped(
                    **{
                        "call": call,
                        "agent": agent,
                        "queue": view.queue,
                        "who": james(call),
                        "ticket": TICKET,
                        "path": ("Language: English", "Main menu", "Support"),
                        "waited": waited,
                        "earlier": (EARLIER,),
                        "caller": view.caller,
                        **(pop or {}),
                    }
                ),
            )

    def end_offer(self, agent: str, outcome: Any) -> None:
        with self._lock:
            call = self._agents[agent].call
            assert call is not None
            view = self._calls[call]
            reason = {"timed_out": "no answer"}.get(outcome, outcome)
            if outcome != "answered_elsewhere":
                self._change(call, phase="waiting", agent="")
            self.happen(
                facts.OfferEnded(
                    offer=f"o-{call}-{agent}",
                    call=call,
                    agent=agent,
                    queue=view.queue,
                    outcome=outcome,
                    lasted=5.0,
                )
            )
            if outcome in ("answered_elsewhere", "rescinded"):
                self.state(agent, "ready")
            else:
                self.state(agent, "not_ready", reason)

    def _accept(self, call: str, agent: str) -> None:
        """Who else it rings at hears nothing of it any more."""
        view = self._calls[call]
        self.happen(
            facts.OfferEnded(
                offer=f"o-{call}-{agent}",
                call=call,
                agent=agent,
                queue=view.queue,
                outcome="accepted",
                lasted=3.0,
            )
        )
        for other in list(self._agents.values()):
            if other.call == call and other.name != agent:
                self.end_offer(other.name, "answered_elsewhere")

    def call_back(self, call: str) -> None:
        """The agent accepts a caller who is not on the line: they are dialled."""
        with self._lock:
            agent = self._calls[call].agent
            self._accept(call, agent)
            self.state(agent, "talking", call=call)

    def tried(self, call: str, outcome: Any, retry: float | None = None) -> None:
        """The caller who was dialled has answered, or not."""
        with self._lock:
            view = self._calls[call]
            agent = view.agent
            self.happen(
                facts.CallbackTried(
                    call=call,
                    queue=view.queue,
                    agent=agent,
                    attempt=1,
                    outcome=outcome,
                    retry=retry,
                )
            )
            if outcome == "answered":
                self._change(call, phase="talking", virtual=False, position=None)
                self.happen(
                    facts.CallConnected(call=call, agent=agent, queue=view.queue, waited=60.0)
                )
            else:
                self._change(call, phase="waiting", agent="")
                self.state(agent, "ready")

    def connect(self, call: str, agent: str = "") -> None:
        with self._lock:
            view = self._calls[call]
            agent = agent or view.agent
            self._accept(call, agent)
            self._change(call, phase="talking", agent=agent, since=time.time(), position=None)
            self.happen(
                facts.CallLeftQueue(call=call, queue=view.queue, outcome="connected", waited=8.0),
                facts.CallConnected(call=call, agent=agent, queue=view.queue, waited=8.0),
            )
            self.state(agent, "talking", call=call)

    def take_over(self, call: str, agent: str) -> None:
        """Who was asked has the caller from now on."""
        with self._lock:
            self._change(call, phase="talking", agent=agent, since=time.time(), queue="support")
            self.happen(facts.CallConnected(call=call, agent=agent, queue="support", waited=0.0))
            self.state(agent, "talking", call=call)

    def end_call(
        self, call: str, by: Any = "caller", wrap_up: float | None = 30.0, extensions: int = 0
    ) -> None:
        """`wrap_up`: seconds of after-call work; None: until the agent ends it."""
        with self._lock:
            view = self._calls.pop(call)
            now = time.time()
            if view.agent:
                self.happen(
                    facts.ConversationEnded(
                        call=call, agent=view.agent, queue=view.queue, talked=42.0, by=by
                    )
                )
                self.change_agent(view.agent, extensions=extensions)
                until = None if wrap_up is None else now + wrap_up
                self.state(view.agent, "wrap_up", call=call, until=until)
            self.happen(facts.CallEnded(call=call, outcome="handled", cause="hangup", lasted=61.0))

    def record(self, call: str, arrived: float, **fields: Any) -> None:
        """A call that has been, in the history."""
        values: dict[str, Any] = {
            name: _BLANK[name] for name in _BLANK if name not in ("call", "arrived")
        }
        values |= {"ended": arrived + 61.0, "lasted": 61.0, "outcome": "handled"} | fields
        with self.database.session() as session:
            session.add(CallRecord(call=call, arrived=arrived, **values))

    def configure_agent(self, name: str, **fields: Any) -> None:
        """As an administrator does."""
        with self.database.session() as session:
            before = configuration.agent_word(session.get_one(User, name))
            configuration.save_agent(session, msgspec.structs.replace(before, **fields))
        self.configuration_changed()

    def agent(self, name: str) -> AgentView:
        found = self._agents.get(name)
        if found is None:
            message = f"there is no agent {name!r}"
            raise ActionRefused(Refused(reason="unknown", message=message))
        return found

    def change_agent(self, name: str, **fields: Any) -> None:
        """Change what is seen of an agent; no fact tells of it."""
        self._agents[name] = msgspec.structs.replace(self._agents[name], **fields)

    # --- inside

    def _set_state(self, action: SetAgentState) -> None:
        agent = self.agent(action.agent)
        if action.state == "not_ready" and not action.reason:
            raise ActionRefused(Refused(reason="invalid", message="not ready needs a reason"))
        if action.state == "ready" and not agent.phone_online:
            message = f"{action.agent}'s phone is not registered"
            raise ActionRefused(Refused(reason="wrong_state", message=message))
        if agent.state in _BUSY:
            self._agents[action.agent] = msgspec.structs.replace(agent, next_state=action.state)
            self.happen(
                facts.NextStateAsked(agent=agent.name, state=action.state, reason=action.reason)
            )
        else:
            self.state(action.agent, action.state, action.reason)

    def _finish_wrap_up(self, action: FinishWrapUp) -> None:
        agent = self._must_be(action.agent, "wrap_up", "{} has no after-call work")
        assert agent.call is not None
        self.happen(
            facts.WrapUpEnded(
                call=agent.call,
                agent=agent.name,
                queue="support",
                lasted=5.0,
                by="agent",
                code=action.code,
                note=action.note,
            )
        )
        self.state(agent.name, "ready")

    def _extend_wrap_up(self, name: str) -> None:
        agent = self._must_be(name, "wrap_up", "{} has no after-call work")
        if agent.until is None or agent.extensions == 0:
            message = "there is no more time to be had"
            raise ActionRefused(Refused(reason="wrong_state", message=message))
        self.change_agent(name, extensions=agent.extensions - 1)
        self.state(name, "wrap_up", call=agent.call, until=agent.until + 30)

    def _must_be(self, agent: str, state: AgentState, message: str) -> AgentView:
        found = self._agents.get(agent)
        if found is None or found.state != state:
            reason: Any = "unknown" if found is None else "wrong_state"
            raise ActionRefused(Refused(reason=reason, message=message.format(agent)))
        return found

    def _change(self, call: str, **fields: Any) -> CallView:
        self._calls[call] = msgspec.structs.replace(self._calls[call], **fields)
        return self._calls[call]

    def _write(self, published: Published) -> None:
        fact = published.fact
        with self.database.session() as session:
            session.execute(
                insert(models.facts).values(
                    seq=published.seq,
                    message=published.seq,
                    at=published.at,
                    kind=type(fact).__name__,
                    call=getattr(fact, "call", None),
                    agent=getattr(fact, "agent", None),
                    queue=getattr(fact, "queue", None),
                    body=encode(fact).decode(),
                )
            )

    def _queue_view(self, name: str, title: str, queue: Any) -> QueueView:
        states = Counter(a.state for a in self._agents.values() if name in a.queues)
        waiting = [
            call
            for call in self._calls.values()
            if call.queue == name and call.phase in ("waiting", "ringing")
        ]
        return QueueView(
            name=name,
            title=title,
            waiting=len(waiting),
            longest_since=min((c.queued or c.since for c in waiting), default=None),
            ready=states["ready"],
            reserved=states["reserved"],
            talking=states["talking"],
            wrap_up=states["wrap_up"],
            not_ready=states["not_ready"],
            service_level_seconds=queue.service_level,
            today=self.figures.get(name, QueueFigures()),
            virtual=sum(call.virtual for call in waiting),
            closed=queue.closed,
            **self.estimates.get(name, {}),
        )


TICKET = KnownTicket(id=3, number="INC-1002", title="No sound on the phone in room 12", priority=4)
EARLIER = KnownCall(
    call="c-1", at=1_763_700_000.0, outcome="handled", queue="support", agent="agent2"
)


def james(call: str) -> CallerIdentified:
    """A known caller of the demo center."""
    other = KnownTicket(id=1, number="REQ-1001", title="A second screen for the reception")
    return CallerIdentified(
        request=f"{call}/who",
        call=call,
        contact=2,
        name="James Carter",
        organisation="Northwind Clinic",
        language="en",
        vip=True,
        tickets=(TICKET, other),
        calls=(EARLIER,),
    )


def _blank_of(column: Any) -> Any:
    if column.nullable:
        return None
    return "" if column.type.python_type is str else 0


_BLANK = {column.name: _blank_of(column) for column in CallRecord.__table__.columns}
