"""Scenarios of a flow: what a caller does, and what must come of it.

They stand beside the flow, in ``main.test.yaml``:

.. code-block:: yaml

    scenarios:
      - name: A Polish caller comes to support
        language: en                  # of the number that is dialled
        caller: "+48221230101"
        at: 2026-11-24 12:00          # in `zone`
        contact: {name: Ada, vip: true}
        queues: {support: {waiting: 7}}
        answers:                      # of look-ups, by node
          order: {status: 200, values: {state: shipped}}
          ticket: {ticket: {number: INC-1009, title: Router}}
          outage: fails
        steps:
          - press 2
          - hears Witamy w Ringdesk
          - press 1234# after 2
          - silence
          - speak 12
          - hang up
        expect:
          queue: support
          skills: {"lang:pl": 3}
          priority: 60
          tags: [billing]

Steps:

- ``press KEYS [after SECONDS]``: from the begin of the prompt; at once where no time is given
- ``silence``: until the flow gives up
- ``hears WORDS``: what was said since the last step has these words, or a prompt of that name
- ``speak SECONDS``: into a recording
- ``leave by EXIT``: from a queue by a rule (``closed``), from a transfer (``busy``), or ``after``
- ``hang up``
"""

import re
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, inspect

from calls.errors import FlowInvalid
from ivr import reading
from ivr.fields import Name
from ivr.problems import Place, Problem, Report

STEP = re.compile(
    r"press (?P<keys>[0-9*#]+)(?: after (?P<after>\d+(?:\.\d+)?))?"
    r"|(?P<silence>silence)"
    r"|hears (?P<words>.*\S.*)"
    r"|speak (?P<speak>\d+(?:\.\d+)?)"
    r"|leave by (?P<exit>[a-z_]+)"
    r"|(?P<hangup>hang up)"
)

Step: TypeAlias = Annotated[
    str,
    Meta(
        pattern=f"^(?:{re.sub(r'[?]P<[a-z]+>', '', STEP.pattern)})$",
        description="a step: press 2, press 1234# after 3, silence, hears ..., speak 12, "
        "leave by closed, hang up",
    ),
]
_At: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\d \d\d:\d\d$",
        description="a date and a time like 2026-11-24 12:00",
    ),
]
_Plain: TypeAlias = dict[str, str]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class TicketGiven(_Strict, frozen=True, kw_only=True):
    number: str
    title: str = ""
    status: str = "open"
    priority: int = 3
    queue: str = ""


class ContactGiven(_Strict, frozen=True, kw_only=True):
    """Who calls. `tickets` are open, the newest first."""

    name: str = ""
    organisation: str = ""
    language: str = ""
    vip: bool = False
    tickets: tuple[TicketGiven, ...] = ()


class QueueGiven(_Strict, frozen=True, kw_only=True):
    waiting: int = 0
    longest: int = 0
    expected: int = -1
    ready: int = 1
    signed_in: int = 1
    open: bool = True


class AnswerGiven(_Strict, frozen=True, kw_only=True):
    """What a look-up of a node brings; `fails`: nothing at all."""

    fails: bool = False
    ticket: TicketGiven | None = None
    status: int = 200
    values: _Plain = {}


class Expected(_Strict, frozen=True, kw_only=True):
    """How it must end. What is left out may be anything; the lists are looked for in this order,
    with anything between."""

    queue: str = ""
    skills: dict[str, int] | None = None
    priority: float | None = None
    language: str = ""
    #: ``tel:+48...``, ``agent:ada``, ``phone:gate``.
    transfer: str = ""
    #: The number of a caller who keeps the place without the line.
    call_back: str = ""
    outcome: Literal["completed", "failed", ""] = ""
    #: The flow still waits for the caller at this node.
    node: str = ""
    passes: tuple[Name, ...] = ()
    hears: tuple[str, ...] = ()
    tags: tuple[str, ...] | None = None
    variables: _Plain = {}


class Scenario(_Strict, frozen=True, kw_only=True):
    """One call. See the module."""

    name: Annotated[str, Meta(pattern=r"\S", description="what the scenario is about")]
    language: str = ""
    caller: str = "+48221230101"
    called: str = "1000"
    entry: str = ""
    at: _At = "2026-11-24 12:00"
    zone: str = "Europe/Warsaw"
    contact: ContactGiven | None = None
    queues: dict[str, QueueGiven] = {}
    answers: dict[str, AnswerGiven] = {}
    steps: tuple[Step, ...] = ()
    expect: Expected = Expected()


class Scenarios(_Strict, frozen=True, kw_only=True):
    """A file of scenarios."""

    scenarios: Annotated[
        tuple[Scenario, ...], Meta(min_length=1, description="a list of scenarios")
    ]


class Located(msgspec.Struct, frozen=True):
    """A scenario, and where each of its steps and expectations stands."""

    scenario: Scenario
    report: Report
    index: int

    def problem(self, path: tuple[str, ...], message: str) -> Problem:
        """Something wrong with what stands at a path in the scenario."""
        place = self.report.place(("scenarios", str(self.index), *path))
        return Problem(self.report.file, place, f"{self.scenario.name}: {message}")

    @property
    def place(self) -> Place:
        return self.report.place(("scenarios", str(self.index)))


_TYPE = inspect.type_info(Scenarios)


def load(source: str, file: str) -> list[Located]:
    """The scenarios of a file. Raises `FlowInvalid` with a line for each problem."""
    found, report = _examine(source, file)
    if report.problems:
        raise FlowInvalid("\n".join(map(str, report.ordered())))
    return found


def problems(source: str, file: str) -> list[Problem]:
    """All that is wrong with a file of scenarios, before any is played."""
    return _examine(source, file)[1].ordered()


def _examine(source: str, file: str) -> tuple[list[Located], Report]:
    report = Report(file, what="file", begins="scenarios")
    root = reading.parse(source, report)
    plain: Any = None if root is None else reading.read(root, _TYPE, report)
    if report.problems:
        return [], report
    found = msgspec.convert(plain, Scenarios).scenarios
    return [Located(scenario, report, index) for index, scenario in enumerate(found)], report


def schema() -> dict[str, Any]:
    """The JSON Schema of files of scenarios."""
    return reading.as_written(msgspec.json.schema(Scenarios))
