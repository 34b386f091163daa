"""Numbers in words, in the gender and case that a sentence needs.

A voice that reads the figure 2 does not know what is counted: *dwie osoby*, *od dwóch minut*,
*дві людини*. Feminine ones count people and minutes in Polish and Ukrainian, genitive ones follow
prepositions and stand in dates. English and Ukrainian come from num2words; it knows neither
genders nor cases of Polish, so those are made here.
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

MINUS = {"en": "minus", "pl": "minus", "uk": "мінус"}

#: Endings of ordinals, and what they become; the first that fits.
_POLISH_OF = (("gi", "giego"), ("ci", "ciego"), ("y", "ego"))
_POLISH_FEMININE = (("gi", "ga"), ("ci", "cia"), ("y", "a"))
_UKRAINIAN_OF = (("ій", "ього"), ("ий", "ого"))
_UKRAINIAN_FEMININE = (("ій", "я"), ("ий", "а"))


@lru_cache(maxsize=4096)
def cardinal(number: float, language: Language) -> str:
    """``twenty-one``, ``dwadzieścia jeden``, ``двадцять один``; English for other languages."""
    if number < 0:  # num2words cannot in Polish
        return f"{MINUS[_known(language)]} {cardinal(-number, language)}"
    return _typeset(num2words(number, lang=_known(language)))


@lru_cache(maxsize=4096)
def ordinal(number: int, language: Language) -> str:
    """``twenty-first``, ``dwudziesty pierwszy``, ``двадцять перший``: masculine, nominative."""
    return _typeset(num2words(number, lang=_known(language), to="ordinal"))


@lru_cache(maxsize=4096)
def ordinal_genitive(number: int, language: Language) -> str:
    """As in a date: *dwudziestego pierwszego maja*, *двадцять першого травня*."""
    words = ordinal(number, language).split()
    match language:
        case "pl":  # every part that is an ordinal itself
            return " ".join(_ended(word, _POLISH_OF) for word in words)
        case "uk":
            return " ".join([*words[:-1], _ended(words[-1], _UKRAINIAN_OF)])
        case _:
            return " ".join(words)


@lru_cache(maxsize=4096)
def ordinal_feminine(number: int, language: Language) -> str:
    """As one says the hour: *dwudziesta pierwsza*, *двадцять перша*."""
    words = ordinal(number, language).split()
    match language:
        case "pl":
            return " ".join(_ended(word, _POLISH_FEMININE) for word in words)
        case "uk":
            return " ".join([*words[:-1], _ended(words[-1], _UKRAINIAN_FEMININE)])
        case _:
            return " ".join(words)


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


def _ended(word: str, endings: tuple[tuple[str, str], ...]) -> str:
    for before, after in endings:
        if word.endswith(before):
            return word.removesuffix(before) + after
    return word


def _known(language: Language) -> Language:
    return language if language in MINUS else "en"


def _typeset(words: str) -> str:
    """With the apostrophe that texts are set with: ``п’ять``."""
    return words.replace("'", "’")
