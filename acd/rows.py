"""Sorted lists for the index, in which the last comer mostly goes last and the first goes first."""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from typing import Any, Generic, TypeAlias, TypeVar

from acd.live import Seat
from calls.base import CallId

Entry = TypeVar("Entry", bound=tuple[Any, ...])
#: A call's place: (kappa, order, its name). One object while it waits.
Place: TypeAlias = tuple[float, int, CallId]
#: An open agent: (rank, idle order, epoch, agent); open while the epoch is the agent's.
Opened: TypeAlias = tuple[Any, int, int, Seat]
#: Not worth tidying up.
FEW = 16


class Line:
    """The places of all calls of one queue. Their kappas lie side by side, so that searching does
    not look at the places themselves, which are all over the memory."""

    __slots__ = ("_kappas", "places")

    def __init__(self) -> None:
        self._kappas = array("d")
        self.places: list[Place] = []

    def __len__(self) -> int:
        return len(self.places)

    def add(self, place: Place) -> int:
        """Put a place in; how many are before it."""
        kappas, places, kappa = self._kappas, self.places, place[0]
        if not places or kappas[-1] < kappa:
            kappas.append(kappa)
            places.append(place)
            return len(places) - 1
        at = bisect_right(kappas, kappa)
        while at and places[at - 1] > place:
            at -= 1
        kappas.insert(at, kappa)
        places.insert(at, place)
        return at

    def before(self, place: Place) -> int:
        """How many are before a place that is in."""
        places = self.places
        if places[0] is place:
            return 0
        at = bisect_left(self._kappas, place[0])
        while places[at] is not place:
            at += 1
        return at

    def remove(self, place: Place) -> None:
        at = self.before(place)
        del self._kappas[at], self.places[at]


class Row(Generic[Entry]):
    """A sorted list from whose front entries are taken."""

    __slots__ = ("entries", "front")

    def __init__(self) -> None:
        #: Sorted from `front` on; what is before it is gone.
        self.entries: list[Entry] = []
        self.front = 0

    def __len__(self) -> int:
        return len(self.entries) - self.front

    def add(self, entry: Entry) -> None:
        insort(self.entries, entry, self.front)

    def skip(self, front: int) -> None:
        """What is before this index is gone."""
        if front > FEW and 2 * front > len(self.entries):
            del self.entries[:front]
            self.front = 0
        else:
            self.front = front

    def crowded(self, wanted: int) -> bool:
        """Are there many entries more than are wanted?"""
        return len(self.entries) - self.front > 2 * wanted + FEW

    def keep(self, entries: Iterable[Entry]) -> None:
        """Only these, sorted already."""
        self.entries = list(entries)
        self.front = 0


class Bucket(Row[Opened]):
    """The open agents of a signature who prefer it alike, by rank and idle order. Who is not open
    any more stays until they come up or are too many."""

    __slots__ = ("most", "preference")

    def __init__(self, preference: int) -> None:
        super().__init__()
        self.preference = preference
        #: So many entries are not too many.
        self.most = 4 * FEW

    def tidy(self) -> None:
        """Only those who are open."""
        self.keep([entry for entry in self.entries if entry[3].epoch == entry[2]])
        self.most = 3 * len(self.entries) + 4 * FEW

    def first(self) -> Seat | None:
        entries = self.entries
        for at in range(self.front, len(entries)):
            _, _, epoch, seat = entries[at]
            if seat.epoch == epoch:
                self.skip(at)
                return seat
        self.keep(())
        return None
