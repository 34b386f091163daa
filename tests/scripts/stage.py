"""A whole center in jump time: the pure machine opposite a simulated world, no clock, no sockets.

The state goes through JSON between any two messages (in a hurry: at each crash), and every
message before it is handled, so nothing can hide in memory that a restart would lose.
"""

import heapq
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from calls.codec import decode_message, encode
from calls.commands import Command
from calls.events import (
    CallerIdentified,
    KnownCall,
    KnownTicket,
    RequestFailed,
    StoreEvent,
    Tick,
    TicketDrafted,
)
from calls.facts import Fact
from calls.messages import Message, Output
from calls.requests import DraftTicket, FileVoicemail, IdentifyCaller, Request
from engine.center import CallCenter, CenterState
from switch.simulated.world import World

#: When every stage begins; far from 0 so that an age taken for an instant shows.
START = 1_000_000.0
#: How long a store takes to answer.
STORE_DELAY = 0.01

Watch: TypeAlias = Callable[[float, Message | Output], None]

KNOWN: dict[str, CallerIdentified] = {
    "500100200": CallerIdentified(
        request="",
        call="",
        contact=7,
        name="Ada Nowak",
        organisation="Nowak Ltd",
        tickets=(KnownTicket(id=41, number="INC-1041", title="Printer on fire"),),
    ),
    "500100201": CallerIdentified(request="", call="", contact=8, name="Jan Kos"),
    "500100208": CallerIdentified(
        request="",
        call="",
        calls=(KnownCall(call="b-1", at=START - 3600, outcome="handled", agent="anna"),),
    ),
    "500100209": CallerIdentified(request="", call="", contact=9, name="Ewa Lis", vip=True),
}


class Died(Exception):
    """The process is killed amid carrying out what the machine said, and dead for some time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Stage:
    """Drives a `CallCenter` and a `World` from one deadline to the next."""

    def __init__(
        self, watch: Watch = lambda _at, _what: None, *, reload_always: bool = True
    ) -> None:
        self.now = START
        self.world = World("sim")
        self.center = CallCenter(center="c")
        #: Every message with its time, as the journal has them.
        self.journal: list[tuple[float, bytes]] = []
        self.facts: list[tuple[float, Fact]] = []
        #: Facts and commands, in the order in which they were said or carried out.
        self.done: list[Fact | Command] = []
        #: The process dies instead of giving the next command of this kind to the switch,
        #: and is dead for that many seconds.
        self.dies_before: tuple[type[Command], float] | None = None
        self._watch = watch
        self._reload_always = reload_always
        self._stores: list[tuple[float, int, StoreEvent]] = []
        self._tickets = 100
        self._stored = 0

    def connect(self) -> None:
        self.world.connect(self.now)
        self.run(0)

    def do(self, message: Message) -> None:
        """Let the machine handle a message, then carry out what it says."""
        try:
            self._do(message)
        except Died as died:
            self.crash(died.seconds)

    def _do(self, message: Message) -> None:
        data = encode(message)
        self.journal.append((self.now, data))
        self._watch(self.now, message)
        outputs = self.center.handle(decode_message(data), self.now)
        if self._reload_always:
            self.reload()
        if isinstance(message, Tick):
            deadline = self.center.deadline()
            assert deadline is None or deadline > self.now, "a Tick left its deadline behind"
        for output in outputs:
            self._watch(self.now, output)
            if isinstance(output, Fact):
                self.facts.append((self.now, output))
                self.done.append(output)
        for output in outputs:
            self._carry_out(output)

    def reload(self) -> None:
        """What a restart does to the machine: nothing but its state is left."""
        self.center = CallCenter(decode_state(encode_state(self.center)), center="c")

    def run(self, seconds: float) -> None:
        """Let everything happen that happens in this time."""
        until = self.now + seconds
        while (at := self._next()) is not None and at <= until:
            self.now = max(self.now, at)
            try:
                self._step()
            except Died as died:
                self.crash(died.seconds)
        self.now = max(self.now, until)

    def crash(self, seconds: float) -> None:
        """The process is dead for some time, while the world goes on; then it starts again."""
        self.world.disconnect(self.now)
        self.now += seconds
        self.world.advance(self.now)
        self._stores.clear()
        self.reload()
        self.world.connect(self.now)

    def _next(self) -> float | None:
        times = [self.center.deadline(), self.world.deadline()]
        if self._stores:
            times.append(self._stores[0][0])
        return min((at for at in times if at is not None), default=None)

    def _step(self) -> None:
        told = self.world.advance(self.now)
        for event in told:
            self._do(event)
        while self._stores and self._stores[0][0] <= self.now:
            self._do(heapq.heappop(self._stores)[2])
        deadline = self.center.deadline()
        if deadline is not None and deadline <= self.now:
            self._do(Tick())

    def _carry_out(self, output: Output) -> None:
        """Facts are journalled by now; requests and commands are left to do."""
        if isinstance(output, Request):
            self._stored += 1
            answer = (self.now + STORE_DELAY, self._stored, self._ask(output))
            heapq.heappush(self._stores, answer)
        elif isinstance(output, Command):
            if self.dies_before is not None and isinstance(output, self.dies_before[0]):
                seconds, self.dies_before = self.dies_before[1], None
                raise Died(seconds)
            self.done.append(output)
            self.world.execute(output, self.now)

    def _ask(self, request: Request) -> StoreEvent:
        match request:
            case IdentifyCaller(request=name, call=call, caller=caller):
                who = KNOWN.get(caller, CallerIdentified(request="", call=""))
                return msgspec.structs.replace(who, request=name, call=call)
            case DraftTicket(queue=queue) | FileVoicemail(queue=queue):
                self._tickets += 1
                ticket = KnownTicket(
                    id=self._tickets,
                    number=f"INC-{self._tickets}",
                    title=f"Call to {queue}",
                    queue=queue,
                )
                return TicketDrafted(request=request.request, call=request.call, ticket=ticket)
            case _:
                return RequestFailed(request=request.request, call=request.call, detail="not here")


def encode_state(center: CallCenter) -> bytes:
    return msgspec.json.encode(center.snapshot(), order="deterministic")


def decode_state(data: bytes) -> CenterState:
    return msgspec.json.decode(data, type=CenterState)


def replay(journal: list[tuple[float, bytes]]) -> CallCenter:
    """The machine that the same messages at the same times make."""
    center = CallCenter(center="c")
    for at, message in journal:
        center.handle(decode_message(message), at)
    return center
