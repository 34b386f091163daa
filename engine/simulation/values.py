"""The values in a scenario file: distributions, rates, times of day, words of `calls.config`."""

import datetime
import re
import zoneinfo
from collections.abc import Mapping, Set
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from calls.base import Word
from engine import quantities
from engine.simulation.distributions import (
    Constant,
    Distribution,
    Exponential,
    Lognormal,
    Uniform,
)
from engine.simulation.reading import Item
from engine.simulation.scenario import DAY, HOUR, Shift

_Word = TypeVar("_Word", bound=Word)

_KINDS = ("constant", "exponential", "uniform", "lognormal", "deviation")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_RATE = re.compile(r"(\S+)\s+(?:per|/|an?)\s+(\S+)")
_KEYS = re.compile(r"[0-9*#]*")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
#: Seconds that no clock tells from none.
LEAST_LENGTH = 1e-6
#: What would not come to an end.
MOST_LENGTH, MOST_CALLS = 366 * DAY, 1e6
_NAMED_TIMES = {"second": 1.0, "minute": 60.0, "hour": HOUR, "day": DAY}


def distribution(item: Item) -> Distribution:
    """``20``, ``{exponential: 3m}``, ``{uniform: [5, 20]}``, ``{lognormal: 3m, deviation: 2m}``."""
    if item.is_text():
        return Constant(_time(item))
    fields = item.fields(_KINDS)
    kinds = [name for name in fields if name != "deviation"]
    if len(kinds) != 1 or ("deviation" in fields) != (kinds == ["lognormal"]):
        raise item.error(
            "must be a time, or one of {exponential: MEAN}, {uniform: [LEAST, MOST]}, "
            "{lognormal: MEAN, deviation: DEVIATION}, {constant: TIME}"
        )
    value = fields[kinds[0]]
    match kinds[0]:
        case "constant":
            return Constant(_time(value))
        case "exponential":
            return Exponential(_positive(value))
        case "lognormal":
            return Lognormal(_positive(value), _time(fields["deviation"]))
        case _:
            bounds = [_time(bound) for bound in value.items()]
            if len(bounds) != 2 or bounds[0] > bounds[1]:
                raise value.error("must be the least and the most, like [5, 20]")
            return Uniform(bounds[0], bounds[1])


def _time(item: Item) -> float:
    seconds = item.seconds()
    if seconds > MOST_LENGTH:
        raise item.error("must be at most a year")
    return seconds


def _positive(item: Item) -> float:
    seconds = _time(item)
    if seconds < LEAST_LENGTH:
        raise item.error("must be above 0")
    return seconds


def length(item: Item) -> float:
    """A time above 0, a year at most."""
    return _positive(item)


def name(item: Item) -> str:
    """What it stands under, as flows can say it."""
    if not _NAME.fullmatch(item.name):
        raise item.error(
            "must have a name of small letters, digits, - and _, beginning with a letter"
        )
    return item.name


def language(text: str) -> str:
    """``en``. For `Item.by`."""
    if not _LANGUAGE.fullmatch(text):
        raise ValueError(f"must be a language code such as en, pl or uk, not {text!r}")
    return text


def rate(text: str) -> float:
    """Calls an hour out of ``100 per 30m``, ``40 per hour``. For `Item.by`."""
    found = _RATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"must be like '100 per 30m' or '40 per hour', not {text!r}")
    calls = quantities.number(found[1])
    per = _NAMED_TIMES.get(found[2]) or quantities.seconds(found[2])
    if per == 0:
        raise ValueError(f"{text!r}: calls per no time")
    return _calls(calls / per * HOUR)


def _calls(an_hour: float) -> float:
    if an_hour > MOST_CALLS:
        raise ValueError(f"must be at most {MOST_CALLS:,.0f} calls an hour")
    return an_hour


def hourly(item: Item) -> tuple[float, ...]:
    """Calls an hour by the hour of the day: ``{8: 120, 9: 200}``; none in the others."""
    hours = [0.0] * 24
    for name, value in item.entries().items():
        if not name.isdecimal() or int(name) > 23:
            raise value.error(f"must be an hour of the day, 0 to 23, not {name!r}")
        hours[int(name)] = value.by(lambda text: _calls(quantities.number(text)))
    if not any(hours):
        raise item.error("must have calls in some hour, like {8: 120, 9: 200}")
    return tuple(hours)


def time_of_day(text: str) -> float:
    """Seconds after midnight. For `Item.by`."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None or int(found[2]) > 59 or (seconds := _clock(found)) > DAY:
        raise ValueError(f"must be a time of day, like 08:30, not {text!r}")
    return seconds


def _clock(found: re.Match[str]) -> float:
    return int(found[1]) * HOUR + int(found[2]) * 60.0


def shifts(item: Item) -> tuple[Shift, ...]:
    """``[08:00-12:00, 12:30-16:00]``; one may last past midnight. They must not overlap."""
    found = [one.by(_shift) for one in item.items()]
    found.sort(key=lambda shift: shift.since)
    following = [*found[1:], *(Shift(one.since + DAY, one.until + DAY) for one in found[:1])]
    for shift, after in zip(found, following, strict=True):
        if after.since < shift.until:
            raise item.error("these shifts overlap")
    return tuple(found)


def _shift(text: str) -> Shift:
    since, dash, until = text.partition("-")
    if not dash:
        raise ValueError(f"must be like 08:00-16:00, not {text!r}")
    begin, end = time_of_day(since), time_of_day(until)
    return Shift(begin, end if end > begin else end + DAY)


def zone(name: str) -> zoneinfo.ZoneInfo:
    """``Europe/Warsaw``. For `Item.by`."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"must be a time zone, like Europe/Warsaw, not {name!r}") from None


def date(text: str) -> datetime.date:
    """``2025-11-17``. For `Item.by`."""
    try:
        if (
            _DATE.fullmatch(text)
            and 1970 <= (found := datetime.date.fromisoformat(text)).year < 3000
        ):
            return found
    except ValueError:
        pass
    raise ValueError(f"must be a date, like 2025-11-17, not {text!r}")


def keys(item: Item) -> tuple[tuple[float, tuple[str, ...]], ...]:
    """``"1,2"``, or several with their weights: ``{"1,2": 70%, "1,1": 30%}``."""
    weights = (
        {item.text(): 1.0}
        if item.is_text()
        else {name: value.by(_weight) for name, value in item.entries().items()}
    )
    total = sum(weights.values())
    if total == 0:
        raise item.error("must have a weight above 0")
    found = []
    for text, weight in weights.items():
        pressed = tuple(one.strip() for one in text.split(","))
        if not all(_KEYS.fullmatch(one) for one in pressed):
            raise item.error(f"{text!r}: keys are 0 to 9, * and #, with a comma between prompts")
        found.append((weight / total, pressed))
    return tuple(found)


def _weight(text: str) -> float:
    return quantities.number(text.strip().removesuffix("%"), "a weight, like 70%")


def word(
    item: Item, kind: type[_Word], given: Mapping[str, Any], others: Set[str] = frozenset()
) -> _Word:
    """Configuration by the fields of its type, `given` those that stand elsewhere. Times may have
    units. The fields `others` are not looked at."""
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)  # noqa: S101 - every word is one
    types = {field.name: field.type for field in described.fields}
    known = [name for name in types if name not in given] + sorted(others - types.keys())
    plain: dict[str, Any] = dict(given)
    fields = item.fields(known)
    for name, value in fields.items():
        if name in others:
            continue
        if isinstance(types[name], inspect.FloatType) and value.is_text():
            plain[name] = value.by(_number)
        else:
            plain[name] = value.plain()
    try:
        return msgspec.convert({**plain, "type": kind.__name__}, kind, str_keys=True)
    except msgspec.ValidationError as error:
        problem, _, at = str(error).partition(" - at `$.")
        name = at.rstrip("`").split(".")[0].split("[")[0]
        raise fields.get(name, item).error(problem[:1].lower() + problem[1:]) from None


def _number(text: str) -> float:
    """A number, or a time with its units; numbers may be negative (a priority)."""
    sign = -1.0 if text.startswith("-") else 1.0
    return sign * quantities.seconds(text.removeprefix("-"))
