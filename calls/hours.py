"""Opening hours: weekly, with holidays and exceptions, in a time zone of their own."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

from calls.base import Instant, Word

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Hours(Word):
    """When a queue or a line is open.

    `weekly` has the spans of each day, ``{"mon": ("09:00-12:30", "13:00-17:00")}``; a day that is
    missing is closed. A span may end at ``24:00``. `zone` is an IANA time zone. On public holidays
    of `country` (ISO 3166-1 alpha-2) it is closed. `exceptions` wins over both: spans by date,
    ``{"2026-12-24": ("09:00-12:00",)}``; no spans for closed.
    """

    zone: str = "Europe/Warsaw"
    weekly: dict[str, tuple[str, ...]] = {}
    country: str = ""
    exceptions: dict[str, tuple[str, ...]] = {}


def fault(hours: Hours) -> str | None:
    """What is wrong, for the person who wrote it: the field, the value and the remedy."""
    try:
        ZoneInfo(hours.zone)
    except (KeyError, ValueError, OSError):
        return f"zone: {hours.zone!r} is no time zone; write one like Europe/Warsaw"
    if hours.country:
        try:
            _holidays(hours.country)
        except NotImplementedError:
            return f"country: {hours.country!r} is not known; write two letters like PL"
    for day, spans in hours.weekly.items():
        if day not in DAYS:
            return f"weekly: {day!r} is no day; days are {', '.join(DAYS)}"
        if wrong := _wrong_span(spans):
            return f"weekly.{day}: {wrong}"
    for day, spans in hours.exceptions.items():
        if not _is_date(day):
            return f"exceptions: {day!r} is no date; write one like 2026-12-24"
        if wrong := _wrong_span(spans):
            return f"exceptions.{day}: {wrong}"
    return None


def is_open(hours: Hours, at: Instant) -> bool:
    """Is it open at `at` (seconds since the epoch)? By the clock on the wall of its zone, so a span
    is an hour shorter or longer on the day that the clock is put on or back within it."""
    local = datetime.fromtimestamp(at, _zone(hours.zone))
    clock = local.hour * 60 + local.minute
    return any(start <= clock < end for start, end in map(_span, spans_on(hours, local.date())))


def spans_on(hours: Hours, day: date) -> tuple[str, ...]:
    """The spans of one date, exceptions and holidays considered."""
    exception = hours.exceptions.get(day.isoformat())
    if exception is not None:
        return exception
    if hours.country and day in _holidays(hours.country):
        return ()
    return hours.weekly.get(DAYS[day.weekday()], ())


def next_open(hours: Hours, at: Instant, days: int = 14) -> Instant | None:
    """When it opens next, from `at` on; None if not within so many days. `at` itself if open."""
    if is_open(hours, at):
        return at
    zone = _zone(hours.zone)
    today = datetime.fromtimestamp(at, zone).date()
    for later in range(days + 1):
        day = today + timedelta(days=later)
        for start, _ in sorted(map(_span, spans_on(hours, day))):
            for minute in _around(datetime.combine(day, time(start // 60, start % 60), zone)):
                if minute >= at and is_open(hours, minute):
                    return minute
    return None


def _around(local: datetime) -> Iterator[Instant]:
    """When the clock shows this. Where it is put on or back over it, each minute in between: it may
    show it twice, or never and open by what it shows after the gap."""
    first, last = sorted(int(local.replace(fold=fold).timestamp()) for fold in (0, 1))
    yield from map(float, range(first, last + 60, 60))


def _is_date(day: str) -> bool:
    """In the one way in which it is looked up; Python reads others as well."""
    try:
        return date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False


def _wrong_span(spans: tuple[str, ...]) -> str | None:
    for span in spans:
        try:
            start, end = _span(span)
        except ValueError:
            return f"{span!r} is no span; write one like 09:00-17:00"
        if not 0 <= start < end <= 24 * 60:
            return f"{span!r} does not end after it starts, between 00:00 and 24:00"
    return None


@lru_cache(maxsize=4096)
def _span(span: str) -> tuple[int, int]:
    """Minutes since midnight. Raises ValueError for what is no span."""
    start, _, end = span.partition("-")
    return _minutes(start), _minutes(end)


def _minutes(clock: str) -> int:
    hour, colon, minute = clock.strip().partition(":")
    if not colon or len(minute) != 2 or not 0 <= int(minute) < 60:
        raise ValueError(clock)
    return int(hour) * 60 + int(minute)


_zone = lru_cache(maxsize=256)(ZoneInfo)


@lru_cache(maxsize=256)
def _holidays(country: str) -> HolidayBase:
    return country_holidays(country)
