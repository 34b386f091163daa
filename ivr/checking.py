"""What cannot work in a flow that is well formed: edges into nowhere, nodes that nobody reaches,
callers who could never leave, texts that are missing in a language."""

from collections.abc import Callable, Collection, Iterable, Iterator

from ivr.flow import Flow
from ivr.node import Path
from ivr.problems import Report, did_you_mean


def check(flow: Flow, report: Report) -> None:
    """Add all that is wrong. The shape of the whole is looked at once every target exists."""
    check_parts(flow, flow.nodes.keys(), report)
    if not report.problems:
        _reached(flow, report)
        _operator_asks_nothing(flow, report)
        _silence_ends(flow, report)
        _everyone_gets_out(flow, report)


def check_parts(flow: Flow, known: Collection[str], report: Report) -> None:
    """What can be said of each node alone; `known` are all nodes, the malformed ones too."""
    for path, what, target in _references(flow):
        if target and target not in known:
            remedy = did_you_mean(target, known)
            report.add(path, f"{what} leads to {target!r}, which is no node{remedy}")
    for name, node in flow.nodes.items():
        for fault in node.faults():
            report.add(("nodes", name, *fault.path), f"node {name!r}: {fault.message}")
    if flow.languages:
        _texts(flow, report)


def _references(flow: Flow) -> Iterator[tuple[Path, str, str]]:
    yield ("start",), "'start'", flow.start
    yield ("operator",), "'operator'", flow.operator
    for index, entry in enumerate(flow.entries):
        yield ("entries", str(index)), "'entries'", entry
    for name, node in flow.nodes.items():
        yield ("nodes", name, "error"), f"node {name!r}: 'error'", node.error
        for edge in node.edges():
            where = ("nodes", name, *edge.path)
            yield where, f"node {name!r}: {'.'.join(edge.path)!r}", edge.target


def _texts(flow: Flow, report: Report) -> None:
    known = set(flow.languages)
    for name, node in flow.nodes.items():
        for spoken in node.texts():
            path = ("nodes", name, *spoken.path)
            for language in sorted(set(spoken.texts) - known):
                report.add(
                    (*path, language),
                    f"node {name!r} speaks {language!r}, which the flow does not; "
                    f"add it to 'languages' or remove the text",
                )
            if spoken.every_language and (missing := known - set(spoken.texts)):
                report.add(
                    path,
                    f"node {name!r}: {'.'.join(spoken.path)!r} has no text in "
                    f"{', '.join(map(repr, sorted(missing)))}; add it",
                )


def _reached(flow: Flow, report: Report) -> None:
    reached = _reachable(flow, [flow.start, flow.operator, *flow.entries], _exits_and_error)
    for name in flow.nodes.keys() - reached:
        report.add(
            ("nodes", name),
            f"node {name!r} is reached from nowhere; lead an edge to it, list it in 'entries' "
            f"or remove it",
        )


def _operator_asks_nothing(flow: Flow, report: Report) -> None:
    """Who has failed with every key must not be asked for another."""
    for name in sorted(_reachable(flow, [flow.operator], _exits)):
        node = flow.nodes[name]
        if not node.ends and any(edge.pressed for edge in node.edges()):
            report.add(
                ("operator",),
                f"'operator' leads to the {node.kind} {name!r}, which waits for a key; "
                f"the operator must be reached without one",
            )


def _silence_ends(flow: Flow, report: Report) -> None:
    """A caller who presses nothing must come to an end, not walk in a circle."""
    for name in flow.nodes:
        if name in _reachable(flow, _silent_exits(flow, name), _silent_exits):
            report.add(
                ("nodes", name),
                f"node {name!r} leads back to itself without a key being pressed; "
                f"a silent caller would go round for ever",
            )


def _everyone_gets_out(flow: Flow, report: Report) -> None:
    """From every node, some way leads to a queue or a hang-up."""
    for name in flow.nodes:
        around = _reachable(flow, [name], _exits)
        if not any(flow.nodes[other].ends for other in around):
            report.add(
                ("nodes", name),
                f"from node {name!r} no way leads to a queue or a hang-up; add one",
            )


def _exits(flow: Flow, name: str) -> list[str]:
    return [edge.target or flow.operator for edge in flow.nodes[name].edges()]


def _silent_exits(flow: Flow, name: str) -> list[str]:
    """Where a caller gets to who presses nothing."""
    edges = flow.nodes[name].edges()
    return [edge.target or flow.operator for edge in edges if not edge.pressed]


def _exits_and_error(flow: Flow, name: str) -> list[str]:
    return [*_exits(flow, name), flow.nodes[name].error or flow.operator]


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
