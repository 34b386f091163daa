"""The figures of a simulation as people read them: their names, units and meaning, in order."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from calls.base import QueueId
from engine.reports import VARIANTS
from engine.simulation.estimates import Estimate
from engine.simulation.results import Comparison, Results

Estimates: TypeAlias = dict[str, Estimate]
Unit: TypeAlias = Literal["count", "share", "seconds"]
#: Of a queue that there is not.
NOTHING = Estimate(mean=None)


class Figure(msgspec.Struct, frozen=True):
    """One figure: its key in the results, what it is called, and what it is."""

    name: str
    title: str
    unit: Unit
    meaning: str


class Row(NamedTuple):
    """One figure. A comparison has three cells: one, the other, and their difference."""

    figure: Figure
    cells: tuple[str, ...]
    #: The difference is more than chance.
    certain: bool = False


class Section(NamedTuple):
    """One queue's figures, or the center's."""

    title: str
    rows: list[Row]


OF_QUEUE = (
    Figure("offered", "offered", "count", "callers who were queued"),
    Figure("answered", "answered", "count", "those who talked with an agent"),
    Figure("abandoned", "abandoned", "count", "those who gave up"),
    Figure("short_abandoned", "of them at once", "count", "within 5 s, left out of the shares"),
    Figure("overflowed", "sent elsewhere", "count", "by its rules, limit or hours"),
    Figure("callbacks", "kept the place", "count", "hung up, to be called when it is their turn"),
    Figure("rona", "offers not answered", "count", "phones that rang out (RONA)"),
    Figure(
        "service_level",
        "service level",
        "share",
        "as above",
    ),
    Figure(
        "abandonment", "abandonment", "share", "abandoned of them and answered, short ones left out"
    ),
    Figure("in_time_of_all", "in time, of all", "share", "short abandons not left out"),
    Figure("abandoned_of_all", "abandoned, of all", "share", "short abandons not left out"),
    Figure("asa", "ASA", "seconds", "mean wait of the answered, ringing included"),
    Figure("wait_90", "90 % answered in", "seconds", "ringing included"),
    Figure("aht", "AHT", "seconds", "mean talk and wrap-up"),
    Figure("found_busy", "had to wait", "share", "of answered and abandoned: found no agent free"),
    Figure(
        "until_agent",
        "wait for an agent",
        "seconds",
        "mean of answered and abandoned, until one is free or they go",
    ),
)
OF_CENTER = (
    Figure("arrived", "arrived", "count", "all calls"),
    Figure("left_menu", "gave up in the menu", "count", ""),
    Figure("ended_in_menu", "ended by the menu", "count", ""),
    Figure("failed", "failed", "count", "could not be served: nobody answers that number"),
    Figure("unfinished", "still on the line", "count", "a day after the last caller came"),
    Figure(
        "occupancy", "occupancy", "share", "ringing, talking and wrapping up of all time but breaks"
    ),
)


def shown(unit: Unit, estimate: Estimate, *, signed: bool = False) -> str:
    """``80.3 % ± 1.2``, or ``80.3 s -0.8 +1.2`` where an interval reaches further one way; a dash
    where there is nothing to tell."""
    mean, low, high = estimate.mean, estimate.low, estimate.high
    if mean is None:
        return "–"
    factor, digits = (100.0, 2) if unit == "share" else (1.0, 1)
    text = f"{mean * factor:{'+' if signed else ''}.{digits}f}"
    text += {"count": "", "share": " %", "seconds": " s"}[unit]
    if low is None:
        return text
    below = f"{(mean - low) * factor:.{digits}f}"
    above = "?" if high is None else f"{(high - mean) * factor:.{digits}f}"
    return f"{text} ± {above}" if below == above else f"{text} -{below} +{above}"


def _certain(difference: Estimate) -> bool:
    """Whether a difference is more than chance: its confidence interval leaves out 0."""
    if difference.low is None or difference.high is None:
        return False
    return difference.low > 0 or difference.high < 0


def heading(results: Results) -> str:
    """What was run."""
    span = f"{_time(results.length - results.warm_up)} each"
    warm_up = f" after a warm-up of {_time(results.warm_up)}" if results.warm_up else ""
    runs = "1 run" if results.runs == 1 else f"{results.runs} runs"
    return f"{results.title} ({results.file}): {runs} of {span}{warm_up}, seed {results.seed}"


def columns(found: Results | Comparison) -> list[str]:
    """What stands above the cells of each row, by the names of the files; nothing above one."""
    if isinstance(found, Results):
        return []
    return [Path(found.one.file).stem, Path(found.other.file).stem, "difference"]


def sections(found: Results | Comparison) -> Iterator[Section]:
    """The figures of each queue, then of the center, fit to be shown."""
    if isinstance(found, Results):
        for queue, estimates in found.figures.queues.items():
            title = f"queue {queue}, {_service_level(found, queue)}"
            yield Section(title, [_row(figure, estimates) for figure in OF_QUEUE])
        center = found.figures.center
        yield Section("the whole center", [_row(figure, center) for figure in OF_CENTER])
        return
    one, other, less = found.one.figures, found.other.figures, found.differences
    for queue in one.queues | other.queues:
        of = [_service_level(results, queue) for results in (found.one, found.other)]
        title = f"queue {queue}, {' against '.join(dict.fromkeys(text for text in of if text))}"
        three = [table.queues.get(queue, {}) for table in (one, other, less)]
        yield Section(title, [_row(figure, *three) for figure in OF_QUEUE])
    three = [one.center, other.center, less.center]
    yield Section("the whole center", [_row(figure, *three) for figure in OF_CENTER])


def _service_level(results: Results, queue: QueueId) -> str:
    """What it is of a queue; nothing where there is no such queue."""
    if queue not in results.service_level_seconds:
        return ""
    variant = VARIANTS[results.service_level_variants[queue]]
    return f"service level within {results.service_level_seconds[queue]:g} s: {variant}"


def _row(
    figure: Figure, one: Estimates, other: Estimates | None = None, less: Estimates | None = None
) -> Row:
    name, unit = figure.name, figure.unit
    if other is None or less is None:
        return Row(figure, (shown(unit, one.get(name, NOTHING)),))
    difference = less.get(name, NOTHING)
    cells = [shown(unit, table.get(name, NOTHING)) for table in (one, other)]
    return Row(figure, (*cells, shown(unit, difference, signed=True)), _certain(difference))


def warnings(found: Results | Comparison) -> list[str]:
    """What makes the figures doubtful; nothing if nothing does."""
    if isinstance(found, Comparison):
        return [*_left_over(found.one), *_left_over(found.other), *_too_few(found.one)]
    return [*_left_over(found), *_too_few(found)]


def _left_over(results: Results) -> Iterator[str]:
    unfinished = results.figures.center["unfinished"].mean
    if unfinished:
        yield (
            f"{results.file}: {unfinished:g} callers a run were still on the line a day after the "
            "last one came, and are in no figure: too few agents, and nobody gives up?"
        )


def _too_few(results: Results) -> Iterator[str]:
    if results.runs == 1:
        yield "One run alone has no confidence intervals: say --runs 10."


def _time(seconds: float) -> str:
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds:.4g} s"
