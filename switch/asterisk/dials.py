"""Phones are rung a few at a time.

Asterisk does what it is asked in the order in which it was asked, and making a call takes it
longest. Behind a crowd of calls to be made, an agent who has answered would wait for the caller to
be joined. So the crowd waits here, where it is in nobody's way.
"""

from collections import deque
from collections.abc import Callable

from calls.base import LegId
from switch.asterisk.lanes import Answer

#: Calls that Asterisk is making at once: enough to keep it busy.
AT_ONCE = 8


class Dials:
    """Calls to be made, the first come first."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[LegId, Callable[[], Answer]]] = deque()
        self._making = 0

    def make(self, leg: LegId, dial: Callable[[], Answer]) -> None:
        """Call `dial`, now or when it is this leg's turn; it gives Asterisk's answer."""
        self._waiting.append((leg, dial))
        self._go_on()

    def drop(self, leg: LegId) -> bool:
        """A call is not wanted any more; False if it is being made or has been."""
        for place, (waiting, _) in enumerate(self._waiting):
            if waiting == leg:
                del self._waiting[place]
                return True
        return False

    def clear(self) -> None:
        """The link is lost, and all that waits with it."""
        self._waiting.clear()

    def _go_on(self) -> None:
        while self._waiting and self._making < AT_ONCE:
            _, dial = self._waiting.popleft()
            self._making += 1
            dial().add_done_callback(self._made)

    def _made(self, _: Answer) -> None:
        self._making -= 1
        self._go_on()
