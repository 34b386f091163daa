"""Where the nodes of a drawn flow stand, and how the ways between them run.

Layered: a node stands below all that lead to it, except where a way leads back. A way that passes
other nodes' ranks has a place of its own in each of them, so that it never runs over a box. Pure
geometry, in pixels; x grows to the right, y downwards.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

import msgspec

from ivr.flow import Flow

WIDTH, HEIGHT, GAP, DROP, MARGIN = 168, 46, 32, 74, 24
#: Right of a box, for a way that leads back to it; and between two ways at a box's edge.
LOOP, PORT = 84, 20
#: Looks over all ranks: for the order within them, and for the places.
LOOKS = 8

Point: TypeAlias = tuple[float, float]
#: What has a place in a rank: a node, or the way of this number on its way through.
Item: TypeAlias = str | tuple[int, int]
_Links: TypeAlias = dict[Item, list[Item]]


class Way(msgspec.Struct, frozen=True):
    """All exits of one node that lead to the same other one. `back`: it leads to the same rank or
    one above. `points` are where it begins, enters and leaves each rank that it passes, and ends;
    two of them for a way within one rank."""

    start: str
    end: str
    label: str
    back: bool
    points: tuple[Point, ...] = ()


class Layout(msgspec.Struct, frozen=True):
    """`boxes`: the upper left corner of each node's box. `ranks`: the nodes from above, each rank
    from left to right."""

    ranks: tuple[tuple[str, ...], ...]
    ways: tuple[Way, ...]
    boxes: dict[str, Point]
    width: float
    height: float


def arrange(flow: Flow) -> Layout:
    """Where everything stands."""
    ranked = _ranks(flow)
    ways = _ways(flow, ranked)
    ranks, above, below = _places(ranked, ways)
    ranks = _ordered(ranks, above, below)
    loops = {way.start for way in ways if way.start == way.end}
    centres = _centred(ranks, above, below, loops)
    boxes = {
        name: (centres[name] - WIDTH / 2, float(MARGIN + rank * (HEIGHT + DROP)))
        for name, rank in ranked.items()
    }
    return Layout(
        ranks=tuple(tuple(one for one in rank if isinstance(one, str)) for rank in ranks),
        ways=tuple(_routed(ways, ranked, centres)),
        boxes=boxes,
        width=max(centres[one] + _halves(one, loops)[1] for rank in ranks for one in rank) + MARGIN,
        height=2 * MARGIN + len(ranks) * (HEIGHT + DROP) - DROP,
    )


# --- ranks


def _ranks(flow: Flow) -> dict[str, int]:
    """The length of the longest way to each node, ways back left out; the nodes in the order in
    which they are found from the start."""
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
    return {name: ranks[name] for name in state}


def _ways(flow: Flow, ranks: Mapping[str, int]) -> list[Way]:
    """In the order of the file; what needs no label (``next``) has none."""
    found = []
    for name, targets in flow.targets.items():
        for target in dict.fromkeys(targets.values()):
            exits = [exit for exit, leads_to in targets.items() if leads_to == target]
            label = "" if exits == ["next"] else ", ".join(exits)
            found.append(Way(name, target, label, ranks[target] <= ranks[name]))
    return found


def _chain(number: int, way: Way, ranked: Mapping[str, int]) -> list[Item]:
    """What a way passes, from above, whichever way it leads."""
    ends = sorted((way.start, way.end), key=lambda name: ranked[name])
    passed = range(ranked[ends[0]] + 1, ranked[ends[1]])
    return [ends[0], *((number, rank) for rank in passed), ends[1]]


def _places(
    ranked: Mapping[str, int], ways: Sequence[Way]
) -> tuple[list[list[Item]], _Links, _Links]:
    """All that has a place in each rank, and what it hangs together with above and below."""
    ranks: list[list[Item]] = [[] for _ in range(max(ranked.values()) + 1)]
    for name, rank in ranked.items():
        ranks[rank].append(name)
    above, below = defaultdict[Item, list[Item]](list), defaultdict[Item, list[Item]](list)
    for number, way in enumerate(ways):
        if ranked[way.start] == ranked[way.end]:
            continue
        chain = _chain(number, way, ranked)
        for item in chain[1:-1]:
            assert not isinstance(item, str)  # noqa: S101 - nodes are the ends
            ranks[item[1]].append(item)
        for upper, lower in pairwise(chain):
            below[upper].append(lower)
            above[lower].append(upper)
    return ranks, above, below


# --- the order within each rank


def _ordered(ranks: list[list[Item]], above: _Links, below: _Links) -> list[list[Item]]:
    """The order with the fewest crossings that a few looks find."""
    best, fewest = ranks, _crossings(ranks, below)
    for look in range(LOOKS):
        down = look % 2 == 0
        ranks = [list(rank) for rank in ranks]
        for fixed, rank in pairwise(ranks if down else ranks[::-1]):
            at = {item: index for index, item in enumerate(fixed)}
            _sort(rank, {item: [at[n] for n in (above if down else below)[item]] for item in rank})
        crossings = _crossings(ranks, below)
        if crossings < fewest:
            best, fewest = ranks, crossings
    return best


def _sort(rank: list[Item], neighbours: Mapping[Item, list[int]]) -> None:
    """By the mean place of the neighbours; what has none stays where it is."""
    here = {item: index for index, item in enumerate(rank)}
    rank.sort(key=lambda item: _mean(neighbours[item], here[item]))


def _crossings(ranks: Sequence[Sequence[Item]], below: _Links) -> int:
    count = 0
    for upper, lower in pairwise(ranks):
        at = {item: index for index, item in enumerate(lower)}
        ends = [at[end] for item in upper for end in sorted(below[item], key=lambda one: at[one])]
        seen: list[int] = []
        for end in ends:
            count += len(seen) - bisect_right(seen, end)
            insort(seen, end)
    return count


# --- places


def _centred(
    ranks: Sequence[Sequence[Item]], above: _Links, below: _Links, loops: Iterable[str]
) -> dict[Item, float]:
    """The x of each item's middle: as near to what it hangs together with as the others let it."""
    centres: dict[Item, float] = {}
    for rank in ranks:
        offsets = _offsets(rank, loops)
        centres.update(zip(rank, (at - offsets[-1] / 2 for at in offsets), strict=True))
    for look in range(LOOKS):
        down = look % 2 == 0
        for rank in ranks if down else ranks[::-1]:
            links = above if down else below
            wanted = [_mean([centres[n] for n in links[item]], centres[item]) for item in rank]
            centres.update(zip(rank, _apart(wanted, _offsets(rank, loops)), strict=True))
    left = min(centres[item] - _halves(item, loops)[0] for rank in ranks for item in rank)
    return {item: round(at - left + MARGIN, 1) for item, at in centres.items()}


def _offsets(rank: Sequence[Item], loops: Iterable[str]) -> list[float]:
    """How far right of the first each stands at least."""
    found = [0.0]
    for one, other in pairwise(rank):
        found.append(found[-1] + _halves(one, loops)[1] + GAP + _halves(other, loops)[0])
    return found


def _halves(item: Item, loops: Iterable[str]) -> tuple[float, float]:
    """How far something reaches to the left and to the right of its middle."""
    if not isinstance(item, str):
        return (0.0, 0.0)
    return (WIDTH / 2, WIDTH / 2 + (LOOP if item in loops else 0))


def _apart(wanted: Sequence[float], offsets: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones (least squares) that keep the distances: who would
    come too near to others moves together with them."""
    groups: list[tuple[float, int]] = []  # mean of wanted - offset, members
    for want, offset in zip(wanted, offsets, strict=True):
        groups.append((want - offset, 1))
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (one, few), (other, more) = groups.pop(-2), groups.pop()
            groups.append(((one * few + other * more) / (few + more), few + more))
    begins = [begin for begin, members in groups for _ in range(members)]
    return [begin + offset for begin, offset in zip(begins, offsets, strict=True)]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


# --- ways


def _routed(
    ways: Sequence[Way], ranked: Mapping[str, int], centres: Mapping[Item, float]
) -> Iterable[Way]:
    """The ways with their points; at each edge of a box they stand side by side."""
    chains = {
        number: _chain(number, way, ranked)
        for number, way in enumerate(ways)
        if ranked[way.start] != ranked[way.end]
    }
    at = _ports(chains, centres)
    for number, way in enumerate(ways):
        if number not in chains:
            yield msgspec.structs.replace(way, points=_beside(way, ranked, centres))
            continue
        chain = chains[number]
        y = float(MARGIN + min(ranked[way.start], ranked[way.end]) * (HEIGHT + DROP))
        points = [(at[number, False], y + HEIGHT)]
        for item in chain[1:-1]:
            y += HEIGHT + DROP
            points += [(centres[item], y), (centres[item], y + HEIGHT)]
        points.append((at[number, True], y + HEIGHT + DROP))
        yield msgspec.structs.replace(way, points=tuple(points[::-1] if way.back else points))


def _ports(
    chains: Mapping[int, Sequence[Item]], centres: Mapping[Item, float]
) -> dict[tuple[int, bool], float]:
    """The x at which each way meets the lower edge of the box above (False), and the upper edge
    of the one below (True)."""
    ports: dict[tuple[Item, bool], list[tuple[float, int]]] = defaultdict(list)
    for number, chain in chains.items():
        ports[chain[0], False].append((centres[chain[1]], number))
        ports[chain[-1], True].append((centres[chain[-2]], number))
    at: dict[tuple[int, bool], float] = {}
    for (item, top), meeting in ports.items():
        step = min(PORT, (WIDTH - PORT) / len(meeting))
        for place, (_, number) in enumerate(sorted(meeting)):
            at[number, top] = centres[item] + (place - (len(meeting) - 1) / 2) * step
    return at


def _beside(
    way: Way, ranked: Mapping[str, int], centres: Mapping[Item, float]
) -> tuple[Point, Point]:
    """Of a way within one rank: around the right side, or from top to top."""
    top = float(MARGIN + ranked[way.start] * (HEIGHT + DROP))
    if way.start == way.end:
        right = centres[way.start] + WIDTH / 2
        return ((right, top + HEIGHT / 3), (right, top + 2 * HEIGHT / 3))
    return ((centres[way.start], top), (centres[way.end], top))
