"""How often somebody may be wrong: a sliding window of failures by key."""

import threading
import time
from collections import deque
from collections.abc import Callable


class Throttle:
    """Allows `limit` failures in `window` seconds for each key. Safe in threads."""

    def __init__(
        self, limit: int, window: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._window = window
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, key: str) -> float:
        """Seconds until the key may try again; 0 when it may now."""
        with self._lock:
            times = self._recent(key)
            if len(times) < self._limit:
                return 0.0
            return times[0] + self._window - self._clock()

    def failed(self, key: str) -> None:
        with self._lock:
            for old in [other for other in self._failures if not self._recent(other)]:
                del self._failures[old]
            self._failures.setdefault(key, deque()).append(self._clock())

    def forget(self, key: str) -> None:
        with self._lock:
            self._failures.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        times = self._failures.get(key, deque())
        while times and times[0] <= self._clock() - self._window:
            times.popleft()
        return times
