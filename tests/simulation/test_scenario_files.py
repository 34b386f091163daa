"""Reading scenario files: what they may say, and the complaints about what they may not."""

from math import inf
from pathlib import Path

import pytest

from calls.errors import FlowInvalid, InputInvalid, RingdeskError
from engine.simulation.distributions import Constant, Exponential, Lognormal, Uniform, longer_than
from engine.simulation.loading import EXAMPLE, load
from engine.simulation.scenario import Poisson, Shift
from tests.simulation.scenes import write

GOOD = """\
length: 1h
warm_up: 5m
queues:
  line:
    talk: {exponential: 3m}
    wrap_up: 20
agents:
  crew: {count: 3, queues: {line: 1}}
numbers:
  "1000": {flow: menu}
  "2000": {queue: line}
flows:
  menu: |
    flow: menu
    languages: [en, pl]
    start: end
    operator: end
    nodes:
      end: {kind: queue, queue: line}
callers:
  all: {dial: "1000", rate: 100 per 30m}
"""


def test_the_example_is_a_scenario() -> None:
    scenario = load(EXAMPLE)
    assert scenario.title == "A morning of sales and support"
    assert (scenario.begins, scenario.length, scenario.warm_up) == (8 * 3600, 4 * 3600, 1800)
    assert scenario.queues["sales"].queue.wrap_up == 30
    assert scenario.queues["sales"].patience == Exponential(120)
    assert scenario.queues["support"].talk == Lognormal(300, 240)
    assert scenario.queues["support"].wrap_up == Exponential(45)
    assert len(scenario.agents) == 18
    helper = scenario.agents["helper-12"]
    assert helper.agent.queues == {"support": 1, "sales": 2}
    assert helper.agent.skills == {"support": 5, "lang:en": 10}
    assert helper.shifts[1] == Shift(10.25 * 3600, 12.5 * 3600)
    assert (helper.answers, helper.misses, helper.returns) == (Uniform(1, 5), 0.01, 60)
    menu, sales = scenario.callers
    assert isinstance(menu.arrivals, Poisson)
    assert menu.arrivals.hourly[7:10] == (0, 120, 180)
    assert [keys for _, keys in menu.keys] == [("1",), ("2",), ("",)]
    assert sum(share for share, _ in menu.keys) == pytest.approx(1)
    assert sales.arrivals == Poisson((30.0,) * 24)


def test_agents_speak_all_languages_unless_told(tmp_path: Path) -> None:
    scenario = load(write(tmp_path, GOOD))
    assert scenario.agents["crew-1"].agent.skills == {"lang:en": 10, "lang:pl": 10}
    told = GOOD.replace("{count: 3, ", '{count: 3, skills: {"lang:pl": 4}, ')
    scenario = load(write(tmp_path, told))
    assert scenario.agents["crew-1"].agent.skills == {"lang:pl": 4}


def test_a_flow_in_a_file_beside(tmp_path: Path) -> None:
    head, _, rest = GOOD.partition("  menu: |\n")
    source, callers, tail = rest.partition("callers:")
    (tmp_path / "menu.yaml").write_text(source.replace("\n    ", "\n").strip(), encoding="utf-8")
    scenario = load(write(tmp_path, f"{head}  menu: menu.yaml\n{callers}{tail}"))
    assert scenario.flows[0].flow == "menu"
    (tmp_path / "menu.yaml").write_text("flow: menu\n", encoding="utf-8")
    with pytest.raises(FlowInvalid, match=r"menu\.yaml:1:1: the flow lacks"):
        load(tmp_path / "scenario.yaml")


@pytest.mark.parametrize(
    ("there", "instead", "line", "complaint"),
    [
        ("length: 1h", "lenght: 1h", 1, "lenght: there is no such field; did you mean 'length'?"),
        ("length: 1h\n", "", 1, "lacks 'length'"),
        ("length: 1h", "length: soon", 1, "length: must be a time: seconds, or like 90s"),
        ("length: 1h", "length: 0", 1, "length: must be above 0"),
        ("length: 1h", "length: 1e300", 1, "length: must be at most a year"),
        ("length: 1h", "length: -5", 1, "length: must be a time"),
        ("length: 1h", "length: [1h]", 1, "length: must be a text, not a list"),
        ("warm_up: 5m", "warm_up: 2h", 2, "warm_up: must be shorter than the length (3600 s)"),
        ("warm_up: 5m", "begins: 25:00", 2, "begins: must be a time of day, like 08:30"),
        ("    talk: {exponential: 3m}\n", "", 4, "queues.line: lacks 'talk'"),
        ("exponential: 3m", "exponential: 0", 5, "queues.line.talk.exponential: must be above 0"),
        ("exponential: 3m", "normal: 3m", 5, "queues.line.talk.normal: there is no such field"),
        ("exponential: 3m", "lognormal: 3m", 5, "queues.line.talk: must be a time, or one of"),
        ("exponential: 3m", "uniform: [9, 2]", 5, "talk.uniform: must be the least and the most"),
        ("wrap_up: 20", "wrap_up: 20x", 6, "queues.line.wrap_up: must be a time"),
        ("wrap_up: 20", "slope: x", 6, "queues.line.slope: must be a time"),
        ("wrap_up: 20", "strategy: best", 6, "queues.line.strategy: invalid enum value 'best'"),
        ("wrap_up: 20", "skills: {x: 11}", 4, "queues.line: queue 'line': the level of skill 'x'"),
        (
            "wrap_up: 20",
            "overflow: [{when: full, to: queue, target: lime}]",
            4,
            "queues.line: there is no queue 'lime'",
        ),
        (
            "wrap_up: 20",
            "relaxation: [{after: 5, queues: [lime]}]",
            4,
            "queues.line: there is no queue 'lime'",
        ),
        (
            "wrap_up: 20",
            "overflow: [{when: waited, to: flow, target: many}]",
            4,
            "queues.line: there is no flow 'many'",
        ),
        (
            "wrap_up: 20",
            "overflow: [{when: waited, to: flow, target: menu.bye}]",
            4,
            "queues.line: flow 'menu' has no node 'bye'",
        ),
        ("exponential: 3m", "constant: 1e300", 5, "talk.constant: must be at most a year"),
        ("exponential: 3m", "uniform: [1, 1e99]", 5, "talk.uniform: must be at most a year"),
        ("line:\n", "Line one:\n", 4, "queues.Line one: must have a name of small letters"),
        ("{queue: line}", "{queue: line, language: e n}", 11, "2000.language: must be a language"),
        ("warm_up: 5m", "day: 9999-01-01", 2, "day: must be a date, like 2025-11-17"),
        ("warm_up: 5m", "timezone: Mars", 2, "timezone: must be a time zone, like Europe/Warsaw"),
        ("wrap_up: 20", "skils: {}", 6, "queues.line.skils: there is no such field"),
        ("count: 3", "count: none", 8, "agents.crew.count: must be a whole number of at least 1"),
        ("count: 3", "count: 1000000", 8, "agents.crew.count: must be at most 100000"),
        ("{line: 1}", "{lime: 1}", 8, "agents.crew.queues: there is no queue 'lime'; did you mean"),
        ("{line: 1}", "{line: high}", 8, "agents.crew.queues: expected `int`, got `str`"),
        (", queues: {line: 1}", "", 8, "agents.crew: lacks 'queues'"),
        ("count: 3", "misses: 130%", 8, "agents.crew.misses: must be at most 100%"),
        ("count: 3", "misses: 30", 8, "agents.crew.misses: must be a share: like 30%"),
        ("count: 3", "shifts: 8-12", 8, "agents.crew.shifts: must be a list"),
        ("count: 3", "shifts: [8-12]", 8, "agents.crew.shifts: must be a time of day"),
        ("count: 3", "shifts: ['08:00']", 8, "agents.crew.shifts: must be like 08:00-16:00"),
        ("count: 3", "shifts: ['08:00-12:00', '11:00-13:00']", 8, "these shifts overlap"),
        ("{flow: menu}", "{flow: many}", 10, "numbers.1000.flow: there is no flow 'many'"),
        ("{flow: menu}", "{}", 10, "numbers.1000: object missing required field `flow`"),
        ("{queue: line}", "{queue: x}", 11, "numbers.2000.queue: there is no 'x'"),
        ("{queue: line}", "{queue: line, flow: menu}", 11, "numbers.2000: leads to a queue or to"),
        ("queue: line}\n", "queue: lin}\n", 13, "flows.menu: leads to queue 'lin', which is not"),
        ('dial: "1000"', 'dial: "1"', 21, "callers.all.dial: there is no '1'"),
        ('dial: "1000", ', "", 21, "callers.all: lacks 'dial'"),
        ("100 per 30m", "1e300 per 30m", 21, "all.rate: must be at most 1,000,000 calls an hour"),
        ("100 per 30m", "many", 21, "callers.all.rate: must be like '100 per 30m'"),
        ("100 per 30m", "100 per 0s", 21, "callers.all.rate: '100 per 0s': calls per no time"),
        ("rate: 100 per 30m", "hourly: {24: 1}", 21, "hourly.24: must be an hour of the day"),
        ("rate: 100 per 30m", "hourly: {9: 0}", 21, "callers.all.hourly: must have calls in some"),
        ("rate: 100 per 30m", "keys: x", 21, "callers.all: must have one of rate, hourly, rec"),
        ("rate: 100 per", "keys: '1,x', rate: 1 per", 21, "callers.all.keys: '1,x': keys are 0 to"),
        ("rate: 100 per", "keys: {1: 0}, rate: 1 per", 21, "keys: must have a weight above 0"),
        ("rate: 100 per 30m", "recorded: no.db", 21, "callers.all.recorded: there is no file"),
        ("callers:", "length: 2h\ncallers:", 20, "length: is there twice"),
        (
            "\n  crew: {count: 3, queues: {line: 1}}",
            " {}",
            7,
            "agents: must have at least one entry",
        ),
        ("agents:\n", "agents: [\n", 9, "no YAML: "),
    ],
)
def test_complaints(tmp_path: Path, there: str, instead: str, line: int, complaint: str) -> None:
    assert there in GOOD
    parts = GOOD.rpartition(there) if there == "queue: line}\n" else GOOD.partition(there)
    path = write(tmp_path, parts[0] + instead + parts[2])
    with pytest.raises(InputInvalid) as raised:
        load(path)
    assert str(raised.value).startswith(f"{path}:{line}: "), raised.value
    assert complaint in str(raised.value)


def test_complaints_about_the_file_itself(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(InputInvalid, match=f"cannot read {path}: "):
            load(path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("title: café".encode("latin-1"))
    with pytest.raises(InputInvalid, match="it is not UTF-8 text"):
        load(latin)
    for text, complaint in (
        ("", ":1: is empty"),
        ("- a", ":1: must hold 'name: value' lines, not a list"),
        ("[" * 5000, ":1: is nested"),
        ("a: \x00", "no YAML"),
    ):
        with pytest.raises(RingdeskError, match=complaint):
            load(write(tmp_path, text))


def test_the_widest_lognormal_has_a_quantile() -> None:
    assert 0 <= Lognormal(60.0, 3e7).at(0.5) < 1e9
    assert 0 <= Lognormal(1e-6, 3e7).at(0.999) < inf


def test_quantiles() -> None:
    assert Constant(7.0).at(0.3) == 7
    assert Uniform(10, 20).at(0.5) == 15
    assert Exponential(60).at(0.5) == pytest.approx(41.589, abs=1e-3)
    lognormal = Lognormal(60, 30)
    draws = [lognormal.at((n + 0.5) / 100_000) for n in range(100_000)]
    assert sum(draws) / len(draws) == pytest.approx(60, rel=1e-3)
    assert lognormal.at(0.0) >= 0
    assert Lognormal(60, 0).at(0.9) == pytest.approx(60)


def test_patience_of_somebody_who_has_waited() -> None:
    """An exponential patience begins anew each moment."""
    draws = [longer_than(Exponential(60), 100.0, (n + 0.5) / 10_000) for n in range(10_000)]
    assert min(draws) >= 100
    assert sum(draws) / len(draws) == pytest.approx(160, rel=0.01)
    assert longer_than(Constant(20), 30.0, 0.5) == 30
