"""The results as a page that stands for itself: tables and pictures, no scripts, no fetching."""

import datetime
import zoneinfo
from collections import Counter
from typing import NamedTuple

import jinja2
from markupsafe import Markup

from engine.simulation import charts, figures
from engine.simulation.charts import Series
from engine.simulation.outcome import Interval, Waits
from engine.simulation.results import Comparison, Results
from engine.simulation.scenario import DAY
from engine.simulation.tally import SAMPLES

#: Bars of the picture of waits, at most.
_BARS = 40


class Picture(NamedTuple):
    """An SVG with its title and what its colours mean."""

    title: str
    svg: Markup
    series: list[Series]


def page(found: Results | Comparison) -> str:
    """The whole page as HTML."""
    shown = [found.one, found.other] if isinstance(found, Comparison) else [found]
    template = jinja2.Environment(
        loader=jinja2.PackageLoader("engine.simulation", ""),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("report.html")
    return template.render(
        headings=[figures.heading(results) for results in shown],
        columns=figures.columns(found),
        sections=list(figures.sections(found)),
        warnings=figures.warnings(found),
        pictures=[(results.title, _pictures(results)) for results in shown],
    )


def _pictures(results: Results) -> list[Picture]:
    found: list[Picture] = []
    for queue, intervals in results.intervals.items():
        labels = [_label(results, n) for n in range(len(intervals))]
        found += [
            _callers(f"{queue}: callers", labels, intervals, results.runs),
            _service_level(f"{queue}: answered in time, of all offered", labels, intervals),
            _line(f"{queue}: callers in line", labels, intervals, results.runs),
            _waits(f"{queue}: how long callers waited", results.waits[queue], results.runs),
        ]
    if results.intervals:
        intervals = next(iter(results.intervals.values()))
        labels = [_label(results, n) for n in range(len(intervals))]
        found.append(_agents("agents", labels, intervals, results.runs))
    return found


def _callers(title: str, labels: list[str], intervals: list[Interval], runs: int) -> Picture:
    late = [one.answered - one.in_time for one in intervals]
    return _bars(
        title,
        labels,
        [
            Series("answered in time", "s1", [one.in_time / runs for one in intervals]),
            Series("answered later", "s2", [count / runs for count in late]),
            Series("abandoned", "s3", [one.abandoned / runs for one in intervals]),
        ],
    )


def _service_level(title: str, labels: list[str], intervals: list[Interval]) -> Picture:
    shares = [100 * one.in_time / one.offered if one.offered else None for one in intervals]
    series = [Series("in time", "s1", shares)]
    return Picture(title, Markup(charts.lines(title, labels, series, " %", 100.0)), series)  # noqa: S704


def _line(title: str, labels: list[str], intervals: list[Interval], runs: int) -> Picture:
    return _lines(title, labels, [Series("in line", "s3", _means(intervals, "waiting", runs))])


def _agents(title: str, labels: list[str], intervals: list[Interval], runs: int) -> Picture:
    return _lines(
        title,
        labels,
        [
            Series("there", "s2", _means(intervals, "staffed", runs)),
            Series("busy", "s1", _means(intervals, "busy", runs)),
        ],
    )


def _means(intervals: list[Interval], field: str, runs: int) -> list[float]:
    return [getattr(one, field) / SAMPLES / runs for one in intervals]


def _waits(title: str, waits: Waits, runs: int) -> Picture:
    """A histogram; the waits beyond the 99th percentile are in its last bar."""
    together = waits.answered + waits.abandoned
    width = max(1, -(-_percentile(together) // _BARS))
    count = min(_BARS, 1 + max(together, default=0) // width)

    def heights(counts: Counter[int]) -> list[float]:
        found = [0.0] * count
        for second, number in counts.items():
            found[min(second // width, count - 1)] += number / runs
        return found

    labels = [f"{n * width} s" for n in range(count - 1)] + [f"{(count - 1) * width} s or more"]
    return _bars(
        title,
        labels,
        [
            Series("answered", "s1", heights(waits.answered)),
            Series("abandoned", "s3", heights(waits.abandoned)),
        ],
    )


def _percentile(counts: Counter[int]) -> int:
    left = 0.99 * counts.total()
    for second, number in sorted(counts.items()):
        left -= number
        if left <= 0:
            return second
    return 0


def _bars(title: str, labels: list[str], series: list[Series]) -> Picture:
    return Picture(title, Markup(charts.bars(title, labels, series)), series)  # noqa: S704


def _lines(title: str, labels: list[str], series: list[Series]) -> Picture:
    return Picture(title, Markup(charts.lines(title, labels, series)), series)  # noqa: S704


def _label(results: Results, number: int) -> str:
    """When an interval begins: the time of day, with the day where there are several."""
    at = results.begins + number * results.interval
    local = datetime.datetime.fromtimestamp(at, zoneinfo.ZoneInfo(results.timezone))
    return f"{local:%H:%M}" if results.length <= DAY else f"{local:%a %d %b %H:%M}"
