"""The Acd beside the brute-force router: both get the same messages and must say the same."""

from collections.abc import Sequence
from random import Random

import msgspec
from msgspec.structs import replace

from acd.acd import Acd
from acd.messages import AcdMessage
from acd.state import AcdState
from calls.base import Instant
from calls.config import Strategy
from calls.errors import UnexpectedEvent
from calls.events import Tick
from calls.facts import CallQueued
from tests.acd.brute import Brute, told
from tests.acd.driving import START
from tests.acd.histories import Maker
from tests.acd.ledger import Ledger

#: Messages from one look at all that is visible to the next.
LOOK_EVERY = 16

#: A message, when it was given, and the call and agent of the offer that it names.
Given = tuple[AcdMessage, Instant, tuple[str, str] | None]


class Pair:
    """One Acd and one brute-force router. `restart` makes the Acd anew from its own JSON before
    every message."""

    def __init__(self, restart: bool = False) -> None:
        self.real = Acd()
        self.brute = Brute()
        self.ledger = Ledger()
        self.restart = restart
        self.log: list[Given] = []

    def give(self, message: AcdMessage, now: Instant) -> None:
        """Raises AssertionError where the two part."""
        named = self.brute.bids.get(getattr(message, "offer", ""))
        self.log.append((message, now, (named.call, named.agent) if named else None))
        if self.restart:
            self.real = Acd(self.stored())
        said = told(self.real.handle(message, now))
        queued = next((fact for fact in said if isinstance(fact, CallQueued)), None)
        meant = self.brute.handle(message, now, queued.expected if queued else None)
        if said != meant:
            raise AssertionError(difference(said, meant))
        due, meant_due = self.real.deadline(), self.brute.deadline()
        if due != meant_due:
            raise AssertionError(f"the next deadline is {due}, not {meant_due}")
        if isinstance(message, Tick):
            assert due is None or due > now, "after a Tick nothing may be due"
        self.ledger.add(said)
        if len(self.log) % LOOK_EVERY == 0:
            self.look()

    def stored(self) -> AcdState:
        """The state of the Acd after having been JSON."""
        snapshot = msgspec.json.encode(self.real.snapshot())
        return msgspec.json.decode(snapshot, type=AcdState)

    def look(self) -> None:
        """All that people see."""
        real, brute = self.real, self.brute
        for name in brute.queues:
            line = brute.line(name)
            assert [real.position(call) for call in line] == list(range(1, len(line) + 1))
        assert real.dropped() == brute.dropped
        assert {view.name: view.state for view in real.agent_views()} == {
            person.name: person.state for person in brute.people.values()
        }


def difference(said: Sequence[object], meant: Sequence[object]) -> str:
    """Both lists, each fact on a line; from the first on that differs marked."""
    same = 0
    while same < min(len(said), len(meant)) and said[same] == meant[same]:
        same += 1
    lines = [f"    {fact}" for fact in said[:same]]
    lines += [f"acd  {fact}" for fact in said[same:]]
    lines += [f"must {fact}" for fact in meant[same:]]
    return "\n".join(["they part:", *lines])


def live(pair: Pair, seed: str, steps: int, strategies: Sequence[Strategy] = ()) -> None:
    """A history of so many messages, given to both; in a center of these strategies, if any."""
    maker, now = Maker(Random(seed)), START
    maker.strategies = tuple(strategies) or maker.strategies
    for message in maker.opening():
        pair.give(message, now)
    while len(pair.log) < steps:
        target = now + maker.pause()
        while (due := pair.brute.deadline()) is not None and due <= target and maker.chance(0.9):
            now = max(now, due)
            pair.give(Tick(), now)
        now = target
        pair.give(maker.next(pair.brute), now)


def compare(seed: str, steps: int) -> int:
    """How many messages were compared; where the two part, a short history that shows it."""
    pair = Pair()
    try:
        live(pair, seed, steps)
        pair.look()
    except Exception as error:
        shortest = shorten(pair.log)
        raise AssertionError(
            f"history {seed!r}: {fault(shortest) or error!r}\n\nshown by\n{shown(shortest)}"
        ) from error
    return len(pair.log)


def shown(log: Sequence[Given]) -> str:
    """A history, each message on a line behind its time."""
    return "\n".join(f"{now - START:8} {msgspec.json.encode(one).decode()}" for one, now, _ in log)


def fault(log: Sequence[Given]) -> Exception | None:
    """How the two part in this history. One that cannot be is none."""
    pair = Pair()
    try:
        for message, now, named in log:
            if named is not None:
                offers = {(bid.call, bid.agent): name for name, bid in pair.brute.bids.items()}
                if named not in offers:
                    continue
                message = replace(message, offer=offers[named])
            pair.give(message, now)
        pair.look()
    except UnexpectedEvent:
        return None
    except Exception as error:
        return error
    return None


def shorten(log: Sequence[Given]) -> list[Given]:
    """A history that still shows a fault, from which no message can be left out."""
    left, size = list(log), max(1, len(log) // 2)
    while True:
        before, at = len(left), 0
        while at < len(left):
            without = left[:at] + left[at + size :]
            if fault(without):
                left = without
            else:
                at += size
        if size > 1:
            size //= 2
        elif len(left) == before:
            return left
