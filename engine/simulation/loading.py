"""A scenario file to a checked `Scenario`. `example.yaml` beside this explains the format."""

import datetime
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from acd.checks import agent_fault, queue_fault
from calls.actions import PublishFlow
from calls.config import Agent, Number, Queue
from engine import quantities
from engine.simulation import recorded, values
from engine.simulation.distributions import AT_ONCE, NEVER, Constant
from engine.simulation.reading import Item, read
from engine.simulation.scenario import (
    BY_AGENT,
    AgentPlan,
    Arrivals,
    Calendar,
    Callers,
    Poisson,
    QueuePlan,
    Recorded,
    Scenario,
)
from ivr.flow import Flow
from ivr.loading import load as load_flow
from ivr.nodes.queue import QueueNode
from ivr.problems import did_you_mean

#: The format, explained by an example.
EXAMPLE = Path(__file__).with_name("example.yaml")

_NEEDED = ("length", "queues", "agents", "numbers", "callers")
_SECTIONS = (*_NEEDED, "title", "day", "timezone", "begins", "warm_up", "flows")
_ABOUT_QUEUES = frozenset({"patience", "talk", "wrap_up"})
_ABOUT_AGENTS = frozenset({"count", "shifts", "answers", "misses", "returns"})
_ABOUT_CALLERS = ("rate", "hourly", "recorded")
#: More agents than this are a typing mistake.
_MOST_AGENTS = 100_000

#: The flow of a number that leads straight into a queue. Whoever is not let in is not tried there
#: again by an operator.
_STRAIGHT = """\
flow: {name}
languages: [{language}]
start: queue
operator: queue
nodes:
  queue: {{kind: queue, queue: {queue}, language_skill: 0, exits: {{overflow: sorry}}}}
  sorry: {{kind: hangup}}
"""


def load(path: Path) -> Scenario:
    """Read a scenario. Raises `InputInvalid` or `FlowInvalid`, which name file and line."""
    document = read(path)
    return _Loader(document, document.fields(_SECTIONS, _NEEDED)).scenario()


class _Loader:
    """Reads section after section; later ones are checked against earlier ones."""

    def __init__(self, document: Item, sections: dict[str, Item]) -> None:
        self._document = document
        self._sections = sections
        self._queues: dict[str, QueuePlan] = {}
        self._flows: dict[str, Flow] = {}
        self._sources: dict[str, str] = {}
        self._numbers: dict[str, Number] = {}
        self._agents: dict[str, AgentPlan] = {}

    def scenario(self) -> Scenario:
        sections = self._sections
        length = values.length(sections["length"])
        warm_up = sections["warm_up"].seconds() if "warm_up" in sections else 0.0
        if warm_up >= length:
            raise sections["warm_up"].error(f"must be shorter than the length ({length:g} s)")
        begins = sections["begins"].by(values.time_of_day) if "begins" in sections else 0.0
        for item in _some(sections["queues"]):
            self._queues[item.name] = _queue(item)
        for item in sections["flows"].entries().values() if "flows" in sections else ():
            self._flow(item)
        for item in sections["queues"].entries().values():
            self._named(item)
        for item in _some(sections["numbers"]):
            self._number(item)
        for item in _some(sections["agents"]):
            self._crew(item)
        day = sections["day"].by(values.date) if "day" in sections else None
        zone = sections["timezone"].by(values.zone) if "timezone" in sections else None
        streams = [
            self._callers(item, lambda past: recorded.read(past, begins, length, day, zone))
            for item in _some(sections["callers"])
        ]
        return Scenario(
            title=sections["title"].text() if "title" in sections else Path(self._file).stem,
            file=self._file,
            calendar=_calendar(day, zone, streams),
            begins=begins,
            length=length,
            warm_up=warm_up,
            queues=self._queues,
            agents=self._agents,
            numbers=tuple(self._numbers.values()),
            flows=tuple(
                PublishFlow(flow=name, version=1, source=source)
                for name, source in self._sources.items()
            ),
            callers=tuple(streams),
        )

    @property
    def _file(self) -> str:
        return self._document.file

    def _named(self, item: Item) -> None:
        """The queues and flows that a queue's own rules and steps name are there."""
        queue = self._queues[item.name].queue
        named = [rule.target for rule in queue.overflow if rule.to == "queue"]
        named += [name for step in queue.relaxation for name in step.queues]
        for name in named:
            if name not in self._queues:
                raise item.error(f"there is no queue {name!r}{did_you_mean(name, self._queues)}")
        for rule in queue.overflow:
            name, _, node = rule.target.partition(".")
            if rule.to == "flow" and name not in self._flows:
                raise item.error(f"there is no flow {name!r}{did_you_mean(name, self._flows)}")
            if rule.to == "flow" and node and node not in (nodes := self._flows[name].nodes):
                raise item.error(
                    f"flow {name!r} has no node {node!r}{did_you_mean(node, list(nodes))}"
                )

    def _flow(self, item: Item) -> None:
        text = item.text()
        if "\n" in text:
            source, file = text, f"{self._file} flows.{item.name}"
        else:
            path = Path(self._file).parent / text
            try:
                source, file = path.read_text(encoding="utf-8"), str(path)
            except (OSError, UnicodeDecodeError) as error:
                raise item.error(f"cannot read {path}: {error}") from None
        flow = load_flow(source, file)
        for node in flow.nodes.values():
            if isinstance(node, QueueNode) and node.queue not in self._queues:
                raise item.error(
                    f"leads to queue {node.queue!r}, which is not there"
                    f"{did_you_mean(node.queue, self._queues)}"
                )
        self._flows[item.name], self._sources[item.name] = flow, source

    def _number(self, item: Item) -> None:
        fields = item.fields(("queue", *Number.__struct_fields__))
        if "queue" not in fields:
            number = values.word(item, Number, {"number": item.name})
            if number.flow not in self._flows:
                raise fields["flow"].error(
                    f"there is no flow {number.flow!r}{did_you_mean(number.flow, self._flows)}"
                )
        else:
            if "flow" in fields:
                raise item.error("leads to a queue or to a flow, not to both")
            queue = fields["queue"].one_of(self._queues)
            language = fields["language"].by(values.language) if "language" in fields else "en"
            name = f"straight-to-{queue}-{language}"
            number = Number(number=item.name, flow=name, language=language)
            source = _STRAIGHT.format(name=name, language=language, queue=queue)
            load_flow(source, f"{self._file} numbers.{item.name}")
            self._sources[name] = source
        self._numbers[item.name] = number

    def _crew(self, item: Item) -> None:
        fields = item.entries()
        count = fields["count"].count() if "count" in fields else 1
        if count > _MOST_AGENTS:
            raise fields["count"].error(f"must be at most {_MOST_AGENTS}")
        agent = values.word(item, Agent, {"name": item.name}, others=_ABOUT_AGENTS)
        if not agent.queues:
            raise item.error("lacks 'queues', like {support: 1}")
        for queue in agent.queues:
            if queue not in self._queues:
                raise fields["queues"].error(
                    f"there is no queue {queue!r}{did_you_mean(queue, self._queues)}"
                )
        if (fault := agent_fault(agent)) is not None:
            raise item.error(fault)
        if not any(skill.startswith("lang:") for skill in agent.skills):
            spoken = dict.fromkeys((f"lang:{language}" for language in self._languages()), 10)
            agent = msgspec.structs.replace(agent, skills={**agent.skills, **spoken})
        plan = AgentPlan(
            agent=agent,
            shifts=values.shifts(fields["shifts"]) if "shifts" in fields else (),
            answers=values.distribution(fields["answers"]) if "answers" in fields else AT_ONCE,
            misses=fields["misses"].by(quantities.share) if "misses" in fields else 0.0,
            returns=fields["returns"].seconds() if "returns" in fields else 60.0,
        )
        for name in [item.name] if count == 1 else [f"{item.name}-{n + 1}" for n in range(count)]:
            if name in self._agents:
                raise item.error(f"there is another agent {name!r}")
            named = msgspec.structs.replace(agent, name=name)
            self._agents[name] = msgspec.structs.replace(plan, agent=named)

    def _languages(self) -> Iterable[str]:
        of_flows = {language for flow in self._flows.values() for language in flow.languages}
        return sorted(of_flows | {number.language for number in self._numbers.values()})

    def _callers(self, item: Item, remember: Callable[[Item], Recorded]) -> Callers:
        fields = item.fields(("dial", "keys", "presses_after", *_ABOUT_CALLERS))
        dial = fields["dial"].one_of(self._numbers) if "dial" in fields else ""
        given = [name for name in _ABOUT_CALLERS if name in fields]
        if len(given) != 1:
            raise item.error(f"must have one of {', '.join(_ABOUT_CALLERS)}")
        if not dial and given != ["recorded"]:
            raise item.error("lacks 'dial', the number that they call")
        arrivals: Arrivals
        match given[0]:
            case "rate":
                arrivals = Poisson((fields["rate"].by(values.rate),) * 24)
            case "hourly":
                arrivals = Poisson(values.hourly(fields["hourly"]))
            case _:
                arrivals = remember(fields["recorded"])
        return Callers(
            name=item.name,
            arrivals=arrivals,
            dial=dial,
            keys=values.keys(fields["keys"]) if "keys" in fields else ((1.0, ()),),
            presses_after=fields["presses_after"].seconds() if "presses_after" in fields else 2.0,
        )


def _calendar(
    day: datetime.date | None, zone: zoneinfo.ZoneInfo | None, streams: Iterable[Callers]
) -> Calendar:
    """As the scenario says; what it does not say is that of its first callers of the past."""
    past = (one.arrivals.calendar for one in streams if isinstance(one.arrivals, Recorded))
    known = next(past, Calendar())
    return Calendar(day or known.day, zone or known.zone)


def _queue(item: Item) -> QueuePlan:
    queue = values.word(item, Queue, {"name": values.name(item)}, others=_ABOUT_QUEUES)
    if (fault := queue_fault(queue)) is not None:
        raise item.error(fault)
    fields = item.entries()
    if "talk" not in fields:
        raise item.error("lacks 'talk', how long a conversation is, like {exponential: 3m}")
    wrap_up = values.distribution(fields["wrap_up"]) if "wrap_up" in fields else AT_ONCE
    by_timer = isinstance(wrap_up, Constant)
    return QueuePlan(
        queue=msgspec.structs.replace(
            queue, wrap_up=wrap_up.seconds if isinstance(wrap_up, Constant) else BY_AGENT
        ),
        patience=values.distribution(fields["patience"]) if "patience" in fields else NEVER,
        talk=values.distribution(fields["talk"]),
        wrap_up=None if by_timer else wrap_up,
    )


def _some(item: Item) -> Iterator[Item]:
    """The entries of a section that must have one."""
    found = item.entries()
    if not found:
        raise item.error("must have at least one entry")
    yield from found.values()
