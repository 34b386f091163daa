"""A flow as a picture: Mermaid for documents, SVG for people and for the panel.

In the SVG each node is a group with `data-node`, each way a group with `data-from` and `data-to`;
ways back are dashed.
"""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from ivr.flow import Flow
from ivr.layout import DROP, HEIGHT, LOOP, WIDTH, Point, Way, arrange

#: Characters that fit into a box.
FITS = 22
#: Of a label: pixels of a character and of its line, and characters that a page may add.
LETTER, LINE, RESERVED = 6.2, 14, 6

#: The colour of a kind's edge; the rest is grey.
_COLOURS = {
    "menu": "#2563eb",
    "language": "#2563eb",
    "collect": "#2563eb",
    "survey": "#2563eb",
    "queue": "#15803d",
    "callback": "#15803d",
    "transfer": "#15803d",
    "voicemail": "#b45309",
    "hangup": "#b91c1c",
    "return": "#b91c1c",
    "branch": "#7c3aed",
    "hours": "#7c3aed",
    "lookup": "#7c3aed",
    "http": "#7c3aed",
}
_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #111827; }
  .kind { font-size: 11px; fill: #4b5563; }
  .box { fill: #ffffff; stroke-width: 1.5; }
  .way { fill: none; stroke: #6b7280; stroke-width: 1.2; }
  .back .way { stroke-dasharray: 5 3; }
  .exit { font-size: 11px; fill: #374151; paint-order: stroke; stroke: #ffffff; stroke-width: 4; }
"""


def mermaid(flow: Flow) -> str:
    """The flow as a Mermaid flowchart."""
    layout = arrange(flow)
    numbers = {name: f"n{number}" for number, name in enumerate(flow.nodes)}
    lines = ["flowchart TD"]
    for name, node in flow.nodes.items():
        label = f"{_plain(node.title or name)}<br/><small>{node.kind}</small>"
        lines.append(f'  {numbers[name]}["{label}"]')
    for way in layout.ways:
        arrow = f'-->|"{_plain(way.label)}"|' if way.label else "-->"
        lines.append(f"  {numbers[way.start]} {arrow} {numbers[way.end]}")
    return "\n".join(lines) + "\n"


def svg(flow: Flow) -> str:
    """The flow as a picture of its own."""
    return _drawn(flow, f"<style>{_STYLE}</style>")


def panel(flow: Flow) -> str:
    """The flow as a part of a page, which brings the style. Each node has an empty text of the
    class ``callers``, for how many are there."""
    return _drawn(flow, "")


def _drawn(flow: Flow, style: str) -> str:
    layout = arrange(flow)
    width, height = round(layout.width), round(layout.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">',
        f"<title>{escape(flow.title or flow.flow)}</title>",
        style,
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto" markerUnits="userSpaceOnUse">'
        '<path d="M0 0 8 4 0 8z" fill="#6b7280"/></marker></defs>',
        *(_way(way, label) for way, label in zip(layout.ways, _labels(layout.ways), strict=True)),
        *(_box(flow, name, place) for name, place in layout.boxes.items()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _box(flow: Flow, name: str, place: tuple[float, float]) -> str:
    node, (x, y) = flow.nodes[name], place
    title = node.title or name
    short = title if len(title) <= FITS else f"{title[: FITS - 1]}…"
    colour = _COLOURS.get(node.kind, "#6b7280")
    return (
        f'<g class="node" data-node="{escape(name)}"><title>{escape(name)}: {node.kind}</title>'
        f'<rect class="box" x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="8" '
        f'stroke="{colour}"/>'
        f'<text x="{x + WIDTH / 2:g}" y="{y + 20:g}" text-anchor="middle">{escape(short)}</text>'
        f'<text class="kind" x="{x + WIDTH / 2:g}" y="{y + 36:g}" text-anchor="middle">'
        f"{node.kind}</text>"
        f'<text class="callers" x="{x + WIDTH - 8:g}" y="{y + 15:g}" text-anchor="end"></text></g>'
    )


def _way(way: Way, label: Point | None) -> str:
    """Curves between ranks, straight lines through them."""
    exits = ""
    if label is not None:
        exits = (
            f'<text class="exit" x="{label[0]:g}" y="{label[1]:g}" text-anchor="middle">'
            f"{escape(way.label)}</text>"
        )
    back = " back" if way.back else ""
    return (
        f'<g class="edge{back}" data-from="{escape(way.start)}" data-to="{escape(way.end)}">'
        f'<path class="way" d="{_path(way)}" marker-end="url(#tip)"/>{exits}</g>'
    )


def _path(way: Way) -> str:
    (x1, y1), (x2, y2) = way.points[0], way.points[-1]
    if y1 == y2:  # over the boxes between
        high = y1 - DROP / 2
        return f"M{x1:g} {y1:g}C{x1:g} {high:g} {x2:g} {high:g} {x2:g} {y2:g}"
    if way.start == way.end:
        far = x1 + LOOP / 3
        return f"M{x1:g} {y1:g}C{far:g} {y1:g} {far:g} {y2:g} {x2:g} {y2:g}"
    path = f"M{x1:g} {y1:g}"
    for number, ((x1, y1), (x2, y2)) in enumerate(pairwise(way.points)):
        half = (y1 + y2) / 2
        curve = f"C{x1:g} {half:g} {x2:g} {half:g} {x2:g} {y2:g}"
        path += f"V{y2:g}" if number % 2 else curve
    return path


def _labels(ways: Sequence[Way]) -> list[Point | None]:
    """Where the labels stand, each as near to its way's begin as the others let it."""
    taken: list[tuple[float, float, float]] = []
    found: list[Point | None] = []
    for way in ways:
        place = None
        if way.label:
            half = (len(way.label) + RESERVED) * LETTER / 2
            choices = list(_label_places(way, half))
            free = (one for one in choices if not any(_meets(one, half, other) for other in taken))
            place = next(free, choices[0])
            taken.append((*place, half))
        found.append(place)
    return found


def _label_places(way: Way, half: float) -> Iterator[Point]:
    """Along the way's curves; right of a loop."""
    (x1, y1), (x2, y2) = way.points[0], way.points[-1]
    if way.start == way.end:
        yield (x1 + LOOP / 3 + half, (y1 + y2) / 2 + 4)
        return
    if y1 == y2:
        yield ((x1 + x2) / 2, y1 - DROP / 2)
        return
    for (x1, y1), (x2, y2) in list(pairwise(way.points))[::2]:
        for t in (0.4, 0.6, 0.25, 0.75, 0.15, 0.85):
            # Of the curve: its middle control points have the height of its middle.
            x = x1 + (x2 - x1) * t * t * (3 - 2 * t)
            y = y1 + (y2 - y1) * (1.5 * t * (1 - t) + t**3)
            yield (x, y + 4)


def _meets(place: Point, half: float, other: tuple[float, float, float]) -> bool:
    x, y, its_half = other
    return abs(place[0] - x) < half + its_half and abs(place[1] - y) < LINE


def _plain(text: str) -> str:
    """A label within quotes."""
    return text.replace('"', "'").replace("#", "♯")
