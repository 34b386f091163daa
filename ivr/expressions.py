"""The small language of conditions and values in flows: CEL, the Common Expression Language.

    >>> language = Expressions({"tries": "number"})
    >>> language.compile("tries + 1 > 2 && vip").type
    'truth'

CEL (cel.dev) has no loops without bounds, no side effects and no way out of its values; its
compiler checks types, so that a flow with a wrong expression is never published. What a flow may
name: `BUILT_IN`, the variables that it declares, and ``queues.<queue>.<figure>`` (`FIGURES`).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from math import isfinite
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from cel_expr_python import cel

from ivr.problems import did_you_mean, shortened
from ivr.speaking import Value, ValueFailed

#: What a variable of a flow may be.
TypeName: TypeAlias = Literal["text", "number", "decimal", "truth"]
TYPES: tuple[str, ...] = get_args(TypeName)

#: Characters of an expression, and of a text that one makes.
LONGEST, LONGEST_TEXT = 1000, 10_000

#: What is known of every call. What is about `CONTACT` is known once the caller was looked up.
BUILT_IN: dict[str, TypeName] = {
    "caller": "text",
    "called": "text",
    "language": "text",
    "vip": "truth",
    "organisation": "text",
    "contact.known": "truth",
    "contact.name": "text",
    "contact.language": "text",
    "ticket.known": "truth",
    "ticket.number": "text",
    "ticket.title": "text",
    "ticket.status": "text",
    "ticket.queue": "text",
    "ticket.priority": "number",
}
CONTACT = frozenset({"vip", "organisation"})

#: What is known of every queue now. Times are seconds; `expected` is -1 where nobody can say.
FIGURES: dict[str, TypeName] = {
    "waiting": "number",
    "longest": "number",
    "expected": "number",
    "ready": "number",
    "signed_in": "number",
    "open": "truth",
}

#: What a flow cannot call a variable: what is known anyway, and words of the language itself.
# fmt: off
TAKEN = frozenset({
    "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in",
    "let", "loop", "namespace", "null", "package", "queues", "return", "true", "var", "void",
    "while", *(name.partition(".")[0] for name in BUILT_IN),
})
# fmt: on

DEFAULTS: dict[str, Value] = {"text": "", "number": 0, "decimal": 0.0, "truth": False}

_CEL = {
    "text": cel.Type.STRING,
    "number": cel.Type.INT,
    "decimal": cel.Type.DOUBLE,
    "truth": cel.Type.BOOL,
}
_OURS = {
    "STRING": "text",
    "INT": "number",
    "DOUBLE": "decimal",
    "BOOL": "truth",
    "TIMESTAMP": "moment",
}
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
#: What goes through a list; one within another could go on for hours.
_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(")
_COMPLAINT = re.compile(r"<input>:\d+:(\d+): ([^\n]*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_OVERLOAD = re.compile(r"found no matching overload for '([^']+)' applied to '\((.*)\)'")


class ExpressionInvalid(ValueError):
    """The expression cannot be compiled. The text says what is wrong and where in it."""


class ExpressionFailed(ValueFailed):
    """The expression has no value: a division by zero, a text that is no number, a number beyond
    all bounds."""


class Expression(msgspec.Struct, frozen=True):
    """A compiled expression: its type (one of `TYPES`, or ``moment``), and what it names."""

    type: str
    names: tuple[str, ...]
    program: Any
    #: Its value where it names nothing, by that alone.
    constant: tuple[Value, ...] = ()

    def evaluate(self, value: Callable[[str], Value]) -> Value:
        """Its value, where `value` gives that of each name. Raises `ExpressionFailed`."""
        if self.constant:
            return self.constant[0]
        found = self.program.eval(data={name: value(name) for name in self.names})
        result: Value = found.value()
        if _OURS.get(found.type().name()) != self.type:
            raise ExpressionFailed(str(result))
        if isinstance(result, float) and not isfinite(result):
            raise ExpressionFailed(f"no number: {result}")
        if isinstance(result, str) and len(result) > LONGEST_TEXT:
            raise ExpressionFailed(f"a text of {len(result)} characters")
        return result


def _folded(expression: Expression) -> Expression:
    """What names nothing is worked out once, if it has a value."""
    if expression.names:
        return expression
    try:
        value = expression.evaluate(lambda name: name)
    except ExpressionFailed:
        return expression
    return msgspec.structs.replace(expression, constant=(value,))


class Expressions:
    """All expressions of a flow that declares these variables; each is compiled once."""

    def __init__(self, variables: Mapping[str, TypeName]) -> None:
        self._types = {**BUILT_IN, **variables}
        self._compiled: dict[str, Expression] = {}

    def compile(self, source: str) -> Expression:
        """Raises `ExpressionInvalid`."""
        known = self._compiled.get(source)
        if known is None:
            known = self._compiled[source] = self._compile(source)
        return known

    def type_of(self, name: str) -> TypeName:
        """Of a variable, a built-in name or a queue's figure. Raises KeyError."""
        if name.startswith("queues."):
            return FIGURES[name.rpartition(".")[2]]
        return self._types[name]

    def _compile(self, source: str) -> Expression:
        if len(source) > LONGEST:
            raise ExpressionInvalid(
                f"an expression has at most {LONGEST} characters, not {len(source)}; "
                f"set variables on the way"
            )
        if len(_MACRO.findall(_QUOTED.sub('""', source))) > 1:
            raise ExpressionInvalid(
                f"{shortened(source)!r} goes through a list more than once; "
                f"set a variable on the way"
            )
        mentioned = set(_mentioned(source))
        types = {name: _CEL[kind] for name, kind in self._types.items()}
        for name in mentioned:
            queue, figure = queue_figure(name)
            if queue and figure in FIGURES:
                types[name] = _CEL[FIGURES[figure]]
        try:
            program = cel.NewEnv(variables=types).compile(source)
        except RuntimeError as error:
            raise ExpressionInvalid(self._complaint(source, str(error))) from None
        kind = program.return_type().name()
        if kind not in _OURS:
            raise ExpressionInvalid(
                f"{shortened(source)!r} is a {kind.lower()}, which flows cannot use"
            )
        return _folded(Expression(_OURS[kind], tuple(sorted(mentioned & types.keys())), program))

    def _complaint(self, source: str, said: str) -> str:
        found = _COMPLAINT.search(said)
        if found is None:
            return f"{shortened(source)!r} is no expression: {shortened(said, 300)}"
        column, complaint = found.groups()
        at = f"{shortened(source)!r}, character {column}: "
        if name := _UNDECLARED.search(complaint):
            return at + self._unknown(name[1])
        if overload := _OVERLOAD.search(complaint):
            return at + _misfit(overload[1], overload[2].split(", "))
        return at + complaint.removeprefix("Syntax error: ")

    def _unknown(self, name: str) -> str:
        queue, figure = queue_figure(name)
        if queue:
            return f"queues have no figure {figure!r}{did_you_mean(figure, FIGURES)}"
        whole = next((known for known in self._types if known.startswith(f"{name}.")), "")
        if whole:
            return f"{name!r} is no value by itself; write for instance {whole}"
        return f"nothing is called {name!r}{did_you_mean(name, self._types)}"


@lru_cache(maxsize=1024)
def expressions_of(variables: tuple[tuple[str, TypeName], ...]) -> Expressions:
    """The same for every flow with the same variables."""
    return Expressions(dict(variables))


def about_contact(names: Iterable[str]) -> bool:
    """Whether any of these names is known only once the caller was looked up."""
    return any(name in CONTACT or name.startswith(("contact.", "ticket.")) for name in names)


def queue_figure(name: str) -> tuple[str, str]:
    """``queues.support.waiting`` taken apart; empty for other names."""
    parts = name.split(".")
    return (parts[1], parts[2]) if len(parts) >= 3 and parts[0] == "queues" else ("", "")


def _mentioned(source: str) -> Iterable[str]:
    """Every dotted name outside of quotes, and what it begins with: ``caller.size`` is `caller`."""
    for found in _NAME.findall(_QUOTED.sub('""', source)):
        parts = found.split(".")
        for length in range(1, len(parts) + 1):
            yield ".".join(parts[:length])


def _misfit(operator: str, operands: list[str]) -> str:
    sign = operator.strip("_").replace("_", " ") if operator.startswith("_") else operator
    kinds = [_OURS.get(one.upper(), one) for one in operands]
    remedy = ""
    if set(kinds) == {"number", "decimal"}:
        remedy = "; write a decimal as 3.0, or turn a number into one by double()"
    return f"{sign!r} does not go with {' and '.join(kinds)}{remedy}"
