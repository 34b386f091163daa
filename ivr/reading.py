"""YAML to plain values by a type, every problem with its line and column.

The types of the flow model say what may stand where; this reads any of them, so a node kind
brings no reading code of its own. Scalars are taken as they are written: a key ``09`` is two
characters, a language ``no`` is Norwegian.
"""

import re
from typing import Any, TypeAlias

import yaml
from msgspec import inspect

from ivr.problems import Path, Place, Report, did_you_mean, shortened

#: What JSON holds; whether it is what was wanted, the reading has made sure of.
Plain: TypeAlias = str | int | float | bool | list[Any] | dict[str, Any]

_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
#: Control characters but for line ends and tabs, and halves of characters: no voice says them, and
#: no database keeps all of them.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


#: Values in a file, those that anchors repeat counted each time.
MOST = 100_000
#: Characters of a file.
LONGEST = 1_000_000

#: What can be done about the commonest mistakes in YAML.
_REMEDIES = {
    "'\\t'": "; indent with spaces, not with tabs",
    "another document": "; write one flow in a file, without '---' inside",
    "could not find expected ':'": "; write 'name: value'",
    "mapping values are not allowed": "; put a text with ': ' in it into quotes",
}


class _Unusable(Exception):
    """It is not what is wanted there; the report has it."""


class _Unspeakable(ValueError):
    """A text has a character that cannot be said. The text is what it must be instead."""


class _TooMuch(Exception):
    """There are more values than any flow has."""


def parse(source: str, report: Report) -> yaml.Node | None:
    """The YAML as located nodes; None (and a problem) if it is not YAML at all."""
    if len(source) > LONGEST:
        report.add_at(
            Place(1, 1),
            f"the file has {len(source)} characters, and at most {LONGEST} are read; "
            f"make several flows of it",
        )
        return None
    try:
        root = yaml.compose(source, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        said = f"{error.problem or error.context}"
        remedy = next((one for mark, one in _REMEDIES.items() if mark in said), "")
        report.add_at(place, f"this is not YAML: {said}{remedy}")
        return None
    except yaml.reader.ReaderError as error:
        line = source.count("\n", 0, error.position) + 1
        report.add_at(Place(line, 1), f"this is not YAML: {error.reason}")
        return None
    except RecursionError:
        report.add_at(Place(1, 1), "this is nested far too deeply")
        return None
    if root is None:
        report.add_at(Place(1, 1), f"the file is empty; begin with '{report.begins}: ...'")
    return root


def read(root: yaml.Node, wanted: inspect.Type, report: Report) -> dict[str, Any]:
    """The fields that the located nodes hold, fit for `msgspec.convert` if no problem was found.

    Otherwise they are incomplete: an entry of a dict that has any problem is left out.
    """
    try:
        plain = _read(root, wanted, (), report)
    except _Unusable:
        return {}
    except _TooMuch:
        report.add_at(
            Place(1, 1),
            f"this has more than {MOST} values, those that '*' repeats counted each time; "
            f"make several flows of it",
        )
        return {}
    assert isinstance(plain, dict)  # noqa: S101 - a struct was read
    return plain


def as_written(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema for editors, which know numbers and truths from texts where we do not."""
    found: dict[str, Any] = {}
    for key, value in schema.items():
        match value:
            case dict():
                found[key] = as_written(value)
            case list():
                found[key] = [as_written(one) if isinstance(one, dict) else one for one in value]
            case "string" if key == "type":
                found[key] = ["string", "number", "boolean"]
            case _:
                found[key] = value
    return found


def _read(node: yaml.Node, wanted: inspect.Type, path: Path, report: Report) -> Plain:
    report.mark(path, _place(node))
    if report.marked > MOST:
        raise _TooMuch
    description = ""
    if isinstance(wanted, inspect.Metadata):
        description = str((wanted.extra_json_schema or {}).get("description", ""))
        wanted = wanted.type
    wanted = _given(wanted)
    try:
        match wanted:
            case inspect.UnionType() | inspect.StructType():
                return _struct(_mapping(node), wanted, path, report)
            case inspect.DictType():
                return _dict(_mapping(node), wanted, path, report)
            case inspect.VarTupleType():
                return _list(node, wanted, path, report)
            case _:
                return _scalar(node, wanted)
    except _Unspeakable as error:
        report.add(path, f"{_where(path, report)} must be {error}")
        raise _Unusable from None
    except ValueError as error:
        what = description or str(error) or "something else"
        report.add(path, f"{_where(path, report)} must be {what}{_instead(node)}")
        raise _Unusable from None


def _given(wanted: inspect.Type) -> inspect.Type:
    """What an optional field is when it is there."""
    if isinstance(wanted, inspect.UnionType) and wanted.includes_none:
        [wanted] = [one for one in wanted.types if not isinstance(one, inspect.NoneType)]
    return wanted


def _struct(
    node: yaml.MappingNode,
    wanted: inspect.UnionType | inspect.StructType,
    path: Path,
    report: Report,
) -> Plain:
    given = _pairs(node, path, report)
    plain: dict[str, Plain] = {}
    kind = wanted if isinstance(wanted, inspect.StructType) else _kind(wanted, given, path, report)
    if kind.tag_field:
        given.pop(kind.tag_field, None)
        plain[kind.tag_field] = str(kind.tag)
    fields = {field.encode_name: field for field in kind.fields}
    for name, (key, value) in given.items():
        if name not in fields:
            report.add_at(
                _place(key),
                f"{_where(path, report)} has no field {name!r}{did_you_mean(name, fields)}",
            )
            continue
        try:
            plain[name] = _read(value, fields[name].type, (*path, name), report)
        except _Unusable:
            continue
    for name, field in fields.items():
        if field.required and name not in given:
            report.add(path, f"{_where(path, report)} lacks {name!r}{_hint(field.type)}")
    return plain


def _kind(
    union: inspect.UnionType,
    given: dict[str, tuple[yaml.Node, yaml.Node]],
    path: Path,
    report: Report,
) -> inspect.StructType:
    """The member of a tagged union that the tag names."""
    kinds = {str(one.tag): one for one in union.types if isinstance(one, inspect.StructType)}
    tag_field = str(next(iter(kinds.values())).tag_field)
    if tag_field not in given:
        report.add(
            path, f"{_where(path, report)} lacks {tag_field!r}: one of {', '.join(sorted(kinds))}"
        )
        raise _Unusable
    value = given[tag_field][1]
    name = value.value if isinstance(value, yaml.ScalarNode) else ""
    if name not in kinds:
        report.add_at(
            _place(value),
            f"{_where(path, report)}: no {tag_field} {name!r}{did_you_mean(name, kinds)}",
        )
        raise _Unusable
    return kinds[name]


def _dict(
    node: yaml.MappingNode, wanted: inspect.DictType, path: Path, report: Report
) -> dict[str, Plain]:
    plain: dict[str, Plain] = {}
    pairs = _pairs(node, path, report)
    if len(pairs) < (wanted.min_length or 0):
        raise ValueError
    for name, (key, value) in pairs.items():
        before = len(report.problems)
        try:
            _read(key, wanted.key_type, (*path, name), report)
            entry = _read(value, wanted.value_type, (*path, name), report)
        except _Unusable:
            continue
        if len(report.problems) == before:
            plain[name] = entry
    return plain


def _list(node: yaml.Node, wanted: inspect.VarTupleType, path: Path, report: Report) -> list[Plain]:
    if not isinstance(node, yaml.SequenceNode) or len(node.value) < (wanted.min_length or 0):
        raise ValueError("a list")
    found = []
    for index, item in enumerate(node.value):
        try:
            found.append(_read(item, wanted.item_type, (*path, str(index)), report))
        except _Unusable:
            continue  # what is wrong with the others is told as well
    if len(found) < len(node.value):
        raise _Unusable
    return found


def _scalar(node: yaml.Node, wanted: inspect.Type) -> Plain:
    if not isinstance(node, yaml.ScalarNode) or node.tag == "tag:yaml.org,2002:null":
        raise ValueError("a text" if isinstance(wanted, inspect.StrType) else "a number")
    text: str = node.value
    match wanted:
        case inspect.StrType(pattern=pattern):
            if pattern and not re.search(pattern, text):
                raise ValueError
            if unspeakable := _UNSPEAKABLE.search(text):
                raise _Unspeakable(f"a text without the character {unspeakable[0]!r}")
            return text
        case inspect.BoolType():
            if text not in _TRUTHS:
                raise ValueError("true or false")
            return _TRUTHS[text]
        case inspect.LiteralType(values=values):
            if text not in values:
                raise ValueError(f"one of {', '.join(map(str, values))}")
            return text
        case inspect.IntType(ge=least, le=most) | inspect.FloatType(ge=least, le=most):
            if not _NUMBER.fullmatch(text):
                raise ValueError("a number")
            number = int(text) if isinstance(wanted, inspect.IntType) else float(text)
            if (least is not None and number < least) or (most is not None and number > most):
                raise ValueError
            return number
        case _:
            raise TypeError(f"flow files hold no {wanted}")


def _mapping(node: yaml.Node) -> yaml.MappingNode:
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("a group of 'name: value' lines")
    return node


def _pairs(
    node: yaml.MappingNode, path: Path, report: Report
) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """The keys as they are written; one that is given twice is a problem, and the first holds."""
    pairs: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else None
        if name is None:
            report.add_at(_place(key), f"{_where(path, report)} has a list where a name belongs")
        elif name in pairs:
            first = _place(pairs[name][0])
            report.add_at(
                _place(key),
                f"{_where(path, report)} has {name!r} twice (first in line {first.line}); "
                f"remove one",
            )
        else:
            pairs[name] = (key, value)
    return pairs


def _place(node: yaml.Node) -> Place:
    mark = node.start_mark
    return Place(mark.line + 1, mark.column + 1)


def _where(path: Path, report: Report) -> str:
    """A path in words: ``node 'menu': keys.1``."""
    if not path:
        return f"the {report.what}"
    if path[0] in ("nodes", "scenarios") and len(path) > 1:
        inside = ".".join(path[2:])
        what = f"node {path[1]!r}" if path[0] == "nodes" else f"scenario {int(path[1]) + 1}"
        return f"{what}: {inside!r}" if inside else what
    return repr(".".join(path))


def _hint(wanted: inspect.Type) -> str:
    if isinstance(wanted, inspect.Metadata) and wanted.extra_json_schema:
        return f": {wanted.extra_json_schema['description']}"
    return ""


def _instead(node: yaml.Node) -> str:
    match node:
        case yaml.ScalarNode(value=""):
            return "; it is empty"
        case yaml.ScalarNode(value=text):
            return f", not {shortened(text)!r}"
        case yaml.SequenceNode(value=[]) | yaml.MappingNode(value=[]):
            return "; it is empty"
        case yaml.SequenceNode():
            return ", not a list"
        case _:
            return ", not a group of fields"
