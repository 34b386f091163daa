"""A flow's YAML to a checked `Flow`, or all that is wrong with it."""

from typing import Any

import msgspec
from msgspec import inspect

from calls.errors import FlowInvalid
from ivr import checking, reading
from ivr.flow import Flow
from ivr.nodes import AnyNode
from ivr.problems import Problem, Report

_FLOW = inspect.type_info(Flow)


def load(source: str, file: str = "flow.yaml") -> Flow:
    """Read and check a flow; `file` is what error messages call it.

    Raises `FlowInvalid` with one line for each problem: ``file:line:column: what and remedy``.
    """
    flow, report = _examine(source, file)
    if flow is None or report.problems:
        raise FlowInvalid(str(report))
    return flow


def problems(source: str, file: str = "flow.yaml") -> list[Problem]:
    """All that is wrong with a flow; nothing if it can be used."""
    return _examine(source, file)[1].ordered()


def schema() -> dict[str, Any]:
    """The JSON Schema of flow files, for completion in editors."""
    return msgspec.json.schema(Flow)


def _examine(source: str, file: str) -> tuple[Flow | None, Report]:
    report = Report(file)
    root = reading.parse(source, report)
    if root is None:
        return None, report
    plain = reading.read(root, _FLOW, report)
    if report.problems:
        checking.check_parts(_sound_parts(plain), report.names(("nodes",)), report)
        return None, report
    flow = msgspec.convert(plain, Flow)
    checking.check(flow, report)
    return flow, report


def _sound_parts(plain: dict[str, Any]) -> Flow:
    """As much of a malformed flow as can be looked at; what is not known is empty."""
    return Flow(
        flow="",
        languages=tuple(plain.get("languages", ())),
        start=plain.get("start", ""),
        operator=plain.get("operator", ""),
        nodes=msgspec.convert(plain.get("nodes", {}), dict[str, AnyNode]),
    )
