"""What is due when: one heap for agents, contacts beside others and waiting calls."""

from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from typing import Literal, TypeAlias

from calls.base import Instant

#: Of an agent, a contact beside others, a waiting call. At the same instant, in this order.
Kind: TypeAlias = Literal[0, 1, 2]
AGENT: Kind = 0
ITEM: Kind = 1
CALL: Kind = 2
#: When; of which kind; the agent or call, which decides at the same instant; and what it is known
#: by: the agent, the offer that a contact began with, or the call.
Timer: TypeAlias = tuple[Instant, Kind, str, str]


class Timers:
    """Timers are never taken out: `due` tells when that of an agent, a contact or a call really is
    due, and one that says otherwise is void. Void ones go when they come up, or when there are as
    many as others. So setting a timer is O(log n) on average, and unsetting it costs nothing."""

    __slots__ = ("_due", "_heap", "_most")

    def __init__(self, due: Callable[[Kind, str], Instant | None]) -> None:
        self._due = due
        self._heap: list[Timer] = []
        self._most = _FEW

    def __len__(self) -> int:
        """Void ones included."""
        return len(self._heap)

    def set(self, at: Instant, kind: Kind, whose: str, key: str) -> None:
        heappush(self._heap, (at, kind, whose, key))
        if len(self._heap) > self._most:
            self._heap = self._valid(self._heap)
            heapify(self._heap)
            self._most = 2 * len(self._heap) + _FEW

    def first(self) -> Timer | None:
        """What is due next, left in; None if nothing ever is."""
        heap = self._heap
        while heap:
            at, kind, _, key = heap[0]
            if self._due(kind, key) == at:
                return heap[0]
            heappop(heap)
        return None

    def _valid(self, timers: Iterable[Timer]) -> list[Timer]:
        return [timer for timer in set(timers) if self._due(timer[1], timer[3]) == timer[0]]


_FEW = 1000
