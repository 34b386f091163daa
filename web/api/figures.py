"""Reports: figures over any period."""

import datetime
import time
import zoneinfo
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from calls.config import ServiceLevelVariant
from calls.errors import InputInvalid
from engine import reports
from engine.figures import midnight
from engine.reports import By, Report, Row
from web import auth
from web.api.endpoint import SUPERVISORS, api

_Moment = Annotated[str, Meta(max_length=40)]


class FiguresQuery(msgspec.Struct):
    """A moment is in seconds since the epoch, or a date or date and time (ISO 8601), in the
    center's time zone where it names none. The period begins today at midnight and ends now,
    unless told otherwise; the date of an end is the last day that counts."""

    begin: _Moment = msgspec.field(default="", name="from")
    end: _Moment = msgspec.field(default="", name="to")
    by: By = "queue"
    #: How the service level is worked out; each queue's own variant when absent.
    variant: ServiceLevelVariant | None = None
    format: Literal["json", "csv"] | None = None


def csv_rows(report: Report) -> Iterator[list[Any]]:
    """The rows of a report, and its total."""
    names = Row.__struct_fields__
    yield list(names)
    for row in (*report.rows, msgspec.structs.replace(report.total, key="total", title="Total")):
        yield [getattr(row, name) for name in names]


@api.get("/figures", SUPERVISORS, csv=csv_rows)
def figures(query: FiguresQuery) -> Report:
    """Service level, waits, handling and occupancy over any period.

    All that comes of a caller's visit to a queue counts where the caller entered it.
    """
    return report_for(query)


def report_for(query: FiguresQuery) -> Report:
    """Raises `InputInvalid` for a period that is none."""
    service = auth.service()
    now, zone = time.time(), service.settings.zone
    today = datetime.datetime.fromtimestamp(now, zone).date()
    begin = moment(query.begin, zone, "from") if query.begin else midnight(today, zone)
    end = moment(query.end, zone, "to", end=True) if query.end else now
    with service.database.session() as session:
        return reports.report(
            session, zone, begin=begin, end=end, by=query.by, now=now, variant=query.variant
        )


def moment(text: str, zone: zoneinfo.ZoneInfo, name: str, *, end: bool = False) -> float:
    """Raises `InputInvalid`, naming the parameter. A day alone is its beginning, or its `end`."""
    try:
        at = float(text)
        if 0 <= at < 1e11:
            return at
    except ValueError:
        pass
    try:
        found = datetime.datetime.fromisoformat(text)
        if _is_date(text):
            return midnight(found.date() + datetime.timedelta(days=end), zone)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        raise InputInvalid(
            f"{name}: {text!r} is no moment; write seconds since the epoch, 2026-10-31 "
            "or 2026-10-31T09:00"
        ) from None


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
