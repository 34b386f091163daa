"""Reading numbers and name-number pairs out of submitted forms."""

import math
from collections.abc import Iterator, Mapping

from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from calls.errors import InputInvalid

#: No text that people write holds it, and PostgreSQL cannot keep it.
NUL = "\0"


def refuse_nul() -> None:
    """Before each request: no NUL in its address, query or form."""
    texts = (request.path, *_texts(request.args), *_texts(request.form))
    if any(NUL in text for text in texts):
        raise BadRequest("a text must not hold the character NUL")


def _texts(fields: MultiDict[str, str]) -> Iterator[str]:
    for name, text in fields.items(multi=True):
        yield name
        yield text


def number(form: Mapping[str, str], field: str) -> float:
    """Raises `InputInvalid`, naming the field."""
    text = form.get(field, "").strip().replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        raise InputInvalid(f"{field}: {text!r} is not a number") from None
    if not math.isfinite(value):
        raise InputInvalid(f"{field}: {text!r} is not a number")
    return value


def whole(field: str, text: str) -> int:
    """Raises `InputInvalid`, naming the field."""
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise InputInvalid(f"{field}: {digits!r} is not a whole number")
    return int(digits)


def rows(form: MultiDict[str, str], prefix: str) -> list[dict[str, list[str]]]:
    """The fields ``<prefix>:<row>:<name>``, one dict of name and values for each row, in the order
    in which they stand on the page."""
    found: dict[str, dict[str, list[str]]] = {}
    for key in form:
        kind, _, rest = key.partition(":")
        row, colon, name = rest.partition(":")
        if kind == prefix and colon:
            found.setdefault(row, {})[name] = form.getlist(key)
    return list(found.values())


def pairs(form: Mapping[str, str], prefix: str, new: str = "") -> dict[str, int]:
    """The fields ``<prefix>:<name>`` that hold a whole number; empty ones are left out.

    With `new`, the fields ``<new>`` and ``<new>_level`` may name one more.
    """
    found: dict[str, int] = {}
    for key, text in form.items():
        kind, _, name = key.partition(":")
        if kind == prefix and name and text.strip():
            found[name] = whole(key, text)
    added = form.get(new, "").strip() if new else ""
    if added:
        found[added] = whole(added, form.get(f"{new}_level", ""))
    return found
