"""Phone numbers: one writing for each, so that a caller is found however the switch wrote them."""

import functools

import phonenumbers

#: What switches write where the caller's number is withheld or unknown.
_WITHHELD = frozenset(
    {
        "",
        "anonymous",
        "private",
        "restricted",
        "unknown",
        "unavailable",
        "withheld",
        "s",
        "asterisk",
    }
)


@functools.lru_cache(maxsize=4096)
def normalise(number: str, region: str) -> str:
    """The number in E.164 (``+48221230101``), or as it is where it is no public number.

    `region` (ISO 3166: ``"PL"``) is where national numbers belong. A withheld number is ``""``;
    an extension (``"1000"``) or a SIP name (``"alice"``) stays itself, in small letters.
    """
    plain = _user_part(number.strip()).strip().lower()
    if plain in _WITHHELD:
        return ""
    try:
        parsed = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return plain
    if not phonenumbers.is_possible_number(parsed):
        return plain
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def withheld(number: str) -> bool:
    """Nobody can be recognised by it, nor called back."""
    return _user_part(number.strip()).strip().lower() in _WITHHELD


@functools.lru_cache(maxsize=4096)
def for_people(number: str, region: str) -> str:
    """``+48 22 123 01 01``; national writing inside the `region`; ``withheld`` for none."""
    plain = normalise(number, region)
    if not plain.startswith("+"):
        return plain or "withheld"
    parsed = phonenumbers.parse(plain, region)
    inside = phonenumbers.region_code_for_number(parsed) == region
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, style.NATIONAL if inside else style.INTERNATIONAL)


def _user_part(address: str) -> str:
    """``+4822...`` of ``"Anna" <sip:+4822...@host;user=phone>``."""
    if "<" in address:
        address = address.partition("<")[2].partition(">")[0]
    for scheme in ("sip:", "sips:", "tel:"):
        address = address.removeprefix(scheme)
    return address.partition("@")[0].partition(";")[0]
