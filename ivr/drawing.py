"""A flow as a picture: Mermaid for documents, SVG for people and for the panel.

The layout is layered: a node stands below all that lead to it, except where a way leads back. In
the SVG each node is a group with `data-node`, each way a group with `data-from` and `data-to`.
"""

from collections.abc import Sequence
from html import escape
from itertools import pairwise

import msgspec

from ivr.flow import Flow

#: Sizes in pixels.
WIDTH, HEIGHT, GAP, DROP, MARGIN = 168, 46, 36, 74, 24
#: Characters that fit into a box.
FITS = 22

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
  .exit { font-size: 11px; fill: #374151; paint-order: stroke; stroke: #ffffff; stroke-width: 4; }
"""


class Way(msgspec.Struct, frozen=True):
    """All exits of one node that lead to the same other one."""

    start: str
    end: str
    label: str
    back: bool


class Layout(msgspec.Struct, frozen=True):
    """Nodes by rank from above, each rank from left to right, and the ways between them."""

    ranks: tuple[tuple[str, ...], ...]
    ways: tuple[Way, ...]


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
    widest = max(map(len, layout.ranks))
    width = 2 * MARGIN + widest * (WIDTH + GAP) + 60
    height = 2 * MARGIN + len(layout.ranks) * (HEIGHT + DROP) - DROP
    places = _places(layout, widest)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">',
        f"<title>{escape(flow.title or flow.flow)}</title>",
        style,
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto" markerUnits="userSpaceOnUse">'
        '<path d="M0 0 8 4 0 8z" fill="#6b7280"/></marker></defs>',
        *(_way(way, places) for way in layout.ways),
        *(_box(flow, name, place) for name, place in places.items()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def arrange(flow: Flow) -> Layout:
    """Where nodes stand to one another."""
    ranked = _ranks(flow)
    ranks: list[list[str]] = [[] for _ in range(max(ranked.values()) + 1)]
    for name, rank in ranked.items():
        ranks[rank].append(name)
    ways = _ways(flow, ranked)
    for _ in range(4):
        _straighten(ranks, ways)
    return Layout(tuple(map(tuple, ranks)), tuple(ways))


def _ranks(flow: Flow) -> dict[str, int]:
    """The length of the longest way to each node, ways back left out."""
    order: list[str] = []
    state: dict[str, bool] = {}  # False while it is being looked at
    back: set[tuple[str, str]] = set()

    def look(name: str) -> None:
        state[name] = False
        for target in dict.fromkeys(flow.targets[name].values()):
            if target not in state:
                look(target)
            elif not state[target]:
                back.add((name, target))
        state[name] = True
        order.append(name)

    for name in (flow.start, *flow.entries, flow.operator, *flow.nodes):
        if name not in state:
            look(name)
    ranks = dict.fromkeys(reversed(order), 0)
    for name in ranks:
        for target in flow.targets[name].values():
            if (name, target) not in back:
                ranks[target] = max(ranks[target], ranks[name] + 1)
    return ranks


def _ways(flow: Flow, ranks: dict[str, int]) -> list[Way]:
    """In the order of the file; what needs no label (``next``) has none."""
    found = []
    for name, targets in flow.targets.items():
        for target in dict.fromkeys(targets.values()):
            exits = [exit for exit, leads_to in targets.items() if leads_to == target]
            label = "" if exits == ["next"] else ", ".join(exits)
            found.append(Way(name, target, label, ranks[target] <= ranks[name]))
    return found


def _straighten(ranks: list[list[str]], ways: Sequence[Way]) -> None:
    """Order each rank by where its neighbours above stand."""
    for above, rank in pairwise(ranks):
        at = {name: index for index, name in enumerate(above)}
        before = {
            name: [at[way.start] for way in ways if way.end == name and way.start in at]
            for name in rank
        }
        rank.sort(
            key=lambda name: sum(before[name]) / len(before[name]) if before[name] else len(at)
        )


def _places(layout: Layout, widest: int) -> dict[str, tuple[float, float]]:
    """The upper left corner of each box; ranks stand centred."""
    found: dict[str, tuple[float, float]] = {}
    for rank, names in enumerate(layout.ranks):
        left = MARGIN + (widest - len(names)) * (WIDTH + GAP) / 2
        for index, name in enumerate(names):
            found[name] = (left + index * (WIDTH + GAP), MARGIN + rank * (HEIGHT + DROP))
    return found


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


def _way(way: Way, places: dict[str, tuple[float, float]]) -> str:
    """Down from the lower edge to the upper one; back around the right side."""
    (x1, y1), (x2, y2) = places[way.start], places[way.end]
    if way.back:
        x1, y1, x2, y2 = x1 + WIDTH, y1 + HEIGHT / 2, x2 + WIDTH, y2 + HEIGHT / 2 + 6
        bend = max(x1, x2) + GAP + abs(y1 - y2) / 12
        path = f"M{x1:g} {y1:g}C{bend:g} {y1:g} {bend:g} {y2:g} {x2:g} {y2:g}"
        middle, anchor = ((x1 + x2 + 6 * bend) / 8 + 6, (y1 + y2) / 2 + 4), "start"
    else:
        far, x2 = y2 - y1 > HEIGHT + DROP, x2 + WIDTH / 2
        half = (y1 + HEIGHT + y2) / 2
        if far:  # around the boxes between
            side = 1 if x2 > x1 + WIDTH / 2 else -1
            x1, y1 = x1 + WIDTH * (side > 0), y1 + HEIGHT / 2
            bend = x1 + 1.5 * GAP * side
        else:
            x1, y1 = x1 + WIDTH / 2, y1 + HEIGHT
            bend = x1
        path = f"M{x1:g} {y1:g}C{bend:g} {half:g} {x2:g} {half:g} {x2:g} {y2:g}"
        # A little above the end, where ways have parted.
        middle, anchor = (x1 * 0.25 + x2 * 0.75, y1 * 0.28 + y2 * 0.72), "middle"
    exits = (
        f'<text class="exit" x="{middle[0]:g}" y="{middle[1]:g}" text-anchor="{anchor}">'
        f"{escape(way.label)}</text>"
        if way.label
        else ""
    )
    return (
        f'<g class="edge" data-from="{escape(way.start)}" data-to="{escape(way.end)}">'
        f'<path class="way" d="{path}" marker-end="url(#tip)"/>{exits}</g>'
    )


def _plain(text: str) -> str:
    """A label within quotes."""
    return text.replace('"', "'").replace("#", "♯")
