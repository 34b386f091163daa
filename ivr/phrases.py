"""What callers in a queue are told, in proper English, Polish and Ukrainian.

Exact numbers of callers go up to twenty; beyond, "more than thirty" is all that a caller wants to
know. Minutes are exact up to twenty, then in steps of five up to an hour. So the prompts that are
needed stay few.
"""

import math
from collections.abc import Callable

from calls.base import Language
from calls.media import Speech
from ivr.numerals import cardinal, feminine, feminine_genitive, plural, plural_east

#: What is spoken to callers whose language has no phrases here.
FALLBACK: Language = "en"

#: The key that confirms an offered callback.
CONFIRM = "1"

#: Minutes beyond which only "more than an hour" is said.
LONGEST = 60

_EXACT_UP_TO = 20
_MOST = 100


def _english(ahead: int) -> str:
    if ahead == 0:
        return "You are next in line."
    if ahead == 1:
        return "There is one person ahead of you."
    if ahead <= _EXACT_UP_TO:
        return f"There are {cardinal(ahead, 'en')} people ahead of you."
    ten = "a hundred" if ahead > _MOST else cardinal(_ten_below(ahead), "en")
    return f"There are more than {ten} people ahead of you."


def _polish(ahead: int) -> str:
    """1 osoba, 2-4 osoby with a plural verb, 5 and more osób with a singular one."""
    if ahead == 0:
        return "Państwa rozmowa jest następna w kolejce."
    if ahead <= _EXACT_UP_TO:
        verb = "są" if 2 <= ahead <= 4 else "jest"
        people = plural(ahead, "osoba", "osoby", "osób")
        return f"Przed Państwem w kolejce {verb} {feminine(ahead, 'pl')} {people}."
    return f"Przed Państwem w kolejce jest ponad {cardinal(_ten_below(ahead), 'pl')} osób."


def _ukrainian(ahead: int) -> str:
    """1 людина, 2-4 людини, 5 and more людей."""
    if ahead == 0:
        return "Ви наступні в черзі."
    if ahead <= _EXACT_UP_TO:
        people = plural_east(ahead, "людина", "людини", "людей")
        return f"Перед вами в черзі {feminine(ahead, 'uk')} {people}."
    return f"Перед вами в черзі понад {cardinal(_ten_below(ahead), 'uk')} людей."


def _english_wait(least: int, most: int) -> str:
    if most > LONGEST:
        return "The expected wait is more than an hour."
    minutes = "minute" if most == 1 else "minutes"
    if least == most:
        return f"The expected wait is about {cardinal(most, 'en')} {minutes}."
    return (
        f"The expected wait is between {cardinal(least, 'en')} and {cardinal(most, 'en')} minutes."
    )


def _polish_wait(least: int, most: int) -> str:
    """After *od*, *do* and *około* everything is in the genitive: jednej minuty, dwóch minut."""
    if most > LONGEST:
        return "Przewidywany czas oczekiwania to ponad godzina."
    words = feminine_genitive(most, "pl")
    if least == most:
        minutes = "minuty" if most == 1 else "minut"
        return f"Przewidywany czas oczekiwania to około {words} {minutes}."
    return f"Przewidywany czas oczekiwania to od {feminine_genitive(least, 'pl')} do {words} minut."


def _ukrainian_wait(least: int, most: int) -> str:
    """After *від*, *до* and *близько* everything is in the genitive."""
    if most > LONGEST:
        return "Орієнтовний час очікування: понад годину."
    words = feminine_genitive(most, "uk")
    minutes = "хвилини" if most % 10 == 1 and most != 11 else "хвилин"
    if least == most:
        return f"Орієнтовний час очікування: близько {words} {minutes}."
    return f"Орієнтовний час очікування: від {feminine_genitive(least, 'uk')} до {words} {minutes}."


_POSITION: dict[Language, Callable[[int], str]] = {
    "en": _english,
    "pl": _polish,
    "uk": _ukrainian,
}

_WAIT: dict[Language, Callable[[int, int], str]] = {
    "en": _english_wait,
    "pl": _polish_wait,
    "uk": _ukrainian_wait,
}

_THANKS: dict[Language, str] = {
    "en": "Thank you for waiting.",
    "pl": "Dziękujemy za cierpliwość.",
    "uk": "Дякуємо за терпіння.",
}

_INVITATION: dict[Language, str] = {
    "en": "To hang up, keep your place and be called back, press {key}.",
    "pl": "Aby się rozłączyć, zachować miejsce i otrzymać telefon zwrotny, proszę nacisnąć {key}.",
    "uk": "Щоб покласти слухавку, зберегти місце й отримати дзвінок, натисніть {key}.",
}

_OFFER: dict[Language, str] = {
    "en": "We will call you back at the number you call from. You keep your place in line. "
    "To confirm, press {key}.",
    "pl": "Oddzwonimy na numer, z którego Państwo dzwonią. Miejsce w kolejce zostanie zachowane. "
    "Aby potwierdzić, proszę nacisnąć {key}.",
    "uk": "Ми передзвонимо на номер, з якого ви телефонуєте. Ваше місце в черзі збережеться. "
    "Щоб підтвердити, натисніть {key}.",
}

_GOODBYE: dict[Language, str] = {
    "en": "Thank you. We will call you back. Goodbye.",
    "pl": "Dziękujemy. Oddzwonimy do Państwa. Do widzenia.",
    "uk": "Дякуємо. Ми вам передзвонимо. До побачення.",
}

#: The two keys that are no digits, as something that one presses.
_SIGNS: dict[Language, dict[str, str]] = {
    "en": {"*": "star", "#": "hash"},
    "pl": {"*": "gwiazdkę", "#": "krzyżyk"},
    "uk": {"*": "зірочку", "#": "решітку"},
}


def position(place: int, language: Language) -> Speech:
    """How many callers are ahead of the one at `place`, counted from 1."""
    ahead = max(place - 1, 0)
    name = f"ahead.{ahead}"
    if ahead > _EXACT_UP_TO:
        ten = min(_ten_below(ahead), _MOST)
        name = f"ahead.over_{ten}"
        ahead = ten + 1  # any number of that ten
    spoken = spoken_language(language)
    return _speech(name, spoken, _POSITION[spoken](ahead))


def minutes(seconds: float) -> int:
    """Seconds as the minutes that are said, rounded up; more than `LONGEST` for more than that."""
    exact = max(1, math.ceil(seconds / 60))
    if exact <= _EXACT_UP_TO:
        return exact
    return math.ceil(exact / 5) * 5 if exact <= LONGEST else LONGEST + 1


def wait(least: int, most: int, language: Language) -> Speech:
    """The wait that is still expected, between these `minutes`."""
    spoken = spoken_language(language)
    if most > LONGEST:
        return _speech(f"wait.over_{LONGEST}", spoken, _WAIT[spoken](least, most))
    name = f"wait.{most}" if least == most else f"wait.{least}_{most}"
    return _speech(name, spoken, _WAIT[spoken](least, most))


def thanks(language: Language) -> Speech:
    return _said("thanks", language, _THANKS)


def callback_invitation(key: str, language: Language) -> Speech:
    """That the caller may keep the place without the line, and by which key."""
    sign = {"*": "star", "#": "hash"}.get(key, key)
    return _said(f"callback.{sign}", language, _INVITATION, key)


def callback_offer(language: Language) -> Speech:
    return _said("callback.offer", language, _OFFER, CONFIRM)


def callback_goodbye(language: Language) -> Speech:
    return _said("callback.goodbye", language, _GOODBYE)


def spoken_language(language: Language) -> Language:
    return language if language in _POSITION else FALLBACK


def _said(name: str, language: Language, texts: dict[Language, str], key: str = "") -> Speech:
    spoken = spoken_language(language)
    pressed = _SIGNS[spoken].get(key) or (cardinal(int(key), spoken) if key else "")
    return _speech(name, spoken, texts[spoken].format(key=pressed))


def _speech(name: str, language: Language, text: str) -> Speech:
    return Speech(name=f"waiting.{name}", language=language, text=text)


def _ten_below(ahead: int) -> int:
    """The ten that `ahead` is more than."""
    return min((ahead - 1) // 10 * 10, _MOST)
