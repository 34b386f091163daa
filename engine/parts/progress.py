"""Showing how far something slow is: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichBars


class Step(Protocol):
    """One piece of work under way."""

    def advance(self, share: float, note: str = "") -> None:
        """`share` (0 to 1) of the work is done; `note` says what happens now."""


class Progress(Protocol):
    """Where slow work tells how far it is."""

    def step(self, title: str) -> AbstractContextManager[Step]:
        """Begin a piece of work; it ends with the block."""

    def note(self, text: str) -> None:
        """Say one line."""


class Silent:
    """Shows nothing."""

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:  # noqa: ARG002
        yield self

    def advance(self, share: float, note: str = "") -> None:
        pass

    def note(self, text: str) -> None:
        pass


class Lines:
    """A line when a step begins, and one every few seconds while it goes on."""

    _EVERY = 5.0

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._title = ""
        self._told = 0.0

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        self._title = title
        self._told = time.monotonic()
        self.note(f"{title} ...")
        yield self

    def advance(self, share: float, note: str = "") -> None:
        now = time.monotonic()
        if now - self._told >= self._EVERY:
            self._told = now
            self.note(f"{self._title}: {share:.0%} {note}".rstrip())

    def note(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


class _BarStep:
    def __init__(self, bars: RichBars, title: str) -> None:
        self._bars = bars
        self._task = bars.add_task(title, total=1.0, note="")

    def advance(self, share: float, note: str = "") -> None:
        self._bars.update(self._task, completed=share, note=note)


class Bars:
    """A moving bar for each step."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        columns = (
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}[/]"),
        )
        with RichBars(*columns, console=self._console) as bars:
            step = _BarStep(bars, title)
            yield step
            step.advance(1.0)

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)


def progress_on(stream: TextIO | None = None) -> Progress:
    """The right way to show progress on this stream; on standard error by default."""
    stream = stream or sys.stderr
    return Bars(Console(file=stream)) if stream.isatty() else Lines(stream)
