"""Which nodes and exits of flows the scenarios have passed."""

from collections.abc import Iterable, Mapping

import msgspec

from ivr.flow import Flow


class Covered(msgspec.Struct, frozen=True):
    """The coverage of one flow. The exits that nobody took are ``menu.9``."""

    nodes: int
    nodes_passed: int
    exits: int
    exits_taken: int
    not_passed: tuple[str, ...]
    not_taken: tuple[str, ...]


class Coverage:
    """Gathers what callers pass."""

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self._flows = flows
        self._nodes: set[tuple[str, str]] = set()
        self._exits: set[tuple[str, str, str]] = set()

    def add(self, taken: Iterable[tuple[str, str, str]], last: Iterable[tuple[str, str]]) -> None:
        """The exits that a caller took, by flow and node, and the nodes that they came to."""
        self._exits.update(taken)
        self._nodes.update(last)

    def of(self, name: str) -> Covered:
        """Of a flow. Exits called ``error`` need not be taken."""
        flow = self._flows[name]
        nodes = set(flow.nodes)
        passed = {node for where, node in self._nodes if where == name} & nodes
        exits = {(node, exit) for node, targets in flow.targets.items() for exit in targets}
        taken = {(node, exit) for where, node, exit in self._exits if where == name} & exits
        return Covered(
            nodes=len(nodes),
            nodes_passed=len(passed),
            exits=len(exits),
            exits_taken=len(taken),
            not_passed=tuple(sorted(nodes - passed)),
            not_taken=tuple(sorted(f"{node}.{exit}" for node, exit in exits - taken)),
        )
