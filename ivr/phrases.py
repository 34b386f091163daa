"""What callers in a queue are told, in proper English, Polish and Ukrainian.

Numbers are spelled out in the gender of what is counted, since a voice that reads ``2`` does not
know it: *dwie osoby*, *дві людини*. Exact numbers go up to twenty; beyond, "more than thirty" is
all that a caller wants to know, and the prompts that are needed stay few.
"""

from collections.abc import Callable

from calls.base import Language
from calls.media import Speech

#: What is spoken to callers whose language has no phrases here.
FALLBACK: Language = "en"

_EXACT_UP_TO = 20
_MOST = 100

# fmt: off
_ENGLISH = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
)
_POLISH = (
    "jedna", "dwie", "trzy", "cztery", "pięć", "sześć", "siedem", "osiem", "dziewięć",
    "dziesięć", "jedenaście", "dwanaście", "trzynaście", "czternaście", "piętnaście",
    "szesnaście", "siedemnaście", "osiemnaście", "dziewiętnaście", "dwadzieścia",
)
_UKRAINIAN = (
    "одна", "дві", "три", "чотири", "п’ять", "шість", "сім", "вісім", "дев’ять", "десять",
    "одинадцять", "дванадцять", "тринадцять", "чотирнадцять", "п’ятнадцять", "шістнадцять",
    "сімнадцять", "вісімнадцять", "дев’ятнадцять", "двадцять",
)
_ENGLISH_TENS = (
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "a hundred",
)
_POLISH_TENS = (
    "dwadzieścia", "trzydzieści", "czterdzieści", "pięćdziesiąt", "sześćdziesiąt",
    "siedemdziesiąt", "osiemdziesiąt", "dziewięćdziesiąt", "sto",
)
_UKRAINIAN_TENS = (
    "двадцять", "тридцять", "сорок", "п’ятдесят", "шістдесят", "сімдесят", "вісімдесят",
    "дев’яносто", "сто",
)
# fmt: on


def _english(ahead: int) -> str:
    if ahead == 0:
        return "You are next in line."
    if ahead == 1:
        return "There is one person ahead of you."
    if ahead <= _EXACT_UP_TO:
        return f"There are {_ENGLISH[ahead - 1]} people ahead of you."
    return f"There are more than {_ENGLISH_TENS[ahead // 10 - 2]} people ahead of you."


def _polish(ahead: int) -> str:
    """1 osoba, 2-4 osoby with a plural verb, 5 and more osób with a singular one."""
    if ahead == 0:
        return "Państwa rozmowa jest następna w kolejce."
    if ahead == 1:
        return "Przed Państwem w kolejce jest jedna osoba."
    if ahead <= 4:
        return f"Przed Państwem w kolejce są {_POLISH[ahead - 1]} osoby."
    if ahead <= _EXACT_UP_TO:
        return f"Przed Państwem w kolejce jest {_POLISH[ahead - 1]} osób."
    return f"Przed Państwem w kolejce jest ponad {_POLISH_TENS[ahead // 10 - 2]} osób."


def _ukrainian(ahead: int) -> str:
    """1 людина, 2-4 людини, 5 and more людей."""
    if ahead == 0:
        return "Ви наступні в черзі."
    if ahead == 1:
        return "Перед вами в черзі одна людина."
    if ahead <= 4:
        return f"Перед вами в черзі {_UKRAINIAN[ahead - 1]} людини."
    if ahead <= _EXACT_UP_TO:
        return f"Перед вами в черзі {_UKRAINIAN[ahead - 1]} людей."
    return f"Перед вами в черзі понад {_UKRAINIAN_TENS[ahead // 10 - 2]} людей."


_POSITION: dict[Language, Callable[[int], str]] = {
    "en": _english,
    "pl": _polish,
    "uk": _ukrainian,
}

_THANKS: dict[Language, str] = {
    "en": "Thank you for waiting.",
    "pl": "Dziękujemy za cierpliwość.",
    "uk": "Дякуємо за терпіння.",
}


def position(place: int, language: Language) -> Speech:
    """How many callers are ahead of the one at `place`, counted from 1."""
    spoken = language if language in _POSITION else FALLBACK
    ahead = max(place - 1, 0)
    name = f"waiting.ahead.{ahead}"
    if ahead > _EXACT_UP_TO:
        ahead = min((ahead - 1) // 10 * 10, _MOST)
        name = f"waiting.ahead.over_{ahead}"
        ahead += 1  # any number of that ten
    return Speech(name=name, language=spoken, text=_POSITION[spoken](ahead))


def thanks(language: Language) -> Speech:
    spoken = language if language in _THANKS else FALLBACK
    return Speech(name="waiting.thanks", language=spoken, text=_THANKS[spoken])
