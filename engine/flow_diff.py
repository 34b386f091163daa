"""What is different between two texts, line by line, for people."""

import difflib
from collections.abc import Iterator
from typing import Literal

import msgspec

#: Unchanged lines shown around each change.
AROUND = 3


class DiffLine(msgspec.Struct, frozen=True):
    """`before` and `after`: the line's number there, None where it is not there. A ``gap`` stands
    for lines that are the same and left out."""

    kind: Literal["same", "removed", "added", "gap"]
    before: int | None
    after: int | None
    text: str


def diff(before: str, after: str) -> list[DiffLine]:
    """The changed lines with those around them; nothing where the texts are the same."""
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    found: list[DiffLine] = []
    for group in matcher.get_grouped_opcodes(AROUND):
        if found or group[0][1] > 0:
            found.append(DiffLine("gap", None, None, ""))
        for what, old_from, old_to, new_from, new_to in group:
            if what == "equal":
                found += [
                    DiffLine("same", old_from + index + 1, new_from + index + 1, line)
                    for index, line in enumerate(old[old_from:old_to])
                ]
            else:
                found += _lines("removed", old, old_from, old_to)
                found += _lines("added", new, new_from, new_to)
    return found


def _lines(
    kind: Literal["removed", "added"], lines: list[str], begin: int, end: int
) -> Iterator[DiffLine]:
    for index in range(begin, end):
        number = index + 1
        before, after = (number, None) if kind == "removed" else (None, number)
        yield DiffLine(kind, before, after, lines[index])
