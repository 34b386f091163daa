"""Values as they are said: digits, numbers, dates, times and money in the caller's language.

    >>> said("48600", "digits", "en")
    'four eight, six zero zero'
    >>> said("2026-12-24", "date", "pl")
    'dwudziestego czwartego grudnia dwa tysiące dwudziestego szóstego roku'

Raises `Unspeakable` for a value that is not what it should be.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Literal, TypeAlias, get_args

from num2words import num2words

from calls.base import Language
from ivr.numerals import (
    MINUS,
    cardinal,
    feminine,
    ordinal,
    ordinal_feminine,
    ordinal_genitive,
    plural,
)

#: What flows know: texts, whole and other numbers, truths, moments in time.
Value: TypeAlias = str | int | float | bool | datetime

#: How a value may be said. Without one: texts of digits alone as ``digits``, other texts as they
#: are, numbers as ``number``.
Form: TypeAlias = Literal["text", "digits", "number", "ordinal", "date", "time", "money"]
FORMS: tuple[str, ...] = get_args(Form)

CURRENCIES = ("EUR", "GBP", "PLN", "UAH", "USD")

_DIGITS = re.compile(r"\+?[0-9*#]+", re.ASCII)

_SIGNS: dict[Language, dict[str, str]] = {
    "en": {"+": "plus", "*": "star", "#": "hash"},
    "pl": {"+": "plus", "*": "gwiazdka", "#": "krzyżyk"},
    "uk": {"+": "плюс", "*": "зірочка", "#": "решітка"},
}

_TRUTHS: dict[Language, tuple[str, str]] = {
    "en": ("no", "yes"),
    "pl": ("nie", "tak"),
    "uk": ("ні", "так"),
}

# fmt: off
#: Months as they follow a day.
_MONTHS: dict[Language, tuple[str, ...]] = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December"),
    "pl": ("stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia",
           "września", "października", "listopada", "grudnia"),
    "uk": ("січня", "лютого", "березня", "квітня", "травня", "червня", "липня", "серпня",
           "вересня", "жовтня", "листопада", "грудня"),
}
# fmt: on

#: Currencies that num2words lacks in a language: the forms of unit and hundredth.
_NOUNS: dict[tuple[Language, str], tuple[tuple[str, str, str], tuple[str, str, str]]] = {
    ("en", "UAH"): (
        ("hryvnia", "hryvnias", "hryvnias"),
        ("kopiyka", "kopiykas", "kopiykas"),
    ),
    ("pl", "UAH"): (("hrywna", "hrywny", "hrywien"), ("kopiejka", "kopiejki", "kopiejek")),
    ("pl", "GBP"): (("funt", "funty", "funtów"), ("pens", "pensy", "pensów")),
}
_FEMININE_NOUNS = {"UAH"}


class ValueFailed(ValueError):
    """Something that a caller should hear, or that decides where they go, has no value."""


class Unspeakable(ValueFailed):
    """The value cannot be said in that form."""


def said(value: Value, form: str, language: Language, currency: str = "PLN") -> str:
    """The words for a value. `form` is one of `FORMS`, or empty for the usual one."""
    known = language if language in _SIGNS else "en"
    if form == "money":
        return _money(value, known, currency)
    if not form:
        form = _usual(value)
    return _SAID[form](value, known)


def _usual(value: Value) -> str:
    match value:
        case bool():
            return "text"
        case int() | float():
            return "number"
        case datetime():
            return "date"
        case _:
            return "digits" if _DIGITS.fullmatch(value) else "text"


def _text(value: Value, language: Language) -> str:
    return _TRUTHS[language][value] if isinstance(value, bool) else str(value)


def _digits(value: Value, language: Language) -> str:
    """One by one, in groups of three counted from the end."""
    text = str(value)
    if not _DIGITS.fullmatch(text):
        raise Unspeakable(f"{text!r} is not made of digits")
    words = [_SIGNS[language].get(one) or cardinal(int(one), language) for one in text]
    first = len(words) % 3
    groups = [words[:first], *(words[at : at + 3] for at in range(first, len(words), 3))]
    return ", ".join(" ".join(group) for group in groups if group)


def _number(value: Value, language: Language) -> str:
    number = _decimal(value)
    return cardinal(int(number) if number == int(number) else float(number), language)


def _ordinal(value: Value, language: Language) -> str:
    return ordinal(int(_decimal(value)), language)


def _date(value: Value, language: Language) -> str:
    day = _moment(value)
    month = _MONTHS[language][day.month - 1]
    if language == "en":
        return f"{month} {ordinal(day.day, 'en')}, {num2words(day.year, lang='en', to='year')}"
    year = "roku" if language == "pl" else "року"
    return (
        f"{ordinal_genitive(day.day, language)} {month} "
        f"{ordinal_genitive(day.year, language)} {year}"
    )


def _time(value: Value, language: Language) -> str:
    clock = _moment(value)
    if language == "en":
        return _english_time(clock.hour, clock.minute)
    hour = ordinal_feminine(clock.hour, language) if clock.hour else cardinal(0, language)
    if not clock.minute:
        return hour if clock.hour else {"pl": "północ", "uk": "північ"}[language]
    return f"{hour} {_minutes(clock.minute, language)}"


def _english_time(hour: int, minute: int) -> str:
    if not minute and hour % 12 == 0:
        return "noon" if hour else "midnight"
    half = "a.m." if hour < 12 else "p.m."
    words = [cardinal((hour - 1) % 12 + 1, "en")]
    if minute:
        words.append(f"oh {cardinal(minute, 'en')}" if minute < 10 else cardinal(minute, "en"))
    return " ".join([*words, half])


def _minutes(minute: int, language: Language) -> str:
    words = feminine(minute, language) if language == "uk" else cardinal(minute, language)
    return f"{cardinal(0, language)} {words}" if minute < 10 else words


def _money(value: Value, language: Language, currency: str) -> str:
    amount = _decimal(value).quantize(Decimal("0.01"))
    if amount < 0:
        return f"{MINUS[language]} {_money(str(-amount), language, currency)}"
    units, hundredths = divmod(int(amount * 100), 100)
    if (nouns := _NOUNS.get((language, currency))) is not None:
        parts = [_counted(units, nouns[0], language, currency)]
        parts += [_counted(hundredths, nouns[1], language, currency)] if hundredths else []
        return ", ".join(parts)
    words: str = num2words(
        float(amount), lang=language, to="currency", currency=currency, separator=";"
    )
    whole, _, rest = words.partition(";")
    return (f"{whole},{rest}" if hundredths else whole).replace("'", "’")


def _counted(number: int, noun: tuple[str, str, str], language: Language, currency: str) -> str:
    words = cardinal if currency not in _FEMININE_NOUNS else feminine
    return f"{words(number, language)} {plural(number, *noun)}"


def _decimal(value: Value) -> Decimal:
    try:
        number = Decimal(str(value).replace(",", "."))
    except InvalidOperation:
        raise Unspeakable(f"{value!r} is no number") from None
    if not number.is_finite() or abs(number) >= 10**15:
        raise Unspeakable(f"{value!r} is no number that can be said")
    return number


def _moment(value: Value) -> datetime:
    """A moment, a date ``2026-12-24``, or a time of the day ``17:30``."""
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        pass
    try:
        return datetime.combine(date.min, time.fromisoformat(str(value)))
    except ValueError:
        raise Unspeakable(f"{value!r} is no date or time like 2026-12-24 or 17:30") from None


_SAID: dict[str, Callable[[Value, Language], str]] = {
    "text": _text,
    "digits": _digits,
    "number": _number,
    "ordinal": _ordinal,
    "date": _date,
    "time": _time,
}
