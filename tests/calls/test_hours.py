"""When it opens next, also where the clock is put on or back."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from calls.hours import Hours, is_open, next_open

#: In the night of the 29th of March 2026 the clock of Warsaw jumps from 02:00 to 03:00, in that of
#: the 25th of October from 03:00 back to 02:00. That of Lord Howe moves by half an hour.
SPRING, AUTUMN = "2026-03-28T12:00", "2026-10-24T12:00"
WARSAW, LORD_HOWE = "Europe/Warsaw", "Australia/Lord_Howe"


def hours(*spans: str, zone: str = WARSAW) -> Hours:
    return Hours(zone=zone, weekly={"sun": spans, "mon": ("08:00-09:00",)})


def instant(local: str, zone: str = WARSAW, fold: int = 0) -> float:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def test_hours_that_begin_in_the_gap_begin_after_it() -> None:
    opens = next_open(hours("02:30-05:00"), instant(SPRING))
    assert opens == instant("2026-03-29T03:00")


def test_hours_within_the_gap_are_left_out() -> None:
    opens = next_open(hours("02:10-02:50"), instant(SPRING))
    assert opens == instant("2026-03-30T08:00")


def test_hours_that_the_clock_shows_twice_are_twice() -> None:
    twice = hours("02:30-02:45")
    first, second = (instant("2026-10-25T02:30", fold=fold) for fold in (0, 1))
    assert next_open(twice, instant(AUTUMN)) == first
    assert next_open(twice, first + 15 * 60) == second == first + 3600


@pytest.mark.parametrize(
    ("zone", "begin"),
    [
        (WARSAW, SPRING),
        (WARSAW, AUTUMN),
        (LORD_HOWE, "2026-04-04T12:00"),
        (LORD_HOWE, "2026-10-03T12:00"),
    ],
)
def test_it_is_the_first_minute_in_which_it_is_open(zone: str, begin: str) -> None:
    """Against a look at each minute of a weekend in which the clock is put on or back."""
    asked = hours("01:50-02:10", "02:15-02:20", "02:40-03:20", zone=zone)
    at, expected = instant(begin, zone) + 86400.0, None
    for minute in range(24 * 60):
        now = at - minute * 60
        if is_open(asked, now):
            expected = now
        if expected is not None:
            assert next_open(asked, now) == expected, datetime.fromtimestamp(now, ZoneInfo(zone))
    assert expected is not None
