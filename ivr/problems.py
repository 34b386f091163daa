"""What is wrong with a flow file, and where."""

import difflib
from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec

#: Where in a file something stands: ``("nodes", "menu", "keys", "1")``.
Path: TypeAlias = tuple[str, ...]


class Place(msgspec.Struct, frozen=True, order=True):
    """Line and column, counted from 1 as editors do."""

    line: int
    column: int


class Problem(msgspec.Struct, frozen=True):
    """One thing to mend. The message names what is wrong and what to do about it. With a warning
    the flow can be used."""

    file: str
    place: Place
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        warning = "warning: " if self.severity == "warning" else ""
        return f"{self.file}:{self.place.line}:{self.place.column}: {warning}{self.message}"


class Report:
    """The problems of one file, gathered while it is read and checked."""

    def __init__(self, file: str, what: str = "flow", begins: str = "flow") -> None:
        self.file = file
        #: What the file holds, and the field that it begins with.
        self.what = what
        self.begins = begins
        self.problems: list[Problem] = []
        self._places: dict[Path, Place] = {}

    def mark(self, path: Path, place: Place) -> None:
        """Remember where something stands."""
        self._places[path] = place

    @property
    def marked(self) -> int:
        """How many values there are."""
        return len(self._places)

    def names(self, path: Path) -> set[str]:
        """What stands directly under `path`, usable or not."""
        depth = len(path)
        return {at[depth] for at in self._places if len(at) > depth and at[:depth] == path}

    def add(self, path: Path, message: str) -> None:
        """A problem with what stands at `path`, or with the nearest that holds it."""
        self.add_at(self.place(path), message)

    def add_at(self, place: Place, message: str) -> None:
        self.problems.append(Problem(self.file, place, message))

    def warn(self, path: Path, message: str) -> None:
        """As `add`, for what may well be meant so."""
        self.problems.append(Problem(self.file, self.place(path), message, "warning"))

    def errors(self) -> list[Problem]:
        """What must be mended before the flow can be used, by its place in the file."""
        return [problem for problem in self.ordered() if problem.severity == "error"]

    def place(self, path: Path) -> Place:
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, Place(1, 1))

    def ordered(self) -> list[Problem]:
        """By their place in the file."""
        return sorted(self.problems, key=lambda problem: problem.place)


def shortened(text: str, most: int = 80) -> str:
    """What of a text is shown in a message."""
    return text if len(text) <= most else f"{text[:most]}…"


def closest(word: str, known: Iterable[str]) -> str:
    """What was probably meant by a word that is not known; empty where nothing is like it."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1)), "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'sales'?``, or what there is to choose from."""
    choices = list(known)
    if meant := closest(word, choices):
        return f"; did you mean {meant!r}?"
    return f"; there are {', '.join(sorted(choices))}" if choices else ""
