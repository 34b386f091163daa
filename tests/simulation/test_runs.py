"""What happens in a simulated center: menus, shifts, missed calls, recorded callers, what-if."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from calls.errors import InputInvalid
from calls.events import Tick
from calls.facts import CallArrived, CallEnded, Fact, NodeEntered
from calls.views import Published
from engine.journal import Entry, Journal
from engine.models import facts
from engine.simulation import loading, report
from engine.simulation import run as running
from engine.simulation.results import compare, simulate
from engine.simulation.tally import CENTER
from engine.storage import Database, opened
from tests.simulation.recording import record
from tests.simulation.scenes import mean, one_queue, write

MENU = """\
begins: "08:00"
length: 4h
queues:
  sales: {talk: 60}
  support: {talk: 120, wrap_up: 30, patience: {exponential: 2m}}
agents:
  crew: {count: 6, queues: {sales: 2, support: 1}}
numbers:
  "1000": {flow: main}
flows:
  main: |
    flow: main
    languages: [en]
    start: menu
    operator: sales
    nodes:
      menu:
        kind: menu
        text: {en: "For sales, press one. For support, press two. For nothing, press three."}
        keys: {1: sales, 2: more, 3: bye}
        no_match: {text: {en: No.}}
        no_input: {text: {en: Please do.}}
      more:
        kind: menu
        text: {en: "Really?"}
        keys: {1: support, 2: menu}
        no_match: {text: {en: No.}}
        no_input: {text: {en: Please do.}}
      bye: {kind: hangup}
      sales: {kind: queue, queue: sales}
      support: {kind: queue, queue: support}
callers:
  all:
    dial: "1000"
    hourly: {8: 60, 9: 120, 11: 30}
    keys: {"1": 2, "2,1": 5, "3": 1, "": 1, "2,2,3": 1}
"""


def test_keys_lead_through_the_flow(tmp_path: Path) -> None:
    results = simulate(loading.load(write(tmp_path, MENU)), runs=12, seed=1)
    arrived = mean(results, "arrived", "")
    assert arrived == pytest.approx(210, abs=15), "60 + 120 + 0 + 30, each a Poisson number"
    # Two of ten press 1; one presses nothing, and the operator is sales too.
    assert mean(results, "offered", "sales") / arrived == pytest.approx(0.3, abs=0.04)
    assert mean(results, "offered", "support") / arrived == pytest.approx(0.5, abs=0.04)
    assert mean(results, "ended_in_menu", "") / arrived == pytest.approx(0.2, abs=0.04)
    assert mean(results, "aht", "support") == pytest.approx(150)
    assert mean(results, "aht", "sales") == pytest.approx(60)
    hours = [
        sum(one.offered for one in results.intervals["support"][n * 12 : n * 12 + 12])
        for n in range(4)
    ]
    assert hours[1] > hours[0] > hours[3] > 10 * hours[2]


def test_the_same_seed_gives_the_same_figures(tmp_path: Path) -> None:
    scenario = loading.load(write(tmp_path, MENU))
    told: list[float] = []
    first = simulate(scenario, runs=2, seed=3, tell=told.append)
    assert simulate(scenario, runs=2, seed=3) == first
    assert simulate(scenario, runs=2, seed=4) != first
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_runs_side_by_side_give_the_same_figures(tmp_path: Path) -> None:
    scenario = loading.load(write(tmp_path, MENU))
    told: list[float] = []
    assert simulate(scenario, 3, 3, told.append, jobs=2) == simulate(scenario, runs=3, seed=3)
    assert told == [1 / 3, 2 / 3, 1.0]
    twice = compare(scenario, scenario, runs=2, seed=3, jobs=3)
    assert twice == compare(scenario, scenario, runs=2, seed=3)


def test_agents_come_and_go_by_their_shifts(tmp_path: Path) -> None:
    scenario = one_queue(
        tmp_path,
        queue="talk: 30, patience: 60",
        agent="shifts: ['00:30-01:00', '02:00-03:00', '23:00-00:10']",
        rate="120 per hour",
        length="4h",
        warm_up="0",
    )
    intervals = simulate(scenario, runs=1, seed=1).intervals["line"]
    assert len(intervals) == 48, "of five minutes"
    # Whoever comes in the last minute before a shift is answered when it begins.
    served = [bool(one.answered) for one in intervals]
    assert served[:2] == [True, True], "the shift of the night before lasts until 00:10"
    assert served[2:5] == [False] * 3
    assert served[6:12] == [True] * 6
    assert served[12:23] == [False] * 11
    assert served[24:36] == [True] * 12
    assert served[36:] == [False] * 12
    assert [one.staffed > 0 for one in intervals[13:23]] == [False] * 10


def test_times_of_day_are_those_of_the_scenarios_clock(tmp_path: Path) -> None:
    """The night in which the clock of Warsaw jumps from 02:00 to 03:00: no call comes between, the
    shift of five hours is one of four, and the queue opens when the clock shows 06:00."""
    text = (
        "{day: 2026-03-29, timezone: Europe/Warsaw, length: 8h, "
        "queues: {line: {talk: 1, patience: 30, hours: {weekly: {sun: ['06:00-24:00']}}}, "
        "early: {talk: 60, patience: 30}}, "
        "agents: {one: {count: 20, queues: {line: 1, early: 1}, shifts: ['01:00-06:00', "
        "'06:00-24:00']}}, numbers: {'1': {queue: line}, '2': {queue: early}}, callers: "
        "{night: {dial: '2', hourly: {1: 60, 2: 6000, 3: 60, 4: 60, 5: 60}}, "
        "morning: {dial: '1', hourly: {5: 60, 6: 60, 7: 60}}}}"
    )
    scenario = loading.load(write(tmp_path, text))
    assert scenario.start == datetime(2026, 3, 28, 23, tzinfo=UTC).timestamp()
    results = simulate(scenario, runs=1, seed=1)
    early = results.intervals["early"]
    hours = [sum(one.offered for one in early[at : at + 6]) for at in range(0, 48, 6)]
    assert [30 < count < 90 for count in hours] == [False, True, True, True, True, *[False] * 3]
    assert mean(results, "answered", "early") == mean(results, "offered", "early")
    opens = [one.answered > 0 for one in results.intervals["line"]]
    assert opens.index(True) == 30, "five hours after midnight, in tens of minutes"
    page = report.page(results)
    assert "03:00" in page
    assert "02:00" not in page


def test_public_holidays_are_those_of_the_day(tmp_path: Path) -> None:
    def open_on(day: str) -> bool:
        text = (
            f"{{day: {day}, timezone: Europe/Warsaw, length: 1h, queues: {{line: {{talk: 1, "
            "hours: {country: PL, weekly: {mon: ['00:00-24:00'], tue: ['00:00-24:00']}}}}, "
            "agents: {one: {queues: {line: 1}}}, numbers: {'1': {queue: line}}, "
            "callers: {all: {dial: '1', rate: 60 per hour}}}"
        )
        found = simulate(loading.load(write(tmp_path, text)), runs=1, seed=1)
        return mean(found, "answered") > 0

    assert [open_on(day) for day in ("2025-11-10", "2025-11-11", "2025-11-12")] == [
        True,
        False,
        False,
    ]


def test_missed_calls_go_to_somebody_else(tmp_path: Path) -> None:
    scenario = one_queue(
        tmp_path,
        queue="talk: 60, offer_timeout: 10",
        agent="answers: 4, misses: 20%, returns: 30",
        rate="60 per hour",
    )
    results = simulate(scenario, runs=2, seed=1)
    offered = mean(results, "offered")
    assert mean(results, "answered") == offered, "nobody is lost"
    assert mean(results, "rona") / offered == pytest.approx(0.25, abs=0.03), "0.2 / 0.8"
    # Four seconds of ringing, and ten for each phone that rang out before.
    assert mean(results, "asa") == pytest.approx(4 + 10 * 0.25, abs=0.4)
    assert mean(results, "found_busy") < 0.01


def test_callers_of_the_warm_up_are_not_counted(tmp_path: Path) -> None:
    scenario = one_queue(
        tmp_path, queue="talk: 60", rate="600 per hour", length="90m", warm_up="30m", agents=30
    )
    results = simulate(scenario, runs=4, seed=1)
    assert mean(results, "arrived", "") == pytest.approx(600, abs=60)
    assert mean(results, "offered") == mean(results, "arrived", "") == mean(results, "answered")
    assert results.begins == scenario.start + 1800


CALLBACKS = """\
length: 4h
queues:
  line: {talk: 100, patience: {exponential: 3m}}
agents:
  crew: {count: 5, queues: {line: 1}}
numbers:
  "1000": {flow: main}
flows:
  main: |
    flow: main
    languages: [en]
    start: offer
    operator: line
    nodes:
      offer:
        kind: callback
        queue: line
        text: {en: "To be called back, press one."}
        no_match: {text: {en: No.}}
        no_input: {text: {en: Please do.}}
        next: line
      line: {kind: queue, queue: line}
callers:
  all: {dial: "1000", rate: 170 per hour, keys: {"1": 50%, "2": 50%}}
"""


def test_who_keeps_the_place_is_called_and_served(tmp_path: Path) -> None:
    results = simulate(loading.load(write(tmp_path, CALLBACKS)), runs=4, seed=1)
    offered, kept = mean(results, "offered"), mean(results, "callbacks")
    assert 0.2 < kept / offered < 0.5, "half want to, but some find an agent free"
    assert mean(results, "answered") + mean(results, "abandoned") + kept == offered
    assert mean(results, "unfinished", "") == 0, "each is called and hangs up after the talk"
    assert mean(results, "aht") == pytest.approx(100)
    # They wait at home without losing patience, and their talk is work as any other's.
    served = offered - mean(results, "abandoned")
    assert mean(results, "occupancy", "") == pytest.approx(served * 100 / (5 * 4 * 3600), abs=0.01)
    line = results.intervals["line"]
    assert sum(one.answered for one in line) / 4 == mean(results, "answered")


def test_who_is_sent_elsewhere_is_told(tmp_path: Path) -> None:
    """One agent, nobody waits: by Erlang B half of the callers of one erlang are sent on."""
    text = (
        "{length: 40h, queues: {line: {talk: {exponential: 60}, "
        "overflow: [{when: length, to: queue, target: rest}]}, rest: {talk: 10}}, "
        "agents: {one: {queues: {line: 1}}, many: {count: 20, queues: {rest: 1}}}, "
        "numbers: {'1': {queue: line}}, callers: {all: {dial: '1', rate: 60 per hour}}}"
    )
    results = simulate(loading.load(write(tmp_path, text)), runs=8, seed=1)
    sent, answered = mean(results, "overflowed"), mean(results, "answered")
    assert sent + answered == mean(results, "offered")
    assert sent / mean(results, "offered") == pytest.approx(0.5, abs=0.02)
    assert mean(results, "answered", "rest") == mean(results, "offered", "rest") == sent


def test_whoever_is_never_served_is_told(tmp_path: Path) -> None:
    scenario = one_queue(
        tmp_path,
        queue="talk: 60",
        agent="shifts: ['00:00-00:30']",
        rate="60 per hour",
        length="1h",
        warm_up="0",
    )
    # In the night after, everybody is served for half an hour again.
    assert mean(simulate(scenario, runs=1, seed=1), "unfinished", "") == 0
    overload = one_queue(tmp_path, queue="talk: 1h", agents=1, rate="60 per hour", length="4h")
    assert mean(simulate(overload, runs=1, seed=1), "unfinished", "") > 20


def test_what_if(tmp_path: Path) -> None:
    """The same callers, two agents more: who waits is different, who comes is not."""
    few = one_queue(tmp_path, queue="talk: {exponential: 3m}", rate="160 per hour", length="4h")
    many = one_queue(
        tmp_path,
        queue="talk: {exponential: 3m}",
        rate="160 per hour",
        length="4h",
        agents=12,
        name="many.yaml",
    )
    found = compare(few, many, runs=5, seed=1)
    line = found.differences.queues["line"]
    assert (line["offered"].low, line["offered"].high) == (0, 0)
    assert line["aht"].margin == pytest.approx(0, abs=1e-6)
    assert line["found_busy"].high is not None
    assert line["found_busy"].high < 0, "surely fewer wait"
    assert found.one == simulate(few, runs=5, seed=1)
    assert found.other == simulate(many, runs=5, seed=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(f"sqlite:///{tmp_path / 'center.db'}") as made:
        yield made


OVERFLOW = """\
length: 4h
queues:
  line:
    talk: 120
    patience: {exponential: 2m}
    overflow: [{when: waited, limit: 30, to: queue, target: rest}]
  rest: {talk: 200, patience: {exponential: 2m}}
agents:
  crew: {count: 3, queues: {line: 1, rest: 1}}
numbers:
  "1000": {queue: line}
callers:
  all: {dial: "1000", rate: 120 per hour}
"""


@pytest.mark.parametrize(
    ("text", "queue"), [(MENU, "support"), (CALLBACKS, "line"), (OVERFLOW, "rest")]
)
def test_recorded_callers_do_as_they_did(
    tmp_path: Path, database: Database, text: str, queue: str
) -> None:
    """Replayed with the staff of then, the day goes as it went."""
    scenario = loading.load(write(tmp_path, text))
    then = record(database, scenario, "7")
    head, _, _ = text.partition("callers:")
    replayed = write(tmp_path, f"{head}callers: {{past: {{recorded: center.db}}}}", "past.yaml")
    again = running.run(loading.load(replayed), "another")
    for part, figures in then.figures.items():
        for name, figure in figures.items():
            assert again.figures[part][name] == pytest.approx(figure), (part, name)
    assert then.figures[queue]["offered"].part > 50
    assert then.figures[queue]["abandoned"].part == then.waits[queue].abandoned.total()


def test_recorded_callers_who_hung_up_in_the_menu_do_so_again(
    tmp_path: Path, database: Database
) -> None:
    """They pressed nothing, and would come to the operator if they stayed."""
    arrived = datetime(2024, 4, 22, 8, 30, tzinfo=UTC).timestamp()
    told: list[tuple[float, Fact]] = [
        (0, CallArrived(call="a", leg="x/1", caller="1", called="1000")),
        (5, NodeEntered(call="a", node="menu", kind="menu")),
        (8, CallEnded(call="a", outcome="abandoned_menu", cause="hangup", lasted=8)),
        (60, CallArrived(call="b", leg="x/2", caller="2", called="1000")),
    ]
    entries = [
        Entry(n, arrived + after, Tick(), [Published(seq=n, at=arrived + after, fact=fact)])
        for n, (after, fact) in enumerate(told, 1)
    ]
    Journal(database).append(entries)
    head, _, _ = MENU.partition("callers:")
    replayed = write(tmp_path, f"{head}callers: {{past: {{recorded: center.db}}}}", "past.yaml")
    found = running.run(loading.load(replayed), "1").figures
    assert (found[CENTER]["arrived"].part, found[CENTER]["left_menu"].part) == (2, 1)
    assert found["sales"]["offered"].part == 1


def test_journals_that_cannot_be_read(tmp_path: Path, database: Database) -> None:
    record(database, loading.load(write(tmp_path, MENU)), "7")
    head, _, _ = MENU.partition("callers:")
    (tmp_path / "text.db").write_text("no database " * 100)
    (tmp_path / "nothing.db").touch()

    def complaint(source: str) -> str:
        text = f"{head}callers:\n  past:\n    recorded: {source}\n"
        with pytest.raises(InputInvalid, match=r"past.yaml:34: callers.past.recorded") as raised:
            loading.load(write(tmp_path, text, "past.yaml"))
        return str(raised.value)

    assert "not a database" in complaint("text.db")
    assert "no such table" in complaint("nothing.db")
    assert "there is no file" in complaint("elsewhere.db")
    assert "must be a file, or an address" in complaint("mysql://center")
    assert "must be a file, or an address" in complaint("sqlite://")
    assert "must be a date" in complaint("{database: center.db, first_day: 9999-12-31}")
    assert "nobody called there" in complaint("{database: center.db, first_day: 2024-04-23}")
    with database.session() as session:
        bad = session.scalar(select(func.max(facts.c.seq)).where(facts.c.kind == "WrapUpEnded"))
        session.execute(update(facts).where(facts.c.seq == bad).values(body='{"type": "Nothing"}'))
    assert f"entry {bad} of the journal cannot be read: Invalid value 'Nothing'" in complaint(
        "center.db"
    )


def test_recorded_callers_with_fewer_agents(tmp_path: Path, database: Database) -> None:
    record(database, loading.load(write(tmp_path, MENU)), "7")
    head, _, _ = MENU.replace("count: 6", "count: 2").partition("callers:")
    text = (
        f"{head}callers:\n  past:\n    recorded:\n      database: sqlite:///{tmp_path}/center.db\n"
        "      first_day: 2024-04-22\n      timezone: Europe/Warsaw\n"
    )
    # At 08:00 in Warsaw it was 07:00 UTC: the recorded day begins an hour later there.
    found = running.run(loading.load(write(tmp_path, text, "past.yaml")), "1")
    assert found.figures["support"]["abandonment"].value
    assert found.intervals["support"][0].offered == 0
    text = text.replace("2024-04-22", "2024-04-23")
    with pytest.raises(InputInvalid, match=r"past.yaml:\d+: callers.past.recorded: nobody"):
        loading.load(write(tmp_path, text, "past.yaml"))


def test_recorded_callers_of_the_day_on_which_the_clock_is_put_on(
    tmp_path: Path, database: Database
) -> None:
    """They called from 08:00 on, by the clock; and so they do again."""
    spring = MENU.replace("length: 4h", "length: 1h\nday: 2026-03-29\ntimezone: Europe/Warsaw")
    then = record(database, loading.load(write(tmp_path, spring)), "7")
    head, _, _ = MENU.replace("length: 4h", "length: 1h").partition("callers:")
    source = "{database: center.db, first_day: 2026-03-29, timezone: Europe/Warsaw}"
    replayed = write(tmp_path, f"{head}callers: {{past: {{recorded: {source}}}}}", "past.yaml")
    scenario = loading.load(replayed)
    assert scenario.start == datetime(2026, 3, 29, 6, tzinfo=UTC).timestamp()
    assert running.run(scenario, "1").figures == then.figures
