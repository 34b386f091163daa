"""Small scenarios for the tests, and how their results are looked at."""

from pathlib import Path
from string import Template

from engine.simulation import loading
from engine.simulation.estimates import Estimate
from engine.simulation.results import Results
from engine.simulation.scenario import Scenario

_ONE_QUEUE = Template("""\
length: $length
warm_up: $warm_up
queues:
  line: {announce_every: 0, service_level: 20, $queue}
agents:
  agent: {count: $agents, queues: {line: 1}, $agent}
numbers:
  "1": {queue: line}
callers:
  all: {dial: "1", rate: $rate}
""")


def write(folder: Path, text: str, name: str = "scenario.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def one_queue(
    folder: Path,
    *,
    queue: str,
    rate: str,
    agents: int = 10,
    agent: str = "",
    length: str = "1d",
    warm_up: str = "2h",
    name: str = "scenario.yaml",
) -> Scenario:
    """Callers at random for one queue of equal agents, who are always there."""
    text = _ONE_QUEUE.substitute(
        queue=queue, rate=rate, agents=agents, agent=agent, length=length, warm_up=warm_up
    )
    return loading.load(write(folder, text, name))


def agrees(estimate: Estimate, theory: float, within: float) -> bool:
    """Whether theory is no further off than twice the half of the 95 % confidence interval, which
    chance does once in 500 times (8 runs); and the interval is narrow enough to tell: `within`
    either way."""
    assert estimate.mean is not None
    assert estimate.margin is not None
    assert estimate.margin <= within, f"{estimate} is too wide to tell"
    return abs(estimate.mean - theory) <= 2 * estimate.margin


def mean(results: Results, figure: str, queue: str = "line") -> float:
    """A figure of a queue, or of the center (`queue` empty)."""
    figures = results.figures.queues[queue] if queue else results.figures.center
    found = figures[figure].mean
    assert found is not None
    return found
