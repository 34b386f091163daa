"""What is wrong with nodes, each looked at alone: targets, texts, expressions, names."""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from ivr.expressions import TAKEN, ExpressionInvalid, TypeName, queue_figure
from ivr.flow import Flow
from ivr.node import Formula, Node, Reference
from ivr.problems import Path, Report, did_you_mean, shortened
from ivr.templates import TemplateInvalid, slots


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What there is in a center; None where that is not known, and nothing is said about it."""

    queues: frozenset[str] | None = None
    skills: frozenset[str] | None = None
    agents: frozenset[str] | None = None
    flows: frozenset[str] | None = None
    #: Which flows a flow leads into.
    leads: Mapping[str, frozenset[str]] = {}


def inspect_nodes(flow: Flow, names: Collection[str], known: Known, report: Report) -> None:
    """Add all that is wrong. `names` are all nodes, the malformed ones too."""
    for path, what, target in _targets(flow):
        if target and target not in names:
            remedy = did_you_mean(target, names)
            report.add(path, f"{what} leads to {target!r}, which is no node{remedy}")
    for variable in sorted(flow.variables.keys() & TAKEN):
        report.add(("variables", variable), f"{variable!r} means something else; take another name")
    for name, node in flow.nodes.items():
        for fault in node.faults():
            report.add(("nodes", name, *fault.path), f"node {name!r}: {fault.message}")
        _references(flow, name, node, known, report)
        _formulas(flow, name, node, known, report)
        if flow.languages:
            _texts(flow, name, node, report)


def _targets(flow: Flow) -> Iterator[tuple[Path, str, str]]:
    yield ("start",), "'start'", flow.start
    yield ("operator",), "'operator'", flow.operator
    for index, entry in enumerate(flow.entries):
        yield ("entries", str(index)), "'entries'", entry
    for name, node in flow.nodes.items():
        yield ("nodes", name, "error"), f"node {name!r}: 'error'", node.error
        for edge in node.edges():
            where = ("nodes", name, *edge.path)
            yield where, f"node {name!r}: {'.'.join(edge.path)!r}", edge.target


def _references(flow: Flow, name: str, node: Node, known: Known, report: Report) -> None:
    there: dict[str, Collection[str] | None] = {
        "variable": flow.variables,
        "queue": known.queues,
        "skill": known.skills,
        "agent": known.agents,
        "flow": known.flows,
    }
    for reference in node.names():
        _known(name, reference, there[reference.what], report)
        if reference.what == "flow" and (way := _way(reference.name, flow.flow, known.leads)):
            report.add(
                ("nodes", name, *reference.path),
                f"node {name!r}: the flow {reference.name!r} leads back into this one "
                f"({' > '.join((flow.flow, *way))}); callers would go round in it",
            )


def _known(node: str, reference: Reference, there: Collection[str] | None, report: Report) -> None:
    if there is None or reference.name in there:
        return
    remedy = did_you_mean(reference.name, there)
    if reference.what == "variable":
        remedy += "; declare it under 'variables'"
    report.add(
        ("nodes", node, *reference.path),
        f"node {node!r}: there is no {reference.what} {reference.name!r}{remedy}",
    )


def _way(start: str, target: str, leads: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The flows from one to another, the shortest way; empty where none leads there."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    for way in ways:  # it grows
        if way[-1] == target:
            return way
        for following in sorted(leads.get(way[-1], frozenset()) - seen):
            seen.add(following)
            ways.append((*way, following))
    return ()


def _formulas(flow: Flow, name: str, node: Node, known: Known, report: Report) -> None:
    for formula in node.formulas():
        for source in _sources(name, formula, report):
            _expression(flow, name, formula, source, known, report)
    for spoken in node.texts():
        for language, text in spoken.texts.items():
            formula = Formula(source=text, path=(*spoken.path, language), template=True)
            for source in _sources(name, formula, report):
                _expression(flow, name, formula, source, known, report)


def _sources(name: str, formula: Formula, report: Report) -> list[str]:
    if not formula.template:
        return [formula.source]
    try:
        return [slot.source for slot in slots(formula.source)]
    except TemplateInvalid as error:
        report.add(("nodes", name, *formula.path), f"node {name!r}: {error}")
        return []


def _expression(
    flow: Flow, name: str, formula: Formula, source: str, known: Known, report: Report
) -> None:
    path = ("nodes", name, *formula.path)
    where = f"node {name!r}: {'.'.join(formula.path)!r}: "
    try:
        compiled = flow.expressions.compile(source)
    except ExpressionInvalid as error:
        report.add(path, where + str(error))
        return
    wanted: tuple[TypeName, ...] = formula.types
    if formula.into in flow.variables:
        wanted = (flow.variables[formula.into],)
    if not formula.template and wanted and compiled.type not in wanted:
        report.add(
            path, f"{where}{shortened(source)!r} is a {compiled.type}, not a {' or '.join(wanted)}"
        )
    if not compiled.names and not compiled.constant:
        report.add(
            path, f"{where}{shortened(source)!r} has no value; write one that can be worked out"
        )
    for mentioned in compiled.names:
        queue = queue_figure(mentioned)[0]
        if queue and known.queues is not None:
            there = {one.replace("-", "_") for one in known.queues}
            if queue not in there:
                remedy = did_you_mean(queue, there)
                report.add(path, f"{where}there is no queue {queue!r}{remedy}")


def _texts(flow: Flow, name: str, node: Node, report: Report) -> None:
    known = set(flow.languages)
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
