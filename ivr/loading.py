"""A flow's YAML to a checked `Flow`, or all that is wrong with it."""

from typing import Any

import msgspec
from msgspec import inspect

from calls.errors import FlowInvalid
from ivr import reading
from ivr.checking import check_shape
from ivr.flow import Flow
from ivr.inspection import Known, inspect_nodes
from ivr.nodes import AnyNode
from ivr.problems import Problem, Report

_FLOW = inspect.type_info(Flow)
_ANY = Known()


def load(source: str, file: str = "flow.yaml", known: Known = _ANY) -> Flow:
    """Read and check a flow; `file` is what error messages call it.

    Raises `FlowInvalid` with one line for each problem: ``file:line:column: what and remedy``.
    """
    flow, report = _examine(source, file, known)
    if flow is None or report.errors():
        raise FlowInvalid("\n".join(map(str, report.errors())))
    return flow


def problems(source: str, file: str = "flow.yaml", known: Known = _ANY) -> list[Problem]:
    """All that is wrong with a flow, warnings too; nothing if it can be used as it is."""
    return _examine(source, file, known)[1].ordered()


def schema() -> dict[str, Any]:
    """The JSON Schema of flow files, for completion in editors."""
    return reading.as_written(msgspec.json.schema(Flow))


def _examine(source: str, file: str, known: Known) -> tuple[Flow | None, Report]:
    report = Report(file)
    root = reading.parse(source, report)
    if root is None:
        return None, report
    plain = reading.read(root, _FLOW, report)
    malformed = bool(report.problems)
    flow = _sound_parts(plain) if malformed else msgspec.convert(plain, Flow)
    inspect_nodes(flow, report.names(("nodes",)), known, report)
    check_shape(flow, report)
    return None if malformed else flow, report


def _sound_parts(plain: dict[str, Any]) -> Flow:
    """As much of a malformed flow as can be looked at; what is not known is empty."""
    return Flow(
        flow="",
        languages=tuple(plain.get("languages", ())),
        start=plain.get("start", ""),
        operator=plain.get("operator", ""),
        variables=plain.get("variables", {}),
        nodes=msgspec.convert(plain.get("nodes", {}), dict[str, AnyNode]),
    )
