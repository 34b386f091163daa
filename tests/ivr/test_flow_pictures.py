"""Flows drawn: every node once, every way, and nothing on top of another."""

import re
import xml.etree.ElementTree as ElementTree
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ivr.drawing import mermaid, svg
from ivr.layout import DROP, GAP, HEIGHT, WIDTH, arrange
from ivr.loading import load
from tests.ivr.flows import around, demo

NAMES = ["a", "b", "c", "d", "e", "f"]


@st.composite
def any_flow(draw: st.DrawFn) -> str:
    """Menus that lead anywhere."""
    names = NAMES[: draw(st.integers(1, 6))]
    target = st.sampled_from([*names, "operator"])
    rows = [
        f"{name}: {{kind: menu, text: {{en: x}}, keys: {{1: {draw(target)}, 2: {draw(target)}, "
        f"3: operator}}}}"
        for name in names
    ]
    return around("\n".join(rows), start="a", languages="en", entries=", ".join(names))


@given(source=any_flow())
def test_any_flow_has_a_picture_in_which_nothing_overlaps(source: str) -> None:
    flow = load(source)
    layout = arrange(flow)
    assert sorted(name for rank in layout.ranks for name in rank) == sorted(flow.nodes)
    level = {name: rank for rank, names in enumerate(layout.ranks) for name in names}
    for way in layout.ways:
        assert way.back == (level[way.end] <= level[way.start])
    for (x, y), (other_x, other_y) in combinations(layout.boxes.values(), 2):
        assert abs(x - other_x) > WIDTH + GAP - 1 or abs(y - other_y) >= HEIGHT + DROP
    for way in layout.ways:
        assert all(0 <= x <= layout.width and 0 <= y <= layout.height for x, y in way.points)
        for x, y in way.points[1:-1]:  # on its way through ranks
            assert not any(
                left < x < left + WIDTH and top <= y <= top + HEIGHT
                for left, top in layout.boxes.values()
            )
    root = ElementTree.fromstring(svg(flow))  # noqa: S314 - ours
    boxes = [one.attrib for one in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert len({(box["x"], box["y"]) for box in boxes}) == len(flow.nodes)
    drawn = [one for one in root.iter("{http://www.w3.org/2000/svg}g") if "data-to" in one.attrib]
    assert len(drawn) == len(layout.ways)


def test_the_first_node_stands_above_and_ways_back_are_known() -> None:
    layout = arrange(demo("main"))
    assert layout.ranks[0] == ("language",)
    assert [way.label for way in layout.ways if way.back] == ["9"]


def test_a_way_back_begins_below_and_ends_above() -> None:
    nodes = """
one: {kind: menu, text: {en: x}, keys: {1: two}}
two: {kind: menu, text: {en: x}, keys: {1: one, 2: operator}}
"""
    layout = arrange(load(around(nodes, start="one", languages="en")))
    (back,) = [way for way in layout.ways if way.back]
    assert (back.start, back.end) == ("two", "one")
    assert back.points[0][1] == layout.boxes["two"][1]
    assert back.points[-1][1] == layout.boxes["one"][1] + HEIGHT


def test_keys_stand_in_their_order() -> None:
    boxes = arrange(demo("main")).boxes
    assert boxes["sales"] < boxes["support"] < boxes["to_operator"]


def test_mermaid_names_nodes_and_exits() -> None:
    text = mermaid(demo("main"))
    assert text.startswith("flowchart TD\n")
    assert '["Main menu<br/><small>menu</small>"]' in text
    assert re.search(r'n\d+ -->\|"0, no_match, no_input"\| n\d+', text)


def test_titles_cannot_break_the_picture() -> None:
    nodes = 'one: {kind: hangup, title: "<b>&\\"x#"}'
    flow = load(around(nodes, start="one", languages="en"))
    ElementTree.fromstring(svg(flow))  # noqa: S314 - ours
    assert "<b>&'x♯" in mermaid(flow)
