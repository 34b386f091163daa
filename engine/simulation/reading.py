"""YAML with line numbers: every complaint names file, line, the thing and the remedy."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

import yaml

from calls.errors import InputInvalid
from engine import quantities
from ivr.problems import did_you_mean

Value = TypeVar("Value")


def read(path: Path) -> "Item":
    """The document in a file. Raises `InputInvalid`."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise InputInvalid(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputInvalid(f"cannot read {path}: it is not UTF-8 text ({error.reason})") from None


def parse(text: str, file: str) -> "Item":
    """A document; `file` is what complaints call it."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InputInvalid(f"{file}:{line}: no YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise InputInvalid(f"{file}:1: no YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise InputInvalid(f"{file}:1: is nested far too deeply") from None
    if node is None:
        raise InputInvalid(f"{file}:1: is empty; see `ringdesk simulate --example`")
    return Item(node, file, ())


class Item:
    """A node of the document, and the way to it."""

    def __init__(self, node: yaml.Node, file: str, path: tuple[str, ...]) -> None:
        self._node = node
        self.file = file
        self.path = path

    @property
    def name(self) -> str:
        """The key that it stands under."""
        return self.path[-1]

    def error(self, problem: str) -> InputInvalid:
        """About this thing; raise it."""
        place = f"{'.'.join(self.path)}: " if self.path else ""
        return InputInvalid(f"{self.file}:{self._node.start_mark.line + 1}: {place}{problem}")

    def fields(self, known: Collection[str], needed: Collection[str] = ()) -> dict[str, "Item"]:
        """What it holds by the names in `known`."""
        found = self.entries()
        for name, item in found.items():
            if name not in known:
                raise item.error(f"there is no such field{did_you_mean(name, known)}")
        for name in needed:
            if name not in found:
                raise self.error(f"lacks {name!r}")
        return found

    def entries(self) -> dict[str, "Item"]:
        """What it holds by names of the user's own."""
        if not isinstance(self._node, yaml.MappingNode):
            raise self.error("must hold 'name: value' lines" + self._instead())
        found: dict[str, Item] = {}
        for key, value in self._node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise Item(key, self.file, self.path).error("has a list where a name belongs")
            name = key.value
            if name in found:
                raise Item(key, self.file, (*self.path, name)).error("is there twice")
            # An empty value begins where the next line does: the key's line is meant.
            value.start_mark = key.start_mark
            found[name] = Item(value, self.file, (*self.path, name))
        return found

    def items(self) -> list["Item"]:
        if not isinstance(self._node, yaml.SequenceNode):
            raise self.error("must be a list, like [a, b]" + self._instead())
        return [Item(one, self.file, self.path) for one in self._node.value]

    def is_text(self) -> bool:
        return isinstance(self._node, yaml.ScalarNode)

    def text(self) -> str:
        """As it is written, whatever YAML would make of it."""
        if not isinstance(self._node, yaml.ScalarNode):
            raise self.error("must be a text" + self._instead())
        return str(self._node.value)

    def by(self, read: Callable[[str], Value]) -> Value:
        """Its text as `read` takes it, which raises ValueError with the remedy."""
        text = self.text()
        try:
            return read(text)
        except ValueError as error:
            raise self.error(str(error)) from None

    def seconds(self) -> float:
        return self.by(quantities.seconds)

    def count(self, least: int = 1) -> int:
        """A whole number."""
        text = self.text()
        if not text.isdecimal() or int(text) < least:
            raise self.error(f"must be a whole number of at least {least}, not {text!r}")
        return int(text)

    def one_of(self, known: Collection[str]) -> str:
        text = self.text()
        if text not in known:
            raise self.error(f"there is no {text!r}{did_you_mean(text, known)}")
        return text

    def plain(self) -> object:
        """What YAML makes of it."""
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_document(self._node)
        except yaml.YAMLError as error:
            raise self.error(" ".join(str(error).split())) from None
        finally:
            loader.dispose()

    def _instead(self) -> str:
        match self._node:
            case yaml.ScalarNode(value=""):
                return "; it is empty"
            case yaml.ScalarNode(value=value):
                return f", not {value!r}"
            case yaml.SequenceNode():
                return ", not a list"
            case _:
                return ", not fields"
