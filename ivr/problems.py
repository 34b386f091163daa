"""What is wrong with a flow file, and where."""

import difflib
from collections.abc import Iterable

import msgspec

from ivr.node import Path


class Place(msgspec.Struct, frozen=True, order=True):
    """Line and column, counted from 1 as editors do."""

    line: int
    column: int


class Problem(msgspec.Struct, frozen=True):
    """One thing to mend. The message names what is wrong and what to do about it."""

    file: str
    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.place.line}:{self.place.column}: {self.message}"


class Report:
    """The problems of one file, gathered while it is read and checked."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._places: dict[Path, Place] = {}

    def mark(self, path: Path, place: Place) -> None:
        """Remember where something stands."""
        self._places[path] = place

    def names(self, path: Path) -> set[str]:
        """What stands directly under `path`, usable or not."""
        depth = len(path)
        return {at[depth] for at in self._places if len(at) > depth and at[:depth] == path}

    def add(self, path: Path, message: str) -> None:
        """A problem with what stands at `path`, or with the nearest that holds it."""
        while path and path not in self._places:
            path = path[:-1]
        self.add_at(self._places.get(path, Place(1, 1)), message)

    def add_at(self, place: Place, message: str) -> None:
        self.problems.append(Problem(self.file, place, message))

    def __str__(self) -> str:
        return "\n".join(map(str, self.ordered()))

    def ordered(self) -> list[Problem]:
        """By their place in the file."""
        return sorted(self.problems, key=lambda problem: problem.place)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'sales'?``, or what there is to choose from."""
    choices = list(known)
    close = difflib.get_close_matches(word, choices, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(sorted(choices))}" if choices else ""
