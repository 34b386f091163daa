"""A flow looked over before it is published: the checker's findings, its scenarios, a picture."""

from collections.abc import Mapping

import msgspec
from sqlalchemy.orm import Session

from engine import configuration, flows
from engine.flow_versions import FlowText
from ivr import drawing, loading, scenario, trial
from ivr.coverage import Coverage
from ivr.flow import Flow
from ivr.problems import Problem

#: Nodes of a flow that a picture still explains.
MOST_DRAWN = 150


class Finding(msgspec.Struct, frozen=True):
    """Something to mend. With a ``warning`` the flow can be used. Places are counted from 1."""

    line: int
    column: int
    severity: str
    message: str


class PlayedScenario(msgspec.Struct, frozen=True):
    """It passed where there are no problems. `where`: how far the caller came, in words."""

    name: str
    problems: list[Finding]
    where: str


class Review(msgspec.Struct, frozen=True):
    """`findings` are about the flow, `scenario_findings` about the text of its scenarios; those
    are played where neither has errors. `exits_taken` of `exits`: what the scenarios cover."""

    findings: list[Finding]
    scenario_findings: list[Finding] = []
    scenarios: list[PlayedScenario] = []
    exits: int = 0
    exits_taken: int = 0
    #: The exits that no scenario takes: ``menu.9``.
    not_taken: list[str] = []
    #: SVG; empty for a flow that cannot be used, or that is too large to be looked at.
    picture: str = ""

    @property
    def usable(self) -> bool:
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def failing(self) -> list[str]:
        """What speaks against publishing a usable flow: scenarios that fail."""
        unread = ["the scenarios cannot be read"] if self.scenario_findings else []
        return unread + [one.name for one in self.scenarios if one.problems]


def review(session: Session, flow: str, text: FlowText) -> Review:
    """Look over what is to become the flow of that name."""
    there = configuration.read(session)
    known = flows.known_in(there)
    known = msgspec.structs.replace(known, flows=(known.flows or frozenset()) | {flow})
    findings = [_finding(one) for one in loading.problems(text.source, flow, known)]
    found = None
    if not any(one.severity == "error" for one in findings):
        found = loading.load(text.source, flow, known)
        if found.flow != flow:
            findings.insert(0, _misnamed(text.source, found.flow, flow))
    if found is None or found.flow != flow:
        return Review(findings)
    return _played(found, text.scenarios, {**flows.usable(there), flow: found}, findings)


def picture(flow: str, source: str) -> str:
    """A published flow as SVG; empty if this Ringdesk cannot use it, or it is too large."""
    found = flows.compiled(flow, source)
    return _drawn(found) if found else ""


def _drawn(flow: Flow) -> str:
    return drawing.panel(flow) if len(flow.nodes) <= MOST_DRAWN else ""


def _played(
    flow: Flow, scenarios: str, others: Mapping[str, Flow], findings: list[Finding]
) -> Review:
    wrong = scenario.problems(scenarios, "scenarios") if scenarios.strip() else []
    located = scenario.load(scenarios, "scenarios") if scenarios.strip() and not wrong else []
    coverage = Coverage(others)
    outcomes = [trial.play(flow, one, others, coverage) for one in located]
    covered = coverage.of(flow.flow)
    return Review(
        findings=findings,
        scenario_findings=[_finding(one) for one in wrong],
        scenarios=[
            PlayedScenario(one.name, [_finding(problem) for problem in one.problems], one.where)
            for one in outcomes
        ],
        exits=covered.exits,
        exits_taken=covered.exits_taken,
        not_taken=list(covered.not_taken),
        picture=_drawn(flow),
    )


def _finding(problem: Problem) -> Finding:
    return Finding(problem.place.line, problem.place.column, problem.severity, problem.message)


def _misnamed(source: str, is_now: str, wanted: str) -> Finding:
    lines = source.splitlines()
    line = next((n for n, text in enumerate(lines, 1) if text.startswith("flow:")), 1)
    return Finding(line, 1, "error", f"the flow is named {is_now!r}; write 'flow: {wanted}'")
