"""Pictures as SVG text: stacked bars and lines over the same axis. Colours are classes of the page:
``s1``, ``s2``, ... for what is shown, ``axis`` and ``grid`` for the rest."""

from collections.abc import Sequence
from html import escape
from math import floor, log10
from typing import NamedTuple

WIDTH, HEIGHT = 720, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 8, 10, 30
_PLOT_WIDTH, _PLOT_HEIGHT = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
#: About so many labels fit below.
_LABELS = 12
#: The width of a bar, where there are few.
_WIDEST = 64


class Series(NamedTuple):
    """Values of one kind, one for each place on the axis; None where there is none."""

    name: str
    style: str
    values: Sequence[float | None]


def bars(
    title: str, labels: Sequence[str], series: Sequence[Series], unit: str = "", top: float = 0.0
) -> str:
    """Bars that stack the series, the first one lowest."""
    sums = [sum(one.values[n] or 0.0 for one in series) for n in range(len(labels))]
    top = top or _nice(max(sums, default=0.0))
    step = _PLOT_WIDTH / max(1, len(labels))
    width = min(step * 0.84, _WIDEST)
    shapes = []
    for n, label in enumerate(labels):
        base = 0.0
        for one in series:
            value = one.values[n] or 0.0
            if value > 0:
                y = _y(base + value, top)
                height = _y(base, top) - y
                shapes.append(
                    f'<rect class="{one.style}" x="{_LEFT + (n + 0.5) * step - width / 2:.1f}" '
                    f'y="{y:.1f}" width="{width:.1f}" height="{height:.1f}">'
                    f"<title>{escape(f'{label} {one.name}: {value:.4g}{unit}')}</title></rect>"
                )
            base += value
    return _svg(title, labels, top, unit, shapes)


def lines(
    title: str, labels: Sequence[str], series: Sequence[Series], unit: str = "", top: float = 0.0
) -> str:
    """A line for each series, with gaps where there is no value."""
    known = [value for one in series for value in one.values if value is not None]
    top = top or _nice(max(known, default=0.0))
    step = _PLOT_WIDTH / max(1, len(labels))
    shapes = []
    for one in series:
        path, pen = [], "M"
        for n, value in enumerate(one.values):
            if value is None:
                pen = "M"
                continue
            x, y = _LEFT + (n + 0.5) * step, _y(value, top)
            path.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
            tip = escape(f"{labels[n]} {one.name}: {value:.4g}{unit}")
            shapes.append(
                f'<circle class="{one.style}" cx="{x:.1f}" cy="{y:.1f}" r="2.5">'
                f"<title>{tip}</title></circle>"
            )
        shapes.append(f'<path class="{one.style}" d="{"".join(path)}"/>')
    return _svg(title, labels, top, unit, shapes)


def _svg(title: str, labels: Sequence[str], top: float, unit: str, shapes: list[str]) -> str:
    axis = []
    for part in range(5):
        value = top * part / 4
        y = _y(value, top)
        axis.append(
            f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>'
            f'<text class="axis" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
            f"{value:.4g}{escape(unit)}</text>"
        )
    step = _PLOT_WIDTH / max(1, len(labels))
    every = max(1, -(-len(labels) // _LABELS))
    for n in range(0, len(labels), every):
        axis.append(
            f'<text class="axis" x="{_LEFT + (n + 0.5) * step:.1f}" y="{HEIGHT - 10}" '
            f'text-anchor="middle">{escape(labels[n])}</text>'
        )
    return (
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"{''.join(axis)}{''.join(shapes)}</svg>"
    )


def _y(value: float, top: float) -> float:
    return _TOP + _PLOT_HEIGHT * (1.0 - min(value / top, 1.0))


def _nice(most: float) -> float:
    """The end of an axis: 1, 2, 4 or 8 times a power of ten, at least `most`."""
    if most <= 0:
        return 1.0
    power = 10.0 ** floor(log10(most))
    return next(power * n for n in (1, 2, 4, 8, 10) if power * n >= most * 0.9999)
