"""Scenarios played: what a caller does is done, and what must come of it is compared."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from calls.events import CallerIdentified, KnownTicket, StoreEvent, TicketFound
from calls.requests import AskService, FindTicket, RecordPrompt, Request
from ivr.caller import CALL, Caller, Ended, Stage, Unfitting, service, usual
from ivr.coverage import Coverage
from ivr.flow import Flow
from ivr.messages import Finished, Queued, Transferred
from ivr.problems import Problem
from ivr.scenario import STEP, Located, Scenario, TicketGiven
from ivr.surroundings import QueueNow


class Outcome(msgspec.Struct, frozen=True):
    """How a scenario went. It passed without problems."""

    name: str
    problems: tuple[Problem, ...]
    #: Where the caller was, and what they heard since the last step.
    where: str
    heard: tuple[str, ...]
    #: Why it was not played; empty where it was.
    left_out: str = ""


class Walked(msgspec.Struct, frozen=True, kw_only=True):
    """What has come of a call: what a scenario's expectations are compared with."""

    #: How the flow ended; None while it waits for the caller.
    ended: Ended | None
    #: Where the caller is, the second in words.
    node: str
    where: str
    #: The nodes entered, and the names of the prompts heard, in order.
    path: Sequence[str]
    spoken: Sequence[str]
    tags: Sequence[str]
    variables: Mapping[str, Any]


def play(flow: Flow, located: Located, flows: Mapping[str, Flow], coverage: Coverage) -> Outcome:
    """Play one scenario; `flows` are those that may be entered from it."""
    scenario = located.scenario
    caller = caller_of(flow, scenario, flows)
    problems = []
    for index, step in enumerate(scenario.steps):
        try:
            take(caller, step)
        except Unfitting as error:
            problems.append(located.problem(("steps", str(index)), f"{step}: {error}"))
            break
    else:
        problems += differences(walked(caller), located)
    coverage.add(caller.taken, caller.passed)
    heard = tuple(speech.text for speech in caller.heard)
    return Outcome(scenario.name, tuple(problems), caller.where, heard)


def walked(caller: Caller) -> Walked:
    """What has come of a call in jump time."""
    return Walked(
        ended=caller.ended,
        node=caller.node,
        where=caller.where,
        path=caller.path,
        spoken=[name for output in caller.all for name in _names(output)],
        tags=caller.tags,
        variables=caller.variables,
    )


def differences(seen: Walked, located: Located) -> list[Problem]:
    """What is other than the scenario expects, each with its place."""
    return [
        located.problem(("expect", *path), message)
        for path, message in _differences(seen, located.scenario)
    ]


def caller_of(flow: Flow, scenario: Scenario, flows: Mapping[str, Flow]) -> Caller:
    """The caller of a scenario, who has done nothing yet."""
    return Caller(
        flow,
        Stage(flows, queues_of(scenario)),
        caller=scenario.caller,
        called=scenario.called,
        language=scenario.language,
        now=begins(scenario),
        entry=scenario.entry,
        who=who_of(scenario),
        stub=lambda node, request: answer_of(scenario, node, request),
    )


def begins(scenario: Scenario) -> float:
    """When the call is made."""
    at = datetime.fromisoformat(scenario.at)
    return at.replace(tzinfo=ZoneInfo(scenario.zone)).timestamp()


def queues_of(scenario: Scenario) -> dict[str, QueueNow]:
    """The figures of queues that flows are to see."""
    return {
        name: QueueNow(**msgspec.structs.asdict(given)) for name, given in scenario.queues.items()
    }


def take(caller: Caller, step: str) -> None:
    """Do what a step says. Raises `Unfitting`."""
    found = STEP.fullmatch(step)
    if found is None:
        raise Unfitting(f"{step!r} is nothing that a caller does")
    match found.lastgroup or "":
        case "keys" | "after":
            caller.press(found["keys"], float(found["after"] or 0))
        case "silence":
            caller.silence()
        case "words":
            _hears(caller, found["words"])
        case "speak":
            caller.speak(float(found["speak"]))
        case "exit":
            caller.return_by(found["exit"])
        case _:
            caller.hang_up()


def _hears(caller: Caller, words: str) -> None:
    wanted = words.strip("\"'")
    said = " ".join(speech.text for speech in caller.heard)
    if wanted in said or any(speech.name == wanted for speech in caller.heard):
        return
    raise Unfitting(f"{said!r} was heard instead" if said else f"nothing was said; {caller.where}")


def _differences(seen: Walked, scenario: Scenario) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where, and what is other than expected."""
    expect = scenario.expect
    found = _found(seen.ended)
    for name in ("queue", "skills", "priority", "language", "transfer", "call_back", "outcome"):
        wanted = getattr(expect, name)
        if wanted not in ("", None) and wanted != found.get(name):
            is_now = found.get(name)
            instead = seen.where if is_now in ("", None) else f"it is {is_now!r}"
            yield (name,), f"{name} should be {wanted!r}; {instead}"
    if expect.node and (seen.ended is not None or seen.node != expect.node):
        yield ("node",), f"the caller should be at {expect.node!r}; {seen.where}"
    if expect.tags is not None and set(expect.tags) != set(seen.tags):
        yield ("tags",), f"tags should be {list(expect.tags)}; they are {list(seen.tags)}"
    for name, value in expect.variables.items():
        known = _written(seen.variables.get(name, ""))
        if known != value:
            yield ("variables", name), f"{name} should be {value!r}, not {known!r}"
    if missing := _missing(expect.passes, seen.path):
        yield ("passes",), f"{missing!r} was not passed there; the way was {' '.join(seen.path)}"
    if missing := _missing(expect.hears, seen.spoken):
        yield ("hears",), f"{missing!r} was not heard there; heard were {' '.join(seen.spoken)}"
    if expect == type(expect)() and seen.ended is None:
        yield (), f"nothing is expected, and {seen.where}; say 'node: {seen.node}' if so meant"


def _found(ended: Ended | None) -> dict[str, Any]:
    match ended:
        case Queued() as queued:
            return {
                "queue": queued.queue,
                "skills": queued.skills,
                "priority": queued.priority,
                "language": queued.language,
                "call_back": queued.call_back,
            }
        case Transferred() as transferred:
            return {"transfer": transferred.to, "language": transferred.language}
        case Finished(outcome=outcome):
            return {"outcome": outcome}
        case _:
            return {}


def _missing(wanted: Sequence[str], found: Sequence[str]) -> str:
    """The first of the wanted that does not come, in this order; empty for none."""
    rest = iter(found)
    return next((one for one in wanted if one not in rest), "")


def _names(output: Any) -> list[str]:
    return [getattr(one, "name", "") for one in getattr(output, "media", ())]


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def who_of(scenario: Scenario) -> CallerIdentified | None:
    """Who calls; None for nobody known."""
    given = scenario.contact
    if given is None:
        return None
    return CallerIdentified(
        request="",
        call=CALL,
        contact=1,
        name=given.name,
        organisation=given.organisation,
        language=given.language,
        vip=given.vip,
        tickets=tuple(_ticket(one) for one in given.tickets),
    )


def _ticket(given: TicketGiven) -> KnownTicket:
    return KnownTicket(
        id=1,
        number=given.number,
        title=given.title,
        status=given.status,
        priority=given.priority,
        queue=given.queue,
    )


def answer_of(scenario: Scenario, node: str, request: Request) -> StoreEvent | None:
    """What the store or the service that a node asks says; None: it fails."""
    given = scenario.answers.get(node)
    if given is None:
        return usual(node, request)
    match request:
        case _ if given.fails:
            return None
        case AskService() | RecordPrompt():
            return service(request, given.status, given.values)
        case FindTicket() if given.ticket is not None:
            is_open = given.ticket.status not in ("resolved", "closed", "cancelled")
            ticket = _ticket(given.ticket)
            return TicketFound(
                request=request.request, call=request.call, ticket=ticket, open=is_open
            )
        case _:
            return usual(node, request)
