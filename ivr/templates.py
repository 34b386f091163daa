"""Texts with values in them: ``Your balance is {{ balance | money EUR }}.``

Between the braces stands an expression (`ivr.expressions`), and behind a bar, if need be, the form
in which it is said (`ivr.speaking.FORMS`; money with its currency).
"""

import re
from functools import lru_cache
from typing import TypeAlias

import msgspec

from ivr.problems import did_you_mean
from ivr.speaking import CURRENCIES, FORMS

_SLOT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_FORM = re.compile(r"(.*[^|])\|\s*([a-z]+)(?:\s+([A-Z]{3}))?\s*", re.DOTALL)


class TemplateInvalid(ValueError):
    """The braces do not match, or a form is not known."""


class Slot(msgspec.Struct, frozen=True):
    """A value in a text. `source` is its expression; an empty form is the usual one."""

    source: str
    form: str = ""
    currency: str = "PLN"


Piece: TypeAlias = str | Slot


@lru_cache(maxsize=65536)
def pieces(text: str) -> tuple[Piece, ...]:
    """The text taken apart. Raises `TemplateInvalid`."""
    if "{{" not in text and "}}" not in text:
        return (text,)
    found: list[Piece] = []
    at = 0
    for match in _SLOT.finditer(text):
        found += [text[at : match.start()], _slot(match[1])]
        at = match.end()
    found.append(text[at:])
    if any(isinstance(one, str) and ("{{" in one or "}}" in one) for one in found):
        raise TemplateInvalid(f"{text!r}: a value stands between {{{{ and }}}}; one of them lacks")
    return tuple(one for one in found if one != "")


def slots(text: str) -> tuple[Slot, ...]:
    """Only the values of a text. Raises `TemplateInvalid`."""
    return tuple(piece for piece in pieces(text) if isinstance(piece, Slot))


def _slot(inside: str) -> Slot:
    source, form, currency = inside, "", ""
    if match := _FORM.fullmatch(inside):
        source, form, currency = match[1], match[2], match[3] or ""
        if form not in FORMS:
            raise TemplateInvalid(f"no value is said as {form!r}{did_you_mean(form, FORMS)}")
    if not source.strip():
        raise TemplateInvalid("there is nothing between {{ and }}")
    if currency and (form != "money" or currency not in CURRENCIES):
        raise TemplateInvalid(f"{form} {currency}: money is in {', '.join(CURRENCIES)}")
    return Slot(source.strip(), form, currency or "PLN")
