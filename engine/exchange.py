"""The whole configuration as one YAML document: out of the database, and back into one.

.. code-block:: yaml

    ringdesk: 1
    queues:
      support:
        title: Support
        skills: {support: 1}
        overflow: [{when: nobody_signed_in, to: queue, target: sales}]
    agents:
      agent1: {skills: {"lang:en": 10, support: 8}, queues: {support: 1}}
    numbers:
      "1000": {flow: main, language: en}
    flows:
      main: |
        flow: main
        ...

A section left out stays as it is. A queue or number that its section does not name is removed; an
agent that is not named keeps the log-in and leaves all queues; flows are never removed.
"""

import contextlib
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
import yaml
from sqlalchemy.orm import Session

from calls.base import Word
from calls.config import Agent, Number, Queue
from calls.errors import InputInvalid
from engine import configuration, plain, users
from engine.models import User

VERSION = 1
_SECTIONS = ("ringdesk", "queues", "agents", "numbers", "flows")
#: How many keys lead to the innermost: ``queues.support.relaxation.1.skills.router``.
_DEEPEST = 5

_Word = TypeVar("_Word", bound=Word)


class Imported(msgspec.Struct, frozen=True):
    """What an import did."""

    queues: int
    agents: int
    numbers: int
    #: Flows that got a new version.
    flows: tuple[str, ...]
    #: Users made for agents that were not there: they need a password before they can log in.
    new_users: tuple[str, ...]


def export(session: Session) -> str:
    """The configuration as a YAML document that `load` takes."""
    current = configuration.read(session)
    document = {
        "ringdesk": VERSION,
        "queues": {name: _plain(word, "name") for name, word in current.queues.items()},
        "agents": {name: _plain(word, "name") for name, word in current.agents.items()},
        "numbers": {name: _plain(word, "number") for name, word in current.numbers.items()},
        "flows": {name: word.source for name, word in current.flows.items()},
    }
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def load(session: Session, text: str, file: str, by: str) -> Imported:
    """Make the configuration what the document says; all of it, or (raising) nothing.

    `file` is what errors call the document, `by` who is kept as the flows' publisher. Raises
    `InputInvalid` (``file:line: queues.support.wrap_up: ...``) and `FlowInvalid`.
    """
    document = _Document(text, file)
    flows = document.section("flows")
    published = []
    for name, source in (flows or {}).items():
        if not isinstance(source, str):
            raise document.error(("flows", name), "must be the flow's source, as a text block (|)")
        if configuration.publish_flow(session, name, source, by, f"{file} flows.{name}"):
            published.append(name)
    queues = document.words("queues", "name", Queue)
    for name, queue in queues.items():
        with document.at("queues", name):
            configuration.save_queue(session, queue, beside=queues)
    agents = document.words("agents", "name", Agent)
    new_users = _load_agents(session, document, agents)
    numbers = document.words("numbers", "number", Number)
    for name, number in numbers.items():
        with document.at("numbers", name):
            configuration.save_number(session, number)
    _remove_unnamed(session, document, queues, agents, numbers)
    return Imported(len(queues), len(agents), len(numbers), tuple(published), tuple(new_users))


def _load_agents(session: Session, document: "_Document", agents: dict[str, Agent]) -> list[str]:
    new = []
    for name, agent in agents.items():
        with document.at("agents", name):
            user = session.get(User, name)
            if user is None:
                users.create_user(session, name, "agent", None)
                session.flush()
                new.append(name)
            elif user.role != "agent" or not user.active:
                raise InputInvalid(f"user {name!r} is no active agent")
            configuration.save_agent(session, agent)
    return new


def _remove_unnamed(
    session: Session,
    document: "_Document",
    queues: dict[str, Queue],
    agents: dict[str, Agent],
    numbers: dict[str, Number],
) -> None:
    current = configuration.read(session)
    if document.section("agents") is not None:
        for name, agent in current.agents.items():
            if name not in agents and agent.queues:
                configuration.save_agent(session, msgspec.structs.replace(agent, queues={}))
    if document.section("numbers") is not None:
        for name in current.numbers.keys() - numbers.keys():
            configuration.remove_number(session, name)
    if document.section("queues") is not None:
        unnamed = sorted(current.queues.keys() - queues.keys())
        for name in unnamed:
            configuration.drop_queue(session, name)
        left = configuration.read(session)
        for name in unnamed:
            with document.at("queues"):
                configuration.refuse_used(left, name)


class _Document:
    """A YAML document that knows on which line each of its keys is."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._lines: dict[tuple[str, ...], int] = {}
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
            self._index(root, ())
            plain = yaml.safe_load(text)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise InputInvalid(f"{file}:{line}: {error.problem or error.context}") from None
        except (yaml.YAMLError, ValueError) as error:
            raise InputInvalid(f"{file}: {' '.join(str(error).split())}") from None
        if not isinstance(plain, dict):
            raise InputInvalid(f"{file}: must be a document as `ringdesk config export` writes it")
        self._plain = {str(key): value for key, value in plain.items()}
        for key in self._plain:
            if key not in _SECTIONS:
                known = ", ".join(_SECTIONS)
                raise self.error((key,), f"no such section; known are {known}")
        if self._plain.get("ringdesk") != VERSION:
            raise self.error(("ringdesk",), f"must be {VERSION}: the version of this format")

    def section(self, name: str) -> dict[str, Any] | None:
        """A section's entries by their names; None where it is left out."""
        if name not in self._plain:
            return None
        found = self._plain[name] or {}
        if not isinstance(found, dict):
            raise self.error((name,), "must hold entries by their names")
        return {str(key): value for key, value in found.items()}

    def words(self, section: str, key: str, word: type[_Word]) -> dict[str, _Word]:
        """A section's entries as words, their name put into the field `key`."""
        found = {}
        for name, fields in (self.section(section) or {}).items():
            place = (section, name)
            if fields is not None and not isinstance(fields, dict):
                raise self.error(place, "must hold fields, like {title: Support}")
            with self.at(*place):
                found[name] = plain.word(fields or {}, word, **{key: name})
        return found

    @contextlib.contextmanager
    def at(self, *place: str) -> Iterator[None]:
        """An `InputInvalid` in the block is said again with its place in the document."""
        try:
            yield
        except InputInvalid as error:
            field, _, problem = str(error).partition(": ")
            path = (*place, *field.split("."))
            if path[: len(place) + 1] in self._lines:
                raise self.error(path, problem) from None
            raise self.error(place, str(error)) from None

    def error(self, place: tuple[str, ...], problem: str) -> InputInvalid:
        """About the thing at `place`; its line is that of the nearest key that is there."""
        path = place
        while path and path not in self._lines:
            path = path[:-1]
        return InputInvalid(
            f"{self._file}:{self._lines.get(path, 1)}: {'.'.join(place)}: {problem}"
        )

    def _index(self, node: yaml.Node | None, path: tuple[str, ...]) -> None:
        """Items of lists are counted from 1, as in the errors about them."""
        if isinstance(node, yaml.SequenceNode):
            for number, item in enumerate(node.value, 1):
                here = (*path, str(number))
                self._lines[here] = item.start_mark.line + 1
                self._index(item, here)
        if not isinstance(node, yaml.MappingNode) or len(path) > _DEEPEST:
            return
        for key, value in node.value:
            here = (*path, str(key.value))
            if here in self._lines:
                raise InputInvalid(
                    f"{self._file}:{key.start_mark.line + 1}: {'.'.join(here)}: "
                    f"is there twice, first on line {self._lines[here]}"
                )
            self._lines[here] = key.start_mark.line + 1
            self._index(value, here)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _plain(word: Word, key: str) -> dict[str, Any]:
    """All fields, also those at their defaults: whoever edits the document sees what there is."""
    return {field: value for field, value in plain.plain(word).items() if field != key}
