"""What a running session, and the treatment of a waiting caller, know. They are made from the
records of a snapshot (`ivr.state`, where the fields are told) and become such again. They are plain
classes because an attribute of those is cheap in the compiled build (`engine.compiled`), where one
of a struct is looked up by its name."""

from operator import attrgetter
from typing import Any

from calls.base import AgentId, CallId, Instant, Language, LegId
from calls.commands import Prompt, Record
from calls.config import Queue
from calls.events import CallerIdentified, KnownTicket
from calls.media import Speech
from ivr.messages import Frame
from ivr.state import Asked, SessionState, Stage, WaitingState

_WALK = SessionState.__struct_fields__
_WAITING = WaitingState.__struct_fields__


class Walk:
    """See `ivr.state.SessionState`. Its parts are replaced, never changed."""

    __slots__ = _WALK

    def __init__(
        self, call: CallId, leg: LegId, caller: str, called: str, language: Language
    ) -> None:
        self.call = call
        self.leg = leg
        self.caller = caller
        self.called = called
        self.language = language
        self.version = 0
        self.inside: tuple[Frame, ...] = ()
        self.node = ""
        self.notes: dict[str, Any] = {}
        self.waits_for: Prompt | Record | Asked | None = None
        self.overdue: Instant | None = None
        self.prompts = 0
        self.idle_nodes = 0
        self.answered = False
        self.type_ahead = True
        self.variables: dict[str, Any] = {}
        self.who: CallerIdentified | None = None
        self.unknown = False
        self.ticket: KnownTicket | None = None
        self.agent: AgentId = ""
        self.rescued = False


class Wait:
    """See `ivr.state.WaitingState`."""

    __slots__ = _WAITING

    def __init__(
        self, call: CallId, leg: LegId, queue: Queue, language: Language, now: Instant
    ) -> None:
        self.call = call
        self.leg = leg
        self.queue = queue.name
        self.language = language
        self.music = queue.music_by_language.get(language, queue.music)
        self.announce_every = queue.announce_every
        self.announce_position = queue.announce_position
        self.announce_wait = queue.announce_wait
        self.messages = messages(queue, language)
        self.callback_key = self.keys = ""
        self.since = now
        self.stage: Stage = "music"
        self.due: Instant | None = None
        self.prompt = ""
        self.prompts = self.announced = self.messages_said = 0
        self.message_next = False
        self.position: int | None = None
        self.promised: Instant | None = None


def messages(queue: Queue, language: Language) -> tuple[Speech, ...]:
    """What is said in turn to callers who wait in a queue."""
    if not queue.messages:
        return ()
    return tuple(
        Speech(name=f"queue.{queue.name}.message_{number}", language=language, text=text)
        for number, text in enumerate(queue.messages.get(language, ()), 1)
    )


_walk_fields, _waiting_fields = attrgetter(*_WALK), attrgetter(*_WAITING)


def walk_record(walk: Walk) -> SessionState:
    """For a snapshot."""
    return SessionState(**dict(zip(_WALK, _walk_fields(walk), strict=True)))


def wait_record(wait: Wait) -> WaitingState:
    """For a snapshot."""
    return WaitingState(**dict(zip(_WAITING, _waiting_fields(wait), strict=True)))


def revived_walk(record: SessionState) -> Walk:
    walk = Walk(record.call, record.leg, record.caller, record.called, record.language)
    for name in _WALK:
        setattr(walk, name, getattr(record, name))
    return walk


def revived_wait(record: WaitingState) -> Wait:
    wait = Wait(record.call, record.leg, Queue(name=""), record.language, record.since)
    for name in _WAITING:
        setattr(wait, name, getattr(record, name))
    return wait
