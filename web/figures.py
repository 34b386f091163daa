"""For supervisors: figures over a period, as a table and as pictures."""

import datetime
from typing import Any, TypeAlias

import flask
import msgspec
from flask import Blueprint, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from calls.errors import InputInvalid
from engine import reports
from engine.reports import By, Report, Row
from engine.simulation import charts
from engine.simulation.charts import Series
from web import auth
from web.api.figures import FiguresQuery, report_for

blueprint = Blueprint("figures", __name__, url_prefix="/supervisor/figures")

BY = {
    "queue": "Queue",
    "agent": "Agent",
    "hour": "Hour",
    "skill": "Skill",
    "organisation": "Organisation",
}
VARIANTS = {"": "as each queue is set", **reports.VARIANTS}
#: A title, a legend (names and classes) and a drawing.
_Picture: TypeAlias = tuple[str, list[tuple[str, str]], Markup]

#: What callers have that have none.
NOBODY = {"skill": "no skill needed", "organisation": "not known"}


@blueprint.get("")
@auth.only("supervisor", "admin")
def page() -> str:
    query, trouble = _query(request.args)
    try:
        report = report_for(query)
    except InputInvalid as error:
        trouble, query = str(error), FiguresQuery(by=query.by)
        report = report_for(query)
    zone = auth.service().settings.zone
    last = datetime.datetime.fromtimestamp(report.end, zone) - datetime.timedelta(microseconds=1)
    return flask.render_template(
        "supervisor/figures.html",
        report=report,
        query=query,
        trouble=trouble,
        begin=datetime.datetime.fromtimestamp(report.begin, zone).date(),
        end=last.date(),
        names={row.key: _name(row, report.by) for row in report.rows},
        pictures=_pictures(report),
        kinds=BY,
        variants=VARIANTS,
        csv=_csv_link(query),
    )


def _query(given: "MultiDict[str, str]") -> tuple[FiguresQuery, str]:
    """What was asked for, and what is wrong with it."""
    plain: dict[str, Any] = {
        name: given[name] for name in ("from", "to", "by", "variant") if given.get(name)
    }
    try:
        return msgspec.convert(plain, FiguresQuery), ""
    except msgspec.ValidationError as error:
        return FiguresQuery(), str(error)


def _csv_link(query: FiguresQuery) -> str:
    wanted = {"from": query.begin, "to": query.end, "by": query.by, "variant": query.variant}
    asked: dict[str, Any] = {name: value for name, value in wanted.items() if value}
    return flask.url_for("api.figures", **asked, format="csv")


def _name(row: Row, by: By) -> str:
    """What people call it; hours without the year and the zone."""
    if by == "hour":
        return row.key[5:16].replace("T", " ")
    return row.title or NOBODY.get(by, "")


def _pictures(report: Report) -> list[_Picture]:
    labels = [_name(row, report.by) for row in report.rows]
    if report.by == "hour":
        labels = [label[6:] for label in labels]
    if not labels:
        return []
    if report.by == "agent":
        return [_times(report, labels)]
    level = [None if r.service_level is None else 100 * r.service_level for r in report.rows]
    series = [Series("service level", "s2", level)]
    draw = charts.lines if report.by == "hour" else charts.bars
    drawn = draw("Service level", labels, series, " %", top=100.0)
    return [
        _callers(report, labels),
        ("Service level", _legend(series), Markup(drawn)),  # noqa: S704 - escaped
    ]


def _callers(report: Report, labels: list[str]) -> _Picture:
    rows = report.rows
    series = [
        Series("answered in time", "s2", [row.answered_in_time for row in rows]),
        Series("answered late", "s3", [row.answered - row.answered_in_time for row in rows]),
        Series("kept the place", "s1", [row.callbacks for row in rows]),
        Series("went elsewhere", "s5", [row.overflowed + row.moved + row.failed for row in rows]),
        Series("abandoned", "s4", [row.abandoned for row in rows]),
        Series("still waits", "s6", [_waiting(row) for row in rows]),
    ]
    drawn = charts.bars("Callers by what came of them", labels, series)
    return "Callers by what came of them", _legend(series), Markup(drawn)  # noqa: S704 - escaped


def _waiting(row: Row) -> int:
    over = row.answered + row.abandoned + row.overflowed + row.moved + row.failed
    return row.offered - over - row.callbacks


def _times(report: Report, labels: list[str]) -> _Picture:
    rows = report.rows
    series = [
        Series("talking", "s2", [row.talking_seconds / 3600 for row in rows]),
        Series("ringing", "s1", [row.reserved_seconds / 3600 for row in rows]),
        Series("after-call work", "s3", [row.wrap_up_seconds / 3600 for row in rows]),
        Series("ready", "s5", [row.ready_seconds / 3600 for row in rows]),
        Series("not ready", "s4", [row.not_ready_seconds / 3600 for row in rows]),
    ]
    drawn = charts.bars("Hours by state", labels, series, " h")
    return "Hours by state", _legend(series), Markup(drawn)  # noqa: S704 - escaped


def _legend(series: list[Series]) -> list[tuple[str, str]]:
    return [(one.name, one.style) for one in series]
