"""Sorted lists for the index, in which the last comer mostly goes last and the first goes first.

What they are sorted by lies in a list beside them, so that searching does not look at the calls
and agents themselves, which are all over the memory, and runs in C.
"""

from bisect import bisect_left, bisect_right
from itertools import compress
from operator import attrgetter

from acd.live import Caller, Opened, Seat

#: Not worth tidying up.
FEW = 16

_order = attrgetter("order")


class Line:
    """Waiting calls in the order of score: by kappa, by order among equals."""

    __slots__ = ("_kappas", "calls")

    def __init__(self) -> None:
        self._kappas: list[float] = []
        self.calls: list[Caller] = []

    def add(self, call: Caller) -> int:
        """Put a call in; how many are before it."""
        kappas, calls, kappa = self._kappas, self.calls, call.kappa
        if not calls or kappas[-1] < kappa:
            kappas.append(kappa)
            calls.append(call)
            return len(calls) - 1
        at = bisect_right(kappas, kappa)
        if at and kappas[at - 1] == kappa and calls[at - 1].order > call.order:
            at = bisect_left(calls, call.order, bisect_left(kappas, kappa), at, key=_order)
        kappas.insert(at, kappa)
        calls.insert(at, call)
        return at

    def before(self, call: Caller) -> int:
        """How many are before a call that is in."""
        kappas, calls, kappa = self._kappas, self.calls, call.kappa
        at = bisect_left(kappas, kappa)
        if calls[at] is not call:
            at = bisect_left(calls, call.order, at, bisect_right(kappas, kappa, at), key=_order)
        return at

    def remove(self, call: Caller) -> None:
        at = 0 if self.calls[0] is call else self.before(call)
        del self._kappas[at], self.calls[at]


class Bucket:
    """The open agents of a signature who prefer it alike and have alike many contacts, by rank, who
    became idle first among equals. Who is not open any more stays until they come up or are too
    many."""

    __slots__ = ("_most", "_opened", "_ranks", "load", "preference")

    def __init__(self, preference: int, load: int) -> None:
        self.preference = preference
        self.load = load
        self._ranks: list[float] = []
        self._opened: list[Opened] = []
        #: So many entries are not too many.
        self._most = 4 * FEW

    def add(self, rank: float, agent: Opened) -> None:
        ranks, opened = self._ranks, self._opened
        if not opened or (ranks[-1] <= rank and opened[-1].order < agent.order):
            ranks.append(rank)
            opened.append(agent)
        else:
            at = bisect_right(ranks, rank)
            if at and ranks[at - 1] == rank and opened[at - 1].order > agent.order:
                at = bisect_right(opened, agent.order, bisect_left(ranks, rank), at, key=_order)
            ranks.insert(at, rank)
            opened.insert(at, agent)
        if len(opened) > self._most:
            self._tidy()

    def first(self) -> Seat | None:
        at = 0
        for agent in self._opened:
            seat = agent.seat
            if seat is not None:
                if at:
                    del self._ranks[:at], self._opened[:at]
                return seat
            at += 1
        if at:
            del self._ranks[:], self._opened[:]
        return None

    def _tidy(self) -> None:
        """Only those who are open."""
        still = [agent.seat is not None for agent in self._opened]
        self._ranks = list(compress(self._ranks, still))
        self._opened = list(compress(self._opened, still))
        self._most = 3 * len(self._opened) + 4 * FEW
