"""What cannot work in the shape of a flow: nodes that nobody reaches, callers who could never
leave, callers who go round for ever, questions that ask too much of their patience.

A way to a node that is misspelled counts as leading where it was meant to; of ways and nodes that
are quite unknown nothing is said that mending them could put right.
"""

from collections.abc import Callable, Iterable, Mapping

from ivr.choosing import QuestionNode
from ivr.flow import Flow
from ivr.node import Node
from ivr.numerals import ordinal
from ivr.problems import Report, closest

#: Seconds that a voice needs for a character.
PER_CHARACTER = 0.07

#: A question longer than so many seconds, or deeper than so many questions, is warned of.
LONGEST = 30.0
#: What is only said is warned of when it is longer than this, seconds.
LONGEST_SAID = 60.0
DEEPEST = 4


def check_shape(flow: Flow, report: Report) -> None:
    """Add all that is wrong. Nodes may be missing, those that are malformed."""
    if report.names(("nodes",)) == flow.nodes.keys() and _meant(flow, [flow.start]):
        _reached(flow, report)
    _operator_asks_nothing(flow, report)
    _silence_ends(flow, report)
    _everyone_gets_out(flow, report)
    _patience(flow, report)


def seconds_of(node: Node, language: str) -> float:
    """How long a caller listens to what a node says first."""
    first = next(iter(node.texts()), None)
    if first is None or (isinstance(node, QuestionNode) and first.part in ("no_match", "no_input")):
        return 0.0
    texts = [
        spoken.texts.get(language, "")
        for spoken in node.texts()
        if spoken.path == first.path or not spoken.every_language
    ]
    return sum(map(len, texts)) * PER_CHARACTER


def _reached(flow: Flow, report: Report) -> None:
    begins = _meant(flow, [flow.start, flow.operator, *flow.entries])
    reached = _reachable(flow, begins, _exits_and_error)
    for name in flow.nodes.keys() - reached:
        report.add(
            ("nodes", name),
            f"node {name!r} is reached from nowhere; lead an edge to it, list it in 'entries' "
            f"or remove it",
        )


def _operator_asks_nothing(flow: Flow, report: Report) -> None:
    """Who has failed with every key must not be asked for another."""
    for name in sorted(_reachable(flow, _meant(flow, [flow.operator]), _exits_within)):
        node = flow.nodes[name]
        if not node.ends and any(edge.pressed for edge in node.edges()):
            report.add(
                ("operator",),
                f"'operator' leads to the {node.kind} {name!r}, which waits for a key; "
                f"the operator must be reached without one",
            )


def _silence_ends(flow: Flow, report: Report) -> None:
    """A caller who presses nothing must come to an end, not walk in a circle."""
    silent = {name: set(_silent_exits(flow, name)) for name in flow.nodes}
    for name in _not_alone(silent):
        if name in _reachable(flow, silent[name], lambda _, at: silent[at]):
            report.add(
                ("nodes", name),
                f"node {name!r} leads back to itself without a key being pressed; "
                f"a silent caller would go round for ever",
            )


def _not_alone(leads: Mapping[str, set[str]]) -> list[str]:
    """The nodes that are left when those that lead nowhere, and those that nothing leads to, are
    taken away again and again: only among these are circles."""
    left = dict(leads)
    for around in (left, _reversed(leads)):
        back = _reversed(around)
        ends = [name for name in left if not around[name] & left.keys()]
        while ends:
            name = ends.pop()
            if left.pop(name, None) is not None:
                ends += [one for one in back[name] if one in left and not around[one] & left.keys()]
    return list(left)


def _reversed(leads: Mapping[str, set[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in leads}
    for name, targets in leads.items():
        for target in targets:
            found[target].add(name)
    return found


def _everyone_gets_out(flow: Flow, report: Report) -> None:
    """From every node, some way leads to a queue, another party or a hang-up."""
    back = _reversed({name: set(_exits(flow, name)) for name in flow.nodes})
    ends = [
        name
        for name, node in flow.nodes.items()
        if node.ends or len(_exits(flow, name)) < len(flow.targets[name])
    ]
    out = _reachable(flow, ends, lambda _, at: back[at])
    for name in flow.nodes:
        if name not in out:
            report.add(
                ("nodes", name),
                f"from node {name!r} no way leads to a queue or a hang-up; add one",
            )


def _patience(flow: Flow, report: Report) -> None:
    """Warn of long questions, and of questions behind many others."""
    language = next(iter(flow.languages), "")
    seen: set[str] = set()
    level, depth, heard = _meant(flow, [flow.start]), 0, 0.0
    waits = dict.fromkeys(level, (0, 0.0))  # questions before it, seconds listened to
    while level:
        following = []
        for name in level:
            if name in seen:
                continue
            seen.add(name)
            node = flow.nodes[name]
            depth, heard = waits[name]
            listens = seconds_of(node, language)
            if listens > LONGEST_SAID and not isinstance(node, QuestionNode):
                report.warn(
                    ("nodes", name),
                    f"{node.kind} {name!r}: a caller must listen for {listens:.0f} seconds; "
                    f"shorten it",
                )
            if isinstance(node, QuestionNode):
                depth += 1
                _warn(name, node, depth, heard + listens, listens, report)
            for target in _exits(flow, name):
                waits.setdefault(target, (depth, heard + listens))
                following.append(target)
        level = following


def _warn(name: str, node: Node, depth: int, heard: float, listens: float, report: Report) -> None:
    if listens > LONGEST:
        report.warn(
            ("nodes", name),
            f"{node.kind} {name!r}: a caller must listen for {listens:.0f} seconds; "
            f"shorten it, or ask twice",
        )
    if depth > DEEPEST:
        report.warn(
            ("nodes", name),
            f"{node.kind} {name!r} is the {ordinal(depth, 'en')} question in a row, after "
            f"{heard:.0f} seconds of listening; ask less",
        )


def _exits(flow: Flow, name: str) -> list[str]:
    return _meant(flow, flow.targets[name].values())


def _exits_within(flow: Flow, name: str) -> list[str]:
    """Those taken before the flow is over."""
    return [] if flow.nodes[name].ends else _exits(flow, name)


def _silent_exits(flow: Flow, name: str) -> list[str]:
    """Where a caller gets to who presses nothing."""
    edges = flow.nodes[name].edges()
    return _meant(flow, (edge.target or flow.operator for edge in edges if not edge.pressed))


def _meant(flow: Flow, targets: Iterable[str]) -> list[str]:
    found = (target if target in flow.nodes else closest(target, flow.nodes) for target in targets)
    return [target for target in found if target]


def _exits_and_error(flow: Flow, name: str) -> list[str]:
    return [*_exits(flow, name), *_meant(flow, [flow.nodes[name].error or flow.operator])]


def _reachable(
    flow: Flow, starts: Iterable[str], onward: Callable[[Flow, str], Iterable[str]]
) -> set[str]:
    reached: set[str] = set()
    todo = list(starts)
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo.extend(onward(flow, name))
    return reached
