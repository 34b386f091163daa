"""What can be waited for until it is so."""

import asyncio
import contextlib
from collections.abc import Callable


class Changing:
    """Something whose state others wait for. On the loop's thread."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def has_changed(self) -> None:
        """Let all who wait look."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[[], bool], within: float) -> bool:
        """Wait until something is so, looked at after each change; False when it never was."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not condition():
                    await self._changed.wait()
        return condition()
