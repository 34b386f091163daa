"""A priority queue whose items can also be taken out of the middle."""

from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=tuple[float | str, ...])
Item = TypeVar("Item", bound=str)


class Heap(Generic[Key, Item]):
    """Items by ascending key; keys must be distinct, so that the order depends on nothing else.

    Taking an item out only forgets its token; the dead entry is skipped when it comes up, or
    swept once dead entries outnumber the living. So every operation is O(log n) on average.
    """

    __slots__ = ("_entries", "_live", "_token")

    def __init__(self) -> None:
        self._entries: list[tuple[Key, int, Item]] = []
        self._live: dict[Item, int] = {}
        self._token = 0

    def __len__(self) -> int:
        return len(self._live)

    def push(self, key: Key, item: Item) -> None:
        """Put an item in; one that is in already moves to its new key."""
        self._token += 1
        self._live[item] = self._token
        heappush(self._entries, (key, self._token, item))
        self._sweep()

    def discard(self, item: Item) -> None:
        """Take an item out; nothing if it is not in."""
        if self._live.pop(item, None) is not None:
            self._sweep()

    def first(self) -> tuple[Key, Item] | None:
        """The item with the least key, left in; None if empty."""
        entries = self._entries
        while entries:
            key, token, item = entries[0]
            if self._live.get(item) == token:
                return key, item
            heappop(entries)
        return None

    def _sweep(self) -> None:
        if len(self._entries) > 2 * len(self._live) + 16:
            self._entries = [
                entry for entry in self._entries if self._live.get(entry[2]) == entry[1]
            ]
            heapify(self._entries)
