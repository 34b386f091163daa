"""What is due when: one heap for agents, contacts beside others and waiting calls."""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Literal, TypeAlias

from calls.base import Instant

if TYPE_CHECKING:
    from acd.floor import Floor

#: Of an agent, a contact beside others, a waiting call. At the same instant, in this order.
Kind: TypeAlias = Literal[0, 1, 2]
AGENT: Kind = 0
ITEM: Kind = 1
CALL: Kind = 2
#: When; of which kind; of which agent or call, and for a contact beside others also the offer that
#: it began with. The last is what it is known by.
Timer: TypeAlias = tuple[Instant, Kind, str] | tuple[Instant, Kind, str, str]


class Timers:
    """Timers are never taken out: the floor tells when that of an agent, a contact or a call really
    is due, and one that says otherwise is void. Void ones go when they come up, or when there are
    as many as others. So setting a timer is O(log n) on average, and unsetting it costs nothing."""

    __slots__ = ("_floor", "_heap", "_most")

    def __init__(self, floor: "Floor") -> None:
        self._floor = floor
        self._heap: list[Timer] = []
        self._most = _FEW

    def __len__(self) -> int:
        """Void ones included."""
        return len(self._heap)

    def set(self, timer: Timer) -> None:
        heappush(self._heap, timer)
        if len(self._heap) > self._most:
            self._heap = self._valid(self._heap)
            heapify(self._heap)
            self._most = 2 * len(self._heap) + _FEW

    def first(self) -> Timer | None:
        """What is due next, left in; None if nothing ever is."""
        heap = self._heap
        while heap:
            timer = heap[0]
            if self._floor.due(timer[1], timer[-1]) == timer[0]:
                return timer
            heappop(heap)
        return None

    def _valid(self, timers: Iterable[Timer]) -> list[Timer]:
        due = self._floor.due
        return [timer for timer in set(timers) if due(timer[1], timer[-1]) == timer[0]]


_FEW = 1000
