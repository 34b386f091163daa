"""The loop between the machine and the world.

It takes a message, lets the center handle it, commits the message, and only then executes the
commands; the facts are committed with it or a moment later, and only then published. Commits are
grouped: what arrives together is committed together. On SQLite the loop commits by itself (a
message in 0.01 ms; its facts, which take longer, when the commands have been executed), a few
milliseconds later if somebody else writes just then; else, and on PostgreSQL, a writer thread does:
while its commit is on its way, the next messages are handled already, and their commands wait for
their own commit.

The one exception is what is told to a switch whatever comes of a message (`CallCenter.foreseen`):
a caller who is answered in any case is answered while the rest is worked out. After a crash amid
that they are a caller whom nobody knows yet, and taken in as one.

Everything here runs on one asyncio thread, except that writer, which only commits.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from typing import TypeAlias, cast, get_args

import msgspec
import structlog

from calls.actions import Action, Refused
from calls.base import Instant
from calls.commands import Command, Dial, Hangup, Join, place_of
from calls.errors import ActionRefused, RingdeskError
from calls.events import SwitchDown, SwitchRemoved, Tick
from calls.facts import Fact
from calls.messages import Message, Output
from calls.port import Switch, switch_of
from calls.requests import Request
from calls.views import LiveView, Published
from engine.center import CallCenter, CenterState
from engine.journal import End, Entry, Journal, Snapshot

log = structlog.get_logger()

#: A snapshot is taken after this many messages, so that a restart replays at most as many.
SNAPSHOT_EVERY = 5000
#: How fast the center's time runs while it is ahead of a clock that was set back.
SLOW = 0.9
#: Seconds between two attempts to commit while the database does not take them.
RETRY_AFTER = 0.5

#: Who else writes is done in a few milliseconds, but the writer thread, once it waits for them, may
#: sleep for a hundred (SQLite's own patience): the loop tries so often, so many seconds apart.
ATTEMPTS, AGAIN_AFTER = 20, 0.001
#: Seconds until a message that led to no command is committed, with others that came meanwhile, and
#: the facts of those that did.
COMMIT_AFTER = 0.01
#: Seconds until facts are published: a switch that was told to ring a phone or to join two parties
#: has the processor first. On a page nobody sees the difference.
PUBLISH_AFTER = 0.01

Asker: TypeAlias = Callable[[Request, Callable[[Message], None]], None]
_COMMANDS, _REQUESTS = frozenset(get_args(Command)), frozenset(get_args(Request))
_FACTS = frozenset(get_args(Fact))
#: Somebody waits to be put through.
_URGENT: frozenset[type[Command]] = frozenset((Dial, Join))
_Work: TypeAlias = tuple[list["_Step"], list[Entry], Snapshot | None]


class _Step:
    """One handled message, waiting for its commit."""

    __slots__ = ("commands", "entry", "requests", "waiter")

    def __init__(self, entry: Entry, waiter: "asyncio.Future[list[Fact]] | None") -> None:
        self.entry = entry
        self.commands: list[Command] = []
        self.requests: list[Request] = []
        self.waiter = waiter


class Loop:
    """One center, its journal and its switches. Make it with `restore`."""

    def __init__(
        self,
        center: CallCenter,
        journal: Journal,
        *,
        message: int = 0,
        fact: int = 0,
        at: Instant = 0.0,
    ) -> None:
        self.center = center
        self.journal = journal
        self.committed_fact = fact
        #: Called on this loop for each committed fact, in order.
        self.listeners: list[Callable[[Published], None]] = []
        #: The database takes what is written to it.
        self.healthy = True
        self._message = message
        self._fact = fact
        self._now = at
        #: The monotonic clock when `_now` was.
        self._ticked = time.monotonic()
        self._switches: dict[str, Switch] = {}
        self._ask: Asker
        self._pending: list[_Step] = []
        #: Their messages are committed, their facts are not.
        self._behind: list[Entry] = []
        self._committing = False
        self._flush_due = False
        #: The commit of what nobody waits for.
        self._unhurried: asyncio.TimerHandle | None = None
        self._unpublished: list[Published] = []
        self._publishing: asyncio.TimerHandle | None = None
        #: Commits running that the loop could not do by itself.
        self._refused = 0
        self._since_snapshot = 0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_for: Instant | None = None
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="journal", daemon=True)
        self._aio: asyncio.AbstractEventLoop
        self._idle: asyncio.Event

    # --- life

    @classmethod
    def restore(cls, journal: Journal, center: str) -> "Loop":
        """Make the machine as the journal left it. `center` names a new one."""
        kept, end = journal.snapshot(), journal.end()
        state = msgspec.json.decode(kept.state, type=CenterState) if kept else None
        machine = CallCenter(state, center=center)
        untold = _replay(machine, journal, kept.message if kept else 0, end)
        if untold:
            journal.append((), untold)
            end = journal.end()
        return cls(machine, journal, message=end.message, fact=end.fact, at=end.at)

    def start(self, switches: list[Switch], ask: Asker) -> None:
        """Begin to take messages. Every switch counts as out of reach until it says `SwitchUp`."""
        self._aio = asyncio.get_running_loop()
        self._idle = asyncio.Event()
        self._idle.set()
        self._switches = {switch.name: switch for switch in switches}
        self._ask = ask
        self._writer.start()
        for name in self._switches:
            self.deliver(SwitchDown(switch=name))
        for name in self.center.state.switches.keys() - self._switches.keys():
            self.deliver(SwitchRemoved(switch=name))

    async def stop(self) -> None:
        """Commit what is handled, keep a snapshot, end the writer."""
        if self._timer is not None:
            self._timer.cancel()
        while self._pending or self._behind or self._committing:
            self._flush(facts=True)
            await self._idle.wait()
        self._since_snapshot = SNAPSHOT_EVERY
        self._flush()
        await self._idle.wait()
        self._publish()
        self._work.put(None)
        await asyncio.to_thread(self._writer.join)
        self.journal.close()

    # --- messages in

    def deliver(self, message: Message) -> None:
        """Handle one message now. On the loop's own thread only."""
        self._step(message, None)

    async def act(self, action: Action) -> list[Fact]:
        """Handle an action and wait until it is committed.

        Returns its facts. Raises `ActionRefused` if the center will not do it.
        """
        waiter: asyncio.Future[list[Fact]] = self._aio.create_future()
        self._step(action, waiter)
        return await waiter

    def view(self) -> LiveView:
        """The live view as of this instant."""
        view = self.center.view(self._clock())
        return msgspec.structs.replace(view, journal=self._fact)

    def _clock(self) -> Instant:
        """The time, which never steps back, nor stands still when the machine's clock does.

        After such a step it runs a little slow until the clock has caught up with it.
        """
        before, self._ticked = self._ticked, time.monotonic()
        self._now = max(time.time(), self._now + SLOW * (self._ticked - before))
        return self._now

    def _step(self, message: Message, waiter: "asyncio.Future[list[Fact]] | None") -> None:
        if not self._held_up:
            self._safely(self._foresee, message)
        now = self._clock()
        try:
            outputs = self.center.handle(message, now)
        except Exception as error:
            # A fault of ours must not take the other calls down. It is journalled, so that a
            # replay meets it again and an engineer can find it.
            log.exception("center.failed", message=type(message).__name__)
            outputs = []
            if waiter is not None:
                waiter.set_exception(RingdeskError(f"internal error: {type(error).__name__}"))
                waiter = None
        self._message += 1
        step = _Step(Entry(self._message, now, message), waiter)
        for output in outputs:
            self._sort(step, output, now)
        self._pending.append(step)
        self._since_snapshot += 1
        if self._committing:
            pass  # `_committed` goes on
        elif self._refused == 0 and not _URGENT.isdisjoint(map(type, step.commands)):
            self._flush()
        elif not self._flush_due and (step.commands or step.waiter is not None):
            # What came with this message, from the same packet perhaps, is committed with it.
            self._flush_due = True
            self._aio.call_soon(self._flush)
        elif not self._flush_due and self._unhurried is None:
            self._unhurried = self._aio.call_later(COMMIT_AFTER, self._settle)
        self._set_timer()

    def _foresee(self, message: Message) -> None:
        for command in self.center.foreseen(message):
            self._safely(self._execute, command)

    @property
    def _held_up(self) -> bool:
        """What is handled now is not committed at once."""
        return self._committing or self._refused > 0 or not self.healthy

    def _sort(self, step: _Step, output: Output, now: Instant) -> None:
        kind = type(output)
        if kind in _COMMANDS:
            step.commands.append(cast(Command, output))
        elif kind in _REQUESTS:
            step.requests.append(cast(Request, output))
        elif not isinstance(output, Refused):
            self._fact += 1
            step.entry.facts.append(Published(seq=self._fact, at=now, fact=cast(Fact, output)))
        elif step.waiter is not None:
            step.waiter.set_exception(ActionRefused(output))
            step.waiter = None
        else:
            log.warning("action.refused", detail=output.message)

    # --- time

    def _set_timer(self) -> None:
        wanted = self.center.deadline()
        if wanted == self._timer_for:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_for = None, wanted
        if wanted is not None:
            delay = max(0.0, wanted - self._clock())
            self._timer = self._aio.call_later(delay, self._ring)

    def _ring(self) -> None:
        wanted, self._timer, self._timer_for = self._timer_for, None, None
        if wanted is not None and wanted > self._clock():  # time runs slow, see `_clock`
            self._set_timer()
        else:
            self._step(Tick(), None)

    # --- commits

    def _settle(self) -> None:
        """Commit what nobody waits for, and show it."""
        self._unhurried = None
        self._flush(facts=True)
        self._publish()

    def _flush(self, facts: bool = False) -> None:
        """Commit all that is handled: at once if nobody else writes, else beside the loop. The
        `facts` can wait, unless somebody asked for them."""
        self._flush_due = False
        if self._committing:
            return  # `_committed` goes on
        facts = facts or any(step.waiter is not None for step in self._pending)
        if self.healthy and self._since_snapshot < SNAPSHOT_EVERY:
            if not (self._pending or (facts and self._behind)):
                return
            entries = [step.entry for step in self._pending]
            if self.journal.append_now(entries, self._behind, facts=facts):
                self._refused = 0
                steps, self._pending = self._pending, []
                self._behind += entries
                self._done(steps, self._told() if facts else [])
                return
            self._refused += 1
            if self._refused < ATTEMPTS and self.journal.may_append_now:
                self._flush_due = True
                self._aio.call_later(AGAIN_AFTER, self._flush, facts)
                return
        self._refused = 0
        self._hand_over()

    def _told(self) -> list[Entry]:
        """All facts are committed now, or on their way."""
        if self._unhurried is not None:
            self._unhurried.cancel()
            self._unhurried = None
        told, self._behind = self._behind, []
        return told

    def _hand_over(self) -> None:
        """Let the writer commit all that is handled."""
        snapshot = self._snapshot() if self._since_snapshot >= SNAPSHOT_EVERY else None
        if not (self._pending or self._behind) and snapshot is None:
            return
        steps, self._pending = self._pending, []
        behind = self._told()
        self._committing = True
        self._idle.clear()
        self._work.put((steps, behind, snapshot))

    def _snapshot(self) -> Snapshot:
        self._since_snapshot = 0
        state = msgspec.json.encode(self.center.snapshot())
        return Snapshot(self._message, self._fact, self._now, state)

    def _write(self) -> None:
        """The writer thread."""
        while (work := self._work.get()) is not None:
            steps, behind, snapshot = work
            entries = [step.entry for step in steps]
            self._persist(entries, behind, snapshot)
            self._aio.call_soon_threadsafe(self._committed, steps, [*behind, *entries])

    def _persist(
        self, entries: list[Entry], behind: list[Entry], snapshot: Snapshot | None
    ) -> None:
        again = False
        while True:
            try:
                if entries or behind:
                    self.journal.append(entries, behind, again=again)
                if snapshot is not None:
                    self.journal.save(snapshot)
            except Exception as error:
                # Nothing may be executed that is not committed: callers wait, the log says why.
                self.healthy, again = False, True
                log.error("journal.not_written", error=str(error))
                time.sleep(RETRY_AFTER)
            else:
                self.healthy = True
                return

    def _committed(self, steps: list[_Step], told: list[Entry]) -> None:
        self._committing = False
        self._hand_over()
        self._done(steps, told)
        if not self._committing:
            self._idle.set()

    def _done(self, steps: list[_Step], told: list[Entry]) -> None:
        """What is committed may be carried out; the facts that are `told` may be seen."""
        for step in steps:
            # Who is to be rung has waited longest. Only a Hangup before a Dial may be about its
            # phone, which would be busy else.
            for command in sorted(step.commands, key=_rings_later):
                self._safely(self._execute, command)
        for step in steps:
            for request in step.requests:
                self._safely(self._ask, request, self.deliver)
            if step.waiter is not None and not step.waiter.done():
                step.waiter.set_result([published.fact for published in step.entry.facts])
        for entry in told:
            self._unpublished += entry.facts
        if self._behind and self._unhurried is None:
            self._unhurried = self._aio.call_later(COMMIT_AFTER, self._settle)
        if any(step.waiter is not None for step in steps):
            self._publish()  # who asked for something looks at once at what came of it
        elif self._publishing is None and self._unpublished:
            self._publishing = self._aio.call_later(PUBLISH_AFTER, self._publish)

    def _safely(self, work: Callable[..., None], *arguments: object) -> None:
        """A fault in one driver or listener must not cost the others what they wait for."""
        try:
            work(*arguments)
        except Exception:
            log.exception("loop.failed", told=[type(each).__name__ for each in arguments])

    def _execute(self, command: Command) -> None:
        place = place_of(command)
        switch = self._switches.get(switch_of(place))
        if switch is None:
            log.warning("command.no_switch", command=type(command).__name__, leg=place)
        else:
            switch.execute(command)

    def _publish(self) -> None:
        if self._publishing is not None:
            self._publishing.cancel()
            self._publishing = None
        facts, self._unpublished = self._unpublished, []
        for published in facts:
            self.committed_fact = published.seq
            for listener in self.listeners:
                self._safely(listener, published)


def _replay(machine: CallCenter, journal: Journal, after: int, end: End) -> list[Entry]:
    """Let a machine handle all messages after number `after`; gives those whose facts a crash has
    kept out of the journal."""
    untold, fact = [], end.fact
    for entry in journal.messages(after):
        try:
            outputs = machine.handle(entry.message, entry.at)
        except Exception:  # it failed then as it fails now
            log.exception("replay.message_failed", message=type(entry.message).__name__)
            continue
        if entry.seq > end.told:
            for output in outputs:
                if type(output) in _FACTS:
                    fact += 1
                    told = Published(seq=fact, at=entry.at, fact=cast(Fact, output))
                    entry.facts.append(told)
            untold.append(entry)
    return untold


def _rings_later(command: Command) -> bool:
    return not isinstance(command, (Dial, Hangup))
