"""``ringdesk flow``: phone menus checked, tested, walked through and drawn, without telephony."""

import itertools
import logging
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from calls.commands import Prompt, Record
from calls.errors import FlowInvalid, InputInvalid
from calls.facts import FlowStarted, NodeEntered
from calls.media import Speech
from engine import flows, logs, settings, trials
from engine.journal import Journal
from engine.parts.progress import progress_on
from engine.storage import opened
from ivr import drawing, loading, recorded, scenario, trial
from ivr.caller import Caller, Unfitting
from ivr.coverage import Coverage, Covered
from ivr.flow import Flow
from ivr.inspection import Known
from ivr.messages import Queued, Transferred
from ivr.problems import Problem
from ivr.scenario import Scenario

_PATH = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group()
def command() -> None:
    """Check, test, try and draw phone menus (flows).

    \b
      ringdesk flow check dialplans/flows/main.yaml
      ringdesk flow test
      ringdesk flow try dialplans/flows/main.yaml
      ringdesk flow show dialplans/flows/main.yaml --svg main.svg
    """


@command.command()
@click.argument("files", type=_PATH, nargs=-1)
@click.option(
    "--config", type=_FILE, help="Queues, skills and agents from an exported configuration."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of lines.")
def check(files: tuple[Path, ...], config: Path | None, as_json: bool) -> None:
    """Say all that is wrong with FILES (or folders; the setting's flows where none is given).

    One line for each problem: file:line:column, what and the remedy. Queues and skills are
    compared with the center's, as far as there is a database or a --config. The exit status is 1
    if a flow cannot be used; warnings do not count.
    """
    found = flows.flow_files(files, settings.load())
    known = flows.known(settings.load(), config, found)
    problems = [problem for path in found for problem in _problems(path, known)]
    errors = [problem for problem in problems if problem.severity == "error"]
    if as_json:
        click.echo(msgspec.json.encode([_plain(problem) for problem in problems]).decode())
    else:
        for problem in problems:
            click.echo(str(problem))
        warned = len(problems) - len(errors)
        click.echo(f"{_count(len(found), 'flow')}: {_count(len(errors), 'error')}, "
                   f"{_count(warned, 'warning')}.", err=True)  # fmt: skip
    sys.exit(1 if errors else 0)


@command.command()
@click.argument("files", type=_PATH, nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.option("--only", metavar="WORDS", help="Only scenarios whose name has these words.")
@click.option(
    "--least",
    type=click.IntRange(0, 100),
    default=0,
    metavar="PERCENT",
    help="Fail where less of the exits is taken.",
)
@click.option("--record", metavar="CALL", help="Print a real call of the journal as a scenario.")
@click.option(
    "--switch",
    type=click.Choice(["asterisk"]),
    help="Play them as real calls on an Asterisk started for it, and listen.",
)
def test(
    files: tuple[Path, ...],
    as_json: bool,
    only: str | None,
    least: int,
    record: str | None,
    switch: str | None,
) -> None:
    """Play the scenarios that stand beside FILES (or all of a folder's), in jump time.

    \b
    The scenarios of main.yaml are in main.test.yaml:
      scenarios:
        - name: A Polish caller comes to support
          steps: [press 2, hears Witamy, press 2]
          expect: {queue: support, language: pl}
    `ringdesk flow schema --scenarios` says all that may stand there. Exit status 1: one failed.

    With --switch they are real calls: a SIP phone dials, presses keys and speaks, and what counts
    as heard is what its recording has. Time of day, contacts, look-ups and figures of queues are
    the scenario's. What cannot be a call is left out, with the reason; exit status 3 then, if no
    other failed.
    """
    if record is not None:
        click.echo(_recorded(record), nl=False)
        return
    began = time.perf_counter()
    suites = _suites(flows.flow_files(files, settings.load()), only)
    results = _called(suites) if switch else [_tested(suite) for suite in suites]
    lasted = time.perf_counter() - began
    if as_json:
        click.echo(msgspec.json.encode([_result(one) for one in results]).decode())
    else:
        for result in results:
            _tell(result)
        click.echo(_summary(results, lasted))
    outcomes = [one for result in results for one in result.outcomes]
    few = any(_share(result.covered) < least for result in results)
    if few or any(one.problems for one in outcomes):
        sys.exit(1)
    sys.exit(3 if any(one.left_out for one in outcomes) else 0)


@command.command("try")
@click.argument("file", type=_FILE)
@click.option("--language", default="", help="Of the number that is dialled.")
@click.option("--caller", default="+48221230101", show_default=True)
@click.option("--entry", default="", help="The node to begin at.")
@click.option("--at", metavar="'YYYY-MM-DD HH:MM'", help="When the call is made; now by default.")
def try_(file: Path, language: str, caller: str, entry: str, at: str | None) -> None:
    """Walk through the flow FILE: read what a caller hears, type what they press.

    Keys are digits, * and #. Enter alone is silence; `hang up`, `speak 10` and `leave by closed`
    are what a caller does otherwise (see `ringdesk flow test --help`). Look-ups find nothing.
    """
    flow, library = _loaded(file)
    when = at or f"{datetime.now():%Y-%m-%d %H:%M}"  # noqa: DTZ005 - the clock on the wall
    try:
        datetime.fromisoformat(when)
    except ValueError:
        raise InputInvalid(f"--at: {when!r} is no time like '2026-11-24 12:00'") from None
    given = Scenario(name="try", language=language, caller=caller, entry=entry, at=when)
    walker = trial.caller_of(flow, given, library)
    shown = 0
    while True:
        shown = _say(walker, shown)
        if walker.ended is not None and not isinstance(walker.ended, Queued | Transferred):
            return
        typed = sys.stdin.readline()
        if not typed:
            return
        _do(walker, typed.strip())


@command.command()
@click.argument("file", type=_FILE)
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Draw into this file.")
def show(file: Path, svg: Path | None) -> None:
    """Draw the flow FILE: as Mermaid text, or as a picture with --svg."""
    flow, _ = _loaded(file)
    if svg is None:
        click.echo(drawing.mermaid(flow), nl=False)
        return
    try:
        svg.write_text(drawing.svg(flow), encoding="utf-8")
    except OSError as error:
        raise InputInvalid(f"cannot write {svg}: {error.strerror}") from None
    click.echo(f"Wrote {svg}.", err=True)


@command.command()
@click.option("--scenarios", is_flag=True, help="That of scenarios instead.")
def schema(scenarios: bool) -> None:
    """Print the JSON Schema of flow files, for completion and checking in an editor.

    \b
    Editors with the YAML language server take it from the file's first line:
      # yaml-language-server: $schema=../flow.schema.json
    """
    document = scenario.schema() if scenarios else loading.schema()
    click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())


def _problems(path: Path, known: Known) -> list[Problem]:
    try:
        return loading.problems(flows.read_text(path), str(path), known)
    except flows.NotText as error:
        return [error.problem]


# --- test


class Suite(msgspec.Struct, frozen=True):
    """A flow with those that it may lead into, and its scenarios."""

    path: Path
    sources: tuple[flows.Source, ...]
    located: tuple[scenario.Located, ...]

    @property
    def flow(self) -> Flow:
        return self.sources[0].flow

    @property
    def flows(self) -> dict[str, Flow]:
        return _by_name(self.sources)


class Tested(msgspec.Struct, frozen=True):
    """The scenarios of one flow."""

    file: str
    outcomes: tuple[trial.Outcome, ...]
    covered: Covered


def _suites(paths: Sequence[Path], only: str | None) -> list[Suite]:
    """Those that have a scenario that is meant. Raises `FlowInvalid` with all that is wrong with
    any of the files."""
    suites, wrong = [], []
    for path in paths:
        try:
            suites.append(_suite(path, only))
        except (FlowInvalid, flows.NotText) as error:
            wrong.append(str(error))
    if wrong:
        raise FlowInvalid("\n".join(wrong))
    return [suite for suite in suites if suite.located or not only]


def _suite(path: Path, only: str | None) -> Suite:
    sources = flows.sources(path)
    beside = flows.scenarios_of(path)
    located = scenario.load(flows.read_text(beside), str(beside)) if beside.exists() else []
    meant = [one for one in located if not only or only.lower() in one.scenario.name.lower()]
    return Suite(path, tuple(sources), tuple(meant))


def _tested(suite: Suite) -> Tested:
    coverage = Coverage(suite.flows)
    outcomes = tuple(trial.play(suite.flow, one, suite.flows, coverage) for one in suite.located)
    return Tested(str(suite.path), outcomes, coverage.of(suite.flow.flow))


def _called(suites: Sequence[Suite]) -> list[Tested]:
    """As real calls, all of them together."""
    chosen = settings.load()
    logs.set_up(chosen.log_format, logging.ERROR)
    coverages = [Coverage(suite.flows) for suite in suites]
    calls = [
        trials.Called(suite.sources, one, coverage)
        for suite, coverage in zip(suites, coverages, strict=True)
        for one in suite.located
    ]
    outcomes = iter(trials.play(calls, chosen, progress_on()))
    return [
        Tested(
            str(suite.path),
            tuple(itertools.islice(outcomes, len(suite.located))),
            coverage.of(suite.flow.flow),
        )
        for suite, coverage in zip(suites, coverages, strict=True)
    ]


def _summary(results: Sequence[Tested], lasted: float) -> str:
    outcomes = [one for result in results for one in result.outcomes]
    failed = sum(bool(one.problems) for one in outcomes)
    left_out = sum(bool(one.left_out) for one in outcomes)
    rest = f"{failed} failed" if failed else "all passed"
    if left_out:
        rest += f", {left_out} left out"
    return f"{_count(len(outcomes) - left_out, 'scenario')} in {lasted:.2f} s: {rest}."


def _tell(result: Tested) -> None:
    for outcome in result.outcomes:
        for problem in outcome.problems:
            click.echo(str(problem))
        if outcome.left_out:
            click.echo(f"{result.file}: left out: {outcome.name}: {outcome.left_out}")
    covered = result.covered
    click.echo(
        f"{result.file}: {_count(len(result.outcomes), 'scenario')}; "
        f"nodes {covered.nodes_passed} of {covered.nodes}, "
        f"exits {covered.exits_taken} of {covered.exits}"
    )
    if covered.not_taken and result.outcomes:
        click.echo(f"  nobody took {', '.join(covered.not_taken)}")


def _result(result: Tested) -> dict[str, Any]:
    return {
        "file": result.file,
        "scenarios": [
            {
                "name": one.name,
                "passed": not one.problems and not one.left_out,
                "left_out": one.left_out,
                "problems": [_plain(problem) for problem in one.problems],
            }
            for one in result.outcomes
        ],
        "coverage": msgspec.structs.asdict(result.covered),
    }


def _share(covered: Covered) -> float:
    return 100.0 * covered.exits_taken / covered.exits if covered.exits else 100.0


def _recorded(call: str) -> str:
    """A scenario of a call in the center's journal."""
    center = settings.load()
    with opened(center.database_url) as database:
        told = Journal(database).facts_of_call(call)
        begun = [one.fact for one in told if isinstance(one.fact, FlowStarted)]
        if not begun:
            raise InputInvalid(f"the journal has no call {call!r} that came into a flow")
        with database.session() as session:
            flow = flows.published(session, begun[0].flow, begun[0].version)
    facts = [one.fact for one in told]
    return recorded.scenario_of(facts, told[0].at, center.timezone, flow)


# --- try


def _say(walker: Caller, shown: int) -> int:
    """Write what has come out since; gives how much there is by now."""
    for output in walker.all[shown:]:
        match output:
            case NodeEntered(node=node, kind=kind):
                click.echo(f"{node} ({kind})")
            case Prompt(media=media):
                click.echo(f"  {' '.join(one.text for one in media if isinstance(one, Speech))}")
            case Record(max_seconds=seconds):
                click.echo(f"  (records up to {seconds:g} seconds; say for instance: speak 10)")
    if walker.ended is not None:
        click.echo(f"  {walker.where}")
        _tell_way_back(walker)
    return len(walker.all)


def _tell_way_back(walker: Caller) -> None:
    ended = walker.ended
    if isinstance(ended, Queued) and ended.keys:
        click.echo(f"  keys there: {', '.join(ended.keys)}")
    if isinstance(ended, Queued | Transferred):
        exits = [*map(str, ended.exits), *(["after"] if ended.after else [])]
        if exits:
            click.echo(f"  leave by: {', '.join(exits)}; hang up: end")


def _do(walker: Caller, typed: str) -> None:
    step = typed or "silence"
    if set(step) <= set("0123456789*#"):
        step = f"press {step}"
    try:
        trial.take(walker, step)
    except Unfitting as error:
        click.echo(f"  {error}")


# --- small tools


def _loaded(file: Path) -> tuple[Flow, dict[str, Flow]]:
    """A flow, and those that it may lead into. Raises `FlowInvalid`."""
    found = flows.sources(file)
    return found[0].flow, _by_name(found)


def _by_name(sources: Sequence[flows.Source]) -> dict[str, Flow]:
    """Of two of one name the first."""
    return {source.flow.flow: source.flow for source in reversed(sources)}


def _plain(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "severity": problem.severity,
        "message": problem.message,
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("s" if number != 1 else "")
