"""Small things of the floor said in plain English."""

from collections.abc import Iterable, Mapping, Sequence

from calls.base import Channel, EndCause, OfferOutcome, OverflowWhen

#: Names of languages, for the skills ``lang:<code>``.
_LANGUAGES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "pl": "Polish",
    "ru": "Russian",
    "uk": "Ukrainian",
}
_NUMBERS = {2: "both", 3: "all three", 4: "all four"}

_CONTACTS: dict[Channel, tuple[str, str]] = {
    "voice": ("a call", "calls"),
    "chat": ("a chat", "chats"),
    "email": ("an e-mail", "e-mails"),
    "sms": ("a text message", "text messages"),
}

#: Begins the skill of a call whose caller asked for one agent: nobody but they have it.
PERSON = "agent:"

#: How an offer ended; the seconds that it lasted go into the braces.
OFFERS: dict[OfferOutcome, str] = {
    "accepted": "answered after {}",
    "timed_out": "no answer for {}",
    "declined": "declined after {}",
    "busy": "the phone was busy",
    "unreachable": "the phone could not be reached",
    "rescinded": "withdrawn after {}",
    "answered_elsewhere": "answered elsewhere after {}",
    "failed": "the call to the phone failed",
}

ATTEMPTS: dict[EndCause, str] = {
    "hangup": "the caller hung up",
    "no_answer": "no answer",
    "busy": "busy",
    "declined": "declined",
    "unreachable": "could not be reached",
    "withdrawn": "given up",
    "lost": "the line was lost",
    "failed": "the call failed",
}

OVERFLOWS: dict[OverflowWhen, str] = {
    "waited": "it had waited {limit}",
    "length": "{count} callers or more were ahead",
    "expected_wait": "a wait of more than {limit} was expected",
    "nobody_signed_in": "nobody of {queue} was signed in",
    "nobody_ready": "nobody of {queue} was ready",
    "closed": "{queue} was closed",
    "full": "{queue} was full",
}


def clock(seconds: float) -> str:
    """``0:07``, ``12:30``, ``1:02:03``."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def lasted(seconds: float) -> str:
    """``7 s``; from two minutes on ``2:05``."""
    return f"{round(seconds)} s" if seconds < 120 else clock(seconds)


def skill(name: str) -> str:
    code = name.removeprefix("lang:")
    return name if code == name else _LANGUAGES.get(code, f"the language {code}")


def needs(skills: Mapping[str, int]) -> str:
    """``Polish >= 5 and tax >= 3``."""
    return listed(_need(name, level) for name, level in sorted(skills.items()))


def _need(name: str, level: int) -> str:
    person = name.removeprefix(PERSON)
    return f"{skill(name)} >= {level}" if person == name else f"the name {person}"


def listed(parts: Iterable[str], word: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    parts = list(parts)
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def counted(number: int, thing: str) -> str:
    """``1 call``, ``3 calls``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def contacts(numbers: Mapping[Channel, int]) -> str:
    """``a chat``, ``2 chats and an e-mail``."""
    return listed(
        _CONTACTS[channel][0] if number == 1 else f"{number} {_CONTACTS[channel][1]}"
        for channel, number in sorted(numbers.items())
    )


def everybody(count: int) -> str:
    """``both``, ``all three``, ``all 12``."""
    return _NUMBERS.get(count, f"all {count}")


def were(count: int) -> str:
    return "was" if count == 1 else "were"


def some(names: Sequence[str], most: int = 3) -> str:
    """Names in brackets, where they are few."""
    return f" ({listed(names)})" if 0 < len(names) <= most else ""
