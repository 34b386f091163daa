"""Live fan-out: committed facts to whoever listens, without a gap."""

import asyncio
from collections.abc import AsyncIterator

from calls.views import Published
from engine.journal import Journal

#: A listener that lags this many facts behind is cut off; it resumes from the journal.
LAG = 5000


class Stream:
    """The facts as they are committed. Belongs to the loop's thread."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._listeners: set[asyncio.Queue[Published | None]] = set()

    def publish(self, published: Published) -> None:
        """Hand a fact to all; never waits."""
        for listener in list(self._listeners):
            if listener.qsize() >= LAG:
                self._listeners.discard(listener)
                listener.put_nowait(None)
            else:
                listener.put_nowait(published)

    def close(self) -> None:
        """End all iterations, for a stop."""
        for listener in self._listeners:
            listener.put_nowait(None)
        self._listeners.clear()

    async def events(self, after: int | None) -> AsyncIterator[Published]:
        """Facts numbered above `after`, from the journal first and then live; None: from now on.

        Ends when the listener lags too far behind: it may resume after the last it got.
        """
        listener: asyncio.Queue[Published | None] = asyncio.Queue()
        self._listeners.add(listener)
        try:
            last = after
            while last is not None:
                known = await asyncio.to_thread(self._journal.facts, last)
                if not known:
                    break
                for published in known:
                    yield published
                last = known[-1].seq
            while (published_now := await listener.get()) is not None:
                if last is None or published_now.seq > last:
                    yield published_now
        finally:
            self._listeners.discard(listener)
