"""What names a queue, so that nobody removes it from under the callers' feet."""

from collections.abc import Iterable, Mapping

from calls.base import QueueId
from calls.config import Number, Queue
from calls.errors import FlowInvalid
from ivr import loading


def of_queue(
    name: QueueId, queues: Iterable[Queue], numbers: Iterable[Number], flows: Mapping[str, str]
) -> list[str]:
    """For people: ``queue sales (overflow.1)``, ``flow main (node support)``.

    `flows` are sources by name. Only flows that a caller can come to count, by a number, an
    overflow or another flow: versions stay for ever, also of flows that nobody uses.
    """
    others = [queue for queue in queues if queue.name != name]
    found = []
    for queue in others:
        for number, step in enumerate(queue.relaxation, 1):
            if name in step.queues:
                found.append(f"queue {queue.name} (relaxation.{number})")
        for number, rule in enumerate(queue.overflow, 1):
            if rule.to == "queue" and rule.target == name:
                found.append(f"queue {queue.name} (overflow.{number})")
    entered = {number.flow for number in numbers}
    entered |= {
        rule.target.partition(".")[0]
        for queue in others
        for rule in queue.overflow
        if rule.to == "flow"
    }
    return found + _in_flows(name, entered, flows)


def _in_flows(name: QueueId, entered: set[str], flows: Mapping[str, str]) -> list[str]:
    found, todo, seen = [], sorted(entered), set[str]()
    while todo:
        flow = todo.pop(0)
        if flow in seen or flow not in flows:
            continue
        seen.add(flow)
        try:
            nodes = loading.load(flows[flow], flow).nodes
        except FlowInvalid:
            continue  # of an older Ringdesk: no caller comes into it
        for key, node in nodes.items():
            if getattr(node, "queue", None) == name:
                found.append(f"flow {flow} (node {key})")
            if isinstance(inner := getattr(node, "flow", None), str):
                todo.append(inner)
    return found
