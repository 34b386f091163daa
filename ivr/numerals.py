"""Numbers in words, in the gender and case that a sentence needs.

A voice that reads the figure 2 does not know what is counted: *dwie osoby*, *od dwóch minut*, *дві
людини*. English and Ukrainian come from num2words, which knows their genders and cases; Polish
from there as well, as far as it goes: it knows neither, so they are made here.
"""

from functools import lru_cache

from num2words import num2words

from calls.base import Language

# fmt: off
_POLISH_GENITIVE = (
    "zera", "jednej", "dwóch", "trzech", "czterech", "pięciu", "sześciu", "siedmiu", "ośmiu",
    "dziewięciu", "dziesięciu", "jedenastu", "dwunastu", "trzynastu", "czternastu", "piętnastu",
    "szesnastu", "siedemnastu", "osiemnastu", "dziewiętnastu",
)
_POLISH_GENITIVE_TENS = (
    "dwudziestu", "trzydziestu", "czterdziestu", "pięćdziesięciu", "sześćdziesięciu",
    "siedemdziesięciu", "osiemdziesięciu", "dziewięćdziesięciu",
)
# fmt: on


@lru_cache(maxsize=4096)
def cardinal(number: float, language: Language) -> str:
    """``twenty-one``, ``dwadzieścia jeden``, ``двадцять один``; English for other languages."""
    return _typeset(num2words(number, lang=language if language in ("pl", "uk") else "en"))


@lru_cache(maxsize=4096)
def feminine(number: int, language: Language) -> str:
    """As one counts *osoby*, *minuty*, *людини*, *хвилини*."""
    match language:
        case "pl":
            words = cardinal(number, language)
            if number == 1:
                return "jedna"
            return words.removesuffix("dwa") + "dwie" if words.endswith("dwa") else words
        case "uk":
            return _typeset(num2words(number, lang="uk", gender="feminine"))
        case _:
            return cardinal(number, language)


@lru_cache(maxsize=4096)
def feminine_genitive(number: int, language: Language) -> str:
    """As after *od*, *do*, *około*, *від*, *до*, *близько*; numbers up to 99."""
    match language:
        case "pl" if number < 20:
            return _POLISH_GENITIVE[number]
        case "pl":
            ten, one = divmod(number, 10)
            tens = _POLISH_GENITIVE_TENS[ten - 2]
            return f"{tens} {'jeden' if one == 1 else _POLISH_GENITIVE[one]}" if one else tens
        case "uk":
            return _typeset(num2words(number, lang="uk", gender="feminine", case="genitive"))
        case _:
            return cardinal(number, language)


def plural(number: int, one: str, few: str, many: str) -> str:
    """The form of a Polish noun after a number: 1 osoba, 2-4 and 22-24 osoby, else osób."""
    if number == 1:
        return one
    return few if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else many


def plural_east(number: int, one: str, few: str, many: str) -> str:
    """As `plural` in Ukrainian, where 21, 31, ... take the singular too."""
    if number % 10 == 1 and number % 100 != 11:
        return one
    return plural(number, one, few, many)


def _typeset(words: str) -> str:
    """With the apostrophe that texts are set with: ``п’ять``."""
    return words.replace("'", "’")
