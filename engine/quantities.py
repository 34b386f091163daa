"""Times and shares as people write them: ``90``, ``30m``, ``1h30m``; ``30%``."""

import re
from math import isfinite

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_SECONDS = re.compile(r"(?:\d+(?:\.\d+)?[dhms])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([dhms])")


def seconds(text: str) -> float:
    """A length of time in seconds. Raises ValueError with the remedy."""
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    return number(text, "a time: seconds, or like 90s, 30m, 1h30m, 5d")


def share(text: str) -> float:
    """A share of 0 to 1. Raises ValueError with the remedy."""
    what = "a share: like 30%, or 0.3"
    text = text.strip()
    if text.endswith("%"):
        value = number(text[:-1], what) / 100.0
    else:
        value = number(text, what)
        if value > 1.0:
            raise ValueError(f"must be {what}, not {text!r}; did you mean {text}%?")
    if value > 1.0:
        raise ValueError(f"must be at most 100%, not {text!r}")
    return value


def number(text: str, what: str = "a number") -> float:
    """A finite number of at least 0. Raises ValueError."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"must be {what}, not {text!r}") from None
    if not isfinite(value) or value < 0:
        raise ValueError(f"must be {what}, not {text!r}")
    return value
