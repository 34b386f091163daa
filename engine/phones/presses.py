"""When a scripted caller presses which keys: ``2,1`` or ``2@3.5,1@7``."""

from dataclasses import dataclass

from calls.errors import RingdeskError

_KEYS = frozenset("0123456789*#")


class PressesInvalid(RingdeskError):
    """The keys to press cannot be understood. The text says which and how to write them."""


@dataclass(frozen=True)
class Press:
    """Keys pressed one after the other, `at` seconds after the answer.

    Without a time they are pressed when the first prompt that began after the last press is over.
    """

    keys: str
    at: float | None = None


def parse(text: str) -> list[Press]:
    """Read a list like ``2,1`` or ``2@3.5,1@7``; empty for none. Raises `PressesInvalid`."""
    return [_one(item.strip()) for item in text.split(",")] if text.strip() else []


def _one(item: str) -> Press:
    keys, at_sign, at = item.partition("@")
    if not keys or not _KEYS.issuperset(keys):
        raise PressesInvalid(f"{item!r} is no key: write keys 0-9 * # like '2,1' or '2@3.5,1@7'")
    if not at_sign:
        return Press(keys)
    try:
        seconds = float(at)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86400:
        raise PressesInvalid(f"{item!r}: after the @ stands a time in seconds, like '2@3.5'")
    return Press(keys, seconds)
